//! Which regions of an account are looked at.

use provost_awsapi::{Call as ApiCall, Client};
use provost_core::collect::enabled_regions;
use provost_core::model::{AccountId, LeftOut};
use serde_json::json;

/// The regions of an account.
pub(super) struct Regions {
    pub(super) looked_at: Vec<String>,
    /// Whether these are all that are enabled; `None`: nobody knows which are, or one was asked for that is not.
    pub(super) all: Option<bool>,
    pub(super) left_out: Vec<LeftOut>,
}

/// The regions to look at, and those that are left out.
pub(super) async fn regions_of(
    client: &Client,
    account: &AccountId,
    wanted: &[String],
    home: &str,
) -> Regions {
    let asked = ApiCall::new("ec2", "DescribeRegions", json!({}));
    let answer = client.call(&asked).await;
    let known = answer.as_ref().ok().and_then(|reply| enabled_regions(&reply.value));
    let left = |region: &str, why: &str| LeftOut { what: format!("{account}/{region}"), why: why.to_owned() };
    let Some(mut enabled) = known else {
        let why = match answer {
            Err(error) => error.code().map_or_else(|| error.kind.to_string(), str::to_owned),
            Ok(_) => "the answer has no list of regions".to_owned(),
        };
        let why = format!("ec2 describe-regions: {why}; which regions are enabled is not known");
        let looked_at = if wanted.is_empty() { vec![home.to_owned()] } else { wanted.to_vec() };
        return Regions { looked_at, all: None, left_out: vec![left("other regions", &why)] };
    };
    enabled.sort_unstable();
    if wanted.is_empty() {
        return Regions { looked_at: enabled, all: Some(true), left_out: Vec::new() };
    }
    let (looked_at, others): (Vec<String>, Vec<String>) =
        enabled.into_iter().partition(|region| wanted.contains(region));
    let mut left_out: Vec<LeftOut> =
        others.iter().map(|region| left(region, "enabled, not asked for")).collect();
    let off: Vec<&String> = wanted.iter().filter(|region| !looked_at.contains(region)).collect();
    left_out.extend(off.iter().map(|region| left(region, "asked for, not enabled in the account")));
    Regions { all: off.is_empty().then_some(others.is_empty()), looked_at, left_out }
}

//! Which regions of an account are looked at.

use provost_awsapi::{Call as ApiCall, Client};
use provost_core::collect::enabled_regions;
use provost_core::model::{AccountId, LeftOut};
use serde_json::json;

/// The regions to look at, and those that are left out.
pub(super) async fn regions_of(
    client: &Client,
    account: &AccountId,
    wanted: &[String],
    home: &str,
) -> (Vec<String>, Vec<LeftOut>) {
    let asked = ApiCall::new("ec2", "DescribeRegions", json!({}));
    let answer = client.call(&asked).await;
    let known = answer.as_ref().ok().and_then(|reply| enabled_regions(&reply.value));
    let left = |region: &str, why: &str| LeftOut { what: format!("{account}/{region}"), why: why.to_owned() };
    match known {
        Some(mut enabled) => {
            enabled.sort_unstable();
            if wanted.is_empty() {
                return (enabled, Vec::new());
            }
            let (looked_at, others): (Vec<_>, Vec<_>) =
                enabled.into_iter().partition(|region| wanted.contains(region));
            let mut left_out: Vec<_> =
                others.iter().map(|region| left(region, "enabled, not asked for")).collect();
            let off = wanted.iter().filter(|region| !looked_at.contains(region));
            left_out.extend(off.map(|region| left(region, "asked for, not enabled in the account")));
            (looked_at, left_out)
        }
        None => {
            let why = match answer {
                Err(error) => error.code().map_or_else(|| error.kind.to_string(), str::to_owned),
                Ok(_) => "the answer has no list of regions".to_owned(),
            };
            let why = format!("ec2 describe-regions: {why}; which regions are enabled is not known");
            let regions = if wanted.is_empty() { vec![home.to_owned()] } else { wanted.to_vec() };
            (regions, vec![left("other regions", &why)])
        }
    }
}

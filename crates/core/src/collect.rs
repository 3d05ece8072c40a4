//! From answers of the AWS API to resources, honest about what is missing.

mod access;
mod cli_error;
mod credential_report;
mod follow;
mod listing;
mod pages;
mod plan;
mod reader;
mod resource_type;
mod resources;
mod template;
mod users;

pub use access::{AccessBook, derive_access};
pub use cli_error::parse_cli_error;
pub use pages::joined;
pub use plan::{Census, Expected, PlannedCall, Times, plan};
pub use reader::{CallOutcome, Fetched, Reader};
pub use resource_type::{Derived, Each, Follow, ListCall, Per, ResourceType, Scope, When};
pub use resources::{Listed, collect_type};
pub use users::iam_user;

/// The enabled regions an `ec2 describe-regions` answer names. `None`: it is no such answer.
#[must_use]
pub fn enabled_regions(response: &serde_json::Value) -> Option<Vec<String>> {
    let regions = response.get("Regions")?.as_array()?;
    let enabled = |region: &serde_json::Value| {
        let opted_out = region.get("OptInStatus").and_then(serde_json::Value::as_str) == Some("not-opted-in");
        (!opted_out).then(|| region.get("RegionName")?.as_str().map(str::to_owned)).flatten()
    };
    // Every account has regions: a list without any tells nothing.
    let regions: Vec<String> = regions.iter().filter_map(enabled).collect();
    (!regions.is_empty()).then_some(regions)
}

//! Where an action is permitted: from the ARNs a call is about to those the action is asked for.

use std::collections::BTreeSet;

use provost_iam::actions::Action;

use super::Need;
use crate::guard::{Answer, always};

/// What a call is about.
pub(super) struct Reach<'n> {
    need: &'n Need,
    /// Whether a call about nothing in particular may be permitted everywhere.
    anywhere: Result<(), String>,
}

impl<'n> Reach<'n> {
    pub(super) fn of(need: &'n Need) -> Self {
        let anywhere = match always(&need.service, &need.operation) {
            Answer::Data(what) => Err(format!(
                "it reads what customers keep ({what}), and no place is named: configure a source or a sink"
            )),
            Answer::Secret(what) => Err(format!("its answer is a secret ({what})")),
            Answer::Harmless | Answer::Plain => Ok(()),
        };
        Self { need, anywhere }
    }

    /// The resources of a statement for this action, sorted, never none.
    ///
    /// # Errors
    /// The action is a write and the call names no place, or none the action is asked for.
    pub(super) fn resources(&self, action: Action<'static>) -> Result<Vec<String>, String> {
        let given = &self.need.resources;
        if given.is_empty() {
            self.anywhere.clone()?;
            if !action.is_read_only() {
                return Err(format!(
                    "`{}` changes something, and no place is named: configure a sink",
                    action.name()
                ));
            }
            return Ok(vec!["*".to_owned()]);
        }
        // An action without resource types is asked for `*`, whatever the call is about.
        if given.iter().any(|arn| arn == "*") || action.resource_types().next().is_none() {
            return Ok(vec!["*".to_owned()]);
        }
        let types: BTreeSet<&str> = action.resource_types().map(|kind| kind.name).collect();
        let mut found = BTreeSet::new();
        for arn in given {
            match service(arn) {
                Some("s3") => found.extend(in_bucket(arn, &types)),
                Some("dynamodb") if types.contains("index") && !arn.contains("/index/") => {
                    found.insert(arn.clone());
                    found.insert(format!("{arn}/index/*"));
                }
                Some(of) if of_service(action, of) => {
                    found.insert(arn.clone());
                }
                Some(_) | None => {}
            }
        }
        if found.is_empty() {
            return Err(format!("`{}` is asked for none of the resources the call names", action.name()));
        }
        Ok(found.into_iter().collect())
    }
}

/// The service an ARN is of.
fn service(arn: &str) -> Option<&str> {
    arn.strip_prefix("arn:")?.split(':').nth(1)
}

/// Whether the resources of an action are of this service.
fn of_service(action: Action<'static>, of: &str) -> bool {
    action.resource_types().any(|kind| kind.arn_formats().any(|format| service(format) == Some(of)))
}

/// The bucket of an ARN, its objects, or both, by what an action is asked for.
fn in_bucket(arn: &str, types: &BTreeSet<&str>) -> Vec<String> {
    let bucket = arn.split('/').next().unwrap_or(arn);
    let mut found = Vec::new();
    if types.contains("bucket") {
        found.push(bucket.to_owned());
    }
    if types.contains("object") && bucket.len() < arn.len() {
        found.push(arn.to_owned());
    }
    found
}

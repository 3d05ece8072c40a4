//! The ledger of permissions: from the calls that jobs make to the least policy that permits them.
//!
//! A read of configuration is permitted everywhere, since a review that leaves things out proves nothing. A write,
//! and a read of what customers keep, is only permitted where a place is named; without one it is left out, and
//! the ledger says so. Nothing is rounded up to a wildcard.

mod document;
mod listing;
mod reach;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::actions::Operations;
use crate::guard::{Answer, always};
pub use document::{MOST_CHARACTERS, size};
use reach::Reach;

/// A call that has to be permitted.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Need {
    /// The service, by the name of its model: `iam`.
    pub service: String,
    /// The operation, by its API name: `ListUsers`.
    pub operation: String,
    /// The ARNs it is about, patterns allowed. Without any a read is permitted everywhere, and a write nowhere.
    pub resources: Vec<String>,
    /// Condition keys and the value each must have: `cloudwatch:namespace`, `Provost`.
    pub conditions: Vec<(String, String)>,
    /// Who needs it, in words for a `Sid`: `collect iam-users`.
    pub because: String,
}

impl Need {
    /// A call that is about nothing in particular.
    pub fn new(service: impl Into<String>, operation: impl Into<String>, because: impl Into<String>) -> Self {
        Self {
            service: service.into(),
            operation: operation.into(),
            resources: Vec::new(),
            conditions: Vec::new(),
            because: because.into(),
        }
    }

    /// The same call, about this ARN (as well).
    #[must_use]
    pub fn on(mut self, resource: impl Into<String>) -> Self {
        self.resources.push(resource.into());
        self
    }

    /// The same call, permitted only where this condition key has this value.
    #[must_use]
    pub fn only_if(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.conditions.push((key.into(), value.into()));
        self
    }

    /// Assuming a role of this name in any account of the partition. A leading `/` is not part of the name.
    pub fn assume_role(partition: &str, role: &str, because: impl Into<String>) -> Self {
        let role = role.trim_start_matches('/');
        Self::new("sts", "AssumeRole", because).on(format!("arn:{partition}:iam::*:role/{role}"))
    }

    /// The call as people write it.
    fn call(&self) -> String {
        format!("{}:{}", self.service, self.operation)
    }
}

/// What a set of calls needs, action by action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Permissions {
    rows: Vec<Row>,
    left_out: Vec<LeftOut>,
}

/// One action that is permitted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// `iam:ListUsers`.
    pub action: String,
    /// Whether it does nothing but list or read.
    pub reads: bool,
    /// Where: ARNs, or `*`.
    pub resources: Vec<String>,
    /// Under which conditions: keys with the value each must have.
    pub conditions: Vec<(String, String)>,
    /// The calls that need it.
    pub calls: BTreeSet<String>,
    /// Who makes them.
    pub because: BTreeSet<String>,
}

/// A call that the policy does not permit, although it was asked for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct LeftOut {
    /// `dynamodb:PutItem`.
    pub call: String,
    /// Who would make it.
    pub because: String,
    /// Why it is left out, and what to do.
    pub why: String,
}

impl Permissions {
    /// What these calls need.
    #[must_use]
    pub fn of(needs: &[Need]) -> Self {
        type Key = (String, Vec<String>, Vec<(String, String)>);
        let mut rows: BTreeMap<Key, Row> = BTreeMap::new();
        let mut left_out = BTreeSet::new();
        for need in needs {
            for grant in grants(need) {
                let grant = match grant {
                    Ok(grant) => grant,
                    Err(why) => {
                        left_out.insert(LeftOut { call: need.call(), because: need.because.clone(), why });
                        continue;
                    }
                };
                let mut conditions = need.conditions.clone();
                conditions.sort();
                conditions.dedup();
                let key = (grant.action.to_owned(), grant.resources.clone(), conditions.clone());
                let row = rows.entry(key).or_insert_with(|| Row {
                    action: grant.action.to_owned(),
                    reads: grant.reads,
                    resources: grant.resources,
                    conditions,
                    calls: BTreeSet::new(),
                    because: BTreeSet::new(),
                });
                row.calls.insert(need.call());
                row.because.insert(need.because.clone());
            }
        }
        Self { rows: rows.into_values().collect(), left_out: left_out.into_iter().collect() }
    }

    /// Every action that is permitted, in order.
    #[must_use]
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// The calls that are not permitted, and why: with any of these, a job cannot do all it is for.
    #[must_use]
    pub fn left_out(&self) -> &[LeftOut] {
        &self.left_out
    }

    /// The whole policy as one document, however long. AWS takes no managed policy of more than
    /// [`MOST_CHARACTERS`]; [`Permissions::documents`] splits it.
    #[must_use]
    pub fn policy(&self) -> Value {
        document::whole(&document::statements(&self.rows))
    }

    /// The policy as managed policies that AWS takes, in order: one, unless it is too long for that.
    #[must_use]
    pub fn documents(&self) -> Vec<Value> {
        document::split(&document::statements(&self.rows))
    }
}

/// The least policy that permits these calls, as one document.
#[must_use]
pub fn policy(needs: &[Need]) -> Value {
    Permissions::of(needs).policy()
}

/// AWS lets every caller make these, whatever policies say: a permission for them permits nothing.
const ALWAYS_PERMITTED: [(&str, &str); 1] = [("sts", "GetCallerIdentity")];

/// One action of a call, and where it is permitted.
struct Grant {
    action: &'static str,
    reads: bool,
    resources: Vec<String>,
}

/// What one call needs. An error is for the whole call, or for one action of it.
fn grants(need: &Need) -> Vec<Result<Grant, String>> {
    if ALWAYS_PERMITTED.contains(&(need.service.as_str(), need.operation.as_str())) {
        return Vec::new();
    }
    if let Answer::Secret(what) = always(&need.service, &need.operation)
        && need.resources.is_empty()
    {
        return vec![Err(format!("its answer is a secret ({what}), and the guard lets none pass"))];
    }
    let actions = match Operations::embedded().actions(&need.service, &need.operation) {
        Ok(actions) => actions,
        Err(unmapped) => return vec![Err(unmapped.to_string())],
    };
    let reach = Reach::of(need);
    let grant = |action: provost_iam::actions::Action<'static>| {
        let resources = reach.resources(action)?;
        Ok(Grant { action: action.name(), reads: action.is_read_only(), resources })
    };
    actions.into_iter().map(grant).collect()
}

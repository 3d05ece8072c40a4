//! Which calls collecting makes, known before the first of them.

use std::collections::BTreeMap;

use serde_json::Value;

use super::resource_type::{Follow, Per, ResourceType, Scope, When};

/// A call that collecting makes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedCall {
    /// The AWS CLI's service.
    pub service: String,
    /// The AWS CLI's operation.
    pub operation: String,
    /// How often.
    pub times: Times,
    /// Where it is made for some resources only: for which.
    pub when: Option<String>,
    /// The resource types it serves.
    pub resource_types: Vec<String>,
    /// Where it is made once per resource: the type of those. `None` with elements of lists, which nobody counted.
    pub of: Option<String>,
}

/// What is known of an estate's size before it is read: from an earlier look at it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Census {
    /// How many accounts.
    pub accounts: u64,
    /// How many regions, added up over the accounts.
    pub regions: u64,
    /// How many resources of each type.
    pub resources: BTreeMap<String, u64>,
}

/// How many requests a call will take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// As many, if nothing changed.
    About(u64),
    /// No more than these: it is made for some resources only.
    AtMost(u64),
    /// Nobody can say.
    Unknown,
}

impl std::fmt::Display for Expected {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::About(count) => write!(f, "{count}"),
            Self::AtMost(count) => write!(f, "<= {count}"),
            Self::Unknown => f.write_str("?"),
        }
    }
}

impl PlannedCall {
    /// How many requests it will take in an estate of this size, each page of a list being one.
    #[must_use]
    pub fn expected(&self, census: &Census) -> Expected {
        let resources = || self.of.as_ref().map(|of| census.resources.get(of).copied().unwrap_or_default());
        let count = match &self.times {
            Times::PerAccount => Some(census.accounts),
            Times::PerRegion => Some(census.regions),
            Times::PerResource(_) => resources(),
        };
        match (count, &self.when) {
            (None, _) => Expected::Unknown,
            (Some(count), None) => Expected::About(count),
            (Some(count), Some(_)) => Expected::AtMost(count),
        }
    }
}

/// How often a call is made. A list that has several pages takes a request for each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Times {
    /// Once per account.
    PerAccount,
    /// Once per account and region.
    PerRegion,
    /// Once per resource of this type.
    PerResource(String),
}

impl std::fmt::Display for Times {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::PerAccount => f.write_str("once per account"),
            Self::PerRegion => f.write_str("once per region"),
            Self::PerResource(title) => write!(f, "once per {title}"),
        }
    }
}

/// The calls that reading these types takes, in the order they are made; one that serves several stands once.
#[must_use]
pub fn plan(types: &[ResourceType]) -> Vec<PlannedCall> {
    let mut planned: Vec<(Value, PlannedCall)> = Vec::new();
    for resource_type in types {
        let place = match resource_type.scope {
            Scope::Global => Times::PerAccount,
            Scope::Regional => Times::PerRegion,
        };
        let lists = resource_type.list.iter().flat_map(|list| {
            let input = Value::Object(list.with.clone());
            let parents = list.each.iter().map(|each| {
                let input = Value::Object(each.with.clone());
                (input, &each.service, &each.operation, place.clone(), None)
            });
            let times = match &list.each {
                Some(each) => Times::PerResource(format!("{} it lives inside of", each.into)),
                None => place.clone(),
            };
            parents.chain([(input, &list.service, &list.operation, times, None)])
        });
        let follows = resource_type.follow.iter().map(|follow| {
            let times = match &follow.per {
                Per::Account => Times::PerAccount,
                Per::Region => Times::PerRegion,
                Per::Member(member) => Times::PerResource(match member.split_once("[].") {
                    Some((list, _)) => format!("element of {list} of {}", resource_type.title),
                    None => resource_type.title.clone(),
                }),
            };
            let input = Value::Object(follow.with.clone());
            (input, &follow.service, &follow.operation, times, when(follow))
        });
        for (input, service, operation, times, when) in lists.chain(follows) {
            let known = planned.iter_mut().find(|(with, call)| {
                *with == input
                    && (&call.service, &call.operation, &call.times) == (service, operation, &times)
                    && call.when == when
            });
            match known {
                Some((_, call)) => {
                    if !call.resource_types.contains(&resource_type.name) {
                        call.resource_types.push(resource_type.name.clone());
                    }
                }
                None => {
                    let is_counted =
                        matches!(&times, Times::PerResource(title) if *title == resource_type.title);
                    let of = is_counted.then(|| resource_type.name.clone());
                    let (service, operation) = (service.clone(), operation.clone());
                    let resource_types = vec![resource_type.name.clone()];
                    planned
                        .push((input, PlannedCall { service, operation, times, when, resource_types, of }));
                }
            }
        }
    }
    planned.into_iter().map(|(_, call)| call).collect()
}

/// `CredentialReport could not be read, or CredentialReport.mfa_active is true`.
fn when(follow: &Follow) -> Option<String> {
    let one = |when: &When| {
        let unread = when.unread.iter().map(|path| format!("{path} could not be read"));
        let plain =
            |value: &serde_json::Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let is = when.is.iter().map(|(path, value)| format!("{path} is {}", plain(value)));
        let is_not = when.is_not.iter().map(|(path, value)| format!("{path} is not {}", plain(value)));
        unread.chain(is).chain(is_not).collect::<Vec<_>>().join(" and ")
    };
    let all: Vec<String> = follow.when.iter().map(one).collect();
    (!all.is_empty()).then(|| all.join(", or "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_that_serves_several_types_stands_once() {
        let parse = |text: &str| ResourceType::parse(text).unwrap();
        let group = parse(
            "{type: G, title: group, scope: global, key: N, arn: '{N}',
              list: [{service: iam, operation: list, items: Groups}]}",
        );
        let user = parse(
            "{type: U, title: user, scope: global, key: N, arn: '{N}',
              list: [{service: iam, operation: list, items: Users}],
              follow: [{into: R, service: iam, operation: report, per: account},
                       {into: M, service: iam, operation: devices, per: N, ask: Name,
                        when: [{unread: R}, {is: {R.mfa: 'true'}}]}]}",
        );
        let calls = plan(&[group, user]);
        let planned: Vec<String> = calls
            .iter()
            .map(|call| {
                let when = call.when.as_deref().unwrap_or("-");
                format!("{} {} [{when}] {}", call.operation, call.times, call.resource_types.join(" "))
            })
            .collect();
        assert_eq!(
            planned,
            [
                "list once per account [-] G U",
                "report once per account [-] U",
                "devices once per user [R could not be read, or R.mfa is true] U",
            ]
        );
        let census = Census { accounts: 3, regions: 6, resources: BTreeMap::from([("U".to_owned(), 50)]) };
        let expected: Vec<Expected> = calls.iter().map(|call| call.expected(&census)).collect();
        assert_eq!(expected, [Expected::About(3), Expected::About(3), Expected::AtMost(50)]);
    }
}

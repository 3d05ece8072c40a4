//! Which calls collecting makes, known before the first of them.

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
                    let (service, operation) = (service.clone(), operation.clone());
                    let resource_types = vec![resource_type.name.clone()];
                    planned.push((input, PlannedCall { service, operation, times, when, resource_types }));
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
        let planned: Vec<String> = plan(&[group, user])
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
    }
}

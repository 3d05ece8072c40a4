//! What is wrong with a resource type beside its syntax, before anything is asked of AWS.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Follow, ListCall, Per, ResourceType, Scope};
use crate::collect::template::{is_place, names};

impl ResourceType {
    /// Finds what contradicts itself. Whether AWS has such calls is for a check that knows the API's shapes.
    pub(super) fn check(&self) -> Result<(), String> {
        if self.list.is_empty() {
            return Err("`list` names no call".to_owned());
        }
        if self.single != self.key.is_none() {
            return Err("`key` and `single: true` exclude each other, and one of them is needed".to_owned());
        }
        if self.single && self.list.len() > 1 {
            return Err(
                "`single: true`: `list` names one call; further ones belong under `follow`".to_owned()
            );
        }
        self.list.iter().try_for_each(|call| self.check_list(call))?;
        if self.list.first().is_some_and(|main| main.mark.is_some()) {
            return Err("`mark`: the first call of `list` is the one that lists".to_owned());
        }
        let mut members = BTreeSet::new();
        for follow in &self.follow {
            check_follow(follow).map_err(|problem| format!("`{}`: {problem}", follow.into))?;
            if follow.when.is_empty() && !members.insert(follow.into.as_str()) {
                return Err(format!("`{}`: two follow-up calls become it", follow.into));
            }
        }
        self.check_arn()
    }

    fn check_list(&self, call: &ListCall) -> Result<(), String> {
        let of = |problem: &str| Err(format!("{}: {problem}", call.operation));
        if call.items.is_none() != self.single {
            return of("`items` belongs to types with a `key`, and only to those");
        }
        if call.each.is_some() != call.ask.is_some() {
            return of("`each` and `ask` belong together");
        }
        if self.single && (call.each.is_some() || call.mark.is_some() || !call.gives.is_empty()) {
            return of("`each`, `mark` and `gives` belong to types with a `key`");
        }
        if !self.single && call.take.is_some() {
            return of("`take` belongs to `single: true`; where the items stand is `items`");
        }
        if call.each.is_some() && (call.mark.is_some() || self.list.len() > 1) {
            return of("a type inside another has one list call");
        }
        let texts = call.with.values().chain(call.each.iter().flat_map(|each| each.with.values()));
        match texts.flat_map(names_in).find(|name| !is_place(name)) {
            Some(name) => of(&format!("`with`: nothing is known of `{name}` before the list is read")),
            None => Ok(()),
        }
    }

    fn check_arn(&self) -> Result<(), String> {
        let follows = |name: &str| {
            let first = name.split('.').next().unwrap_or_default();
            self.follow.iter().any(|follow| follow.into == first)
        };
        if self.arn.matches('{').count() != self.arn.matches('}').count() {
            return Err(format!("`arn`: the braces of `{}` do not match", self.arn));
        }
        if self.scope == Scope::Global && names(&self.arn).any(|name| name == "region") {
            return Err("`arn`: a global type has no region".to_owned());
        }
        match names(&self.arn).find(|name| follows(name)) {
            Some(name) => Err(format!(
                "`arn`: `{name}` comes from a follow-up call; a resource needs its name where that is denied too"
            )),
            None => Ok(()),
        }
    }
}

fn check_follow(follow: &Follow) -> Result<(), String> {
    let list_of = |path: &str| path.split_once("[].").map(|(list, _)| list.to_owned());
    let is_member = matches!(follow.per, Per::Member(_));
    let per = match &follow.per {
        Per::Member(member) => list_of(member),
        Per::Account | Per::Region => None,
    };
    if per != list_of(&follow.into) {
        return Err("`into` and `per` must be of the same list".to_owned());
    }
    if follow.into.split_once("[].").is_some_and(|(list, into)| (list.to_owned() + into).contains(['.', '[']))
    {
        return Err("`into` is a member, or a member of each element of one: `List[].Member`".to_owned());
    }
    if !follow.into.contains("[].") && follow.into.contains('.') {
        return Err("`into` is a member, not a path".to_owned());
    }
    if follow.ask.is_some() && !is_member {
        return Err("`ask` belongs to `per` a member".to_owned());
    }
    if !follow.pick.is_empty() && is_member {
        return Err(
            "`pick` belongs to a call that is made once for all; this one can ask for less".to_owned()
        );
    }
    if follow.optional && !is_member && follow.pick.is_empty() {
        return Err("`optional` belongs to `per` a member, or to `pick`".to_owned());
    }
    let texts = follow.with.values().flat_map(names_in).chain(follow.region.iter().flat_map(|it| names(it)));
    if let Some(name) = texts.into_iter().find(|name| !is_member && !is_place(name)) {
        return Err(format!("`{{{name}}}` is of one resource, and the call is made once for all of them"));
    }
    if follow.decode.is_some() != (follow.match_member.is_some() || follow.match_value.is_some()) {
        return Err("`decode` and `match` (or `match_value`) belong together".to_owned());
    }
    Ok(())
}

/// The names that templates in a value have.
fn names_in(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => names(text).collect(),
        Value::Array(items) => items.iter().flat_map(names_in).collect(),
        Value::Object(members) => members.values().flat_map(names_in).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_contradicts_itself_is_named() {
        let check = |text: &str, expect: &str| {
            let full = format!("type: T\ntitle: thing\nscope: global\n{text}");
            let problem = ResourceType::parse(&full).map(|_| ()).unwrap_err();
            assert!(problem.contains(expect), "{text}: {problem}");
        };
        let keyed = "key: N\narn: '{N}'\nlist: [{service: s, operation: list, items: L}]\n";
        check("key: N\narn: '{N}'\nlist: []", "names no call");
        check("arn: a\nlist: [{service: s, operation: list}]", "exclude each other");
        check("single: true\narn: a\nlist: [{service: s, operation: l, items: L}]", "`items` belongs");
        check("key: N\narn: '{N}'\nlist: [{service: s, operation: l, items: L, ask: A}]", "`each` and `ask`");
        check(
            "key: N\narn: '{N}'\nlist: [{service: s, operation: l, items: L, with: {A: '{N}'}}]",
            "nothing is known of `N`",
        );
        check(
            "key: N\narn: '{N}'\nlist: [{service: s, operation: l, items: L, mark: M}]",
            "is the one that lists",
        );
        check("key: N\narn: '{region}{N}'\nlist: [{service: s, operation: l, items: L}]", "no region");
        check("key: N\narn: '{N'\nlist: [{service: s, operation: l, items: L}]", "braces");
        let follow = |text: &str| format!("{keyed}follow: [{{service: s, operation: f, {text}}}]");
        check(&follow("into: 'A[].B', per: N"), "same list");
        check(&follow("into: A.B, per: N"), "not a path");
        check(&follow("into: A, per: account, ask: N"), "`ask` belongs");
        check(&follow("into: A, per: region, with: {X: '{N}'}"), "once for all");
        check(&follow("into: A, per: N, match: N"), "`decode` and `match`");
        check(&follow("into: A, per: N, pick: {X: '{N}'}"), "`pick` belongs");
        check(&follow("into: A, per: region, optional: true"), "`optional` belongs");
        check(
            &format!(
                "{keyed}follow: [{{into: A, service: s, operation: f, per: N}}, {{into: A, service: s, operation: g, per: N}}]"
            ),
            "two follow-up calls",
        );
        check(
            "key: N\narn: '{D.Arn}'\nlist: [{service: s, operation: l, items: L}]\nfollow: [{into: D, service: s, operation: f, per: N}]",
            "needs its name",
        );
    }
}

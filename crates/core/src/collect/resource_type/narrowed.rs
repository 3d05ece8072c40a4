//! A resource type with the calls alone that somebody needs.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Follow, ListCall, Per, ResourceType};
use crate::collect::template::{is_place, names};
use crate::model::{Unread, UnreadReason, touch};

impl ResourceType {
    /// The same type without the calls that give nothing of these paths. What they would have told is unread in
    /// every document, as "not asked": a rule that comes later must not take it for absent.
    #[must_use]
    pub fn narrowed(&self, reads: &BTreeSet<String>) -> Self {
        let mut needed = reads.clone();
        let mut kept = BTreeSet::new();
        // A call that is needed may itself need what another one gives.
        loop {
            let more: Vec<(usize, &Follow)> = self
                .follow
                .iter()
                .enumerate()
                .filter(|(number, follow)| !kept.contains(number) && is_read(&path_of(&follow.into), &needed))
                .collect();
            if more.is_empty() {
                break;
            }
            for (number, follow) in more {
                kept.insert(number);
                needed.extend(needs_of(follow));
            }
        }
        let (follow, dropped): (Vec<_>, Vec<_>) =
            self.follow.iter().cloned().enumerate().partition(|(number, _)| kept.contains(number));
        let is_needed = |number: usize, list: &ListCall| {
            number == 0 || list.gives.iter().chain(&list.mark).any(|member| is_read(member, &needed))
        };
        let (list, no_list): (Vec<_>, Vec<_>) =
            self.list.iter().cloned().enumerate().partition(|(number, list)| is_needed(*number, list));
        let unread = |path: String, service: &str, operation: &str| Unread {
            path,
            call: format!("{service} {operation}"),
            reason: UnreadReason::NotAsked,
            detail: String::new(),
        };
        let still_given: BTreeSet<String> = follow.iter().map(|(_, kept)| path_of(&kept.into)).collect();
        let follows = dropped.iter().map(|(_, it)| (path_of(&it.into), &it.service, &it.operation));
        let lists = no_list.iter().flat_map(|(_, it)| {
            it.gives.iter().chain(&it.mark).map(|member| (member.clone(), &it.service, &it.operation))
        });
        let mut unasked = self.unasked.clone();
        for (path, service, operation) in follows.chain(lists) {
            if !still_given.contains(&path) && !unasked.iter().any(|known| known.path == path) {
                unasked.push(unread(path, service, operation));
            }
        }
        let mut narrowed = self.clone();
        narrowed.list = list.into_iter().map(|(_, list)| list).collect();
        narrowed.follow = follow.into_iter().map(|(_, follow)| follow).collect();
        narrowed.unasked = unasked;
        narrowed
    }
}

/// `List[].Member` as a path that rules read.
fn path_of(into: &str) -> String {
    into.replace("[].", ".")
}

fn is_read(path: &str, reads: &BTreeSet<String>) -> bool {
    reads.iter().any(|read| touch(path, read))
}

/// The paths of the document that a call is asked by.
fn needs_of(follow: &Follow) -> Vec<String> {
    let list = follow.into.split_once("[].").map(|(list, _)| list);
    let within = |name: &str| match list {
        Some(list) => format!("{list}.{name}"),
        None => name.to_owned(),
    };
    let mut needs: Vec<String> = list.map(str::to_owned).into_iter().collect();
    if let Per::Member(member) = &follow.per {
        needs.push(path_of(member));
    }
    needs.extend(follow.match_member.iter().map(|member| within(member)));
    let picked = follow.pick.values().flat_map(|template| names(template)).filter(|name| !is_place(name));
    needs.extend(picked.map(within));
    for when in &follow.when {
        needs.extend(when.unread.iter().chain(when.is.keys()).chain(when.is_not.keys()).cloned());
    }
    let mut templates: Vec<&str> = follow.region.as_deref().into_iter().collect();
    follow.with.values().for_each(|value| texts(value, &mut templates));
    let named = templates.into_iter().flat_map(names).filter(|name| !is_place(name));
    needs.extend(named.map(within));
    needs
}

fn texts<'v>(value: &'v Value, found: &mut Vec<&'v str>) {
    match value {
        Value::String(text) => found.push(text),
        Value::Array(items) => items.iter().for_each(|item| texts(item, found)),
        Value::Object(members) => members.values().for_each(|member| texts(member, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_reads_is_not_asked_and_said() {
        let full = ResourceType::parse(
            "{type: T, title: t, scope: regional, key: Name, arn: 'arn:{Name}',
              list: [{service: s, operation: list, items: L},
                     {service: s, operation: more, items: L, gives: [Extra]},
                     {service: s, operation: public, items: L, mark: Public}],
              follow: [{into: Report, service: s, operation: report, per: account},
                       {into: Policy, service: s, operation: policy, per: Name, ask: Name},
                       {into: Keys, service: s, operation: keys, per: Name, when: [{is: {Report.keys: 'true'}}]},
                       {into: 'Keys[].Used', service: s, operation: used, per: 'Keys[].Id', with: {A: '{Zone}'}}]}",
        )
        .unwrap();
        let check = |reads: &[&str], calls: &[&str], unasked: &[&str]| {
            let narrowed = full.narrowed(&reads.iter().map(|path| (*path).to_owned()).collect());
            let lists = narrowed.list.iter().map(|it| it.operation.as_str());
            let follows = narrowed.follow.iter().map(|it| it.operation.as_str());
            assert_eq!(lists.chain(follows).collect::<Vec<_>>(), calls, "{reads:?}");
            let paths: Vec<&str> = narrowed.unasked.iter().map(|it| it.path.as_str()).collect();
            assert_eq!(paths, unasked, "{reads:?}");
        };
        let all = ["Report", "Policy", "Keys", "Keys.Used", "Extra", "Public"];
        check(&["Name"], &["list"], &all);
        check(
            &["Policy.Statement"],
            &["list", "policy"],
            &["Report", "Keys", "Keys.Used", "Extra", "Public"],
        );
        check(&["Public"], &["list", "public"], &["Report", "Policy", "Keys", "Keys.Used", "Extra"]);
        check(&["Keys.Used.Date"], &["list", "report", "keys", "used"], &["Policy", "Extra", "Public"]);
        check(&[""], &["list", "more", "public", "report", "policy", "keys", "used"], &[]);
    }
}

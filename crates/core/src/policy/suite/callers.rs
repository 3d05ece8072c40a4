//! The callers a promise is proved for where it names none: ordinary ones, and one for each name that a
//! condition or a principal singles out, since that is where exceptions are made.

use std::collections::{BTreeSet, VecDeque};

use provost_iam::layers::Layers;
use provost_iam::principal::{Principal, is_account};
use provost_iam::{Condition, Matching, Policy, Principals};

/// The account of callers nobody says more about; AWS uses it in its examples.
pub(super) const SOME_ACCOUNT: &str = "111122223333";

/// More than this many callers are not looked at.
const MOST: usize = 96;

/// Callers, and whether they are all there is to look at.
pub(super) struct Callers {
    pub(super) callers: Vec<Principal>,
    /// How many of them something singles out.
    pub(super) named: usize,
    /// There are more than can be looked at.
    pub(super) cut: bool,
}

/// Finds the callers that layers and exceptions tell apart.
pub(super) fn callers(layers: &Layers, unless: &[Condition]) -> Callers {
    let mut accounts = BTreeSet::from([SOME_ACCOUNT.to_owned()]);
    let mut patterns: BTreeSet<String> = BTreeSet::new();
    let mut users: BTreeSet<String> = BTreeSet::new();
    let conditions = policies(layers).flat_map(|policy| &policy.statements).flat_map(|it| &it.conditions);
    for condition in conditions.chain(unless) {
        let values = condition.values.iter().filter(|value| !value.contains("${")).cloned();
        match condition.key.to_ascii_lowercase().as_str() {
            "aws:principalarn" => patterns.extend(values),
            "aws:principalaccount" => accounts.extend(values.filter(|value| is_account(value))),
            "aws:username" => users.extend(values),
            _ => {}
        }
    }
    for statement in policies(layers).flat_map(|policy| &policy.statements) {
        if let Some(Matching::Only(Principals::Listed(pairs)) | Matching::AllBut(Principals::Listed(pairs))) =
            &statement.principals
        {
            patterns.extend(pairs.iter().filter(|(kind, _)| kind == "AWS").map(|(_, value)| value.clone()));
        }
    }
    patterns.extend(users.iter().map(|name| format!("arn:aws:iam::*:user/{name}")));
    let mut found: Vec<Principal> = Vec::new();
    let mut add = |text: &str| {
        if let Ok(caller) = Principal::parse(text)
            && caller != Principal::Anonymous
            && !found.contains(&caller)
        {
            found.push(caller);
        }
    };
    let limited = layers.boundary.is_some() || layers.session.is_some();
    for account in &accounts {
        add(&format!("arn:aws:iam::{account}:user/example"));
        add(&format!("arn:aws:sts::{account}:assumed-role/example/session"));
        // Boundaries and session policies are about others than the root user; SCPs bind it.
        if !limited {
            add(&format!("arn:aws:iam::{account}:root"));
        }
    }
    let ordinary = if limited { 2 } else { 3 };
    let (named, open): (Vec<&String>, Vec<&String>) =
        patterns.iter().partition(|pattern| !pattern.contains(['*', '?']));
    named.iter().for_each(|name| add(name));
    for account in &accounts {
        for kind in ["role", "user"] {
            let template = format!("arn:aws:iam::{account}:{kind}/?*");
            let mut meet = |patterns: &[&String]| {
                let all: Vec<&str> =
                    patterns.iter().map(|it| it.as_str()).chain([template.as_str()]).collect();
                // A star of one pattern may take in another part of the ARN; names hold no colons.
                if let Some(text) = common(&all).filter(|text| text.matches(':').count() == 5) {
                    add(&ordinary_name(&text, &all));
                }
            };
            for (number, one) in open.iter().enumerate().take(MOST) {
                meet(&[one]);
                // Where two exceptions meet, somebody may be excepted from two denies.
                open.iter().skip(number + 1).take(MOST).for_each(|other| meet(&[one, other]));
            }
        }
    }
    let cut = found.len() > MOST;
    found.truncate(MOST);
    Callers { named: found.len().saturating_sub(ordinary), callers: found, cut }
}

fn policies(layers: &Layers) -> impl Iterator<Item = &Policy> {
    let levels = layers.scps.iter().chain(&layers.rcps).flat_map(|level| &level.policies);
    let single = [&layers.boundary, &layers.session, &layers.resource, &layers.endpoint];
    levels.chain(&layers.identity).chain(single.into_iter().flatten().flatten())
}

/// A name that is easier on the eye, if the patterns take it in as well.
fn ordinary_name(text: &str, patterns: &[&str]) -> String {
    let longer = format!("{}example", text.strip_suffix('x').filter(|it| it.ends_with('/')).unwrap_or(text));
    let takes_in = |pattern: &&str| common(&[pattern, &longer]).is_some();
    if text.ends_with(['-', '_', '/', 'x']) && patterns.iter().all(takes_in) {
        longer
    } else {
        text.to_owned()
    }
}

/// The shortest text that all of these patterns take in.
fn common(patterns: &[&str]) -> Option<String> {
    let patterns: Vec<Vec<char>> = patterns.iter().map(|pattern| pattern.chars().collect()).collect();
    let start = vec![0; patterns.len()];
    let mut seen = BTreeSet::from([start.clone()]);
    let mut queue = VecDeque::from([(start, String::new())]);
    while let Some((places, text)) = queue.pop_front() {
        let next: Vec<Option<char>> =
            patterns.iter().zip(&places).map(|(pattern, place)| pattern.get(*place).copied()).collect();
        if next.iter().all(Option::is_none) {
            return Some(text);
        }
        let moved = |which: &dyn Fn(usize) -> bool| -> Vec<usize> {
            places.iter().enumerate().map(|(index, place)| place + usize::from(which(index))).collect()
        };
        // A star may take in nothing more.
        for (index, letter) in next.iter().enumerate() {
            let past = moved(&|it| it == index);
            if *letter == Some('*') && seen.insert(past.clone()) {
                queue.push_front((past, text.clone()));
            }
        }
        // Or all take in one letter.
        let fixed: BTreeSet<char> = next.iter().flatten().copied().filter(|it| !"*?".contains(*it)).collect();
        let takes = |index: usize| next.get(index).is_some_and(|it| *it != Some('*'));
        if fixed.len() <= 1 && next.iter().all(Option::is_some) {
            let onward = moved(&takes);
            if onward != places && seen.insert(onward.clone()) {
                let letter = fixed.first().copied().unwrap_or('x');
                queue.push_back((onward, format!("{text}{letter}")));
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_meet_where_they_can() {
        let check = |patterns: &[&str], expect: Option<&str>| {
            let mut patterns = patterns.to_vec();
            assert_eq!(common(&patterns).as_deref(), expect, "{patterns:?}");
            patterns.reverse();
            assert_eq!(common(&patterns).as_deref(), expect, "{patterns:?}");
        };
        check(&["role/ops-*", "role/*-admin"], Some("role/ops-admin"));
        check(&["role/a", "role/a"], Some("role/a"));
        check(&["role/a*", "role/b*"], None);
        check(&["a?c", "*b*"], Some("abc"));
        check(&["**", "*"], Some(""));
        check(&["*:user/bea", "arn:aws:iam::1:user/?*"], Some("arn:aws:iam::1:user/bea"));
        check(&["*a*", "b*", "??"], Some("ba"));
    }

    #[test]
    fn names_are_made_pleasant_where_they_may() {
        assert_eq!(ordinary_name("role/ops-", &["role/ops-*"]), "role/ops-example");
        assert_eq!(ordinary_name("role/x", &["role/?*"]), "role/example");
        assert_eq!(ordinary_name("role/x", &["role/x"]), "role/x");
    }
}

//! Remarks on actions and services that do not exist.

use std::collections::BTreeSet;

use super::{Desk, is_star, rules, shown, texts};
use crate::actions::{Catalogue, Service};
use crate::document::Statement;
use crate::pattern::{Pattern, Syntax};

/// The services a statement's actions belong to.
pub(super) enum Services {
    /// Nobody can say, or all of them.
    All,
    /// These, by prefix.
    Some(BTreeSet<&'static str>),
}

/// A pattern for actions, to be compared regardless of case.
pub(super) fn pattern(text: &str) -> Pattern {
    Pattern::new(text, Syntax { wildcards: true, variables: false, fold: true })
}

pub(super) fn look(statement: &Statement, desk: &mut Desk) -> Services {
    let catalogue = Catalogue::embedded();
    let mut named: BTreeSet<&'static str> = BTreeSet::new();
    let mut all = matches!(statement.actions, crate::document::Matching::AllBut(_));
    for text in texts(&statement.actions) {
        if is_star(text) {
            all = true;
            continue;
        }
        let Some((prefix, name)) = text.split_once(':') else {
            all = true;
            let message = format!("{} is not of the form `service:Name`", shown(text));
            desk.say(rules::UNKNOWN_ACTION, message);
            continue;
        };
        if prefix.contains(['*', '?']) {
            all = true;
            if !takes_in_any(text, catalogue.services(), desk) {
                desk.say(rules::UNKNOWN_ACTION, format!("no action matches {}{}", shown(text), as_of()));
            }
            continue;
        }
        let Some(service) = catalogue.service(prefix) else {
            all = true;
            let suggestion = desk.suggestion(prefix, catalogue.services().map(|service| service.prefix));
            let message = format!("AWS has no service {}{}{suggestion}", shown(prefix), as_of());
            desk.say(rules::UNKNOWN_SERVICE, message);
            continue;
        };
        named.insert(service.prefix);
        if name.contains(['*', '?']) {
            if !is_star(name) && !takes_in_any(text, std::iter::once(service), desk) {
                let suggestion = desk.suggestion(
                    name.trim_end_matches('*'),
                    service.actions().filter_map(|action| bare(action.name())),
                );
                let message = format!("no action matches {}{}{suggestion}", shown(text), as_of());
                desk.say(rules::UNKNOWN_ACTION, message);
            }
        } else if service.action(name).is_none() {
            let suggestion =
                desk.suggestion(name, service.actions().filter_map(|action| bare(action.name())));
            let message =
                format!("{} has no action {}{}{suggestion}", shown(service.prefix), shown(name), as_of());
            desk.say(rules::UNKNOWN_ACTION, message);
        }
    }
    if all { Services::All } else { Services::Some(named) }
}

/// The catalogue knows what there was on its day.
fn as_of() -> String {
    format!(" as of {}", Catalogue::embedded().date())
}

fn bare(name: &str) -> Option<&str> {
    name.split_once(':').map(|(_, name)| name)
}

/// Whether a pattern takes in any action of these services; when there is too much to compare, it does.
fn takes_in_any(text: &str, services: impl Iterator<Item = Service<'static>>, desk: &mut Desk) -> bool {
    if let Some(known) = desk.matching.get(text) {
        return *known;
    }
    let pattern = pattern(text);
    let mut found = false;
    for service in services {
        let actions = service.actions();
        if !desk.may_compare(actions.len()) {
            return true;
        }
        found = actions.map(|action| action.name()).any(|name| pattern.matches_plain(name));
        if found {
            break;
        }
    }
    desk.matching.insert(text.to_owned(), found);
    found
}

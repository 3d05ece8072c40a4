//! Actions that stand for many: of all that the same statements are about and that can be about the same kinds
//! of resources, one.
//!
//! Whether a statement is about an action is all that a policy can tell of it, and what kinds of resources it
//! can be about is all that the catalogue adds. An answer for one of them is an answer for its kin.

use std::collections::HashSet;

use crate::actions::Catalogue;
use crate::pattern::{Pattern, Syntax};
use crate::statement::Statement;

/// How many actions one question looks at.
const MOST_ACTIONS: usize = 4_000;

/// How many patterns of actions each action of AWS is held against.
const MOST_PATTERNS: usize = 10_000;

/// Actions that stand for many.
pub(crate) struct Representatives {
    /// Their names.
    pub(crate) actions: Vec<String>,
    /// There were more than we look at.
    pub(crate) cut: bool,
}

/// A pattern for actions, as policies write them.
pub(crate) fn pattern(text: &str) -> Pattern {
    Pattern::new(&text.to_ascii_lowercase(), Syntax { wildcards: true, variables: false, fold: false })
}

/// Actions that stand for all that match one of the patterns, as far as these statements tell them apart.
///
/// Names without wildcards stand for themselves, known to the catalogue or not. With `unheard_of`, an action
/// that does not exist yet stands for those that AWS will add to a service a pattern takes in as a whole.
/// `services` limits those that patterns with a wildcard in the service take in.
pub(crate) fn representatives<'a>(
    statements: impl Iterator<Item = &'a Statement> + Clone,
    patterns: &[String],
    services: Option<&HashSet<String>>,
    unheard_of: bool,
) -> Representatives {
    let catalogue = Catalogue::embedded();
    let mut found = Representatives { actions: Vec::new(), cut: false };
    let mut wide: Vec<Pattern> = Vec::new();
    let mut prefixes: HashSet<String> = HashSet::new();
    let mut any_service = false;
    for text in patterns {
        if !text.contains(['*', '?']) {
            let name = catalogue.action(text).map_or_else(|| text.clone(), |it| it.name().to_owned());
            if text.contains(':') && !found.actions.contains(&name) {
                found.actions.push(name);
            }
            continue;
        }
        let prefix = text.split(':').next().unwrap_or_default().to_ascii_lowercase();
        if prefix.contains(['*', '?']) {
            any_service = true;
        } else {
            prefixes.insert(prefix);
        }
        wide.push(pattern(text));
    }
    if wide.is_empty() {
        return found;
    }
    let size: usize = statements.clone().map(|statement| 1 + statement.actions.items.len()).sum();
    if size + wide.len() > MOST_PATTERNS {
        found.cut = true;
        return found;
    }
    let mut seen: HashSet<(Vec<bool>, &str, Vec<&str>)> = HashSet::new();
    for service in catalogue.services() {
        let named = prefixes.contains(service.prefix);
        let taken = any_service && services.is_none_or(|services| services.contains(service.prefix));
        if !named && !taken {
            continue;
        }
        let unheard = format!("{}:ActionNobodyHasHeardOf", service.prefix);
        let names = service.actions().map(|action| action.name());
        for name in names.chain(unheard_of.then_some(unheard.as_str())) {
            let lower = name.to_ascii_lowercase();
            if !wide.iter().any(|pattern| pattern.matches_plain(&lower)) {
                continue;
            }
            let signature: Vec<bool> =
                statements.clone().map(|statement| statement.is_about(&lower)).collect();
            let kinds = catalogue.action(name).map(|it| it.resource_types().map(|kind| kind.name).collect());
            if !seen.insert((signature, service.prefix, kinds.unwrap_or_default())) {
                continue;
            }
            if found.actions.len() >= MOST_ACTIONS {
                found.cut = true;
                return found;
            }
            if !found.actions.iter().any(|known| known == name) {
                found.actions.push(name.to_owned());
            }
        }
    }
    found
}

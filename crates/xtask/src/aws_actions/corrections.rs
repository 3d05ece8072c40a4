//! The corrections we make to what AWS publishes, read from `crates/aws/data/corrections.txt`.
//!
//! Each has a reason, and each must change something: what AWS has since put right is taken out, not kept.

use std::collections::BTreeSet;

use anyhow::{Context as _, bail, ensure};

use super::Mapping;

/// One line of the file.
pub(super) struct Correction {
    /// The number of its line, from 1.
    line: usize,
    change: Change,
}

enum Change {
    Prefix { service: String, prefix: String },
    Drop { action: String, service: Option<String> },
    Own { service: String },
    Set { service: String, operation: String, actions: BTreeSet<String> },
}

/// Reads the file.
pub(super) fn parse(text: &str) -> anyhow::Result<Vec<Correction>> {
    let lines = text.lines().enumerate().map(|(index, line)| (index + 1, line.trim()));
    let lines = lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
    lines
        .map(|(line, words)| Ok(Correction { line, change: change(words).with_context(|| at(line))? }))
        .collect()
}

fn at(line: usize) -> String {
    format!("line {line} of corrections.txt")
}

fn change(line: &str) -> anyhow::Result<Change> {
    let (words, reason) = line.split_once(" -- ").context("there is no reason after ` -- `")?;
    ensure!(!reason.trim().is_empty(), "the reason is empty");
    let words: Vec<&str> = words.split_whitespace().collect();
    Ok(match words.as_slice() {
        ["prefix", service, "=", prefix] => {
            Change::Prefix { service: (*service).to_owned(), prefix: (*prefix).to_owned() }
        }
        ["drop", action] => Change::Drop { action: (*action).to_owned(), service: None },
        ["drop", action, "in", service] => {
            Change::Drop { action: (*action).to_owned(), service: Some((*service).to_owned()) }
        }
        ["own", service] => Change::Own { service: (*service).to_owned() },
        ["set", call, "=", actions @ ..] if !actions.is_empty() => {
            let (service, operation) = call.split_once(':').context("`SERVICE:OPERATION` is expected")?;
            let actions = actions.iter().map(|action| (*action).to_owned()).collect();
            Change::Set { service: service.to_owned(), operation: operation.to_owned(), actions }
        }
        _ => bail!("it is none of `prefix`, `drop`, `own`, `set`"),
    })
}

impl Correction {
    /// Makes the change, which must be one.
    pub(super) fn apply(&self, mapping: &mut Mapping) -> anyhow::Result<()> {
        let changed = match &self.change {
            Change::Prefix { service, prefix } => {
                let mapped = mapping.services.entry(service.clone()).or_default();
                std::mem::replace(&mut mapped.prefix, prefix.clone()) != *prefix
            }
            Change::Drop { action, service } => {
                let mut dropped = false;
                for (name, mapped) in &mut mapping.services {
                    if service.as_ref().is_some_and(|only| only != name) {
                        continue;
                    }
                    for actions in mapped.operations.values_mut() {
                        let before = actions.len();
                        actions.retain(|listed| !matches(action, listed));
                        dropped |= actions.len() < before;
                    }
                }
                dropped
            }
            Change::Own { service } => {
                let mut dropped = false;
                let mapped = mapping.services.get_mut(service).with_context(|| at(self.line))?;
                for (operation, actions) in &mut mapped.operations {
                    let own: Vec<String> = actions
                        .iter()
                        .filter(|action| {
                            let name = action.split_once(':').map(|(_, name)| name);
                            name.is_some_and(|name| name.eq_ignore_ascii_case(operation))
                        })
                        .cloned()
                        .collect();
                    if !own.is_empty() && actions.len() > own.len() {
                        *actions = own.into_iter().collect();
                        dropped = true;
                    }
                }
                dropped
            }
            Change::Set { service, operation, actions } => {
                let mapped = mapping.services.get_mut(service).with_context(|| at(self.line))?;
                mapped.operations.insert(operation.clone(), actions.clone()).as_ref() != Some(actions)
            }
        };
        ensure!(changed, "{} changes nothing any more", at(self.line));
        Ok(())
    }
}

/// Whether an action is meant by a pattern, which may end in `*`.
fn matches(pattern: &str, action: &str) -> bool {
    pattern.strip_suffix('*').map_or(pattern == action, |start| action.starts_with(start))
}

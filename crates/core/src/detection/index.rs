//! Which rules could match a record.

use std::collections::{BTreeSet, HashMap};

use super::necessary::Necessary;
use super::rule::DetectionRule;
use crate::events::{Probe, Seen};

/// Rules by event name, and those that name none by event source, and those that name neither.
#[derive(Debug, Default)]
pub struct Index {
    by_name: HashMap<String, Vec<usize>>,
    by_source: HashMap<String, Vec<usize>>,
    anywhere: Vec<usize>,
    necessary: Vec<Necessary>,
}

/// Memory a caller keeps from record to record, so that looking up allocates nothing.
#[derive(Debug, Default)]
pub struct Candidates {
    name: String,
    source: String,
    identity: String,
    positions: Vec<usize>,
}

impl Index {
    /// Indexes rules by their position in the slice.
    #[must_use]
    pub fn new(rules: &[DetectionRule]) -> Self {
        let mut index = Self::default();
        for (position, rule) in rules.iter().enumerate() {
            let necessary = &rule.necessary;
            if let Some(names) = &necessary.event_name {
                for name in names {
                    index.by_name.entry(name.clone()).or_default().push(position);
                }
            } else if let Some(sources) = &necessary.event_source {
                for source in sources {
                    index.by_source.entry(source.clone()).or_default().push(position);
                }
            } else {
                index.anywhere.push(position);
            }
            index.necessary.push(necessary.clone());
        }
        index
    }

    /// The positions of all rules that could match, in ascending order.
    pub fn candidates<'c>(&self, probe: &Probe<'_>, memory: &'c mut Candidates) -> &'c [usize] {
        let Candidates { name, source, identity, positions } = memory;
        positions.clear();
        let sound = !probe.has_dotted_key
            && lower(&probe.event_name, name)
            && lower(&probe.event_source, source)
            && lower(&probe.identity_type, identity);
        if !sound {
            positions.extend(0..self.necessary.len());
            return positions;
        }
        let groups = [self.by_name.get(name), self.by_source.get(source), Some(&self.anywhere)];
        positions.extend(groups.into_iter().flatten().flatten());
        positions.retain(|&position| {
            self.necessary.get(position).is_none_or(|necessary| {
                meets(&necessary.event_name, name)
                    && meets(&necessary.event_source, source)
                    && meets(&necessary.identity_type, identity)
            })
        });
        positions.sort_unstable();
        positions
    }
}

/// Necessary values are never empty texts, so an absent member, kept as the empty text, meets none.
fn meets(values: &Option<BTreeSet<String>>, seen: &str) -> bool {
    values.as_ref().is_none_or(|values| values.contains(seen))
}

/// Writes the member in lower case; `false` when it is no sound base for ruling rules out.
fn lower(seen: &Seen<'_>, into: &mut String) -> bool {
    into.clear();
    match seen {
        Seen::Absent => true,
        Seen::Text(text) if text.is_ascii() => {
            into.push_str(text);
            into.make_ascii_lowercase();
            true
        }
        Seen::Text(_) | Seen::Other => false,
    }
}

//! A hub of findings that keeps the latest of each id.

use std::collections::BTreeMap;
use std::sync::Mutex;

use async_trait::async_trait;
use serde_json::Value;

use super::lock;
use crate::port::{FindingHub, Imported, NotImported, PortResult};

/// Findings in memory.
#[derive(Debug, Default)]
pub struct MemoryFindingHub {
    findings: Mutex<BTreeMap<String, Value>>,
}

impl MemoryFindingHub {
    /// The latest finding of each id, ordered by id.
    #[must_use]
    pub fn findings(&self) -> Vec<Value> {
        lock(&self.findings).values().cloned().collect()
    }
}

#[async_trait]
impl FindingHub for MemoryFindingHub {
    fn place(&self) -> String {
        "memory".to_owned()
    }

    fn home_region(&self) -> Option<&str> {
        None
    }

    async fn import(&self, findings: Vec<Value>) -> PortResult<Imported> {
        let mut imported = Imported::default();
        for finding in findings {
            match finding.get("Id").and_then(Value::as_str).map(str::to_owned) {
                Some(id) => {
                    lock(&self.findings).insert(id, finding);
                    imported.taken += 1;
                }
                None => imported.not_taken.push(NotImported {
                    count: 1,
                    place: self.place(),
                    ids: Vec::new(),
                    why: "it has no `Id`".to_owned(),
                }),
            }
        }
        Ok(imported)
    }
}

//! What AWS-managed policies grant, by their ARN: an event that attaches one carries nothing else.
//!
//! The table was derived by the engine from the documents AWS publishes; `data/SOURCES.md` says from which
//! source and of which day, and `cargo xtask iam-data` derives it anew.

use std::collections::HashMap;
use std::sync::OnceLock;

use serde::Deserialize;

/// What an AWS-managed policy grants.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Managed {
    /// Its ARN in the partition `aws`.
    pub arn: String,
    /// The version it was derived from, `v1`.
    pub version: String,
    /// The day AWS last changed it, as far as the source knows.
    pub updated: String,
    /// `yes`, `yes_if`, `no` or `unknown`.
    pub grants_admin: String,
    /// Privilege-escalation paths it opens, by id.
    #[serde(default)]
    pub escalation: Vec<String>,
    /// Those that depend on a target.
    #[serde(default)]
    pub capabilities: Vec<String>,
    /// Those nobody can decide.
    #[serde(default)]
    pub undecided: Vec<String>,
    /// It grants nearly every service as a whole.
    #[serde(default)]
    pub services_nearly_all: bool,
}

/// Every AWS-managed policy the table knows, in the order of their ARNs.
#[must_use]
pub fn all() -> &'static [Managed] {
    &table().0
}

/// An AWS-managed policy by its ARN, in any partition. `None` says that the table does not know it, not that
/// it is harmless.
#[must_use]
pub fn by_arn(arn: &str) -> Option<&'static Managed> {
    let (_, name) = arn.split_once(":iam::aws:policy/")?;
    let (rows, index) = table();
    rows.get(*index.get(name)?)
}

type Table = (Vec<Managed>, HashMap<&'static str, usize>);

fn table() -> &'static Table {
    static TABLE: OnceLock<Table> = OnceLock::new();
    static ROWS: OnceLock<Vec<Managed>> = OnceLock::new();
    TABLE.get_or_init(|| {
        #[expect(clippy::expect_used, reason = "the data is part of the program, and a test reads all of it")]
        let rows = ROWS.get_or_init(|| {
            let rows = include_str!("../data/managed-policies.ndjson").lines();
            rows.map(serde_json::from_str).collect::<Result<_, _>>().expect("the embedded table is whole")
        });
        let names = rows.iter().enumerate();
        let index =
            names.filter_map(|(place, row)| Some((row.arn.split_once(":policy/")?.1, place))).collect();
        (rows.clone(), index)
    })
}

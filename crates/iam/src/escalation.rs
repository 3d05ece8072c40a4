//! Privilege-escalation paths: sets of actions with which somebody gains more than was granted.
//!
//! They are data, in `data/escalations.yaml`, which also says how to read each field.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::Deserialize;

/// A path.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Path {
    /// Kebab-case, never reused.
    pub id: String,
    /// What is done.
    pub title: String,
    /// What is done, step by step, and what is gained.
    pub how: String,
    /// What is gained.
    pub gains: Gains,
    /// Whether the policy alone decides it.
    pub decided_by: DecidedBy,
    /// All of these must be allowed.
    pub steps: Vec<Step>,
    /// Where it is described.
    pub references: Vec<String>,
    /// Its ids elsewhere.
    #[serde(default)]
    pub also_known_as: Vec<String>,
}

/// What a path gains.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Gains {
    /// Any permission one likes.
    Everything,
    /// Those of other users and roles.
    Principal,
    /// Those of a role that is passed or attached to something.
    Role,
}

/// What decides whether a path is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DecidedBy {
    /// The policy alone.
    Policy,
    /// Something that must exist in a suitable state.
    Target,
}

/// One action of a path.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// `service:Action`.
    pub action: String,
    /// Which resource it must be allowed on, if the policy alone is to decide.
    pub on: Option<On>,
    /// Condition keys the step itself fixes.
    #[serde(default)]
    pub context: BTreeMap<String, String>,
    /// Condition keys the policy must leave free to be one of these, if the policy alone is to decide.
    /// `${Partition}` and `${Account}` stand for the holder's.
    #[serde(default)]
    pub free: BTreeMap<String, Vec<String>>,
}

/// Which resource a step must be allowed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum On {
    /// Any one of its kind.
    Any,
    /// The holder itself.
    Own,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    schema: u32,
    reviewed: String,
    paths: Vec<Path>,
}

/// Every path we know.
#[must_use]
pub fn paths() -> &'static [Path] {
    &file().paths
}

/// The day the paths were last looked through, `2026-11-22`.
#[must_use]
pub fn reviewed() -> &'static str {
    &file().reviewed
}

fn file() -> &'static File {
    static FILE: OnceLock<File> = OnceLock::new();
    #[expect(clippy::expect_used, reason = "the data is part of the program, and a test reads all of it")]
    FILE.get_or_init(|| {
        let file: File = yaml_serde::from_str(include_str!("../data/escalations.yaml"))
            .expect("the embedded paths are whole");
        assert_eq!(file.schema, 1, "the embedded paths are of a format this program reads");
        file
    })
}

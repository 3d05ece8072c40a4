//! One run of a verb.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Digest;

/// The verbs that run as jobs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum JobName {
    /// Read facts.
    Collect,
    /// Read IAM users alone.
    CollectIamUsers,
    /// Judge resources.
    Assess,
    /// Judge events.
    Detect,
    /// Re-hash the evidence.
    Verify,
    /// Tell people what is new, and hand the report on.
    Publish,
    /// Answer a rule of AWS Config.
    ConfigRule,
}

impl JobName {
    /// The lower-case name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Collect => "collect",
            Self::CollectIamUsers => "collect-iam-users",
            Self::Assess => "assess",
            Self::Detect => "detect",
            Self::Verify => "verify",
            Self::Publish => "publish",
            Self::ConfigRule => "config-rule",
        }
    }
}

impl JobName {
    /// What is locked while it runs: jobs that write the same things have one lock.
    #[must_use]
    pub fn lock(self) -> &'static str {
        match self {
            Self::Collect | Self::CollectIamUsers => "collect",
            Self::Assess | Self::Detect | Self::Verify | Self::Publish | Self::ConfigRule => self.as_str(),
        }
    }
}

impl std::fmt::Display for JobName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

/// How a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RunStatus {
    /// Begun. If its lock is gone, it was killed.
    Running,
    /// Everything it was given was looked at.
    Done,
    /// It stopped before the end, or something it was given could not be read.
    Incomplete,
    /// It could not do its work.
    Failed,
    /// It was killed, and a later run with other input took its place.
    Abandoned,
}

impl RunStatus {
    /// The lower-case name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Done => "done",
            Self::Incomplete => "incomplete",
            Self::Failed => "failed",
            Self::Abandoned => "abandoned",
        }
    }
}

/// One run of one verb over one scope.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// The version of this shape.
    pub schema: u32,
    /// Unique.
    pub execution_id: String,
    /// Which verb.
    pub job: JobName,
    /// What it looks at, in words; with `job`, the name of the lock.
    pub scope: String,
    /// The digest of everything that decides the result: input, catalog, parameters.
    pub input: Digest,
    /// The digest of the catalog in force.
    pub catalog: Digest,
    /// When it began. Everything it writes bears this time, also when a later process completes it.
    pub started_at: Timestamp,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
    /// How it stands.
    pub status: RunStatus,
    /// How many processes worked on it.
    pub attempts: u32,
    /// What it did.
    pub statistics: Statistics,
}

/// What a run did, and what it skipped and why.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statistics {
    /// Named counts: `resources`, `evaluations`, `events`, ...
    pub counts: BTreeMap<String, u64>,
    /// Why things were skipped, and how many.
    pub skipped: BTreeMap<String, u64>,
    /// What a run that stopped early left undone.
    pub remaining: Option<String>,
    /// What it looked at: accounts and regions, files.
    #[serde(default)]
    pub covered: Vec<String>,
    /// What is known to exist and was not looked at, with the reason.
    #[serde(default)]
    pub left_out: Vec<LeftOut>,
}

/// How it is said that the users of an account could not all be listed; the account follows.
pub const LEFT_OUT_USERS: &str = "IAM users of ";

/// Something known to exist that was not looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOut {
    /// `111122223333/eu-west-1`.
    pub what: String,
    /// `not recorded`.
    pub why: String,
}

impl Statistics {
    /// Adds to a named count; zero makes the count visible.
    pub fn count(&mut self, name: &str, by: u64) {
        *self.counts.entry(name.to_owned()).or_default() += by;
    }

    /// Counts one thing skipped, with its reason.
    pub fn skip(&mut self, reason: &str) {
        *self.skipped.entry(reason.to_owned()).or_default() += 1;
    }

    /// Adds what a part of the run did.
    pub fn add(&mut self, part: Self) {
        let Self { counts, skipped, remaining, covered, left_out } = part;
        for (name, by) in counts {
            self.count(&name, by);
        }
        for (reason, by) in skipped {
            *self.skipped.entry(reason).or_default() += by;
        }
        self.remaining = self.remaining.take().or(remaining);
        self.covered.extend(covered);
        self.left_out.extend(left_out);
    }

    /// A count, zero where it was never counted.
    #[must_use]
    pub fn get(&self, name: &str) -> u64 {
        self.counts.get(name).copied().unwrap_or_default()
    }

    /// All that was skipped.
    #[must_use]
    pub fn skipped_total(&self) -> u64 {
        self.skipped.values().sum()
    }
}

impl Run {
    /// Whether an assessment read by itself what it judged, as a scan does. Then it says itself what was looked at,
    /// and no run of collect does.
    #[must_use]
    pub fn read_by_itself(&self) -> bool {
        self.job == JobName::Assess && !self.statistics.covered.is_empty()
    }

    /// The current shape.
    pub const SCHEMA: u32 = super::SCHEMA;
}

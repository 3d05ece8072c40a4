//! Handing findings to where people look at those of all their tools.

use async_trait::async_trait;
use serde_json::Value;

use super::PortResult;

/// Findings that were not taken, for one reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotImported {
    /// How many.
    pub count: u64,
    /// Where they would have gone: an account and a region.
    pub place: String,
    /// The ids of some of them, at most [`NotImported::MOST_IDS`].
    pub ids: Vec<String>,
    /// Why not, and what to do if that is known.
    pub why: String,
}

impl NotImported {
    /// How many ids stand for all.
    pub const MOST_IDS: usize = 5;
}

impl std::fmt::Display for NotImported {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { count, place, ids, why } = self;
        let more = if *count > ids.len() as u64 { ", ..." } else { "" };
        let named = if ids.is_empty() { String::new() } else { format!(" ({}{more})", ids.join(", ")) };
        write!(f, "{count} findings of {place} were not taken{named}: {why}")
    }
}

/// What became of findings: each was taken or is among those that were not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Imported {
    /// How many were taken.
    pub taken: u64,
    /// The others.
    pub not_taken: Vec<NotImported>,
}

impl Imported {
    /// Adds what became of others.
    pub fn add(&mut self, part: Self) {
        self.taken += part.taken;
        self.not_taken.extend(part.not_taken);
    }

    /// How many were not taken.
    #[must_use]
    pub fn refused(&self) -> u64 {
        self.not_taken.iter().map(|it| it.count).sum()
    }
}

/// A hub of findings, such as AWS Security Hub.
///
/// A finding replaces the earlier one of the same `Id`, so handing one over twice changes nothing.
#[async_trait]
pub trait FindingHub: Send + Sync {
    /// The hub, in words: `Security Hub`.
    fn place(&self) -> String;

    /// The region that findings on global resources go to, if the hub has a say in it.
    fn home_region(&self) -> Option<&str>;

    /// Hands over findings in the AWS Security Finding Format, any number of them, of any accounts and regions.
    /// Those that are not taken do not stop the others.
    ///
    /// # Errors
    /// When none can be handed over at all.
    async fn import(&self, findings: Vec<Value>) -> PortResult<Imported>;
}

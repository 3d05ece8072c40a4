//! Verify: every finding's evidence is there and unchanged.

use super::{Execution, JobError, Work};
use crate::model::{Digest, Statistics};
use crate::port::{Archive, EvidenceIndex, EvidenceReference, Progress};

/// How many problems are listed one by one; all are counted.
const LISTED: usize = 1000;

/// What re-hashing found.
#[derive(Debug, Default, serde::Serialize)]
pub struct Verification {
    /// Pieces of evidence referred to.
    pub referenced: u64,
    /// Those whose bytes still have their digest.
    pub intact: u64,
    /// How many are not there.
    pub missing: u64,
    /// How many have other bytes.
    pub changed: u64,
    /// The first problems, one by one.
    pub problems: Vec<Problem>,
}

/// One piece of evidence that is not what it was.
#[derive(Debug, serde::Serialize)]
pub struct Problem {
    /// Which.
    pub evidence: Digest,
    /// Something judged from it.
    pub subject: String,
    /// `missing` or `changed`.
    pub state: &'static str,
}

/// Re-hashes every piece of evidence anything in the store refers to.
///
/// # Errors
/// When the store or the archive cannot be read at all.
pub async fn verify(
    execution: &Execution<'_>,
    index: &dyn EvidenceIndex,
    archive: &dyn Archive,
    progress: &dyn Progress,
) -> Result<(Work, Verification), JobError> {
    let mut found = Verification::default();
    let mut statistics = Statistics::default();
    let mut after: Option<String> = None;
    progress.begin("Re-hashing evidence", None);
    loop {
        if execution.is_out_of_time() {
            statistics.remaining =
                Some(format!("evidence after {}", after.as_deref().unwrap_or("the beginning")));
            break;
        }
        let page = index.page(after.as_deref(), 200).await?;
        progress.advance(page.items.len() as u64);
        for EvidenceReference { digest, subject } in page.items {
            found.referenced += 1;
            let state = match archive.get(&digest).await? {
                Some(bytes) if Digest::of(&bytes) == digest => {
                    found.intact += 1;
                    continue;
                }
                Some(_) => {
                    found.changed += 1;
                    "changed"
                }
                None => {
                    found.missing += 1;
                    "missing"
                }
            };
            if found.problems.len() < LISTED {
                found.problems.push(Problem { evidence: digest, subject, state });
            }
        }
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    progress.end();
    for (name, count) in [
        ("referenced", found.referenced),
        ("intact", found.intact),
        ("missing", found.missing),
        ("changed", found.changed),
    ] {
        statistics.count(name, count);
    }
    Ok((Work { complete: statistics.remaining.is_none(), statistics }, found))
}

//! Which assessments are compared: ended, whole, and of the same scope and selection of rules.

use jiff::Timestamp;

use crate::model::{JobName, Run, RunStatus};
use crate::port::{PortResult, Runs};

/// How many runs are read at a time.
pub const AT_ONCE: usize = 50;

/// Whether an assessment is good to compare this later one with: it came to its end, is of the same scope, and
/// judged by all rules, or by a selection of as many as the later one.
#[must_use]
pub fn is_baseline(run: &Run, after: &Run) -> bool {
    let (ours, theirs) = (&run.statistics.left_out, &after.statistics.left_out);
    run.execution_id != after.execution_id
        && run.job == JobName::Assess
        && run.status == RunStatus::Done
        && run.scope == after.scope
        && (ours.is_empty() || ours == theirs)
}

/// The last assessment before this one that is good to compare it with ([`is_baseline`]). One that stopped at its
/// deadline is passed over.
///
/// # Errors
/// When the store cannot be read.
pub async fn previous(runs: &dyn Runs, after: &Run) -> PortResult<Option<Run>> {
    assessment_at(runs, after, after.started_at).await
}

/// The last assessment that is good to compare `after` with and began at a time or before it.
///
/// # Errors
/// When the store cannot be read.
pub async fn assessment_at(runs: &dyn Runs, after: &Run, at: Timestamp) -> PortResult<Option<Run>> {
    find(runs, at, &mut |run| is_baseline(run, after)).await
}

/// The first recorded assessment that is good to compare `after` with, where nothing is as old as was asked for.
///
/// # Errors
/// When the store cannot be read.
pub async fn oldest(runs: &dyn Runs, after: &Run) -> PortResult<Option<Run>> {
    let mut oldest = None;
    find(runs, after.started_at, &mut |run| {
        if is_baseline(run, after) {
            oldest = Some(run.clone());
        }
        false
    })
    .await?;
    Ok(oldest)
}

/// The assessments from one to the other, both of them too, oldest first; of the same scope, also those that
/// stopped early. Where there are more than `most`, the oldest and the newest ones are taken; the number is that
/// of those left out.
///
/// # Errors
/// When the store cannot be read.
pub async fn ended_between(
    runs: &dyn Runs,
    before: &Run,
    after: &Run,
    most: usize,
) -> PortResult<(Vec<Run>, usize)> {
    let mut between = Vec::new();
    let mut left_out = 0;
    find(runs, after.started_at, &mut |run| {
        let is_end = run.execution_id == before.execution_id || run.started_at < before.started_at;
        let is_between = !is_end && run.scope == after.scope && run.execution_id != after.execution_id;
        if is_between && between.len() + 2 < most {
            between.push(run.clone());
        } else if is_between {
            left_out += 1;
        }
        is_end
    })
    .await?;
    let inner = between.into_iter().rev();
    Ok((std::iter::once(before.clone()).chain(inner).chain([after.clone()]).collect(), left_out))
}

/// The newest assessment up to a time of which this is true.
async fn find(
    runs: &dyn Runs,
    until: Timestamp,
    is_it: &mut dyn FnMut(&Run) -> bool,
) -> PortResult<Option<Run>> {
    let mut after: Option<String> = None;
    loop {
        let page = runs.ended(JobName::Assess, until, after.as_deref(), AT_ONCE).await?;
        if let Some(run) = page.items.into_iter().find(|run| is_it(run)) {
            return Ok(Some(run));
        }
        after = page.next;
        if after.is_none() {
            return Ok(None);
        }
    }
}

//! Findings for a hub: what fails, what could not be told, and what is a finding no more.

use crate::compare::{Change, Changed, Compared, each_change};
use crate::job::JobError;
use crate::model::{Evaluation, Run, Verdict};
use crate::port::{Evaluations, FindingHub, Imported, NotImported, Runs};
use crate::render::{RuleTexts, Standing, asff, home_region};

/// How many verdicts are read, and findings handed over, at a time.
const PAGE: usize = 1000;

/// How many findings that ended are held in memory. Where there are more, the assessments are compared again.
const MOST_ENDED: usize = if cfg!(test) { 100 } else { 10_000 };

/// Which findings are handed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// Fails and what could not be told; and, archived, what was one of these and is not any more.
    Open,
    /// Passes and what rules do not speak of as well.
    All,
}

/// What is handed over, and in which words.
#[derive(Debug, Clone, Copy)]
pub struct Choice<'a> {
    /// Which findings.
    pub which: Which,
    /// The texts of rules.
    pub rules: &'a RuleTexts<'a>,
    /// The ids of rules that were left out of the assessment. Their findings have not ended.
    pub unselected: &'a [String],
}

/// What was handed over.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HandedOver {
    /// What became of findings of this assessment.
    pub open: Imported,
    /// What became of findings that ended.
    pub ended: Imported,
    /// How many verdicts were no finding to hand over: passes, and what rules do not speak of.
    pub left_out: u64,
}

impl HandedOver {
    /// Whether everything was taken. Only then may the next comparison begin at this assessment alone.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.not_taken().next().is_none()
    }

    /// What was not taken, and why.
    pub fn not_taken(&self) -> impl Iterator<Item = &NotImported> {
        self.open.not_taken.iter().chain(&self.ended.not_taken)
    }
}

/// Hands over the findings of an assessment. `before` are the assessments whose findings may stand in the hub: the
/// last whose findings were all taken, and those since. Findings of theirs that ended are archived; what ended
/// before them stays as it is in the hub.
///
/// A resource that could not be looked for is no finding that ended. Handing over the same again changes nothing.
///
/// # Errors
/// When the store cannot be read, or the hub takes nothing at all.
pub async fn hand_over(
    runs: &dyn Runs,
    evaluations: &dyn Evaluations,
    hub: &dyn FindingHub,
    choice: Choice<'_>,
    run: &Run,
    before: &[Run],
) -> Result<HandedOver, JobError> {
    let mut handed = HandedOver::default();
    let finding = |evaluation: &Evaluation, standing| {
        let home = hub.home_region().unwrap_or_else(|| home_region(evaluation));
        asff(evaluation, choice.rules, home, standing)
    };
    let mut after: Option<String> = None;
    loop {
        let page = evaluations.of_execution(&run.execution_id, after.as_deref(), PAGE).await?;
        let count = page.items.len();
        let wanted = page.items.iter().filter(|it| choice.which == Which::All || is_open(it));
        let findings: Vec<_> = wanted.map(|it| finding(it, Standing::Open)).collect();
        handed.left_out += count.saturating_sub(findings.len()) as u64;
        if !findings.is_empty() {
            handed.open.add(hub.import(findings).await?);
        }
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    for before in before.iter().filter(|before| before.execution_id != run.execution_id) {
        let compared = Compared::read(runs, evaluations, before.clone(), run.clone()).await?;
        let mut done = 0;
        loop {
            let ended = some_that_ended(evaluations, &compared, choice, done).await?;
            for part in ended.chunks(PAGE) {
                let findings = part.iter().map(|it| finding(it, Standing::Closed(run.started_at))).collect();
                handed.ended.add(hub.import(findings).await?);
            }
            done += ended.len();
            if ended.len() < MOST_ENDED {
                break;
            }
        }
    }
    Ok(handed)
}

/// The findings that ended, without the first `skip` of them.
async fn some_that_ended(
    evaluations: &dyn Evaluations,
    compared: &Compared,
    choice: Choice<'_>,
    skip: usize,
) -> Result<Vec<Evaluation>, JobError> {
    let mut seen = 0;
    let mut found = Vec::new();
    each_change(evaluations, compared, &mut |changed| {
        if let Some(evaluation) = ended(changed, choice) {
            if seen >= skip && found.len() < MOST_ENDED {
                found.push(evaluation.clone());
            }
            seen += 1;
        }
        Ok(())
    })
    .await?;
    Ok(found)
}

/// The finding that ended, as it is now or as it was last.
fn ended<'a>(changed: &Changed<'a>, choice: Choice<'_>) -> Option<&'a Evaluation> {
    let which = choice.which;
    match (changed.before, changed.after) {
        (Some(before), Some(after)) => {
            // With all of them, those that are there now were handed over as they are.
            (which == Which::Open && is_open(before) && !is_open(after)).then_some(after)
        }
        (Some(before), None) => {
            // Whatever else a missing verdict means, it does not mean that all is well.
            let is_gone = matches!(changed.change, Change::Gone | Change::SeenAgain);
            let is_left_out = choice.unselected.contains(&before.rule.id);
            (is_gone && !is_left_out && (which == Which::All || is_open(before))).then_some(before)
        }
        (None, _) => None,
    }
}

fn is_open(evaluation: &Evaluation) -> bool {
    match evaluation.verdict() {
        Verdict::Fail | Verdict::Unknown(_) => true,
        Verdict::Pass | Verdict::NotApplicable => false,
    }
}

#[cfg(test)]
mod tests;

//! Two ordered lists of verdicts walked side by side, a page of each in memory.

use std::cmp::Ordering;
use std::io;
use std::vec::IntoIter;

use super::{Because, Change, Changed, Compared, Seen, between};
use crate::job::JobError;
use crate::model::{AccountId, Evaluation, PLACEHOLDER, Verdict};
use crate::port::{Evaluations, PortError};

/// How many verdicts of each side are read at a time.
const PAGE: usize = if cfg!(test) { 3 } else { 1000 };

/// Shows every pair of rule and resource that either assessment has to `sink`, also those that stayed the same, in
/// order of resource, rule and account.
///
/// # Errors
/// When the store cannot be read or does not keep its order, or `sink` fails.
pub async fn each_change(
    evaluations: &dyn Evaluations,
    compared: &Compared,
    sink: &mut dyn FnMut(&Changed<'_>) -> io::Result<()>,
) -> Result<(), JobError> {
    let Compared { before, after } = compared;
    let mut earlier = Cursor::new(evaluations, &before.run.execution_id);
    let mut later = Cursor::new(evaluations, &after.run.execution_id);
    let mut old = earlier.next_resource().await?;
    let mut new = later.next_resource().await?;
    loop {
        let order = match (name(&old), name(&new)) {
            (None, None) => return Ok(()),
            (Some(old), Some(new)) => old.cmp(new),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
        };
        let (here, there): (&[Evaluation], &[Evaluation]) = match order {
            Ordering::Less => (&old, &[]),
            Ordering::Equal => (&old, &new),
            Ordering::Greater => (&[], &new),
        };
        one_resource(compared, here, there, sink)?;
        if order != Ordering::Greater {
            old = earlier.next_resource().await?;
        }
        if order != Ordering::Less {
            new = later.next_resource().await?;
        }
    }
}

fn name(verdicts: &[Evaluation]) -> Option<&str> {
    verdicts.first().map(|evaluation| evaluation.resource_id.as_str())
}

/// All verdicts on one resource, before and after, each in order of rule and account.
fn one_resource(
    compared: &Compared,
    old: &[Evaluation],
    new: &[Evaluation],
    sink: &mut dyn FnMut(&Changed<'_>) -> io::Result<()>,
) -> Result<(), JobError> {
    let Compared { before, after } = compared;
    let is_in = |verdicts: &[Evaluation], account: &AccountId| {
        verdicts.iter().any(|evaluation| evaluation.account == *account)
    };
    let (mut olds, mut news) = (old.iter().peekable(), new.iter().peekable());
    loop {
        let order = match (olds.peek(), news.peek()) {
            (None, None) => return Ok(()),
            (Some(old), Some(new)) => pair(old).cmp(&pair(new)),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
        };
        let was = if order == Ordering::Greater { None } else { olds.next() };
        let is = if order == Ordering::Less { None } else { news.next() };
        let changed = match (was, is) {
            (Some(was), Some(is)) => {
                let change = between(was, is);
                Changed { before: Some(was), after: Some(is), latest: is, change, because: None }
            }
            (Some(was), None) => {
                let (change, because) = lost(was, after, before, is_in(new, &was.account));
                Changed { before: Some(was), after: None, latest: was, change, because: Some(because) }
            }
            (None, Some(is)) => {
                let (change, because) = found(is, before, after, is_in(old, &is.account));
                Changed { before: None, after: Some(is), latest: is, change, because: Some(because) }
            }
            (None, None) => return Ok(()),
        };
        sink(&changed).map_err(|error| JobError::Input(format!("writing the comparison: {error}")))?;
    }
}

fn pair(evaluation: &Evaluation) -> (&str, &AccountId) {
    (&evaluation.rule.id, &evaluation.account)
}

/// What it means that the later assessment has no verdict on a pair.
fn lost(was: &Evaluation, after: &Seen, before: &Seen, is_here: bool) -> (Change, Because) {
    let because = after.why_not(was, before, is_here);
    let change = match because {
        // What stood for a list that could not be read is not needed any more: the list can be read again.
        Because::Resource if was.resource_id.starts_with(PLACEHOLDER) => Change::SeenAgain,
        Because::Resource | Because::Rule => Change::Gone,
        Because::List if is_known(was) => Change::Blind,
        Because::List | Because::InPart | Because::Place | Because::Catalog | Because::Selection => {
            Change::NotJudgedNow
        }
    };
    (change, because)
}

/// What it means that the earlier assessment has no verdict on a pair.
fn found(is: &Evaluation, before: &Seen, after: &Seen, was_here: bool) -> (Change, Because) {
    let because = before.why_not(is, after, was_here);
    let change = match because {
        // It stands for what is in a list that cannot be read any more.
        Because::Resource | Because::List if is.resource_id.starts_with(PLACEHOLDER) => Change::Blind,
        Because::Resource | Because::Rule => Change::New,
        Because::List if is_known(is) => Change::SeenAgain,
        Because::List | Because::InPart | Because::Place | Because::Catalog | Because::Selection => {
            Change::NotJudgedBefore
        }
    };
    (change, because)
}

fn is_known(evaluation: &Evaluation) -> bool {
    match evaluation.verdict() {
        Verdict::Pass | Verdict::Fail | Verdict::NotApplicable => true,
        Verdict::Unknown(_) => false,
    }
}

/// The verdicts of one assessment, resource by resource.
struct Cursor<'a> {
    evaluations: &'a dyn Evaluations,
    execution_id: &'a str,
    page: IntoIter<Evaluation>,
    /// Where the next page begins; `None`: there is none.
    after: Option<Option<String>>,
    /// The first verdict on the next resource, read already.
    held: Option<Evaluation>,
}

impl<'a> Cursor<'a> {
    fn new(evaluations: &'a dyn Evaluations, execution_id: &'a str) -> Self {
        Self { evaluations, execution_id, page: Vec::new().into_iter(), after: Some(None), held: None }
    }

    /// All verdicts on the next resource; empty at the end.
    async fn next_resource(&mut self) -> Result<Vec<Evaluation>, JobError> {
        let mut verdicts: Vec<Evaluation> = self.held.take().into_iter().collect();
        while let Some(next) = self.next().await? {
            let Some(last) = verdicts.last() else {
                verdicts.push(next);
                continue;
            };
            // INVARIANT: pairs rise. In any other order verdicts would seem to come and go.
            if (&last.resource_id, pair(last)) >= (&next.resource_id, pair(&next)) {
                let what = format!("the assessment {}", self.execution_id);
                let why = "its verdicts are not in order".to_owned();
                return Err(PortError::Damaged { what, why }.into());
            }
            if last.resource_id != next.resource_id {
                self.held = Some(next);
                break;
            }
            verdicts.push(next);
        }
        Ok(verdicts)
    }

    async fn next(&mut self) -> Result<Option<Evaluation>, JobError> {
        loop {
            if let Some(evaluation) = self.page.next() {
                return Ok(Some(evaluation));
            }
            let Some(after) = self.after.take() else { return Ok(None) };
            let page = self.evaluations.of_execution(self.execution_id, after.as_deref(), PAGE).await?;
            self.page = page.items.into_iter();
            self.after = page.next.map(Some);
        }
    }
}

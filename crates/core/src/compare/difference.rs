//! What a report of changes needs: two assessments, a filter, whose the changed resources are, and the verdicts
//! over time.

use std::collections::BTreeMap;
use std::io;

use super::{Change, ChangeSummary, Changed, Compared, each_change, ended_between};
use crate::filter::Filter;
use crate::job::JobError;
use crate::job::report::each_evaluation;
use crate::model::{AccountId, Counts, Run, Statistics};
use crate::owner::Owner;
use crate::port::{Evaluations, Resources, Runs};
use crate::waiver::WaiversDue;

/// How many resources are read at a time.
const PAGE: usize = 500;

/// What of the changes is wanted.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// Which verdicts.
    pub filter: Filter,
    /// The tag that names the owner.
    pub owner_tag: String,
    /// How many assessments the trend shows at most.
    pub trend: usize,
}

/// One assessment in the trend.
#[derive(Debug, Clone)]
pub struct TrendPoint {
    /// The assessment.
    pub run: Run,
    /// How many of each verdict, of those the filter takes. `None`: its verdicts are not kept any more.
    pub counts: Option<Counts>,
}

/// Two assessments, their changes in counts, and the trend between them.
#[derive(Debug)]
pub struct Difference {
    /// The two.
    pub compared: Compared,
    /// What was wanted.
    pub wanted: Wanted,
    /// The changes in counts.
    pub summary: ChangeSummary,
    /// The assessments from the one to the other, oldest first.
    pub trend: Vec<TrendPoint>,
    /// How many assessments between them the trend leaves out.
    pub trend_left_out: usize,
    /// Waivers that have ended or soon will, with the findings of the later assessment, whatever the filter.
    pub due: WaiversDue,
    /// Whose the changed resources are.
    owners: BTreeMap<(String, AccountId), Owner>,
}

impl Difference {
    /// Reads both assessments three times and the resources once; in memory are the keys of what changed.
    ///
    /// # Errors
    /// When a store cannot be read.
    pub async fn read(
        runs: &dyn Runs,
        evaluations: &dyn Evaluations,
        resources: &dyn Resources,
        (before, after): (Run, Run),
        wanted: Wanted,
        mut due: WaiversDue,
    ) -> Result<Self, JobError> {
        let (between, trend_left_out) = ended_between(runs, &before, &after, wanted.trend).await?;
        let compared = Compared::read(runs, evaluations, before, after).await?;
        let mut owners = BTreeMap::new();
        each_change(evaluations, &compared, &mut |changed| {
            changed.after.iter().for_each(|after| due.add(after));
            if changed.change != Change::Same && wanted.filter.takes(changed.latest) {
                owners.insert(key(changed), Owner::NotHeld);
            }
            Ok(())
        })
        .await?;
        look_up(resources, &wanted.owner_tag, &mut owners).await?;
        let mut summary = ChangeSummary::default();
        each_change(evaluations, &compared, &mut |changed| {
            if wanted.filter.takes(changed.latest) {
                let owner = (changed.change != Change::Same).then(|| owners.get(&key(changed))).flatten();
                summary.add(changed, owner);
            } else {
                summary.filtered_out += 1;
            }
            Ok(())
        })
        .await?;
        let mut trend = Vec::new();
        for run in between {
            let counts = counts_of(evaluations, &run, &wanted.filter).await?;
            trend.push(TrendPoint { run, counts });
        }
        Ok(Self { compared, wanted, summary, trend, trend_left_out, due, owners })
    }

    /// Shows every change the filter takes to `sink`, with whose it is; what stayed the same is not shown.
    ///
    /// # Errors
    /// When the store cannot be read, or `sink` fails.
    pub async fn each(
        &self,
        evaluations: &dyn Evaluations,
        sink: &mut dyn FnMut(&Changed<'_>, &Owner) -> io::Result<()>,
    ) -> Result<(), JobError> {
        each_change(evaluations, &self.compared, &mut |changed| {
            if changed.change == Change::Same || !self.wanted.filter.takes(changed.latest) {
                return Ok(());
            }
            sink(changed, self.owners.get(&key(changed)).unwrap_or(&Owner::NotHeld))
        })
        .await
    }
}

fn key(changed: &Changed<'_>) -> (String, AccountId) {
    (changed.latest.resource_id.clone(), changed.latest.account.clone())
}

/// Finds the owners of these resources.
async fn look_up(
    resources: &dyn Resources,
    tag: &str,
    owners: &mut BTreeMap<(String, AccountId), Owner>,
) -> Result<(), JobError> {
    let mut after: Option<String> = None;
    while !owners.is_empty() {
        let page = resources.page(after.as_deref(), PAGE).await?;
        for resource in page.items {
            let owner = Owner::of(&resource, tag);
            if let Some(known) = owners.get_mut(&(resource.id, resource.account)) {
                *known = owner;
            }
        }
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    Ok(())
}

/// The verdicts of an assessment. Without a filter its record tells; with one they are counted again.
async fn counts_of(
    evaluations: &dyn Evaluations,
    run: &Run,
    filter: &Filter,
) -> Result<Option<Counts>, JobError> {
    if !filter.is_on() {
        return Ok(Some(recorded(&run.statistics)));
    }
    let (mut counts, mut kept) = (Counts::default(), 0_u64);
    each_evaluation(evaluations, &run.execution_id, &mut |evaluation| {
        kept += 1;
        if filter.takes(evaluation) {
            counts.add(&evaluation.verdict(), evaluation.is_waived());
        }
        Ok(())
    })
    .await?;
    Ok((kept == run.statistics.get("evaluations")).then_some(counts))
}

fn recorded(statistics: &Statistics) -> Counts {
    Counts {
        compliant: statistics.get("compliant"),
        non_compliant: statistics.get("non_compliant"),
        unknown: statistics.get("unknown"),
        not_applicable: statistics.get("not_applicable"),
        waived: statistics.get("waived"),
    }
}

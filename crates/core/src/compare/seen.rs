//! What an assessment looked at, so that what it does not hold is not mistaken for what is not there.

use std::collections::{BTreeMap, BTreeSet};

use super::Because;
use crate::job::JobError;
use crate::job::report::each_evaluation;
use crate::model::{
    AccountId, Digest, Evaluation, GLOBAL_REGION, JobName, PLACEHOLDER, Run, RunStatus, rfc3339,
};
use crate::port::{Evaluations, Runs};

/// How many names of one kind a sentence has at most.
const MOST_NAMED: usize = 10;

/// One assessment, and what it looked at.
#[derive(Debug)]
pub struct Seen {
    /// The assessment.
    pub run: Run,
    /// The collection it judged: the last that ended before it began. `None`: none is recorded.
    pub collection: Option<Run>,
    /// How many of its verdicts are kept.
    pub kept: u64,
    /// The rules that judged something, by the digest of their text.
    rules: BTreeMap<String, Digest>,
    /// The resource types that were judged.
    types: BTreeSet<String>,
    /// Lists that could not be read: account, resource type, region.
    unlisted: BTreeSet<(AccountId, String, String)>,
    /// The accounts and regions of its collection: `111122223333/eu-central-1`.
    places: BTreeSet<String>,
}

impl Seen {
    /// Reads through an assessment once.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn read(runs: &dyn Runs, evaluations: &dyn Evaluations, run: Run) -> Result<Self, JobError> {
        let collection = if run.read_by_itself() {
            Some(run.clone())
        } else {
            runs.ended(JobName::Collect, run.started_at, None, 1).await?.items.pop()
        };
        let places =
            collection.iter().flat_map(|collection| collection.statistics.covered.iter().cloned()).collect();
        let mut seen = Self {
            run,
            collection,
            kept: 0,
            rules: BTreeMap::new(),
            types: BTreeSet::new(),
            unlisted: BTreeSet::new(),
            places,
        };
        let execution_id = seen.run.execution_id.clone();
        each_evaluation(evaluations, &execution_id, &mut |evaluation| {
            seen.add(evaluation);
            Ok(())
        })
        .await?;
        Ok(seen)
    }

    fn add(&mut self, evaluation: &Evaluation) {
        self.kept += 1;
        if !self.rules.contains_key(&evaluation.rule.id) {
            self.rules.insert(evaluation.rule.id.clone(), evaluation.rule.hash);
        }
        if !self.types.contains(&evaluation.resource_type) {
            self.types.insert(evaluation.resource_type.clone());
        }
        if evaluation.resource_id.starts_with(PLACEHOLDER) {
            let (account, kind) = (evaluation.account.clone(), evaluation.resource_type.clone());
            self.unlisted.insert((account, kind, evaluation.region.clone()));
        }
    }

    /// Whether every resource was judged, and every verdict is still kept.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.run.status == RunStatus::Done && self.is_kept()
    }

    /// Whether that account and region was looked at. Where no collection is recorded, nobody knows of a place
    /// that was not.
    #[must_use]
    pub fn looked_at(&self, account: &AccountId, region: &str) -> bool {
        self.places.is_empty() || self.places.contains(&format!("{account}/{region}"))
    }

    /// Whether a list that a resource would stand in could not be read. A global list may name resources of any
    /// region, as that of S3 buckets does.
    fn is_unlisted(&self, evaluation: &Evaluation) -> bool {
        let Evaluation { account, resource_type, region, .. } = evaluation;
        let lists = |region: &str| {
            self.unlisted.contains(&(account.clone(), resource_type.clone(), region.to_owned()))
        };
        match region.as_str() {
            GLOBAL_REGION => {
                self.unlisted.iter().any(|(owner, kind, _)| owner == account && kind == resource_type)
            }
            region => lists(region) || lists(GLOBAL_REGION),
        }
    }

    /// Why this assessment has no verdict on a pair that `other` judged. `is_here`: it has verdicts of other
    /// rules on the same resource.
    pub(super) fn why_not(&self, evaluation: &Evaluation, other: &Self, is_here: bool) -> Because {
        let same_catalog = self.run.catalog == other.run.catalog;
        let is_selection = !self.run.statistics.left_out.is_empty();
        if is_selection && !self.rules.contains_key(&evaluation.rule.id) {
            return Because::Selection;
        }
        if is_here {
            // All rules of a type judge a resource at once.
            return if self.is_kept() { Because::Rule } else { Because::InPart };
        }
        if self.is_unlisted(evaluation) {
            Because::List
        } else if !self.is_whole() {
            Because::InPart
        } else if !self.looked_at(&evaluation.account, &evaluation.region) {
            Because::Place
        } else if !same_catalog && !self.types.contains(&evaluation.resource_type) {
            Because::Catalog
        } else {
            Because::Resource
        }
    }

    fn is_kept(&self) -> bool {
        self.kept == self.run.statistics.get("evaluations")
    }
}

/// Two assessments, and what each looked at.
#[derive(Debug)]
pub struct Compared {
    /// The earlier one.
    pub before: Seen,
    /// The later one.
    pub after: Seen,
}

impl Compared {
    /// Reads through both once. To compare them, [`super::each_change`] reads them again.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn read(
        runs: &dyn Runs,
        evaluations: &dyn Evaluations,
        before: Run,
        after: Run,
    ) -> Result<Self, JobError> {
        let before = Seen::read(runs, evaluations, before).await?;
        Ok(Self { before, after: Seen::read(runs, evaluations, after).await? })
    }

    /// The rules whose text is another one than before.
    pub fn changed_rules(&self) -> impl Iterator<Item = &str> {
        let rules = self.before.rules.iter();
        rules
            .filter(|(id, hash)| self.after.rules.get(*id).is_some_and(|now| now != *hash))
            .map(|(id, _)| id.as_str())
    }

    /// What whoever reads the comparison must know besides, a sentence each: what of either side is there in part,
    /// and which places only one of them looked at.
    #[must_use]
    pub fn caveats(&self) -> Vec<String> {
        let Self { before, after } = self;
        let mut caveats = Vec::new();
        for (seen, name) in [(before, "earlier"), (after, "later")] {
            in_part(seen, name, &mut caveats);
        }
        if before.run.scope != after.run.scope {
            let (one, other) = (&before.run.scope, &after.run.scope);
            caveats.push(format!("The two assessments are of different scopes: `{one}` and `{other}`."));
        }
        match (&before.collection, &after.collection) {
            (Some(one), Some(other)) if one.execution_id == other.execution_id => caveats.push(format!(
                "Both assessments judged the same collection, of {}: what differs is rules, parameters or waivers.",
                rfc3339(one.started_at)
            )),
            (Some(_), Some(_)) => {
                let only = |one: &Seen, other: &Seen| {
                    listed(&one.places.difference(&other.places).map(String::as_str).collect::<Vec<_>>())
                };
                let lost = only(before, after);
                if !lost.is_empty() && !after.places.is_empty() {
                    caveats.push(format!(
                        "Not looked at any more: {lost}. What is known of it was judged as it was last seen."
                    ));
                }
                let gained = only(after, before);
                if !gained.is_empty() && !before.places.is_empty() {
                    caveats.push(format!("Not looked at before: {gained}."));
                }
            }
            (None, _) | (_, None) => {}
        }
        if let Some(collection) = &after.collection {
            let mut by_reason: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
            for left_out in &collection.statistics.left_out {
                by_reason.entry(&left_out.why).or_default().push(&left_out.what);
            }
            for (why, what) in by_reason {
                caveats.push(format!("Left out now: {} ({why}).", listed(&what)));
            }
        }
        let rules: Vec<&str> = self.changed_rules().collect();
        if !rules.is_empty() {
            caveats.push(format!(
                "The text of these rules changed, so the rule may have changed and not the resource: {}.",
                listed(&rules)
            ));
        }
        caveats
    }
}

/// Names in a sentence: where they are many, the first ones and how many more.
fn listed(names: &[&str]) -> String {
    let more = names.len().saturating_sub(MOST_NAMED);
    let named = names.iter().take(MOST_NAMED).copied().collect::<Vec<_>>().join(", ");
    if more > 0 { format!("{named} and {more} more") } else { named }
}

/// What of one side is there in part.
fn in_part(seen: &Seen, name: &str, caveats: &mut Vec<String>) {
    let at = rfc3339(seen.run.started_at);
    if seen.run.status != RunStatus::Done {
        let remaining = seen.run.statistics.remaining.as_deref().unwrap_or("an unknown part");
        caveats.push(format!(
            "The {name} assessment, of {at}, is {}: {remaining} not judged.",
            seen.run.status.as_str()
        ));
    }
    for left_out in &seen.run.statistics.left_out {
        caveats
            .push(format!("The {name} assessment, of {at}, left out {} ({}).", left_out.what, left_out.why));
    }
    let judged = seen.run.statistics.get("evaluations");
    if seen.kept != judged {
        caveats.push(format!(
            "The {name} assessment, of {at}, made {judged} verdicts, and {} of them are kept: their retention has ended, or they were removed.",
            seen.kept
        ));
    }
    if let Some(collection) = seen.collection.as_ref().filter(|it| it.status != RunStatus::Done) {
        let at = rfc3339(collection.started_at);
        let remaining = collection.statistics.remaining.as_ref();
        let remaining = remaining.map(|it| format!(" ({it} remained)")).unwrap_or_default();
        caveats.push(format!(
            "The collection behind the {name} assessment, of {at}, is incomplete{remaining}: what it did not read was judged as it was last seen."
        ));
    }
}

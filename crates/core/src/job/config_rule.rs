//! Answer a custom rule of AWS Config: read live what the event is about, judge it, and give Config the verdicts.

use std::collections::HashSet;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::json;
use tracing::warn;

use super::assess::evaluation;
use super::collect::{Types, expiry};
use super::{Execution, JobError, Work};
use crate::catalog::Catalog;
use crate::collect::{Listed, Reader, ResourceType, collect_type};
use crate::config_rule::{
    ACCOUNT_TYPE, ChangedItem, OneResource, RuleEvent, RuleResult, Trigger, call_and_code, name_in_config,
};
use crate::model::{Counts, Evaluation, Resource, Statistics, Unread, UnreadReason, Verdict};
use crate::port::{AccountScope, Archive, Estate, Evaluations, RuleResults};
use crate::posture::{Assessor, PostureRule};
use crate::waiver::WaiverFile;

/// How many results are given between two looks at the clock: what one call of AWS takes.
const CHUNK: usize = 100;

/// What answering needs.
pub struct Ports<'a> {
    /// The source of facts. It reaches the account of the rule.
    pub estate: &'a dyn Estate,
    /// Where pages go.
    pub archive: &'a dyn Archive,
    /// Where the answer goes.
    pub results: &'a dyn RuleResults,
    /// The history. `None`: it is not kept.
    pub evaluations: Option<&'a dyn Evaluations>,
}

/// What answers are made of.
pub struct Wanted<'a> {
    /// The catalog with the rule that is asked and no other; see [`Catalog::select`].
    pub catalog: &'a Catalog,
    /// Who accepted what.
    pub waivers: &'a WaiverFile,
    /// How long verdicts are kept.
    pub retention: Duration,
}

/// Answers one event.
///
/// A resource whose event says that it is gone, that left the rule's scope, or of whose type the rule does not
/// speak, does not apply; nothing is read for that. All else is read live. Config is answered before the history is
/// written: an answer that is missing leaves that of yesterday standing.
///
/// # Errors
/// When the account cannot be asked at all, or a port fails.
pub async fn answer(
    execution: &Execution<'_>,
    ports: &Ports<'_>,
    wanted: &Wanted<'_>,
    event: &RuleEvent,
) -> Result<(Work, Counts), JobError> {
    let rule = wanted.catalog.posture.first();
    let rule = rule.ok_or_else(|| JobError::Input("no rule was asked".to_owned()))?;
    // With the calls that the rule reads the answers of, and no others.
    let mut known = Types::OfRules.of(wanted.catalog).into_iter();
    let resource_type = known.find(|it| it.name == rule.resource_type).ok_or_else(|| {
        JobError::Input(format!(
            "`{}` speaks of {}, which the catalog cannot read",
            rule.stamp.id, rule.resource_type
        ))
    })?;
    let at = event.at.unwrap_or(execution.started_at);
    let mut round = Round {
        execution,
        ports,
        wanted,
        event,
        rule,
        resource_type: &resource_type,
        at,
        statistics: Statistics::default(),
    };
    for name in ["resources", "results", "errors", "unread", "unlisted", "gone"] {
        round.statistics.count(name, 0);
    }
    let answer = match &event.trigger {
        Trigger::Changed(item) => round.changed(item).await?,
        Trigger::Periodic => round.periodic().await?,
    };
    round.give(answer).await
}

/// What is to be said.
#[derive(Default)]
struct Answer {
    results: Vec<RuleResult>,
    evaluations: Vec<Evaluation>,
    counts: Counts,
}

/// One event.
struct Round<'r> {
    execution: &'r Execution<'r>,
    ports: &'r Ports<'r>,
    wanted: &'r Wanted<'r>,
    event: &'r RuleEvent,
    rule: &'r PostureRule,
    resource_type: &'r ResourceType,
    at: Timestamp,
    statistics: Statistics,
}

impl Round<'_> {
    /// The answer about one resource.
    async fn changed(&mut self, item: &ChangedItem) -> Result<Answer, JobError> {
        let without_a_look = [
            (self.event.left_scope, "left the scope of the rule"),
            (item.is_deleted, "is deleted"),
            (!item.is_of_type(&self.rule.resource_type), "the rule does not speak of this resource type"),
        ];
        if let Some((_, why)) = without_a_look.into_iter().find(|(holds, _)| *holds) {
            self.statistics.skip(why);
            return Ok(not_applicable(item, self.at));
        }
        self.ports.estate.scope().await?;
        let mut found = None;
        if OneResource::can_narrow(self.resource_type) {
            found = self.find(item, true).await?;
        }
        // What a filter does not find may still be there: filters are ours, and this is the catalog's own list.
        if found.is_none() {
            found = self.find(item, false).await?;
        }
        let Some(resource) = found else {
            self.statistics.count("gone", 1);
            self.statistics.skip("is no longer there");
            return Ok(not_applicable(item, self.at));
        };
        let mut answer = Answer::default();
        self.judge(&[resource], &mut answer, |_| item.name_in_config());
        Ok(answer)
    }

    /// The resource as it is now. `None`: it is not there. Where nobody may look, what is unread of it.
    async fn find(&mut self, item: &ChangedItem, narrow: bool) -> Result<Option<Resource>, JobError> {
        let one = OneResource::new(self.ports.estate, self.resource_type, item, narrow);
        let place =
            if item.region == crate::model::GLOBAL_REGION { &self.event.region } else { &item.region };
        let listed = self.read(&one, place).await?;
        self.statistics.count("damaged", listed.damaged);
        let (placeholders, mut resources): (Vec<Resource>, Vec<Resource>) =
            listed.resources.into_iter().partition(Resource::is_placeholder);
        resources.retain(|resource| item.is_at(&resource.id) || one.is_it(&resource.document));
        let key = self.resource_type.key.as_deref();
        let is_named = |resource: &Resource| name_in_config(resource, key).1 == item.id;
        let by_arn = resources.iter().position(|resource| item.is_at(&resource.id));
        let chosen = by_arn.or_else(|| resources.iter().position(is_named));
        if let Some(chosen) = chosen.or_else(|| (resources.len() == 1).then_some(0)) {
            return Ok(Some(resources.swap_remove(chosen)));
        }
        if let Some(one_of_them) = resources.pop() {
            // Two things of one name, and the event does not tell which: judging either could be wrong.
            let call = one_of_them.resource_type.clone();
            let detail = format!("several resources are called `{}`", item.id);
            let unread = Unread { path: String::new(), call, reason: UnreadReason::Unparsable, detail };
            return Ok(Some(Resource { unread: vec![unread], document: json!({}), ..one_of_them }));
        }
        let unseen = placeholders.into_iter().next();
        self.statistics.count("unlisted", u64::from(unseen.is_some()));
        Ok(unseen.map(|unseen| Resource { id: item.arn.clone().unwrap_or(unseen.id), ..unseen }))
    }

    /// The answer about all resources of the rule's type, those that are gone among them.
    async fn periodic(&mut self) -> Result<Answer, JobError> {
        self.ports.estate.scope().await?;
        let listed = self.read(self.ports.estate, &self.event.region).await?;
        self.statistics.count("damaged", listed.damaged);
        let key = self.resource_type.key.as_deref();
        let unseen = listed.resources.iter().find(|resource| resource.is_placeholder());
        let unseen = unseen.and_then(|unseen| unseen.unread.first()).map(call_and_code);
        self.statistics.count("unlisted", u64::from(unseen.is_some()));
        let mut answer = Answer::default();
        self.judge(&listed.resources, &mut answer, |resource| name_in_config(resource, key));
        let seen: HashSet<(String, String)> =
            answer.results.iter().map(|it| (it.resource_type.clone(), it.resource_id.clone())).collect();
        match self.ports.results.known(&self.event.name).await {
            Ok(known) => {
                for named in known.into_iter().filter(|named| !seen.contains(named)) {
                    answer.results.push(match &unseen {
                        // It may well be there: nobody could look.
                        Some(why) => {
                            answer.counts.add(&Verdict::Unknown(String::new()), false);
                            RuleResult::unknown(named, why, self.at)
                        }
                        None => {
                            self.statistics.count("gone", 1);
                            RuleResult::not_applicable(named, self.at)
                        }
                    });
                }
            }
            Err(error) => {
                warn!(error = %error, "Results of resources that are gone could not be looked for; they stay.");
                self.statistics.count("errors", 1);
                self.statistics.skip("results of resources that are gone could not be read");
            }
        }
        if answer.results.is_empty() {
            // That the rule has run, and found nothing it speaks of.
            let account = (ACCOUNT_TYPE.to_owned(), self.event.account.to_string());
            answer.results.push(RuleResult::not_applicable(account, self.at));
        }
        Ok(answer)
    }

    /// The resources of the rule's type in the account of the rule.
    async fn read(&self, estate: &dyn Estate, region: &str) -> Result<Listed, JobError> {
        let reader = Reader::new(estate, self.ports.archive, &self.wanted.catalog.secrets);
        let account = self.event.account.clone();
        let scope =
            AccountScope { account: account.clone(), regions: vec![region.to_owned()], all_regions: false };
        let seen_at = self.execution.started_at;
        Ok(collect_type(&reader, self.resource_type, &scope, &[account], seen_at).await?)
    }

    fn judge(
        &mut self,
        resources: &[Resource],
        answer: &mut Answer,
        name: impl Fn(&Resource) -> (String, String),
    ) {
        let mut assessor = Assessor::new(&self.wanted.catalog.posture);
        for resource in resources {
            self.statistics.count("resources", 1);
            for unread in resource.unread.iter().filter(|it| it.reason != UnreadReason::NotAsked) {
                self.statistics.count("unread", 1);
                self.statistics.skip(unread.reason.as_str());
            }
            for judgement in assessor.judge(resource) {
                let evaluation = evaluation(self.execution, resource, &judgement, self.wanted.waivers);
                answer.counts.add(&judgement.verdict, evaluation.is_waived());
                let waiver = evaluation.waiver.as_ref();
                let message = &judgement.rule.message;
                let verdict = &judgement.verdict;
                answer.results.push(RuleResult::of(
                    name(resource),
                    resource,
                    verdict,
                    message,
                    waiver,
                    self.at,
                ));
                answer.evaluations.push(evaluation);
            }
        }
    }

    /// Gives Config the answer, then keeps it. A failure of the one does not cost the other.
    async fn give(mut self, answer: Answer) -> Result<(Work, Counts), JobError> {
        let given = self.give_config(&answer.results).await;
        let mut kept = Ok(());
        if let Some(history) = self.ports.evaluations {
            let expires_at = expiry(self.execution.started_at, self.wanted.retention);
            for chunk in answer.evaluations.chunks(CHUNK) {
                kept = history.put(chunk, expires_at).await;
                if kept.is_err() {
                    break;
                }
            }
        }
        given?;
        kept?;
        let Counts { compliant, non_compliant, unknown, not_applicable, waived } = answer.counts;
        for (name, count) in [
            ("compliant", compliant),
            ("non_compliant", non_compliant),
            ("unknown", unknown),
            ("not_applicable", not_applicable),
            ("waived", waived),
        ] {
            self.statistics.count(name, count);
        }
        let statistics = self.statistics;
        let complete = statistics.remaining.is_none()
            && statistics.get("errors") + statistics.get("unlisted") + statistics.get("damaged") == 0;
        Ok((Work { complete, statistics }, answer.counts))
    }

    async fn give_config(&mut self, results: &[RuleResult]) -> Result<(), JobError> {
        for (number, chunk) in results.chunks(CHUNK).enumerate() {
            if number > 0 && self.execution.is_out_of_time() {
                let left = results.len().saturating_sub(number * CHUNK);
                self.statistics.remaining =
                    Some(format!("{left} of {} results for AWS Config", results.len()));
                return Ok(());
            }
            let refused = self.ports.results.put(chunk).await?;
            for result in &refused {
                warn!(
                    resource_type = result.resource_type.as_str(),
                    resource = result.resource_id.as_str(),
                    "AWS Config did not take a result."
                );
                self.statistics.skip("not taken by AWS Config");
            }
            self.statistics.count("errors", refused.len() as u64);
            self.statistics.count("results", chunk.len().saturating_sub(refused.len()) as u64);
        }
        Ok(())
    }
}

fn not_applicable(item: &ChangedItem, at: Timestamp) -> Answer {
    let mut counts = Counts::default();
    counts.add(&Verdict::NotApplicable, false);
    let results = vec![RuleResult::not_applicable(item.name_in_config(), at)];
    Answer { results, counts, ..Answer::default() }
}

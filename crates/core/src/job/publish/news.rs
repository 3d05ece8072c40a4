//! What is new in an assessment, in counts and the first few of each: bounded, however large the estate.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

use crate::compare::Change;
use crate::model::{AccountId, Evaluation, RuleStamp, Run, Severity, Verdict, WaiverNote};
use crate::waiver::Waiver;

/// How many resources a message lists at most.
pub(super) const MOST_LISTED: usize = 50;

/// How many different reasons are counted one by one.
const MOST_REASONS: usize = 20;

/// What is said of the reasons beyond that.
const OTHER_REASONS: &str = "other reasons";

/// What is new in an assessment.
#[derive(Debug)]
pub struct News {
    /// The assessment.
    pub run: Run,
    /// When the one people know about was made. `None`: they know of none.
    pub since: Option<Timestamp>,
    /// What became non-compliant, and what else is, by rule.
    pub rules: BTreeMap<String, RuleNews>,
    /// What cannot be told any more.
    pub unseen: Unseen,
    /// Waivers and suppressions whose last day has passed, each with the findings it no longer covers.
    pub expired: Vec<(Waiver, u64)>,
}

/// What is new about one rule.
#[derive(Debug)]
pub struct RuleNews {
    /// Which, exactly.
    pub rule: RuleStamp,
    /// How bad a Fail is.
    pub severity: Severity,
    /// What became non-compliant.
    pub became: u64,
    /// How much of that a waiver covered that has expired.
    pub waiver_expired: u64,
    /// Whether the text of the rule is another one than before: then that may be why.
    pub is_other_rule: bool,
    /// What became non-compliant, by account.
    pub accounts: BTreeMap<AccountId, u64>,
    /// What became non-compliant, by region.
    pub regions: BTreeMap<String, u64>,
    /// The first of it.
    pub listed: Vec<Listed>,
    /// All that fails now and nobody accepted.
    pub failing: u64,
    /// All that fails now and somebody accepted.
    pub waived: u64,
    /// All that cannot be told.
    pub unknown: u64,
}

/// What cannot be told any more.
#[derive(Debug, Default)]
pub struct Unseen {
    /// Verdicts that were known, or that nobody had asked for before.
    pub count: u64,
    /// Verdicts that this assessment did not come to.
    pub not_judged: u64,
    /// The first by rule.
    pub rules: BTreeMap<String, u64>,
    /// By account.
    pub accounts: BTreeMap<AccountId, u64>,
    /// By reason: the call and what it said.
    pub reasons: BTreeMap<String, u64>,
    /// The worst severity of the rules that cannot judge.
    pub severity: Option<Severity>,
    /// The first of it.
    pub listed: Vec<Listed>,
}

/// One resource in a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Listed {
    /// The ARN.
    pub resource_id: String,
    /// For example `AWS::S3::Bucket`.
    pub resource_type: String,
    /// The account.
    pub account: AccountId,
    /// The region, or `global`.
    pub region: String,
    /// The rule, where the message is about several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// How it was: a verdict, `waived`, `new`, `not_judged`.
    pub was: &'static str,
    /// What is wrong, or why it cannot be told.
    pub reason: Option<String>,
    /// The waiver that has expired, if there was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waiver: Option<WaiverNote>,
}

impl News {
    pub(super) fn new(run: Run, since: Option<Timestamp>) -> Self {
        let (rules, unseen, expired) = (BTreeMap::new(), Unseen::default(), Vec::new());
        Self { run, since, rules, unseen, expired }
    }

    /// Counts how a pair of rule and resource is now.
    pub(super) fn count(&mut self, is: &Evaluation) {
        let rule = self.rule(is);
        match is.verdict() {
            Verdict::Fail if is.is_waived() => rule.waived += 1,
            Verdict::Fail => rule.failing += 1,
            Verdict::Unknown(_) => rule.unknown += 1,
            Verdict::Pass | Verdict::NotApplicable => {}
        }
    }

    /// Adds what became non-compliant.
    pub(super) fn became(&mut self, was: Option<&Evaluation>, is: &Evaluation, change: Change) {
        let rule = self.rule(is);
        rule.became += 1;
        rule.is_other_rule |= was.is_some_and(|was| was.rule.hash != is.rule.hash);
        rule.waiver_expired += u64::from(is.waiver.as_ref().is_some_and(|waiver| waiver.expired));
        *rule.accounts.entry(is.account.clone()).or_default() += 1;
        *rule.regions.entry(is.region.clone()).or_default() += 1;
        if rule.listed.len() < MOST_LISTED {
            rule.listed.push(Listed { rule: None, ..listed(was, is, change) });
        }
    }

    /// Adds what cannot be told any more.
    pub(super) fn unseen(&mut self, was: Option<&Evaluation>, latest: &Evaluation, change: Change) {
        let Unseen { count, rules, accounts, reasons, severity, listed: list, .. } = &mut self.unseen;
        *count += 1;
        *rules.entry(latest.rule.id.clone()).or_default() += 1;
        *accounts.entry(latest.account.clone()).or_default() += 1;
        *severity = (*severity).max(Some(latest.severity));
        let mut one = listed(was, latest, change);
        if !matches!(latest.verdict(), Verdict::Unknown(_)) {
            // It is the last that was known; what it said then is not why it cannot be told now.
            one.reason = Some("the list it would stand in could not be read".to_owned());
        }
        let reason = one.reason.clone().unwrap_or_default();
        let is_known = reasons.contains_key(&reason) || reasons.len() < MOST_REASONS;
        *reasons.entry(if is_known { reason } else { OTHER_REASONS.to_owned() }).or_default() += 1;
        if list.len() < MOST_LISTED {
            list.push(one);
        }
    }

    fn rule(&mut self, is: &Evaluation) -> &mut RuleNews {
        self.rules.entry(is.rule.id.clone()).or_insert_with(|| RuleNews {
            rule: is.rule.clone(),
            severity: is.severity,
            became: 0,
            waiver_expired: 0,
            is_other_rule: false,
            accounts: BTreeMap::new(),
            regions: BTreeMap::new(),
            listed: Vec::new(),
            failing: 0,
            waived: 0,
            unknown: 0,
        })
    }
}

fn listed(was: Option<&Evaluation>, latest: &Evaluation, change: Change) -> Listed {
    Listed {
        resource_id: latest.resource_id.clone(),
        resource_type: latest.resource_type.clone(),
        account: latest.account.clone(),
        region: latest.region.clone(),
        rule: Some(latest.rule.id.clone()),
        was: word(was, change),
        reason: latest.reason.clone(),
        waiver: latest.waiver.clone().filter(|waiver| waiver.expired),
    }
}

/// How a pair was, in a word.
fn word(was: Option<&Evaluation>, change: Change) -> &'static str {
    match (was, change) {
        (Some(was), _) if was.is_waived() => "waived",
        (Some(was), _) => was.verdict().as_str(),
        (None, Change::SeenAgain) => "unknown",
        (None, Change::NotJudgedBefore) => "not_judged",
        (None, _) => "new",
    }
}

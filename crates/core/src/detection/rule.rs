//! Sigma rules as Provost loads them.

use rsigma_eval::{CompiledRule, compile_rule};
use rsigma_parser::{Level, SigmaRule, parse_sigma_yaml};
use serde_json::Value;

use super::necessary::Necessary;
use super::policy_fields::asked_by;
use crate::model::{Action, Digest, Origin, RuleStamp, Severity, is_kebab_case};

/// A detection rule, ready to judge.
#[derive(Debug, Clone)]
pub struct DetectionRule {
    /// Id, hash and origin.
    pub stamp: RuleStamp,
    /// What happened, in a few words.
    pub title: String,
    /// What happened and why it matters.
    pub description: String,
    /// Sigma's level.
    pub severity: Severity,
    /// What to do about a match.
    pub action: Action,
    /// Tags such as `attack.t1098`.
    pub tags: Vec<String>,
    /// It asks what the policy of an event means.
    pub asks_about_policy: bool,
    pub(super) compiled: CompiledRule,
    pub(super) necessary: Necessary,
}

/// A rule file that was not loaded, or a part of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotLoaded {
    /// The file.
    pub file: String,
    /// Why.
    pub reason: String,
    /// It is sound, but not about CloudTrail: nothing is missing without it.
    pub is_other_source: bool,
}

/// What a file gave.
#[derive(Debug, Default)]
pub struct Loaded {
    /// The rules.
    pub rules: Vec<DetectionRule>,
    /// What could not be loaded, with reasons.
    pub not_loaded: Vec<NotLoaded>,
}

/// Loads the Sigma rules of one file. What cannot be loaded is reported and keeps nothing else out.
#[must_use]
pub fn load_sigma(file: &str, text: &str, origin: &Origin) -> Loaded {
    let mut loaded = Loaded::default();
    let mut refuse = |reason: String, is_other_source: bool| {
        loaded.not_loaded.push(NotLoaded { file: file.to_owned(), reason, is_other_source });
    };
    let collection = match parse_sigma_yaml(text) {
        Ok(collection) => collection,
        Err(error) => {
            refuse(format!("not a Sigma rule: {error}"), false);
            return loaded;
        }
    };
    for error in &collection.errors {
        refuse(format!("not a Sigma rule: {error}"), false);
    }
    for correlation in &collection.correlations {
        refuse(
            format!("`{}` is a correlation rule, which this version does not evaluate", correlation.title),
            false,
        );
    }
    for filter in &collection.filters {
        refuse(format!("`{}` is a filter rule, which this version does not apply", filter.title), false);
    }
    if collection.is_empty() && collection.errors.is_empty() {
        refuse("it holds no Sigma rule".to_owned(), false);
    }
    let mut rules = Vec::new();
    for (number, rule) in collection.rules.iter().enumerate() {
        // A file may hold several rules: each has a hash of its own, the first that of the file.
        let hash = match number {
            0 => Digest::of(text.as_bytes()),
            _ => Digest::of_parts([text.as_bytes(), &number.to_be_bytes()]),
        };
        if is_cloudtrail(rule) {
            match load_rule(rule, hash, origin) {
                Ok(rule) => rules.push(rule),
                Err(reason) => refuse(format!("`{}`: {reason}", rule.title), false),
            }
        } else {
            let service = rule.logsource.service.as_deref().unwrap_or("another source");
            refuse(format!("`{}` is about {service}, not aws/cloudtrail", rule.title), true);
        }
    }
    loaded.rules = rules;
    loaded
}

/// `product: aws`, `service: cloudtrail`; a rule that leaves one of them open covers CloudTrail too.
fn is_cloudtrail(rule: &SigmaRule) -> bool {
    let product = rule.logsource.product.as_deref();
    let service = rule.logsource.service.as_deref();
    match (product, service) {
        (Some("aws"), Some("cloudtrail") | None) | (None, Some("cloudtrail")) => true,
        (Some(_) | None, Some(_) | None) => false,
    }
}

fn load_rule(rule: &SigmaRule, hash: Digest, origin: &Origin) -> Result<DetectionRule, String> {
    let asks_about_policy = asked_by(rule)?;
    let compiled = compile_rule(rule).map_err(|error| error.to_string())?;
    let id = match &rule.name {
        Some(name) if is_kebab_case(name) => name.clone(),
        Some(_) | None => kebab_case(&rule.title),
    };
    if id.is_empty() {
        return Err("it has neither a name nor a title to be called by".to_owned());
    }
    let action = match compiled.custom_attributes.get("action") {
        None => Action::Alert,
        Some(Value::String(text)) => {
            Action::parse(text).ok_or_else(|| format!("action `{text}` is none of log, alert, remediate"))?
        }
        Some(_) => return Err("its action is not text".to_owned()),
    };
    Ok(DetectionRule {
        stamp: RuleStamp { id, hash, origin: origin.clone() },
        title: rule.title.clone(),
        description: rule.description.clone().unwrap_or_default().trim().to_owned(),
        severity: severity(rule.level),
        action,
        tags: rule.tags.clone(),
        asks_about_policy,
        necessary: Necessary::of(rule),
        compiled,
    })
}

/// A rule without a level is `medium`, as Sigma's own tools assume.
fn severity(level: Option<Level>) -> Severity {
    match level {
        Some(Level::Informational) => Severity::Informational,
        Some(Level::Low) => Severity::Low,
        Some(Level::Medium) | None => Severity::Medium,
        Some(Level::High) => Severity::High,
        Some(Level::Critical) => Severity::Critical,
    }
}

/// `AWS Root Credentials` → `aws-root-credentials`.
fn kebab_case(title: &str) -> String {
    let lower = title.to_lowercase();
    let words = lower.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("-")
}

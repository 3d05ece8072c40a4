//! Findings in the Open Cybersecurity Schema Framework: Compliance Finding, class 2003.
//!
//! Written to version 1.5.0 with the cloud profile: <https://schema.ocsf.io/1.5.0/classes/compliance_finding>
//! (2026-11-22). The members used here mean the same in every version since.

use serde_json::{Map, Value, json};

use super::finding::{
    RuleTexts, Standing, found, framework, judged_at, partition, region, severity, stable_id, title,
};
use crate::model::{Evaluation, Severity, Verdict};
use crate::posture::PostureRule;

/// The version of the schema.
const VERSION: &str = "1.5.0";
const CATEGORY: u32 = 2;
const CLASS: u32 = 2003;

/// One finding.
///
/// What could not be told has the compliance status 0, Unknown, with the reason in its detail; what the rule does
/// not speak of has 99. A waived Fail stays a Fail (3); the finding is Suppressed (3).
#[must_use]
pub fn ocsf(evaluation: &Evaluation, rules: &RuleTexts<'_>, standing: Standing) -> Value {
    let rule = rules.get(evaluation);
    let judged = judged_at(evaluation).map(jiff::Timestamp::as_millisecond);
    let (activity, activity_name, time) = match standing {
        Standing::Open => (1, "Create", judged.unwrap_or_default()),
        Standing::Closed(at) => (3, "Close", at.as_millisecond()),
    };
    let (status, status_name) = match standing {
        Standing::Closed(_) => (4, "Resolved"),
        Standing::Open if evaluation.is_waived() => (3, "Suppressed"),
        Standing::Open => (1, "New"),
    };
    let severity = severity(evaluation);
    let id = stable_id(evaluation);
    let mut finding = json!({
        "activity_id": activity,
        "activity_name": activity_name,
        "category_uid": CATEGORY,
        "category_name": "Findings",
        "class_uid": CLASS,
        "class_name": "Compliance Finding",
        "type_uid": CLASS * 100 + activity,
        "type_name": format!("Compliance Finding: {activity_name}"),
        "severity_id": severity_id(severity),
        "severity": capital(severity.as_str()),
        "status_id": status,
        "status": status_name,
        "time": time,
        "message": found(evaluation),
        "metadata": {
            "version": VERSION,
            "profiles": ["cloud"],
            "event_code": evaluation.rule.id,
            "uid": format!("{}/{id}", evaluation.execution_id),
            "product": {"name": "Provost", "vendor_name": "Provost", "version": env!("CARGO_PKG_VERSION")},
        },
        "cloud": cloud(evaluation),
        "finding_info": finding_info(evaluation, rule, &id, judged),
        "compliance": compliance(evaluation, rule),
        "resources": [resource(evaluation)],
        "unmapped": unmapped(evaluation),
    });
    if let Some(members) = finding.as_object_mut() {
        if let Some(rule) = rule {
            let remediation = json!({"desc": rule.remediation, "references": rule.references});
            members.insert("remediation".to_owned(), remediation);
        }
        if let Some(waiver) = &evaluation.waiver {
            let state = if waiver.expired { "Waiver expired" } else { "Waived until" };
            let comment = format!("{state} {} ({}): {}", waiver.expires, waiver.owner, waiver.reason);
            members.insert("comment".to_owned(), Value::String(comment));
        }
    }
    finding
}

fn severity_id(severity: Severity) -> u32 {
    match severity {
        Severity::Informational => 1,
        Severity::Low => 2,
        Severity::Medium => 3,
        Severity::High => 4,
        Severity::Critical => 5,
    }
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

fn cloud(evaluation: &Evaluation) -> Value {
    let account = json!({"uid": evaluation.account, "type_id": 10, "type": "AWS Account"});
    let mut cloud = json!({"provider": "AWS", "account": account});
    put(&mut cloud, "region", region(evaluation));
    cloud
}

/// Puts what there is; a member that is null is not what the schema says.
fn put(object: &mut Value, name: &str, text: Option<&str>) {
    if let (Some(text), Some(members)) = (text, object.as_object_mut()) {
        members.insert(name.to_owned(), Value::String(text.to_owned()));
    }
}

fn finding_info(evaluation: &Evaluation, rule: Option<&PostureRule>, id: &str, judged: Option<i64>) -> Value {
    let rule_id = &evaluation.rule.id;
    let title = title(evaluation, rule);
    let mut info = json!({
        "uid": id,
        "title": title,
        "types": ["Software and Configuration Checks"],
        "analytic": {
            "uid": rule_id, "name": title, "type_id": 1, "type": "Rule",
            "version": evaluation.rule.hash.to_string(),
        },
    });
    put(&mut info, "desc", rule.map(|rule| rule.description.as_str()));
    if let (Some(judged), Some(members)) = (judged, info.as_object_mut()) {
        members.insert("last_seen_time".to_owned(), json!(judged));
    }
    info
}

fn compliance(evaluation: &Evaluation, rule: Option<&PostureRule>) -> Value {
    let (status, name) = match evaluation.verdict() {
        Verdict::Pass => (1, "Pass"),
        Verdict::Fail => (3, "Fail"),
        Verdict::NotApplicable => (99, "Not Applicable"),
        Verdict::Unknown(_) => (0, "Unknown"),
    };
    let mut standards = Vec::new();
    let mut requirements = Vec::new();
    for (key, ids) in rule.map(|rule| rule.frameworks.iter()).into_iter().flatten() {
        let name = framework(key).name;
        requirements.extend(ids.iter().map(|id| format!("{name} {id}")));
        standards.push(name);
    }
    let mut compliance = json!({
        "control": title(evaluation, rule),
        // Some versions require it.
        "standards": standards,
        "status_id": status,
        "status": name,
        "status_detail": found(evaluation),
    });
    if let (false, Some(members)) = (requirements.is_empty(), compliance.as_object_mut()) {
        members.insert("requirements".to_owned(), json!(requirements));
    }
    compliance
}

fn resource(evaluation: &Evaluation) -> Value {
    let mut resource = json!({
        "uid": evaluation.resource_id,
        "type": evaluation.resource_type,
        "cloud_partition": partition(evaluation),
    });
    put(&mut resource, "region", region(evaluation));
    resource
}

/// Everything the schema has no member for.
fn unmapped(evaluation: &Evaluation) -> Value {
    let mut unmapped = Map::new();
    unmapped.insert("verdict".to_owned(), json!(evaluation.verdict().as_str()));
    unmapped.insert("rule_severity".to_owned(), json!(evaluation.severity));
    unmapped.insert("rule_origin".to_owned(), json!(evaluation.rule.origin));
    unmapped.insert("evidence".to_owned(), json!(evaluation.evidence));
    unmapped.insert("execution_id".to_owned(), json!(evaluation.execution_id));
    if let Some(waiver) = &evaluation.waiver {
        unmapped.insert("waiver".to_owned(), json!(waiver));
    }
    Value::Object(unmapped)
}

#[cfg(test)]
mod tests {
    use super::super::finding::samples;
    use super::*;

    #[test]
    fn one_of_each_kind() {
        let rules = samples::rules();
        let texts = RuleTexts::of(&rules);
        let status = |finding: &Value| {
            (finding["compliance"]["status_id"].as_u64(), finding["status_id"].as_u64().unwrap())
        };
        let all: Vec<Value> = samples::all().iter().map(|it| ocsf(it, &texts, Standing::Open)).collect();
        let statuses: Vec<_> = all.iter().map(status).collect();
        let expect = [(3, 1), (3, 3), (3, 1), (0, 1), (1, 1), (99, 1), (3, 1), (0, 1), (0, 1)];
        assert_eq!(statuses, expect.map(|(compliance, finding)| (Some(compliance), finding)));
        assert_eq!(
            all[3]["compliance"]["status_detail"],
            "It could not be told: s3api get-bucket-encryption: access denied (AccessDenied)"
        );
        let text = serde_json::to_string_pretty(&all[1]).unwrap();
        insta::assert_snapshot!("ocsf", text.replace(env!("CARGO_PKG_VERSION"), "[version]"));
    }

    #[test]
    fn what_is_closed_says_so_and_keeps_its_id() {
        let rules = samples::rules();
        let texts = RuleTexts::of(&rules);
        let evaluation = samples::evaluation("fail", None);
        let closed = Standing::Closed("2026-11-23T00:00:00Z".parse().unwrap());
        let (open, closed) = (ocsf(&evaluation, &texts, Standing::Open), ocsf(&evaluation, &texts, closed));
        assert_eq!(open["finding_info"]["uid"], closed["finding_info"]["uid"]);
        assert_eq!((closed["activity_id"].as_u64(), closed["type_uid"].as_u64()), (Some(3), Some(200_303)));
        assert_eq!((open["type_uid"].as_u64(), closed["status_id"].as_u64()), (Some(200_301), Some(4)));
        assert_eq!(closed["time"], 1_795_392_000_000_i64);
    }
}

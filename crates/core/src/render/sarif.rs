//! Explanations of policies as SARIF 2.1.0, which code hosts show beside the lines.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;

use serde_json::{Value, json};

use crate::policy::{Explanation, StatementReport};

pub(super) const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";
const GUIDE: &str = "https://docs.aws.amazon.com/IAM/latest/UserGuide/";

/// What a fact is called as a rule, and what the rule is about.
const RULES: [(&str, &str, &str); 8] = [
    ("grants-admin", "The policy makes an administrator", "best-practices.html"),
    ("escalation", "The policy opens a privilege-escalation path", "best-practices.html"),
    (
        "capability",
        "The policy opens a privilege-escalation path, given a target in a suitable state",
        "best-practices.html",
    ),
    (
        "undecided-path",
        "Nobody can say whether the policy opens a privilege-escalation path",
        "best-practices.html",
    ),
    ("public", "The policy lets in anybody", "access_policies_identity-vs-resource.html"),
    (
        "cross-account",
        "The policy lets in principals of other accounts",
        "access_policies-cross-account-resource-access.html",
    ),
    (
        "federated-without-subject",
        "The policy trusts a provider without a word on which of its identities",
        "id_roles_create_for-idp_oidc.html",
    ),
    ("whole-services", "The policy grants whole services", "best-practices.html"),
];

/// Writes explanations, and the files that could not be explained, as one run.
///
/// # Errors
/// When the output cannot be written.
pub fn write_sarif(
    output: &mut dyn Write,
    version: &str,
    reports: &[Explanation],
    refused: &[(String, String)],
) -> std::io::Result<()> {
    let results: Vec<Value> = reports.iter().flat_map(results).collect();
    let used: BTreeSet<&str> = results.iter().filter_map(|it| it.get("ruleId")?.as_str()).collect();
    let mut rules: BTreeMap<&str, Value> = BTreeMap::new();
    for (id, title, page) in RULES {
        rules.insert(
            id,
            json!({"id": id, "shortDescription": {"text": title}, "helpUri": format!("{GUIDE}{page}")}),
        );
    }
    for remark in reports.iter().flat_map(|report| &report.lint) {
        rules.entry(remark.id).or_insert_with(
            || json!({"id": remark.id, "shortDescription": {"text": remark.id.replace('-', " ")}}),
        );
    }
    rules.retain(|id, _| used.contains(id));
    let notifications: Vec<Value> = refused
        .iter()
        .map(|(file, problem)| {
            json!({
                "level": "error",
                "message": {"text": problem},
                "locations": [{"physicalLocation": {"artifactLocation": {"uri": uri(file)}}}],
            })
        })
        .collect();
    let document = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "provost",
                "semanticVersion": version,
                "rules": rules.into_values().collect::<Vec<_>>(),
            }},
            "columnKind": "utf16CodeUnits",
            "invocations": [{
                "executionSuccessful": refused.is_empty(),
                "toolExecutionNotifications": notifications,
            }],
            "results": results,
        }],
    });
    serde_json::to_writer_pretty(&mut *output, &document)?;
    writeln!(output)
}

fn results(report: &Explanation) -> Vec<Value> {
    let mut results = Vec::new();
    let conditional = |word: &str| if word == "yes" { "error" } else { "warning" };
    let resting = |fact: &str| -> Vec<&StatementReport> {
        report.statements.iter().filter(|it| it.facts.contains(&fact)).collect()
    };
    for (fact, rule, word) in [
        ("grants_admin", "grants-admin", report.grants_admin),
        ("public", "public", report.public),
        ("federated_without_subject", "federated-without-subject", report.federated_without_subject),
    ] {
        if word != "no" {
            let title = RULES.iter().find(|(id, ..)| *id == rule).map_or(rule, |(_, title, _)| title);
            let text = format!("{title}{}.", qualified(report, fact, word));
            results.push(result(report, rule, conditional(word), &text, &resting(fact)));
        }
    }
    if report.cross_account != "no" {
        let careful = report.trusted.iter().all(|it| it.external_id || it.organization);
        let level = if careful && !report.trusted.is_empty() { "note" } else { "warning" };
        let whom: Vec<&str> = report.trusted.iter().map(|it| it.principal.as_str()).collect();
        let whom = if whom.is_empty() { "principals of other accounts".to_owned() } else { whom.join(", ") };
        let text =
            format!("The policy lets in {whom}{}.", qualified(report, "cross_account", report.cross_account));
        results.push(result(report, "cross-account", level, &text, &resting("cross_account")));
    }
    for path in &report.paths {
        let (rule, level) = match path.is {
            "escalation" => ("escalation", conditional(path.answer)),
            "capability" => ("capability", "note"),
            _ => ("undecided-path", "warning"),
        };
        let mut text = format!("{}: {} ({})", path.id, path.title, path.actions.join(", "));
        if !path.conditions.is_empty() {
            text.push_str(&format!(", if {}", path.conditions.join(" and ")));
        }
        if let Some(reason) = &path.reason {
            text.push_str(&format!("; nobody can say: {reason}"));
        }
        let statements: Vec<_> = report.statements.iter().filter(|it| it.paths.contains(&path.id)).collect();
        let mut found = result(report, rule, level, &format!("{text}."), &statements);
        // Two paths of one statement are two alerts.
        if let Some(members) = found.as_object_mut() {
            let id = format!("{}:{}", report.file, path.id);
            members.insert("partialFingerprints".to_owned(), json!({"provostPath/v1": id}));
        }
        results.push(found);
    }
    if !report.services.is_empty() {
        let services = if report.services_nearly_all {
            "nearly every service there is".to_owned()
        } else {
            report.services.join(", ")
        };
        let text = format!("The policy grants as a whole: {services}.");
        results.push(result(report, "whole-services", "note", &text, &resting("services")));
    }
    for remark in &report.lint {
        let about: Vec<_> =
            report.statements.iter().filter(|it| Some(it.index) == remark.statement).collect();
        results.push(result(report, remark.id, remark.severity, &remark.message, &about));
    }
    results
}

/// What a fact depends on, or why nobody can say.
fn qualified(report: &Explanation, fact: &str, word: &str) -> String {
    match (report.conditions.get(fact), report.reasons.get(fact)) {
        (Some(conditions), _) => format!(", if {}", conditions.join(" and ")),
        (_, Some(reason)) => format!(": nobody can say, because {reason}"),
        (None, None) if word == "unknown" => ": nobody can say".to_owned(),
        (None, None) => String::new(),
    }
}

fn result(
    report: &Explanation,
    rule: &str,
    level: &str,
    text: &str,
    statements: &[&StatementReport],
) -> Value {
    let physical = |statement: Option<&&StatementReport>| {
        let mut location = json!({"artifactLocation": {"uri": uri(&report.file)}});
        if let (Some(statement), Some(members)) = (statement, location.as_object_mut()) {
            let region = json!({"startLine": statement.lines.0, "endLine": statement.lines.1});
            members.insert("region".to_owned(), region);
        }
        location
    };
    let mut result = json!({
        "ruleId": rule,
        "level": level,
        "message": {"text": text},
        "locations": [{"physicalLocation": physical(statements.first())}],
    });
    let related: Vec<Value> = statements
        .iter()
        .enumerate()
        .skip(1)
        .map(|(id, statement)| json!({"id": id, "physicalLocation": physical(Some(statement))}))
        .collect();
    if let (false, Some(members)) = (related.is_empty(), result.as_object_mut()) {
        members.insert("relatedLocations".to_owned(), Value::Array(related));
    }
    result
}

/// A file's name as a URI reference.
fn uri(file: &str) -> String {
    let mut out = String::new();
    for byte in file.trim_start_matches("./").replace('\\', "/").bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    // The first part of a relative reference must not look like a scheme; escaped colons do not.
    out
}

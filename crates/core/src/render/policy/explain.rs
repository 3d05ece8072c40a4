//! What a document grants, in words.

use std::io::Write;

use super::{counted, example, goes_on, paragraph};
use crate::policy::{Explanation, PathReport, StatementReport};
use crate::render::Style;
use crate::render::table::printable;

/// How many paths of each kind are told in words.
const SHOWN: usize = 8;
/// Where the second column begins.
const COLUMN: usize = 22;

/// Writes an explanation.
///
/// # Errors
/// When the output cannot be written.
pub fn write_explanation(output: &mut dyn Write, style: Style, report: &Explanation) -> std::io::Result<()> {
    let kind = match report.kind {
        "trust" => "who may assume a role",
        "resource" => "the policy of a resource",
        _ => "a policy of users, groups and roles",
    };
    let heading =
        format!("{}: {kind}, {}", printable(&report.file), counted(report.statements.len(), "statement"));
    writeln!(output, "{}", style.paint("heading", &heading))?;
    if !report.unwrapped.is_empty() {
        writeln!(output, "Taken out of {}.", report.unwrapped.join(", then "))?;
    }
    writeln!(output)?;
    if report.kind == "identity" {
        grants(output, style, report)?
    } else {
        lets_in(output, style, report)?
    }
    statements(output, style, report)?;
    paths(output, style, report, "escalation", "Escalation, decided by this document alone")?;
    // Whoever is an administrator needs no target.
    if report.grants_admin != "yes" {
        let heading = "Capabilities: escalation, given a target in a suitable state";
        paths(output, style, report, "capability", heading)?;
    }
    paths(output, style, report, "undecided", "Undecided")?;
    lint(output, style, report)
}

fn row(output: &mut dyn Write, style: Style, name: &str, word: &str, text: &str) -> std::io::Result<()> {
    let (word, painted) = match word {
        "yes" => ("yes", style.paint("fail", "yes")),
        "yes_if" => ("yes, if", style.paint("fail", "yes, if")),
        "unknown" => ("unknown", style.paint("unknown", "unknown")),
        other => (other, other.to_owned()),
    };
    let first = format!("  {name:<width$}", width = COLUMN - 2);
    write!(output, "{first}{painted}")?;
    if text.is_empty() {
        return writeln!(output);
    }
    write!(output, " ")?;
    goes_on(output, style, COLUMN + word.chars().count() + 1, COLUMN, text)
}

/// A fact: its word, its conditions or its reason, its example.
fn fact(
    output: &mut dyn Write,
    style: Style,
    report: &Explanation,
    (key, name): (&str, &str),
    word: &str,
    more: &str,
) -> std::io::Result<()> {
    let mut text = more.to_owned();
    if let Some(conditions) = report.conditions.get(key) {
        text = format!("{text}{}{}", if text.is_empty() { "" } else { ", if " }, joined(conditions));
    }
    if let Some(reason) = report.reasons.get(key) {
        text = format!("because {}", reason);
    }
    row(output, style, name, word, &text)?;
    match report.witnesses.get(key) {
        Some(witness) => example(output, style, COLUMN, witness),
        None => Ok(()),
    }
}

fn joined(conditions: &[String]) -> String {
    conditions.join(" and ")
}

fn grants(output: &mut dyn Write, style: Style, report: &Explanation) -> std::io::Result<()> {
    fact(output, style, report, ("grants_admin", "administrator"), report.grants_admin, "")?;
    let many = |count: usize| match count {
        0 => "none".to_owned(),
        count => counted(count, "path"),
    };
    row(output, style, "escalation", &many(report.escalation.len()), "")?;
    row(output, style, "capabilities", &many(report.capabilities.len()), "")?;
    if !report.undecided.is_empty() {
        row(output, style, "undecided", &many(report.undecided.len()), "")?;
    }
    let services = match (report.services_nearly_all, report.services.len()) {
        (true, count) => format!("nearly every service there is ({count})"),
        (false, 0) => "none".to_owned(),
        (false, _) => report.services.join(", "),
    };
    paragraph(output, style, &format!("  {:<20}", "whole services"), COLUMN, &services)?;
    let roles = match report.pass_role.resources.as_slice() {
        [] => String::new(),
        resources => format!("on {}", resources.join(", ")),
    };
    let (word, conditions) = (report.pass_role.answer, &report.pass_role.conditions);
    let text = if conditions.is_empty() { roles } else { format!("{}; {roles}", joined(conditions)) };
    match report.reasons.get("pass_role") {
        Some(reason) => row(output, style, "passes roles", word, &format!("because {reason}")),
        None => row(output, style, "passes roles", word, &text),
    }
}

fn lets_in(output: &mut dyn Write, style: Style, report: &Explanation) -> std::io::Result<()> {
    fact(output, style, report, ("public", "public"), report.public, "")?;
    row(
        output,
        style,
        "other accounts",
        report.cross_account,
        report.reasons.get("cross_account").map_or("", |it| it),
    )?;
    for trusted in &report.trusted {
        let mut text = printable(&trusted.principal);
        if !trusted.conditions.is_empty() {
            text = format!("{text} if {}", joined(&trusted.conditions));
        }
        let asks: Vec<&str> =
            [(trusted.external_id, "an external id"), (trusted.organization, "an organization")]
                .into_iter()
                .filter_map(|(is, what)| is.then_some(what))
                .collect();
        if asks.is_empty() {
            text.push_str(" (asks for neither an external id nor an organization)");
        } else {
            text = format!("{text} (asks for {})", asks.join(" and "));
        }
        paragraph(output, style, &format!("{:COLUMN$}", ""), COLUMN + 4, &text)?;
    }
    if report.trusted.is_empty()
        && let Some(witness) = report.witnesses.get("cross_account")
    {
        example(output, style, COLUMN, witness)?;
    }
    let providers = format!("for any subject of {}", report.federated.join(", "));
    let more = if report.federated.is_empty() { "" } else { &providers };
    let names = ("federated_without_subject", "federation");
    fact(output, style, report, names, report.federated_without_subject, more)
}

fn statements(output: &mut dyn Write, style: Style, report: &Explanation) -> std::io::Result<()> {
    let risky: Vec<&StatementReport> = report.statements.iter().filter(|it| !it.facts.is_empty()).collect();
    if risky.is_empty() {
        return Ok(());
    }
    writeln!(output, "\n{}", style.paint("heading", "Statements these rest on"))?;
    for statement in risky {
        let sid = statement.sid.as_ref().map(|sid| format!(" {}", printable(sid))).unwrap_or_default();
        let first = format!("  {:<13} Statement[{}]{sid}: ", statement.lines.to_string(), statement.index);
        let facts: Vec<String> = statement.facts.iter().map(|fact| fact.replace('_', " ")).collect();
        paragraph(output, style, &first, 16, &facts.join(", "))?;
    }
    Ok(())
}

fn paths(
    output: &mut dyn Write,
    style: Style,
    report: &Explanation,
    is: &str,
    heading: &str,
) -> std::io::Result<()> {
    let found: Vec<&PathReport> = report.paths.iter().filter(|path| path.is == is).collect();
    if found.is_empty() {
        return Ok(());
    }
    writeln!(output, "\n{}", style.paint("heading", heading))?;
    for path in found.iter().take(SHOWN) {
        let narrowed = if path.narrowed { ", on what the document names" } else { "" };
        let text = format!("{} ({}{narrowed})", path.title, path.actions.join(", "));
        paragraph(output, style, &format!("  {}: ", path.id), 6, &text)?;
        if !path.conditions.is_empty() {
            paragraph(output, style, "      if ", 6, &joined(&path.conditions))?;
        }
        if let Some(reason) = &path.reason {
            paragraph(output, style, "      because ", 6, reason)?;
        }
    }
    if found.len() > SHOWN {
        writeln!(output, "  and {} more; --format json has them all", found.len() - SHOWN)?;
    }
    Ok(())
}

fn lint(output: &mut dyn Write, style: Style, report: &Explanation) -> std::io::Result<()> {
    if report.lint.is_empty() {
        return Ok(());
    }
    writeln!(output, "\n{}", style.paint("heading", "Lint"))?;
    for remark in &report.lint {
        let place = remark.lines.map(|lines| lines.to_string()).unwrap_or_default();
        let first = format!("  {place:<13} {}: ", remark.severity);
        paragraph(output, style, &first, 16, &format!("{} [{}]", remark.message, remark.id))?;
    }
    Ok(())
}

//! `provost rules`: what is in force, and whether a catalog folder's cases hold.

use std::io::Write as _;

use provost_catalog::{Folder, run_cases};
use provost_core::render::Table;
use serde_json::json;

use crate::app::load_catalog;
use crate::cli::{Format, Global, RulesArgs};
use crate::config::Config;
use crate::exit::Exit;
use crate::output::{Stdout, style};

pub(crate) fn rules(global: &Global, args: &RulesArgs) -> anyhow::Result<Exit> {
    let mut output = Stdout::new();
    let as_json = matches!(global.format, Some(Format::Json | Format::Ndjson));
    if let Some(folder) = &args.test {
        let report = run_cases(&Folder::read(folder)?);
        if as_json {
            writeln!(output, "{}", json!({"held": report.held, "problems": report.problems}))?;
        } else {
            for problem in &report.problems {
                writeln!(output, "{problem}")?;
            }
            writeln!(output, "{} cases hold, {} problems.", report.held, report.problems.len())?;
        }
        return Ok(if report.problems.is_empty() { Exit::done() } else { Exit::could_not_run() });
    }
    let catalog = load_catalog(&Config::load(global)?)?;
    let posture = catalog.posture.iter().map(|rule| ("posture", &rule.stamp, rule.severity, &rule.title));
    let detections =
        catalog.detections.iter().map(|rule| ("detection", &rule.stamp, rule.severity, &rule.title));
    let mut table = Table::new(&["SEVERITY", "KIND", "RULE", "ORIGIN", "TITLE"]);
    let mut listed = Vec::new();
    for (kind, stamp, severity, title) in posture.chain(detections) {
        listed.push(json!({"kind": kind, "rule": stamp.id, "severity": severity, "title": title,
            "origin": stamp.origin, "hash": stamp.hash}));
        table.row([
            severity.to_string(),
            kind.to_owned(),
            stamp.id.clone(),
            stamp.origin.to_string(),
            title.clone(),
        ]);
    }
    if as_json {
        writeln!(output, "{}", json!({"catalog_digest": catalog.digest, "rules": listed}))?;
    } else {
        table.write(&mut output, style())?;
        writeln!(output, "\n{} rules. Catalog {}", table.len(), catalog.digest)?;
    }
    Ok(Exit::done())
}

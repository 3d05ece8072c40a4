//! `provost rules`: what is in force, and whether a catalog folder's cases hold.

use std::io::Write as _;

use provost_catalog::{Folder, run_cases};
#[cfg(feature = "aws")]
use provost_core::catalog::Catalog;
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
    let config = Config::load(global)?;
    let catalog = load_catalog(&config)?;
    #[cfg(feature = "aws")]
    if args.lint {
        return lint(&config, &catalog, as_json);
    }
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

/// Prints what in the resource types, or in what rules read of them, AWS does not have.
#[cfg(feature = "aws")]
fn lint(config: &Config, catalog: &Catalog, as_json: bool) -> anyhow::Result<Exit> {
    let models = provost_aws::models(config.aws.models.as_deref());
    let mut output = Stdout::new();
    let mut problems = Vec::new();
    for resource_type in &catalog.resource_types {
        let rules = catalog.posture.iter().filter(|rule| rule.resource_type == resource_type.name);
        let reads = rules.flat_map(|rule| rule.reads().map(|path| (rule.stamp.id.as_str(), path)));
        let found = provost_aws::check_type(&models, resource_type, reads);
        problems.extend(found.into_iter().map(|problem| (resource_type.name.as_str(), problem)));
    }
    if as_json {
        let problems: Vec<_> = problems
            .iter()
            .map(|(name, problem)| json!({"resource_type": name, "problem": problem}))
            .collect();
        writeln!(output, "{}", json!({"types": catalog.resource_types.len(), "problems": problems}))?;
    } else {
        for (name, problem) in &problems {
            writeln!(output, "{name}: {problem}")?;
        }
        writeln!(output, "{} resource types, {} problems.", catalog.resource_types.len(), problems.len())?;
    }
    Ok(if problems.is_empty() { Exit::done() } else { Exit::could_not_run() })
}

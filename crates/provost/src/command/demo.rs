//! `provost demo`: the whole cycle on the sample estate that is part of the binary.

use std::io::Write;
use std::path::Path;

use anyhow::{Context as _, bail};
use include_dir::{Dir, include_dir};
use provost_core::model::Counts;
use serde_json::json;

use super::collect::Source;
use super::report::{Headline, headlines};
use super::run::{Cycle, cycle};
use crate::app::App;
use crate::cli::{DemoArgs, Format, Global};
use crate::config::Config;
use crate::exit::Exit;
use crate::output::{Stdout, style};

static ESTATE: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../../examples/estate");

/// The file that says a store was made by a demo, and may be removed by the next.
const MARK: &str = ".made-by-demo";

/// How many of the worst things are told.
const TOLD: usize = 5;

pub(crate) fn demo(global: &Global, args: &DemoArgs) -> anyhow::Result<Exit> {
    let estate = args.out.join("estate");
    unpack(&estate)?;
    let mut config = Config::load(global)?;
    if global.store.is_none() {
        // The demo's facts never mix with yours. A fresh store each time, so that each demo is the same.
        config.store = args.out.join("store");
        forget(&config.store)?;
        std::fs::create_dir_all(&config.store)?;
        std::fs::write(config.store.join(MARK), "Made by `provost demo`, which removes it the next time.\n")?;
    }
    config.estate = None;
    config.events = Vec::new();
    // Nobody is alarmed by an invented company.
    config.alerts = None;
    config.reports = None;
    config.security_hub = None;
    let app = App::with(config)?;
    let cycle = cycle(&app, Some(Source::Recorded(estate.clone())), Vec::new(), &args.out)?;
    let worst = headlines(&app, TOLD)?;
    let mut output = Stdout::new();
    if matches!(global.format, Some(Format::Json | Format::Ndjson)) {
        let told: Vec<_> = worst
            .iter()
            .map(|told| json!({"severity": told.severity, "title": told.title, "why": told.why}))
            .collect();
        writeln!(
            output,
            "{}",
            json!({"counts": cycle.counts, "violations": cycle.violations.map(|(all, ..)| all),
            "worst": told, "files": cycle.files, "runs": cycle.runs})
        )?;
    } else {
        tell(&mut output, &cycle, &worst, args)?;
    }
    // The sample has damaged files on purpose: what counts is that the reports are written.
    Ok(Exit::done())
}

fn unpack(estate: &Path) -> anyhow::Result<()> {
    let named = || format!("unpack the sample estate into `{}`", estate.display());
    std::fs::create_dir_all(estate).with_context(named)?;
    ESTATE.extract(estate).with_context(named)
}

fn forget(store: &Path) -> anyhow::Result<()> {
    if !store.exists() {
        return Ok(());
    }
    if !store.join(MARK).is_file() {
        bail!("`{}` is there and no demo made it; choose another folder with --out", store.display());
    }
    std::fs::remove_dir_all(store).with_context(|| format!("clear `{}`", store.display()))
}

fn tell(output: &mut dyn Write, cycle: &Cycle, worst: &[Headline], args: &DemoArgs) -> std::io::Result<()> {
    let style = style();
    writeln!(
        output,
        "{}",
        style.paint("heading", "Provost looked at the sample estate of Fernhill, an invented company.")
    )?;
    if let Some(counts) = cycle.counts {
        let Counts { compliant, non_compliant, unknown, not_applicable, .. } = counts;
        writeln!(output)?;
        for (word, count, meaning) in [
            ("pass", compliant, "as wanted"),
            ("fail", non_compliant, "not as wanted"),
            ("unknown", unknown, "could not be seen, so not proved"),
            ("not applicable", not_applicable, "the rule does not speak of it"),
        ] {
            writeln!(output, "  {} {count:>5}  {meaning}", style.paint(word, &format!("{word:<15}")))?;
        }
        writeln!(output, "  {}", provost_core::render::counts_line(&counts))?;
    }
    if let Some((violations, attempted, _)) = cycle.violations {
        writeln!(output)?;
        write!(
            output,
            "  {violations} violations in CloudTrail, {attempted} of them attempts that failed. Done:"
        )?;
        for (severity, count) in &cycle.by_severity {
            write!(output, " {count} {}", style.paint(severity.as_str(), severity.as_str()))?;
        }
        writeln!(output)?;
    }
    writeln!(output, "\n{}", style.paint("heading", "The worst of it"))?;
    for (number, told) in worst.iter().enumerate() {
        writeln!(output, "  {}. {} {}", number + 1, style.severity(told.severity), told.title)?;
        writeln!(output, "              {}", told.why)?;
    }
    writeln!(output, "\n{}", style.paint("heading", "Where to look"))?;
    for file in &cycle.files {
        writeln!(output, "  {}", file.display())?;
    }
    let store = args.out.join("store");
    writeln!(
        output,
        "  provost verify --store {}   checks the evidence behind every verdict",
        store.display()
    )?;
    writeln!(output, "  provost report posture --store {}   the same in this terminal", store.display())
}

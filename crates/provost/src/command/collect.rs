//! `provost collect`: facts into the store.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::{Path, PathBuf};

#[cfg(feature = "aws")]
use anyhow::Context as _;
use pollster::block_on;
use provost_core::catalog::Catalog;
use provost_core::collect::{Census, Expected, plan};
use provost_core::job::collect::Types;
use provost_core::job::{self, Execution, Finished};
use provost_core::model::{Digest, GLOBAL_REGION, JobName};
#[cfg(feature = "aws")]
use provost_core::port::Ids as _;
use provost_core::port::{Estate, EstateScope, PortResult, Runs as _};
use provost_core::render::{Table, left_out_lines};
use provost_local::{RecordedEstate, SqliteStore};
#[cfg(feature = "aws")]
use provost_local::{RecordingEstate, UuidIds};
use serde_json::json;

use crate::app::App;
use crate::cli::{CollectArgs, CollectWhat, Format, Global, LiveArgs};
use crate::exit::Exit;
use crate::output::{Stdout, style};

pub(crate) fn collect(global: &Global, args: &CollectArgs) -> anyhow::Result<Exit> {
    let types = types_of(args.what);
    if args.dry_run {
        return dry_run(global, args, types);
    }
    let app = App::open(global)?;
    let types = if types == Types::All { all_of(&app.catalog) } else { types };
    let source = source_of(&app, args.estate.as_ref(), &args.live);
    #[cfg(feature = "aws")]
    let source = match (source, &args.record) {
        (Source::Live(live), Some(folder)) => Source::Recording(live, folder),
        (Source::Recorded(_), Some(_)) => {
            anyhow::bail!(
                "--record keeps what a live estate answers, and `estate:` of provost.yaml names a recorded one"
            )
        }
        (source, _) => source,
    };
    let finished = start(&app, &source, types)?;
    let mut output = Stdout::new();
    let statistics = &finished.run.statistics;
    if matches!(global.format, Some(Format::Json | Format::Ndjson)) {
        writeln!(output, "{}", json!({"run": finished.run}))?;
        return Ok(Exit::complete(finished.is_complete()));
    }
    writeln!(
        output,
        "Read {} resources and {} IAM users from {} places; {} parts could not be read.",
        statistics.get("resources").saturating_sub(statistics.get("unlisted")),
        statistics.get("users"),
        statistics.covered.len(),
        statistics.get("unread"),
    )?;
    for (reason, count) in &statistics.skipped {
        writeln!(output, "  {count:>6}  {reason}")?;
    }
    for line in left_out_lines(&statistics.left_out) {
        writeln!(output, "  {line}")?;
    }
    if let Some(remaining) = &statistics.remaining {
        writeln!(output, "Time ran out; what remains: {remaining}. A longer --deadline reads all of it.")?;
    }
    match types {
        Types::All => writeln!(output, "Next: provost assess")?,
        Types::OfRules => writeln!(output, "Next: provost assess, with the same --select")?,
        Types::IamUsers => writeln!(output, "Next: provost report access")?,
    }
    Ok(Exit::complete(finished.is_complete()))
}

fn types_of(what: Option<CollectWhat>) -> Types {
    match what {
        Some(CollectWhat::IamUsers) => Types::IamUsers,
        None => Types::All,
    }
}

/// Everything, or what the selected rules read where some were selected.
pub(crate) fn all_of(catalog: &Catalog) -> Types {
    if catalog.unselected.is_empty() { Types::All } else { Types::OfRules }
}

/// Where facts come from.
pub(crate) enum Source<'a> {
    /// A folder.
    Recorded(PathBuf),
    /// AWS.
    Live(&'a LiveArgs),
    /// AWS, and its answers are kept in this folder.
    #[cfg(feature = "aws")]
    Recording(&'a LiveArgs, &'a Path),
}

/// The estate to read: as given, else as configured, else the live one.
pub(crate) fn source_of<'a>(app: &App, given: Option<&PathBuf>, live: &'a LiveArgs) -> Source<'a> {
    let is_live = given.is_none() && live.is_given();
    match given.or(app.config.estate.as_ref()).filter(|_| !is_live) {
        Some(path) => Source::Recorded(path.clone()),
        None => Source::Live(live),
    }
}

/// Runs the job.
pub(crate) fn start(app: &App, source: &Source<'_>, types: Types) -> anyhow::Result<Finished<EstateScope>> {
    match source {
        Source::Recorded(path) => recorded(app, path, types),
        Source::Live(args) => live(app, args, types, None),
        #[cfg(feature = "aws")]
        Source::Recording(args, folder) => live(app, args, types, Some(folder)),
    }
}

/// Reads a recorded estate.
pub(crate) fn recorded(app: &App, path: &Path, types: Types) -> anyhow::Result<Finished<EstateScope>> {
    let estate = RecordedEstate::open(path)?;
    run(app, &path.display().to_string(), types, |_| Ok(estate.clone()))
}

#[cfg(feature = "aws")]
fn live(
    app: &App,
    args: &LiveArgs,
    types: Types,
    record: Option<&Path>,
) -> anyhow::Result<Finished<EstateScope>> {
    let live = crate::live::Live::open(&app.config.aws, args, types == Types::IamUsers)?;
    // A run that was killed is not completed: what it saw is no longer what there is.
    let input = format!("{} {}", live.name, UuidIds.unique());
    let finished = live.with(|estate| match record {
        None => run(app, &input, types, |execution| Ok(estate.for_execution(execution))),
        Some(folder) => run(app, &input, types, |execution| {
            let estate = estate.for_execution(execution);
            RecordingEstate::new(folder, estate, &app.catalog.secrets, execution.started_at)
        }),
    });
    finished.context("read a live estate (for a recorded one, give --estate DIR or set `estate:`)")
}

#[cfg(not(feature = "aws"))]
fn live(_: &App, _: &LiveArgs, _: Types, _: Option<&Path>) -> anyhow::Result<Finished<EstateScope>> {
    anyhow::bail!(
        "this build reads recorded estates alone: give --estate DIR, or `estate:` in provost.yaml \
         (docs/guides/record-an-estate.md shows how to record one)"
    )
}

/// Runs the job over the estate that a run gets.
fn run<E: Estate>(
    app: &App,
    name: &str,
    types: Types,
    estate: impl FnOnce(&Execution<'_>) -> PortResult<E>,
) -> anyhow::Result<Finished<EstateScope>> {
    let job = match types {
        Types::All | Types::OfRules => JobName::Collect,
        Types::IamUsers => JobName::CollectIamUsers,
    };
    let wanted = job::collect::Wanted { catalog: &app.catalog, types, retention: app.config.retention };
    let finished = app.run(job, "all", Digest::of(name.as_bytes()), async |execution| {
        let estate = estate(execution)?;
        let ports = job::collect::Ports {
            estate: &estate,
            archive: &app.archive,
            resources: Some(&app.store),
            users: &app.store,
            progress: &app.progress,
        };
        job::collect::collect(execution, &ports, &wanted).await
    })?;
    Ok(finished)
}

/// Prints the calls that would be made.
fn dry_run(global: &Global, args: &CollectArgs, types: Types) -> anyhow::Result<Exit> {
    let config = crate::config::Config::load(global)?;
    let catalog = crate::app::load_catalog(&config)?;
    let types = if types == Types::All { all_of(&catalog) } else { types };
    let planned = plan(&types.of(&catalog));
    let besides = besides(&config, args, types)?;
    let known = census(&config)?;
    let mut output = Stdout::new();
    if matches!(global.format, Some(Format::Json | Format::Ndjson)) {
        let calls: Vec<_> = planned
            .iter()
            .map(|call| {
                let expected = known.as_ref().map(|(census, _)| call.expected(census));
                let expected = match expected {
                    Some(Expected::About(count) | Expected::AtMost(count)) => Some(count),
                    Some(Expected::Unknown) | None => None,
                };
                json!({
                    "service": call.service, "operation": call.operation, "times": call.times.to_string(),
                    "when": call.when, "resource_types": call.resource_types, "expected": expected,
                })
            })
            .collect();
        let besides: Vec<_> = besides.iter().map(|(call, why)| json!({"call": call, "why": why})).collect();
        writeln!(output, "{}", json!({"schema": 1, "calls": calls, "besides": besides}))?;
        return Ok(Exit::done());
    }
    let mut table = Table::new(&["CALL", "EXPECTED", "TIMES"]);
    let (mut about, mut at_most, mut uncounted) = (0, 0, 0);
    for call in &planned {
        let expected = known.as_ref().map_or(Expected::Unknown, |(census, _)| call.expected(census));
        match expected {
            Expected::About(count) => about += count,
            Expected::AtMost(count) => at_most += count,
            Expected::Unknown => uncounted += 1,
        }
        let when = call.when.as_ref().map(|when| format!(", where {when}")).unwrap_or_default();
        let name = format!("{} {}", call.service, call.operation);
        table.row([name, expected.to_string(), format!("{}{when}", call.times)]);
    }
    table.write(&mut output, style())?;
    writeln!(
        output,
        "\n{} different calls; a list of several pages takes a request for each.",
        planned.len()
    )?;
    match &known {
        Some((_, since)) => {
            let more = if at_most > 0 {
                format!(", and up to {at_most} more where something is so")
            } else {
                String::new()
            };
            let not = if uncounted > 0 {
                format!("; {uncounted} calls nobody can count before")
            } else {
                String::new()
            };
            writeln!(
                output,
                "Expected from what was collected on {since}: about {about} requests{more}{not}."
            )?;
        }
        None => writeln!(
            output,
            "How many requests that makes is known once something was collected into this store."
        )?,
    }
    for (call, why) in &besides {
        writeln!(output, "Besides: {call}, {why}.")?;
    }
    writeln!(output, "Nothing was asked of AWS.")?;
    Ok(Exit::done())
}

/// How large the estate was when it was last collected, and when that was; `None`: it never was.
fn census(config: &crate::config::Config) -> anyhow::Result<Option<(Census, String)>> {
    if !config.store.join("provost.db").is_file() {
        return Ok(None);
    }
    let store = SqliteStore::open(&config.store)?;
    let Some(run) = block_on(store.latest(JobName::Collect))? else { return Ok(None) };
    let covered = || run.statistics.covered.iter().filter_map(|place| place.split_once('/'));
    let accounts: BTreeSet<&str> = covered().map(|(account, _)| account).collect();
    let regions = covered().filter(|(_, region)| *region != GLOBAL_REGION).count();
    let resources = store.census()?;
    let census = Census { accounts: accounts.len() as u64, regions: regions as u64, resources };
    Ok(Some((census, run.started_at.strftime("%Y-%m-%d").to_string())))
}

/// The calls that a live estate takes by itself.
#[cfg(feature = "aws")]
fn besides(
    config: &crate::config::Config,
    args: &CollectArgs,
    types: Types,
) -> anyhow::Result<Vec<(String, &'static str)>> {
    let is_live = args.estate.is_none() && (config.estate.is_none() || args.live.is_given());
    if !is_live {
        return Ok(Vec::new());
    }
    let reach = crate::live::reach(&config.aws, &args.live, types == Types::IamUsers)?;
    let calls = provost_aws::LiveEstate::calls(&reach).into_iter();
    Ok(calls.map(|(service, operation, why)| (format!("{service} {operation}"), why)).collect())
}

#[cfg(not(feature = "aws"))]
fn besides(
    _: &crate::config::Config,
    _: &CollectArgs,
    _: Types,
) -> anyhow::Result<Vec<(String, &'static str)>> {
    Ok(Vec::new())
}

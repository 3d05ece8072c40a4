//! `provost report posture --since`: what changed, and what nobody can tell.

use std::io::Write;

use anyhow::{anyhow, bail};
use jiff::Timestamp;
use pollster::block_on;
use provost_core::compare::{Difference, Wanted, assessment_at, oldest, previous};
use provost_core::model::{JobName, Run, RunStatus, rfc3339};
use provost_core::owner::OWNER_TAG;
use provost_core::port::{Clock as _, Runs as _};
use provost_core::render::{CsvWriter, SinceJson, SinceTable, change_columns, change_json, change_row};
use provost_core::waiver::WaiversDue;
use provost_local::SystemClock;

use crate::app::App;
use crate::cli::{Format, PostureArgs, Since};
use crate::output::style;

/// Writes what changed since then.
pub(super) fn since(
    app: &App,
    format: Format,
    args: &PostureArgs,
    (since, all): (&Since, bool),
    output: &mut dyn Write,
) -> anyhow::Result<()> {
    let now = SystemClock.now();
    let Some(after) = block_on(app.store.latest(JobName::Assess))? else { bail!(super::NOTHING_ASSESSED) };
    let (before, note) = baseline(app, since, &after, now)?;
    let wanted = Wanted {
        filter: args.filter(),
        owner_tag: args.owner_tag.clone().unwrap_or_else(|| OWNER_TAG.to_owned()),
        trend: args.trend(),
    };
    let store = &app.store;
    let due = WaiversDue::new(&app.waivers, now);
    let difference = block_on(Difference::read(store, store, store, (before, after), wanted, due))?;
    let mut notes: Vec<String> = note.into_iter().collect();
    notes.extend(difference.compared.caveats());
    match format {
        Format::Table => {
            let mut table = SinceTable::default();
            block_on(difference.each(store, &mut |changed, _| {
                table.add(changed);
                Ok(())
            }))?;
            table.write(output, &difference, &notes, all, style())?;
        }
        Format::Json => {
            let mut json = SinceJson::new(output, &difference, &notes, now)?;
            block_on(difference.each(store, &mut |changed, owner| json.change(changed, owner)))?;
            json.finish()?;
        }
        Format::Ndjson => {
            super::say_beside(&notes, difference.wanted.filter.words());
            block_on(difference.each(store, &mut |changed, owner| {
                serde_json::to_writer(&mut *output, &change_json(changed, owner))?;
                writeln!(output)
            }))?;
        }
        Format::Csv => {
            super::say_beside(&notes, difference.wanted.filter.words());
            let mut csv = CsvWriter::new(output, &change_columns())?;
            block_on(
                difference
                    .each(store, &mut |changed, owner| csv.row(&change_row(changed, owner, &difference))),
            )?;
            csv.finish()?;
        }
        Format::Html | Format::Sarif | Format::Junit | Format::Asff | Format::Ocsf => {
            bail!("report posture --since prints table, json, ndjson or csv")
        }
    }
    Ok(())
}

/// The assessment to compare with, and what must be said of the choice.
fn baseline(app: &App, since: &Since, after: &Run, now: Timestamp) -> anyhow::Result<(Run, Option<String>)> {
    let at = match since {
        Since::Last => {
            let found = block_on(previous(&app.store, after))?;
            return found.map(|run| (run, None)).ok_or_else(|| nothing_before(after));
        }
        Since::Execution(id) => return by_id(app, id, after).map(|run| (run, None)),
        Since::At(time) => *time,
        Since::Ago(length) => {
            now.checked_sub(*length).map_err(|_| anyhow!("--since: that is too long ago"))?
        }
    };
    if after.started_at <= at {
        bail!(
            "nothing was assessed since {}: the latest assessment began at {}; run provost run, \
             or compare with an earlier time, or --since last",
            rfc3339(at),
            rfc3339(after.started_at)
        );
    }
    if let Some(run) = block_on(assessment_at(&app.store, after, at))? {
        return Ok((run, None));
    }
    let run = block_on(oldest(&app.store, after))?.ok_or_else(|| nothing_before(after))?;
    let note = format!(
        "No whole assessment is as old as {}: this compares with the oldest there is, of {}.",
        rfc3339(at),
        rfc3339(run.started_at)
    );
    Ok((run, Some(note)))
}

fn nothing_before(after: &Run) -> anyhow::Error {
    anyhow!(
        "there is nothing to compare with yet: before the assessment of {} there is no whole one of the same scope; \
         the next provost run will have one",
        rfc3339(after.started_at)
    )
}

fn by_id(app: &App, id: &str, after: &Run) -> anyhow::Result<Run> {
    let Some(run) = block_on(app.store.get(id))? else {
        bail!("--since: there is no run `{id}`, and it is no time (2026-11-20) and no span (7d) either");
    };
    let has_ended = matches!(run.status, RunStatus::Done | RunStatus::Incomplete);
    if run.job != JobName::Assess || !has_ended {
        bail!(
            "--since: the run `{id}` is no assessment that ended, but {} and {}",
            run.job,
            run.status.as_str()
        );
    }
    if run.started_at >= after.started_at {
        bail!("--since: `{id}` is the latest assessment; name an earlier one, or --since last");
    }
    Ok(run)
}

//! `provost run --every` and `provost serve`: cycle after cycle, until somebody stops it.

use std::io::Write as _;
use std::time::Duration;

use anyhow::{Context as _, bail};
use jiff::Timestamp;
use provost_core::model::rfc3339;
use provost_core::port::Clock as _;
use provost_core::render::counts_line;
use provost_core::schedule::next_start;
use provost_local::SystemClock;
use serde_json::{Value, json};
use tracing::{error, info, warn};

use super::run::{Cycle, once};
use crate::app::App;
use crate::cli::{Format, Global, RunArgs};
use crate::config::Config;
use crate::exit::Exit;
use crate::output::Stdout;
use crate::stop::{Alarm, Stop};

/// The longest time slept at once: a clock that is set, or a machine that slept, is noticed after it.
const NAP: Duration = Duration::from_secs(60);

/// `provost serve`.
pub(crate) fn serve(global: &Global, args: &RunArgs) -> anyhow::Result<Exit> {
    match args.every.or(Config::load(global)?.every) {
        Some(every) => repeat(global, args, every),
        None => bail!("how often? Set `every: 6h` in provost.yaml, or give --every 6h"),
    }
}

/// Runs cycle after cycle.
pub(super) fn repeat(global: &Global, args: &RunArgs, every: Duration) -> anyhow::Result<Exit> {
    // What is wrong from the beginning is said at the beginning.
    drop(App::open(global)?);
    let (stop, alarm) = Stop::listen()?;
    let first = SystemClock.now();
    let mut start = first;
    let mut all = Exit::done();
    for number in 1_u64.. {
        let begun = SystemClock.now();
        let result = once(global, args, &stop);
        let is_last = stop.is_asked() || args.times.is_some_and(|times| number >= times);
        let next = next_start(first, start, every, SystemClock.now());
        let (at, left_out) = next.context("--every: there is no time so late")?;
        let told = Told { number, begun, next: (!is_last).then_some(at), left_out };
        let exit = told.tell(global, &result)?;
        all = all.and(exit);
        if stop.is_asked() {
            let cut_short = result.is_ok_and(|cycle| cycle.stopped);
            info!(count = number, "Stopped by a signal.");
            return Ok(Exit::complete(!cut_short));
        }
        if is_last {
            break;
        }
        if left_out > 0 {
            warn!(count = left_out, "Starts were left out: the cycle took longer than the schedule.");
        }
        if wait(&stop, &alarm, at) {
            info!(count = number, "Stopped by a signal.");
            return Ok(Exit::done());
        }
        start = at;
    }
    Ok(all)
}

/// Waits until a time. Whether somebody asked to stop meanwhile.
fn wait(stop: &Stop, alarm: &Alarm, until: Timestamp) -> bool {
    while !stop.is_asked() {
        let left = Duration::try_from(until.duration_since(SystemClock.now())).unwrap_or_default();
        if left.is_zero() {
            return false;
        }
        alarm.wait(left.min(NAP));
    }
    true
}

/// What is told of a cycle besides what it did.
struct Told {
    number: u64,
    begun: Timestamp,
    next: Option<Timestamp>,
    left_out: u64,
}

impl Told {
    /// One line; one that failed is logged as well.
    fn tell(&self, global: &Global, result: &anyhow::Result<Cycle>) -> anyhow::Result<Exit> {
        let exit = match result {
            Ok(cycle) => cycle.exit,
            Err(failure) => {
                let failure = format!("{failure:#}");
                error!(error = failure, count = self.number, "A cycle failed; the next goes on.");
                Exit::could_not_run()
            }
        };
        let mut output = Stdout::new();
        if matches!(global.format, Some(Format::Json | Format::Ndjson)) {
            writeln!(output, "{}", self.json(result, exit))?;
        } else {
            writeln!(output, "{}", self.line(result, exit))?;
        }
        output.flush()?;
        Ok(exit)
    }

    fn json(&self, result: &anyhow::Result<Cycle>, exit: Exit) -> Value {
        let mut object = match result {
            Ok(cycle) => cycle.json(),
            Err(failure) => json!({ "error": format!("{failure:#}") }),
        };
        if let Some(members) = object.as_object_mut() {
            members.insert("schema".to_owned(), json!(provost_core::model::SCHEMA));
            members.insert("cycle".to_owned(), json!(self.number));
            members.insert("started_at".to_owned(), json!(rfc3339(self.begun)));
            members.insert("exit".to_owned(), json!(exit.number()));
            members.insert("next_at".to_owned(), json!(self.next.map(rfc3339)));
            members.insert("starts_left_out".to_owned(), json!(self.left_out));
        }
        object
    }

    fn line(&self, result: &anyhow::Result<Cycle>, exit: Exit) -> String {
        let mut parts = Vec::new();
        match result {
            Ok(cycle) => {
                parts.extend(cycle.counts.as_ref().map(counts_line));
                parts.extend(cycle.violations.map(|(all, ..)| format!("{all} violations")));
                let expired = cycle.waivers.iter().filter(|line| line.contains("EXPIRED")).count();
                parts.extend((expired > 0).then(|| format!("{expired} EXPIRED waivers")));
                parts.extend(
                    (!cycle.in_part.is_empty()).then(|| format!("IN PART ({})", cycle.in_part.join(", "))),
                );
            }
            Err(failure) => parts.push(format!("FAILED ({failure:#})")),
        }
        parts.push(format!("exit {}", exit.number()));
        parts.extend(self.next.map(|at| format!("next {}", rfc3339(at))));
        format!("{} cycle {}: {}", rfc3339(self.begun), self.number, parts.join("; "))
    }
}

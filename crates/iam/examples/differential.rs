//! Random cases with our answers, for a comparison with another evaluator.
//!
//! `emit` makes cases and prints each with our answers, one JSON object a line. `judge` reads such lines, of
//! which it takes the layers and the request, and answers again: with it a case is made smaller while the two
//! evaluators still disagree. `tally` counts outcomes. `cargo xtask iam-differential` uses the first two.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "printing is what it does")]

use std::collections::BTreeMap;
use std::io::{BufRead as _, Write as _};
use std::process::ExitCode;

use provost_iam::decide::{Asked, Engine};
use provost_iam::generate::{Case, Choices, Profile};
use provost_iam::request::{Known, Request};
use provost_iam::spec;
use serde_json::{Map, Value, json};

const HELP: &str = "\
Usage: differential emit  [--cases N] [--seed S] [--profile documented|everything]
       differential judge < cases.ndjson
       differential tally [--cases N] [--seed S] [--profile documented|everything]";

type Failure = Box<dyn std::error::Error>;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let outcome = match args.split_first() {
        Some((command, rest)) if command == "emit" => Options::read(rest).and_then(|options| emit(&options)),
        Some((command, rest)) if command == "tally" => {
            Options::read(rest).and_then(|options| tally(&options))
        }
        Some((command, [])) if command == "judge" => judge(),
        _ => Err(HELP.into()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// What is asked for.
struct Options {
    cases: u64,
    seed: u64,
    profile: Profile,
}

impl Options {
    fn read(args: &[String]) -> Result<Self, Failure> {
        let mut options = Self { cases: 1000, seed: 0, profile: Profile::documented() };
        for pair in args.chunks(2) {
            match pair {
                [name, value] if name == "--cases" => options.cases = value.parse()?,
                [name, value] if name == "--seed" => options.seed = value.parse()?,
                [name, value] if name == "--profile" => {
                    options.profile = match value.as_str() {
                        "documented" => Profile::documented(),
                        "everything" => Profile::everything(),
                        _ => return Err(HELP.into()),
                    }
                }
                _ => return Err(HELP.into()),
            }
        }
        Ok(options)
    }

    fn each(&self) -> impl Iterator<Item = (u64, Case)> {
        let profile = self.profile;
        (self.seed..self.seed.saturating_add(self.cases))
            .map(move |seed| (seed, Case::generate(&profile, &mut Choices::from_seed(seed))))
    }
}

fn emit(options: &Options) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    for (seed, case) in options.each() {
        let mut line = answered(&case)?;
        line.insert("seed".to_owned(), json!(seed));
        writeln!(out, "{}", Value::Object(line))?;
    }
    Ok(())
}

fn judge() -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        let mut given: Map<String, Value> = serde_json::from_str(&line?)?;
        let mut take = |name: &str| given.remove(name).unwrap_or_default();
        let case = Case { layers: take("layers"), request: take("request") };
        match answered(&case) {
            Ok(answer) => given.extend(answer),
            // Whoever makes cases smaller may break them.
            Err(error) => drop(given.insert("error".to_owned(), json!(error.to_string()))),
        }
        writeln!(out, "{}", Value::Object(given))?;
    }
    Ok(())
}

fn tally(options: &Options) -> Result<(), Failure> {
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    let mut differences = Vec::new();
    for (seed, case) in options.each() {
        let line = answered(&case)?;
        let text = |name: &str| line.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        if text("ours") != text("spec") {
            differences.push(seed);
        }
        *counts.entry(text("ours")).or_default() += 1;
    }
    for (outcome, count) in counts {
        let share = count * 1000 / options.cases.max(1);
        println!("{outcome:<15} {count:>8}  {}.{} %", share / 10, share % 10);
    }
    println!(
        "engine and spec differ on {} cases, seeds {:?}",
        differences.len(),
        differences.get(..9).unwrap_or(&differences)
    );
    Ok(())
}

/// The case with our answers, and the context as AWS would send it.
fn answered(case: &Case) -> Result<Map<String, Value>, Failure> {
    let (layers, request) = case.read()?;
    let verdict = Engine::new(&layers).decide(&Asked::new(&request));
    let answer = json!({
        "layers": case.layers,
        "request": case.request,
        "resolved": resolved(&request),
        "ours": verdict.outcome.as_str(),
        "by": verdict.blocked_by.map(|layer| layer.to_string()),
        "spec": spec::decide(&layers, &request).outcome.as_str(),
    });
    match answer {
        Value::Object(answer) => Ok(answer),
        _ => Err("no object".into()),
    }
}

/// What follows from the request, so that another evaluator need not read callers as we do.
fn resolved(request: &Request) -> Value {
    let mut context = Map::new();
    for (key, known) in request.full_context().iter() {
        if let Known::Values(values) = known {
            context.insert(key.to_owned(), json!(values));
        }
    }
    json!({
        "principal": request.principal.to_string(),
        "owner": request.owner(),
        "context": context,
    })
}

//! `cargo xtask iam-differential`: our policy engine beside another evaluator, over random cases.
//!
//! It is a comparison, no check: where the two disagree, AWS's text says who is right, and where AWS is silent
//! nobody is. `crates/xtask/iam-differential/README.md` tells what is compared and how to read the outcome.

mod class;
mod evaluators;
mod shrink;

use std::collections::BTreeMap;
use std::io::Write as _;

use anyhow::{Context as _, bail};
use serde_json::{Value, json};

use self::evaluators::{Evaluators, Judged};
use crate::process::target_directory;

/// How many cases are made and compared at a time.
const BATCH: u64 = 5_000;

/// How many disagreements are shrunk; the others are counted.
const SHRUNK: usize = 1_000;

/// How many shrunk cases are judged at a time.
const TRIES: usize = 20_000;

/// What is asked for.
struct Options {
    cases: u64,
    seed: u64,
}

/// A disagreement in its smallest form.
struct Small {
    seed: u64,
    judged: Judged,
    theirs: String,
}

/// What was compared, and what came of it.
#[derive(Default)]
struct Counts {
    compared: u64,
    unsupported: BTreeMap<&'static str, u64>,
    refused: BTreeMap<String, u64>,
    outcomes: BTreeMap<(String, String), u64>,
    /// Cases on which our engine and our slow evaluator differ.
    own: Vec<u64>,
}

/// The command.
pub(crate) fn iam_differential(args: &[&str]) -> anyhow::Result<bool> {
    let options = Options::read(args)?;
    let target = target_directory()?;
    let Some(evaluators) = Evaluators::prepare(&target)? else { return Ok(false) };
    let folder = target.join("iam-differential");
    let mut counts = Counts::default();
    let mut disagreements = Vec::new();
    let mut file = create(&folder.join("disagreements.ndjson"))?;
    let mut done = 0;
    while done < options.cases {
        let batch = BATCH.min(options.cases - done);
        for judged in compare(&evaluators, options.seed.saturating_add(done), batch, &mut counts)? {
            writeln!(file, "{}", line(&judged))?;
            disagreements.push(judged);
        }
        done += batch;
        println!("{done} cases, {} disagreements", disagreements.len());
    }
    file.flush()?;
    let found = disagreements.len();
    disagreements.truncate(SHRUNK);
    let small = shrunk(&evaluators, disagreements)?;
    let mut file = create(&folder.join("shrunk.ndjson"))?;
    let mut classes: BTreeMap<(&'static str, String, String), Vec<&Small>> = BTreeMap::new();
    for each in &small {
        writeln!(file, "{}", line(&each.judged))?;
        let key = (class::class(&each.judged.case), each.judged.ours.clone(), each.theirs.clone());
        classes.entry(key).or_default().push(each);
    }
    file.flush()?;
    counts.print(found);
    print_classes(&classes, found, small.len());
    println!("\nAll of them, and their smallest forms: {}", folder.display());
    Ok(true)
}

impl Options {
    fn read(args: &[&str]) -> anyhow::Result<Self> {
        let mut options = Self { cases: 20_000, seed: 0 };
        let mut rest = args;
        while let [name, value, after @ ..] = rest {
            let number = value.parse().with_context(|| format!("`{value}` is no number"));
            match *name {
                "--cases" => options.cases = number?,
                "--seed" => options.seed = number?,
                other => bail!("there is no option `{other}`, only --cases and --seed"),
            }
            rest = after;
        }
        match rest {
            [] => Ok(options),
            [name, ..] => bail!("`{name}` needs a number"),
        }
    }
}

/// The disagreements over these seeds.
fn compare(
    evaluators: &Evaluators,
    seed: u64,
    cases: u64,
    counts: &mut Counts,
) -> anyhow::Result<Vec<Judged>> {
    let mut asked = Vec::new();
    for case in evaluators.emit(seed, cases)? {
        if case.get("ours") != case.get("spec") {
            counts.own.extend(case.get("seed").and_then(Value::as_u64));
        }
        match class::unsupported(&case) {
            Some(reason) => *counts.unsupported.entry(reason).or_default() += 1,
            None => asked.push(case),
        }
    }
    let mut disagreements = Vec::new();
    for judged in evaluators.judge(&asked)? {
        match &judged.theirs {
            Ok(theirs) => {
                counts.compared += 1;
                *counts.outcomes.entry((judged.ours.clone(), theirs.clone())).or_default() += 1;
            }
            Err(reason) => *counts.refused.entry(reason.chars().take(150).collect()).or_default() += 1,
        }
        if judged.is_disagreement() {
            disagreements.push(judged);
        }
    }
    Ok(disagreements)
}

/// Each disagreement made as small as it stays one, with the same two answers.
fn shrunk(evaluators: &Evaluators, disagreements: Vec<Judged>) -> anyhow::Result<Vec<Small>> {
    let mut all: Vec<Small> = disagreements
        .into_iter()
        .map(|mut judged| {
            let seed = judged.case.get("seed").and_then(Value::as_u64).unwrap_or_default();
            let mut listed = shrink::listed(&judged.case);
            if let (Some(listed), Some(resolved)) = (listed.as_object_mut(), judged.case.get("resolved")) {
                listed.insert("seed".to_owned(), json!(seed));
                listed.insert("resolved".to_owned(), resolved.clone());
            }
            judged.case = listed;
            let theirs = judged.theirs.clone().unwrap_or_default();
            Small { seed, judged, theirs }
        })
        .collect();
    for grain in shrink::GRAINS {
        let mut live: Vec<usize> = (0..all.len()).collect();
        while !live.is_empty() {
            live = one_round(evaluators, &mut all, &live, grain)?;
        }
    }
    Ok(all)
}

/// Tries every step of a grain on the cases at these places. Says which became smaller.
fn one_round(
    evaluators: &Evaluators,
    all: &mut [Small],
    live: &[usize],
    grain: shrink::Grain,
) -> anyhow::Result<Vec<usize>> {
    let mut tries = Vec::new();
    for &place in live {
        let smaller = all.get(place).map(|small| shrink::smaller(&small.judged.case, grain));
        tries.extend(smaller.into_iter().flatten().map(|case| (place, case)));
    }
    let mut changed = Vec::new();
    for chunk in tries.chunks(TRIES) {
        let cases: Vec<Value> = chunk.iter().map(|(_, case)| case.clone()).collect();
        for ((place, _), judged) in chunk.iter().zip(evaluators.judge(&cases)?) {
            let Some(small) = all.get_mut(*place) else { continue };
            let is_same = judged.ours == small.judged.ours && judged.theirs.as_ref() == Ok(&small.theirs);
            // Only one step a round: two that each keep the disagreement may end it together.
            if is_same && !changed.contains(place) {
                small.judged = judged;
                changed.push(*place);
            }
        }
    }
    Ok(changed)
}

impl Counts {
    fn print(&self, found: usize) {
        println!("\n{} cases compared, {found} disagreements", self.compared);
        for ((ours, theirs), count) in &self.outcomes {
            let mark = if ours == theirs { ' ' } else { '!' };
            println!("{mark} ours {ours:<14} theirs {theirs:<14} {count:>8}");
        }
        for (reason, count) in &self.unsupported {
            println!("  left out, not supported there: {reason:<22} {count:>8}");
        }
        for (reason, count) in &self.refused {
            println!("  left out, refused there: {count:>8}  {reason}");
        }
        if !self.own.is_empty() {
            let first: Vec<_> = self.own.iter().take(10).collect();
            println!("! engine and slow evaluator differ on {} cases, seeds {first:?}", self.own.len());
        }
    }
}

fn print_classes(
    classes: &BTreeMap<(&'static str, String, String), Vec<&Small>>,
    found: usize,
    shrunk: usize,
) {
    let mut rows: Vec<_> = classes.iter().collect();
    rows.sort_by_key(|(_, cases)| std::cmp::Reverse(cases.len()));
    println!("\n{:<34} {:<14} {:<14} {:>6} {:>8}", "class", "ours", "theirs", "count", "seed");
    let smallest =
        |cases: &[&Small]| cases.iter().min_by_key(|each| weight(&each.judged.case)).map(|each| each.seed);
    for ((class, ours, theirs), cases) in &rows {
        let seed = smallest(cases).unwrap_or_default();
        println!("{class:<34} {ours:<14} {theirs:<14} {:>6} {seed:>8}", cases.len());
    }
    if shrunk < found {
        println!("{} more were not shrunk", found - shrunk);
    }
    println!("\nThe smallest of each class:");
    for ((class, ours, theirs), cases) in &rows {
        let Some(each) = cases.iter().min_by_key(|each| weight(&each.judged.case)) else { continue };
        let part = |name: &str| each.judged.case.get(name).cloned().unwrap_or_default();
        println!("\n{class}: ours {ours}, theirs {theirs}, seed {}", each.seed);
        println!("  request {}\n  layers  {}", part("request"), part("layers"));
    }
}

/// How much there is to read.
fn weight(case: &Value) -> usize {
    ["layers", "request"].iter().filter_map(|name| case.get(name)).map(|part| part.to_string().len()).sum()
}

fn line(judged: &Judged) -> Value {
    let mut line = judged.case.clone();
    if let Some(line) = line.as_object_mut() {
        line.insert("theirs".to_owned(), json!(judged.theirs.as_ref().ok()));
    }
    line
}

fn create(path: &std::path::Path) -> anyhow::Result<std::io::BufWriter<std::fs::File>> {
    let file = std::fs::File::create(path).with_context(|| format!("write `{}`", path.display()))?;
    Ok(std::io::BufWriter::new(file))
}

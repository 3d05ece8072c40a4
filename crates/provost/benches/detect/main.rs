//! How fast `provost detect` is, beside the plain path over the same rules, and how much memory it takes.
//!
//! `cargo xtask bench detect [--size 1g]`. Everything is measured in one run: inflating alone, the plain
//! path (`flate2` → `serde_json::Value` → every rule), and the real binary. The plain path is given a part
//! of the archive, since it is slow; the binary is given the same part, to compare hits and events per
//! CPU-second, and then the whole archive, to see its memory.
#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a bench prints its figures and stops at the first thing that is wrong"
)]

mod generator;

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use flate2::bufread::MultiGzDecoder;
use nix::sys::resource::{UsageWho, getrusage};
use provost_core::detection::Detector;
use serde_json::Value;

/// The part of the archive the plain path is given.
const PLAIN_BYTES: u64 = 48 << 20;

fn main() {
    let size = argument("--size").map_or(1 << 30, |text| bytes(&text));
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("cloudtrail-{size}"));
    let started = Instant::now();
    let files = generator::archive(&folder, size);
    let on_disk: u64 = files.iter().map(|file| std::fs::metadata(file).unwrap().len()).sum();
    println!(
        "archive: {} files, {} MB gzipped ({:.0} s to make or find)",
        files.len(),
        on_disk >> 20,
        started.elapsed().as_secs_f64()
    );

    let mut part = Vec::new();
    let mut part_bytes = 0;
    for file in &files {
        if part_bytes < PLAIN_BYTES {
            part_bytes += std::fs::metadata(file).unwrap().len();
            part.push(file.clone());
        }
    }
    let inflate = inflate_only(&part);
    let (plain, expected) = plain_path(&part);
    let (ours, found, _) = binary(&part, None);
    println!("part: {} files, {} MB gzipped, {} events", part.len(), part_bytes >> 20, plain.events);
    inflate.print("inflate only");
    plain.print("plain path");
    ours.print("provost detect");
    assert_eq!(found, expected, "the hits are identical");
    println!("hits: {} on both paths, identical", found.len());
    println!(
        "ratio to the plain path, events per CPU-second: {:.2}",
        ours.events_per_cpu() / plain.events_per_cpu()
    );
    println!(
        "share of the inflate-only limit: {:.0} %",
        100.0 * ours.events_per_cpu() / inflate.events_per_cpu()
    );

    let (whole, hits, memory) = binary(&files, Some(&folder));
    whole.print("whole archive");
    println!(
        "whole archive: {} hits, {:.2} cores busy, at most {memory} MB of memory",
        hits.len(),
        whole.cpu.as_secs_f64() / whole.wall.as_secs_f64()
    );
}

fn argument(name: &str) -> Option<String> {
    std::env::args().skip_while(|given| given != name).nth(1)
}

/// `50m`, `1g`.
fn bytes(text: &str) -> u64 {
    let (number, unit) = text.split_at(text.len() - 1);
    let number: u64 = number.parse().unwrap();
    match unit {
        "m" => number << 20,
        "g" => number << 30,
        _ => panic!("a size such as 50m or 1g"),
    }
}

/// What one way of doing it took.
struct Figure {
    events: u64,
    text_bytes: u64,
    cpu: Duration,
    wall: Duration,
}

impl Figure {
    #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
    fn events_per_cpu(&self) -> f64 {
        self.events as f64 / self.cpu.as_secs_f64()
    }

    #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
    fn print(&self, name: &str) {
        println!(
            "{name:<14} {:>9.0} events and {:>6.1} MB of JSON per CPU-second ({:.2} s CPU, {:.2} s wall)",
            self.events_per_cpu(),
            self.text_bytes as f64 / 1e6 / self.cpu.as_secs_f64(),
            self.cpu.as_secs_f64(),
            self.wall.as_secs_f64(),
        );
    }
}

fn cpu(who: UsageWho) -> Duration {
    let usage = getrusage(who).unwrap();
    let time = |value: nix::sys::time::TimeVal| {
        Duration::from_secs(u64::try_from(value.tv_sec()).unwrap())
            + Duration::from_micros(u64::try_from(value.tv_usec()).unwrap())
    };
    time(usage.user_time()) + time(usage.system_time())
}

fn measure<T>(who: UsageWho, work: impl FnOnce() -> (u64, u64, T)) -> (Figure, T) {
    let (before, began) = (cpu(who), Instant::now());
    let (events, text_bytes, result) = work();
    (Figure { events, text_bytes, cpu: cpu(who) - before, wall: began.elapsed() }, result)
}

fn inflated(file: &Path, text: &mut Vec<u8>) {
    text.clear();
    let source = BufReader::with_capacity(64 * 1024, File::open(file).unwrap());
    MultiGzDecoder::new(source).read_to_end(text).unwrap();
}

fn inflate_only(files: &[PathBuf]) -> Figure {
    let mut events = 0;
    let (mut figure, ()) = measure(UsageWho::RUSAGE_SELF, || {
        let mut text = Vec::new();
        let mut total = 0;
        for file in files {
            inflated(file, &mut text);
            total += text.len() as u64;
        }
        (1, total, ())
    });
    let mut text = Vec::new();
    for file in files {
        inflated(file, &mut text);
        events += memchr::memmem::find_iter(&text, b"\"eventVersion\"").count() as u64;
    }
    figure.events = events;
    figure
}

type Hits = BTreeSet<(String, String)>;

fn plain_path(files: &[PathBuf]) -> (Figure, Hits) {
    let detector = Detector::new(provost_catalog::load(&[], &[]).unwrap().detections);
    measure(UsageWho::RUSAGE_SELF, || {
        let (mut events, mut bytes) = (0, 0);
        let mut hits = Hits::new();
        let mut text = Vec::new();
        for file in files {
            inflated(file, &mut text);
            bytes += text.len() as u64;
            let document: Value = serde_json::from_slice(&text).unwrap();
            for event in document["Records"].as_array().unwrap() {
                events += 1;
                for rule in detector.judge_plainly(event) {
                    hits.insert((rule.stamp.id.clone(), event["eventID"].as_str().unwrap().to_owned()));
                }
            }
        }
        (events, bytes, hits)
    })
}

/// The real binary over files, or over the folder they are in. Also the most memory it took, in MB.
fn binary(files: &[PathBuf], folder: Option<&PathBuf>) -> (Figure, Hits, i64) {
    let store = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_provost"));
    command
        .args(["detect", "--format", "json", "--deadline", "2h", "--store"])
        .arg(store.path().join("store"));
    match folder {
        Some(folder) => command.arg(folder),
        None => command.args(files),
    };
    let (figure, hits) = measure(UsageWho::RUSAGE_CHILDREN, || {
        let output = command.stderr(Stdio::piped()).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let hits: Hits = output
            .stdout
            .split(|byte| *byte == b'\n')
            .filter(|line| !line.is_empty())
            .map(|line| {
                let violation: Value = serde_json::from_slice(line).unwrap();
                (
                    violation["rule"].as_str().unwrap().to_owned(),
                    violation["event_id"].as_str().unwrap().to_owned(),
                )
            })
            .collect();
        let log = String::from_utf8(output.stderr).unwrap();
        let last: Value = serde_json::from_str(log.lines().last().unwrap()).unwrap();
        let statistics: Value = serde_json::from_str(last["statistics"].as_str().unwrap()).unwrap();
        let count = |name: &str| statistics["counts"][name].as_u64().unwrap();
        (count("events"), count("bytes"), hits)
    });
    // The kernel counts in KiB, and keeps the largest of all children so far: the whole archive comes last.
    (figure, hits, getrusage(UsageWho::RUSAGE_CHILDREN).unwrap().max_rss() / 1024)
}

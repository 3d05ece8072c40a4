//! `cargo xtask test`: everything that must hold, in one command.

use std::io::{BufRead as _, BufReader, IsTerminal as _};
use std::path::Path;
use std::process::Stdio;

use anyhow::Context as _;

use crate::demo;
use crate::fuzz;
use crate::process::{cargo, is_ci, run};
use crate::scratch::Scratch;
use crate::setup::{self, CARGO_DENY, CARGO_NEXTEST, CLIPPY, Missing, RUSTFMT, Tool, aws_server};
use crate::tally::Tally;

/// The file in which tests say what they ran or skipped beside their own verdict.
const SKIPS: &str = "PROVOST_SKIPS";

/// The command.
pub(crate) fn test(fast: bool) -> anyhow::Result<bool> {
    let scratch = Scratch::new()?;
    section("set-up");
    let missing = setup::prepare()?;
    let mut tally = Tally::new(is_ci());

    section("format");
    check(&mut tally, &missing, &RUSTFMT, &["fmt", "--all", "--check"])?;
    check(&mut tally, &missing, &RUSTFMT, &["fmt", "--manifest-path", "fuzz/Cargo.toml", "--check"])?;

    section("clippy");
    let everything =
        ["clippy", "--workspace", "--all-targets", "--all-features", "--locked", "--", "-D", "warnings"];
    check(&mut tally, &missing, &CLIPPY, &everything)?;
    let smallest = [
        "clippy",
        "-p",
        "provost",
        "--no-default-features",
        "--all-targets",
        "--locked",
        "--",
        "-D",
        "warnings",
    ];
    check(&mut tally, &missing, &CLIPPY, &smallest)?;

    section("licenses, bans and sources");
    if missing.crates {
        tally.missing(CARGO_DENY.name, "not all crates of Cargo.lock are here, and they cannot be fetched");
    } else {
        let deny = ["deny", "--locked", "check", "licenses", "bans", "sources"];
        check(&mut tally, &missing, &CARGO_DENY, &deny)?;
    }

    section("tests");
    let closing = tests(&mut tally, &missing, scratch.path())?;

    section("demo");
    if fast {
        tally.skipped(demo::NAME, "--fast leaves it out");
    } else {
        demo::compare(&mut tally, scratch.path())?;
    }

    section("fuzz targets");
    if fast {
        tally.skipped(fuzz::NAME, "--fast leaves them out");
    } else if missing.fuzz_crates {
        tally.missing(fuzz::NAME, "not all crates of fuzz/Cargo.lock are here, and they cannot be fetched");
    } else {
        fuzz::run_all(&mut tally, scratch.path())?;
    }

    section("what ran");
    print!("{}", tally.report());
    println!("{}", closing.trim());
    Ok(tally.is_success())
}

/// The tests of this crate alone: they hold the repository in order.
pub(crate) fn tidy() -> anyhow::Result<bool> {
    run(&mut cargo(&["test", "--locked", "-p", "xtask", "--test", "it"]))
}

fn section(name: &str) {
    println!("\n== {name}");
}

/// Runs a check with cargo, unless the tool it needs is missing.
fn check(tally: &mut Tally, missing: &Missing, tool: &Tool, args: &[&str]) -> anyhow::Result<()> {
    if missing.has(tool) {
        tally.missing(tool.name, "it is not here and could not be installed");
    } else {
        let succeeded = run(&mut cargo(args))?;
        tally.ran(tool.name, &format!("cargo {}", args.join(" ")), succeeded);
    }
    Ok(())
}

/// Runs all tests and returns the closing line of what ran them.
fn tests(tally: &mut Tally, missing: &Missing, scratch: &Path) -> anyhow::Result<String> {
    let skips = scratch.join("skips");
    let color = if std::io::stderr().is_terminal() { "always" } else { "never" };
    let nextest =
        ["nextest", "run", "--workspace", "--all-features", "--locked", "--no-fail-fast", "--color", color];
    // Nothing shows the tests as well as cargo-nextest, but without it they run all the same.
    let plain = ["test", "--workspace", "--all-features", "--locked", "--no-fail-fast", "--color", color];
    let is_plain = missing.has(&CARGO_NEXTEST);
    if is_plain {
        tally.missing(
            CARGO_NEXTEST.name,
            "it is not here and could not be installed; `cargo test` ran the tests",
        );
    }
    let args: &[&str] = if is_plain { &plain } else { &nextest };
    let name = if is_plain { "cargo test" } else { CARGO_NEXTEST.name };

    println!("$ cargo {}", args.join(" "));
    let mut command = cargo(args);
    command.env(SKIPS, &skips).stdout(Stdio::inherit());
    match &missing.aws_server {
        Ok(folder) => {
            command.env(aws_server::VENV, folder);
        }
        Err(reason) => tally.missing(aws_server::NAME, reason),
    }
    let mut child = command.stderr(Stdio::piped()).spawn().context("start cargo")?;
    let mut closing = String::from("The tests did not come to an end.");
    for line in BufReader::new(child.stderr.take().context("no standard error")?).split(b'\n') {
        let line = line.context("read what the tests say")?;
        let line = String::from_utf8_lossy(&line);
        eprintln!("{line}");
        if line.contains("Summary") && line.contains(" run: ") {
            closing = line.into_owned();
        }
    }
    let succeeded = child.wait().context("wait for the tests")?.success();
    if is_plain {
        closing = format!("cargo test {}", if succeeded { "passed" } else { "failed" });
    }
    tally.ran(name, &format!("cargo {}", args.join(" ")), succeeded);
    if let Ok(text) = std::fs::read_to_string(&skips) {
        tally.read_tests(&text);
    }
    Ok(closing)
}

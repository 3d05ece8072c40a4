//! `cargo xtask fuzz`, and the bounded runs that are part of the tests.
//!
//! The targets are built by the stable compiler: the instrumentation libFuzzer needs is a pass of LLVM that
//! can be asked for by flags. Only the sanitizers need more, and safe Rust has little use for them.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, bail};

use crate::process::{cargo, output, root, run, succeeds, target_directory};
use crate::tally::Tally;

/// The name in the tally.
pub(crate) const NAME: &str = "fuzz";

const INSTRUMENTATION: &str = "-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table";

/// What every run is held to: an answer within seconds, in bounded memory.
const LIMITS: [&str; 2] = ["-timeout=10", "-rss_limit_mb=2048"];

/// How long a run among the tests is. The seed is fixed: the same code gives the same verdict.
const BOUNDS: [&str; 3] = ["-runs=20000", "-max_total_time=20", "-seed=1"];

/// How much is shown of what a failed run said.
const LAST_LINES: usize = 40;

/// Builds all targets and runs each for a bounded time.
pub(crate) fn run_all(tally: &mut Tally, scratch: &Path) -> anyhow::Result<()> {
    if let Some(reason) = cannot_build() {
        tally.missing(NAME, &reason);
        return Ok(());
    }
    let Some(programs) = build()? else {
        tally.ran(NAME, "the fuzz targets do not build", false);
        return Ok(());
    };
    for target in targets()? {
        let corpus = scratch.join(&target);
        std::fs::create_dir_all(&corpus).context("make a folder for the corpus")?;
        let mut command = fuzzer(&programs, &target, &corpus)?;
        let said = command.args(BOUNDS).output().with_context(|| format!("start {target}"))?;
        let text = String::from_utf8_lossy(&said.stderr);
        if said.status.success() {
            let done = text.lines().rev().find(|line| line.starts_with("Done ")).unwrap_or("Done");
            println!("{target}: {done}");
            // Empty folders go. One that holds what an earlier run found cannot be removed so, and stays.
            for folder in artifacts(&target).ancestors().take(2) {
                let _ = std::fs::remove_dir(folder);
            }
        } else {
            let lines: Vec<&str> = text.lines().collect();
            let last = lines.get(lines.len().saturating_sub(LAST_LINES)..).unwrap_or_default();
            println!("{target}: failed; the input is in fuzz/artifacts/{target}\n{}", last.join("\n"));
        }
        tally.ran(NAME, &format!("fuzz target {target}"), said.status.success());
    }
    Ok(())
}

/// The command: one target, as long as its args say.
pub(crate) fn search(target: &str, args: &[&str]) -> anyhow::Result<bool> {
    let known = targets()?;
    if !known.iter().any(|name| name == target) {
        bail!("there is no fuzz target `{target}`, only {}", known.join(", "));
    }
    if let Some(reason) = cannot_build() {
        bail!("{reason}");
    }
    let Some(programs) = build()? else { return Ok(false) };
    let corpus = root().join("fuzz/corpus").join(target);
    std::fs::create_dir_all(&corpus).context("make a folder for the corpus")?;
    // An input that is named is run alone.
    let is_one = args.iter().any(|arg| !arg.starts_with('-'));
    let mut command = if is_one { program(&programs, target) } else { fuzzer(&programs, target, &corpus)? };
    run(command.args(args))
}

/// The names of the targets, in order.
fn targets() -> anyhow::Result<Vec<String>> {
    let folder = root().join("fuzz/targets");
    let entries = std::fs::read_dir(&folder).with_context(|| format!("read `{}`", folder.display()))?;
    let mut names = Vec::new();
    for entry in entries {
        let path = entry?.path();
        names.extend(path.file_stem().map(|name| name.to_string_lossy().into_owned()));
    }
    names.sort();
    Ok(names)
}

/// Why the targets cannot be built on this machine, if they cannot.
fn cannot_build() -> Option<String> {
    let compiler = std::env::var_os("CXX").unwrap_or_else(|| OsString::from("c++"));
    let is_there = succeeds(Command::new(&compiler).arg("--version"));
    (!is_there)
        .then(|| format!("there is no C++ compiler (`{}`) to build libFuzzer with", compiler.display()))
}

/// The folder of the built targets, `None` when they do not build.
fn build() -> anyhow::Result<Option<PathBuf>> {
    let version = output(Command::new("rustc").arg("-vV"))?;
    let host =
        version.lines().find_map(|line| line.strip_prefix("host: ")).context("`rustc -vV` names no host")?;
    // A folder of their own: the flags differ from those of every other build.
    let folder = target_directory()?.join("fuzz");
    let flags = std::env::var("RUSTFLAGS").unwrap_or_default();
    let mut command = cargo(&["build", "--release", "--locked", "--manifest-path", "fuzz/Cargo.toml"]);
    // With a target named, build scripts and macros are built without the flags.
    command.args(["--bins", "--target", host]);
    command.env("RUSTFLAGS", format!("{flags} {INSTRUMENTATION}").trim()).env("CARGO_TARGET_DIR", &folder);
    Ok(run(&mut command)?.then(|| folder.join(host).join("release")))
}

/// A target from its seeds on, keeping what is new in `corpus`.
fn fuzzer(programs: &Path, target: &str, corpus: &Path) -> anyhow::Result<Command> {
    let artifacts = artifacts(target);
    std::fs::create_dir_all(&artifacts).context("make a folder for what is found")?;
    let mut command = program(programs, target);
    command.arg(format!("-artifact_prefix={}/", artifacts.display()));
    command.arg(corpus).arg(root().join("fuzz/seeds").join(target));
    Ok(command)
}

/// Where a target leaves the inputs that broke something.
fn artifacts(target: &str) -> PathBuf {
    root().join("fuzz/artifacts").join(target)
}

fn program(programs: &Path, target: &str) -> Command {
    let mut command = Command::new(programs.join(format!("{target}{}", std::env::consts::EXE_SUFFIX)));
    command.current_dir(root()).args(LIMITS);
    command
}

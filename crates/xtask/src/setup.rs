//! `cargo xtask setup`: what the tests need beside the compiler, installed where it is missing.

pub(crate) mod aws_server;

use std::path::PathBuf;
use std::process::Command;

use anyhow::Context as _;

use crate::process::{cargo, is_ci, run, succeeds};

/// A tool that a check needs.
pub(crate) struct Tool {
    /// As its users call it, and as crates.io or rustup do.
    pub(crate) name: &'static str,
    /// What cargo is asked to see whether it is there.
    probe: &'static [&'static str],
    source: Source,
}

/// Where a tool comes from.
enum Source {
    /// crates.io, in this version.
    Crate { version: &'static str },
    /// The Rust toolchain.
    Component,
}

pub(crate) const RUSTFMT: Tool =
    Tool { name: "rustfmt", probe: &["fmt", "--version"], source: Source::Component };
pub(crate) const CLIPPY: Tool =
    Tool { name: "clippy", probe: &["clippy", "--version"], source: Source::Component };
pub(crate) const CARGO_DENY: Tool =
    Tool { name: "cargo-deny", probe: &["deny", "--version"], source: Source::Crate { version: "0.20.2" } };
pub(crate) const CARGO_NEXTEST: Tool = Tool {
    name: "cargo-nextest",
    probe: &["nextest", "--version"],
    source: Source::Crate { version: "0.9.143" },
};

const TOOLS: [&Tool; 4] = [&RUSTFMT, &CLIPPY, &CARGO_DENY, &CARGO_NEXTEST];

impl Tool {
    fn is_there(&self) -> bool {
        succeeds(&mut cargo(self.probe))
    }

    /// Installs it if it is missing.
    fn ensure(&self) -> anyhow::Result<bool> {
        if self.is_there() {
            return Ok(true);
        }
        println!("{} is missing and will be installed.", self.name);
        let installed = match self.source {
            Source::Crate { version } => {
                run(&mut cargo(&["install", "--locked", self.name, "--version", version]))?
            }
            Source::Component => {
                let mut rustup = Command::new("rustup");
                rustup.args(["component", "add", self.name]);
                succeeds(&mut rustup)
            }
        };
        Ok(installed && self.is_there())
    }
}

/// What is missing after setting up.
pub(crate) struct Missing {
    tools: Vec<&'static str>,
    /// Whether a crate of `Cargo.lock` is missing, of any platform.
    pub(crate) crates: bool,
    /// Whether a crate of `fuzz/Cargo.lock` is.
    pub(crate) fuzz_crates: bool,
    /// The Python environment of the emulator of AWS, or why there is none.
    pub(crate) aws_server: Result<PathBuf, String>,
}

impl Missing {
    pub(crate) fn has(&self, tool: &Tool) -> bool {
        self.tools.contains(&tool.name)
    }

    fn is_empty(&self) -> bool {
        self.tools.is_empty() && !self.crates && !self.fuzz_crates && self.aws_server.is_ok()
    }
}

/// Installs and fetches what is missing.
pub(crate) fn prepare() -> anyhow::Result<Missing> {
    let mut tools = Vec::new();
    for tool in TOOLS {
        if !tool.ensure()? {
            println!("{} could not be installed.", tool.name);
            tools.push(tool.name);
        }
    }
    let crates = !fetch("Cargo.toml")?;
    let fuzz_crates = !fetch("fuzz/Cargo.toml")?;
    let aws_server = aws_server::ensure()?;
    if let Err(reason) = &aws_server {
        println!("The {} could not be installed: {reason}.", aws_server::NAME);
    }
    Ok(Missing { tools, crates, fuzz_crates, aws_server })
}

/// Whether all crates of a manifest's lock file are here, fetched if need be.
fn fetch(manifest: &str) -> anyhow::Result<bool> {
    println!("$ cargo fetch --locked --manifest-path {manifest}");
    let mut command = cargo(&["fetch", "--locked", "--quiet", "--manifest-path", manifest]);
    let said = command.output().context("start cargo")?;
    let text = String::from_utf8_lossy(&said.stderr);
    eprint!("{text}");
    // A stale lock file is not for want of a network. The check that needs it runs, and fails, and says so.
    Ok(said.status.success() || text.contains("--locked"))
}

/// The command.
pub(crate) fn setup() -> anyhow::Result<bool> {
    let missing = prepare()?;
    if missing.is_empty() {
        println!("Everything the tests need is here.");
    } else {
        println!("Not everything is here; the checks that need it will be skipped, and say so.");
    }
    Ok(missing.is_empty() || !is_ci())
}

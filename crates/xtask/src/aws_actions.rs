//! `cargo xtask aws-actions`: which IAM actions each operation of AWS needs, written to `crates/aws/data`.
//!
//! AWS publishes it, service by service, in its service reference (`Operations`, `AuthorizedActions`); a crate
//! carries a dated copy of all of it. The version is pinned, so whoever runs this gets the same bytes.

mod corrections;
mod notes;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::Read as _;
use std::path::Path;

use anyhow::{Context as _, bail, ensure};
use flate2::read::GzDecoder;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::generated::{compress, write};
use crate::process::{cargo, root, run};
use crate::scratch::Scratch;

/// The compressed mapping may not be larger: it is part of every binary.
const MOST_BYTES: usize = 60_000;

/// The package, the checksum its registry has of it, and that of the file taken from it.
const PACKAGE: &str = "cloudcover-aws";
const VERSION: &str = "0.2.3";
const PACKAGE_SHA256: &str = "e3d1d845db00237c0adea0eb3422627c59f4cf6b856ca099105c18f66183011b";
const FILE: &str = "data/sar/catalog.json";
const FILE_SHA256: &str = "004d21619dbe95ebb3c4f77600173de02bbe7a84a80c83afbc21e2b8008b215a";
/// The day of the newest of AWS's documents in it; each says when it was modified.
const DATE: &str = "2026-10-24";

/// What operations need, by the service names of the public models.
#[derive(Default)]
struct Mapping {
    services: BTreeMap<String, Service>,
}

/// One service of the public models.
#[derive(Default)]
struct Service {
    /// What its IAM actions begin with.
    prefix: String,
    /// The actions of each operation; none where AWS says nothing.
    operations: BTreeMap<String, BTreeSet<String>>,
}

/// How much there is.
#[derive(Default)]
struct Counts {
    services: usize,
    operations: usize,
    /// AWS lists no action.
    silent: usize,
    /// An action is listed that the catalogue does not have.
    newer: usize,
    /// The one action has the name of the operation.
    own: usize,
    /// Written down, because the name alone does not say it.
    written: usize,
    text: usize,
    compressed: usize,
}

/// The command.
pub(crate) fn aws_actions(args: &[&str]) -> anyhow::Result<bool> {
    ensure!(args.is_empty(), "`aws-actions` takes nothing");
    let scratch = Scratch::new()?;
    let source = fetch(scratch.path())?;
    let mut mapping = Mapping::read(&source)?;
    let data = root().join("crates/aws/data");
    let corrections = data.join("corrections.txt");
    let corrections =
        std::fs::read_to_string(&corrections).with_context(|| format!("read `{}`", corrections.display()))?;
    let corrections = corrections::parse(&corrections)?;
    for correction in &corrections {
        correction.apply(&mut mapping)?;
    }
    let (text, mut counts) = mapping.text(&catalogue()?)?;
    let compressed = compress(&text)?;
    ensure!(compressed.len() < MOST_BYTES, "the mapping has {} bytes, too many", compressed.len());
    counts.text = text.len();
    counts.compressed = compressed.len();
    write(&data.join("operations.txt.gz"), &compressed)?;
    write(&data.join("SOURCES.md"), notes::page(&counts, corrections.len()).as_bytes())?;
    write(&data.join("licenses/cloudcover-aws-MIT.txt"), notes::LICENSE.as_bytes())?;
    Ok(true)
}

/// Has cargo fetch the package, and holds what came against the checksums.
fn fetch(folder: &Path) -> anyhow::Result<Value> {
    let manifest = format!(
        "[package]\nname = \"fetch\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[workspace]\n\n\
         [dependencies]\n{PACKAGE} = \"={VERSION}\"\n"
    );
    std::fs::create_dir_all(folder.join("src"))?;
    std::fs::write(folder.join("Cargo.toml"), manifest)?;
    std::fs::write(folder.join("src/lib.rs"), "")?;
    let vendored =
        run(cargo(&["vendor", "--quiet", "vendor"]).current_dir(folder).stdout(std::process::Stdio::null()))?;
    ensure!(vendored, "{PACKAGE} could not be fetched");
    let package = folder.join("vendor").join(PACKAGE);
    let checksums = json(&std::fs::read(package.join(".cargo-checksum.json"))?)?;
    let found = checksums.get("package").and_then(Value::as_str).unwrap_or_default();
    ensure!(found == PACKAGE_SHA256, "{PACKAGE} has the SHA-256 {found}, expected {PACKAGE_SHA256}");
    let manifest = std::fs::read_to_string(package.join("Cargo.toml"))?;
    ensure!(manifest.contains("\nlicense = \"MIT\"\n"), "{PACKAGE} is no longer under the MIT license");
    let bytes = std::fs::read(package.join(FILE)).with_context(|| format!("read {FILE} of {PACKAGE}"))?;
    let found: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    ensure!(found == FILE_SHA256, "{FILE} has the SHA-256 {found}, expected {FILE_SHA256}");
    json(&bytes)
}

impl Mapping {
    /// Reads AWS's documents. Every operation names the client of boto3 that has it, and so its service.
    fn read(source: &Value) -> anyhow::Result<Self> {
        let mut mapping = Self::default();
        let mut newest = 0;
        for service in list(source, "services") {
            let prefix = text(service, "service")?;
            newest = newest.max(service.get("modified").and_then(Value::as_u64).unwrap_or_default());
            let document = service.get("document").context("a service without its document")?;
            for operation in list(document, "Operations") {
                let name = text(operation, "Name")?;
                let mut actions = BTreeSet::new();
                for action in list(operation, "AuthorizedActions") {
                    actions.insert(format!("{}:{}", text(action, "Service")?, text(action, "Name")?));
                }
                for client in list(operation, "SDK") {
                    if text(client, "Package")? != "Boto3" {
                        continue;
                    }
                    let mapped = mapping.services.entry(text(client, "Name")?.to_owned()).or_default();
                    ensure!(
                        mapped.prefix.is_empty() || mapped.prefix == prefix,
                        "one service has the prefixes {} and {prefix}",
                        mapped.prefix
                    );
                    prefix.clone_into(&mut mapped.prefix);
                    let before = mapped.operations.insert(name.to_owned(), actions.clone());
                    ensure!(before.is_none(), "{prefix} has {name} twice");
                }
            }
        }
        let found = day(newest);
        ensure!(found == DATE, "the newest document is of {found}, expected {DATE}");
        Ok(mapping)
    }

    /// The text the mapping is kept as: a line for each service, and below it one for each operation that does
    /// not simply need the action of its own name. `crates/aws/src/actions/read.rs` reads it.
    fn text(&self, catalogue: &BTreeMap<String, String>) -> anyhow::Result<(String, Counts)> {
        let mut out = String::from("Generated by `cargo xtask aws-actions`. Format 1.\n");
        writeln!(out, "date {DATE}")?;
        let mut counts = Counts { services: self.services.len(), ..Counts::default() };
        for (name, service) in &self.services {
            writeln!(out, "= {name} {}", service.prefix)?;
            for (operation, actions) in &service.operations {
                counts.operations += 1;
                let own = catalogue.get(&format!("{}:{operation}", service.prefix).to_lowercase());
                let known: Option<Vec<&String>> =
                    actions.iter().map(|action| catalogue.get(&action.to_lowercase())).collect();
                match known.as_deref() {
                    Some([]) => counts.silent += 1,
                    Some([only]) if own == Some(only) => counts.own += 1,
                    Some(known) => {
                        let prefix = format!("{}:", service.prefix);
                        let names = known.iter().map(|action| action.strip_prefix(&prefix).unwrap_or(action));
                        let names: Vec<&str> = names.collect();
                        writeln!(out, "{operation} {}", names.join(" "))?;
                        counts.written += 1;
                    }
                    None => {
                        counts.newer += 1;
                        // Without the line, the action of its own name would be taken for all it needs.
                        if own.is_some() {
                            writeln!(out, "{operation} ?")?;
                        }
                    }
                }
            }
        }
        Ok((out, counts))
    }
}

/// The names of all actions of the catalogue, by their lower case.
fn catalogue() -> anyhow::Result<BTreeMap<String, String>> {
    let path = root().join("crates/iam/data/actions.txt.gz");
    let bytes = std::fs::read(&path).with_context(|| format!("read `{}`", path.display()))?;
    let mut text = String::new();
    GzDecoder::new(bytes.as_slice()).read_to_string(&mut text)?;
    let mut sections: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut section = "";
    for line in text.lines() {
        match line.strip_prefix("= ").and_then(|head| head.split_once(": ")) {
            Some((name, _)) => section = name,
            None => sections.entry(section).or_default().push(line),
        }
    }
    let mut actions = sections.remove("actions").unwrap_or_default().into_iter();
    let mut names = BTreeMap::new();
    for service in sections.remove("services").unwrap_or_default() {
        let (prefix, _) = service.split_once('\t').context("a service of the catalogue")?;
        let count = service.rsplit('\t').next().and_then(|count| count.parse().ok());
        for action in actions.by_ref().take(count.context("how many actions a service has")?) {
            let name = format!("{prefix}:{action}");
            names.insert(name.to_lowercase(), name);
        }
    }
    if names.len() < 20_000 || actions.next().is_some() {
        bail!("the catalogue was not understood");
    }
    Ok(names)
}

fn list<'v>(value: &'v Value, member: &str) -> impl Iterator<Item = &'v Value> {
    value.get(member).and_then(Value::as_array).into_iter().flatten()
}

fn text<'v>(value: &'v Value, member: &str) -> anyhow::Result<&'v str> {
    value.get(member).and_then(Value::as_str).with_context(|| format!("`{member}` is missing"))
}

fn json(bytes: &[u8]) -> anyhow::Result<Value> {
    serde_json::from_slice(bytes).context("what was fetched is not JSON")
}

/// The day of a Unix time.
fn day(seconds: u64) -> String {
    // Days since 0000-03-01 in eras of 400 years, as the civil calendar repeats.
    let days = seconds / 86_400 + 719_468;
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let of_year = day - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let of_month = of_year - (153 * month + 2) / 5 + 1;
    let (month, carry) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    format!("{:04}-{month:02}-{of_month:02}", year + era * 400 + carry)
}

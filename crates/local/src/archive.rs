//! Evidence as files named by their SHA-256.

mod packs;

use std::fs;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use provost_core::model::Digest;
use provost_core::port::{Archive, PortResult};

use crate::{private_folder, unavailable};
use packs::Packs;

/// An archive in a folder: `objects/<first two digits>/<64 digits>`, and `packs/` for small pieces that
/// were put together.
///
/// A file appears whole or not at all: it is written beside and renamed. It survives the death of the
/// process; a power cut may lose the last ones, which `verify` then shows and a repeated run repairs.
#[derive(Debug)]
pub struct FileArchive {
    objects: PathBuf,
    beside: PathBuf,
    packs: Mutex<Packs>,
}

impl FileArchive {
    /// Opens the archive in this folder, making it if need be.
    ///
    /// # Errors
    /// When the folder cannot be made.
    pub fn open(folder: &Path) -> PortResult<Self> {
        let (objects, beside, packs) =
            (folder.join("objects"), folder.join("incoming"), folder.join("packs"));
        for folder in [&objects, &beside, &packs] {
            private_folder(folder)?;
        }
        Ok(Self { objects, beside: beside.clone(), packs: Mutex::new(Packs::new(packs, beside)) })
    }

    fn path(&self, digest: &Digest) -> PathBuf {
        let hex = digest.hex();
        let shelf: String = hex.chars().take(2).collect();
        self.objects.join(shelf).join(hex)
    }

    fn packs<T>(&self, act: impl FnOnce(&mut Packs) -> std::io::Result<T>) -> PortResult<T> {
        let mut packs = self.packs.lock().unwrap_or_else(PoisonError::into_inner);
        act(&mut packs).map_err(|error| unavailable("use the evidence packs in", packs.folder(), &error))
    }
}

/// Writes a file that appears whole or not at all. One that is there with these bytes is left alone.
fn write_whole(path: &Path, beside: &Path, bytes: &[u8]) -> std::io::Result<()> {
    if fs::read(path).is_ok_and(|present| present == bytes) {
        return Ok(());
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut file = tempfile::NamedTempFile::new_in(beside)?;
    file.write_all(bytes)?;
    file.persist(path)?;
    Ok(())
}

/// Removes a file; that it is not there is fine.
fn remove_file(path: &Path) -> std::io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}

#[async_trait]
impl Archive for FileArchive {
    async fn put(&self, bytes: &[u8]) -> PortResult<Digest> {
        let digest = Digest::of(bytes);
        let path = self.path(&digest);
        write_whole(&path, &self.beside, bytes)
            .map_err(|error| unavailable("write the evidence", &path, &error))?;
        Ok(digest)
    }

    async fn put_all(&self, pieces: &[Vec<u8>]) -> PortResult<Vec<Digest>> {
        self.packs(|packs| packs.put(pieces))
    }

    async fn get(&self, digest: &Digest) -> PortResult<Option<Vec<u8>>> {
        let path = self.path(digest);
        match fs::read(&path) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == ErrorKind::NotFound => self.packs(|packs| packs.get(digest)),
            Err(error) => Err(unavailable("read the evidence", &path, &error)),
        }
    }

    async fn remove(&self, digest: &Digest) -> PortResult<()> {
        let path = self.path(digest);
        remove_file(&path).map_err(|error| unavailable("remove the evidence", &path, &error))?;
        self.packs(|packs| packs.remove(digest))
    }
}

//! Evidence as files named by their SHA-256.

use std::fs;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use provost_core::model::Digest;
use provost_core::port::{Archive, PortResult};

use crate::{private_folder, unavailable};

/// An archive in a folder: `objects/<first two digits>/<64 digits>`.
///
/// An object appears whole or not at all: it is written beside and renamed. It survives the death of the
/// process; a power cut may lose the last ones, which `verify` then shows and a repeated run repairs.
#[derive(Debug)]
pub struct FileArchive {
    objects: PathBuf,
    beside: PathBuf,
}

impl FileArchive {
    /// Opens the archive in this folder, making it if need be.
    ///
    /// # Errors
    /// When the folder cannot be made.
    pub fn open(folder: &Path) -> PortResult<Self> {
        let archive = Self { objects: folder.join("objects"), beside: folder.join("incoming") };
        private_folder(&archive.objects)?;
        private_folder(&archive.beside)?;
        Ok(archive)
    }

    fn path(&self, digest: &Digest) -> PathBuf {
        let hex = digest.hex();
        let shelf: String = hex.chars().take(2).collect();
        self.objects.join(shelf).join(hex)
    }
}

#[async_trait]
impl Archive for FileArchive {
    async fn put(&self, bytes: &[u8]) -> PortResult<Digest> {
        let digest = Digest::of(bytes);
        let path = self.path(&digest);
        if fs::read(&path).is_ok_and(|present| present == bytes) {
            return Ok(digest);
        }
        let keep = || -> std::io::Result<()> {
            if let Some(shelf) = path.parent() {
                fs::create_dir_all(shelf)?;
            }
            let mut file = tempfile::NamedTempFile::new_in(&self.beside)?;
            file.write_all(bytes)?;
            file.persist(&path)?;
            Ok(())
        };
        keep().map_err(|error| unavailable("write the evidence", &path, &error))?;
        Ok(digest)
    }

    async fn get(&self, digest: &Digest) -> PortResult<Option<Vec<u8>>> {
        let path = self.path(digest);
        match fs::read(&path) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(unavailable("read the evidence", &path, &error)),
        }
    }

    async fn remove(&self, digest: &Digest) -> PortResult<()> {
        let path = self.path(digest);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                Err(unavailable("remove the evidence", &path, &error))
            }
            Ok(()) | Err(_) => Ok(()),
        }
    }
}

//! Reports as files of a folder.

use std::io::Write as _;
use std::path::{Component, Path, PathBuf};

use async_trait::async_trait;
use provost_core::port::{PortError, PortResult, ReportWriter, Reports};
use tempfile::NamedTempFile;

use crate::unavailable;

/// One file a key, under a folder. Reports are to be handed on: they are files like any one makes, not private
/// like the store.
#[derive(Debug)]
pub struct FolderReports {
    folder: PathBuf,
}

impl FolderReports {
    /// Reports in this folder, made when the first one is written.
    #[must_use]
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }
}

struct FileWriter {
    path: PathBuf,
    file: NamedTempFile,
}

#[async_trait]
impl Reports for FolderReports {
    fn link(&self, key: &str) -> String {
        self.folder.join(key).display().to_string()
    }

    async fn begin(&self, key: &str) -> PortResult<Box<dyn ReportWriter>> {
        let is_inside =
            !key.is_empty() && Path::new(key).components().all(|part| matches!(part, Component::Normal(_)));
        if !is_inside {
            let what = format!("write the report `{key}`");
            return Err(PortError::Unavailable { what, why: "its key leads out of the folder".to_owned() });
        }
        let path = self.folder.join(key);
        let open = || -> std::io::Result<NamedTempFile> {
            let folder = path.parent().unwrap_or(&self.folder);
            std::fs::create_dir_all(folder)?;
            tempfile::Builder::new().prefix(".provost-").tempfile_in(folder)
        };
        let file = open().map_err(|error| unavailable("write the report", &path, &error))?;
        Ok(Box::new(FileWriter { path, file }))
    }
}

#[async_trait]
impl ReportWriter for FileWriter {
    async fn write(&mut self, bytes: &[u8]) -> PortResult<()> {
        self.file.write_all(bytes).map_err(|error| unavailable("write the report", &self.path, &error))
    }

    async fn finish(self: Box<Self>) -> PortResult<()> {
        let Self { path, file } = *self;
        let persist = || -> std::io::Result<()> {
            #[cfg(unix)]
            {
                use std::os::unix::fs::PermissionsExt as _;
                file.as_file().set_permissions(std::fs::Permissions::from_mode(0o644))?;
            }
            file.persist(&path)?;
            Ok(())
        };
        persist().map_err(|error| unavailable("write the report", &path, &error))
    }

    async fn abandon(self: Box<Self>) {}
}

//! Files of CloudTrail records.

use std::collections::VecDeque;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use provost_core::port::{EventInput, EventInputs, PortError, PortResult};
use walkdir::WalkDir;

use crate::unavailable;

/// What event files are called inside a folder. A file named by the user may be called anything.
const EXTENSIONS: [&str; 6] = [".json", ".json.gz", ".ndjson", ".ndjson.gz", ".jsonl", ".jsonl.gz"];

/// Files and the files of folders, in order of path; `-` is standard input.
#[derive(Debug, Default)]
pub struct FileInputs {
    files: VecDeque<(PathBuf, Option<u64>)>,
    ignored: u64,
    total_bytes: Option<u64>,
    count: u64,
}

impl FileInputs {
    /// Finds the files. Nothing is read yet.
    ///
    /// # Errors
    /// When a path does not exist or a folder cannot be read.
    pub fn find(paths: &[PathBuf]) -> PortResult<Self> {
        let mut found = Self { total_bytes: Some(0), ..Self::default() };
        for path in paths {
            if path == Path::new("-") {
                found.total_bytes = None;
                found.files.push_back((path.clone(), None));
                continue;
            }
            let metadata = fs::metadata(path).map_err(|error| unavailable("read", path, &error))?;
            if metadata.is_dir() {
                found.walk(path)?;
            } else {
                found.add(path.clone(), metadata.len());
            }
        }
        found.count = found.files.len() as u64;
        Ok(found)
    }

    fn walk(&mut self, folder: &Path) -> PortResult<()> {
        for entry in WalkDir::new(folder).sort_by_file_name() {
            let entry = entry.map_err(|error| PortError::Unavailable {
                what: format!("read the folder `{}`", error.path().unwrap_or(folder).display()),
                why: error.to_string(),
            })?;
            if entry.file_type().is_dir() {
                continue;
            }
            let name = entry.file_name().to_string_lossy().to_ascii_lowercase();
            if entry.file_type().is_file() && EXTENSIONS.iter().any(|extension| name.ends_with(extension)) {
                let size = entry.metadata().map(|metadata| metadata.len()).unwrap_or_default();
                self.add(entry.into_path(), size);
            } else {
                self.ignored += 1;
            }
        }
        Ok(())
    }

    fn add(&mut self, path: PathBuf, size: u64) {
        self.total_bytes = self.total_bytes.map(|total| total + size);
        self.files.push_back((path, Some(size)));
    }

    /// How many files in folders are not called like event files and were left alone.
    #[must_use]
    pub fn ignored(&self) -> u64 {
        self.ignored
    }
}

impl EventInputs for FileInputs {
    fn next(&mut self) -> PortResult<Option<EventInput>> {
        let Some((path, size)) = self.files.pop_front() else { return Ok(None) };
        let name = path.display().to_string();
        let open = move || -> std::io::Result<Box<dyn Read + Send>> {
            if path == Path::new("-") {
                Ok(Box::new(std::io::stdin()))
            } else {
                Ok(Box::new(File::open(path)?))
            }
        };
        Ok(Some(EventInput { name, size, open: Box::new(open) }))
    }

    fn total(&self) -> Option<(u64, u64)> {
        self.total_bytes.map(|bytes| (self.count, bytes))
    }
}

//! Files of CloudTrail records.

use std::collections::VecDeque;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use provost_core::port::{EventInput, EventInputs, PortResult};
use walkdir::WalkDir;

use crate::unavailable;

/// What event files are called inside a folder. A file named by the user may be called anything.
const EXTENSIONS: [&str; 6] = [".json", ".json.gz", ".ndjson", ".ndjson.gz", ".jsonl", ".jsonl.gz"];

/// Files and the files of folders, in order of path; `-` is standard input.
#[derive(Debug, Default)]
pub struct FileInputs {
    files: VecDeque<Source>,
    ignored: u64,
    total_bytes: Option<u64>,
    count: u64,
}

/// A file, or what stands where one should.
#[derive(Debug)]
struct Source {
    path: PathBuf,
    size: Option<u64>,
    trouble: Option<String>,
}

impl FileInputs {
    /// Finds the files. Nothing is read yet.
    ///
    /// # Errors
    /// When a path does not exist. What cannot be read inside a folder fails when it is opened.
    pub fn find(paths: &[PathBuf]) -> PortResult<Self> {
        let mut found = Self { total_bytes: Some(0), ..Self::default() };
        for path in paths {
            if path == Path::new("-") {
                found.total_bytes = None;
                found.files.push_back(Source { path: path.clone(), size: None, trouble: None });
                continue;
            }
            let metadata = fs::metadata(path).map_err(|error| unavailable("read", path, &error))?;
            if metadata.is_dir() {
                found.walk(path);
            } else {
                found.add(path.clone(), metadata.len());
            }
        }
        found.count = found.files.len() as u64;
        Ok(found)
    }

    fn walk(&mut self, folder: &Path) {
        let before = self.files.len();
        for entry in WalkDir::new(folder).follow_links(true).sort_by_file_name() {
            let entry = match entry {
                Ok(entry) => entry,
                // A folder that cannot be read, or a link that leads round in circles: its turn comes, and
                // then it is reported like a file that cannot be read.
                Err(error) => {
                    let path = error.path().unwrap_or(folder).to_owned();
                    self.files.push_back(Source { path, size: None, trouble: Some(error.to_string()) });
                    continue;
                }
            };
            if entry.file_type().is_dir() {
                continue;
            }
            let name = entry.file_name().to_string_lossy().to_ascii_lowercase();
            if EXTENSIONS.iter().any(|extension| name.ends_with(extension)) {
                let size = entry.metadata().map(|metadata| metadata.len()).unwrap_or_default();
                self.add(entry.into_path(), size);
            } else {
                self.ignored += 1;
            }
        }
        if self.files.len() == before {
            let trouble = format!("the folder holds no event files ({})", EXTENSIONS.join(", "));
            self.files.push_back(Source { path: folder.to_owned(), size: None, trouble: Some(trouble) });
        }
    }

    fn add(&mut self, path: PathBuf, size: u64) {
        self.total_bytes = self.total_bytes.map(|total| total + size);
        self.files.push_back(Source { path, size: Some(size), trouble: None });
    }

    /// How many files in folders are not called like event files and were left alone.
    #[must_use]
    pub fn ignored(&self) -> u64 {
        self.ignored
    }
}

impl EventInputs for FileInputs {
    fn next(&mut self) -> PortResult<Option<EventInput>> {
        let Some(Source { path, size, trouble }) = self.files.pop_front() else { return Ok(None) };
        let name = path.display().to_string();
        let open = move || -> std::io::Result<Box<dyn Read + Send>> {
            match trouble {
                Some(trouble) => Err(std::io::Error::other(trouble)),
                None if path == Path::new("-") => Ok(Box::new(std::io::stdin())),
                None => Ok(Box::new(File::open(path)?)),
            }
        };
        Ok(Some(EventInput { name, size, open: Box::new(open) }))
    }

    fn total(&self) -> Option<(u64, u64)> {
        self.total_bytes.map(|bytes| (self.count, bytes))
    }
}

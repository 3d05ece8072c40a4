//! Messages as lines of a file.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use provost_core::port::{Message, Notifier, PortResult};

use crate::unavailable;

/// Appends each message as one JSON object a line (`alerts.ndjson`): `id`, `subject`, `text`, `body`,
/// `attributes`. For whatever follows files: a log shipper, `tail -f`, a script.
#[derive(Debug)]
pub struct FileNotifier {
    path: PathBuf,
}

impl FileNotifier {
    /// Messages in this file, made with its folder when the first one comes.
    #[must_use]
    pub fn new(path: &Path) -> Self {
        Self { path: path.to_owned() }
    }
}

#[async_trait]
impl Notifier for FileNotifier {
    /// A line a reader can still hold in memory.
    fn most_bytes(&self) -> usize {
        1024 * 1024
    }

    fn place(&self) -> String {
        format!("the file {}", self.path.display())
    }

    async fn notify(&self, message: &Message) -> PortResult<()> {
        let append = || -> std::io::Result<()> {
            if let Some(folder) = self.path.parent() {
                std::fs::create_dir_all(folder)?;
            }
            let mut line = serde_json::to_vec(message)?;
            line.push(b'\n');
            let mut file = std::fs::OpenOptions::new().append(true).create(true).open(&self.path)?;
            // In one piece, so that two writers do not mix their lines.
            file.write_all(&line)
        };
        append().map_err(|error| unavailable("append an alert to", &self.path, &error))
    }
}

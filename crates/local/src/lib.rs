//! Provost on one machine.
//!
//! The ports of `provost-core` over what every laptop has: a SQLite file, folders, the system's clock.

mod alerts;
mod archive;
mod clock;
mod estate;
mod inputs;
mod liveness;
mod metrics;
mod reports;
mod store;

pub use alerts::FileNotifier;
pub use archive::FileArchive;
pub use clock::{SystemClock, UuidIds};
pub use estate::{RecordedEstate, RecordingEstate};
pub use inputs::FileInputs;
pub use metrics::TextfileMetrics;
pub use reports::FolderReports;
pub use store::SqliteStore;

use std::fmt::Display;
use std::path::Path;

use provost_core::port::PortError;

/// `{what} `{path}`: {why}`.
fn unavailable(what: &str, path: &Path, why: &dyn Display) -> PortError {
    PortError::Unavailable { what: format!("{what} `{}`", path.display()), why: why.to_string() }
}

/// Makes a folder, and those around it, that only its owner can look into: evidence is sensitive.
fn private_folder(path: &Path) -> Result<(), PortError> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(|error| unavailable("make the folder", path, &error))
}

/// Makes a file, if it is not there, that only its owner can read, whatever folder it lies in.
fn private_file(path: &Path) -> Result<(), PortError> {
    let mut options = std::fs::OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop).map_err(|error| unavailable("make the file", path, &error))
}

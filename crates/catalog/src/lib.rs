//! Provost's catalog: the built-in one, embedded in the binary, and what users add to it.
//!
//! A catalog is a folder of data. `--catalog DIR` adds a folder of the same layout: a file whose id is
//! new adds a rule or resource type, one whose id is known replaces the built-in one, which is said aloud
//! and recorded. `--rules DIR` adds Sigma rules from any folder, as the world publishes them.

mod cases;
mod folder;
mod load;

pub use cases::{CaseReport, run_cases};
pub use folder::{Folder, FolderError, SourceFile};
pub use load::{CatalogError, load};

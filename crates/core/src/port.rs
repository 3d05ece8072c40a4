//! What the jobs need of the world, as the smallest traits that serve them.
//!
//! Every promise stands in a doc comment and is held by the suite in [`contract`], which every adapter
//! passes. Ports are object-safe, asynchronous a page at a time, and know no runtime.

mod archive;
mod clock;
pub mod contract;
mod estate;
mod evaluations;
mod event_inputs;
mod findings;
mod locks;
pub mod memory;
mod metrics;
mod notifier;
mod outbox;
mod progress;
mod reports;
mod resources;
mod rule_results;
mod runs;
mod users;
mod violations;
mod waivers;

pub use archive::{Archive, EvidenceIndex, EvidenceReference};
pub use clock::{Clock, Ids};
pub use estate::{AccountScope, Answer, AnswerPage, Call, Estate, EstateScope, Failure};
pub use evaluations::Evaluations;
pub use event_inputs::{EventInput, EventInputs, OpenInput};
pub use findings::{FindingHub, Imported, NotImported};
pub use locks::{Acquired, Lock, Locks};
pub use metrics::{Metric, Metrics, Unit};
pub use notifier::{MOST_SUBJECT, Message, Notifier};
pub use outbox::{Outbox, Outgoing, Told};
pub use progress::{NoProgress, Progress};
pub use reports::{ReportWriter, Reports};
pub use resources::{Resources, Swept};
pub use rule_results::RuleResults;
pub use runs::Runs;
pub use users::{Scan, Scanned, Unwritten, Users};
pub use violations::{Recorded, Violations};
pub use waivers::Waivers;

/// What can go wrong behind a port, as far as a caller can act on it.
#[derive(Debug, thiserror::Error)]
pub enum PortError {
    /// It cannot be reached, opened, read or written.
    #[error("{what}: {why}")]
    Unavailable {
        /// What was tried, with its name: `open the store .provost/provost.db`.
        what: String,
        /// What the system said.
        why: String,
    },
    /// It answers, and the answer is not what was once written there.
    #[error("{what} is damaged: {why}")]
    Damaged {
        /// Which item.
        what: String,
        /// How it shows.
        why: String,
    },
    /// It was written by a newer Provost.
    #[error("{what} has schema {found}, this build knows up to {known}; use the newer provost that wrote it")]
    Newer {
        /// Which store or item.
        what: String,
        /// Its version.
        found: u32,
        /// Ours.
        known: u32,
    },
}

/// The result of a port call.
pub type PortResult<T> = Result<T, PortError>;

/// Some items in order, and where to go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// The items.
    pub items: Vec<T>,
    /// Pass it as `after` for the next page; `None` at the end.
    pub next: Option<String>,
}

impl<T> Page<T> {
    /// A page that ends the list.
    #[must_use]
    pub fn last(items: Vec<T>) -> Self {
        Self { items, next: None }
    }
}

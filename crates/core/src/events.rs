//! CloudTrail records, read as the world delivers them.
//!
//! [`read_records`] streams: memory is bounded by the largest record, whatever the size of the file.
//! Each record is scanned once, and only the few members that decide which rules could match are looked
//! at ([`Probe`]); a full document is built by the detector, for candidates alone.

mod probe;
mod reader;
mod window;

pub use probe::{Probe, Seen};
pub use reader::{Item, MAX_RECORD_BYTES, Record, read_records};

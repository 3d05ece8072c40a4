//! Where CloudTrail records are read from.

use std::io::Read;

use super::PortResult;

/// Opens an input; called once, on the thread that reads it.
pub type OpenInput = Box<dyn FnOnce() -> std::io::Result<Box<dyn Read + Send>> + Send>;

/// One file, object or stream of CloudTrail records.
pub struct EventInput {
    /// As the user named it; `-` for standard input.
    pub name: String,
    /// Its size in bytes as stored, where known. For progress only.
    pub size: Option<u64>,
    /// Opens it. The bytes may be gzip or not; the reader finds out.
    pub open: OpenInput,
}

/// The inputs, in a stable order.
pub trait EventInputs: Send {
    /// The next input, `None` at the end. Naming an input must not read it.
    fn next(&mut self) -> PortResult<Option<EventInput>>;

    /// How many inputs and bytes there are in all, where that is known up front.
    fn total(&self) -> Option<(u64, u64)>;
}

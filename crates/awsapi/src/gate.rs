//! The gate: whoever builds a client may look at each call before it leaves, and refuse it.
//! This crate has no opinion on what may be called; it only promises to ask, every time.

use crate::Call;

/// Asked before each logical call (and again for each page of a paginated one); never for a retry of the
/// same call.
pub trait Gate: Send + Sync {
    /// Admits the call, or says why not: the reason becomes `ErrorKind::Refused` and nothing is sent.
    ///
    /// # Errors
    /// The reason, in a sentence for the person who started the program.
    fn admit(&self, call: &Call) -> Result<(), String>;
}

/// Admits everything: the gate of a client that was given none.
#[derive(Debug, Clone, Copy, Default)]
pub struct Open;

impl Gate for Open {
    fn admit(&self, _call: &Call) -> Result<(), String> {
        Ok(())
    }
}

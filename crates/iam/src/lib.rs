//! The AWS policy language.
//!
//! Today this crate parses policy documents the way the world writes them: URL-encoded or plain,
//! scalars where lists are meant, as text or as JSON. Evaluation is built on these types.
//!
//! It knows nothing of Provost, opens no file and reads no clock.

mod decode;
mod document;

pub use decode::percent_decode;
pub use document::{Condition, Effect, Matching, Policy, PolicyError, Principals, Statement};

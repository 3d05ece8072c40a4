//! The AWS policy language.
//!
//! Today this crate parses policy documents the way the world writes them: URL-encoded or plain,
//! scalars where lists are meant, as text or as JSON. Evaluation is built on these types.
//!
//! It knows nothing of Provost, opens no file and reads no clock.

pub mod actions;
mod caller;
pub mod can;
mod condition;
pub mod decide;
mod decode;
mod document;
pub mod escalation;
pub mod facts;
#[cfg(feature = "assurance")]
pub mod generate;
pub mod guard;
pub mod layers;
pub mod locate;
pub mod managed;
#[cfg(feature = "assurance")]
pub mod mutant;
#[cfg(not(feature = "assurance"))]
mod mutant;
pub mod outcome;
mod pattern;
pub mod principal;
mod principals;
pub mod request;
pub mod scenario;
#[cfg(feature = "assurance")]
pub mod spec;
mod statement;
mod truth;

pub use decode::percent_decode;
pub use document::{Condition, Effect, Matching, Policy, PolicyError, Principals, Statement};

//! The crate from outside: what its users see.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::print_stderr,
    clippy::print_stdout,
    reason = "a test stops at the first thing that is not as it should be"
)]

mod actions;
mod allocations;
mod conformance;
mod data;
#[cfg(feature = "assurance")]
mod differential;
mod facts;
mod guard;
mod hostile;
mod lint;
mod locate;
#[cfg(feature = "assurance")]
mod properties;

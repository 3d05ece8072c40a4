//! The ports' contracts over the memory adapters, and the jobs through their ports.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::print_stderr,
    reason = "a test stops at the first thing that is not as it should be"
)]

mod contracts;
mod policy;
mod publish;
mod runner;
mod scan;

//! The binary as its users meet it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::print_stderr,
    reason = "a test stops at the first thing that is not as it should be"
)]

mod demo;
mod detect;
mod estate;
mod exit_codes;
mod kill;
mod policy;
mod real_events;
mod reports;
mod secrets;
mod support;
mod verify;

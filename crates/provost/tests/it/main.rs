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

mod access;
mod demo;
mod detect;
#[cfg(feature = "aws")]
mod emulator;
mod estate;
mod exit_codes;
mod findings;
mod kill;
#[cfg(feature = "aws")]
mod live;
mod policy;
#[cfg(feature = "aws")]
mod posture;
mod publish;
mod real_events;
mod reports;
mod schedule;
mod secrets;
mod since;
mod support;
mod verify;

//! The real function under Lambda's interface, with the emulator of AWS and an invented IAM behind it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::print_stderr,
    reason = "a test stops at the first thing that is not as it should be"
)]

mod cold_start;
mod collect;
mod config_rule;
mod emulator;
mod failures;
mod four_functions;
mod function;
mod scan;
mod start;

//! The built-in catalog holds what it promises, and users' additions do what they say.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::print_stderr,
    reason = "a test stops at the first thing that is not as it should be"
)]

mod additions;
mod built_in;
mod detection;
mod reference;

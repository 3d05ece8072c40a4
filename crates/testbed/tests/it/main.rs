//! The servers do what their users' tests rely on.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::print_stderr,
    reason = "a test stops at the first thing that is not as it should be"
)]

mod aws_server;
mod browser;
mod fault_server;
mod iam_estate;
mod lambda_runtime;

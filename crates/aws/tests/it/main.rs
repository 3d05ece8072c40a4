//! The adapters on AWS keep every promise of their ports, and the guard before them keeps its own.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a test stops at the first thing that is not as it should be"
)]

mod actions;
mod cloudwatch;
mod config_rule;
mod dynamo;
mod guard;
mod local_client;
mod permissions;
mod s3_archive;
mod s3_reports;
mod security_hub;
mod smoke;
mod sns;

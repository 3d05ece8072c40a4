//! Tidy: what holds the repository in order, beyond what the compiler sees.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "all of it is tests, also what stands outside of `#[test]`"
)]

mod architecture;
mod catalog;
mod documentation;
mod repository;
mod scripts;
mod sources;

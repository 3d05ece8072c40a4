//! Tidy: what holds the repository in order, beyond what the compiler sees.

mod architecture;
mod catalog;
mod documentation;
mod repository;
mod scripts;
mod sources;

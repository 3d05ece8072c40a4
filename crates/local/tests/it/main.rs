//! The local adapters keep every promise of their ports, and what is theirs beyond.

mod contracts;
mod locks;
mod store;

//! The verbs as jobs: what each does, over the ports it needs.

pub mod assess;
pub mod collect;
pub mod config_rule;
pub mod detect;
pub mod findings;
pub mod publish;
pub mod report;
mod runner;
pub mod scan;
pub mod verify;

pub use runner::{Execution, Finished, JobError, Order, Runner, Work};

//! What Provost thinks.
//!
//! Sources give facts, rules judge facts, the ledger keeps verdicts and the evidence for them. This
//! crate holds the model, the rules, the jobs, the ports they need and the renderers. It has no clock,
//! opens no file, speaks to no network and reads no environment: all of that comes through [`port`].

pub mod catalog;
pub mod collect;
pub mod compare;
pub mod config_rule;
pub mod detection;
pub mod events;
pub mod filter;
pub mod job;
pub mod log;
pub mod model;
pub mod owner;
pub mod policy;
pub mod port;
pub mod posture;
pub mod redact;
pub mod render;
pub mod review;
pub mod schedule;
pub mod waiver;

//! The AWS policy language: parse documents, decide requests, reason about what policies can allow.
//!
//! [`decide::Engine`] judges one request against every layer of policies AWS knows. [`can`] asks whether there
//! is any request that is allowed; [`facts`] (what a document means), [`guard`] (promises, proved) and
//! [`lint`] rest on it. [`scenario`] reads requests and policies as people write them.
//!
//! The rules are in `docs/reference/policy-evaluation.md`, each with the page of AWS's documentation behind it.
//! The crate knows nothing of Provost, opens no file and reads no clock.

pub mod actions;
mod caller;
pub mod can;
mod condition;
pub mod decide;
mod decode;
mod document;
pub mod escalation;
pub mod facts;
#[cfg(feature = "assurance")]
pub mod generate;
pub mod guard;
pub mod layers;
pub mod lint;
pub mod locate;
pub mod managed;
#[cfg(feature = "assurance")]
pub mod mutant;
#[cfg(not(feature = "assurance"))]
mod mutant;
pub mod outcome;
mod pattern;
pub mod principal;
mod principals;
pub mod request;
pub mod scenario;
#[cfg(feature = "assurance")]
pub mod spec;
mod statement;
mod truth;

pub use decode::percent_decode;
pub use document::{Condition, Effect, Matching, Policy, PolicyError, Principals, Statement};

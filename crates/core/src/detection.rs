//! What must not happen: Sigma rules over CloudTrail records.
//!
//! The rules are evaluated by `rsigma-eval`. What is ours is the way to them: rules are indexed by event
//! source and name ([`Index`]), so that a document is built only for records some rule could match. And what
//! a policy means, which no rule could tell from its text ([`PolicyFacts`]).

mod detector;
mod facts;
mod index;
mod necessary;
mod policy_book;
mod policy_events;
mod policy_facts;
mod policy_fields;
mod policy_view;
mod rule;

pub use detector::{Detector, Matched};
pub use facts::EventFacts;
pub use index::{Candidates, Index};
pub use policy_book::PolicyBook;
pub use policy_facts::PolicyFacts;
pub use rule::{DetectionRule, Loaded, NotLoaded, load_sigma};

//! What must not happen: Sigma rules over CloudTrail records.
//!
//! The rules are evaluated by `rsigma-eval`. What is ours is the way to them: rules are indexed by event
//! source and name ([`Index`]), so that a document is built only for records some rule could match.

mod detector;
mod facts;
mod index;
mod necessary;
mod rule;

pub use detector::{Detector, Matched};
pub use facts::EventFacts;
pub use index::{Candidates, Index};
pub use rule::{DetectionRule, Loaded, NotLoaded, load_sigma};

//! What is configured wrong: CEL rules over resource documents.
//!
//! A rule is asked only about what was read. The paths its expressions name are known when it is loaded;
//! if one of them touches something unread, the verdict is `Unknown` with the call and the reason, and
//! CEL is not asked: `has(x.y)` of an unread `y` would be false, which is a lie.

mod assessor;
mod functions;
pub mod log_filter;
mod paths;
mod patterns;
mod policy_functions;
mod rule;

pub use assessor::{Assessor, Judgement};
pub use paths::reads;
pub use rule::{AbsentMeans, PostureRule, PostureRuleError};

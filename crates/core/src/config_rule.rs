//! Custom rules of AWS Config: what it asks, and what it may be answered.
//!
//! Config sends an event when a resource has changed, or on a schedule, and takes verdicts for an answer. An event
//! is a trigger and nothing more: the configuration it carries is in a shape of Config's own and may be old by the
//! time it arrives, so the resource is read live, as for every other job.
//!
//! Config knows no *unknown*, and an answer that is not given leaves that of yesterday standing. So unknown is
//! answered as `NON_COMPLIANT`, with an annotation that begins with `UNKNOWN:` and names the call.

mod answer;
mod event;
mod one;
mod parameters;

pub(crate) use answer::call_and_code;
pub use answer::{ACCOUNT_TYPE, Compliance, MOST_ANNOTATION, RuleResult, name_in_config};
pub use event::{ChangedItem, RuleEvent, RuleEventError, Trigger};
pub use one::OneResource;
pub use parameters::{find_rule, typed_parameters};

//! What every adapter of a port must do, as functions any adapter's tests can call.
//!
//! Each takes a fresh, empty adapter. They panic on the first promise that is not kept, as tests do.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    reason = "these are tests, published so that every adapter can run them"
)]

mod archive;
mod evaluations;
mod evidence_index;
mod findings;
mod locks;
mod notifier;
mod outbox;
mod reports;
mod resources;
mod rule_results;
mod runs;
mod samples;
mod users;
mod violations;
mod waivers;

#[cfg(test)]
pub(crate) fn sample_resource() -> crate::model::Resource {
    samples::resource("arn:aws:s3:::a", "111122223333")
}

pub use archive::archive;
pub use evaluations::evaluations;
pub use evidence_index::evidence_index;
pub use findings::finding_hub;
pub use locks::locks;
pub use notifier::notifier;
pub use outbox::outbox;
pub use reports::reports;
pub use resources::resources;
pub use rule_results::rule_results;
pub use runs::runs;
pub use users::users;
pub use violations::violations;
pub use waivers::waivers;

//! What a loaded catalog is. Loading it is the `provost-catalog` crate's business.

use crate::collect::ResourceType;
use crate::detection::{DetectionRule, NotLoaded};
use crate::model::Digest;
use crate::posture::PostureRule;
use crate::redact::Secrets;

/// Everything Provost knows, built-in and added.
#[derive(Debug)]
pub struct Catalog {
    /// How to read each resource type, by name.
    pub resource_types: Vec<ResourceType>,
    /// Posture rules, by id.
    pub posture: Vec<PostureRule>,
    /// Detections, by id.
    pub detections: Vec<DetectionRule>,
    /// Which members are secret.
    pub secrets: Secrets,
    /// The digest of all files in force.
    pub digest: Digest,
    /// Built-in files that a user's file replaced.
    pub replaced: Vec<Replaced>,
    /// Files of the user's that could not be loaded.
    pub not_loaded: Vec<NotLoaded>,
}

/// A built-in file that a user's file replaced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replaced {
    /// The rule's id, or the resource type.
    pub id: String,
    /// The user's file.
    pub by: String,
}

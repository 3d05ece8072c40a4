//! What a loaded catalog is. Loading it is the `provost-catalog` crate's business.

use std::collections::BTreeSet;

use crate::collect::ResourceType;
use crate::detection::{DetectionRule, NotLoaded};
use crate::model::{Digest, LeftOut, Run};
use crate::posture::PostureRule;
use crate::redact::Secrets;
use crate::waiver::WaiverFile;

/// What the entry of rules that were not selected ends with, among what a run left out.
const UNSELECTED: &str = " posture rules";

/// Everything Provost knows, built-in and added.
#[derive(Debug)]
pub struct Catalog {
    /// How to read each resource type, by name.
    pub resource_types: Vec<ResourceType>,
    /// Posture rules, by id.
    pub posture: Vec<PostureRule>,
    /// The ids of the posture rules that [`Catalog::select`] left out.
    pub unselected: Vec<String>,
    /// Detections, by id.
    pub detections: Vec<DetectionRule>,
    /// Who accepted what, as catalog folders say: `waivers.yaml`.
    pub waivers: WaiverFile,
    /// Which members are secret.
    pub secrets: Secrets,
    /// The digest of all files in force.
    pub digest: Digest,
    /// Built-in files that a user's file replaced.
    pub replaced: Vec<Replaced>,
    /// Files of the user's that could not be loaded.
    pub not_loaded: Vec<NotLoaded>,
}

impl Catalog {
    /// The paths that the rules about a resource type read of its documents.
    #[must_use]
    pub fn reads_of(&self, resource_type: &str) -> BTreeSet<String> {
        let rules = self.posture.iter().filter(|rule| rule.resource_type == resource_type);
        rules.flat_map(PostureRule::reads).map(str::to_owned).collect()
    }

    /// What a run over this catalog does not judge by, for people to see.
    #[must_use]
    pub fn left_out(&self) -> Option<LeftOut> {
        let (left_out, selected) = (self.unselected.len(), self.posture.len());
        (left_out > 0).then(|| LeftOut {
            what: format!("{left_out}{UNSELECTED}"),
            why: format!("{selected} were selected"),
        })
    }

    /// Whether a run judged by some of the rules only.
    #[must_use]
    pub fn was_selected(run: &Run) -> bool {
        run.statistics.left_out.iter().any(|it| it.what.ends_with(UNSELECTED))
    }

    /// Leaves only the posture rules that one of these patterns names: an id, or one with `*` for any text.
    ///
    /// # Errors
    /// With the first pattern that names none.
    pub fn select(&mut self, patterns: &[String]) -> Result<(), String> {
        let names = |pattern: &String, rule: &PostureRule| is_like(pattern, &rule.stamp.id);
        let idle = patterns.iter().find(|pattern| !self.posture.iter().any(|rule| names(pattern, rule)));
        if let Some(idle) = idle {
            return Err(idle.clone());
        }
        let (selected, others): (Vec<_>, Vec<_>) = std::mem::take(&mut self.posture)
            .into_iter()
            .partition(|rule| patterns.iter().any(|pattern| names(pattern, rule)));
        self.posture = selected;
        self.unselected.extend(others.into_iter().map(|rule| rule.stamp.id));
        Ok(())
    }
}

/// Whether a text is like a pattern, in which `*` stands for any text.
fn is_like(pattern: &str, text: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut left) = text.strip_prefix(first) else { return false };
    let mut parts = rest.split('*').peekable();
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return left.ends_with(part);
        }
        match left.find(part).and_then(|at| left.get(at + part.len()..)) {
            Some(after) => left = after,
            None => return false,
        }
    }
    true
}

/// A built-in file that a user's file replaced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replaced {
    /// The rule's id, or the resource type.
    pub id: String,
    /// The user's file.
    pub by: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_is_any_text() {
        let check = |pattern: &str, text: &str, expect: bool| {
            assert_eq!(is_like(pattern, text), expect, "{pattern} {text}");
        };
        check("s3-encryption", "s3-encryption", true);
        check("s3-encryption", "s3-encryption-uses-kms", false);
        check("s3-*", "s3-encryption", true);
        check("*-encr*", "s3-encryption", true);
        check("*kms", "s3-encryption-uses-kms", true);
        check("s3*kms*", "s3-encryption", false);
        check("*", "x", true);
        check("a*a", "a", false);
    }
}

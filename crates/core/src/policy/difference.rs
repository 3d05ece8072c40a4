//! What two versions of a document allow that the other does not.

use provost_iam::facts::{Kind, Setting, Weakening, weakening};
use serde::Serialize;

use super::answer::{conditions, reason, witness};
use super::{Document, Witness};

/// How many examples each direction names.
const MOST: usize = 50;

/// The difference between two versions.
#[derive(Debug, Clone, Serialize)]
pub struct Difference {
    /// The old version's file.
    pub old: String,
    /// The new version's file.
    pub new: String,
    /// What the new version allows and the old one did not.
    pub gained: Direction,
    /// What the old version allowed and the new one does not.
    pub lost: Direction,
}

/// The difference in one direction.
#[derive(Debug, Clone, Serialize)]
pub struct Direction {
    /// Whether there is any: `yes`, `yes_if`, `no` or `unknown`.
    pub answer: &'static str,
    /// Why nobody can say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// One example for each action that stands for its like.
    pub access: Vec<GainedAccess>,
    /// There is more than is listed.
    pub more: bool,
}

/// Something one version allows and the other does not.
#[derive(Debug, Clone, Serialize)]
pub struct GainedAccess {
    /// The action.
    pub action: String,
    /// `yes` or `yes_if`.
    pub answer: &'static str,
    /// What it depends on.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<String>,
    /// A request that one version allows and the other does not.
    pub witness: Option<Witness>,
    /// The other version denies it, rather than not allowing it: without the Deny it is open to whoever has it
    /// from another policy.
    pub lifted: bool,
}

impl Difference {
    /// Compares two versions.
    #[must_use]
    pub fn of(
        old: (&str, &Document),
        new: (&str, &Document),
        kind: Option<Kind>,
        account: Option<&str>,
    ) -> Self {
        let setting = Setting { kind, account };
        let (before, after) = (old.1.policy(), new.1.policy());
        Self {
            old: old.0.to_owned(),
            new: new.0.to_owned(),
            gained: Direction::from(weakening(before, after, &setting, MOST)),
            lost: Direction::from(weakening(after, before, &setting, MOST)),
        }
    }
}

impl From<Weakening> for Direction {
    fn from(found: Weakening) -> Self {
        Self {
            answer: found.answer.as_str(),
            reason: reason(&found.answer),
            access: found
                .gained
                .iter()
                .map(|gained| GainedAccess {
                    action: gained.action.clone(),
                    answer: gained.answer.as_str(),
                    conditions: conditions(&gained.answer),
                    witness: witness(&gained.answer),
                    lifted: gained.lifted,
                })
                .collect(),
            more: found.more,
        }
    }
}

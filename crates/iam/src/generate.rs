//! Random cases: a request and its layers, made so that they meet.
//!
//! Evaluators are held against each other over them. A case starts from layers that allow its request; then a
//! few things are changed, since the interesting answers lie close to an allow. What comes out is written as
//! people write it, in the format of [`crate::scenario`].

mod choices;
mod condition;
mod dress;
mod layers;
mod pattern;
mod perturb;
mod scene;
mod statement;
mod vocabulary;

use serde::Deserialize as _;
use serde_json::Value;

pub use self::choices::Choices;
use self::scene::Scene;
use self::statement::Writer;
use crate::layers::Layers;
use crate::request::Request;
use crate::scenario::{LayersText, RequestText, ScenarioError};

/// Which features may occur in a case.
#[derive(Debug, Clone, Copy)]
pub struct Profile {
    /// Keys, layers, accounts and names nobody knows.
    unknown: bool,
    /// Where AWS is silent, and what it would have refused.
    silent: bool,
}

impl Profile {
    /// Everything evaluation can meet, broken and unknown things included.
    #[must_use]
    pub const fn everything() -> Self {
        Self { unknown: true, silent: true }
    }

    /// What AWS documents clearly: such a case always has an answer.
    #[must_use]
    pub const fn documented() -> Self {
        Self { unknown: false, silent: false }
    }
}

/// A request and its layers, as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// In the format of [`LayersText`].
    pub layers: Value,
    /// In the format of [`RequestText`].
    pub request: Value,
}

impl Case {
    /// Makes a case.
    #[must_use]
    pub fn generate(profile: &Profile, choices: &mut Choices) -> Self {
        let mut scene = Scene::new(profile, choices);
        let mut layers = match scene.facts() {
            Some(facts) => {
                Writer { profile, scene: &scene, facts: &facts, choices: &mut *choices, is_allow: true }
                    .layers()
            }
            None => layers::Drafts::new(),
        };
        // An odd thing is a change too, so that fewer others are needed.
        let changes = if profile.silent { [20, 34, 28, 18] } else { [6, 22, 34, 38] };
        for _ in 0..choices.weighted(&changes) {
            perturb::perturb(&mut scene, &mut layers, profile, choices);
        }
        if !profile.silent {
            scene.leave_out_what_cannot_be(&mut layers);
        }
        let mut request = scene.request();
        if profile.silent {
            for _ in 0..choices.weighted(&[45, 33, 22]) {
                dress::oddity(&mut request, &mut layers, choices);
            }
        }
        Self { layers: dress::dress(layers, profile.silent, choices), request: Value::Object(request) }
    }

    /// What an evaluator takes.
    ///
    /// # Errors
    /// [`ScenarioError`] would be a mistake of the generator.
    pub fn read(&self) -> Result<(Layers, Request), ScenarioError> {
        let field = |place: &str, error: serde_json::Error| ScenarioError::Field {
            place: place.to_owned(),
            problem: error.to_string(),
        };
        let layers = LayersText::deserialize(&self.layers).map_err(|error| field("layers", error))?;
        let request = RequestText::deserialize(&self.request).map_err(|error| field("request", error))?;
        let mut find = |name: &str| Err(format!("`{name}` is the name of a policy"));
        Ok((layers.read(&mut find)?, request.read()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::Outcome;

    const PROFILES: [Profile; 2] = [Profile::documented(), Profile::everything()];

    #[test]
    fn the_same_seed_gives_the_same_case() {
        for profile in &PROFILES {
            for seed in 0..200 {
                let make = || Case::generate(profile, &mut Choices::from_seed(seed));
                assert_eq!(make(), make(), "seed {seed}");
            }
        }
        let seeds = |from: u64| {
            let make = |seed| Case::generate(&PROFILES[0], &mut Choices::from_seed(seed)).request.to_string();
            (from..from + 200).map(make).collect::<std::collections::BTreeSet<_>>()
        };
        assert!(seeds(0).len() > 190 && seeds(0) != seeds(1_000_000));
    }

    #[test]
    fn every_case_can_be_read() {
        for profile in &PROFILES {
            for seed in 0..5_000 {
                let case = Case::generate(profile, &mut Choices::from_seed(seed));
                if let Err(error) = case.read() {
                    panic!("seed {seed}: {error}\n{case:#?}");
                }
            }
        }
    }

    #[test]
    fn any_bytes_make_a_case() {
        let mut choices = Choices::from_seed(7);
        for length in 0..400 {
            let bytes: Vec<u8> = (0..length).map(|_| u8::try_from(choices.below(256)).unwrap()).collect();
            for profile in &PROFILES {
                let case = Case::generate(profile, &mut Choices::from_bytes(&bytes));
                case.read().unwrap_or_else(|error| panic!("{bytes:?}: {error}\n{case:#?}"));
            }
        }
    }

    /// An evaluator that is wrong about an allow is found out only where something is allowed.
    #[test]
    fn outcomes_are_mixed_and_documented_cases_have_an_answer() {
        for profile in &PROFILES {
            let mut counts = std::collections::BTreeMap::<Outcome, usize>::new();
            for seed in 0..2_000 {
                let (layers, request) =
                    Case::generate(profile, &mut Choices::from_seed(seed)).read().unwrap();
                *counts.entry(crate::spec::decide(&layers, &request).outcome).or_default() += 1;
            }
            let count = |outcome: Outcome| counts.get(&outcome).copied().unwrap_or(0);
            assert!(count(Outcome::Allow) > 600, "{counts:?}");
            assert!(count(Outcome::ExplicitDeny) > 240, "{counts:?}");
            assert!(count(Outcome::ImplicitDeny) > 500, "{counts:?}");
            if profile.unknown {
                assert!(count(Outcome::Undetermined) > 100, "{counts:?}");
            } else {
                assert_eq!(count(Outcome::Undetermined), 0);
            }
        }
    }
}

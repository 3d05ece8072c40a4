//! The guard before every call: reads pass, secrets do not, and nothing is written but to places of our own.
//!
//! AWS's access levels are the beginning of the answer, not the end (`data/reads.txt` says why), so the rule is
//! written down here once. A call passes when
//!
//! 1. it is a step of a remediation whose plan somebody confirmed ([`RemediationPermit`]), or
//! 2. it uses a place that the configuration names as a [`Sink`] or [`Source`], and nothing outside of it, or
//! 3. all IAM actions it needs are of the levels Read and List, its verb only looks, and its answer is neither a
//!    credential nor what customers keep.
//!
//! Everything else is refused, and above all what nobody knows: an operation without a mapping to IAM actions.
//!
//! NOTE: a call names tables and buckets mostly by name, and whose account that is in depends on the credentials
//! of the client. Where that matters, configure ARNs: a call must then name the place by its ARN or be signed by a
//! client of the home account.

mod members;
mod permit;
mod places;
mod reads;
mod sinks;

use provost_awsapi::{Call, Gate};
use provost_iam::actions::Action;

use crate::actions::{Operations, Unmapped};
pub use permit::{NotPermitted, RemediationPermit};
use places::{Demand, Use};
pub use reads::{Answer, always, answer};
pub use sinks::{Home, Sink, Source};

/// Decides about every call of a client. Without anything added it lets harmless reads pass and nothing else.
#[derive(Debug, Default)]
pub struct WriteGuard {
    sinks: Vec<Sink>,
    sources: Vec<Source>,
    permit: Option<RemediationPermit>,
}

impl WriteGuard {
    /// A guard that lets harmless reads pass, and what these places are for.
    #[must_use]
    pub fn new(sinks: Vec<Sink>, sources: Vec<Source>) -> Self {
        Self { sinks, sources, permit: None }
    }

    /// The same guard for as long as a confirmed plan is carried out.
    #[must_use]
    pub fn holding(self, permit: RemediationPermit) -> Self {
        Self { permit: Some(permit), ..self }
    }

    /// Whether a call that uses places of its own may use them.
    fn placed(&self, call: &Call, demand: &Demand) -> Result<(), String> {
        let places = demand.places(&call.input);
        let places = places.map_err(|why| format!("{why}, so it cannot be told what the call would use"))?;
        for place in &places {
            let fits = match demand.purpose {
                Use::Write => self.sinks.iter().any(|sink| sink.holds(place, call.region.as_deref())),
                Use::Read => {
                    self.sinks.iter().any(|sink| sink.holds(place, call.region.as_deref()))
                        || self.sources.iter().any(|source| source.holds(place, call.region.as_deref()))
                }
                Use::Take => self.sources.iter().any(|source| source.holds(place, call.region.as_deref())),
            };
            if !fits {
                let (does, roles) = match demand.purpose {
                    Use::Write => ("writes to", "a sink of Provost"),
                    Use::Read => ("reads what is kept in", "a source or a sink of Provost"),
                    Use::Take => ("takes messages from", "a source of Provost"),
                };
                return Err(format!("it {does} {place}, which is not configured as {roles}"));
            }
        }
        Ok(())
    }
}

impl Gate for WriteGuard {
    fn admit(&self, call: &Call) -> Result<(), String> {
        if self.permit.as_ref().is_some_and(|permit| permit.spend(call)) {
            return Ok(());
        }
        let refused = |why: String| Err(format!("`{}:{}` is refused: {why}", call.service, call.operation));
        if let Some(demand) = Demand::of(&call.service, &call.operation) {
            return self.placed(call, &demand).or_else(refused);
        }
        match answer(&call.service, &call.operation, &call.input) {
            Answer::Secret(what) => refused(format!(
                "its answer would hold a secret ({what}), and Provost asks for none; what the configuration of \
                 a resource says is in other calls"
            )),
            Answer::Data(what) => refused(format!(
                "its answer would hold what customers keep ({what}), and no configuration of Provost permits that"
            )),
            Answer::Harmless => match Operations::embedded().actions(&call.service, &call.operation) {
                Ok(_) => Ok(()),
                Err(unmapped) => refused(unknown(&unmapped)),
            },
            Answer::Plain => match Operations::embedded().actions(&call.service, &call.operation) {
                Err(unmapped) => refused(unknown(&unmapped)),
                Ok(actions) => match changing(&call.operation, &actions) {
                    Some(action) => refused(changes(action)),
                    None if reads::only_looks(&call.operation) => Ok(()),
                    None => refused(format!(
                        "AWS calls it a read, but its name does not begin with a verb that only looks ({}); if it \
                         changes nothing and hands out nothing, `reads.txt` of the program is the place to say so",
                        reads::VERBS.join(", ")
                    )),
                },
            },
        }
    }
}

fn unknown(unmapped: &Unmapped) -> String {
    format!(
        "{unmapped}, so it cannot be told from a write; a newer version of Provost may know it, and its \
         `corrections.txt` is where to say what the operation needs"
    )
}

/// The action that makes a call more than a read: the one of its own name, if that is one.
fn changing<'a>(operation: &str, actions: &'a [Action<'static>]) -> Option<&'a Action<'static>> {
    let own =
        |action: &&Action<'static>| action.name().split_once(':').is_some_and(|(_, name)| name == operation);
    let mut changing = actions.iter().filter(|action| !action.is_read_only());
    changing.clone().find(own).or_else(|| changing.next())
}

fn changes(action: &Action<'_>) -> String {
    let levels: Vec<String> = action.levels().iter().map(|level| level.to_string()).collect();
    let level = if levels.len() == 1 { "level" } else { "levels" };
    format!(
        "it changes something (`{}` is of the {level} {}), and only a confirmed remediation may do that",
        action.name(),
        levels.join(" and ")
    )
}

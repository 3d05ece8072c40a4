//! Statements no case needs: without them every case would end as it does, so nothing holds them.

use std::collections::BTreeMap;

use provost_iam::Policy;
use provost_iam::layers::{Layer, Layers};
use provost_iam::outcome::StatementRef;

use super::CaseResult;
use super::judge::Prepared;
use crate::policy::StatementPlace;

/// Where a policy is used: the number of the case, the layer, and its place there.
type Use = (usize, Layer, usize);

/// Finds the statements of SCPs, RCPs and boundaries that no case needs to pass. Those of AWS's own policies are
/// not anybody's to test.
pub(super) fn not_needed(cases: &[Prepared]) -> Vec<StatementPlace> {
    // A policy that several cases name is one policy, wherever it stands in each.
    let mut uses: BTreeMap<(&str, usize), Vec<Use>> = BTreeMap::new();
    for (number, case) in cases.iter().enumerate() {
        for (layer, index, policy) in limits(&case.scene.layers) {
            let Some(origin) = case.scene.origin(layer, index).filter(|it| !it.built_in) else { continue };
            for statement in 0..policy.statements.len() {
                uses.entry((&origin.name, statement)).or_default().push((number, layer, index));
            }
        }
    }
    let mut found = Vec::new();
    for ((_, statement), places) in uses {
        let needed = cases.iter().enumerate().any(|(number, case)| {
            let here: Vec<_> = places.iter().filter(|(user, ..)| *user == number).collect();
            if here.is_empty() {
                return false;
            }
            let mut layers = case.scene.layers.clone();
            for (_, layer, index) in here {
                if let Some(policy) = policy_of(&mut layers, *layer, *index)
                    && statement < policy.statements.len()
                {
                    policy.statements.remove(statement);
                }
            }
            case.ask.judge(&layers).result() != CaseResult::Pass
        });
        if !needed
            && let Some((number, layer, policy)) = places.first().copied()
            && let Some(case) = cases.get(number)
        {
            let sid = limits(&case.scene.layers)
                .find(|(at, index, _)| (*at, *index) == (layer, policy))
                .and_then(|(_, _, document)| document.statements.get(statement)?.sid.clone());
            found.push(case.scene.place(&StatementRef { layer, policy, statement, sid }));
        }
    }
    found
}

/// The policies that limit what others allow.
fn limits(layers: &Layers) -> impl Iterator<Item = (Layer, usize, &Policy)> {
    let scps = layers.scps.iter().enumerate().flat_map(|(level, it)| {
        it.policies.iter().enumerate().map(move |(index, policy)| (Layer::Scp(level), index, policy))
    });
    let rcps = layers.rcps.iter().enumerate().flat_map(|(level, it)| {
        it.policies.iter().enumerate().map(move |(index, policy)| (Layer::Rcp(level), index, policy))
    });
    let boundary = layers.boundary.iter().flatten().enumerate();
    scps.chain(rcps).chain(boundary.map(|(index, policy)| (Layer::Boundary, index, policy)))
}

fn policy_of(layers: &mut Layers, layer: Layer, index: usize) -> Option<&mut Policy> {
    match layer {
        Layer::Scp(level) => layers.scps.get_mut(level)?.policies.get_mut(index),
        Layer::Rcp(level) => layers.rcps.get_mut(level)?.policies.get_mut(index),
        Layer::Boundary => layers.boundary.as_mut()?.get_mut(index),
        Layer::Identity | Layer::Session | Layer::Resource | Layer::Endpoint | Layer::Rule => None,
    }
}

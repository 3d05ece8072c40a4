//! A request and its policies: how it is decided, by which statements, and what was taken for granted.

use provost_iam::decide::{Asked, Engine};
use provost_iam::layers::Layer;
use provost_iam::outcome::Decision;
use provost_iam::request::Request;
use provost_iam::scenario::{LayersText, RequestText, ScenarioError};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use super::Witness;
use super::scene::{Files, Scene, StatementPlace, layers_of};

/// A request and its policies, as one file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// The policies.
    #[serde(default, deserialize_with = "layers")]
    pub layers: LayersText,
    /// The request.
    pub request: RequestText,
}

fn layers<'de, D: Deserializer<'de>>(deserializer: D) -> Result<LayersText, D::Error> {
    layers_of(Value::deserialize(deserializer)?).map_err(D::Error::custom)
}

impl Scenario {
    /// Reads a scenario file, YAML or JSON.
    ///
    /// # Errors
    /// Names line and field.
    pub fn parse(text: &str) -> Result<Self, String> {
        yaml_serde::from_str(text).map_err(|error| error.to_string())
    }
}

/// How a request is decided.
#[derive(Debug, Clone, Serialize)]
pub struct Simulation {
    /// `allow`, `implicit_deny`, `explicit_deny` or `undetermined`.
    pub decision: &'static str,
    /// The layer that blocked, for the two denies.
    pub blocked_by: Option<String>,
    /// What people call that layer's level.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<String>,
    /// The statements that decided.
    pub deciding: Vec<StatementPlace>,
    /// What is not known and could change an undetermined answer.
    pub unknown: Vec<UnknownReport>,
    /// What was taken for granted because nobody said it.
    pub assumed: Vec<String>,
    /// Kinds of policies that were not given and so were taken not to exist.
    pub not_given: Vec<&'static str>,
    /// What the reader should know about the layers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// What was asked.
    pub request: Witness,
}

/// Something that is not known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UnknownReport {
    /// The statement it is in, unless it is a whole layer or the request itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub statement: Option<StatementPlace>,
    /// Why nobody can say.
    pub reason: String,
}

/// Decides a request.
///
/// # Errors
/// [`ScenarioError`] names the field, or the layer and what is wrong with its policy.
pub fn simulate(scenario: &Scenario, files: &mut Files) -> Result<Simulation, ScenarioError> {
    let scene = Scene::read(&scenario.layers, files, &|member| format!("layers.{member}"))?;
    let mut request = scenario.request.read()?;
    let assumed = settle_owner(&mut request).into_iter().collect();
    let decision = decide(&scene, &request);
    Ok(Simulation {
        decision: decision.outcome.as_str(),
        blocked_by: decision.blocked_by.map(|layer| layer.to_string()),
        level: decision.blocked_by.and_then(|layer| scene.level(layer)),
        deciding: deciding(&scene, &decision),
        unknown: unknown(&scene, &decision),
        assumed,
        not_given: not_given(&scene),
        notes: scene.closed_levels(),
        request: Witness::from(&request),
    })
}

/// Takes the caller's own account for the resource's where nothing tells, and says so.
pub(super) fn settle_owner(request: &mut Request) -> Option<String> {
    if request.owner().is_some() {
        return None;
    }
    let account = request.principal.account()?.to_owned();
    let said = format!("the resource belongs to the caller's own account, {account}");
    request.resource_account = Some(account);
    Some(said)
}

pub(super) fn decide(scene: &Scene, request: &Request) -> Decision {
    Engine::new(&scene.layers).explain(&Asked::new(request))
}

pub(super) fn deciding(scene: &Scene, decision: &Decision) -> Vec<StatementPlace> {
    decision.deciding.iter().map(|reference| scene.place(reference)).collect()
}

pub(super) fn unknown(scene: &Scene, decision: &Decision) -> Vec<UnknownReport> {
    let report = |unknown: &provost_iam::outcome::Unknown| UnknownReport {
        statement: unknown.statement.as_ref().map(|reference| scene.place(reference)),
        reason: unknown.reason.clone(),
    };
    decision.unknown.iter().map(report).collect()
}

fn not_given(scene: &Scene) -> Vec<&'static str> {
    let layers = &scene.layers;
    let unread = |wanted: fn(&Layer) -> bool| layers.unread.iter().any(|(layer, _)| wanted(layer));
    [
        ("identity policies", !layers.identity.is_empty() || unread(|it| *it == Layer::Identity)),
        ("a boundary", layers.boundary.is_some() || unread(|it| *it == Layer::Boundary)),
        ("session policies", layers.session.is_some() || unread(|it| *it == Layer::Session)),
        ("a resource policy", layers.resource.is_some() || unread(|it| *it == Layer::Resource)),
        ("SCPs", !layers.scps.is_empty() || unread(|it| matches!(it, Layer::Scp(_)))),
        ("RCPs", !layers.rcps.is_empty() || unread(|it| matches!(it, Layer::Rcp(_)))),
        ("an endpoint policy", layers.endpoint.is_some() || unread(|it| *it == Layer::Endpoint)),
    ]
    .into_iter()
    .filter_map(|(name, given)| (!given).then_some(name))
    .collect()
}

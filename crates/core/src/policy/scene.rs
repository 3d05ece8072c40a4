//! The layers of a scenario, read from files and from inline documents, and where each statement stands.

use std::collections::BTreeMap;
use std::sync::Arc;

use provost_iam::layers::{Layer, Layers};
use provost_iam::outcome::StatementRef;
use provost_iam::scenario::{LayersText, LevelText, NamedLevel, OneOrMany, ScenarioError};
use provost_iam::{Effect, Policy};
use serde::{Deserialize as _, Serialize};
use serde_json::{Value, json};

use super::{Document, Lines};

/// Policies of AWS that are known by name, wherever a file can be named.
const BUILT_IN: [(&str, &str); 2] = [
    (
        "FullAWSAccess",
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#,
    ),
    (
        "RCPFullAWSAccess",
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}"#,
    ),
];

/// The files that scenarios name, each read once.
pub struct Files<'a> {
    read: &'a mut dyn FnMut(&str) -> Result<String, String>,
    known: BTreeMap<String, Result<Arc<Document>, String>>,
}

impl<'a> Files<'a> {
    /// Files whose text `read` gets, or says why it cannot.
    #[must_use]
    pub fn new(read: &'a mut dyn FnMut(&str) -> Result<String, String>) -> Self {
        let mut known = BTreeMap::new();
        for (name, text) in BUILT_IN {
            let document = Document::read(text).map(Arc::new).map_err(|error| error.to_string());
            known.insert(name.to_owned(), document);
        }
        Self { read, known }
    }

    /// A policy by the name of its file.
    ///
    /// # Errors
    /// Names the file, and the line and field where it is no policy.
    pub fn find(&mut self, name: &str) -> Result<Arc<Document>, String> {
        if let Some(known) = self.known.get(name) {
            return known.clone();
        }
        let found = (self.read)(name).and_then(|text| {
            Document::read(&text).map(Arc::new).map_err(|error| format!("`{name}`: {error}"))
        });
        self.known.insert(name.to_owned(), found.clone());
        found
    }
}

/// Layers, and where their policies come from.
#[derive(Debug, Clone)]
pub struct Scene {
    /// What the engine decides with.
    pub layers: Layers,
    origins: BTreeMap<(Layer, usize), Origin>,
}

/// Where a policy comes from.
#[derive(Debug, Clone)]
pub(super) struct Origin {
    /// The file, or the place in the scenario: `layers.scps[0]`.
    pub(super) name: String,
    /// The file's document; none if it stands in the scenario.
    pub(super) document: Option<Arc<Document>>,
    /// One of those everybody knows.
    pub(super) built_in: bool,
}

/// A statement, for people to find.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct StatementPlace {
    /// The layer: `scp[0]`, `boundary`, ...
    pub layer: String,
    /// The level's name, where the layer is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<String>,
    /// The policy's file, or its place in the scenario.
    pub policy: String,
    /// Which statement of the policy, from 0.
    pub statement: usize,
    /// Its `Sid`.
    pub sid: Option<String>,
    /// Its first and last line in the file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lines: Option<Lines>,
}

/// Layers as somebody wrote them.
///
/// A level that is a list of policies is given its number as its name first: read as it stands, a list of two
/// would be taken for a level's name and its policies.
pub(super) fn layers_of(mut value: Value) -> Result<LayersText, serde_json::Error> {
    for member in ["scps", "rcps"] {
        let levels = value.get_mut(member).and_then(Value::as_array_mut);
        for (index, level) in levels.into_iter().flatten().enumerate() {
            if level.is_array() {
                *level = json!({"name": format!("level {index}"), "policies": level.take()});
            }
        }
    }
    LayersText::deserialize(value)
}

impl Scene {
    /// Reads layers. `place` says for a member of `layers` how to speak of it: `layers.scps`.
    ///
    /// # Errors
    /// [`ScenarioError`] names the layer and what is wrong there.
    pub fn read(
        text: &LayersText,
        files: &mut Files,
        place: &dyn Fn(&str) -> String,
    ) -> Result<Self, ScenarioError> {
        let mut documents: BTreeMap<String, Arc<Document>> = BTreeMap::new();
        let layers = text.read(&mut |name| {
            let document = files.find(name)?;
            let policy = document.policy().clone();
            documents.insert(name.to_owned(), document);
            Ok::<Policy, String>(policy)
        })?;
        let mut origins = BTreeMap::new();
        let mut note = |layer: Layer, member: &str, policies: &OneOrMany| {
            let many = policies.0.len() > 1;
            for (index, value) in policies.0.iter().enumerate() {
                let origin = match value {
                    Value::String(name) => Origin {
                        name: name.clone(),
                        document: documents.get(name).cloned(),
                        built_in: BUILT_IN.iter().any(|(known, _)| known == name),
                    },
                    _ => {
                        let name = place(member);
                        let name = if many { format!("{name}[{index}]") } else { name };
                        Origin { name, document: None, built_in: false }
                    }
                };
                origins.insert((layer, index), origin);
            }
        };
        note(Layer::Identity, "identity", &text.identity);
        for (layer, member, policies) in [
            (Layer::Boundary, "boundary", &text.boundary),
            (Layer::Session, "session", &text.session),
            (Layer::Resource, "resource", &text.resource),
            (Layer::Endpoint, "endpoint", &text.endpoint),
        ] {
            if let Some(policies) = policies {
                note(layer, member, policies);
            }
        }
        for (index, level) in text.scps.iter().enumerate() {
            note(Layer::Scp(index), &format!("scps[{index}]"), policies_of(level));
        }
        for (index, level) in text.rcps.iter().enumerate() {
            note(Layer::Rcp(index), &format!("rcps[{index}]"), policies_of(level));
        }
        Ok(Self { layers, origins })
    }

    /// Where a policy comes from.
    pub(super) fn origin(&self, layer: Layer, policy: usize) -> Option<&Origin> {
        self.origins.get(&(layer, policy))
    }

    /// What people call a level, unless it is just its number.
    pub(super) fn level(&self, layer: Layer) -> Option<String> {
        let (levels, index) = match layer {
            Layer::Scp(index) => (&self.layers.scps, index),
            Layer::Rcp(index) => (&self.layers.rcps, index),
            _ => return None,
        };
        levels.get(index).map(|level| level.name.clone()).filter(|name| *name != format!("level {index}"))
    }

    /// What to say of levels that allow nothing at all: most often the policy of AWS that allows everything was
    /// forgotten.
    pub(super) fn closed_levels(&self) -> Vec<String> {
        let mut notes = Vec::new();
        for (kind, full, levels) in
            [("scp", "FullAWSAccess", &self.layers.scps), ("rcp", "RCPFullAWSAccess", &self.layers.rcps)]
        {
            for (index, level) in levels.iter().enumerate() {
                let mut statements = level.policies.iter().flat_map(|policy| &policy.statements);
                if !statements.any(|statement| statement.effect == Effect::Allow) {
                    notes.push(format!(
                        "{kind}[{index}] has no Allow statement, so it denies everything; AWS attaches {full} to \
                         every level, and here it can be named beside a level's own policies"
                    ));
                }
            }
        }
        notes
    }

    /// Where a statement stands.
    pub(super) fn place(&self, reference: &StatementRef) -> StatementPlace {
        let StatementRef { layer, policy, statement, sid } = reference;
        let origin = self.origin(*layer, *policy);
        StatementPlace {
            layer: layer.to_string(),
            level: self.level(*layer),
            policy: origin.map_or_else(|| "the caller's own policies".to_owned(), |it| it.name.clone()),
            statement: *statement,
            sid: sid.clone(),
            lines: origin
                .filter(|it| !it.built_in)
                .and_then(|it| it.document.as_ref().map(|document| document.lines(*statement))),
        }
    }
}

fn policies_of(level: &LevelText) -> &OneOrMany {
    match level {
        LevelText::Named(NamedLevel { policies, .. }) | LevelText::Plain(policies) => policies,
    }
}

impl std::fmt::Display for StatementPlace {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{}", self.layer)?;
        if let Some(level) = &self.level {
            write!(out, " ({level})")?;
        }
        write!(out, ", {} Statement[{}]", self.policy, self.statement)?;
        if let Some(sid) = &self.sid {
            write!(out, " {sid}")?;
        }
        if let Some(lines) = &self.lines {
            write!(out, ", {lines}")?;
        }
        Ok(())
    }
}

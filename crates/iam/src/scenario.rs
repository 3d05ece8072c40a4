//! A request and its policies as people write them down: in conformance cases, policy tests and simulations.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use crate::document::Policy;
use crate::layers::{Layer, Layers, Level};
use crate::principal::{Principal, PrincipalError, is_account};
use crate::request::{Context, Known, Request};

/// The layers of a scenario, as written. A policy is a document, or the name of one that the reader of the
/// file finds.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LayersText {
    /// Policies attached to the caller.
    pub identity: OneOrMany,
    /// The permission boundary.
    pub boundary: Option<OneOrMany>,
    /// Session policies.
    pub session: Option<OneOrMany>,
    /// The resource's policy.
    pub resource: Option<OneOrMany>,
    /// Service control policies, one entry for each level, the root first.
    pub scps: Vec<LevelText>,
    /// Resource control policies, likewise.
    pub rcps: Vec<LevelText>,
    /// The endpoint's policy.
    pub endpoint: Option<OneOrMany>,
    /// The organization's management account.
    pub management_account: Option<String>,
    /// Layers that exist and could not be read: `{resource: "AccessDenied"}`. A level is `scp[0]`.
    pub unread: BTreeMap<String, String>,
}

/// A level of the organization: with a name, or just its policies.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "Value")]
pub enum LevelText {
    /// `{name: Workloads, policies: [...]}`.
    Named(NamedLevel),
    /// `[...]`, or a single policy.
    Plain(OneOrMany),
}

impl TryFrom<Value> for LevelText {
    type Error = serde_json::Error;

    /// An object with `policies` is a named level; a list never is, whatever is in it.
    fn try_from(value: Value) -> Result<Self, Self::Error> {
        if value.get("policies").is_some() {
            serde_json::from_value(value).map(Self::Named)
        } else {
            Ok(Self::Plain(OneOrMany::from(value)))
        }
    }
}

/// A level with a name.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NamedLevel {
    /// What people call it.
    pub name: String,
    /// What is attached there.
    pub policies: OneOrMany,
}

/// A policy or a list of policies.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(from = "Value")]
pub struct OneOrMany(pub Vec<Value>);

impl From<Value> for OneOrMany {
    fn from(value: Value) -> Self {
        match value {
            Value::Array(items) => Self(items),
            Value::Null => Self(Vec::new()),
            single => Self(vec![single]),
        }
    }
}

/// A request as written.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RequestText {
    /// Who asks.
    pub principal: PrincipalText,
    /// `service:Name`.
    pub action: String,
    /// An ARN, or `*`.
    #[serde(default = "any")]
    pub resource: String,
    /// The account that owns the resource.
    #[serde(default)]
    pub resource_account: Option<String>,
    /// Condition keys: a scalar or a list of scalars each; `null` says that the key is absent.
    #[serde(default)]
    pub context: BTreeMap<String, Value>,
    /// Condition keys nobody knows the value of.
    #[serde(default)]
    pub unknown: Vec<String>,
    /// What a key that is not listed is taken for.
    #[serde(default)]
    pub unlisted: Unlisted,
}

fn any() -> String {
    "*".to_owned()
}

/// What a key that is not listed is taken for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Unlisted {
    /// Not sent, unless AWS sends it always.
    #[default]
    Absent,
    /// Unknown.
    Unknown,
}

/// A caller as written.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub enum PrincipalText {
    /// What [`Principal::parse`] reads.
    Text(String),
    /// `{role: ARN, session: name}`.
    Role {
        /// The role's ARN.
        role: String,
        /// The session's name.
        session: Option<String>,
    },
    /// `{federated_user: ARN, issuer: ARN}`.
    FederatedUser {
        /// The federated user's ARN.
        federated_user: String,
        /// The IAM user it comes from.
        issuer: Option<String>,
    },
    /// `{federated: provider}`.
    Federated {
        /// The provider's ARN or name.
        federated: String,
    },
    /// `{service: name}`.
    Service {
        /// `lambda.amazonaws.com`.
        service: String,
    },
}

/// What is wrong with a scenario.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScenarioError {
    /// The caller.
    #[error("request.principal: {0}")]
    Principal(#[from] PrincipalError),
    /// A policy.
    #[error("{place}: {problem}")]
    Policy {
        /// For example `layers.scps[0][1]`.
        place: String,
        /// What is wrong with it.
        problem: String,
    },
    /// A field.
    #[error("{place}: {problem}")]
    Field {
        /// For example `request.action`.
        place: String,
        /// What is wrong with it.
        problem: String,
    },
}

impl PrincipalText {
    /// The caller it names.
    ///
    /// # Errors
    /// [`PrincipalError`] repeats the text.
    pub fn read(&self) -> Result<Principal, PrincipalError> {
        match self {
            Self::Text(text) => Principal::parse(text),
            Self::Role { role, session } => match Principal::parse(role)? {
                Principal::Role { arn, account, .. } => {
                    Ok(Principal::Role { arn, account, session: session.clone() })
                }
                _ => Err(PrincipalError(role.clone())),
            },
            Self::FederatedUser { federated_user, issuer } => match Principal::parse(federated_user)? {
                Principal::FederatedUser { arn, account, .. } => {
                    Ok(Principal::FederatedUser { arn, account, issuer: issuer.clone() })
                }
                _ => Err(PrincipalError(federated_user.clone())),
            },
            Self::Federated { federated } => Ok(Principal::Federated { provider: federated.clone() }),
            Self::Service { service } => Ok(Principal::Service { name: service.clone() }),
        }
    }
}

impl RequestText {
    /// The request it describes.
    ///
    /// # Errors
    /// [`ScenarioError`] names the field.
    pub fn read(&self) -> Result<Request, ScenarioError> {
        let field = |place: &str, problem: &str| ScenarioError::Field {
            place: place.to_owned(),
            problem: problem.to_owned(),
        };
        if !self.action.contains(':') || self.action.contains(['*', '?']) {
            return Err(field("request.action", "is not one action in the form `service:Name`"));
        }
        if self.resource_account.as_ref().is_some_and(|account| !is_account(account)) {
            return Err(field("request.resource_account", "is not an account id of twelve digits"));
        }
        let mut context = Context::new();
        context.unlisted_is_unknown = self.unlisted == Unlisted::Unknown;
        for (key, value) in &self.context {
            let known = match value {
                Value::Null => Known::Absent,
                Value::Array(items) => {
                    Known::Values(items.iter().map(scalar).collect::<Option<_>>().ok_or_else(|| {
                        field(&format!("request.context.{key}"), "holds something that is not a scalar")
                    })?)
                }
                single => Known::Values(vec![scalar(single).ok_or_else(|| {
                    field(&format!("request.context.{key}"), "is neither a scalar nor a list of scalars")
                })?]),
            };
            context.set(key, known);
        }
        for key in &self.unknown {
            context.set(key, Known::Unknown);
        }
        Ok(Request {
            principal: self.principal.read()?,
            action: self.action.clone(),
            resource: self.resource.clone(),
            resource_account: self.resource_account.clone(),
            context,
        })
    }
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Number(number) => Some(number.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

impl LayersText {
    /// The layers it describes. `find` reads a policy that is given by name instead of as a document.
    ///
    /// # Errors
    /// [`ScenarioError`] names the layer and what is wrong there.
    pub fn read(
        &self,
        find: &mut dyn FnMut(&str) -> Result<Policy, String>,
    ) -> Result<Layers, ScenarioError> {
        let mut read = |place: &str, policies: &OneOrMany| -> Result<Vec<Policy>, ScenarioError> {
            let many = policies.0.len() > 1;
            let one = |(index, value): (usize, &Value)| {
                let read = match value {
                    Value::String(name) => find(name),
                    document => Policy::from_value(document).map_err(|error| error.to_string()),
                };
                read.map_err(|problem| ScenarioError::Policy {
                    place: if many { format!("layers.{place}[{index}]") } else { format!("layers.{place}") },
                    problem,
                })
            };
            policies.0.iter().enumerate().map(one).collect()
        };
        let mut layers = Layers { identity: read("identity", &self.identity)?, ..Layers::default() };
        for (place, text, into) in [
            ("boundary", &self.boundary, &mut layers.boundary),
            ("session", &self.session, &mut layers.session),
            ("resource", &self.resource, &mut layers.resource),
            ("endpoint", &self.endpoint, &mut layers.endpoint),
        ] {
            *into = text.as_ref().map(|policies| read(place, policies)).transpose()?;
        }
        for (place, levels, into) in
            [("scps", &self.scps, &mut layers.scps), ("rcps", &self.rcps, &mut layers.rcps)]
        {
            for (index, level) in levels.iter().enumerate() {
                let (name, policies) = match level {
                    LevelText::Named(NamedLevel { name, policies }) => (name.clone(), policies),
                    LevelText::Plain(policies) => (format!("level {index}"), policies),
                };
                let policies = read(&format!("{place}[{index}]"), policies)?;
                into.push(Level { name, policies });
            }
        }
        if let Some(account) = self.management_account.as_ref().filter(|account| !is_account(account)) {
            return Err(ScenarioError::Field {
                place: "layers.management_account".to_owned(),
                problem: format!("`{account}` is not an account id of twelve digits"),
            });
        }
        layers.management_account.clone_from(&self.management_account);
        for (name, reason) in &self.unread {
            let layer = layer(name).ok_or_else(|| ScenarioError::Field {
                place: "layers.unread".to_owned(),
                problem: format!("`{name}` is not a layer"),
            })?;
            layers.unread.push((layer, reason.clone()));
        }
        Ok(layers)
    }
}

/// Reads a layer's name as [`Layer`] displays it; `scp` and `rcp` alone are level 0.
#[must_use]
pub fn layer(name: &str) -> Option<Layer> {
    Some(match name {
        "endpoint" => Layer::Endpoint,
        "resource" => Layer::Resource,
        "identity" => Layer::Identity,
        "boundary" => Layer::Boundary,
        "session" => Layer::Session,
        "rule" => Layer::Rule,
        _ => {
            let (kind, level) = match name.split_once('[') {
                None => (name, 0),
                Some((kind, rest)) => (kind, rest.strip_suffix(']')?.parse().ok()?),
            };
            match kind {
                "scp" => Layer::Scp(level),
                "rcp" => Layer::Rcp(level),
                _ => return None,
            }
        }
    })
}

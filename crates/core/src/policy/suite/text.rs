//! The format of test files: what stands where, and what is refused with its line.

use std::fmt;
use std::marker::PhantomData;

use provost_iam::scenario::{LayersText, PrincipalText, RequestText};
use provost_iam::{Condition, Policy};
use serde::de::value::MapAccessDeserializer;
use serde::de::{Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value, json};

use super::{Expectation, SuiteError};
use crate::policy::scene::layers_of;

/// A test file as written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SuiteText {
    /// Layers of every case that does not say otherwise.
    #[serde(default)]
    pub(super) layers: Members<LayersText>,
    /// Members of every request that does not say otherwise.
    #[serde(default)]
    pub(super) request: Members<PartOfRequest>,
    /// The cases.
    pub(super) cases: Vec<CaseText>,
}

/// A case as written.
#[derive(Debug)]
pub(super) struct CaseText {
    pub(super) name: String,
    pub(super) layers: Members<LayersText>,
    pub(super) asks: AskText,
}

/// What a case asks.
#[derive(Debug)]
pub(super) enum AskText {
    /// How a request is decided.
    Request { request: Members<PartOfRequest>, expect: Expectation, by: Option<String> },
    /// Whether a promise holds.
    Never(NeverText),
}

/// A promise as written.
#[derive(Debug)]
pub(super) struct NeverText {
    pub(super) actions: Vec<String>,
    pub(super) resources: Vec<String>,
    pub(super) principals: Vec<PrincipalText>,
    pub(super) unless: Vec<Condition>,
    pub(super) resource_account: Option<String>,
}

/// Members that others may replace, known to be of a shape.
#[derive(Debug, Clone)]
pub(super) struct Members<Shape> {
    pub(super) given: Map<String, Value>,
    shape: PhantomData<Shape>,
}

/// Any members of a request, without those that must be there.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only says which members there are, and of what shape")]
pub(super) struct PartOfRequest {
    principal: Option<PrincipalText>,
    action: Option<String>,
    resource: Option<String>,
    resource_account: Option<String>,
    #[serde(default)]
    context: Map<String, Value>,
    #[serde(default)]
    unknown: Vec<String>,
    unlisted: Option<provost_iam::scenario::Unlisted>,
}

/// Reads a test file.
pub(super) fn parse(text: &str) -> Result<SuiteText, SuiteError> {
    let parsed: SuiteText =
        yaml_serde::from_str(text).map_err(|error| SuiteError::Shape(with_line(&error)))?;
    if parsed.cases.is_empty() {
        return Err(SuiteError::Shape("`cases` is empty, so nothing is tested".to_owned()));
    }
    Ok(parsed)
}

/// What is wrong with a YAML text, and on which line.
pub(in crate::policy) fn with_line(error: &yaml_serde::Error) -> String {
    let told = error.to_string();
    match error.location() {
        Some(place) if !told.contains(" line ") => format!("line {}: {told}", place.line()),
        _ => told,
    }
}

impl<Shape> Default for Members<Shape> {
    fn default() -> Self {
        Self { given: Map::new(), shape: PhantomData }
    }
}

impl<Shape> Members<Shape> {
    /// These over others, member by member. What is null is taken away.
    pub(super) fn over(&self, others: &Self) -> Value {
        let mut merged = others.given.clone();
        for (name, value) in &self.given {
            merged.insert(name.clone(), value.clone());
        }
        merged.retain(|_, value| !value.is_null());
        Value::Object(merged)
    }
}

impl RequestMembers for Members<PartOfRequest> {
    fn whole(&self, defaults: &Self) -> Result<RequestText, String> {
        let problem = |error: serde_json::Error| format!("request: {error}");
        let mut merged = self.over(defaults);
        // A context adds to the default's, key by key.
        if let (Some(Value::Object(context)), Some(Value::Object(more))) =
            (defaults.given.get("context"), self.given.get("context"))
        {
            let mut context = context.clone();
            context.extend(more.clone());
            if let Some(members) = merged.as_object_mut() {
                members.insert("context".to_owned(), Value::Object(context));
            }
        }
        RequestText::deserialize(merged).map_err(problem)
    }
}

/// What only members of requests can do.
pub(super) trait RequestMembers: Sized {
    /// The whole request, what it does not say being taken from the defaults.
    fn whole(&self, defaults: &Self) -> Result<RequestText, String>;
}

/// A shape that members can be held against.
pub(super) trait Check: Sized {
    fn check(members: Value) -> Result<Self, serde_json::Error>;
}

impl Check for LayersText {
    fn check(members: Value) -> Result<Self, serde_json::Error> {
        layers_of(members)
    }
}

impl Check for PartOfRequest {
    fn check(members: Value) -> Result<Self, serde_json::Error> {
        Self::deserialize(members)
    }
}

impl<'de, Shape: Check> Deserialize<'de> for Members<Shape> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader<Shape>(PhantomData<Shape>);
        impl<'de, Shape: Check> Visitor<'de> for Reader<Shape> {
            type Value = Members<Shape>;

            fn expecting(&self, out: &mut fmt::Formatter) -> fmt::Result {
                out.write_str("named members")
            }

            fn visit_unit<E>(self) -> Result<Self::Value, E> {
                Ok(Members::default())
            }

            // Errors of this function bear the line of the mapping.
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut given = Map::new();
                while let Some((name, value)) = map.next_entry::<String, Value>()? {
                    let value = match (name.as_str(), value) {
                        // Unquoted, twelve digits are a number.
                        ("resource_account" | "management_account", Value::Number(number)) => {
                            Value::String(number.to_string())
                        }
                        (_, value) => value,
                    };
                    if given.insert(name.clone(), value).is_some() {
                        return Err(A::Error::custom(format!("`{name}` is there twice")));
                    }
                }
                let mut present = given.clone();
                present.retain(|_, value| !value.is_null());
                Shape::check(Value::Object(present)).map_err(A::Error::custom)?;
                Ok(Members { given, shape: PhantomData })
            }
        }
        deserializer.deserialize_any(Reader(PhantomData))
    }
}

/// Reads a mapping so that whatever is wrong with it bears its line.
struct AtItsLine<Raw, Read>(PhantomData<Raw>, fn(Raw) -> Result<Read, String>);

impl<'de, Raw: Deserialize<'de>, Read> Visitor<'de> for AtItsLine<Raw, Read> {
    type Value = Read;

    fn expecting(&self, out: &mut fmt::Formatter) -> fmt::Result {
        out.write_str("named members")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Read, A::Error> {
        let raw = Raw::deserialize(MapAccessDeserializer::new(map))?;
        (self.1)(raw).map_err(A::Error::custom)
    }
}

impl<'de> Deserialize<'de> for CaseText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(AtItsLine(PhantomData, RawCase::checked))
    }
}

impl<'de> Deserialize<'de> for NeverText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(AtItsLine(PhantomData, RawNever::checked))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCase {
    name: String,
    #[serde(default)]
    layers: Members<LayersText>,
    request: Option<Members<PartOfRequest>>,
    expect: Option<Expectation>,
    by: Option<String>,
    never_allows: Option<NeverText>,
}

impl RawCase {
    fn checked(self) -> Result<CaseText, String> {
        let Self { name, layers, request, expect, by, never_allows } = self;
        if name.trim().is_empty() {
            return Err("a case needs a name".to_owned());
        }
        let asks = match (request, never_allows) {
            (Some(request), None) => {
                let Some(expect) = expect else {
                    return Err(format!("case `{name}`: `request` needs an `expect`"));
                };
                AskText::Request { request, expect, by }
            }
            (None, Some(never)) => {
                if expect.is_some() || by.is_some() {
                    return Err(format!(
                        "case `{name}`: `expect` and `by` belong to a `request`, not to `never_allows`"
                    ));
                }
                AskText::Never(never)
            }
            (None, None) => {
                return Err(format!("case `{name}` asks nothing: give it a `request` or `never_allows`"));
            }
            (Some(_), Some(_)) => {
                return Err(format!(
                    "case `{name}` has both a `request` and `never_allows`: make it two cases"
                ));
            }
        };
        Ok(CaseText { name, layers, asks })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawNever {
    actions: Several<String>,
    #[serde(default)]
    resources: Several<String>,
    #[serde(default)]
    principals: Several<PrincipalText>,
    #[serde(default)]
    unless: Value,
    #[serde(default)]
    resource_account: Option<Value>,
}

impl RawNever {
    fn checked(self) -> Result<NeverText, String> {
        if self.actions.0.is_empty() {
            return Err("never_allows: `actions` is empty, so nothing is promised".to_owned());
        }
        for action in &self.actions.0 {
            if !action.contains(':') && action != "*" {
                return Err(format!("never_allows: `{action}` is not an action in the form `service:Name`"));
            }
        }
        let resource_account = match self.resource_account {
            None | Some(Value::Null) => None,
            Some(Value::String(text)) => Some(text),
            Some(other) => Some(other.to_string()),
        };
        if let Some(account) = resource_account.as_ref().filter(|it| !provost_iam::principal::is_account(it))
        {
            return Err(format!("never_allows: `{account}` is not an account id of twelve digits"));
        }
        Ok(NeverText {
            actions: self.actions.0,
            resources: self.resources.0,
            principals: self.principals.0,
            unless: unless(self.unless)?,
            resource_account,
        })
    }
}

/// Reads a `Condition` block.
fn unless(block: Value) -> Result<Vec<Condition>, String> {
    if block.is_null() {
        return Ok(Vec::new());
    }
    let around = json!({"Statement": {"Effect": "Deny", "Action": "*", "Condition": block}});
    let policy = Policy::from_value(&around).map_err(|error| {
        format!("never_allows: {}", error.to_string().replace("Statement[0].Condition", "unless"))
    })?;
    let conditions: Vec<Condition> = policy.statements.into_iter().flat_map(|it| it.conditions).collect();
    if conditions.is_empty() {
        return Err("never_allows: `unless` holds no condition".to_owned());
    }
    Ok(conditions)
}

/// One, or a list.
#[derive(Debug)]
struct Several<T>(Vec<T>);

impl<T> Default for Several<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, T: for<'any> Deserialize<'any>> Deserialize<'de> for Several<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let items = match Value::deserialize(deserializer)? {
            Value::Array(items) => items,
            Value::Null => Vec::new(),
            single => vec![single],
        };
        let read = items.into_iter().map(|item| T::deserialize(item).map_err(D::Error::custom));
        Ok(Self(read.collect::<Result<_, _>>()?))
    }
}

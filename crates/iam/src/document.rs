//! A policy document, parsed robustly.

use serde_json::{Map, Value};

use crate::locate::{Located, MAX_BYTES, MAX_DEPTH};

/// A policy document: `Version`, `Id` and its statements.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// `2012-10-17`, `2008-10-17`, or what the document says. Absent means `2008-10-17` to AWS.
    pub version: Option<String>,
    /// The optional `Id`.
    pub id: Option<String>,
    /// The statements in document order.
    pub statements: Vec<Statement>,
}

/// One statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// The optional `Sid`.
    pub sid: Option<String>,
    /// `Allow` or `Deny`.
    pub effect: Effect,
    /// `Action` or `NotAction`.
    pub actions: Matching<Vec<String>>,
    /// `Resource` or `NotResource`. Trust policies have neither.
    pub resources: Option<Matching<Vec<String>>>,
    /// `Principal` or `NotPrincipal`. Identity policies have neither.
    pub principals: Option<Matching<Principals>>,
    /// Every operator and key of `Condition`, flattened. All must hold.
    pub conditions: Vec<Condition>,
}

/// Whether a statement allows or denies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// `Allow`.
    Allow,
    /// `Deny`.
    Deny,
}

/// An element in its plain form (`Action`) or negated (`NotAction`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Matching<T> {
    /// Matches what is listed.
    Only(T),
    /// Matches everything but what is listed.
    AllBut(T),
}

/// Who a resource policy speaks of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Principals {
    /// `"Principal": "*"`.
    Everyone,
    /// `{"AWS": [...], "Service": [...]}` as (kind, value) pairs in document order.
    Listed(Vec<(String, String)>),
}

impl Principals {
    /// Whether it is everyone and nothing else, in either of the two ways AWS has of writing so.
    #[must_use]
    pub fn is_everyone(&self) -> bool {
        match self {
            Self::Everyone => true,
            Self::Listed(pairs) => {
                !pairs.is_empty() && pairs.iter().all(|(kind, value)| kind == "AWS" && value == "*")
            }
        }
    }
}

/// One condition: `{operator: {key: values}}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// For example `StringEquals` or `ForAnyValue:StringLike`.
    pub operator: String,
    /// For example `aws:SourceAccount`.
    pub key: String,
    /// The values, booleans and numbers as text. Any one may match.
    pub values: Vec<String>,
}

/// Why a text is not a policy document.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// Not JSON, encoded or not.
    #[error("not JSON at line {line}, column {column}")]
    NotJson {
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
    },
    /// URL-encoded bytes that are not UTF-8, or wrapped too often.
    #[error("not a policy document: {0}")]
    Encoding(&'static str),
    /// Longer than any text that is read.
    #[error("a policy document of {bytes} bytes is too long, the longest that is read has {MAX_BYTES}")]
    TooLong {
        /// How long it is.
        bytes: usize,
    },
    /// Objects and lists inside each other beyond all measure.
    #[error("nested deeper than {MAX_DEPTH} levels at line {line}")]
    TooDeep {
        /// Line of the bracket that is too much, from 1.
        line: usize,
    },
    /// A key stands twice in one object.
    #[error("`{path}` stands twice in its object, the second time at line {line}")]
    Twice {
        /// Where: `Statement[1].Effect`.
        path: String,
        /// Line of the second one, from 1.
        line: usize,
    },
    /// JSON, but an element is missing or of the wrong type.
    #[error("`{path}` {problem}")]
    Element {
        /// Where: `Statement[1].Action`.
        path: String,
        /// What is wrong there.
        problem: &'static str,
    },
}

impl Policy {
    /// Parses a document from text: plain JSON, URL-encoded JSON, or a JSON string holding either.
    ///
    /// Text that has a key twice in one object is refused, as AWS does: which of the two counts would be a
    /// guess. So is text longer than [`MAX_BYTES`] or nested deeper than [`MAX_DEPTH`].
    ///
    /// # Errors
    /// [`PolicyError`] names the place in the document.
    pub fn parse(text: &str) -> Result<Self, PolicyError> {
        Located::new(text).map(|located| located.policy)
    }

    /// Reads a document that is already JSON, as resource policies in CloudTrail sometimes are.
    ///
    /// # Errors
    /// [`PolicyError::Element`] names the place in the document.
    pub fn from_value(value: &Value) -> Result<Self, PolicyError> {
        let object = value.as_object().ok_or_else(|| element("", "is not an object"))?;
        let statements = match object.get("Statement") {
            None => return Err(element("Statement", "is missing")),
            Some(Value::Array(items)) => items.iter().enumerate().map(statement).collect::<Result<_, _>>()?,
            Some(single @ Value::Object(_)) => vec![statement((0, single))?],
            Some(_) => return Err(element("Statement", "is neither an object nor a list")),
        };
        Ok(Self {
            version: optional_text(object, "", "Version")?,
            id: optional_text(object, "", "Id")?,
            statements,
        })
    }
}

fn statement((index, value): (usize, &Value)) -> Result<Statement, PolicyError> {
    let at = format!("Statement[{index}]");
    let object = value.as_object().ok_or_else(|| element(&at, "is not an object"))?;
    let effect = match object.get("Effect").and_then(Value::as_str) {
        Some("Allow") => Effect::Allow,
        Some("Deny") => Effect::Deny,
        _ => return Err(element(&format!("{at}.Effect"), "is neither Allow nor Deny")),
    };
    let actions = matching(object, &at, "Action", "NotAction", texts)?
        .ok_or_else(|| element(&format!("{at}.Action"), "is missing"))?;
    Ok(Statement {
        sid: optional_text(object, &at, "Sid")?,
        effect,
        actions,
        resources: matching(object, &at, "Resource", "NotResource", texts)?,
        principals: matching(object, &at, "Principal", "NotPrincipal", principals)?,
        conditions: conditions(object, &at)?,
    })
}

fn matching<T>(
    object: &Map<String, Value>,
    at: &str,
    plain: &str,
    negated: &str,
    read: impl Fn(&Value, &str) -> Result<T, PolicyError>,
) -> Result<Option<Matching<T>>, PolicyError> {
    match (object.get(plain), object.get(negated)) {
        (None, None) => Ok(None),
        (Some(value), None) => Ok(Some(Matching::Only(read(value, &format!("{at}.{plain}"))?))),
        (None, Some(value)) => Ok(Some(Matching::AllBut(read(value, &format!("{at}.{negated}"))?))),
        (Some(_), Some(_)) => Err(element(&format!("{at}.{negated}"), "stands beside its plain form")),
    }
}

fn principals(value: &Value, at: &str) -> Result<Principals, PolicyError> {
    match value {
        Value::String(text) if text == "*" => Ok(Principals::Everyone),
        Value::Object(kinds) => {
            let mut listed = Vec::new();
            for (kind, values) in kinds {
                let values = texts(values, &format!("{at}.{kind}"))?;
                listed.extend(values.into_iter().map(|value| (kind.clone(), value)));
            }
            Ok(Principals::Listed(listed))
        }
        _ => Err(element(at, "is neither \"*\" nor an object")),
    }
}

fn conditions(object: &Map<String, Value>, at: &str) -> Result<Vec<Condition>, PolicyError> {
    let Some(value) = object.get("Condition") else { return Ok(Vec::new()) };
    let at = format!("{at}.Condition");
    let operators = value.as_object().ok_or_else(|| element(&at, "is not an object"))?;
    let mut found = Vec::new();
    for (operator, keys) in operators {
        let at = format!("{at}.{operator}");
        for (key, values) in keys.as_object().ok_or_else(|| element(&at, "is not an object"))? {
            let values = texts(values, &format!("{at}.{key}"))?;
            found.push(Condition { operator: operator.clone(), key: key.clone(), values });
        }
    }
    Ok(found)
}

/// A scalar or a list of scalars, always as a list of texts.
fn texts(value: &Value, at: &str) -> Result<Vec<String>, PolicyError> {
    let scalar = |value: &Value| match value {
        Value::String(text) => Ok(text.clone()),
        Value::Bool(flag) => Ok(flag.to_string()),
        Value::Number(number) => Ok(number.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => {
            Err(element(at, "holds something that is not text"))
        }
    };
    match value {
        Value::Array(items) => items.iter().map(scalar).collect(),
        single => Ok(vec![scalar(single)?]),
    }
}

fn optional_text(object: &Map<String, Value>, at: &str, name: &str) -> Result<Option<String>, PolicyError> {
    match object.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => {
            let path = if at.is_empty() { name.to_owned() } else { format!("{at}.{name}") };
            Err(element(&path, "is not text"))
        }
    }
}

fn element(path: &str, problem: &'static str) -> PolicyError {
    PolicyError::Element {
        path: if path.is_empty() { "the document".to_owned() } else { path.to_owned() },
        problem,
    }
}

#[cfg(test)]
mod tests;

//! From an input to the parts of an HTTP request, in the five protocols.
//!
//! The input is checked first. Members are written in the order of the model, not of the input: JSON objects
//! here are sorted, and some services read XML in order.

mod customs;
mod form;
mod header;
mod json;
mod rest;
mod token;
mod xml;

use crate::model::{Kind, Operation, Protocol, Service, Structure};
pub use crate::validate::InputError;
use crate::validate::check;
use crate::value::percent_encode;
pub(crate) use customs::LISTS_OF_KEYS;
use serde_json::{Map, Value};

/// The parts of a request that follow from an operation and its input.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Request {
    /// The HTTP method.
    pub method: String,
    /// The path, percent-encoded. Of S3 it begins with the bucket.
    pub path: String,
    /// The query, not encoded, in order.
    pub query: Vec<(String, String)>,
    /// The headers; no name comes twice.
    pub headers: Vec<(String, String)>,
    /// The body, empty when there is none.
    pub body: Vec<u8>,
    /// What goes before the host name, `123456789012.`.
    pub host_prefix: Option<String>,
}

impl Request {
    /// The path with the encoded query: `/bucket/key?list-type=2`.
    pub fn target(&self) -> String {
        if self.query.is_empty() {
            self.path.clone()
        } else {
            format!("{}?{}", self.path, encoded(&self.query))
        }
    }

    /// A header of the request; names are compared without case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    fn default_header(&mut self, name: &str, value: &str) {
        if self.header(name).is_none() {
            self.headers.push((name.to_owned(), value.to_owned()));
        }
    }
}

/// Writes the request of an operation. `null` is the empty input; idempotency tokens that the caller has not
/// set are filled in.
///
/// # Errors
/// When the input does not fit the operation's shape, with the place and the reason; and when the operation
/// answers with a stream of events, which nothing here could read.
pub fn serialize(service: &Service, operation: &Operation, input: &Value) -> Result<Request, InputError> {
    serialize_with_tokens(service, operation, input, &token::fresh)
}

/// The same with the idempotency tokens of the caller's choice.
///
/// # Errors
/// As [`serialize`].
pub fn serialize_with_tokens(
    service: &Service,
    operation: &Operation,
    input: &Value,
    token: &dyn Fn() -> String,
) -> Result<Request, InputError> {
    let mut members = match input {
        Value::Null => Map::new(),
        Value::Object(members) => members.clone(),
        other => {
            return Err(InputError::new(format!("expected an object, got {}", crate::value::word(other))));
        }
    };
    refuse_events(service, operation)?;
    customs::before_check(service, operation, &mut members);
    let structure = operation.input.as_ref().and_then(|at| match service.kind(at) {
        Kind::Structure(structure) => Some((at, structure.as_ref())),
        _ => None,
    });
    if let Some((at, structure)) = structure {
        let value = Value::Object(members);
        check(service, at, &value)?;
        members = match value {
            Value::Object(members) => members,
            _ => Map::new(),
        };
        fill_tokens(structure, &mut members, token);
        customs::after_check(service, operation, &mut members)?;
    } else if let Some(name) = members.keys().next() {
        return Err(InputError::new("is not a member; there are none").inside(name));
    }
    members.retain(|_, value| !value.is_null());

    let mut request = Request {
        method: operation.method.to_string(),
        path: "/".to_owned(),
        host_prefix: host_prefix(operation, structure.map(|(_, structure)| structure), &members)?,
        ..Request::default()
    };
    let writer = Writer { service, operation, members: &members };
    match service.metadata().protocol {
        Protocol::Query | Protocol::Ec2 => writer.form(&mut request)?,
        Protocol::Json => writer.json_rpc(&mut request)?,
        Protocol::RestJson | Protocol::RestXml => writer.rest(&mut request)?,
    }
    customs::after_write(service, &mut request);
    Ok(request)
}

/// What the writers of all protocols have at hand.
#[derive(Clone, Copy)]
struct Writer<'w> {
    service: &'w Service,
    operation: &'w Operation,
    members: &'w Map<String, Value>,
}

impl<'w> Writer<'w> {
    /// The input's structure, when the operation takes one.
    fn input(&self) -> Option<&'w Structure> {
        match self.service.kind(self.operation.input.as_ref()?) {
            Kind::Structure(structure) => Some(structure),
            _ => None,
        }
    }
}

fn refuse_events(service: &Service, operation: &Operation) -> Result<(), InputError> {
    let streams =
        [&operation.input, &operation.output].into_iter().flatten().any(|at| match service.kind(at) {
            Kind::Structure(structure) => structure.members.iter().any(|member| member.at.event_stream),
            _ => false,
        });
    if streams {
        return Err(InputError::new(format!(
            "`{}` exchanges a stream of events, which this client cannot read",
            operation.name
        )));
    }
    Ok(())
}

fn fill_tokens(structure: &Structure, members: &mut Map<String, Value>, token: &dyn Fn() -> String) {
    for member in &structure.members {
        if member.at.idempotency_token && members.get(member.name.as_ref()).is_none_or(Value::is_null) {
            members.insert(member.name.to_string(), Value::from(token()));
        }
    }
}

/// What goes before the host name, with its labels filled in.
fn host_prefix(
    operation: &Operation,
    structure: Option<&Structure>,
    members: &Map<String, Value>,
) -> Result<Option<String>, InputError> {
    let Some(template) = &operation.host_prefix else { return Ok(None) };
    let mut prefix = template.to_string();
    for member in
        structure.iter().flat_map(|structure| &structure.members).filter(|member| member.at.host_label)
    {
        let label = members.get(member.name.as_ref()).and_then(Value::as_str).unwrap_or_default();
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.';
        if label.is_empty() || label.len() > 63 || !label.bytes().all(fits) {
            return Err(InputError::new(
                "is part of a host name: 1 to 63 letters, digits, hyphens and periods",
            )
            .inside(&member.name));
        }
        prefix = prefix.replace(&format!("{{{}}}", member.name), label);
    }
    Ok(Some(prefix))
}

/// Pairs as a query or a form.
fn encoded(pairs: &[(String, String)]) -> String {
    let mut text = String::new();
    for (name, value) in pairs {
        if !text.is_empty() {
            text.push('&');
        }
        text.push_str(&percent_encode(name, false));
        text.push('=');
        text.push_str(&percent_encode(value, false));
    }
    text
}

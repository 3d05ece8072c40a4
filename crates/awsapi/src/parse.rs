//! From an HTTP answer to the output of an operation, or to AWS's error, or to the reason why it is neither.
//!
//! # When an answer counts
//!
//! What is not the operation's own answer is never an empty output:
//!
//! - An HTML page is unreadable. Where the body is the caller's own data (an object in S3) HTML may be just
//!   that, so there the answer must at least carry a request id of AWS.
//! - A body that stands for members of the output must be there and readable: JSON that is an object, XML
//!   with the envelope of the protocol (`<Action>Result` in awsQuery, a root `...Response` in ec2Query). An
//!   empty body is unreadable there. So is an answer without a request id that has only unknown members, and
//!   one that is `{}` where the model requires a member.
//! - An empty body is an empty output where the protocol says so: to HEAD, with status 204 when the output
//!   requires nothing of a body, and where no member of the output stands in a body.
//! - An output that is a blob or text may be empty: an object of no bytes is an object.
//! - An operation without output members may answer with nothing; what it does answer must be readable.
//! - A status of 300 or more is an error of AWS only if the answer names one: in the body, in
//!   `x-amzn-errortype`, or, where an answer has no body (HEAD, 304), by a request id beside the status.
//! - S3 and some others put an error into an answer of status 200; it is an error.
//!
//! Checksums are compared where the answer has one (see [`checksum`]).

mod checksum;
mod customs;
mod damage;
mod error;
mod json;
mod rest;
mod signed;
mod xml;

use crate::model::{Kind, Operation, Protocol, Ref, Service, Structure};
use damage::{Damage, Fault};
use serde_json::{Map, Value};
#[cfg(feature = "client")]
pub(crate) use signed::without_request;

/// An HTTP answer, read to its end.
#[derive(Debug, Clone)]
pub struct Response<'a> {
    /// The HTTP status.
    pub status: u16,
    /// The headers in order; a name may come more than once.
    pub headers: Vec<(&'a str, &'a str)>,
    /// The body as it came.
    pub body: &'a [u8],
}

impl<'a> Response<'a> {
    /// The first header of a name; names are compared without case.
    pub fn header(&self, name: &str) -> Option<&'a str> {
        self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| *value)
    }

    fn is_blank(&self) -> bool {
        self.body.iter().all(u8::is_ascii_whitespace)
    }

    /// The id of the request from the headers.
    fn request_id(&self) -> Option<&'a str> {
        ["x-amzn-requestid", "x-amz-request-id", "x-amzn-request-id", "x-amz-requestid"]
            .iter()
            .find_map(|name| self.header(name))
            .filter(|id| !id.is_empty())
    }

    fn is_html(&self) -> bool {
        let mut text = self.body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(self.body).trim_ascii_start();
        // What may stand before the root of a page that is XML as well.
        for (open, close) in [(b"<?".as_slice(), b"?>".as_slice()), (b"<!--", b"-->")] {
            if text.starts_with(open)
                && let Some(end) = text.windows(close.len()).position(|window| window == close)
            {
                text = text.get(end + close.len()..).unwrap_or_default().trim_ascii_start();
            }
        }
        ["<html", "<!doctype html"].iter().any(|start| {
            text.get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start.as_bytes()))
        })
    }
}

/// An output that was read.
#[derive(Debug, Clone, PartialEq)]
pub struct Parsed {
    /// The output as the AWS CLI prints it: an object, in which absent members are absent.
    pub value: Value,
    /// AWS's id of the request.
    pub request_id: Option<String>,
}

/// An answer that is no output.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ParseError {
    /// AWS answered with an error.
    #[error("{code}: {message}")]
    Service {
        /// The code, without namespace: `NoSuchEntity`.
        code: String,
        /// AWS's message; empty when it sent none, and left out when it repeats the signed request.
        message: String,
        /// AWS's id of the request.
        request_id: Option<String>,
        /// The modelled members of the error; `null` when it has none.
        fields: Value,
    },
    /// The answer is not one of this operation.
    #[error("{why}")]
    Unreadable {
        /// What is wrong. It names places, never contents.
        why: String,
        /// AWS's id of the request.
        request_id: Option<String>,
    },
}

/// Reads an answer of any status. `input` is what the caller asked with: S3's keys are decoded unless the
/// caller asked for them encoded.
///
/// # Errors
/// See [`ParseError`].
pub fn parse(
    service: &Service,
    operation: &Operation,
    input: &Value,
    response: &Response<'_>,
) -> Result<Parsed, ParseError> {
    let unreadable = |damage: Damage, request_id: Option<&str>| ParseError::Unreadable {
        why: damage.to_string(),
        request_id: request_id.or(response.request_id()).map(str::to_owned),
    };
    let mut reader = Reader { service, operation, response, request_id: None };
    checksum::check(service, operation, response).map_err(|damage| unreadable(damage, None))?;
    if response.status >= 300 {
        return Err(reader.error());
    }
    match reader.output() {
        Ok(mut members) => {
            customs::after_parse(service, operation, input, response, &mut members);
            Ok(Parsed { value: Value::Object(members), request_id: reader.id() })
        }
        Err(Fault::Error) => Err(reader.error()),
        Err(Fault::Damage(damage)) => Err(unreadable(damage, reader.request_id.as_deref())),
    }
}

/// One answer being read.
struct Reader<'r> {
    service: &'r Service,
    operation: &'r Operation,
    response: &'r Response<'r>,
    /// The id of the request when it stood in the body.
    request_id: Option<String>,
}

impl<'r> Reader<'r> {
    fn id(&self) -> Option<String> {
        self.response.request_id().map(str::to_owned).or_else(|| self.request_id.clone())
    }

    fn output(&mut self) -> Result<Map<String, Value>, Fault> {
        let structure = self.operation.output.as_ref().and_then(|at| self.structure(at));
        if self.response.is_html() && !self.is_callers_data(structure) {
            return Err(Damage::new("an HTML page, not an answer of the service").into());
        }
        if let Some(members) = customs::whole_answer(self.service, self.operation, self.response)? {
            return Ok(members);
        }
        let empty = Structure::default();
        let structure = structure.unwrap_or(&empty);
        match self.service.metadata().protocol {
            Protocol::Json => self.json_rpc(structure),
            Protocol::Query | Protocol::Ec2 => self.enveloped(structure),
            Protocol::RestJson | Protocol::RestXml => self.rest(structure),
        }
    }

    fn structure(&self, at: &Ref) -> Option<&'r Structure> {
        match self.service.kind(at) {
            Kind::Structure(structure) => Some(structure),
            _ => None,
        }
    }

    /// Whether the body is what somebody stored, and AWS says that the answer is its own.
    fn is_callers_data(&self, structure: Option<&Structure>) -> bool {
        let payload = structure.and_then(Structure::payload).map(|member| self.service.kind(&member.at));
        matches!(payload, Some(Kind::Blob | Kind::String { .. })) && self.response.request_id().is_some()
    }

    /// Whether an empty body is an empty output.
    fn may_be_empty(&self, structure: &Structure) -> bool {
        self.operation.method.as_ref() == "HEAD"
            || !structure.has_body()
            || (self.response.status == 204 && !structure.requires_body())
    }
}

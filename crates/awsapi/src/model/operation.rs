//! One operation of a service: where its request goes, what it takes and gives, how its answers page.

use super::{Ref, ShapeId};
use serde_json::Value;
use std::sync::Arc;

/// One operation.
#[derive(Debug)]
pub struct Operation {
    /// The API name, `ListUsers`: the key in the model, and what is sent where the protocol sends a name.
    pub name: Arc<str>,
    /// The HTTP method.
    pub method: Box<str>,
    /// The path with its labels and any fixed query, `/{Bucket}/{Key+}?acl`.
    pub uri: Box<str>,
    /// What goes before the host name, with labels, `{AccountId}.`.
    pub host_prefix: Option<Box<str>>,
    /// How the request is signed.
    pub auth: Auth,
    /// Whether the body stays out of the signature.
    pub unsigned_payload: bool,
    /// Whether asking twice does no more than asking once, by the model's own word.
    pub idempotent: bool,
    /// Whether it changes nothing, by the model's own word; absent from most models.
    pub readonly: bool,
    /// What the model says about checksums of bodies.
    pub checksum: Checksum,
    /// Fixed parameters of the endpoint rules, `RequiresAccountId`.
    pub context: Box<[(Box<str>, Value)]>,
    /// Whether the service wants to be asked for the endpoint first (Timestream).
    pub endpoint_discovery: bool,
    /// How its answers page, when they do.
    pub pagination: Option<Pagination>,
    /// The input, when it takes one.
    pub input: Option<Ref>,
    /// The output, when it gives one.
    pub output: Option<Ref>,
    /// The element around the output (awsQuery).
    pub(crate) result_wrapper: Option<Box<str>>,
    /// The errors it is known to answer with.
    pub(crate) errors: Box<[ShapeId]>,
}

/// How a request is signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Auth {
    /// By Signature Version 4.
    SigV4,
    /// Not at all.
    None,
    /// In ways this client does not know (bearer tokens, `SigV4a` alone).
    Other(Box<str>),
}

/// What the model says about checksums of bodies.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Checksum {
    /// Whether a request without a checksum is refused.
    pub required: bool,
    /// The input member that chooses the algorithm of the request's checksum.
    pub algorithm_member: Option<Box<str>>,
    /// The input member that asks for a checksum in the answer.
    pub validation_member: Option<Box<str>>,
    /// The algorithms the answer may use, `CRC32`.
    pub response_algorithms: Box<[Box<str>]>,
}

/// How the answers of an operation page. Paths are those of the public paginator data.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pagination {
    /// The input members that take a token.
    pub input_token: Vec<Box<str>>,
    /// The output members that give the next token, in the same order.
    pub output_token: Vec<Box<str>>,
    /// The output members whose values add up over the pages.
    pub result_key: Vec<Box<str>>,
    /// The output member that says whether more follows.
    pub more_results: Option<Box<str>>,
    /// The input member for the size of a page.
    pub limit_key: Option<Box<str>>,
    /// The output members that are the same on every page.
    pub non_aggregate_keys: Vec<Box<str>>,
}

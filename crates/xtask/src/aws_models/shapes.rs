//! Of one service: the operations wanted, the shapes they reach, and of each only what a call needs.
//!
//! What is left out: documentation, enumerations, patterns, lengths, examples, waiters. AWS checks those itself,
//! and a list of allowed words that is a year old would refuse what AWS allows.

use std::collections::BTreeMap;

use anyhow::{Context as _, ensure};
use serde_json::{Map, Value, json};

/// What is kept of a service's own facts.
const METADATA: &[&str] = &[
    "apiVersion",
    "auth",
    "awsQueryCompatible",
    "endpointPrefix",
    "jsonVersion",
    "protocol",
    "protocols",
    "serviceId",
    "signatureVersion",
    "signingName",
    "targetPrefix",
    "xmlNamespace",
];

/// What is kept of an operation, besides `errors` and what its paginator says.
const OPERATION: &[&str] = &[
    "auth",
    "authtype",
    "endpoint",
    "endpointdiscovery",
    "httpChecksum",
    "httpChecksumRequired",
    "idempotent",
    "name",
    "readonly",
    "staticContextParams",
    "unsignedPayload",
];

/// What is kept of the reference from an operation to its input or output.
const REFERENCE: &[&str] = &["shape", "locationName", "resultWrapper", "xmlNamespace"];

/// What is kept of a member, or of the reference from a list or map to what it holds.
const MEMBER: &[&str] = &[
    "contextParam",
    "eventheader",
    "eventpayload",
    "flattened",
    "hostLabel",
    "idempotencyToken",
    "jsonvalue",
    "location",
    "locationName",
    "queryName",
    "shape",
    "streaming",
    "timestampFormat",
    "xmlAttribute",
    "xmlNamespace",
];

/// What is kept of a shape, besides what it holds.
const SHAPE: &[&str] = &[
    "document",
    "event",
    "eventstream",
    "exception",
    "flattened",
    "locationName",
    "payload",
    "required",
    "requiresLength",
    "sensitive",
    "sparse",
    "streaming",
    "timestampFormat",
    "type",
    "union",
    "xmlNamespace",
];

const ERROR: &[&str] = &["code", "httpStatusCode", "senderFault"];

const PAGINATOR: &[&str] =
    &["input_token", "limit_key", "more_results", "non_aggregate_keys", "output_token", "result_key"];

/// Plain values whose name somebody asks for. Policy documents of IAM are decoded, by the name of their shape.
const NAMED: &[&str] = &["policyDocumentType"];

/// A service, pruned.
pub(super) struct Pruned {
    metadata: Value,
    operations: Map<String, Value>,
    shapes: BTreeMap<String, Value>,
}

/// How much a pruned service is.
pub(super) struct Counts {
    pub(super) operations: usize,
    pub(super) paginators: usize,
    pub(super) shapes: usize,
    /// Bytes of its JSON.
    pub(super) text: usize,
}

impl Pruned {
    pub(super) fn has(&self, operation: &str) -> bool {
        self.operations.contains_key(operation)
    }

    /// Without white space; objects are in the order of their keys, so equal services are equal texts.
    pub(super) fn text(&self) -> String {
        json!({"metadata": self.metadata, "operations": self.operations, "shapes": self.shapes}).to_string()
    }

    pub(super) fn counts(&self, text: usize) -> Counts {
        let paginated = |operation: &&Value| operation.get("pagination").is_some();
        Counts {
            operations: self.operations.len(),
            paginators: self.operations.values().filter(paginated).count(),
            shapes: self.shapes.len(),
            text,
        }
    }
}

/// Takes the operations that are wanted, and what they reach.
pub(super) fn prune(
    model: &Value,
    paginators: &Value,
    is_taken: &dyn Fn(&Value) -> bool,
) -> anyhow::Result<Pruned> {
    let metadata = kept(member(model, "metadata")?, METADATA).into();
    let mut reached = Reached { model: member(model, "shapes")?, shapes: BTreeMap::new() };
    let mut operations = Map::new();
    for (name, operation) in member(model, "operations")?.as_object().into_iter().flatten() {
        if !is_taken(operation) || streams_events(model, operation) {
            continue;
        }
        let taken = reached.operation(operation, paginators.pointer(&format!("/pagination/{name}")));
        operations.insert(name.clone(), taken.with_context(|| format!("the operation {name}"))?);
    }
    Ok(Pruned { metadata, operations, shapes: reached.shapes })
}

/// The shapes of a service that operations were found to reach.
struct Reached<'m> {
    model: &'m Value,
    shapes: BTreeMap<String, Value>,
}

impl Reached<'_> {
    fn operation(&mut self, operation: &Value, paginator: Option<&Value>) -> anyhow::Result<Value> {
        let mut taken = kept(operation, OPERATION);
        taken.insert("http".to_owned(), kept(member(operation, "http")?, &["method", "requestUri"]).into());
        for end in ["input", "output"] {
            if let Some(reference) = operation.get(end) {
                self.shape(member(reference, "shape")?)?;
                taken.insert(end.to_owned(), kept(reference, REFERENCE).into());
            }
        }
        let mut errors = Vec::new();
        for error in operation.get("errors").and_then(Value::as_array).into_iter().flatten() {
            let shape = member(error, "shape")?;
            self.shape(shape)?;
            errors.push(shape.clone());
        }
        if !errors.is_empty() {
            taken.insert("errors".to_owned(), errors.into());
        }
        if let Some(paginator) = paginator {
            taken.insert("pagination".to_owned(), kept(paginator, PAGINATOR).into());
        }
        Ok(taken.into())
    }

    /// Takes a shape and all it holds; gives the name it has here.
    fn shape(&mut self, name: &Value) -> anyhow::Result<String> {
        let name = name.as_str().context("the name of a shape is no text")?;
        let shape = self.model.get(name).with_context(|| format!("there is no shape `{name}`"))?;
        let mut taken = kept(shape, SHAPE);
        let name = self.name(name, &taken);
        if self.shapes.contains_key(&name) {
            return Ok(name);
        }
        if let Some(error) = shape.get("error") {
            taken.insert("error".to_owned(), kept(error, ERROR).into());
        }
        // Before what it holds: shapes hold themselves.
        self.shapes.insert(name.clone(), taken.clone().into());
        for part in ["member", "key", "value"] {
            if let Some(reference) = shape.get(part) {
                taken.insert(part.to_owned(), self.reference(reference)?);
            }
        }
        if let Some(members) = shape.get("members").and_then(Value::as_object) {
            let mut held = Map::new();
            for (name, reference) in members {
                held.insert(name.clone(), self.reference(reference)?);
            }
            taken.insert("members".to_owned(), held.into());
        }
        let is_whole = taken.get("type").is_some_and(|kind| match kind.as_str() {
            Some("structure") => taken.get("members").is_some(),
            Some("list") => taken.get("member").is_some(),
            Some("map") => taken.get("key").is_some() && taken.get("value").is_some(),
            _ => true,
        });
        ensure!(is_whole, "the shape `{name}` is not whole");
        self.shapes.insert(name.clone(), taken.into());
        Ok(name)
    }

    fn reference(&mut self, reference: &Value) -> anyhow::Result<Value> {
        let mut taken = kept(reference, MEMBER);
        let shape = self.shape(member(reference, "shape")?)?;
        taken.insert("shape".to_owned(), shape.into());
        Ok(taken.into())
    }

    /// Plain values that differ in nothing but their names are one shape, named after its type. A quarter of
    /// all shapes goes this way.
    fn name(&self, name: &str, taken: &Map<String, Value>) -> String {
        let kind = taken.get("type").and_then(Value::as_str).unwrap_or_default();
        let is_plain =
            taken.len() == 1 && !matches!(kind, "structure" | "list" | "map") && !NAMED.contains(&name);
        // Where a shape of the service is called like a type, it must be the plain one.
        let is_free = self.model.get(kind).is_none_or(|shape| kept(shape, SHAPE) == *taken);
        if is_plain && is_free { kind.to_owned() } else { name.to_owned() }
    }
}

/// Whether input or output is a stream of events, which this client does not speak.
fn streams_events(model: &Value, operation: &Value) -> bool {
    let shape = |name: Option<&Value>| model.get("shapes")?.get(name?.as_str()?);
    ["input", "output"].iter().any(|end| {
        let members =
            shape(operation.pointer(&format!("/{end}/shape"))).and_then(|shape| shape.get("members"));
        members.and_then(Value::as_object).into_iter().flatten().any(|(_, reference)| {
            shape(reference.get("shape")).is_some_and(|shape| shape.get("eventstream").is_some())
        })
    })
}

/// Of an object, the members that are wanted; `false` says no more than absence.
fn kept(value: &Value, wanted: &[&str]) -> Map<String, Value> {
    let members = value.as_object().into_iter().flatten();
    let kept =
        members.filter(|(name, value)| wanted.contains(&name.as_str()) && **value != Value::Bool(false));
    kept.map(|(name, value)| (name.clone(), value.clone())).collect()
}

fn member<'v>(value: &'v Value, name: &str) -> anyhow::Result<&'v Value> {
    value.get(name).with_context(|| format!("it has no `{name}`"))
}

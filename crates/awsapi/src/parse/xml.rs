//! Answers in XML. Namespaces are not compared: services and emulators differ in them.

use super::Reader;
use super::damage::{Damage, Fault};
use crate::model::{Kind, Protocol, Ref, Service, Structure};
use crate::validate::DEEPEST;
use crate::value::{decode, encode, fraction, percent_decode, read_time, show_time, truth, whole};
use roxmltree::{Document, Error, Node};
use serde_json::{Map, Value, json};

type Element<'d> = Node<'d, 'd>;

/// Reads a document. Entities and document types, which no service uses, are refused by the parser.
pub(super) fn document(body: &[u8]) -> Result<Document<'_>, Damage> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Err(Damage::new("an empty body"));
    }
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    let text = std::str::from_utf8(body).map_err(|_| Damage::new("XML that is not UTF-8"))?;
    Document::parse(text).map_err(|error| match error {
        Error::UnclosedRootNode | Error::UnexpectedEndOfStream | Error::NoRootNode => {
            Damage::new("XML that breaks off")
        }
        error => Damage::new(format!("damaged XML at {}", error.pos())),
    })
}

/// The elements directly in this one.
pub(super) fn children<'d>(element: Element<'d>) -> impl Iterator<Item = Element<'d>> {
    element.children().filter(Node::is_element)
}

/// The first element of this name directly in this one.
pub(super) fn child<'d>(element: Element<'d>, name: &str) -> Option<Element<'d>> {
    children(element).find(|child| child.tag_name().name() == name)
}

/// The text directly in an element.
pub(super) fn text(element: Element<'_>) -> String {
    element.children().filter(Node::is_text).filter_map(|part| part.text()).collect()
}

impl Reader<'_> {
    /// Answers of awsQuery and ec2Query: the output stands in an envelope.
    pub(super) fn enveloped(&mut self, structure: &Structure) -> Result<Map<String, Value>, Fault> {
        if self.response.is_blank() {
            if structure.members.is_empty() {
                return Ok(Map::new());
            }
            return Err(Damage::new("an empty body").into());
        }
        let document = document(self.response.body)?;
        let root = document.root_element();
        if child(root, "Errors").is_some() || root.tag_name().name() == "ErrorResponse" {
            return Err(Fault::Error);
        }
        let id = child(root, "requestId")
            .or_else(|| child(root, "ResponseMetadata").and_then(|metadata| child(metadata, "RequestId")));
        self.request_id = id.map(text);
        if !root.tag_name().name().ends_with("Response") {
            return Err(Damage::new("XML that is not the answer of an operation").into());
        }
        let result = match &self.operation.result_wrapper {
            Some(wrapper) => child(root, wrapper),
            None => Some(root),
        };
        let reader = Xml { service: self.service };
        match result {
            Some(result) => Ok(reader.members(structure, result, 0)?),
            None if structure.members.is_empty() => Ok(Map::new()),
            None => Err(Damage::new("the answer has no result in it").into()),
        }
    }

    /// The envelope of a modelled error.
    pub(super) fn error_members(
        &self,
        structure: &Structure,
        error: Element<'_>,
    ) -> Result<Map<String, Value>, Damage> {
        Xml { service: self.service }.members(structure, error, 0)
    }

    /// A body of restXml that is this structure.
    pub(super) fn xml_body(&mut self, structure: &Structure) -> Result<Value, Fault> {
        let document = document(self.response.body)?;
        let root = document.root_element();
        if root.tag_name().name() == "Error" || root.tag_name().name() == "ErrorResponse" {
            return Err(Fault::Error);
        }
        let knows = |child: Element<'_>| structure.wired(child.tag_name().name()).next().is_some();
        let mut names = children(root).peekable();
        let foreign = names.peek().is_some() && !names.any(knows);
        let signed = self.response.request_id().is_some()
            || root.tag_name().namespace().is_some_and(|namespace| namespace.contains("amazonaws.com"));
        if foreign && !signed {
            return Err(Damage::new("XML that is not the answer of this operation").into());
        }
        Ok(Xml { service: self.service }.structure(structure, root, 0)?)
    }

    /// Whether XML that nothing is read from is at least XML, and no error.
    pub(super) fn xml_is_sound(&self) -> Result<(), Fault> {
        let document = document(self.response.body)?;
        let root = document.root_element();
        let is_error = matches!(root.tag_name().name(), "Error" | "ErrorResponse")
            && self.service.metadata().protocol == Protocol::RestXml;
        if is_error { Err(Fault::Error) } else { Ok(()) }
    }
}

struct Xml<'s> {
    service: &'s Service,
}

impl Xml<'_> {
    fn structure(&self, structure: &Structure, element: Element<'_>, depth: usize) -> Result<Value, Damage> {
        if structure.union {
            let mut names = children(element).map(|child| child.tag_name().name());
            let only = names.next().filter(|only| names.all(|name| name == *only));
            let Some(name) = only else {
                return Err(Damage::new("exactly one member must be set"));
            };
            if structure.wired(name).next().is_none() {
                return Ok(json!({ "SDK_UNKNOWN_MEMBER": { "name": name } }));
            }
        }
        self.members(structure, element, depth).map(Value::Object)
    }

    /// The members of a structure. Elements are sorted to members first, because those of a flattened list may
    /// stand anywhere among the others.
    fn members(
        &self,
        structure: &Structure,
        element: Element<'_>,
        depth: usize,
    ) -> Result<Map<String, Value>, Damage> {
        if depth > DEEPEST {
            return Err(Damage::new(format!("nested deeper than {DEEPEST} levels")));
        }
        let mut found: Vec<(u16, Element<'_>)> = Vec::new();
        for child in children(element) {
            found.extend(structure.wired(child.tag_name().name()).map(|(index, _)| (index, child)));
        }
        found.sort_by_key(|(index, _)| *index);
        let mut members = Map::new();
        for group in found.chunk_by(|(one, _), (other, _)| one == other) {
            let Some((index, _)) = group.first() else { continue };
            let Some(member) = structure.members.get(usize::from(*index)) else { continue };
            let elements: Vec<Element<'_>> = group.iter().map(|(_, element)| *element).collect();
            let value =
                self.value(&member.at, &elements, depth).map_err(|damage| damage.inside(&member.name))?;
            if let Some(value) = value {
                members.insert(member.name.to_string(), value);
            }
        }
        for member in structure.members.iter().filter(|member| member.at.xml_attribute) {
            // The prefix is the service's choice; the local name is what counts.
            let local = member.wire.rsplit(':').next().unwrap_or_default();
            if let Some(attribute) = element.attributes().find(|attribute| attribute.name() == local) {
                members.insert(member.name.to_string(), Value::from(attribute.value()));
            }
        }
        Ok(members)
    }

    /// A value from the elements of its name: several for a flattened list or map, else the first counts.
    fn value(&self, at: &Ref, elements: &[Element<'_>], depth: usize) -> Result<Option<Value>, Damage> {
        let Some(first) = elements.first().copied() else { return Ok(None) };
        match self.service.kind(at) {
            Kind::Structure(structure) => self.structure(structure, first, depth + 1).map(Some),
            Kind::List(of) => {
                let list: Result<Vec<Value>, Damage> = if at.flattened {
                    elements
                        .iter()
                        .enumerate()
                        .map(|(index, element)| self.element(of, *element, index, depth))
                        .collect()
                } else {
                    children(first)
                        .enumerate()
                        .map(|(index, element)| self.element(of, element, index, depth))
                        .collect()
                };
                list.map(|list| Some(Value::Array(list)))
            }
            Kind::Map(of) => {
                let entries: Vec<Element<'_>> =
                    if at.flattened { elements.to_vec() } else { children(first).collect() };
                let mut map = Map::new();
                for (index, entry) in entries.into_iter().enumerate() {
                    let key = child(entry, of.key.name_or("key")).map(text);
                    let value = child(entry, of.value.name_or("value"));
                    let (Some(key), Some(value)) = (key, value) else {
                        return Err(Damage::new("an entry without a key or a value").at(index));
                    };
                    let value =
                        self.value(&of.value, &[value], depth + 1).map_err(|damage| damage.at(index))?;
                    map.insert(key, value.unwrap_or(Value::Null));
                }
                Ok(Some(Value::Object(map)))
            }
            kind => scalar(kind, &text(first)),
        }
    }

    fn element(&self, at: &Ref, element: Element<'_>, index: usize, depth: usize) -> Result<Value, Damage> {
        if depth > DEEPEST {
            return Err(Damage::new(format!("nested deeper than {DEEPEST} levels")));
        }
        let value = self.value(at, &[element], depth + 1).map_err(|damage| damage.at(index))?;
        Ok(value.unwrap_or(Value::Null))
    }
}

/// A scalar from the text of an element or a header. An empty number, time or truth value is none.
pub(super) fn scalar(kind: &Kind, text: &str) -> Result<Option<Value>, Damage> {
    let expected = || Damage::new(format!("expected {}", kind.word()));
    match kind {
        Kind::Blob => decode(text).map(|bytes| Some(Value::from(encode(&bytes)))).ok_or_else(expected),
        Kind::String { policy: true } => Ok(Some(policy(text))),
        Kind::String { policy: false } | Kind::Structure(_) | Kind::List(_) | Kind::Map(_) => {
            Ok(Some(Value::from(text)))
        }
        _ if text.trim().is_empty() => Ok(None),
        Kind::Boolean => truth(text).map(|truth| Some(Value::Bool(truth))).ok_or_else(expected),
        Kind::Integer => whole(text).map(Some).ok_or_else(expected),
        Kind::Float => fraction(text).map(Some).ok_or_else(expected),
        Kind::Timestamp => {
            let time = read_time(&Value::from(text));
            time.map(|time| Some(Value::from(show_time(time)))).ok_or_else(expected)
        }
    }
}

/// IAM sends policy documents URL-encoded; they are shown as the JSON they are. What is no JSON stays text.
fn policy(text: &str) -> Value {
    serde_json::from_str(&percent_decode(text, false)).unwrap_or_else(|_| Value::from(text))
}

//! Requests of restJson and restXml: members go into the path, the query, headers and the body.

use super::header::{header, header_name, scalar, sendable};
use super::{Request, Writer, json, xml};
use crate::model::{Kind, Location, Member, Protocol, Structure};
use crate::validate::InputError;
use crate::value::{TimestampFormat, decode, percent_encode, plain};
use serde_json::Value;

impl Writer<'_> {
    pub(super) fn rest(&self, request: &mut Request) -> Result<(), InputError> {
        let (path, query) = self.operation.uri.split_once('?').unwrap_or((&self.operation.uri, ""));
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            request.query.push((name.to_owned(), value.to_owned()));
        }
        let Some(structure) = self.input() else {
            path.clone_into(&mut request.path);
            return Ok(());
        };
        request.path = self.path(structure, path)?;
        self.query(structure, &mut request.query);
        self.headers(structure, request)?;
        self.body(structure, request);
        Ok(())
    }

    fn value(&self, member: &Member) -> Option<&Value> {
        self.members.get(member.name.as_ref())
    }

    /// The path with its labels filled in. An empty label would make it the path of another operation.
    fn path(&self, structure: &Structure, template: &str) -> Result<String, InputError> {
        let mut path = String::new();
        let mut rest = template;
        while let Some((before, after)) = rest.split_once('{') {
            path.push_str(before);
            let (label, after) = after.split_once('}').unwrap_or((after, ""));
            rest = after;
            let (label, greedy) = label.strip_suffix('+').map_or((label, false), |label| (label, true));
            let member = structure
                .members
                .iter()
                .filter(|member| member.at.location == Location::Uri)
                .find(|member| member.at.name_or(&member.name) == label);
            let Some(member) = member else {
                return Err(InputError::new(format!("the model has no member for the path label `{label}`")));
            };
            let text = match self.value(member) {
                Some(value) => scalar(self.service, &member.at, value, TimestampFormat::Iso8601),
                None => String::new(),
            };
            if text.is_empty() {
                return Err(InputError::new("is part of the path and must not be empty").inside(&member.name));
            }
            path.push_str(&percent_encode(&text, greedy));
        }
        path.push_str(rest);
        Ok(path)
    }

    /// Named members first; a map cannot take their place.
    fn query(&self, structure: &Structure, query: &mut Vec<(String, String)>) {
        let members = || structure.members.iter().filter(|member| member.at.location == Location::Query);
        for member in members() {
            let name = member.at.name_or(&member.name);
            match (self.service.kind(&member.at), self.value(member)) {
                (_, None) | (Kind::Map(_), _) => {}
                (Kind::List(element), Some(Value::Array(elements))) => {
                    for value in elements.iter().filter(|value| !value.is_null()) {
                        let text = scalar(self.service, element, value, TimestampFormat::Iso8601);
                        query.push((name.to_owned(), text));
                    }
                }
                (_, Some(value)) => {
                    let text = scalar(self.service, &member.at, value, TimestampFormat::Iso8601);
                    query.push((name.to_owned(), text));
                }
            }
        }
        for member in members() {
            let (Kind::Map(map), Some(Value::Object(entries))) =
                (self.service.kind(&member.at), self.value(member))
            else {
                continue;
            };
            for (name, value) in entries {
                if query.iter().any(|(known, _)| known == name) {
                    continue;
                }
                let values = match value {
                    Value::Array(values) => values.as_slice(),
                    value => std::slice::from_ref(value),
                };
                let element = match self.service.kind(&map.value) {
                    Kind::List(element) => element,
                    _ => &map.value,
                };
                let texts = values.iter().filter(|value| !value.is_null());
                let texts = texts.map(|value| scalar(self.service, element, value, TimestampFormat::Iso8601));
                query.extend(texts.map(|text| (name.clone(), text)).collect::<Vec<_>>());
            }
        }
    }

    fn headers(&self, structure: &Structure, request: &mut Request) -> Result<(), InputError> {
        for member in &structure.members {
            let Some(value) = self.value(member) else { continue };
            let name = member.at.name_or(&member.name);
            match (member.at.location, value) {
                (Location::Header, value) => {
                    let text = header(self.service, &member.at, value)
                        .map_err(|error| error.inside(&member.name))?;
                    request.headers.push((name.to_owned(), text));
                }
                (Location::Headers, Value::Object(entries)) => {
                    for (key, value) in entries {
                        let at = |error: InputError| error.inside(key).inside(&member.name);
                        let (full, text) = (format!("{name}{key}"), plain(value));
                        header_name(&full).map_err(at)?;
                        sendable(&text).map_err(at)?;
                        if request.header(&full).is_none() {
                            request.headers.push((full, text));
                        }
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn body(&self, structure: &Structure, request: &mut Request) {
        let json = self.service.metadata().protocol == Protocol::RestJson;
        let kind = match structure.payload() {
            Some(payload) => self.payload(payload, json, request),
            None if json => {
                // An operation with body members has a body, though it be empty.
                if structure.has_body() {
                    let body = json::body(self.service, structure, self.members);
                    request.body = Value::Object(body).to_string().into_bytes();
                }
                "application/json"
            }
            None => {
                let mut body = self.members.clone();
                body.retain(|name, _| {
                    structure.member(name).is_some_and(|member| member.at.location == Location::Body)
                });
                if let (false, Some(at)) = (body.is_empty(), &self.operation.input) {
                    let shape = self.service.shape(at.shape);
                    let name = at.name_or(&shape.name);
                    request.body = xml::document(self.service, at, name, &body).into_bytes();
                }
                "application/xml"
            }
        };
        if !request.body.is_empty() {
            request.default_header("Content-Type", kind);
        }
    }

    /// The member that is the whole body, and the type of its content.
    fn payload(&self, payload: &Member, json: bool, request: &mut Request) -> &'static str {
        let value = self.value(payload);
        match (self.service.kind(&payload.at), value) {
            (Kind::Blob, value) => {
                request.body = value.and_then(Value::as_str).and_then(decode).unwrap_or_default();
                "application/octet-stream"
            }
            (Kind::String { .. }, value) => {
                request.body = value.map(plain).unwrap_or_default().into_bytes();
                "text/plain"
            }
            (_, Some(value)) if json => {
                request.body = json::json(self.service, &payload.at, value).to_string().into_bytes();
                "application/json"
            }
            (Kind::Structure(union), None) if json && union.union => "application/json",
            (_, None) if json => {
                request.body = b"{}".to_vec();
                "application/json"
            }
            (_, Some(Value::Object(members))) => {
                let shape = self.service.shape(payload.at.shape);
                let name = payload.at.name_or(&shape.name);
                request.body = xml::document(self.service, &payload.at, name, members).into_bytes();
                "application/xml"
            }
            _ => "application/xml",
        }
    }
}

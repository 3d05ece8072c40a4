//! Answers in JSON.

use super::Reader;
use super::damage::{Damage, Fault};
use super::xml;
use crate::model::{Kind, Protocol, Ref, Service, Structure};
use crate::validate::DEEPEST;
use crate::value::{decode, encode, read_time, show_time, word};
use serde_json::{Map, Number, Value, json};

impl Reader<'_> {
    /// Answers of awsJson.
    pub(super) fn json_rpc(&mut self, structure: &Structure) -> Result<Map<String, Value>, Fault> {
        if self.response.is_blank() && self.may_be_empty(structure) {
            return Ok(Map::new());
        }
        let body = self.json_object()?;
        if let Value::Object(members) = self.json_body(structure, body)? {
            Ok(members)
        } else {
            Ok(Map::new())
        }
    }

    /// The body as a JSON object.
    pub(super) fn json_object(&self) -> Result<Map<String, Value>, Damage> {
        if self.response.is_blank() {
            return Err(Damage::new("an empty body"));
        }
        let body: Value = serde_json::from_slice(self.response.body).map_err(|error| {
            Damage::new(format!("damaged JSON at line {} column {}", error.line(), error.column()))
        })?;
        match body {
            Value::Object(members) => Ok(members),
            other => Err(Damage::new(format!("JSON that is {}, not an object", word(&other)))),
        }
    }

    /// A JSON object that is this structure.
    pub(super) fn json_body(&self, structure: &Structure, body: Map<String, Value>) -> Result<Value, Fault> {
        // An empty object of nobody in particular is no answer where the model promises one.
        if body.is_empty() && structure.requires_body() && self.response.request_id().is_none() {
            return Err(Damage::new("JSON without what the operation always answers").into());
        }
        let foreign = !body.is_empty()
            && !structure.document
            && body.keys().all(|name| structure.wired(name).next().is_none());
        if foreign {
            // Some front ends say so of an operation they do not know, with the status of success.
            if body.get("Output").is_some_and(|output| output.get("__type").is_some()) {
                return Err(Fault::Error);
            }
            if structure.has_body() && self.response.request_id().is_none() {
                return Err(Damage::new("JSON that is not the answer of this operation").into());
            }
        }
        Ok(Json::of(self.service).structure(structure, body, 0)?)
    }

    /// The members of a modelled error.
    pub(super) fn json_error_members(
        &self,
        structure: &Structure,
        body: Map<String, Value>,
    ) -> Result<Map<String, Value>, Damage> {
        match Json::of(self.service).structure(structure, body, 0)? {
            Value::Object(members) => Ok(members),
            _ => Ok(Map::new()),
        }
    }
}

struct Json<'s> {
    service: &'s Service,
    /// Whether numbers with a fraction are shown with one even when it is zero, as the AWS CLI does here.
    rest: bool,
}

impl<'s> Json<'s> {
    fn of(service: &'s Service) -> Self {
        Self { service, rest: service.metadata().protocol == Protocol::RestJson }
    }

    fn structure(
        &self,
        structure: &Structure,
        mut body: Map<String, Value>,
        depth: usize,
    ) -> Result<Value, Damage> {
        if structure.document {
            return Ok(Value::Object(body));
        }
        if depth > DEEPEST {
            return Err(Damage::new(format!("nested deeper than {DEEPEST} levels")));
        }
        body.retain(|_, value| !value.is_null());
        if structure.union {
            body.remove("__type");
            let mut names = body.keys();
            let (Some(only), None) = (names.next(), names.next()) else {
                return Err(Damage::new("exactly one member must be set"));
            };
            if structure.wired(only).next().is_none() {
                return Ok(json!({ "SDK_UNKNOWN_MEMBER": { "name": only } }));
            }
        }
        let mut members = Map::new();
        for (name, value) in body {
            if let Some((_, member)) = structure.wired(&name).next() {
                let value =
                    self.value(&member.at, value, depth).map_err(|damage| damage.inside(&member.name))?;
                if !value.is_null() {
                    members.insert(member.name.to_string(), value);
                }
            }
        }
        Ok(Value::Object(members))
    }

    /// A value, rebuilt in place. What is `null` stays so: a list may have gaps.
    fn value(&self, at: &Ref, value: Value, depth: usize) -> Result<Value, Damage> {
        let kind = self.service.kind(at);
        match (kind, value) {
            (_, Value::Null) => Ok(Value::Null),
            (Kind::Structure(structure), value) if structure.document => Ok(value),
            (Kind::Structure(structure), Value::Object(body)) => self.structure(structure, body, depth + 1),
            (Kind::List(_) | Kind::Map(_), _) if depth > DEEPEST => {
                Err(Damage::new(format!("nested deeper than {DEEPEST} levels")))
            }
            (Kind::List(of), Value::Array(elements)) => {
                let elements = elements.into_iter().enumerate();
                let read = |(index, value)| {
                    self.value(of, value, depth + 1).map_err(|damage: Damage| damage.at(index))
                };
                elements.map(read).collect::<Result<_, _>>().map(Value::Array)
            }
            (Kind::Map(of), Value::Object(entries)) => {
                let read = |(key, value)| Ok((key, self.value(&of.value, value, depth + 1)?));
                entries.into_iter().map(read).collect::<Result<_, _>>().map(Value::Object)
            }
            (Kind::Timestamp, value) => match read_time(&value) {
                Some(time) => Ok(Value::from(show_time(time))),
                None => Err(unexpected(kind, &value)),
            },
            (Kind::Blob, Value::String(text)) => match decode(&text) {
                Some(bytes) => Ok(Value::from(encode(&bytes))),
                None => Err(Damage::new("expected base64 text")),
            },
            (Kind::Float, Value::Number(number)) if self.rest => {
                Ok(Value::Number(number.as_f64().and_then(Number::from_f64).unwrap_or(number)))
            }
            (Kind::Integer | Kind::Float, Value::Number(number)) => Ok(Value::Number(number)),
            (Kind::Boolean, Value::Bool(truth)) => Ok(Value::Bool(truth)),
            // Some services write numbers and truth values as text.
            (Kind::Integer | Kind::Float | Kind::Boolean, Value::String(text)) => {
                xml::scalar(kind, &text).map(|value| value.unwrap_or(Value::Null))
            }
            (Kind::String { .. }, value @ (Value::String(_) | Value::Number(_) | Value::Bool(_))) => {
                Ok(value)
            }
            (kind, value) => Err(unexpected(kind, &value)),
        }
    }
}

fn unexpected(kind: &Kind, value: &Value) -> Damage {
    Damage::new(format!("expected {}, got {}", kind.word(), word(value)))
}

//! Answers of restJson and restXml: members come from the status, from headers and from the body.

use super::damage::{Damage, Fault};
use super::{Reader, customs, xml};
use crate::model::{Kind, Location, Member, Protocol, Ref, Structure};
use crate::value::{TimestampFormat, decode, encode};
use serde_json::{Map, Value};

impl Reader<'_> {
    pub(super) fn rest(&mut self, structure: &Structure) -> Result<Map<String, Value>, Fault> {
        let mut members = self.bound(structure)?;
        if self.operation.method.as_ref() == "HEAD" {
            return Ok(members);
        }
        match structure.payload() {
            Some(payload) => {
                if let Some(value) = self.payload(structure, payload)? {
                    members.insert(payload.name.to_string(), value);
                }
            }
            None if self.response.is_blank() => {
                if !self.may_be_empty(structure) {
                    return Err(Damage::new("an empty body").into());
                }
            }
            None if structure.reads_nothing() => self.is_sound()?,
            None => {
                if let Value::Object(body) = self.structured(structure)? {
                    members.extend(body);
                }
            }
        }
        Ok(members)
    }

    /// The member that is the whole body.
    fn payload(&mut self, structure: &Structure, payload: &Member) -> Result<Option<Value>, Fault> {
        match self.service.kind(&payload.at) {
            Kind::Blob => Ok(Some(Value::from(encode(self.response.body)))),
            Kind::String { .. } => match std::str::from_utf8(self.response.body) {
                Ok(text) => Ok(Some(Value::from(text))),
                Err(_) => Err(Damage::new("text that is not UTF-8").inside(&payload.name).into()),
            },
            Kind::Structure(body) => {
                if self.response.is_blank() {
                    let none = self.response.status == 204 && !structure.requires_body();
                    return if none { Ok(None) } else { Err(Damage::new("an empty body").into()) };
                }
                self.structured(body).map(Some)
            }
            _ => Err(Damage::new("a body of a kind that no protocol has").inside(&payload.name).into()),
        }
    }

    fn structured(&mut self, structure: &Structure) -> Result<Value, Fault> {
        if self.service.metadata().protocol == Protocol::RestXml {
            self.xml_body(structure)
        } else if structure.document {
            serde_json::from_slice(self.response.body).map_err(|error| {
                let (line, column) = (error.line(), error.column());
                Damage::new(format!("damaged JSON at line {line} column {column}")).into()
            })
        } else {
            self.json_body(structure, self.json_object()?)
        }
    }

    /// What nothing is read from must still be an answer.
    fn is_sound(&self) -> Result<(), Fault> {
        if self.service.metadata().protocol == Protocol::RestXml {
            self.xml_is_sound()
        } else {
            self.json_body(&Structure::default(), self.json_object()?).map(drop)
        }
    }

    /// The members that stand in the status and in headers.
    pub(super) fn bound(&self, structure: &Structure) -> Result<Map<String, Value>, Damage> {
        let mut members = Map::new();
        for member in &structure.members {
            let value = match member.at.location {
                Location::StatusCode => Some(Value::from(self.response.status)),
                Location::Headers => Some(self.prefixed(member.at.name_or(""))),
                Location::Header => {
                    let value = self.header(&member.at, &member.name);
                    match value.map_err(|damage| damage.inside(&member.name)) {
                        Err(_) if customs::may_be_unreadable(self.service, member) => None,
                        value => value?,
                    }
                }
                Location::Body | Location::Uri | Location::Query => None,
            };
            if let Some(value) = value {
                members.insert(member.name.to_string(), value);
            }
        }
        Ok(members)
    }

    /// All headers of a prefix, by the rest of their names.
    fn prefixed(&self, prefix: &str) -> Value {
        let headers = self.response.headers.iter().filter_map(|(name, value)| {
            let (head, rest) = name.split_at_checked(prefix.len())?;
            head.eq_ignore_ascii_case(prefix).then(|| (rest.to_owned(), Value::from(*value)))
        });
        Value::Object(headers.collect())
    }

    fn header(&self, at: &Ref, name: &str) -> Result<Option<Value>, Damage> {
        let name = at.name_or(name);
        let Some(text) = self.response.header(name) else { return Ok(None) };
        if at.json_value {
            let json = decode(text).and_then(|bytes| serde_json::from_slice(&bytes).ok());
            return json.map(Some).ok_or_else(|| Damage::new("expected JSON in base64"));
        }
        let Kind::List(of) = self.service.kind(at) else {
            return xml::scalar(self.service.kind(at), text);
        };
        let same = self.response.headers.iter().filter(|(known, _)| known.eq_ignore_ascii_case(name));
        let joined = same.map(|(_, value)| *value).collect::<Vec<_>>().join(",");
        let kind = self.service.kind(of);
        let dates = matches!(kind, Kind::Timestamp)
            && of.timestamp.is_none_or(|format| format == TimestampFormat::Rfc822);
        let elements = if dates { split_dates(&joined) } else { split_quoted(&joined) };
        let read = |(index, text): (usize, &String)| {
            xml::scalar(kind, text)
                .map(|value| value.unwrap_or(Value::Null))
                .map_err(|damage| damage.at(index))
        };
        elements.iter().enumerate().map(read).collect::<Result<_, _>>().map(|list| Some(Value::Array(list)))
    }
}

/// `Mon, 16 Dec 2019 23:48:18 GMT` has a comma of its own.
fn split_dates(text: &str) -> Vec<String> {
    let parts: Vec<&str> = text.split(',').collect();
    parts.chunks(2).map(|pair| pair.join(",").trim().to_owned()).collect()
}

/// Elements may be quoted, and quotes within them escaped.
fn split_quoted(text: &str) -> Vec<String> {
    let (mut elements, mut element) = (Vec::new(), String::new());
    let (mut quoted, mut escaped) = (false, false);
    for character in text.chars() {
        match character {
            _ if escaped => {
                element.push(character);
                escaped = false;
            }
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            ',' if !quoted => {
                elements.push(element.trim().to_owned());
                element.clear();
            }
            _ => element.push(character),
        }
    }
    elements.push(element.trim().to_owned());
    elements
}

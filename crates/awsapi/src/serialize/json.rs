//! JSON bodies, and the requests of awsJson.

use super::{Request, Writer};
use crate::model::{Kind, Location, Member, Ref, Service, Structure};
use crate::validate::InputError;
use crate::value::{TimestampFormat, read_time, write_time};
use serde_json::{Map, Value};

impl Writer<'_> {
    pub(super) fn json_rpc(&self, request: &mut Request) -> Result<(), InputError> {
        let metadata = self.service.metadata();
        let prefix = metadata.target_prefix.as_deref().unwrap_or_default();
        let version = metadata.json_version.as_deref().unwrap_or("1.0");
        let mut header = |name: &str, value: String| request.headers.push((name.to_owned(), value));
        header("X-Amz-Target", format!("{prefix}.{}", self.operation.name));
        header("Content-Type", format!("application/x-amz-json-{version}"));
        if metadata.query_compatible {
            header("x-amzn-query-mode", "true".to_owned());
        }
        let body = self.input().map(|structure| body(self.service, structure, self.members));
        request.body = Value::Object(body.unwrap_or_default()).to_string().into_bytes();
        Ok(())
    }
}

/// The members of a structure that stand in the body, under their names there.
pub(super) fn body(
    service: &Service,
    structure: &Structure,
    members: &Map<String, Value>,
) -> Map<String, Value> {
    written(service, structure, members, |member| member.at.location == Location::Body)
}

/// A value as JSON for the wire.
pub(super) fn json(service: &Service, at: &Ref, value: &Value) -> Value {
    match (service.kind(at), value) {
        (Kind::Structure(structure), Value::Object(members)) if !structure.document => {
            // Only the members of the input itself can stand elsewhere.
            Value::Object(written(service, structure, members, |_| true))
        }
        (Kind::List(element), Value::Array(elements)) => {
            Value::Array(elements.iter().map(|value| json(service, element, value)).collect())
        }
        (Kind::Map(map), Value::Object(entries)) => Value::Object(
            entries.iter().map(|(key, value)| (key.clone(), json(service, &map.value, value))).collect(),
        ),
        (Kind::Timestamp, value) => match read_time(value) {
            Some(time) => write_time(time, at.timestamp.unwrap_or(TimestampFormat::Unix)),
            None => value.clone(),
        },
        // A blob is base64 already.
        (_, value) => value.clone(),
    }
}

fn written(
    service: &Service,
    structure: &Structure,
    members: &Map<String, Value>,
    wanted: impl Fn(&Member) -> bool,
) -> Map<String, Value> {
    let mut written = Map::new();
    for member in structure.members.iter().filter(|member| wanted(member)) {
        if let Some(value) = members.get(member.name.as_ref()).filter(|value| !value.is_null()) {
            written.insert(member.at.name_or(&member.name).to_owned(), json(service, &member.at, value));
        }
    }
    written
}

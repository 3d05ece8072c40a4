//! Requests of awsQuery and ec2Query: one form, nested names joined by periods.

use super::{Request, Writer, encoded};
use crate::model::{Kind, Protocol, Ref};
use crate::validate::InputError;
use crate::value::{TimestampFormat, plain, read_time, write_time};
use serde_json::Value;

impl Writer<'_> {
    pub(super) fn form(&self, request: &mut Request) -> Result<(), InputError> {
        let mut form =
            Form { writer: *self, ec2: self.service.metadata().protocol == Protocol::Ec2, pairs: Vec::new() };
        form.pair("Action", self.operation.name.to_string());
        form.pair("Version", self.service.metadata().api_version.to_string());
        for member in self.input().iter().flat_map(|structure| &structure.members) {
            if let Some(value) = self.members.get(member.name.as_ref()) {
                let name = form.name(&member.at, &member.name);
                form.write(&name, &member.at, value);
            }
        }
        request.default_header("Content-Type", "application/x-www-form-urlencoded");
        request.body = encoded(&form.pairs).into_bytes();
        Ok(())
    }
}

struct Form<'w> {
    writer: Writer<'w>,
    ec2: bool,
    pairs: Vec<(String, String)>,
}

impl Form<'_> {
    fn pair(&mut self, name: &str, value: String) {
        self.pairs.push((name.to_owned(), value));
    }

    /// The name of a member in the form. EC2 has a name for requests, or capitalizes the one of its answers.
    fn name(&self, at: &Ref, name: &str) -> String {
        if !self.ec2 {
            return at.name_or(name).to_owned();
        }
        if let Some(name) = &at.query_name {
            return name.to_string();
        }
        let mut letters = at.name_or(name).chars();
        letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect()
    }

    fn write(&mut self, name: &str, at: &Ref, value: &Value) {
        let service = self.writer.service;
        match (service.kind(at), value) {
            (_, Value::Null) => {}
            (Kind::Structure(structure), Value::Object(members)) => {
                for member in &structure.members {
                    if let Some(value) = members.get(member.name.as_ref()) {
                        let inner = self.name(&member.at, &member.name);
                        self.write(&format!("{name}.{inner}"), &member.at, value);
                    }
                }
            }
            (Kind::List(element), Value::Array(elements)) => {
                // awsQuery says that a list is there and empty; ec2Query cannot.
                if elements.is_empty() && !self.ec2 {
                    self.pair(name, String::new());
                }
                let name = self.list_name(name, at, element);
                for (index, value) in (1..).zip(elements) {
                    self.write(&format!("{name}.{index}"), element, value);
                }
            }
            (Kind::Map(map), Value::Object(entries)) => {
                let name = if at.flattened { name.to_owned() } else { format!("{name}.entry") };
                for (index, (key, value)) in (1..).zip(entries) {
                    let (key_name, value_name) = (map.key.name_or("key"), map.value.name_or("value"));
                    self.pair(&format!("{name}.{index}.{key_name}"), key.clone());
                    self.write(&format!("{name}.{index}.{value_name}"), &map.value, value);
                }
            }
            (Kind::Timestamp, value) => {
                let format = at.timestamp.unwrap_or(TimestampFormat::Iso8601);
                if let Some(time) = read_time(value) {
                    self.pair(name, plain(&write_time(time, format)));
                }
            }
            // A blob is base64 already.
            (_, value) => self.pair(name, plain(value)),
        }
    }

    /// The name that the elements of a list are numbered under.
    fn list_name(&self, name: &str, at: &Ref, element: &Ref) -> String {
        if self.ec2 {
            return name.to_owned();
        }
        match (&element.location_name, at.flattened) {
            // The elements' own name takes the place of the list's.
            (Some(own), true) => match name.rsplit_once('.') {
                Some((outer, _)) => format!("{outer}.{own}"),
                None => own.to_string(),
            },
            (None, true) => name.to_owned(),
            (_, false) => format!("{name}.{}", element.name_or("member")),
        }
    }
}

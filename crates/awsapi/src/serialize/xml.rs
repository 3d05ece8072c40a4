//! XML bodies of restXml.

use crate::model::{Kind, Namespace, Ref, Service, Structure};
use crate::value::{TimestampFormat, plain, read_time, write_time};
use serde_json::{Map, Value};

/// A structure as a document. `members` holds only what belongs in it.
pub(super) fn document(service: &Service, at: &Ref, name: &str, members: &Map<String, Value>) -> String {
    let mut writer = XmlWriter { service, text: String::new() };
    if let Kind::Structure(structure) = service.kind(at) {
        writer.structure(structure, at, name, members);
    }
    writer.text
}

struct XmlWriter<'s> {
    service: &'s Service,
    text: String,
}

impl XmlWriter<'_> {
    fn structure(&mut self, structure: &Structure, at: &Ref, name: &str, members: &Map<String, Value>) {
        let written = |attribute: bool| {
            structure.members.iter().filter(move |member| member.at.xml_attribute == attribute).filter_map(
                |member| Some((member, members.get(member.name.as_ref()).filter(|value| !value.is_null())?)),
            )
        };
        self.text.push('<');
        self.text.push_str(name);
        self.namespace(at.namespace.as_deref());
        for (member, value) in written(true) {
            self.attribute(member.at.name_or(&member.name), &plain(value));
        }
        self.text.push('>');
        for (member, value) in written(false) {
            self.value(&member.at, member.at.name_or(&member.name), value);
        }
        self.close(name);
    }

    fn value(&mut self, at: &Ref, name: &str, value: &Value) {
        match (self.service.kind(at), value) {
            (_, Value::Null) => {}
            (Kind::Structure(structure), Value::Object(members)) => {
                self.structure(structure, at, name, members)
            }
            (Kind::List(element), Value::Array(elements)) => {
                if at.flattened {
                    elements.iter().for_each(|value| self.value(element, name, value));
                    return;
                }
                self.open(at, name);
                for value in elements {
                    self.value(element, element.name_or("member"), value);
                }
                self.close(name);
            }
            (Kind::Map(map), Value::Object(entries)) => {
                let entry = if at.flattened { name } else { "entry" };
                if !at.flattened {
                    self.open(at, name);
                }
                for (key, value) in entries {
                    self.text.push_str(&format!("<{entry}>"));
                    self.value(&map.key, map.key.name_or("key"), &Value::from(key.as_str()));
                    self.value(&map.value, map.value.name_or("value"), value);
                    self.close(entry);
                }
                if !at.flattened {
                    self.close(name);
                }
            }
            (Kind::Timestamp, value) => {
                let format = at.timestamp.unwrap_or(TimestampFormat::Iso8601);
                let text = read_time(value).map(|time| plain(&write_time(time, format)));
                self.leaf(at, name, &text.unwrap_or_default());
            }
            // A blob is base64 already.
            (_, value) => self.leaf(at, name, &plain(value)),
        }
    }

    fn leaf(&mut self, at: &Ref, name: &str, text: &str) {
        self.open(at, name);
        self.escaped(text);
        self.close(name);
    }

    fn open(&mut self, at: &Ref, name: &str) {
        self.text.push('<');
        self.text.push_str(name);
        self.namespace(at.namespace.as_deref());
        self.text.push('>');
    }

    fn close(&mut self, name: &str) {
        self.text.push_str("</");
        self.text.push_str(name);
        self.text.push('>');
    }

    fn namespace(&mut self, namespace: Option<&Namespace>) {
        let Some(namespace) = namespace else { return };
        match namespace.prefix.as_deref().filter(|prefix| !prefix.is_empty()) {
            Some(prefix) => self.attribute(&format!("xmlns:{prefix}"), &namespace.uri),
            None => self.attribute("xmlns", &namespace.uri),
        }
    }

    fn attribute(&mut self, name: &str, value: &str) {
        self.text.push(' ');
        self.text.push_str(name);
        self.text.push_str("=\"");
        self.escaped(value);
        self.text.push('"');
    }

    /// Line ends are escaped too: a reader of XML would change them. What XML cannot hold at all goes out as it is,
    /// and the service says so.
    fn escaped(&mut self, text: &str) {
        for character in text.chars() {
            match character {
                '&' => self.text.push_str("&amp;"),
                '<' => self.text.push_str("&lt;"),
                '>' => self.text.push_str("&gt;"),
                '"' => self.text.push_str("&quot;"),
                '\r' => self.text.push_str("&#xD;"),
                '\n' => self.text.push_str("&#xA;"),
                '\u{85}' => self.text.push_str("&#x85;"),
                '\u{2028}' => self.text.push_str("&#x2028;"),
                other => self.text.push(other),
            }
        }
    }
}

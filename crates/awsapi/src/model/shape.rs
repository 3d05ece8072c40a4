//! Shapes: what a value at some place of a request or an answer looks like.

use crate::value::TimestampFormat;
use std::sync::Arc;

/// Which shape of its service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ShapeId(pub(super) u32);

impl ShapeId {
    pub(crate) fn index(self) -> usize {
        self.0 as usize
    }
}

/// A shape with the name it has in the model.
#[derive(Debug)]
pub(crate) struct Shape {
    pub(crate) name: Arc<str>,
    pub(crate) kind: Kind,
}

/// What a shape is made of.
#[derive(Debug)]
pub(crate) enum Kind {
    Structure(Box<Structure>),
    List(Box<Ref>),
    Map(Box<MapOf>),
    /// Text; `policy` is IAM's URL-encoded policy document.
    String {
        policy: bool,
    },
    Boolean,
    /// A whole number of 32 or 64 bits.
    Integer,
    Float,
    Timestamp,
    Blob,
}

impl Kind {
    /// The word for messages.
    pub(crate) fn word(&self) -> &'static str {
        match self {
            Self::Structure(_) => "an object",
            Self::List(_) => "a list",
            Self::Map(_) => "a map",
            Self::String { .. } => "a string",
            Self::Boolean => "true or false",
            Self::Integer => "a whole number",
            Self::Float => "a number",
            Self::Timestamp => "a time",
            Self::Blob => "base64 text",
        }
    }
}

/// The key and the value of a map.
#[derive(Debug)]
pub(crate) struct MapOf {
    pub(crate) key: Ref,
    pub(crate) value: Ref,
}

/// A structure.
#[derive(Debug, Default)]
pub(crate) struct Structure {
    /// In the model's order.
    pub(crate) members: Box<[Member]>,
    /// The members that stand in the body of an answer, sorted by the name they have there.
    pub(super) by_wire: Box<[Wired]>,
    /// The member that is the whole body.
    pub(crate) payload: Option<u16>,
    /// Whether exactly one member is set.
    pub(crate) union: bool,
    /// Whether it is any JSON at all.
    pub(crate) document: bool,
    /// Whether it is an error.
    pub(crate) exception: bool,
    /// The code of the error where it is not the shape's name.
    pub(crate) error_code: Option<Box<str>>,
}

impl Structure {
    /// A member by its API name.
    pub(crate) fn member(&self, name: &str) -> Option<&Member> {
        self.members.iter().find(|member| member.name.as_ref() == name)
    }

    /// The member that is the whole body.
    pub(crate) fn payload(&self) -> Option<&Member> {
        self.payload.and_then(|index| self.members.get(usize::from(index)))
    }

    /// The members that an element or key of this name in an answer is for, with their indices. Seldom more than
    /// one: S3's old notification configurations read `Event` twice.
    pub(crate) fn wired<'a>(&'a self, name: &str) -> impl Iterator<Item = (u16, &'a Member)> + use<'a> {
        let start = self.by_wire.partition_point(|wired| wired.name.as_ref() < name);
        let rest = self.by_wire.get(start..).unwrap_or_default();
        let found = rest.get(..rest.partition_point(|wired| wired.name.as_ref() <= name)).unwrap_or_default();
        found.iter().filter_map(|wired| Some((wired.index, self.members.get(usize::from(wired.index))?)))
    }

    /// Whether nothing in the body of an answer can be for it.
    pub(crate) fn reads_nothing(&self) -> bool {
        self.by_wire.is_empty()
    }

    /// Whether a message has a body for it. Members of the path and the query of a request have a place in the
    /// body of an answer too, but need no body there.
    pub(crate) fn has_body(&self) -> bool {
        self.members.iter().any(|member| member.at.location == Location::Body)
    }

    /// Whether an answer without any of it would break the model's own promise.
    pub(crate) fn requires_body(&self) -> bool {
        self.members.iter().any(|member| member.required && member.at.location == Location::Body)
    }
}

/// A name in a body and the member it stands for.
#[derive(Debug)]
pub(super) struct Wired {
    pub(super) name: Arc<str>,
    pub(super) index: u16,
}

/// A member of a structure.
#[derive(Debug)]
pub(crate) struct Member {
    /// The API name.
    pub(crate) name: Arc<str>,
    /// The name in the body of an answer.
    pub(crate) wire: Arc<str>,
    pub(crate) required: bool,
    pub(crate) at: Ref,
}

/// A place that holds a value of some shape, with the traits that apply there.
#[derive(Debug, Clone)]
pub struct Ref {
    pub(crate) shape: ShapeId,
    pub(crate) location: Location,
    pub(crate) timestamp: Option<TimestampFormat>,
    pub(crate) flattened: bool,
    pub(crate) xml_attribute: bool,
    pub(crate) idempotency_token: bool,
    pub(crate) json_value: bool,
    pub(crate) host_label: bool,
    pub(crate) event_stream: bool,
    /// The name it has in its location, where that is not its own.
    pub(crate) location_name: Option<Arc<str>>,
    /// The name in requests of EC2, where that is another one again.
    pub(crate) query_name: Option<Arc<str>>,
    pub(crate) namespace: Option<Arc<Namespace>>,
}

impl Ref {
    /// The name in its location, else this one.
    pub(crate) fn name_or<'a>(&'a self, name: &'a str) -> &'a str {
        self.location_name.as_deref().unwrap_or(name)
    }
}

/// The part of a message where a value stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Location {
    #[default]
    Body,
    Uri,
    Query,
    Header,
    /// All headers of a prefix, as a map.
    Headers,
    StatusCode,
}

/// An XML namespace and the prefix that is bound to it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Namespace {
    pub(crate) uri: Box<str>,
    pub(crate) prefix: Option<Box<str>>,
}

//! What an AWS service offers, as data: its operations, the shapes they read and write, how they page.
//!
//! A model is read from the JSON of the public service models (botocore's `service-2.json`, whole or pruned).
//! Names are resolved once, here: a place that refers to a shape holds its index and the traits that apply there.

mod metadata;
mod operation;
mod read;
mod shape;

use std::collections::BTreeMap;
use std::sync::Arc;

pub use metadata::{Metadata, Protocol};
pub use operation::{Auth, Checksum, Operation, Pagination};
pub use shape::Ref;
pub(crate) use shape::{Kind, Location, Member, Namespace, Shape, ShapeId, Structure};

/// One AWS service: its operations and their shapes.
#[derive(Debug)]
pub struct Service {
    metadata: Metadata,
    operations: BTreeMap<Arc<str>, Operation>,
    shapes: Box<[Shape]>,
    /// The error shapes by the code that stands in an answer.
    errors: BTreeMap<Arc<str>, ShapeId>,
}

impl Service {
    /// Reads a model. Keys it does not know are passed over, so that a fuller model can be given.
    ///
    /// # Errors
    /// When the text is not JSON (with line and column), refers to shapes it does not have, or is of a
    /// service whose only protocol is one this client does not speak.
    pub fn parse(json: &[u8]) -> Result<Self, ModelError> {
        read::service(json)
    }

    /// What holds for the whole service.
    pub fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    /// An operation by its API name, `ListUsers`.
    pub fn operation(&self, name: &str) -> Option<&Operation> {
        self.operations.get(name)
    }

    /// The API names of the operations, sorted.
    pub fn operations(&self) -> impl Iterator<Item = &str> {
        self.operations.keys().map(AsRef::as_ref)
    }

    /// How many shapes the operations use; a figure for tests and diagnostics.
    pub fn shape_count(&self) -> usize {
        self.shapes.len()
    }

    /// The members of a structure by their API names; nothing when the place holds no structure.
    pub fn member_names(&self, at: &Ref) -> impl Iterator<Item = &str> {
        let members = match &self.shape(at.shape).kind {
            Kind::Structure(structure) => structure.members.as_ref(),
            _ => &[],
        };
        members.iter().map(|member| member.name.as_ref())
    }

    /// The members of a structure that a request has to have.
    pub fn required_members(&self, at: &Ref) -> impl Iterator<Item = &str> {
        let members = match &self.shape(at.shape).kind {
            Kind::Structure(structure) => structure.members.as_ref(),
            _ => &[],
        };
        members.iter().filter(|member| member.required).map(|member| member.name.as_ref())
    }

    /// What stands one step further in, at this name; the elements of lists are stepped into by themselves.
    pub fn step<'m>(&'m self, at: &'m Ref, name: &str) -> Step<'m> {
        match &self.shape(at.shape).kind {
            Kind::Structure(structure) if structure.document => Step::Free,
            Kind::Structure(structure) => {
                structure.member(name).map_or(Step::Nothing, |member| Step::To(&member.at))
            }
            Kind::List(element) => self.step(element, name),
            Kind::Map(map) => Step::To(&map.value),
            Kind::String { .. } if at.json_value => Step::Free,
            Kind::String { policy: true } => Step::Free,
            Kind::String { .. }
            | Kind::Boolean
            | Kind::Integer
            | Kind::Float
            | Kind::Timestamp
            | Kind::Blob => Step::Nothing,
        }
    }

    /// The place of a map's values; `None` where no map stands.
    pub fn map_value<'m>(&'m self, at: &'m Ref) -> Option<&'m Ref> {
        match &self.shape(at.shape).kind {
            Kind::Map(map) => Some(&map.value),
            _ => None,
        }
    }

    /// The place of a list's elements; `None` where no list stands.
    pub fn element<'m>(&'m self, at: &'m Ref) -> Option<&'m Ref> {
        match &self.shape(at.shape).kind {
            Kind::List(element) => Some(element),
            _ => None,
        }
    }

    /// Whether plain text stands there.
    pub fn is_text(&self, at: &Ref) -> bool {
        matches!(self.shape(at.shape).kind, Kind::String { .. })
    }

    pub(crate) fn shape(&self, id: ShapeId) -> &Shape {
        #[expect(clippy::indexing_slicing, reason = "an id is only made for a shape that exists")]
        &self.shapes[id.index()]
    }

    pub(crate) fn kind(&self, at: &Ref) -> &Kind {
        &self.shape(at.shape).kind
    }

    /// The error shape of a code: one that the operation names wins over another of the service.
    pub(crate) fn error(&self, operation: &Operation, code: &str) -> Option<ShapeId> {
        let named = operation.errors.iter().copied().find(|id| {
            let shape = self.shape(*id);
            let coded = match &shape.kind {
                Kind::Structure(structure) => structure.error_code.as_deref(),
                _ => None,
            };
            coded == Some(code) || shape.name.as_ref() == code
        });
        named.or_else(|| self.errors.get(code).copied())
    }
}

/// Where a name leads to.
#[derive(Debug, Clone, Copy)]
pub enum Step<'m> {
    /// A place.
    To(&'m Ref),
    /// JSON of any shape: nobody can say what is there.
    Free,
    /// Nothing has this name there.
    Nothing,
}

/// Why there is no model of a service.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ModelError {
    /// The text of a model cannot be read.
    #[error("the model is not readable: {why}")]
    Unreadable {
        /// What is wrong, with line and column.
        why: String,
    },
    /// A model refers to a shape that it does not have.
    #[error("the model is not complete: `{place}` refers to the shape `{shape}`, which is missing")]
    Incomplete {
        /// The operation or shape that refers to it.
        place: String,
        /// The missing shape.
        shape: String,
    },
    /// The service speaks only protocols that this client does not.
    #[error("the protocol `{protocol}` is not supported")]
    Protocol {
        /// The protocol as the model names it.
        protocol: String,
    },
    /// There is no service of this name.
    #[error("there is no service `{name}`{}", suggestion(.near))]
    Unknown {
        /// The name that was asked for.
        name: String,
        /// Names that resemble it.
        near: Vec<String>,
    },
    /// A file of models could not be used.
    #[error("`{path}`: {why}")]
    File {
        /// The file.
        path: String,
        /// What is wrong with it, with the line where there is one.
        why: String,
    },
}

fn suggestion(near: &[String]) -> String {
    if near.is_empty() { String::new() } else { format!("; did you mean `{}`?", near.join("`, `")) }
}

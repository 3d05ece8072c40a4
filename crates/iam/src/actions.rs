//! The actions of AWS: access levels, resource types, condition keys and dependent actions of each.
//!
//! A policy names actions as text. Whether such an action exists, whether it only reads and what it can be
//! restricted by is AWS's knowledge; this is a copy of it, embedded. `SOURCES.md` beside the data says where it
//! comes from, and `cargo xtask iam-data` writes it anew.

mod levels;
mod read;
mod tables;

use std::cmp::Ordering;
use std::fmt;
use std::ops::Range;
use std::sync::OnceLock;

pub use levels::{Level, Levels};
use tables::{Lists, Strings};

/// Every service of AWS with its actions, as AWS's Service Authorization Reference has them.
pub struct Catalogue {
    date: String,
    services: Vec<ServiceRow>,
    condition_keys: Strings,
    value_types: Vec<(ValueType, bool)>,
    resource_types: Strings,
    /// The formats of each resource type, tabs between them.
    arn_formats: Strings,
    /// `service:Action`, by service and then by name, both regardless of case.
    actions: Strings,
    levels: Vec<Levels>,
    dependent_actions: Strings,
    keys_of_services: Lists,
    keys_of_resource_types: Lists,
    resource_types_of_actions: Lists,
    keys_of_actions: Lists,
    dependents_of_actions: Lists,
}

/// What is kept of a service itself. Its actions and its resource types stand one after the other.
struct ServiceRow {
    prefix: String,
    name: String,
    supports_rcp: bool,
    resource_types: Range<usize>,
    actions: Range<usize>,
}

/// How much a catalogue holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    /// Services, by prefix.
    pub services: usize,
    /// Actions of all services.
    pub actions: usize,
    /// Resource types of all services.
    pub resource_types: usize,
    /// Condition keys, each counted once however many services have it.
    pub condition_keys: usize,
}

impl Catalogue {
    /// The catalogue this program was built with, decompressed by whoever asks first.
    #[must_use]
    pub fn embedded() -> &'static Self {
        static EMBEDDED: OnceLock<Catalogue> = OnceLock::new();
        #[expect(clippy::expect_used, reason = "the data is part of the program, and a test reads all of it")]
        EMBEDDED.get_or_init(|| {
            read::read(include_bytes!("../data/actions.txt.gz")).expect("the embedded catalogue is whole")
        })
    }

    /// The day the catalogue is of, as its source states it: `2026-09-26`.
    #[must_use]
    pub fn date(&self) -> &str {
        &self.date
    }

    /// How much it holds.
    #[must_use]
    pub fn counts(&self) -> Counts {
        Counts {
            services: self.services.len(),
            actions: self.actions.len(),
            resource_types: self.resource_types.len(),
            condition_keys: self.condition_keys.len(),
        }
    }

    /// A service by its prefix, in any case.
    #[must_use]
    pub fn service(&self, prefix: &str) -> Option<Service<'_>> {
        let found = self.services.binary_search_by(|row| regardless_of_case(&row.prefix, prefix)).ok()?;
        Some(Service::new(self, self.services.get(found)?, found))
    }

    /// Every service, in the order of their prefixes.
    pub fn services(&self) -> impl ExactSizeIterator<Item = Service<'_>> {
        self.services.iter().enumerate().map(|(index, row)| Service::new(self, row, index))
    }

    /// An action by its full name, in any case: `iam:PutUserPolicy`. Patterns are not names and match nothing.
    #[must_use]
    pub fn action(&self, name: &str) -> Option<Action<'_>> {
        let (prefix, action) = name.split_once(':')?;
        self.service(prefix)?.action(action)
    }

    /// Every action, in the order of services and then of names, both regardless of case.
    pub fn actions(&self) -> impl ExactSizeIterator<Item = Action<'_>> {
        (0..self.actions.len()).map(|index| Action { catalogue: self, index })
    }
}

impl fmt::Debug for Catalogue {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = formatter.debug_struct("Catalogue");
        shown.field("date", &self.date).field("counts", &self.counts()).finish_non_exhaustive()
    }
}

/// A service.
#[derive(Clone, Copy)]
pub struct Service<'a> {
    /// What its actions begin with: `iam`. Some services of AWS share one prefix, and are one here.
    pub prefix: &'a str,
    /// Its name in AWS's documentation.
    pub name: &'a str,
    catalogue: &'a Catalogue,
    row: &'a ServiceRow,
    index: usize,
}

impl<'a> Service<'a> {
    fn new(catalogue: &'a Catalogue, row: &'a ServiceRow, index: usize) -> Self {
        Self { prefix: &row.prefix, name: &row.name, catalogue, row, index }
    }

    /// An action by its name without the prefix, in any case.
    #[must_use]
    pub fn action(self, name: &str) -> Option<Action<'a>> {
        let catalogue = self.catalogue;
        let (mut low, mut high) = (self.row.actions.start, self.row.actions.end);
        while low < high {
            let index = low + (high - low) / 2;
            let candidate = catalogue.actions.get(index).get(self.prefix.len() + 1..).unwrap_or_default();
            match regardless_of_case(candidate, name) {
                Ordering::Less => low = index + 1,
                Ordering::Equal => return Some(Action { catalogue, index }),
                Ordering::Greater => high = index,
            }
        }
        None
    }

    /// Its actions, in the order of their names.
    pub fn actions(self) -> impl ExactSizeIterator<Item = Action<'a>> {
        let catalogue = self.catalogue;
        self.row.actions.clone().map(move |index| Action { catalogue, index })
    }

    /// The resource types it defines. None of them is `required`: that is a matter of an action.
    pub fn resource_types(self) -> impl ExactSizeIterator<Item = ResourceType<'a>> {
        self.row.resource_types.clone().map(move |index| ResourceType::new(self.catalogue, index, false))
    }

    /// The condition keys its actions and resource types have, global ones (`aws:...`) among them.
    ///
    /// Global keys that AWS adds to every request are only here if the service documents them.
    pub fn condition_keys(self) -> impl ExactSizeIterator<Item = ConditionKey<'a>> {
        let numbers = self.catalogue.keys_of_services.get(self.index).iter();
        numbers.map(move |number| ConditionKey::new(self.catalogue, usize::from(*number)))
    }

    /// Whether resource control policies apply to it.
    #[must_use]
    pub fn supports_rcp(self) -> bool {
        self.row.supports_rcp
    }
}

impl fmt::Debug for Service<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Service").field(&self.prefix).finish()
    }
}

/// An action of a service.
#[derive(Clone, Copy)]
pub struct Action<'a> {
    catalogue: &'a Catalogue,
    index: usize,
}

impl<'a> Action<'a> {
    /// Its full name as AWS writes it: `iam:PutUserPolicy`.
    #[must_use]
    pub fn name(self) -> &'a str {
        self.catalogue.actions.get(self.index)
    }

    /// The service it belongs to.
    #[must_use]
    pub fn service(self) -> Option<Service<'a>> {
        let index = self.catalogue.services.partition_point(|row| row.actions.end <= self.index);
        let row = self.catalogue.services.get(index)?;
        Some(Service::new(self.catalogue, row, index))
    }

    /// Its access levels, never none. What tags or manages permissions is [`Level::Write`] as well.
    #[must_use]
    pub fn levels(self) -> Levels {
        self.catalogue.levels.get(self.index).copied().unwrap_or_default()
    }

    /// Whether it does nothing but list or read. What it reads can be secret all the same.
    #[must_use]
    pub fn is_read_only(self) -> bool {
        self.levels().is_read_only()
    }

    /// The resource types a policy can restrict it to; if there are none, `Resource` must be `*`.
    pub fn resource_types(self) -> impl ExactSizeIterator<Item = ResourceType<'a>> {
        let numbers = self.catalogue.resource_types_of_actions.get(self.index).iter();
        numbers.map(move |number| {
            let required = number & tables::OPTIONAL == 0;
            ResourceType::new(self.catalogue, usize::from(number & !tables::OPTIONAL), required)
        })
    }

    /// The condition keys AWS lists for it, for the whole action or for one of its resource types.
    ///
    /// Resource types have further ones, see [`ResourceType::condition_keys`].
    pub fn condition_keys(self) -> impl ExactSizeIterator<Item = &'a str> {
        let numbers = self.catalogue.keys_of_actions.get(self.index).iter();
        numbers.map(move |number| self.catalogue.condition_keys.get(usize::from(*number)))
    }

    /// The actions a caller may need beside it for the call to succeed, as `service:Action`.
    pub fn dependent_actions(self) -> impl ExactSizeIterator<Item = &'a str> {
        let numbers = self.catalogue.dependents_of_actions.get(self.index).iter();
        numbers.map(move |number| self.catalogue.dependent_actions.get(usize::from(*number)))
    }
}

impl fmt::Debug for Action<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Action").field(&self.name()).finish()
    }
}

/// A resource type, of a service or as an action names it.
#[derive(Clone, Copy)]
pub struct ResourceType<'a> {
    /// Its name in AWS's documentation: `user`.
    pub name: &'a str,
    /// Whether the action that names it is always about such a resource, or only can be.
    pub required: bool,
    catalogue: &'a Catalogue,
    index: usize,
}

impl<'a> ResourceType<'a> {
    fn new(catalogue: &'a Catalogue, index: usize, required: bool) -> Self {
        Self { name: catalogue.resource_types.get(index), required, catalogue, index }
    }

    /// The formats of its ARNs, at least one, a few types have two:
    /// `arn:${Partition}:iam::${Account}:user/${UserNameWithPath}`.
    pub fn arn_formats(self) -> impl Iterator<Item = &'a str> {
        self.catalogue.arn_formats.get(self.index).split('\t')
    }

    /// The condition keys every action on such a resource has: mostly `aws:ResourceTag/${TagKey}`.
    pub fn condition_keys(self) -> impl ExactSizeIterator<Item = &'a str> {
        let numbers = self.catalogue.keys_of_resource_types.get(self.index).iter();
        numbers.map(move |number| self.catalogue.condition_keys.get(usize::from(*number)))
    }
}

impl fmt::Debug for ResourceType<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = formatter.debug_struct("ResourceType");
        shown.field("name", &self.name).field("required", &self.required).finish_non_exhaustive()
    }
}

/// A condition key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConditionKey<'a> {
    /// As AWS writes it; a variable part stands in `${...}`: `aws:RequestTag/${TagKey}`.
    pub name: &'a str,
    /// What its values are.
    pub value_type: ValueType,
    /// Whether a request can have several values, so that a condition needs `ForAllValues` or `ForAnyValue`.
    pub multivalued: bool,
}

impl<'a> ConditionKey<'a> {
    fn new(catalogue: &'a Catalogue, index: usize) -> Self {
        let types = catalogue.value_types.get(index).copied();
        let (value_type, multivalued) = types.unwrap_or((ValueType::String, false));
        Self { name: catalogue.condition_keys.get(index), value_type, multivalued }
    }
}

/// What the values of a condition key are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ValueType {
    /// An ARN.
    Arn,
    /// `true` or `false`.
    Bool,
    /// A time.
    Date,
    /// An IP address.
    IpAddress,
    /// A number.
    Numeric,
    /// Any text.
    String,
}

/// The order of ASCII names. Nothing is copied, so a look-up costs no memory.
fn regardless_of_case(left: &str, right: &str) -> Ordering {
    let left = left.bytes().map(|byte| byte.to_ascii_lowercase());
    left.cmp(right.bytes().map(|byte| byte.to_ascii_lowercase()))
}

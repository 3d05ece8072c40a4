//! What a file of the user's may not change in a service that the program carries.
//!
//! A gate is asked about a service, an operation and its input by the names they have in the model. If a file
//! could say that `ListUsers` is sent as something else, or that what is called `TableName` here is another
//! member on the wire, the gate would admit one call and AWS would get another. So what the program knows stays
//! as it knows it, and a file can only add to it.

use std::collections::BTreeSet;

use crate::model::{Kind, Location, Member, Metadata, Operation, Protocol, Service, ShapeId, Structure};

/// Headers that say what a request is, and to whom: no member is sent in them.
const RESERVED_HEADERS: &[&str] = &[
    "authorization",
    "host",
    "x-amz-date",
    "x-amz-security-token",
    "x-amz-target",
    "x-http-method",
    "x-http-method-override",
    "x-method-override",
];

/// What `file` changes of `known`, with the operation and the member; nothing when it only adds.
pub(super) fn changed(known: &Service, file: &Service) -> Option<String> {
    metadata(known.metadata(), file.metadata())
        .map(|(name, ours, theirs)| told(&format!("`metadata.{name}`"), &ours, &theirs))
        .or_else(|| file.operations().find_map(|name| operation(known, file, name)))
}

fn told(what: &str, ours: &str, theirs: &str) -> String {
    format!("{what} is `{theirs}`, but `{ours}` in the program's own model, which a file cannot change")
}

/// The first thing of the service that is another one: its name, ours, theirs.
fn metadata(known: &Metadata, file: &Metadata) -> Option<(&'static str, String, String)> {
    let signing = |metadata: &Metadata| {
        metadata.signing_name.clone().unwrap_or_else(|| metadata.endpoint_prefix.clone()).into_string()
    };
    let target = |metadata: &Metadata| metadata.target_prefix.as_deref().unwrap_or_default().to_owned();
    [
        ("protocol", format!("{:?}", known.protocol), format!("{:?}", file.protocol)),
        ("targetPrefix", target(known), target(file)),
        ("endpointPrefix", known.endpoint_prefix.to_string(), file.endpoint_prefix.to_string()),
        ("signingName", signing(known), signing(file)),
        // Some habits of this client are those of a service id.
        ("serviceId", known.service_id.to_string(), file.service_id.to_string()),
    ]
    .into_iter()
    .find(|(_, ours, theirs)| ours != theirs)
}

fn operation(known: &Service, file: &Service, name: &str) -> Option<String> {
    let theirs = file.operation(name)?;
    if let Some(member) = reserved(file, theirs) {
        return Some(format!(
            "the operation `{name}` sends the member `{member}` where it would name another"
        ));
    }
    let ours = known.operation(name)?;
    let prefix = |operation: &Operation| operation.host_prefix.clone().unwrap_or_default();
    let places = [
        ("http.method", ours.method.clone(), theirs.method.clone()),
        ("http.requestUri", ours.uri.clone(), theirs.uri.clone()),
        ("endpoint.hostPrefix", prefix(ours), prefix(theirs)),
    ];
    if let Some((what, ours, theirs)) = places.into_iter().find(|(_, ours, theirs)| ours != theirs) {
        return Some(told(&format!("`{what}` of the operation `{name}`"), &ours, &theirs));
    }
    let (Some(one), Some(other)) = (&ours.input, &theirs.input) else { return None };
    let mut inputs = Inputs { known, file, seen: BTreeSet::new() };
    let member = inputs.moved(one.shape, other.shape).or_else(|| inputs.selects(one.shape, other.shape))?;
    Some(format!(
        "the member `{member}` of the operation `{name}` is sent otherwise than in the program's own model, \
         which a file cannot change"
    ))
}

/// A member of the input that is sent in a place that says which operation this is.
fn reserved<'s>(service: &'s Service, operation: &'s Operation) -> Option<&'s str> {
    let Kind::Structure(structure) = service.kind(operation.input.as_ref()?) else { return None };
    let is_form = matches!(service.metadata().protocol, Protocol::Query | Protocol::Ec2);
    let names_another = |member: &&Member| {
        let wire = member.at.name_or(&member.name);
        match member.at.location {
            Location::Header => RESERVED_HEADERS.iter().any(|name| name.eq_ignore_ascii_case(wire)),
            // A form holds the members beside the name of the operation, whatever their location.
            _ if is_form => [Some(wire), member.at.query_name.as_deref()]
                .into_iter()
                .flatten()
                .any(|name| name.eq_ignore_ascii_case("Action") || name.eq_ignore_ascii_case("Version")),
            _ => false,
        }
    };
    structure.members.iter().find(names_another).map(|member| member.name.as_ref())
}

/// Two inputs compared, member by member.
struct Inputs<'s> {
    known: &'s Service,
    file: &'s Service,
    /// Pairs that have been compared: shapes may hold themselves.
    seen: BTreeSet<(usize, usize)>,
}

impl Inputs<'_> {
    /// The first member that is in another place, or in the place of another.
    fn moved(&mut self, one: ShapeId, other: ShapeId) -> Option<String> {
        if !self.seen.insert((one.index(), other.index())) {
            return None;
        }
        let (known, file) = (self.known, self.file);
        match (&known.shape(one).kind, &file.shape(other).kind) {
            (Kind::Structure(ours), Kind::Structure(theirs)) => self.members(ours, theirs),
            (Kind::List(ours), Kind::List(theirs)) => self.moved(ours.shape, theirs.shape),
            (Kind::Map(ours), Kind::Map(theirs)) => self.moved(ours.value.shape, theirs.value.shape),
            (Kind::Structure(_) | Kind::List(_) | Kind::Map(_), _)
            | (_, Kind::Structure(_) | Kind::List(_) | Kind::Map(_)) => {
                Some(self.file.shape(other).name.to_string())
            }
            _ => None,
        }
    }

    fn members(&mut self, ours: &Structure, theirs: &Structure) -> Option<String> {
        let payload = |structure: &Structure| structure.payload().map(|member| member.name.to_string());
        if payload(ours) != payload(theirs) {
            return payload(theirs).or(payload(ours));
        }
        for member in &theirs.members {
            let moved = match ours.member(&member.name) {
                Some(known) if place(known) == place(member) => self.moved(known.at.shape, member.at.shape),
                Some(_) => Some(member.name.to_string()),
                None => {
                    let taken = ours.members.iter().any(|known| overlaps(known, member));
                    taken.then(|| member.name.to_string())
                }
            };
            if moved.is_some() {
                return moved;
            }
        }
        None
    }

    /// A new member in the query that AWS tells operations apart by, `?policy`.
    fn selects(&self, one: ShapeId, other: ShapeId) -> Option<String> {
        let (Kind::Structure(ours), Kind::Structure(theirs)) =
            (&self.known.shape(one).kind, &self.file.shape(other).kind)
        else {
            return None;
        };
        let fixed: BTreeSet<&str> = self
            .known
            .operations()
            .filter_map(|name| self.known.operation(name)?.uri.split_once('?'))
            .flat_map(|(_, query)| query.split('&'))
            .map(|pair| pair.split('=').next().unwrap_or_default())
            .collect();
        let mut new = theirs.members.iter().filter(|member| ours.member(&member.name).is_none());
        new.find(|member| {
            member.at.location == Location::Query && fixed.contains(member.at.name_or(&member.name))
        })
        .map(|member| member.name.to_string())
    }
}

/// Where a member stands in a request, and under which name.
fn place(member: &Member) -> (Location, &str, Option<&str>, bool) {
    let at = &member.at;
    (at.location, at.name_or(&member.name), at.query_name.as_deref(), at.host_label)
}

/// Whether two members would stand in one place.
fn overlaps(one: &Member, other: &Member) -> bool {
    let names = |member: &Member| -> Vec<String> {
        let at = &member.at;
        let names = [Some(at.name_or(&member.name)), at.query_name.as_deref()];
        names.into_iter().flatten().map(str::to_ascii_lowercase).collect()
    };
    one.at.location == other.at.location && names(one).iter().any(|name| names(other).contains(name))
}

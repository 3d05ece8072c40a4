//! Reads the JSON of a model and resolves its names.

mod raw;

use super::shape::{MapOf, Wired};
use super::{
    Auth, Checksum, Kind, Location, Member, Metadata, ModelError, Namespace, Operation, Pagination, Protocol,
    Ref, Service, Shape, ShapeId, Structure,
};
use crate::value::TimestampFormat;
use raw::{RawMetadata, RawModel, RawNode, RawOperation, RawPagination};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

/// IAM's shape for policy documents, which travel URL-encoded.
const POLICY_DOCUMENT: &str = "policyDocumentType";

pub(super) fn service(json: &[u8]) -> Result<Service, ModelError> {
    let model: RawModel<'_> =
        serde_json::from_slice(json).map_err(|error| ModelError::Unreadable { why: error.to_string() })?;
    let metadata = metadata(&model.metadata)?;
    let mut resolver = Resolver {
        shapes: &model.shapes,
        ids: (0..).zip(&model.shapes).map(|(id, (name, _))| (name.as_ref(), ShapeId(id))).collect(),
        texts: HashSet::new(),
        iam: metadata.is("IAM"),
    };
    let shapes = model
        .shapes
        .iter()
        .map(|(name, raw)| Ok(Shape { kind: resolver.kind(name, raw)?, name: resolver.text(name) }))
        .collect::<Result<Box<[Shape]>, ModelError>>()?;
    let operations = model
        .operations
        .iter()
        .map(|(name, raw)| Ok((resolver.text(name), resolver.operation(name, raw, &model)?)))
        .collect::<Result<BTreeMap<_, _>, ModelError>>()?;
    let mut errors = BTreeMap::new();
    for (id, shape) in (0..).zip(&shapes) {
        if let Kind::Structure(structure) = &shape.kind
            && structure.exception
        {
            let code = structure.error_code.as_deref().map_or_else(|| Arc::clone(&shape.name), Arc::from);
            errors.entry(code).or_insert(ShapeId(id));
        }
    }
    Ok(Service { metadata, operations, shapes, errors })
}

fn metadata(raw: &RawMetadata<'_>) -> Result<Metadata, ModelError> {
    let spoken = std::iter::once(&raw.protocol).chain(&raw.protocols).find_map(|name| Protocol::of(name));
    Ok(Metadata {
        protocol: spoken.ok_or_else(|| ModelError::Protocol { protocol: raw.protocol.to_string() })?,
        api_version: raw.api_version.boxed(),
        endpoint_prefix: raw.endpoint_prefix.boxed(),
        service_id: raw.service_id.boxed(),
        signing_name: raw.signing_name.as_ref().map(raw::Text::boxed),
        target_prefix: raw.target_prefix.as_ref().map(raw::Text::boxed),
        json_version: raw.json_version.as_ref().map(raw::Text::boxed),
        signature_version: raw.signature_version.as_ref().map(raw::Text::boxed),
        query_compatible: raw.aws_query_compatible.is_some(),
    })
}

/// Turns names into indices, and equal texts into one.
struct Resolver<'r, 'm> {
    shapes: &'r [(raw::Text<'m>, RawNode<'m>)],
    ids: HashMap<&'r str, ShapeId>,
    texts: HashSet<Arc<str>>,
    iam: bool,
}

impl<'r, 'm> Resolver<'r, 'm> {
    fn text(&mut self, text: &str) -> Arc<str> {
        if let Some(known) = self.texts.get(text) {
            return Arc::clone(known);
        }
        let new: Arc<str> = Arc::from(text);
        self.texts.insert(Arc::clone(&new));
        new
    }

    fn find(&self, place: &str, name: &str) -> Result<(ShapeId, &'r RawNode<'m>), ModelError> {
        let missing = || ModelError::Incomplete { place: place.to_owned(), shape: name.to_owned() };
        let id = *self.ids.get(name).ok_or_else(missing)?;
        let (_, raw) = self.shapes.get(id.index()).ok_or_else(missing)?;
        Ok((id, raw))
    }

    /// The traits of a place: what the reference says wins over what the shape says.
    fn place(&mut self, place: &str, raw: &RawNode<'m>) -> Result<Ref, ModelError> {
        let (id, target) = self.find(place, &raw.shape)?;
        let (near, far) = (raw, target);
        let location = match near.location.as_deref().or(far.location.as_deref()) {
            Some("uri") => Location::Uri,
            Some("querystring") => Location::Query,
            Some("header") => Location::Header,
            Some("headers") => Location::Headers,
            Some("statusCode") => Location::StatusCode,
            _ => Location::Body,
        };
        let namespace = near.xml_namespace.as_ref().or(far.xml_namespace.as_ref());
        Ok(Ref {
            shape: id,
            location,
            timestamp: near
                .timestamp_format
                .as_deref()
                .or(far.timestamp_format.as_deref())
                .and_then(TimestampFormat::of),
            flattened: near.flattened || far.flattened,
            xml_attribute: near.xml_attribute || far.xml_attribute,
            idempotency_token: near.idempotency_token || far.idempotency_token,
            json_value: near.jsonvalue || far.jsonvalue,
            host_label: near.host_label || far.host_label,
            event_stream: near.eventstream || far.eventstream,
            location_name: near
                .location_name
                .as_deref()
                .or(far.location_name.as_deref())
                .map(|name| self.text(name)),
            query_name: near.query_name.as_deref().or(far.query_name.as_deref()).map(|name| self.text(name)),
            namespace: namespace.map(|raw| {
                Arc::new(Namespace {
                    uri: raw.uri.boxed(),
                    prefix: raw.prefix.as_ref().map(raw::Text::boxed),
                })
            }),
        })
    }

    fn kind(&mut self, name: &str, raw: &RawNode<'m>) -> Result<Kind, ModelError> {
        fn part<'a, 'm>(
            name: &str,
            what: &str,
            part: Option<&'a RawNode<'m>>,
        ) -> Result<&'a RawNode<'m>, ModelError> {
            part.ok_or_else(|| ModelError::Unreadable { why: format!("the shape `{name}` has no {what}") })
        }
        Ok(match raw.kind.as_ref() {
            "structure" => Kind::Structure(Box::new(self.structure(name, raw)?)),
            "list" => Kind::List(Box::new(self.place(name, part(name, "member", raw.member.as_deref())?)?)),
            "map" => Kind::Map(Box::new(MapOf {
                key: self.place(name, part(name, "key", raw.key.as_deref())?)?,
                value: self.place(name, part(name, "value", raw.value.as_deref())?)?,
            })),
            "string" | "character" => Kind::String { policy: self.iam && name == POLICY_DOCUMENT },
            "boolean" => Kind::Boolean,
            "integer" | "long" | "short" | "byte" | "biginteger" => Kind::Integer,
            "float" | "double" | "bigdecimal" => Kind::Float,
            "timestamp" => Kind::Timestamp,
            "blob" => Kind::Blob,
            other => {
                return Err(ModelError::Unreadable {
                    why: format!("the shape `{name}` is of the unknown type `{other}`"),
                });
            }
        })
    }

    fn structure(&mut self, name: &str, raw: &RawNode<'m>) -> Result<Structure, ModelError> {
        let mut members = Vec::with_capacity(raw.members.len());
        for (member, at) in &raw.members {
            let place = self.place(name, at)?;
            let wire = self.wire_name(name, member, &place)?;
            members.push(Member {
                name: self.text(member),
                wire,
                required: raw.required.iter().any(|required| required.as_ref() == member.as_ref()),
                at: place,
            });
        }
        let mut by_wire: Vec<Wired> = Vec::new();
        for (index, member) in (0..).zip(&members) {
            if matches!(member.at.location, Location::Header | Location::Headers | Location::StatusCode) {
                continue;
            }
            by_wire.push(Wired { name: Arc::clone(&member.wire), index });
            // Models are not of one mind whose name the elements of a flattened list bear. Both are read.
            let own = member.at.name_or(&member.name);
            if own != member.wire.as_ref() && members.iter().all(|other| other.wire.as_ref() != own) {
                by_wire.push(Wired { name: Arc::from(own), index });
            }
        }
        by_wire.sort_by(|one, other| one.name.cmp(&other.name));
        let payload = raw.payload.as_ref().and_then(|payload| {
            (0..)
                .zip(&members)
                .find(|(_, member)| member.name.as_ref() == payload.as_ref())
                .map(|(index, _)| index)
        });
        Ok(Structure {
            members: members.into(),
            by_wire: by_wire.into(),
            payload,
            union: raw.union,
            document: raw.document,
            exception: raw.exception,
            error_code: raw.error.as_ref().and_then(|error| error.code.as_ref()).map(raw::Text::boxed),
        })
    }

    /// The name of a member in the body of an answer. The elements of a flattened list stand directly in the
    /// structure, under the name that the list gives them.
    fn wire_name(&mut self, structure: &str, member: &str, at: &Ref) -> Result<Arc<str>, ModelError> {
        if at.flattened {
            let shapes = self.shapes;
            if let Some(element) = shapes.get(at.shape.index()).and_then(|(_, list)| list.member.as_ref()) {
                let place = self.place(structure, element)?;
                if let Some(name) = place.location_name {
                    return Ok(name);
                }
            }
        }
        Ok(at.location_name.clone().unwrap_or_else(|| self.text(member)))
    }

    fn operation(
        &mut self,
        name: &str,
        raw: &RawOperation<'m>,
        model: &RawModel<'m>,
    ) -> Result<Operation, ModelError> {
        let input = raw.input.as_ref().map(|input| self.place(name, input)).transpose()?;
        let output = raw.output.as_ref().map(|output| self.place(name, output)).transpose()?;
        let errors = raw
            .errors
            .iter()
            .map(|error| self.find(name, &error.0).map(|(id, _)| id))
            .collect::<Result<_, ModelError>>()?;
        let checksum = raw.http_checksum.as_ref();
        Ok(Operation {
            // INVARIANT: the name a gate is asked about is the name on the wire, so the `name` of a file does not
            // count beside its key. AWS's own differ in CloudFront alone, which does not send it.
            name: self.text(name),
            method: raw.http.method.as_ref().map_or_else(|| "POST".into(), raw::Text::boxed),
            uri: raw.http.request_uri.as_ref().map_or_else(|| "/".into(), raw::Text::boxed),
            host_prefix: raw
                .endpoint
                .as_ref()
                .and_then(|endpoint| endpoint.host_prefix.as_ref())
                .map(raw::Text::boxed),
            auth: auth(raw, &model.metadata),
            unsigned_payload: raw.unsigned_payload || raw.authtype.as_deref() == Some("v4-unsigned-body"),
            idempotent: raw.idempotent,
            readonly: raw.readonly,
            checksum: Checksum {
                required: raw.http_checksum_required
                    || checksum.is_some_and(|checksum| checksum.request_checksum_required),
                algorithm_member: checksum
                    .and_then(|checksum| checksum.request_algorithm_member.as_ref())
                    .map(raw::Text::boxed),
                validation_member: checksum
                    .and_then(|checksum| checksum.request_validation_mode_member.as_ref())
                    .map(raw::Text::boxed),
                response_algorithms: checksum
                    .map(|checksum| checksum.response_algorithms.iter().map(raw::Text::boxed).collect())
                    .unwrap_or_default(),
            },
            context: raw
                .static_context_params
                .iter()
                .map(|(name, parameter)| (name.boxed(), parameter.value.clone()))
                .collect(),
            endpoint_discovery: raw.endpointdiscovery.as_ref().is_some_and(|discovery| discovery.required),
            pagination: raw.pagination.as_ref().map(pagination),
            result_wrapper: raw
                .output
                .as_ref()
                .and_then(|output| output.result_wrapper.as_ref())
                .map(raw::Text::boxed),
            input,
            output,
            errors,
        })
    }
}

/// How an operation is signed: `authtype` has the last word, then the schemes of the operation, then those of
/// the service.
fn auth(raw: &RawOperation<'_>, metadata: &RawMetadata<'_>) -> Auth {
    match raw.authtype.as_deref() {
        Some("none") => return Auth::None,
        Some("v4" | "v4-unsigned-body") => return Auth::SigV4,
        _ => {}
    }
    let schemes = if raw.auth.is_empty() { &metadata.auth } else { &raw.auth };
    let has = |scheme: &str| schemes.iter().any(|known| known.as_ref() == scheme);
    if has("aws.auth#sigv4") || schemes.is_empty() {
        Auth::SigV4
    } else if has("smithy.api#noAuth") {
        Auth::None
    } else {
        Auth::Other(schemes.first().map_or_else(|| "".into(), raw::Text::boxed))
    }
}

fn pagination(raw: &RawPagination<'_>) -> Pagination {
    let boxed = |texts: &[raw::Text<'_>]| texts.iter().map(raw::Text::boxed).collect();
    Pagination {
        input_token: boxed(&raw.input_token.0),
        output_token: boxed(&raw.output_token.0),
        result_key: boxed(&raw.result_key.0),
        more_results: raw.more_results.as_ref().map(raw::Text::boxed),
        limit_key: raw.limit_key.as_ref().map(raw::Text::boxed),
        non_aggregate_keys: boxed(&raw.non_aggregate_keys.0),
    }
}

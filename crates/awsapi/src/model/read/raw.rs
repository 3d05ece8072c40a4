//! A model as its JSON has it. Texts are borrowed from the file where they have no escapes.

use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, de};
use serde_json::Value;
use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;

/// Text of the file.
#[derive(Debug, Clone, Default)]
pub(super) struct Text<'m>(Cow<'m, str>);

impl Text<'_> {
    pub(super) fn boxed(&self) -> Box<str> {
        self.0.as_ref().into()
    }
}

impl Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for Text<'_> {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl<'m, 'de: 'm> Deserialize<'de> for Text<'m> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AnyText;
        impl<'de> Visitor<'de> for AnyText {
            type Value = Text<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a string")
            }

            fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Borrowed(text)))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Owned(text.to_owned())))
            }
        }
        deserializer.deserialize_str(AnyText)
    }
}

/// A whole service.
#[derive(Deserialize)]
pub(super) struct RawModel<'m> {
    #[serde(borrow)]
    pub(super) metadata: RawMetadata<'m>,
    #[serde(borrow, default, deserialize_with = "entries")]
    pub(super) operations: Vec<(Text<'m>, RawOperation<'m>)>,
    #[serde(borrow, default, deserialize_with = "entries")]
    pub(super) shapes: Vec<(Text<'m>, RawNode<'m>)>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct RawMetadata<'m> {
    #[serde(borrow)]
    pub(super) api_version: Text<'m>,
    pub(super) endpoint_prefix: Text<'m>,
    pub(super) protocol: Text<'m>,
    pub(super) protocols: Vec<Text<'m>>,
    pub(super) service_id: Text<'m>,
    pub(super) signing_name: Option<Text<'m>>,
    pub(super) target_prefix: Option<Text<'m>>,
    pub(super) json_version: Option<Text<'m>>,
    pub(super) signature_version: Option<Text<'m>>,
    pub(super) aws_query_compatible: Option<de::IgnoredAny>,
    pub(super) auth: Vec<Text<'m>>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct RawOperation<'m> {
    #[serde(borrow)]
    pub(super) http: RawHttp<'m>,
    pub(super) input: Option<RawNode<'m>>,
    pub(super) output: Option<RawNode<'m>>,
    pub(super) errors: Vec<RawError<'m>>,
    pub(super) endpoint: Option<RawEndpoint<'m>>,
    pub(super) http_checksum_required: bool,
    pub(super) http_checksum: Option<RawChecksum<'m>>,
    pub(super) authtype: Option<Text<'m>>,
    pub(super) auth: Vec<Text<'m>>,
    pub(super) unsigned_payload: bool,
    pub(super) idempotent: bool,
    pub(super) readonly: bool,
    #[serde(deserialize_with = "entries")]
    pub(super) static_context_params: Vec<(Text<'m>, RawParameter)>,
    pub(super) endpointdiscovery: Option<RawDiscovery>,
    pub(super) pagination: Option<RawPagination<'m>>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct RawHttp<'m> {
    #[serde(borrow)]
    pub(super) method: Option<Text<'m>>,
    pub(super) request_uri: Option<Text<'m>>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct RawEndpoint<'m> {
    #[serde(borrow)]
    pub(super) host_prefix: Option<Text<'m>>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct RawChecksum<'m> {
    #[serde(borrow)]
    pub(super) request_algorithm_member: Option<Text<'m>>,
    pub(super) request_validation_mode_member: Option<Text<'m>>,
    pub(super) request_checksum_required: bool,
    pub(super) response_algorithms: Vec<Text<'m>>,
}

#[derive(Deserialize)]
pub(super) struct RawParameter {
    #[serde(default)]
    pub(super) value: Value,
}

#[derive(Deserialize)]
pub(super) struct RawDiscovery {
    #[serde(default)]
    pub(super) required: bool,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct RawPagination<'m> {
    #[serde(borrow)]
    pub(super) input_token: OneOrMore<'m>,
    pub(super) output_token: OneOrMore<'m>,
    pub(super) result_key: OneOrMore<'m>,
    pub(super) more_results: Option<Text<'m>>,
    pub(super) limit_key: Option<Text<'m>>,
    pub(super) non_aggregate_keys: OneOrMore<'m>,
}

/// A shape, or a reference to one with the traits that hold there; a reference has `shape`, a shape has `type`.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct RawNode<'m> {
    #[serde(borrow)]
    pub(super) shape: Text<'m>,
    #[serde(rename = "type")]
    pub(super) kind: Text<'m>,
    #[serde(deserialize_with = "entries")]
    pub(super) members: Vec<(Text<'m>, RawNode<'m>)>,
    pub(super) member: Option<Box<RawNode<'m>>>,
    pub(super) key: Option<Box<RawNode<'m>>>,
    pub(super) value: Option<Box<RawNode<'m>>>,
    pub(super) required: Vec<Text<'m>>,
    pub(super) payload: Option<Text<'m>>,
    pub(super) error: Option<Box<RawErrorTrait<'m>>>,
    pub(super) document: bool,
    pub(super) union: bool,
    pub(super) exception: bool,
    pub(super) result_wrapper: Option<Text<'m>>,
    pub(super) location: Option<Text<'m>>,
    pub(super) location_name: Option<Text<'m>>,
    pub(super) query_name: Option<Text<'m>>,
    pub(super) timestamp_format: Option<Text<'m>>,
    pub(super) xml_namespace: Option<Box<RawNamespace<'m>>>,
    pub(super) xml_attribute: bool,
    pub(super) flattened: bool,
    pub(super) idempotency_token: bool,
    pub(super) jsonvalue: bool,
    pub(super) host_label: bool,
    pub(super) eventstream: bool,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct RawErrorTrait<'m> {
    #[serde(borrow)]
    pub(super) code: Option<Text<'m>>,
}

/// An XML namespace: its address alone, or with a prefix.
#[derive(Default)]
pub(super) struct RawNamespace<'m> {
    pub(super) uri: Text<'m>,
    pub(super) prefix: Option<Text<'m>>,
}

impl<'m, 'de: 'm> Deserialize<'de> for RawNamespace<'m> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct UriOrObject;
        impl<'de> Visitor<'de> for UriOrObject {
            type Value = RawNamespace<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a namespace")
            }

            fn visit_borrowed_str<E: Error>(self, uri: &'de str) -> Result<Self::Value, E> {
                Ok(RawNamespace { uri: Text(Cow::Borrowed(uri)), prefix: None })
            }

            fn visit_str<E: Error>(self, uri: &str) -> Result<Self::Value, E> {
                Ok(RawNamespace { uri: Text(Cow::Owned(uri.to_owned())), prefix: None })
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut namespace = RawNamespace::default();
                while let Some(key) = map.next_key::<Text<'de>>()? {
                    match key.as_ref() {
                        "uri" => namespace.uri = map.next_value()?,
                        "prefix" => namespace.prefix = map.next_value()?,
                        _ => drop(map.next_value::<de::IgnoredAny>()?),
                    }
                }
                Ok(namespace)
            }
        }
        deserializer.deserialize_any(UriOrObject)
    }
}

/// An error of an operation: the name of its shape, or an object with that name as `shape`.
pub(super) struct RawError<'m>(pub(super) Text<'m>);

impl<'m, 'de: 'm> Deserialize<'de> for RawError<'m> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NameOrObject;
        impl<'de> Visitor<'de> for NameOrObject {
            type Value = RawError<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an error shape")
            }

            fn visit_borrowed_str<E: Error>(self, name: &'de str) -> Result<Self::Value, E> {
                Ok(RawError(Text(Cow::Borrowed(name))))
            }

            fn visit_str<E: Error>(self, name: &str) -> Result<Self::Value, E> {
                Ok(RawError(Text(Cow::Owned(name.to_owned()))))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut name = None;
                while let Some(key) = map.next_key::<Text<'de>>()? {
                    match key.as_ref() {
                        "shape" => name = Some(map.next_value()?),
                        _ => drop(map.next_value::<de::IgnoredAny>()?),
                    }
                }
                name.map(RawError).ok_or_else(|| A::Error::missing_field("shape"))
            }
        }
        deserializer.deserialize_any(NameOrObject)
    }
}

/// One text or several.
#[derive(Default)]
pub(super) struct OneOrMore<'m>(pub(super) Vec<Text<'m>>);

impl<'m, 'de: 'm> Deserialize<'de> for OneOrMore<'m> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextOrList;
        impl<'de> Visitor<'de> for TextOrList {
            type Value = OneOrMore<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a string or a list of strings")
            }

            fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(OneOrMore(vec![Text(Cow::Borrowed(text))]))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(OneOrMore(vec![Text(Cow::Owned(text.to_owned()))]))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
                let mut texts = Vec::new();
                while let Some(text) = list.next_element()? {
                    texts.push(text);
                }
                Ok(OneOrMore(texts))
            }
        }
        deserializer.deserialize_any(TextOrList)
    }
}

/// The entries of an object in the order of the file: the order of members is the order on the wire.
fn entries<'m, 'de, D, T>(deserializer: D) -> Result<Vec<(Text<'m>, T)>, D::Error>
where
    'de: 'm,
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    struct Entries<'m, T>(PhantomData<(&'m str, T)>);
    impl<'m, 'de: 'm, T: Deserialize<'de>> Visitor<'de> for Entries<'m, T> {
        type Value = Vec<(Text<'m>, T)>;

        fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            formatter.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut entries = Vec::new();
            while let Some(entry) = map.next_entry()? {
                entries.push(entry);
            }
            Ok(entries)
        }
    }
    deserializer.deserialize_map(Entries(PhantomData))
}

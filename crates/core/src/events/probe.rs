//! The few members of a record that decide which rules could match it.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// What is known of a JSON object after one scan. The whole object has been checked to be JSON.
///
/// A repeated key counts as JSON libraries count it: the last one wins.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Probe<'a> {
    /// `eventSource`.
    pub event_source: Seen<'a>,
    /// `eventName`.
    pub event_name: Seen<'a>,
    /// `userIdentity.type`.
    pub identity_type: Seen<'a>,
    /// Some key is written in a way (`a.b`) that dotted rule fields could mean: do not trust the above.
    pub has_dotted_key: bool,
    /// It has a `Records` list: an envelope, not a record.
    pub is_envelope: bool,
    /// It has the members of a CloudTrail digest file.
    pub is_digest: bool,
}

/// A member as seen by the scan.
#[derive(Debug, Default, PartialEq, Eq)]
pub enum Seen<'a> {
    /// It is not there, or null.
    #[default]
    Absent,
    /// It is this text.
    Text(Cow<'a, str>),
    /// It is something else.
    Other,
}

impl Probe<'_> {
    /// Whether the object can be a CloudTrail record: it says what happened, or where.
    #[must_use]
    pub fn is_record(&self) -> bool {
        self.event_name != Seen::Absent || self.event_source != Seen::Absent
    }
}

impl<'de> Deserialize<'de> for Probe<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(RecordVisitor)
    }
}

struct RecordVisitor;

impl<'de> Visitor<'de> for RecordVisitor {
    type Value = Probe<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a CloudTrail record (a JSON object)")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut probe = Probe::default();
        let (mut digest_start, mut log_files) = (false, false);
        while let Some(key) = map.next_key_seed(KeySeed)? {
            match key.as_ref() {
                "eventSource" => probe.event_source = map.next_value()?,
                "eventName" => probe.event_name = map.next_value()?,
                "userIdentity" => probe.identity_type = map.next_value_seed(IdentitySeed)?,
                "Records" => probe.is_envelope = map.next_value_seed(IsListSeed)?,
                other => {
                    digest_start |= other == "digestStartTime";
                    log_files |= other == "logFiles";
                    probe.has_dotted_key |= other.contains(['.', '[', '\\']);
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        probe.is_digest = digest_start && log_files;
        Ok(probe)
    }
}

/// A key, borrowed unless it is written with escapes.
struct KeySeed;

impl<'de> DeserializeSeed<'de> for KeySeed {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        match Seen::deserialize(deserializer)? {
            Seen::Text(text) => Ok(text),
            Seen::Absent | Seen::Other => Ok(Cow::Borrowed("")),
        }
    }
}

/// `userIdentity`, of which only `type` is wanted.
struct IdentitySeed;

impl<'de> DeserializeSeed<'de> for IdentitySeed {
    type Value = Seen<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(IdentityVisitor)
    }
}

struct IdentityVisitor;

impl<'de> Visitor<'de> for IdentityVisitor {
    type Value = Seen<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut kind = Seen::Absent;
        while let Some(key) = map.next_key_seed(KeySeed)? {
            if key == "type" {
                kind = map.next_value()?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(kind)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Seen::Other)
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Seen::Absent)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(Seen::Other)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
        Ok(Seen::Other)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
        Ok(Seen::Other)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(Seen::Other)
    }

    fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> {
        Ok(Seen::Other)
    }
}

/// Whether a value is a list.
struct IsListSeed;

impl<'de> DeserializeSeed<'de> for IsListSeed {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        let text: &serde_json::value::RawValue = Deserialize::deserialize(deserializer)?;
        Ok(text.get().starts_with('['))
    }
}

impl<'de> Deserialize<'de> for Seen<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SeenVisitor)
    }
}

struct SeenVisitor;

impl<'de> Visitor<'de> for SeenVisitor {
    type Value = Seen<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Seen::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Seen::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Seen::Absent)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(Seen::Other)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
        Ok(Seen::Other)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
        Ok(Seen::Other)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(Seen::Other)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Seen::Other)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Seen::Other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn probe(text: &str) -> Probe<'_> {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn sees_what_rules_are_indexed_by() {
        let seen = probe(
            r#"{"eventSource":"a","eventName":"\u0042","userIdentity":{"x":[{}],"type":"Root"},"z":1}"#,
        );
        assert_eq!(seen.event_source, Seen::Text("a".into()));
        assert_eq!(seen.event_name, Seen::Text("B".into()));
        assert_eq!(seen.identity_type, Seen::Text("Root".into()));
        assert!(!seen.has_dotted_key && !seen.is_envelope && !seen.is_digest);
    }

    #[test]
    fn odd_members_are_told_apart_from_absent_ones() {
        let seen = probe(r#"{"eventSource":null,"eventName":["a"],"userIdentity":"x"}"#);
        assert_eq!(
            (seen.event_source, seen.event_name, seen.identity_type),
            (Seen::Absent, Seen::Other, Seen::Other)
        );
        assert!(probe(r#"{"userIdentity.type":"Root"}"#).has_dotted_key);
    }

    #[test]
    fn the_last_of_a_repeated_key_wins_as_in_a_document() {
        assert_eq!(probe(r#"{"eventName":"a","eventName":"b"}"#).event_name, Seen::Text("b".into()));
    }

    #[test]
    fn envelopes_and_digests_are_known() {
        assert!(probe(r#"{"x":1,"Records":[{}]}"#).is_envelope);
        assert!(!probe(r#"{"Records":"x"}"#).is_envelope);
        assert!(probe(r#"{"digestStartTime":"x","logFiles":[]}"#).is_digest);
    }
}

//! Whose a resource is, as its tags say, in the several shapes AWS gives tags.

use serde_json::Value;

use crate::model::Resource;

/// The tag that names the owner, where nothing else is asked for.
pub const OWNER_TAG: &str = "Owner";

/// The members tags are in: most services say `Tags` or `tags`, S3 `TagSet`, RDS `TagList`, and some put a
/// `Tagging` around them.
const MEMBERS: [&str; 6] = ["Tags", "tags", "TagSet", "TagList", "Tagging", "tagSet"];

/// What a tag is called, and what it holds: EC2, ECS and KMS disagree.
const PAIRS: [(&str, &str); 3] = [("Key", "Value"), ("key", "value"), ("TagKey", "TagValue")];

/// Whose a resource is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Owner {
    /// The tag's value.
    Named(String),
    /// Its tags are known, and this one is not among them; or it is of a kind that has none.
    Untagged,
    /// Its tags could not be read.
    NotKnown,
    /// The resource is not held any more.
    NotHeld,
}

impl Owner {
    /// The owner of a resource by the tag `key`, which is compared letter by letter, as AWS does.
    #[must_use]
    pub fn of(resource: &Resource, key: &str) -> Self {
        if let Some(value) = tag(&resource.document, key) {
            return Self::Named(value);
        }
        let is_unread = resource.unread.iter().any(|unread| MEMBERS.iter().any(|it| unread.touches(it)));
        if is_unread { Self::NotKnown } else { Self::Untagged }
    }

    /// Its name, if it has one.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Named(name) => Some(name),
            Self::Untagged | Self::NotKnown | Self::NotHeld => None,
        }
    }

    /// For people. What is no name stands in parentheses.
    #[must_use]
    pub fn words(&self, key: &str) -> String {
        match self {
            Self::Named(name) => name.clone(),
            Self::Untagged => format!("(no tag {key})"),
            Self::NotKnown => "(tags not known)".to_owned(),
            Self::NotHeld => "(resource not held any more)".to_owned(),
        }
    }
}

/// The value of a tag of a resource's document. Tags stand at its top, or in an object there.
fn tag(document: &Value, key: &str) -> Option<String> {
    let inner = document.as_object().into_iter().flat_map(|members| members.values());
    std::iter::once(document).chain(inner).find_map(|part| in_members(part, key))
}

fn in_members(part: &Value, key: &str) -> Option<String> {
    MEMBERS.iter().filter_map(|member| part.get(member)).find_map(|tags| in_tags(tags, key))
}

fn in_tags(tags: &Value, key: &str) -> Option<String> {
    match tags {
        Value::Array(list) => list.iter().find_map(|entry| {
            PAIRS.iter().find_map(|(name, value)| {
                let is_it = entry.get(name)?.as_str()? == key;
                is_it.then(|| entry.get(value).and_then(Value::as_str).unwrap_or_default().to_owned())
            })
        }),
        Value::Object(map) => match map.get(key) {
            Some(Value::String(value)) => Some(value.clone()),
            // `Tagging: {TagSet: [...]}`.
            _ => MEMBERS.iter().filter_map(|member| map.get(*member)).find_map(|inner| match inner {
                Value::Array(_) => in_tags(inner, key),
                _ => None,
            }),
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::{Unread, UnreadReason};
    use crate::port::contract::sample_resource;

    #[test]
    fn tags_are_read_in_every_shape() {
        for document in [
            json!({"Tags": [{"Key": "Name", "Value": "x"}, {"Key": "Owner", "Value": "platform"}]}),
            json!({"Tags": [{"TagKey": "Owner", "TagValue": "platform"}]}),
            json!({"tags": [{"key": "Owner", "value": "platform"}]}),
            json!({"tags": {"Owner": "platform", "Name": "x"}}),
            json!({"Tags": {"Owner": "platform"}}),
            json!({"TagSet": [{"Key": "Owner", "Value": "platform"}]}),
            json!({"TagList": [{"Key": "Owner", "Value": "platform"}]}),
            json!({"Tagging": {"TagSet": [{"Key": "Owner", "Value": "platform"}]}}),
            json!({"cluster": {"name": "c", "tags": {"Owner": "platform"}}}),
        ] {
            assert_eq!(tag(&document, "Owner").as_deref(), Some("platform"), "{document}");
            assert_eq!(tag(&document, "owner"), None, "{document}");
        }
        for document in [
            json!(null),
            json!([]),
            json!("Owner"),
            json!({"Owner": "platform"}),
            json!({"Tags": null}),
            json!({"Tags": [null, "Owner", {"Key": 3}]}),
            json!({"Tags": {"Owner": {"deep": 1}}}),
            json!({"Policy": {"Deep": {"Tags": [{"Key": "Owner", "Value": "no"}]}}}),
        ] {
            assert_eq!(tag(&document, "Owner"), None, "{document}");
        }
        assert_eq!(tag(&json!({"Tags": [{"Key": "Owner"}]}), "Owner").as_deref(), Some(""));
    }

    #[test]
    fn tags_that_could_not_be_read_are_not_missing() {
        let mut resource = sample_resource();
        assert_eq!(Owner::of(&resource, OWNER_TAG), Owner::Untagged);
        resource.unread = vec![Unread {
            path: "Tags".to_owned(),
            call: "s3api get-bucket-tagging".to_owned(),
            reason: UnreadReason::AccessDenied,
            detail: String::new(),
        }];
        assert_eq!(Owner::of(&resource, OWNER_TAG), Owner::NotKnown);
        resource.document = json!({"Tags": [{"Key": "Owner", "Value": "platform"}]});
        assert_eq!(Owner::of(&resource, OWNER_TAG), Owner::Named("platform".to_owned()));
    }
}

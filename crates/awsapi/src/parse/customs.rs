//! What the answers of some operations are, beyond their models.
//!
//! boto3 does the same in its event handlers (`botocore/handlers.py`, looked through on 2026-11-22 for
//! version 1.44.5). Policy documents of IAM are decoded where the other texts are read, errors in an answer of
//! status 200 and SSO's `error_description` where errors are. Base64 stays base64 where the AWS CLI leaves it:
//! EC2's user data and password data, Lambda's logs. boto3 checks no MD5 of SQS messages, and neither do we.

use super::damage::{Damage, Fault};
use super::{Response, xml};
use crate::model::{Member, Operation, Service};
use crate::serialize::LISTS_OF_KEYS;
use crate::value::{decode, percent_decode};
use serde_json::{Map, Value};

/// The answers that no model describes.
pub(super) fn whole_answer(
    service: &Service,
    operation: &Operation,
    response: &Response<'_>,
) -> Result<Option<Map<String, Value>>, Fault> {
    match (service.metadata().service_id.as_ref(), operation.name.as_ref()) {
        // The root element is the value; empty is the oldest region.
        ("S3", "GetBucketLocation") => {
            let document = xml::document(response.body)?;
            let root = document.root_element();
            match root.tag_name().name() {
                "Error" => Err(Fault::Error),
                "LocationConstraint" => {
                    let inner = xml::child(root, "LocationConstraint").unwrap_or(root);
                    let region = Some(xml::text(inner)).filter(|text| !text.is_empty());
                    Ok(Some(Map::from_iter([("LocationConstraint".to_owned(), Value::from(region))])))
                }
                _ => Err(Damage::new("XML that is not the answer of this operation").into()),
            }
        }
        // The body is the policy: text to us, but it must be JSON.
        ("S3", "GetBucketPolicy")
            if serde_json::from_slice::<serde::de::IgnoredAny>(response.body).is_err() =>
        {
            Err(Damage::new("a policy that is not JSON").into())
        }
        _ => Ok(None),
    }
}

/// Whether a member may be unreadable: whoever stores an object in S3 chooses its `Expires`, and it need not be
/// a date. The text is shown as `ExpiresString`.
pub(super) fn may_be_unreadable(service: &Service, member: &Member) -> bool {
    member.name.as_ref() == "Expires" && service.metadata().is("S3")
}

/// Values in the form people expect them in.
pub(super) fn after_parse(
    service: &Service,
    operation: &Operation,
    input: &Value,
    response: &Response<'_>,
    output: &mut Map<String, Value>,
) {
    match (service.metadata().service_id.as_ref(), operation.name.as_ref()) {
        ("S3", name) if LISTS_OF_KEYS.contains(&name) => {
            let asked = input.get("EncodingType").is_some_and(|value| !value.is_null());
            if !asked && output.get("EncodingType").and_then(Value::as_str) == Some("url") {
                decode_keys(name, output);
            }
        }
        ("S3", "GetObject" | "HeadObject") => {
            if let Some(text) = response.header("Expires") {
                output.insert("ExpiresString".to_owned(), Value::from(text));
            }
        }
        ("EC2", "GetConsoleOutput") => {
            if let Some(Value::String(text)) = output.get_mut("Output")
                && let Some(bytes) = decode(text)
            {
                *text = String::from_utf8_lossy(&bytes).into_owned();
            }
        }
        ("CloudFormation", "GetTemplate") => {
            if let Some(body) = output.get_mut("TemplateBody")
                && let Some(template) = body.as_str().and_then(|text| serde_json::from_str(text).ok())
            {
                *body = template;
            }
        }
        _ => {}
    }
}

/// Decodes what S3 encoded at our wish: the members that boto3 decodes for each of the lists.
fn decode_keys(operation: &str, output: &mut Map<String, Value>) {
    let (top, lists): (&[&str], &[(&str, &str)]) = match operation {
        "ListObjects" => {
            (&["Delimiter", "Marker", "NextMarker"], &[("Contents", "Key"), ("CommonPrefixes", "Prefix")])
        }
        "ListObjectsV2" => {
            (&["Delimiter", "Prefix", "StartAfter"], &[("Contents", "Key"), ("CommonPrefixes", "Prefix")])
        }
        _ => (
            &["KeyMarker", "NextKeyMarker", "Prefix", "Delimiter"],
            &[("Versions", "Key"), ("DeleteMarkers", "Key"), ("CommonPrefixes", "Prefix")],
        ),
    };
    let plain = |value: Option<&mut Value>| {
        if let Some(Value::String(text)) = value {
            *text = percent_decode(text, true);
        }
    };
    for name in top {
        plain(output.get_mut(*name));
    }
    for (list, member) in lists {
        if let Some(Value::Array(elements)) = output.get_mut(*list) {
            elements.iter_mut().for_each(|element| plain(element.get_mut(*member)));
        }
    }
}

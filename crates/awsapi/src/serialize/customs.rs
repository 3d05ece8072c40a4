//! What services want of a request that their models do not say.
//!
//! boto3 does the same in its event handlers (`botocore/handlers.py`, looked through on 2026-11-22 for
//! version 1.44.5). Of what it does for requests this is left out, because no operation we read needs it: MD5
//! of S3 customer keys (the caller gives `SSECustomerKeyMD5`), presigned source addresses of cross-region
//! copies, `CopySource` as an object, tree hashes of Glacier uploads, endpoint hosts of Machine Learning,
//! POST for CloudSearch.

use super::Request;
use crate::model::{Kind, Operation, Service};
use crate::validate::InputError;
use crate::value::encode;
use serde_json::{Map, Value};

/// Other names and defaults, before the input is checked.
pub(super) fn before_check(service: &Service, operation: &Operation, input: &mut Map<String, Value>) {
    let takes = |name: &str| match operation.input.as_ref().map(|at| service.kind(at)) {
        Some(Kind::Structure(structure)) => structure.member(name).is_some(),
        _ => false,
    };
    let id = service.metadata().service_id.as_ref();
    for (of, modelled, spoken) in OTHER_NAMES {
        if *of == id
            && takes(modelled)
            && !takes(spoken)
            && !input.contains_key(*modelled)
            && let Some(value) = input.remove(*spoken)
        {
            input.insert((*modelled).to_owned(), value);
        }
    }
    let mut default = |name: &str, value: &str| {
        if takes(name) && input.get(name).is_none_or(Value::is_null) {
            input.insert(name.to_owned(), Value::from(value));
        }
    };
    if let Some(member) = &operation.checksum.validation_member {
        default(member, "ENABLED");
    }
    match id {
        // Keys may hold characters that XML cannot; the answer is decoded again.
        "S3" if LISTS_OF_KEYS.contains(&operation.name.as_ref()) => default("EncodingType", "url"),
        // The account of the caller.
        "Glacier" => default("accountId", "-"),
        _ => {}
    }
    if matches!(
        (id, operation.name.as_ref()),
        ("EC2", "RunInstances") | ("Auto Scaling", "CreateLaunchConfiguration")
    ) && let Some(Value::String(text)) = input.get_mut("UserData")
    {
        *text = encode(text.as_bytes());
    }
}

/// Members that people know by another name than the model's: service, model, people.
const OTHER_NAMES: &[(&str, &str, &str)] =
    &[("EC2", "Filter", "Filters"), ("CloudWatch Logs", "from", "fromTime")];

/// The lists of S3 whose keys are asked for, and decoded, in URL encoding.
pub(crate) const LISTS_OF_KEYS: &[&str] = &["ListObjects", "ListObjectsV2", "ListObjectVersions"];

/// Values in the form the service takes them, after the input is known to be sound.
pub(super) fn after_check(
    service: &Service,
    operation: &Operation,
    input: &mut Map<String, Value>,
) -> Result<(), InputError> {
    match service.metadata().service_id.as_ref() {
        "Route 53" => strip_ids(service, operation, input),
        "S3" => match input.get("Bucket") {
            Some(Value::String(bucket)) if !is_bucket(bucket) => {
                Err(InputError::new("is not the name of a bucket").inside("Bucket"))?
            }
            _ => {}
        },
        _ => {}
    }
    Ok(())
}

/// Route 53 answers with `/hostedzone/Z1` and asks with `Z1`.
fn strip_ids(service: &Service, operation: &Operation, input: &mut Map<String, Value>) {
    let Some(Kind::Structure(structure)) = operation.input.as_ref().map(|at| service.kind(at)) else {
        return;
    };
    for member in &structure.members {
        let shape = service.shape(member.at.shape).name.as_ref();
        if let ("ResourceId" | "DelegationSetId" | "ChangeId", Some(Value::String(id))) =
            (shape, input.get_mut(member.name.as_ref()))
            && let Some((_, last)) = id.rsplit_once('/')
        {
            *id = last.to_owned();
        }
    }
}

/// A bucket, or the ARN of an access point. Anything else would become another path.
fn is_bucket(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-_".contains(&byte);
    name.starts_with("arn:") || (!name.is_empty() && name.len() <= 255 && name.bytes().all(plain))
}

/// Headers, once the request is written.
pub(super) fn after_write(service: &Service, request: &mut Request) {
    match service.metadata().service_id.as_ref() {
        // Without it some of its operations answer HAL, another form of JSON.
        "API Gateway" => request.default_header("Accept", "application/json"),
        "Glacier" => request.default_header("x-amz-glacier-version", &service.metadata().api_version),
        _ => {}
    }
}

//! Checksums of bodies: CRC32 on what an operation wants summed, and the wish for one in the answer.
//!
//! As the AWS CLI does since 2025: a request gets one wherever its operation can take one, unless the caller has
//! set another; an answer is asked for one wherever it can have one, and the reader compares it.
//! <https://docs.aws.amazon.com/sdkref/latest/guide/feature-dataintegrity.html>

use crate::ErrorKind;
use crate::model::Operation;
use crate::serialize::Request;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

/// The input, which also asks for a checksum of the answer.
pub(crate) fn asked_for(operation: &Operation, mut input: Value) -> Value {
    if let Some(member) = operation.checksum.validation_member.as_deref() {
        if input.is_null() {
            input = Value::Object(Map::new());
        }
        if let Some(members) = input.as_object_mut() {
            members.entry(member).or_insert_with(|| Value::from("ENABLED"));
        }
    }
    input
}

/// Adds the checksum that the operation wants, if there is none.
pub(crate) fn add(operation: &Operation, input: &Value, request: &mut Request) -> Result<(), ErrorKind> {
    let wish = &operation.checksum;
    let has_one = request.headers.iter().any(|(name, _)| {
        let name = name.to_ascii_lowercase();
        name.starts_with("x-amz-checksum-") && name != "x-amz-checksum-mode" || name == "content-md5"
    });
    let is_wanted = wish.required || wish.algorithm_member.is_some() && !request.body.is_empty();
    if !is_wanted || has_one {
        return Ok(());
    }
    if let Some(member) = wish.algorithm_member.as_deref()
        && let Some(algorithm) = input.get(member).and_then(Value::as_str)
        && algorithm != "CRC32"
    {
        let why = format!("only CRC32 is computed here; give the value of the member `Checksum{algorithm}`");
        return Err(ErrorKind::Input { path: member.to_owned(), why });
    }
    let sum = STANDARD.encode(crc32fast::hash(&request.body).to_be_bytes());
    request.headers.push(("x-amz-checksum-crc32".to_owned(), sum));
    if wish.algorithm_member.is_some() && request.header("x-amz-sdk-checksum-algorithm").is_none() {
        request.headers.push(("x-amz-sdk-checksum-algorithm".to_owned(), "CRC32".to_owned()));
    }
    Ok(())
}

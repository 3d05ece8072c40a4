//! One object of S3, read whole: a file somebody keeps there for Provost.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use provost_awsapi::{Call, Client};
use provost_core::port::{PortError, PortResult};
use serde_json::{Value, json};

/// The bytes of an object.
///
/// # Errors
/// When it is not there, or nobody may read it.
pub async fn read_object(client: &Client, bucket: &str, key: &str) -> PortResult<Vec<u8>> {
    let what = || format!("read `s3://{bucket}/{key}`");
    let unavailable = |why: String| PortError::Unavailable { what: what(), why };
    let call = Call::new("s3", "GetObject", json!({ "Bucket": bucket, "Key": key }));
    let object = client.call(&call).await.map_err(|error| unavailable(error.to_string()))?.value;
    let body = object.get("Body").and_then(Value::as_str).unwrap_or_default();
    STANDARD.decode(body).map_err(|error| unavailable(error.to_string()))
}

//! What an answer is: the output, AWS's error, or neither; and whether the operation may be tried again.

use super::body::Broken;
use super::failure::Failure;
use super::read::is_read;
use crate::model::Service;
use crate::parse::{ParseError, Response, parse};
use crate::{ErrorKind, Reply};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use serde_json::Value;
use std::sync::Arc;

/// What an answer is read with.
pub(crate) struct Reading {
    service: Arc<Service>,
    operation: Arc<str>,
    input: Value,
    /// Whether the service is S3, whose answers say where a bucket is.
    is_s3: bool,
}

impl Reading {
    pub(crate) fn new(service: &Arc<Service>, operation: &str, input: &Value, is_s3: bool) -> Self {
        // Of the input only this matters to the reader of an answer; the rest may be large.
        let input = match input.get("EncodingType") {
            Some(encoding) => serde_json::json!({ "EncodingType": encoding }),
            None => Value::Null,
        };
        Self { service: Arc::clone(service), operation: Arc::from(operation), input, is_s3 }
    }

    /// The output, or why there is none.
    pub(crate) fn read(&self, answer: &HttpResponse) -> Result<Reply, Failure> {
        let status = answer.status().as_u16();
        let failed = |kind, again| Err(Failure::new(kind, again, None));
        let Some(operation) = self.service.operation(&self.operation) else {
            return failed(
                ErrorKind::Model { why: format!("`{}` is not in the model", self.operation) },
                false,
            );
        };
        // What was answered with success has been done, readable or not.
        let may_ask_again = status >= 300 || is_read(operation);
        match answer.extension::<Broken>() {
            Some(large @ Broken::TooLarge { .. }) => {
                let request_id = None;
                return failed(ErrorKind::Unreadable { status, why: large.to_string(), request_id }, false);
            }
            Some(broken @ (Broken::Stalled { .. } | Broken::Cut { .. })) => {
                return failed(
                    ErrorKind::Unanswered { why: format!("HTTP {status}, but {broken}") },
                    may_ask_again,
                );
            }
            None => {}
        }
        let response = Response {
            status,
            headers: answer.headers().iter().collect(),
            body: answer.body().bytes().unwrap_or(&[]),
        };
        match parse(&self.service, operation, &self.input, &response) {
            Ok(parsed) => Ok(Reply { value: parsed.value, request_id: parsed.request_id, status }),
            Err(ParseError::Unreadable { why, request_id }) => {
                // A page of a proxy with a status of its own is not a matter of asking twice, unless the status
                // says so; the runtime knows those.
                let again = status < 300 && may_ask_again;
                // An answer to HEAD has only headers to say it with.
                let bucket_region = self.bucket_region(&response, &Value::Null);
                Err(Failure::new(ErrorKind::Unreadable { status, why, request_id }, again, bucket_region))
            }
            Err(ParseError::Service { code, message, request_id, fields }) => {
                let bucket_region = self.bucket_region(&response, &fields);
                // S3 begins some answers with 200 before it knows better.
                let again = status < 300 && TRANSIENT.contains(&code.as_str());
                let kind = ErrorKind::Service { code, message, status, request_id, fields };
                Err(Failure::new(kind, again, bucket_region))
            }
        }
    }

    /// Where the bucket is, in an answer that says: not here.
    fn bucket_region(&self, response: &Response<'_>, fields: &Value) -> Option<String> {
        if !self.is_s3 || !matches!(response.status, 301 | 307 | 400) {
            return None;
        }
        let told = response.header("x-amz-bucket-region");
        told.or_else(|| fields.get("Region")?.as_str()).map(str::to_owned)
    }
}

/// Errors that say nothing about the request.
const TRANSIENT: &[&str] = &["InternalError", "RequestTimeout", "ServiceUnavailable", "SlowDown"];

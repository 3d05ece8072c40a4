//! What is asked of AWS, and what came back: JSON on both sides, so that an operation is data, not a type.

use serde_json::Value;

/// One operation to call: names of the public models (`s3`, `ListBuckets`) and its input as JSON.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// The service by the name of its model: `iam`, `ec2`, `config`.
    pub service: String,
    /// The operation by its API name: `ListUsers`.
    pub operation: String,
    /// The region to ask; `None` means the client's own.
    pub region: Option<String>,
    /// The input: an object of the operation's members. `null` is the empty object.
    pub input: Value,
}

impl Call {
    /// An operation with its input, in the region of the client.
    pub fn new(service: impl Into<String>, operation: impl Into<String>, input: Value) -> Self {
        Self { service: service.into(), operation: operation.into(), region: None, input }
    }

    /// The same call, asked of this region.
    #[must_use]
    pub fn in_region(mut self, region: impl Into<String>) -> Self {
        self.region = Some(region.into());
        self
    }
}

/// What AWS answered to one call.
#[derive(Debug, Clone, PartialEq)]
pub struct Reply {
    /// The output as the AWS CLI prints it; members that were absent are absent.
    pub value: Value,
    /// AWS's own id of the request, for its support and for CloudTrail.
    pub request_id: Option<String>,
    /// The HTTP status.
    pub status: u16,
}

//! Where a call goes: the endpoint of its service and region, unless the environment or the profile names
//! another (`AWS_ENDPOINT_URL`, `AWS_ENDPOINT_URL_<SERVICE>`, the section `services` of a profile).

use crate::Call;
use crate::endpoint::{self, Endpoint, EndpointError, Wanted, s3};
use crate::model::Service;
use crate::serialize::Request;
use aws_config::SdkConfig;
use aws_types::service_config::ServiceConfigKey;
use serde_json::Value;

/// Where a request goes: the address, and the path below it.
pub(crate) struct Address {
    pub(crate) url: String,
    pub(crate) target: String,
}

/// The endpoint of a call in a region, which is not always the call's own.
pub(crate) fn endpoint(
    config: &SdkConfig,
    service: &Service,
    call: &Call,
    region: &str,
) -> Result<Endpoint, EndpointError> {
    let metadata = service.metadata();
    let url = configured(config, &metadata.service_id);
    endpoint::resolve(&Wanted {
        service: &call.service,
        operation: &call.operation,
        endpoint_prefix: &metadata.endpoint_prefix,
        signing_name: metadata.signing_name.as_deref(),
        region,
        fips: config.use_fips().unwrap_or(false),
        dual_stack: config.use_dual_stack().unwrap_or(false),
        url: url.as_deref(),
    })
}

/// The address somebody configured for the service. What was set in the program goes first, then the service's
/// own setting, then that for all; the environment before the profile.
/// <https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html>
fn configured(config: &SdkConfig, service_id: &str) -> Option<String> {
    let set = config.endpoint_url().map(str::to_owned);
    if set.is_some() && config.get_origin("endpoint_url").is_client_config() {
        return set;
    }
    let key = ServiceConfigKey::builder()
        .service_id(service_id)
        .env("AWS_ENDPOINT_URL")
        .profile("endpoint_url")
        .build()
        .ok();
    let found = key.and_then(|key| config.service_config()?.load_config(key));
    found.or(set).filter(|url| !url.is_empty())
}

/// Where a request goes at its endpoint.
pub(crate) fn address(
    endpoint: &Endpoint,
    service: &str,
    input: &Value,
    request: &Request,
) -> Result<Address, EndpointError> {
    let bucket = if service == "s3" { input.get("Bucket").and_then(Value::as_str) } else { None };
    if let Some(bucket) = bucket {
        let address = s3::address(endpoint, bucket, &request.target(), false)?;
        return Ok(Address { url: address.url, target: address.path });
    }
    let url = match &request.host_prefix {
        Some(prefix) => endpoint.prefixed(prefix)?,
        None => endpoint.url.clone(),
    };
    Ok(Address { url, target: request.target() })
}

//! How a request names its bucket: in the host where it can, else in the path.
//!
//! AWS wants the bucket in the host. A name with a dot does not fit the certificate of `*.s3...`, and an address
//! that was configured (an emulator, a server of one's own, an IP address) has no name per bucket; there it goes
//! into the path, as the AWS CLI does it.
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html>

use super::{Address, Endpoint, EndpointError, is_host_label};

/// Where a request to a bucket goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BucketAddress {
    /// Scheme, host and whatever else an endpoint has, the bucket before the host if it goes there.
    pub url: String,
    /// The path below that, beginning with a slash, the bucket in it if it goes there.
    pub path: String,
    /// Whether the bucket is in the path.
    pub is_path_style: bool,
}

/// Addresses a request, whose path is `/<bucket>` or `/<bucket>/<key>` as the model writes it.
///
/// # Errors
/// When the bucket is none this client can address: an ARN, an alias that leads to an outpost, a directory
/// bucket.
pub fn address(
    endpoint: &Endpoint,
    bucket: &str,
    path: &str,
    force_path_style: bool,
) -> Result<BucketAddress, EndpointError> {
    let refused = |why| EndpointError::Bucket { bucket: bucket.to_owned(), why };
    if bucket.is_empty() {
        return Err(refused("it has no name"));
    }
    if bucket.starts_with("arn:") {
        return Err(refused("it is an ARN; use the alias of the access point"));
    }
    if bucket.ends_with("--x-s3") || bucket.ends_with("--xa-s3") {
        return Err(refused("it is a directory bucket, whose requests are signed otherwise"));
    }
    if bucket.ends_with("--op-s3") {
        return Err(refused("it is on an outpost"));
    }
    // A slash or a dot segment as a name would lead the request elsewhere.
    if bucket.contains('/') || bucket == "." || bucket == ".." {
        return Err(refused("it is no name of a bucket"));
    }
    let in_path = || BucketAddress { url: endpoint.url.clone(), path: path.to_owned(), is_path_style: true };
    if force_path_style || endpoint.configured || !is_virtual_hostable(bucket) {
        return Ok(in_path());
    }
    let named = path.strip_prefix('/').and_then(|rest| rest.strip_prefix(bucket));
    let Some(rest) = named.filter(|rest| rest.is_empty() || rest.starts_with(['/', '?'])) else {
        // The path does not name the bucket, so there is nothing to move into the host.
        return Ok(in_path());
    };
    let address = Address::parse(&endpoint.url)?;
    let host = format!("{bucket}.{}", address.host);
    let url = Address { host: &host, ..address }.to_string();
    let path = if rest.starts_with('/') { rest.to_owned() } else { format!("/{rest}") };
    Ok(BucketAddress { url, path, is_path_style: false })
}

/// Whether a bucket's name can stand before the host: 3 to 63 small letters, digits and hyphens, no dots.
pub fn is_virtual_hostable(bucket: &str) -> bool {
    bucket.len() >= 3 && is_host_label(bucket) && !bucket.bytes().any(|byte| byte.is_ascii_uppercase())
}

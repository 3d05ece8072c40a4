//! A client of a server on this machine, with keys that never leave it.

use std::sync::Arc;
use std::time::Duration;

use aws_config::{Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use provost_aws::guard::{Sink, WriteGuard};
use provost_awsapi::{Client, ClientBuilder, Retries};

/// The region that is asked.
pub(crate) const REGION: &str = "eu-central-1";

/// A client that tries everything once, so that a test sees what its own code does about failures.
pub(crate) fn client(url: &str) -> Client {
    builder(url).build()
}

/// The same, as Provost uses it: nothing is written but to these places.
pub(crate) fn guarded(url: &str, sinks: Vec<Sink>) -> Client {
    builder(url).gate(Arc::new(WriteGuard::new(sinks, Vec::new()))).build()
}

/// The same, to be changed.
pub(crate) fn builder(url: &str) -> ClientBuilder {
    let keys = Credentials::new("AKIDTEST", "secret-key", None, None, "test");
    let config = SdkConfig::builder()
        .region(Region::new(REGION))
        .credentials_provider(SharedCredentialsProvider::new(keys))
        .endpoint_url(url)
        .build();
    let once = Retries {
        attempts: 1,
        first_wait: Duration::from_millis(1),
        longest_wait: Duration::from_millis(2),
        ..Retries::default()
    };
    Client::builder(config).retries(once)
}

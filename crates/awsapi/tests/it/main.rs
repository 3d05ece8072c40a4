//! The tests of this crate from outside: over real HTTP on loopback, or with its embedded models.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::print_stderr,
    clippy::result_large_err,
    reason = "a test stops at the first thing that is not as it should be"
)]

mod account;
mod cases;
mod client;
mod configuration;
mod conformance;
mod credentials;
mod emulator;
mod endpoints;
mod faults;
mod models;
mod names;
mod pagination;
mod properties;
mod wire;

use aws_config::SdkConfig;
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::region::Region;
use provost_awsapi::{Client, ClientBuilder, Retries};
use provost_testbed::FaultServer;
use std::time::Duration;

/// A configuration of keys that never leave the machine, for a server on it.
fn config(url: &str) -> SdkConfig {
    let keys =
        Credentials::new("AKIDTEST", "secret-key", Some("token-of-the-session".to_owned()), None, "test");
    SdkConfig::builder()
        .region(Region::new("us-east-1"))
        .credentials_provider(SharedCredentialsProvider::new(keys))
        .endpoint_url(url)
        .build()
}

/// Retries that wait as good as not at all.
fn quick(attempts: u32) -> Retries {
    let (first_wait, longest_wait) = (Duration::from_millis(1), Duration::from_millis(4));
    Retries { attempts, first_wait, longest_wait, ..Retries::default() }
}

/// A client of a server on loopback, to be changed.
fn asking(server: &FaultServer) -> ClientBuilder {
    Client::builder(config(&server.url())).retries(quick(6))
}

/// A client of a server on loopback.
fn client(server: &FaultServer) -> Client {
    asking(server).build()
}

/// A client that waits only so long for the next sign of life, and tries three times.
fn impatient(server: &FaultServer, wait: Duration) -> Client {
    let timeouts = TimeoutConfig::builder().read_timeout(wait).build();
    let config = config(&server.url()).into_builder().timeout_config(timeouts).build();
    Client::builder(config).retries(quick(3)).build()
}

//! Servers that tests start: one that fails as told, a large invented IAM, an emulator of AWS, and the
//! interface of the Lambda runtime.
//!
//! All of them listen on the loopback address on a free port, and stop when they are dropped. Nothing here is
//! part of what users run.
//!
//! ```ignore
//! let server = FaultServer::start(|request| match (request.service(), &*request.operation()) {
//!     ("iam", "ListUsers") => Reply::xml(200, users).reset_mid_body(),
//!     _ => Reply::aws_error(request, 403, "AccessDenied", "no"),
//! });
//! let estate = IamEstate { accounts: 4, users: 5_000, throttle_every: Some(20), ..IamEstate::default() }.start();
//! let Some(aws) = AwsServer::start_or_skip("what this test shows") else { return };
//! let lambda = LambdaRuntime::start(vec![Invocation::new(event, Duration::from_secs(30))]);
//! ```
#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a test whose server cannot start or speak has nothing left to do but stop"
)]

mod ask;
mod aws_server;
mod base64;
mod config_service;
mod date;
mod fault_server;
pub mod iam_estate;
mod lambda_runtime;
mod percent;
mod reply;
mod request;
mod service_error;
mod skip;
mod wire;
mod xml;

pub use aws_server::{AwsServer, Counts, python};
pub use config_service::{ConfigServer, ConfigService};
pub use fault_server::FaultServer;
pub use iam_estate::{IamEstate, IamServer};
pub use lambda_runtime::{Invocation, LambdaRuntime, Outcome};
pub use reply::Reply;
pub use request::Request;
pub use skip::{ran, skip};

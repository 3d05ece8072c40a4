//! The same client with the credentials of a role, through the official provider: they are asked for when the
//! first call needs them and again before they expire.

use super::body::WholeAnswers;
use super::credentials::{Lent, Signer};
use super::{Client, Core};
use crate::tally::Counter;
use aws_config::sts::AssumeRoleProvider;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_types::region::Region;
use std::sync::Arc;

impl Client {
    /// A client that acts as this role: same models, gate, limits, budget and tally.
    ///
    /// Nothing is sent yet. A role that cannot be assumed shows at the first call as `ErrorKind::Credentials`
    /// with AWS's code (`AccessDenied`). Asking for the role is not shown to the gate or charged to the budget; it
    /// is in the tally, as `sts:AssumeRole`.
    pub async fn assume_role(&self, role_arn: &str, session_name: &str, external_id: Option<&str>) -> Self {
        let Core { http, most_bytes, counter, timeouts, retries, .. } = &*self.core;
        let mut config = self.config.to_builder();
        config.set_region(self.region().map(|region| Region::new(region.to_owned())));
        config.set_timeout_config(Some(timeouts.clone()));
        config.set_retry_config(Some(retries.config()));
        config.set_http_client(Some(SharedHttpClient::new(WholeAnswers {
            inner: http.clone(),
            most: *most_bytes,
            counter: Arc::clone(counter),
            operation: Arc::from(ASSUME_ROLE),
            is_read: true,
        })));
        let config = config.build();

        let mut role = AssumeRoleProvider::builder(role_arn).configure(&config).session_name(session_name);
        if let Some(id) = external_id {
            role = role.external_id(id);
        }
        let base = self.signer.kept();
        let role = match base.clone() {
            Some(base) => role.build_from_provider(Lent(base)).await,
            None => role.build().await,
        };
        let time = config.time_source().unwrap_or_default();
        let signer = Signer::new(
            Some(SharedCredentialsProvider::new(Role { role, counter: Arc::clone(counter) })),
            time,
            base,
        );
        Self { signer: Arc::new(signer), ..self.clone() }
    }
}

/// As the tally counts what it takes to act as a role.
const ASSUME_ROLE: &str = "sts:AssumeRole";

/// The official provider, counted.
#[derive(Debug)]
struct Role {
    role: AssumeRoleProvider,
    counter: Arc<Counter>,
}

impl ProvideCredentials for Role {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        self.counter.call(ASSUME_ROLE);
        self.role.provide_credentials()
    }
}

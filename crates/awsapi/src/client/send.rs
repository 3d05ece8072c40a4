//! One operation through the official runtime: signed, tried as often as allowed, its answer parsed.
//!
//! What generated SDK crates hand the runtime, this hands it for any operation: the signing scheme, the
//! classifiers that decide what is tried again, and the interceptors that name the program, number the attempts,
//! follow the service's clock and drop broken connections.

use super::answer::Reading;
use super::body::WholeAnswers;
use super::credentials::Resolver;
use super::failure::{Failure, outcome};
use super::{Core, Signer};
use crate::limit::Ticket;
use crate::model::{Auth, Operation as ModelOperation};
use crate::serialize::Request;
use crate::{ErrorKind, Reply};
use aws_config::SdkConfig;
use aws_runtime::auth::{SigV4OperationSigningConfig, SigningOptions, sigv4};
use aws_runtime::invocation_id::InvocationIdInterceptor;
use aws_runtime::recursion_detection::RecursionDetectionInterceptor;
use aws_runtime::request_info::RequestInfoInterceptor;
use aws_runtime::retries::classifiers::AwsErrorCodeClassifier;
use aws_runtime::service_clock_skew::ServiceClockSkewClassifier;
use aws_runtime::user_agent::{ApiMetadata, UserAgentInterceptor};
use aws_smithy_runtime::client::http::connection_poisoning::ConnectionPoisoningInterceptor;
use aws_smithy_runtime::client::orchestrator::operation::Operation;
use aws_smithy_runtime::client::retries::classifiers::{
    HttpStatusCodeClassifier, ModeledAsRetryableClassifier, TransientErrorClassifier,
};
use aws_smithy_runtime::client::retries::strategy::StandardRetryStrategy;
use aws_smithy_runtime_api::client::auth::static_resolver::StaticAuthSchemeOptionResolver;
use aws_smithy_runtime_api::client::auth::{AuthSchemeOptionResolverParams, SharedAuthSchemeOptionResolver};
use aws_smithy_runtime_api::client::interceptors::SharedInterceptor;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, OrchestratorError, SensitiveOutput};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponentsBuilder;
use aws_smithy_runtime_api::client::runtime_plugin::{Order, StaticRuntimePlugin};
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::{FrozenLayer, Layer};
use aws_types::SigningName;
use aws_types::region::{Region, SigningRegion};
use std::sync::Arc;
use tracing::instrument::WithSubscriber;
use tracing::subscriber::NoSubscriber;

/// The version of what is asked, in the user agent. Models have versions of their own, but the runtime wants one
/// that is known when the program is built.
const API: ApiMetadata = ApiMetadata::new("models", env!("CARGO_PKG_VERSION"));

/// A request, and all that is needed to send it.
pub(crate) struct Outgoing<'o> {
    pub(crate) core: &'o Core,
    pub(crate) config: &'o SdkConfig,
    pub(crate) signer: &'o Signer,
    pub(crate) resolver: Option<Resolver>,
    pub(crate) operation: &'o ModelOperation,
    pub(crate) operation_name: String,
    pub(crate) is_read: bool,
    pub(crate) reading: Reading,
    /// Whether paths are signed as they are and bodies hashed into a header, as S3 wants it.
    pub(crate) signs_as_s3: bool,
    /// `iam:ListUsers`, as requests are counted.
    pub(crate) label: Arc<str>,
    pub(crate) service_name: String,
    /// The address, and below it the path with the query.
    pub(crate) url: String,
    pub(crate) target: String,
    pub(crate) region: String,
    pub(crate) signing_region: String,
    pub(crate) signing_name: String,
    pub(crate) ticket: Arc<Ticket>,
}

impl Outgoing<'_> {
    /// Sends the request and reads the answer.
    pub(crate) async fn send(self, request: Request) -> Result<Reply, Failure> {
        let (core, url) = (self.core, self.url.clone());
        let is_signed = self.operation.auth != Auth::None;
        if is_signed && self.resolver.is_none() {
            let kind = ErrorKind::Credentials { why: core.advice.clone(), code: None };
            return Err(Failure::new(kind, false, None));
        }
        let plugin = StaticRuntimePlugin::new()
            .with_order(Order::Overrides)
            .with_config(self.layer(is_signed))
            .with_runtime_components(self.components(is_signed));
        let mut builder = Operation::builder()
            .service_name(self.service_name)
            .operation_name(self.operation_name)
            .endpoint_url(&self.url)
            .standard_retry(&core.retries.config())
            .timeout_config(core.timeouts.clone())
            .runtime_plugin(plugin);
        if !is_signed {
            builder = builder.no_auth();
        }
        let (target, reading, ticket) = (self.target, self.reading, self.ticket);
        let (counter, label) = (Arc::clone(&core.counter), self.label);
        let operation = builder
            .serializer(move |request: Request| {
                let mut message = HttpRequest::new(SdkBody::from(request.body));
                message.set_method(&request.method)?;
                message.set_uri(target.as_str())?;
                for (name, value) in request.headers {
                    message.headers_mut().try_insert(name.to_ascii_lowercase(), value)?;
                }
                let length = message.body().content_length().unwrap_or(0);
                if length > 0 || matches!(message.method(), "POST" | "PUT") {
                    message.headers_mut().try_insert("content-length", length.to_string())?;
                }
                Ok(message)
            })
            .deserializer(move |response| {
                reading.read(response).map_err(|failure| {
                    if failure.is_throttle() {
                        counter.throttle(&label);
                        ticket.throttled();
                    }
                    OrchestratorError::operation(failure)
                })
            })
            .build();
        // The runtime prints whole requests and answers at its lowest levels, tokens in headers included. Nothing
        // of them may reach a log, whatever level somebody sets, so nothing it says is heard.
        let sent = operation.invoke(request).with_subscriber(NoSubscriber::default()).await;
        sent.map_err(|error| outcome(error, &url, &core.advice))
    }

    fn layer(&self, is_signed: bool) -> FrozenLayer {
        let mut layer = Layer::new("call");
        layer.store_put(Region::new(self.region.clone()));
        layer.store_put(API);
        layer.store_put(SensitiveOutput);
        layer.store_put(self.core.partition(&self.service_name, &self.signing_region, self.signer.number));
        if let Some(name) = self.config.app_name() {
            layer.store_put(name.clone());
        }
        for program in self.config.framework_metadata().iter().chain(&self.core.program) {
            layer.store_append(program.clone());
        }
        if is_signed {
            layer.store_put(SigningRegion::from(Region::new(self.signing_region.clone())));
            layer.store_put(SigningName::from(self.signing_name.clone()));
            layer.store_put(AuthSchemeOptionResolverParams::new(()));
            layer.store_put(SigV4OperationSigningConfig {
                signing_options: self.signing(),
                ..SigV4OperationSigningConfig::default()
            });
        }
        layer.freeze()
    }

    /// S3 takes paths as they are, and wants to know the hash of the body.
    fn signing(&self) -> SigningOptions {
        let mut options = SigningOptions::default();
        if self.signs_as_s3 {
            options.double_uri_encode = false;
            options.normalize_uri_path = false;
            options.content_sha256_header = true;
        }
        options
    }

    fn components(&self, is_signed: bool) -> RuntimeComponentsBuilder {
        let core = self.core;
        let http = WholeAnswers {
            inner: core.http.clone(),
            most: core.most_bytes,
            counter: Arc::clone(&core.counter),
            operation: Arc::clone(&self.label),
            is_read: self.is_read,
        };
        let components = RuntimeComponentsBuilder::new("call")
            .with_http_client(Some(http))
            .with_sleep_impl(self.config.sleep_impl())
            .with_time_source(self.config.time_source())
            .with_retry_strategy(Some(StandardRetryStrategy::new()))
            .with_retry_classifier(HttpStatusCodeClassifier::default())
            .with_retry_classifier(TransientErrorClassifier::<Failure>::new())
            .with_retry_classifier(ModeledAsRetryableClassifier::<Failure>::new())
            .with_retry_classifier(AwsErrorCodeClassifier::<Failure>::new())
            .with_retry_classifier(ServiceClockSkewClassifier::<Failure>::new())
            .with_interceptor(core.skew(&self.service_name))
            .with_interceptor(SharedInterceptor::permanent(ConnectionPoisoningInterceptor::new()))
            .with_interceptor(RequestInfoInterceptor::new())
            .with_interceptor(UserAgentInterceptor::new())
            .with_interceptor(InvocationIdInterceptor::new())
            .with_interceptor(SharedInterceptor::permanent(RecursionDetectionInterceptor::new()));
        match &self.resolver {
            Some(Resolver { resolver, .. }) if is_signed => components
                .with_auth_scheme(sigv4::SigV4AuthScheme::new())
                .with_auth_scheme_option_resolver(Some(SharedAuthSchemeOptionResolver::new(
                    StaticAuthSchemeOptionResolver::new(vec![sigv4::SCHEME_ID]),
                )))
                .with_identity_cache(Some(self.signer.cache.clone()))
                .with_identity_resolver(sigv4::SCHEME_ID, resolver.clone()),
            _ => components,
        }
    }
}

//! Where a client's configuration comes from: the chain of the official SDKs, with limits on how long it may
//! take to find out that there is nothing.

use aws_config::default_provider::credentials::DefaultCredentialsChain;
use aws_config::environment::region::EnvironmentVariableRegionProvider;
use aws_config::imds;
use aws_config::meta::region::{ProvideRegion, RegionProviderChain};
use aws_config::profile::{ProfileFileCredentialsProvider, ProfileFileRegionProvider};
use aws_config::provider_config::ProviderConfig;
use aws_config::{BehaviorVersion, SdkConfig};
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::{Builder, Connector, tls};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::region::Region;
use std::time::Duration;

/// What a person may set; everything else comes from the environment and the AWS configuration files.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings {
    /// The profile of the AWS configuration files; `None` means `AWS_PROFILE`, else `default`. A profile that
    /// is named here wins over credentials in the environment, as with `aws --profile`.
    pub profile: Option<String>,
    /// The region; `None` means that of the environment, the profile or the machine, in this order.
    pub region: Option<String>,
    /// Whether only FIPS endpoints are used; `None` means as configured.
    pub use_fips: Option<bool>,
    /// Whether dual-stack (IPv4 and IPv6) endpoints are used; `None` means as configured.
    pub use_dual_stack: Option<bool>,
    /// Where every service is asked, in place of AWS; `None` means as configured (`AWS_ENDPOINT_URL` and its
    /// kin), which is AWS.
    pub endpoint_url: Option<String>,
}

/// How long the machine's metadata service may take to answer. It is a hop away or not there at all.
const METADATA_ANSWERS: Duration = Duration::from_secs(1);

/// The chain of the official SDKs: environment, profiles (static keys, roles, SSO, processes), web identity,
/// containers, the machine's role. Nothing is asked of AWS before the first call needs credentials, except the
/// machine's region when nothing else names one: that takes at most a second.
///
/// Credentials or a region that are missing show at the first call, with what to do.
pub async fn load(settings: &Settings) -> SdkConfig {
    let http = http_client(proxy());
    let metadata = imds::Client::builder()
        // Link-local addresses are never behind a proxy.
        .configure(&ProviderConfig::without_region().with_http_client(http_client(ProxyConfig::disabled())))
        .max_attempts(1)
        .connect_timeout(METADATA_ANSWERS)
        .read_timeout(METADATA_ANSWERS)
        .build();
    let region = region(settings, &metadata).await;

    let mut loader = aws_config::defaults(BehaviorVersion::latest())
        .http_client(http.clone())
        .timeout_config(timeouts())
        .region(Known(region.clone()))
        // Filled in below, where the region and the endpoint variants are known.
        .no_credentials();
    if let Some(profile) = &settings.profile {
        loader = loader.profile_name(profile);
    }
    if let Some(use_fips) = settings.use_fips {
        loader = loader.use_fips(use_fips);
    }
    if let Some(use_dual_stack) = settings.use_dual_stack {
        loader = loader.use_dual_stack(use_dual_stack);
    }
    if let Some(url) = &settings.endpoint_url {
        loader = loader.endpoint_url(url);
    }
    let config = loader.load().await;

    let provider = ProviderConfig::without_region()
        .with_region(region.clone())
        .with_http_client(http)
        .with_behavior_version(config.behavior_version())
        .with_timeout_config(timeouts())
        .with_use_fips(config.use_fips())
        .with_use_dual_stack(config.use_dual_stack());
    let credentials = match settings.profile.clone().or_else(profile_of_environment) {
        Some(profile) => SharedCredentialsProvider::new(
            ProfileFileCredentialsProvider::builder().profile_name(profile).configure(&provider).build(),
        ),
        None => SharedCredentialsProvider::new(
            DefaultCredentialsChain::builder()
                .imds_client(metadata)
                .region(Known(region))
                .configure(provider)
                .build()
                .await,
        ),
    };
    config.into_builder().credentials_provider(credentials).build()
}

/// The profile that the environment names, unless it holds keys itself, which go before it.
///
/// The chain of the SDKs passes over a profile there is not and ends at the machine's role: a slip of the pen
/// would read another account. The AWS CLI refuses, and so do we.
fn profile_of_environment() -> Option<String> {
    let set = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    if set("AWS_ACCESS_KEY_ID").is_some() { None } else { set("AWS_PROFILE") }
}

/// Five seconds to connect, a minute until the answer begins and between its parts, a minute and a half for an
/// attempt: longer than AWS takes for its slowest lists, short enough to be noticed within a Lambda's life.
pub(crate) fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(5))
        .read_timeout(Duration::from_secs(60))
        .operation_attempt_timeout(Duration::from_secs(90))
        .build()
}

/// HTTP over rustls with *ring*: the one TLS of the program, chosen here and not by whichever dependency is
/// linked. Whom it trusts is up to the machine, or to `SSL_CERT_FILE`.
pub(crate) fn http_client(proxy: ProxyConfig) -> SharedHttpClient {
    let rustls = tls::Provider::Rustls(tls::rustls_provider::CryptoMode::Ring);
    Builder::new().build_with_connector_fn(move |settings, components| {
        let mut connector = Connector::builder().tls_provider(rustls.clone()).proxy_config(proxy.clone());
        connector.set_connector_settings(settings.cloned());
        connector.set_sleep_impl(components.and_then(|components| components.sleep_impl()));
        connector.build()
    })
}

/// The proxy that the environment names for https, which AWS speaks. What is asked over http is an emulator or a
/// link-local service, and those are not behind one, whatever `HTTP_PROXY` says.
pub(crate) fn proxy() -> ProxyConfig {
    let named = |names: &[&str]| {
        names.iter().find_map(|name| std::env::var(name).ok()).filter(|value| !value.is_empty())
    };
    let Some(url) = named(&["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"]) else {
        return ProxyConfig::disabled();
    };
    match ProxyConfig::https(url.as_str()) {
        Ok(proxy) => proxy.no_proxy(named(&["NO_PROXY", "no_proxy"]).unwrap_or_default()),
        Err(_) => {
            // Not the address itself: it may hold a password.
            tracing::warn!("HTTPS_PROXY is not the address of an HTTP proxy, so it is not used.");
            ProxyConfig::disabled()
        }
    }
}

async fn region(settings: &Settings, metadata: &imds::Client) -> Option<Region> {
    if let Some(region) = &settings.region {
        return Some(Region::new(region.clone()));
    }
    let mut profile = ProfileFileRegionProvider::builder();
    if let Some(name) = &settings.profile {
        profile = profile.profile_name(name);
    }
    let machine = imds::region::ImdsRegionProvider::builder().imds_client(metadata.clone()).build();
    RegionProviderChain::first_try(EnvironmentVariableRegionProvider::new())
        .or_else(profile.build())
        .or_else(machine)
        .region()
        .await
}

/// A region that was found already, or was looked for in vain.
#[derive(Debug)]
struct Known(Option<Region>);

impl ProvideRegion for Known {
    fn region(&self) -> aws_config::meta::region::future::ProvideRegion<'_> {
        aws_config::meta::region::future::ProvideRegion::ready(self.0.clone())
    }
}

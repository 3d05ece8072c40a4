//! How a client is made: what is not said has a value that suits a program that reads much and writes little.

use super::credentials::Signer;
use super::failure::advice;
use super::{Client, Core};
use crate::Models;
use crate::config::{http_client, proxy, timeouts};
use crate::gate::{Gate, Open};
use crate::limit::{Limits, Pause};
use crate::tally::Counter;
use aws_config::{BehaviorVersion, SdkConfig};
use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use aws_smithy_async::time::{SharedTimeSource, SystemTimeSource};
use aws_smithy_types::retry::RetryConfig;
use aws_types::sdk_ua_metadata::FrameworkMetadata;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

/// How often a call is tried, and how long it waits in between.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retries {
    /// Attempts in all, the first included; at least 1.
    pub attempts: u32,
    /// The runtime's adaptive mode, which also slows down by itself. Off by default: see `limit.rs`.
    pub adaptive: bool,
    /// The longest wait before the second attempt; it doubles with each further one, and a random part of it is
    /// waited.
    pub first_wait: Duration,
    /// The longest wait before any attempt.
    pub longest_wait: Duration,
}

impl Default for Retries {
    fn default() -> Self {
        Self {
            attempts: 6,
            adaptive: false,
            first_wait: Duration::from_secs(1),
            longest_wait: Duration::from_secs(20),
        }
    }
}

impl Retries {
    pub(crate) fn config(&self) -> RetryConfig {
        let config = if self.adaptive { RetryConfig::adaptive() } else { RetryConfig::standard() };
        config
            .with_max_attempts(self.attempts.max(1))
            .with_initial_backoff(self.first_wait)
            .with_max_backoff(self.longest_wait)
    }

    /// After a throttle nothing starts for a tenth of what the throttled call itself may wait, longer if it goes
    /// on: the others were not refused, they are only asked to be careful.
    fn pause(&self) -> Pause {
        Pause { first: self.first_wait / 10, longest: self.longest_wait / 4 }
    }
}

/// Makes a [`Client`].
pub struct ClientBuilder {
    config: SdkConfig,
    models: Option<Models>,
    gate: Arc<dyn Gate>,
    retries: Retries,
    concurrency: usize,
    budget: Option<u64>,
    most_bytes: u64,
    program: Option<FrameworkMetadata>,
    profile: Option<String>,
}

impl ClientBuilder {
    pub(crate) fn new(config: SdkConfig) -> Self {
        Self {
            config,
            models: None,
            gate: Arc::new(Open),
            retries: Retries::default(),
            concurrency: 10,
            budget: None,
            most_bytes: 256 << 20,
            program: None,
            profile: None,
        }
    }

    /// The models of services; without, those the program carries.
    #[must_use]
    pub fn models(mut self, models: Models) -> Self {
        self.models = Some(models);
        self
    }

    /// Who is asked before each call; without, everything is admitted.
    #[must_use]
    pub fn gate(mut self, gate: Arc<dyn Gate>) -> Self {
        self.gate = gate;
        self
    }

    /// How often a call is tried; without, six times.
    #[must_use]
    pub fn retries(mut self, retries: Retries) -> Self {
        self.retries = retries;
        self
    }

    /// The most calls in flight to one service in one region; without, ten. Fewer after a throttle.
    #[must_use]
    pub fn concurrency(mut self, most: usize) -> Self {
        self.concurrency = most;
        self
    }

    /// The most calls of the client and all its clones, pages included and retries not; without, no limit.
    #[must_use]
    pub fn budget(mut self, most: Option<u64>) -> Self {
        self.budget = most;
        self
    }

    /// The most bytes of one answer; without, 256 MiB. A larger one is `ErrorKind::Unreadable`.
    #[must_use]
    pub fn most_bytes(mut self, most: u64) -> Self {
        self.most_bytes = most;
        self
    }

    /// The program and its version for the user agent, `name/1.2`. A name with other characters than those of
    /// HTTP's tokens is left out.
    #[must_use]
    pub fn name(mut self, name: &str) -> Self {
        self.program = match name.split_once('/') {
            Some((name, version)) => FrameworkMetadata::new(name.to_owned(), Some(version.to_owned())).ok(),
            None => FrameworkMetadata::new(name.to_owned(), None::<String>).ok(),
        };
        self
    }

    /// The profile that the credentials come from, for the advice in errors; without, that of `AWS_PROFILE`.
    #[must_use]
    pub fn profile(mut self, profile: Option<&str>) -> Self {
        self.profile = profile.map(str::to_owned);
        self
    }

    /// The client.
    pub fn build(self) -> Client {
        let mut timeouts_in_force = self.config.timeout_config().cloned().unwrap_or_else(timeouts);
        timeouts_in_force.take_defaults_from(&timeouts());
        let config = complete(self.config);
        let time = config.time_source().unwrap_or_default();
        let signer = Signer::new(config.credentials_provider(), time, None);
        let region = config.region().map(|region| Arc::from(region.as_ref()));
        let profile = self.profile.or_else(|| std::env::var("AWS_PROFILE").ok());
        let core = Core {
            models: self.models.unwrap_or_else(Models::embedded),
            gate: self.gate,
            limits: Limits::new(self.concurrency, self.retries.pause()),
            counter: Arc::new(Counter::default()),
            budget: self.budget,
            spent: AtomicU64::new(0),
            retries: self.retries,
            timeouts: timeouts_in_force,
            http: config.http_client().unwrap_or_else(|| http_client(proxy())),
            most_bytes: self.most_bytes,
            program: self.program,
            advice: advice(profile.as_deref()),
            skews: std::sync::Mutex::default(),
            bucket_regions: std::sync::Mutex::default(),
            partitions: std::sync::Mutex::default(),
        };
        Client { core: Arc::new(core), config: Arc::new(config), signer: Arc::new(signer), region }
    }
}

/// The configuration with what the runtime cannot do without.
fn complete(config: SdkConfig) -> SdkConfig {
    let mut whole = config.to_builder();
    if config.behavior_version().is_none() {
        whole.set_behavior_version(Some(BehaviorVersion::latest()));
    }
    if config.sleep_impl().is_none() {
        whole.set_sleep_impl(Some(SharedAsyncSleep::new(TokioSleep::new())));
    }
    if config.time_source().is_none() {
        whole.set_time_source(Some(SharedTimeSource::new(SystemTimeSource::new())));
    }
    if config.http_client().is_none() {
        whole.set_http_client(Some(http_client(proxy())));
    }
    whole.build()
}

//! The credentials of one client: loaded once, kept while they are good, loaded anew when AWS says they are not.
//!
//! The chain behind them is slow (a process, an SSO token, a metadata service) and has no memory. A client that
//! assumes a role in a hundred accounts must not walk it a hundred times, so what it gave is kept here, before
//! the runtime's own cache, and lent to the roles that are assumed with it.

use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{self, ProvideCredentials, SharedCredentialsProvider, future};
use aws_smithy_async::time::SharedTimeSource;
use aws_smithy_runtime::client::identity::IdentityCache;
use aws_smithy_runtime_api::client::identity::{SharedIdentityCache, SharedIdentityResolver};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Loading them may include a person with a second factor, or a chain of roles; not a service that hangs.
const LOADING: Duration = Duration::from_secs(30);

/// Credentials that expire sooner than this are asked for again.
const TOO_LATE: Duration = Duration::from_secs(5 * 60);

/// How many signers this process has made: each is a retry partition of its own.
static MADE: AtomicU64 = AtomicU64::new(0);

/// What a client signs with.
#[derive(Debug)]
pub(crate) struct Signer {
    /// Tells the signers of a process apart.
    pub(crate) number: u64,
    /// One cache for each signer: a shared one holds 64 identities and forgets the others.
    pub(crate) cache: SharedIdentityCache,
    kept: Option<Arc<Kept>>,
    resolver: Mutex<Option<Resolver>>,
    /// Held while credentials are being given up, so that nobody gets the old ones again.
    renewing: tokio::sync::Mutex<()>,
}

/// A way to an identity, and how many there were before it.
#[derive(Debug, Clone)]
pub(crate) struct Resolver {
    pub(crate) generation: u64,
    pub(crate) resolver: SharedIdentityResolver,
}

impl Signer {
    /// A signer of what the provider gives; `None` can only send what needs no signature. `base` is what the
    /// provider itself signs with.
    pub(crate) fn new(
        provider: Option<SharedCredentialsProvider>,
        time: SharedTimeSource,
        base: Option<Arc<Kept>>,
    ) -> Self {
        let kept =
            provider.map(|inner| Arc::new(Kept { inner, base, time, kept: tokio::sync::Mutex::default() }));
        let resolver = kept.clone().map(|kept| Resolver {
            generation: 0,
            resolver: SharedIdentityResolver::new(SharedCredentialsProvider::new(Lent(kept))),
        });
        // Longer than the loading below, so that ours is the error that is seen.
        let cache = IdentityCache::lazy().load_timeout(LOADING * 2).buffer_time(TOO_LATE / 5).build();
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        Self { number, cache, kept, resolver: Mutex::new(resolver), renewing: tokio::sync::Mutex::default() }
    }

    /// What to resolve an identity with now.
    pub(crate) fn resolver(&self) -> Option<Resolver> {
        self.resolver.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What roles are assumed with.
    pub(crate) fn kept(&self) -> Option<Arc<Kept>> {
        self.kept.clone()
    }

    /// Forgets what a resolver of this generation gave: AWS no longer takes it. Of many calls that find out at
    /// the same time, one does it for all.
    pub(crate) async fn renew(&self, generation: u64) {
        let Some(kept) = &self.kept else { return };
        let _renewing = self.renewing.lock().await;
        if self.resolver().is_none_or(|resolver| resolver.generation != generation) {
            return;
        }
        kept.forget().await;
        // A new resolver has a new place in the runtime's cache.
        let resolver = SharedIdentityResolver::new(SharedCredentialsProvider::new(Lent(Arc::clone(kept))));
        *self.resolver.lock().unwrap_or_else(PoisonError::into_inner) =
            Some(Resolver { generation: generation + 1, resolver });
    }
}

/// The credentials a provider gave last.
#[derive(Debug)]
pub(crate) struct Kept {
    inner: SharedCredentialsProvider,
    /// What the provider itself signs with.
    base: Option<Arc<Kept>>,
    time: SharedTimeSource,
    /// Held while they are loaded, so that they are loaded once.
    kept: tokio::sync::Mutex<Option<Credentials>>,
}

impl Kept {
    async fn credentials(&self) -> provider::Result {
        let mut kept = self.kept.lock().await;
        let soon = self.time.now() + TOO_LATE;
        let good = |credentials: &&Credentials| credentials.expiry().is_none_or(|expiry| expiry > soon);
        if let Some(credentials) = kept.as_ref().filter(good) {
            return Ok(credentials.clone());
        }
        let loaded = tokio::time::timeout(LOADING, self.inner.provide_credentials())
            .await
            .map_err(|_| CredentialsError::provider_timed_out(LOADING))??;
        *kept = Some(loaded.clone());
        Ok(loaded)
    }

    async fn forget(&self) {
        let mut kept = Some(self);
        while let Some(this) = kept {
            *this.kept.lock().await = None;
            kept = this.base.as_deref();
        }
    }
}

/// Kept credentials as a provider.
#[derive(Debug)]
pub(crate) struct Lent(pub(crate) Arc<Kept>);

impl ProvideCredentials for Lent {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.0.credentials())
    }
}

//! The one client of a process: credentials as AWS's own tools find them, and the guard before every call.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use provost_awsapi::{Client, Models, Settings};

use crate::guard::{Sink, Source, WriteGuard};

/// How to reach AWS, and what may be done there.
#[derive(Debug, Clone, Default)]
pub struct Access {
    /// The profile; else what the environment says.
    pub profile: Option<String>,
    /// The region; else what the environment or the profile says.
    pub region: Option<String>,
    /// A folder of service models that go before the embedded ones.
    pub models: Option<PathBuf>,
    /// The calls the process may make; `None`: as many as it needs.
    pub most_calls: Option<u64>,
    /// Where Provost writes.
    pub sinks: Vec<Sink>,
    /// What it reads although what is there is not its own.
    pub sources: Vec<Source>,
}

/// Where a client asks that nobody gave a region: only what is global is asked there.
const DEFAULT_REGION: &str = "us-east-1";

/// The embedded service models; those of a folder go before them.
#[must_use]
pub fn models(folder: Option<&Path>) -> Models {
    match folder {
        Some(folder) => Models::embedded().with_folder(folder),
        None => Models::embedded(),
    }
}

/// A client over the usual credentials. None are asked for before the first call.
pub async fn connect(access: Access) -> Client {
    let profile = access.profile.clone();
    let settings = Settings { profile: access.profile, region: access.region, ..Settings::default() };
    let models = models(access.models.as_deref());
    let client = Client::builder(provost_awsapi::load(&settings).await)
        .models(models)
        .gate(Arc::new(WriteGuard::new(access.sinks, access.sources)))
        .budget(access.most_calls)
        .name(concat!("provost/", env!("CARGO_PKG_VERSION")))
        .profile(profile.as_deref())
        .build();
    if client.region().is_some() { client } else { client.in_region(DEFAULT_REGION) }
}

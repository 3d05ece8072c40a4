//! Where evidence lies, by its digest, and which evidence is referred to.

use async_trait::async_trait;

use super::{Page, PortResult};
use crate::model::Digest;

/// Content-addressed bytes.
#[async_trait]
pub trait Archive: Send + Sync {
    /// Keeps the bytes under their SHA-256 and returns it. Either all of them are kept or none; putting
    /// the same bytes again changes nothing, and repairs an object that was damaged.
    async fn put(&self, bytes: &[u8]) -> PortResult<Digest>;

    /// Keeps many small pieces at once, each under its own digest, in the order given. All are kept or
    /// none. An archive for which a file a piece costs too much puts them side by side.
    async fn put_all(&self, pieces: &[Vec<u8>]) -> PortResult<Vec<Digest>>;

    /// The bytes under a digest as they are now, changed or not. `None`: there are none.
    async fn get(&self, digest: &Digest) -> PortResult<Option<Vec<u8>>>;

    /// Forgets the bytes under a digest. Forgetting what is not there is no error.
    async fn remove(&self, digest: &Digest) -> PortResult<()>;
}

/// A digest that something kept refers to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EvidenceReference {
    /// The evidence.
    pub digest: Digest,
    /// One thing judged from it, for the reader: an ARN, an event id.
    pub subject: String,
}

/// Which evidence the store's items refer to. Kept by the adapters of the other ports as they write:
/// an item is never visible before its references are.
#[async_trait]
pub trait EvidenceIndex: Send + Sync {
    /// The references in order of digest, each digest once.
    async fn page(&self, after: Option<&str>, limit: usize) -> PortResult<Page<EvidenceReference>>;

    /// Removes every item whose retention has ended at `now` and returns the digests nothing refers to
    /// any more, for the archive to forget.
    async fn expire(&self, now: jiff::Timestamp) -> PortResult<Vec<Digest>>;
}

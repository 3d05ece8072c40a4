//! The ports nobody configured: evidence that is not kept, and numbers that go nowhere.

use async_trait::async_trait;
use provost_core::model::{Digest, Run};
use provost_core::port::{Archive, Metric, Metrics, PortResult};

/// Says what the digest of evidence would be, and keeps none.
pub(crate) struct NoArchive;

#[async_trait]
impl Archive for NoArchive {
    async fn put(&self, bytes: &[u8]) -> PortResult<Digest> {
        Ok(Digest::of(bytes))
    }

    async fn put_all(&self, pieces: &[Vec<u8>]) -> PortResult<Vec<Digest>> {
        Ok(pieces.iter().map(|bytes| Digest::of(bytes)).collect())
    }

    async fn get(&self, _: &Digest) -> PortResult<Option<Vec<u8>>> {
        Ok(None)
    }

    async fn remove(&self, _: &Digest) -> PortResult<()> {
        Ok(())
    }
}

/// Publishes nothing.
pub(crate) struct NoMetrics;

#[async_trait]
impl Metrics for NoMetrics {
    async fn publish(&self, _: &Run, _: &[Metric]) -> PortResult<()> {
        Ok(())
    }
}

//! Evidence in memory.

use std::collections::BTreeMap;
use std::sync::Mutex;

use async_trait::async_trait;

use super::lock;
use crate::model::Digest;
use crate::port::{Archive, PortResult};

/// An archive that is gone with the process.
#[derive(Debug, Default)]
pub struct MemoryArchive {
    objects: Mutex<BTreeMap<Digest, Vec<u8>>>,
}

impl MemoryArchive {
    /// All objects, in order of digest.
    #[must_use]
    pub fn objects(&self) -> Vec<(Digest, Vec<u8>)> {
        lock(&self.objects).iter().map(|(digest, bytes)| (*digest, bytes.clone())).collect()
    }

    /// Damages an object on purpose, to see that somebody notices.
    pub fn overwrite(&self, digest: &Digest, bytes: &[u8]) {
        lock(&self.objects).insert(*digest, bytes.to_vec());
    }
}

#[async_trait]
impl Archive for MemoryArchive {
    async fn put(&self, bytes: &[u8]) -> PortResult<Digest> {
        let digest = Digest::of(bytes);
        lock(&self.objects).insert(digest, bytes.to_vec());
        Ok(digest)
    }

    async fn put_all(&self, pieces: &[Vec<u8>]) -> PortResult<Vec<Digest>> {
        let keyed: Vec<(Digest, Vec<u8>)> =
            pieces.iter().map(|bytes| (Digest::of(bytes), bytes.clone())).collect();
        let digests = keyed.iter().map(|(digest, _)| *digest).collect();
        lock(&self.objects).extend(keyed);
        Ok(digests)
    }

    async fn get(&self, digest: &Digest) -> PortResult<Option<Vec<u8>>> {
        Ok(lock(&self.objects).get(digest).cloned())
    }

    async fn remove(&self, digest: &Digest) -> PortResult<()> {
        lock(&self.objects).remove(digest);
        Ok(())
    }
}

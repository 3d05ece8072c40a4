//! Messages and reports in memory.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;

use super::lock;
use crate::port::{Message, Notifier, PortError, PortResult, ReportWriter, Reports};

/// Remembers what was told, and fails when it is told to.
#[derive(Debug)]
pub struct MemoryNotifier {
    told: Mutex<Vec<Message>>,
    /// How many messages it still takes.
    takes: Mutex<usize>,
    most_bytes: usize,
}

impl Default for MemoryNotifier {
    fn default() -> Self {
        Self::with(100_000)
    }
}

impl MemoryNotifier {
    /// One that takes messages of this size.
    #[must_use]
    pub fn with(most_bytes: usize) -> Self {
        Self { told: Mutex::default(), takes: Mutex::new(usize::MAX), most_bytes }
    }

    /// The messages since it was last asked.
    pub fn take(&self) -> Vec<Message> {
        std::mem::take(&mut *lock(&self.told))
    }

    /// From now on it takes so many more messages and then fails.
    pub fn fail_after(&self, messages: usize) {
        *lock(&self.takes) = messages;
    }
}

#[async_trait]
impl Notifier for MemoryNotifier {
    fn most_bytes(&self) -> usize {
        self.most_bytes
    }

    fn place(&self) -> String {
        "memory".to_owned()
    }

    async fn notify(&self, message: &Message) -> PortResult<()> {
        let mut takes = lock(&self.takes);
        *takes = takes.checked_sub(1).ok_or_else(|| PortError::Unavailable {
            what: "tell memory".to_owned(),
            why: "it was told to fail".to_owned(),
        })?;
        lock(&self.told).push(message.clone());
        Ok(())
    }
}

type Objects = Arc<Mutex<BTreeMap<String, Vec<u8>>>>;

/// Reports that are gone with the process.
#[derive(Debug, Default)]
pub struct MemoryReports {
    objects: Objects,
}

impl MemoryReports {
    /// The object under a key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<Vec<u8>> {
        lock(&self.objects).get(key).cloned()
    }

    /// All keys in order.
    #[must_use]
    pub fn keys(&self) -> Vec<String> {
        lock(&self.objects).keys().cloned().collect()
    }
}

struct MemoryWriter {
    objects: Objects,
    key: String,
    bytes: Vec<u8>,
}

#[async_trait]
impl Reports for MemoryReports {
    fn link(&self, key: &str) -> String {
        format!("memory:{key}")
    }

    async fn begin(&self, key: &str) -> PortResult<Box<dyn ReportWriter>> {
        let objects = Arc::clone(&self.objects);
        Ok(Box::new(MemoryWriter { objects, key: key.to_owned(), bytes: Vec::new() }))
    }
}

#[async_trait]
impl ReportWriter for MemoryWriter {
    async fn write(&mut self, bytes: &[u8]) -> PortResult<()> {
        self.bytes.extend_from_slice(bytes);
        Ok(())
    }

    async fn finish(self: Box<Self>) -> PortResult<()> {
        lock(&self.objects).insert(self.key, self.bytes);
        Ok(())
    }

    async fn abandon(self: Box<Self>) {}
}

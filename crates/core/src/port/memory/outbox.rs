//! An outbox over maps.

use async_trait::async_trait;
use jiff::Timestamp;

use super::{MemoryStore, lock};
use crate::port::{Outbox, Outgoing, PortResult, Told};

#[async_trait]
impl Outbox for MemoryStore {
    async fn add(&self, messages: &[Outgoing], _: Timestamp) -> PortResult<()> {
        let mut mail = lock(&self.mail);
        for message in messages {
            mail.messages.entry(message.message.id.clone()).or_insert_with(|| Some(message.clone()));
        }
        Ok(())
    }

    async fn pending(&self) -> PortResult<Vec<Outgoing>> {
        let mut pending: Vec<Outgoing> = lock(&self.mail).messages.values().flatten().cloned().collect();
        pending
            .sort_by(|one, other| (one.found_at, &one.message.id).cmp(&(other.found_at, &other.message.id)));
        Ok(pending)
    }

    async fn sent(&self, message: &Outgoing) -> PortResult<()> {
        lock(&self.mail).messages.insert(message.message.id.clone(), None);
        Ok(())
    }

    async fn known(&self, ids: &[String]) -> PortResult<Vec<String>> {
        let mail = lock(&self.mail);
        Ok(ids.iter().filter(|id| mail.messages.contains_key(*id)).cloned().collect())
    }

    async fn put_told(&self, scope: &str, told: &Told) -> PortResult<()> {
        lock(&self.mail).told.insert(scope.to_owned(), told.clone());
        Ok(())
    }

    async fn told(&self, scope: &str) -> PortResult<Option<Told>> {
        Ok(lock(&self.mail).told.get(scope).cloned())
    }
}

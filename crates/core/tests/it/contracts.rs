//! The memory adapters keep every promise of their ports.

use pollster::block_on;
use provost_core::port::contract;
use provost_core::port::memory::{
    MemoryArchive, MemoryFindingHub, MemoryNotifier, MemoryReports, MemoryRuleResults, MemoryStore,
};

#[test]
fn memory_archive() {
    block_on(contract::archive(&MemoryArchive::default()));
}

#[test]
fn memory_finding_hub() {
    block_on(contract::finding_hub(&MemoryFindingHub::default()));
}

#[test]
fn memory_rule_results() {
    block_on(contract::rule_results(&MemoryRuleResults::default(), "a-rule"));
}

#[test]
fn memory_store() {
    block_on(async {
        contract::resources(&MemoryStore::default()).await;
        contract::users(&MemoryStore::default()).await;
        contract::evaluations(&MemoryStore::default()).await;
        contract::violations(&MemoryStore::default()).await;
        contract::waivers(&MemoryStore::default()).await;
        contract::runs(&MemoryStore::default()).await;
        contract::locks(&MemoryStore::default()).await;
        contract::evidence_index(&MemoryStore::default()).await;
        contract::outbox(&MemoryStore::default()).await;
    });
}

#[test]
fn memory_notifier() {
    let notifier = MemoryNotifier::default();
    let received = async || notifier.take().into_iter().map(|message| message.body).collect();
    block_on(contract::notifier(&notifier, received));
}

#[test]
fn memory_reports() {
    let reports = MemoryReports::default();
    block_on(contract::reports(&reports, async |key| reports.get(key)));
}

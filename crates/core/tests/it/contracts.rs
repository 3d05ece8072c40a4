//! The memory adapters keep every promise of their ports.

use pollster::block_on;
use provost_core::port::contract;
use provost_core::port::memory::{MemoryArchive, MemoryFindingHub, MemoryStore};

#[test]
fn memory_archive() {
    block_on(contract::archive(&MemoryArchive::default()));
}

#[test]
fn memory_finding_hub() {
    block_on(contract::finding_hub(&MemoryFindingHub::default()));
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
    });
}

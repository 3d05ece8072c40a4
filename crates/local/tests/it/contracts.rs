//! The contract suites over SQLite and files.

use pollster::block_on;
use provost_core::port::contract;
use provost_local::{FileArchive, SqliteStore};

#[test]
fn file_archive() {
    let folder = tempfile::tempdir().unwrap();
    block_on(contract::archive(&FileArchive::open(folder.path()).unwrap()));
}

fn with_store(check: impl AsyncFnOnce(&SqliteStore)) {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(folder.path()).unwrap();
    block_on(check(&store));
}

#[test]
fn sqlite_resources() {
    with_store(async |store| contract::resources(store).await);
}

#[test]
fn sqlite_users() {
    with_store(async |store| contract::users(store).await);
}

#[test]
fn sqlite_evaluations() {
    with_store(async |store| contract::evaluations(store).await);
}

#[test]
fn sqlite_violations() {
    with_store(async |store| contract::violations(store).await);
}

#[test]
fn sqlite_waivers() {
    with_store(async |store| contract::waivers(store).await);
}

#[test]
fn sqlite_runs() {
    with_store(async |store| contract::runs(store).await);
}

#[test]
fn sqlite_locks() {
    with_store(async |store| contract::locks(store).await);
}

#[test]
fn sqlite_evidence_index() {
    with_store(async |store| contract::evidence_index(store).await);
}

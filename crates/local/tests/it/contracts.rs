//! The contract suites over SQLite and files.

use pollster::block_on;
use provost_core::port::{Reports as _, contract};
use provost_local::{FileArchive, FileNotifier, FolderReports, SqliteStore};

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

#[test]
fn sqlite_outbox() {
    with_store(async |store| contract::outbox(store).await);
}

#[test]
fn file_notifier() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out/alerts.ndjson");
    let mut seen = 0;
    let received = async || {
        let text = std::fs::read_to_string(&path).unwrap();
        let lines: Vec<serde_json::Value> =
            text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let new = lines[seen..].iter().map(|line| line["body"].clone()).collect();
        seen = lines.len();
        new
    };
    block_on(contract::notifier(&FileNotifier::new(&path), received));
}

#[test]
fn folder_reports() {
    let folder = tempfile::tempdir().unwrap();
    let reports = FolderReports::new(folder.path().join("reports"));
    block_on(contract::reports(&reports, async |key| {
        std::fs::read(folder.path().join("reports").join(key)).ok()
    }));
    for outside in ["../x.json", "/x.json", "a/../../x.json", ""] {
        assert!(block_on(reports.begin(outside)).is_err(), "{outside}");
    }
}

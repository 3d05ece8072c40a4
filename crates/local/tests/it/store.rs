//! The SQLite file itself: refused when newer, private, and open to another process meanwhile.

use pollster::block_on;
use provost_core::port::{PortError, Runs as _};
use provost_local::{FileArchive, SqliteStore};

#[test]
fn a_newer_store_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    drop(SqliteStore::open(folder.path()).unwrap());
    let path = folder.path().join("provost.db");
    rusqlite::Connection::open(&path).unwrap().pragma_update(None, "user_version", 99).unwrap();
    let error = SqliteStore::open(folder.path()).unwrap_err();
    assert!(matches!(error, PortError::Newer { found: 99, .. }), "{error}");
}

#[test]
fn a_file_that_is_no_store_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("provost.db"), "not a database, but long enough to be read as one")
        .unwrap();
    let error = SqliteStore::open(folder.path()).unwrap_err().to_string();
    assert!(error.contains("provost.db"), "{error}");
}

#[test]
fn opening_again_changes_nothing_and_a_damaged_row_is_named() {
    let folder = tempfile::tempdir().unwrap();
    drop(SqliteStore::open(folder.path()).unwrap());
    let store = SqliteStore::open(folder.path()).unwrap();
    let other = rusqlite::Connection::open(folder.path().join("provost.db")).unwrap();
    other.execute("INSERT INTO runs VALUES ('x', 'assess', 'all', 'running', 0, '{}')", ()).unwrap();
    let error = block_on(store.get("x")).unwrap_err();
    assert!(matches!(error, PortError::Damaged { .. }), "{error}");
}

#[cfg(unix)]
#[test]
fn only_the_owner_can_look_inside() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let inside = folder.path().join("store");
    drop(SqliteStore::open(&inside).unwrap());
    FileArchive::open(&inside.join("evidence")).unwrap();
    for path in [inside.clone(), inside.join("evidence"), inside.join("locks")] {
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o077, 0, "{}", path.display());
    }
}

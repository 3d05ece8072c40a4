//! The SQLite file itself: refused when newer, private, and open to another process meanwhile.

use pollster::block_on;
use provost_core::port::{PortError, Runs as _, Violations};
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

/// A violation as schema 1 had it, in a store as the first version left it.
#[test]
fn a_violation_of_the_first_schema_is_read_and_one_of_a_later_schema_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    drop(SqliteStore::open(folder.path()).unwrap());
    let other = rusqlite::Connection::open(folder.path().join("provost.db")).unwrap();
    // What the steps since then have added goes.
    other
        .execute_batch(
            "DROP INDEX users_by_scan;
             ALTER TABLE scans DROP COLUMN complete;
             ALTER TABLE scans DROP COLUMN previous_timestamp;
             ALTER TABLE scans DROP COLUMN previous_complete;
             DROP TABLE outbox;
             DROP TABLE told;",
        )
        .unwrap();
    other.pragma_update(None, "user_version", 1).unwrap();
    let digest = format!("sha256:{}", "0".repeat(64));
    let item = |schema: u32| {
        format!(
            r#"{{"schema":{schema},"id":"{digest}","rule":"iam-user-created","rule_hash":"{digest}",
                "rule_origin":"built-in","title":"A user was created","severity":"low","action":"log",
                "outcome":"done","event_id":"e-1","event_name":null,"event_source":null,"event_time":null,
                "error_code":null,"account":null,"region":null,"principal":null,"source_ip":null,
                "user_agent":null,"source":{{"file":"a.json","position":0,"record":1}},
                "evidence":"{digest}","suppressed":null}}"#
        )
    };
    let insert = "INSERT OR REPLACE INTO violations VALUES ('x', '', 'run', 9000000000000, ?1)";
    other.execute(insert, [item(1)]).unwrap();
    let store = SqliteStore::open(folder.path()).unwrap();
    let page = block_on(Violations::page(&store, None, 10)).unwrap();
    assert_eq!((page.items.len(), page.items[0].facts.len()), (1, 0));
    other.execute(insert, [item(99)]).unwrap();
    let error = block_on(Violations::page(&store, None, 10)).unwrap_err();
    assert!(matches!(error, PortError::Newer { found: 99, .. }), "{error}");
}

#[cfg(unix)]
#[test]
fn only_the_owner_can_look_inside() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let inside = folder.path().join("store");
    drop(SqliteStore::open(&inside).unwrap());
    FileArchive::open(&inside.join("evidence")).unwrap();
    // A folder that was there keeps its ways; what is put into it is private all the same.
    let open = folder.path().join("open");
    std::fs::create_dir(&open).unwrap();
    drop(SqliteStore::open(&open).unwrap());
    for path in [
        inside.clone(),
        inside.join("evidence"),
        inside.join("locks"),
        open.join("provost.db"),
        open.join("locks"),
    ] {
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o077, 0, "{}", path.display());
    }
}

#[test]
fn packs_are_small_files_for_many_pieces_and_damage_shows() {
    use provost_core::model::Digest;
    use provost_core::port::Archive as _;
    let folder = tempfile::tempdir().unwrap();
    let pieces: Vec<Vec<u8>> = (0..500).map(|number| format!("piece {number}").into_bytes()).collect();
    let digests = block_on(FileArchive::open(folder.path()).unwrap().put_all(&pieces)).unwrap();
    let packs = || std::fs::read_dir(folder.path().join("packs")).unwrap().map(|entry| entry.unwrap().path());
    assert_eq!(packs().count(), 2, "a pack and its list");
    // A new process finds them; a changed byte is given as it is, for its digest to show.
    let archive = FileArchive::open(folder.path()).unwrap();
    assert_eq!(block_on(archive.get(&digests[499])).unwrap().as_ref(), Some(&pieces[499]));
    let pack = packs().find(|path| path.extension().unwrap() == "pack").unwrap();
    let mut bytes = std::fs::read(&pack).unwrap();
    bytes[0] = b'X';
    std::fs::write(&pack, bytes).unwrap();
    let changed = block_on(archive.get(&digests[0])).unwrap().unwrap();
    assert_ne!(Digest::of(&changed), digests[0]);
    block_on(archive.put_all(&pieces)).unwrap();
    assert_eq!(
        block_on(archive.get(&digests[0])).unwrap().as_ref(),
        Some(&pieces[0]),
        "putting again repairs"
    );
    for digest in &digests {
        block_on(archive.remove(digest)).unwrap();
    }
    assert_eq!(packs().count(), 0, "the last piece takes the pack with it");
}

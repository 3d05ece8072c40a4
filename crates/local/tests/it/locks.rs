//! Locks between processes: the living hold, the dead do not, and of many one gets in.

use std::sync::atomic::{AtomicU32, Ordering};

use pollster::block_on;
use provost_core::port::{Acquired, Lock, Locks as _};
use provost_local::SqliteStore;

fn lock(holder: &str) -> Lock {
    Lock {
        name: "assess/all".to_owned(),
        holder: holder.to_owned(),
        expires_at: "2100-01-01T00:00:00Z".parse().unwrap(),
    }
}

const NOW: &str = "2026-11-22T00:00:00Z";

#[test]
fn a_holder_that_is_gone_holds_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let now = NOW.parse().unwrap();
    let dying = SqliteStore::open(folder.path()).unwrap();
    let living = SqliteStore::open(folder.path()).unwrap();
    block_on(async {
        assert_eq!(dying.acquire(&lock("one"), now).await.unwrap(), Acquired::Yes);
        assert_eq!(living.acquire(&lock("two"), now).await.unwrap(), Acquired::Held(lock("one")));
        // The kernel closes a dead process's files; here the store does.
        drop(dying);
        assert_eq!(living.acquire(&lock("two"), now).await.unwrap(), Acquired::Yes);
    });
}

#[test]
fn of_many_that_try_at_once_one_gets_in() {
    let folder = tempfile::tempdir().unwrap();
    SqliteStore::open(folder.path()).unwrap();
    let winners = AtomicU32::new(0);
    let barrier = std::sync::Barrier::new(8);
    // Everybody keeps their store until all have tried: a store that is dropped counts as dead.
    std::thread::scope(|scope| {
        for number in 0..8 {
            let (folder, winners, barrier) = (&folder, &winners, &barrier);
            scope.spawn(move || {
                let store = SqliteStore::open(folder.path()).unwrap();
                barrier.wait();
                let got = block_on(store.acquire(&lock(&format!("holder-{number}")), NOW.parse().unwrap()))
                    .unwrap();
                winners.fetch_add(u32::from(got == Acquired::Yes), Ordering::Relaxed);
                barrier.wait();
            });
        }
    });
    assert_eq!(winners.load(Ordering::Relaxed), 1);
}

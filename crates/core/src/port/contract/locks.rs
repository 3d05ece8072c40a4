//! [`Locks`] let one holder in, and expire when we say.

use super::samples::at;
use crate::port::{Acquired, Lock, Locks};

/// Holds for every lock keeper. All holders here are alive.
pub async fn locks(locks: &dyn Locks) {
    let lock = |holder: &str, until: &str| Lock {
        name: "collect/all".to_owned(),
        holder: holder.to_owned(),
        expires_at: at(until),
    };
    let now = at("2026-11-22T00:00:00Z");
    let one = lock("one", "2026-11-22T00:10:00Z");
    let two = lock("two", "2026-11-22T00:10:00Z");
    assert_eq!(locks.acquire(&one, now).await.unwrap(), Acquired::Yes, "a free lock is given");
    assert_eq!(locks.acquire(&one, now).await.unwrap(), Acquired::Yes, "its holder may take it again");
    assert_eq!(locks.acquire(&two, now).await.unwrap(), Acquired::Held(one.clone()), "nobody else may");
    let other = Lock { name: "assess/all".to_owned(), ..two.clone() };
    assert_eq!(locks.acquire(&other, now).await.unwrap(), Acquired::Yes, "another name is another lock");

    locks.release("collect/all", "two").await.unwrap();
    assert_eq!(
        locks.acquire(&two, now).await.unwrap(),
        Acquired::Held(one.clone()),
        "only its holder frees it"
    );

    let just_before = at("2026-11-22T00:09:59Z");
    assert_eq!(locks.acquire(&two, just_before).await.unwrap(), Acquired::Held(one.clone()));
    let stale = at("2026-11-22T00:10:00Z");
    let late = lock("two", "2026-11-22T00:20:00Z");
    assert_eq!(locks.acquire(&late, stale).await.unwrap(), Acquired::Yes, "a stale lock is free");
    let again = lock("one", "2026-11-22T00:20:00Z");
    assert_eq!(locks.acquire(&again, stale).await.unwrap(), Acquired::Held(late), "and then it is taken");

    locks.release("collect/all", "two").await.unwrap();
    assert_eq!(locks.acquire(&again, stale).await.unwrap(), Acquired::Yes, "a lock given back is free");
    locks.release("collect/all", "one").await.unwrap();
    locks.release("never/taken", "one").await.unwrap();
}

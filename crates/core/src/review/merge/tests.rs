use std::collections::BTreeMap;

use async_trait::async_trait;
use jiff::Timestamp;
use pollster::block_on;
use proptest::prelude::*;

use super::*;
use crate::port::memory::MemoryStore;
use crate::port::{Page, Unwritten};
use crate::review::change::tests::user;

const FIRST: &str = "2026-11-21T00:00:00.000000000Z";
const SECOND: &str = "2026-11-22T00:00:00.000000000Z";

fn far() -> Timestamp {
    "2100-01-01T00:00:00Z".parse().unwrap()
}

fn seen(name: &str, account: &AccountId, at: &str) -> IamUser {
    IamUser {
        user_name: format!("{account}/{name}"),
        account: account.clone(),
        scan_timestamp: at.to_owned(),
        ..user(name)
    }
}

fn ours() -> AccountId {
    AccountId::parse("111122223333").unwrap()
}

/// Keeps one scan.
fn scan(store: &MemoryStore, account: &AccountId, at: &str, complete: bool, users: &[IamUser]) {
    block_on(Users::put(store, users, far())).unwrap();
    block_on(store.scanned(account, at, complete)).unwrap();
}

fn review(users: &dyn Users, which: Which) -> Vec<(String, ChangeKind)> {
    let mut found = Vec::new();
    let scans = block_on(users.scans()).unwrap();
    let (not_read, thresholds) = (NotRead::default(), Thresholds::default());
    block_on(each_reviewed(users, &scans, &not_read, &thresholds, which, &mut |one| {
        found.push((one.user.user_name.clone(), one.change.kind));
        Ok(())
    }))
    .unwrap();
    found
}

/// Two scans of one account, by name, and what is said of each name.
fn check(before: Option<(bool, &[&str])>, now: (bool, &[&str]), expect: &[(&str, ChangeKind)]) {
    let store = MemoryStore::default();
    let of = |names: &[&str], at: &str| -> Vec<IamUser> {
        names.iter().map(|name| seen(name, &ours(), at)).collect()
    };
    if let Some((complete, names)) = before {
        scan(&store, &ours(), FIRST, complete, &of(names, FIRST));
    }
    scan(&store, &ours(), SECOND, now.0, &of(now.1, SECOND));
    let expect: Vec<_> = expect.iter().map(|(name, kind)| (format!("111122223333/{name}"), *kind)).collect();
    assert_eq!(review(&store, Which::All), expect);
    let (missing, here): (Vec<_>, Vec<_>) = expect.into_iter().partition(|(_, kind)| kind.is_missing());
    assert_eq!((review(&store, Which::Missing), review(&store, Which::Here)), (missing, here));
}

#[test]
fn who_came_and_who_went_is_said_as_far_as_the_scans_tell() {
    use ChangeKind::{FirstScan, Gone, New, NewOrNotSeenBefore, NotSeen, Same};
    check(None, (true, &["a", "b"]), &[("a", FirstScan), ("b", FirstScan)]);
    check(None, (false, &["a"]), &[("a", FirstScan)]);
    check(Some((true, &["a", "c"])), (true, &["b", "c"]), &[("a", Gone), ("b", New), ("c", Same)]);
    check(Some((true, &["a", "c"])), (false, &["b", "c"]), &[("a", NotSeen), ("b", New), ("c", Same)]);
    check(
        Some((false, &["a", "c"])),
        (true, &["b", "c"]),
        &[("a", Gone), ("b", NewOrNotSeenBefore), ("c", Same)],
    );
    check(Some((true, &["a", "b"])), (true, &[]), &[("a", Gone), ("b", Gone)]);
    check(Some((true, &["a", "b"])), (true, &["a"]), &[("a", Same), ("b", Gone)]);
    check(Some((true, &[])), (true, &[]), &[]);
}

#[test]
fn a_scan_whose_users_are_forgotten_makes_nobody_new() {
    check(Some((true, &[])), (true, &["a"]), &[("a", ChangeKind::NewOrNotSeenBefore)]);
}

#[test]
fn who_was_created_since_is_new_whatever_was_seen_before() {
    let store = MemoryStore::default();
    scan(&store, &ours(), FIRST, false, &[seen("a", &ours(), FIRST)]);
    let created =
        |name: &str, at: &str| IamUser { create_date: Some(at.to_owned()), ..seen(name, &ours(), SECOND) };
    let users = [
        seen("a", &ours(), SECOND),
        created("b", "2026-11-21T12:00:00Z"),
        created("c", "2026-11-20T12:00:00Z"),
        created("d", "once"),
    ];
    scan(&store, &ours(), SECOND, true, &users);
    let kinds: Vec<ChangeKind> = review(&store, Which::All).into_iter().map(|(_, kind)| kind).collect();
    let unsure = ChangeKind::NewOrNotSeenBefore;
    assert_eq!(kinds, [ChangeKind::Same, ChangeKind::New, unsure, unsure]);
}

#[test]
fn each_account_has_its_own_scans() {
    let store = MemoryStore::default();
    let theirs = AccountId::parse("444455556666").unwrap();
    scan(&store, &ours(), FIRST, true, &[seen("a", &ours(), FIRST)]);
    scan(&store, &theirs, FIRST, true, &[seen("a", &theirs, FIRST)]);
    scan(&store, &ours(), SECOND, true, &[seen("b", &ours(), SECOND)]);
    let found = review(&store, Which::All);
    let expect = [
        ("111122223333/a", ChangeKind::Gone),
        ("111122223333/b", ChangeKind::New),
        ("444455556666/a", ChangeKind::FirstScan),
    ];
    assert_eq!(found, expect.map(|(name, kind)| (name.to_owned(), kind)));
}

/// A store of small pages that counts what it hands out at once, and may forget its order.
struct SmallPages {
    store: MemoryStore,
    size: usize,
    backwards: bool,
}

#[async_trait]
impl Users for SmallPages {
    async fn put(&self, users: &[IamUser], expires_at: Timestamp) -> PortResult<Vec<Unwritten>> {
        Users::put(&self.store, users, expires_at).await
    }

    async fn scanned(&self, account: &AccountId, at: &str, complete: bool) -> PortResult<()> {
        self.store.scanned(account, at, complete).await
    }

    async fn latest(&self, after: Option<&str>, limit: usize) -> PortResult<Page<IamUser>> {
        self.store.latest(after, limit).await
    }

    async fn scans(&self) -> PortResult<Vec<Scan>> {
        self.store.scans().await
    }

    async fn of_scan(
        &self,
        account: &AccountId,
        at: &str,
        after: Option<&str>,
        limit: usize,
    ) -> PortResult<Page<IamUser>> {
        let mut page = self.store.of_scan(account, at, after, limit.min(self.size)).await?;
        if self.backwards {
            page.items.reverse();
        }
        Ok(page)
    }

    async fn history(&self, user_name: &str) -> PortResult<Vec<IamUser>> {
        self.store.history(user_name).await
    }
}

#[test]
fn a_store_without_order_is_an_error_and_not_a_list_of_changes() {
    let pages = SmallPages { store: MemoryStore::default(), size: 10, backwards: true };
    let users = [seen("a", &ours(), FIRST), seen("b", &ours(), FIRST)];
    scan(&pages.store, &ours(), FIRST, true, &users);
    let scans = block_on(pages.scans()).unwrap();
    let (not_read, thresholds) = (NotRead::default(), Thresholds::default());
    let reviewed =
        block_on(each_reviewed(&pages, &scans, &not_read, &thresholds, Which::All, &mut |_| Ok(())));
    let error = reviewed.unwrap_err().to_string();
    assert!(error.contains("its users are not in order"), "{error}");
}

proptest! {
    #[test]
    fn everybody_is_named_once_whatever_the_pages(
        before in proptest::collection::btree_set("[a-e]{1,2}", 0..12),
        now in proptest::collection::btree_set("[a-e]{1,2}", 0..12),
        size in 1_usize..5,
    ) {
        let pages = SmallPages { store: MemoryStore::default(), size, backwards: false };
        let of = |names: &std::collections::BTreeSet<String>, at: &str| -> Vec<IamUser> {
            names.iter().map(|name| seen(name, &ours(), at)).collect()
        };
        scan(&pages.store, &ours(), FIRST, true, &of(&before, FIRST));
        scan(&pages.store, &ours(), SECOND, true, &of(&now, SECOND));
        let new = if before.is_empty() { ChangeKind::NewOrNotSeenBefore } else { ChangeKind::New };
        let expect: BTreeMap<String, ChangeKind> = before.union(&now).map(|name| {
            let kind = match (before.contains(name), now.contains(name)) {
                (true, true) => ChangeKind::Same,
                (true, false) => ChangeKind::Gone,
                _ => new,
            };
            (format!("111122223333/{name}"), kind)
        }).collect();
        let found = review(&pages, Which::All);
        prop_assert!(found.is_sorted_by(|left, right| left.0 < right.0));
        prop_assert_eq!(found.into_iter().collect::<BTreeMap<_, _>>(), expect);
    }
}

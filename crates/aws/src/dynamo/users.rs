//! [`Users`] over the inventory table.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use jiff::Timestamp;
use provost_core::model::{AccountId, IamUser, PasswordLastUsed};
use provost_core::port::{Page, PortError, PortResult, Scan, Unwritten, Users};
use tracing::warn;

use super::DynamoStore;
use super::attributes::{Item, TTL, WHOLE, flag, number, read, text, ttl, whole};
use super::batch::Items;
use super::keys;
use super::scans::ScanKey;
use super::table::{Find, Key};

#[async_trait]
impl Users for DynamoStore {
    async fn put(&self, users: &[IamUser], expires_at: Timestamp) -> PortResult<Vec<Unwritten>> {
        let mut items = Items::new();
        let mut kept: BTreeMap<Key, &IamUser> = BTreeMap::new();
        for user in users {
            let key = key(&user.user_name, &user.scan_timestamp);
            items.insert(key.clone(), self.user_item(&key, user, expires_at)?);
            kept.insert(key, user);
        }
        let refused = self.table.write("write users", items).await?;
        let mut unwritten = Vec::with_capacity(refused.len());
        for refused in refused {
            let name = kept.remove(&refused.key).map_or(refused.key.0, |user| user.user_name.clone());
            unwritten.push(Unwritten { user_name: name, why: refused.why });
        }
        // After the users: a name in the list is a user that is there.
        let mut seen: BTreeMap<ScanKey<'_>, BTreeSet<&str>> = BTreeMap::new();
        for user in kept.into_values() {
            seen.entry((&user.account, &user.scan_timestamp)).or_default().insert(&user.user_name);
        }
        self.note_names(seen, expires_at).await?;
        Ok(unwritten)
    }

    async fn scanned(&self, account: &AccountId, scan_timestamp: &str, complete: bool) -> PortResult<()> {
        self.note_scan(account, scan_timestamp, complete).await
    }

    async fn latest(&self, after: Option<&str>, limit: usize) -> PortResult<Page<IamUser>> {
        let mut wanted: Vec<(String, String)> = Vec::new();
        for Scan { account, latest, previous: _ } in self.last_scans().await? {
            // Names begin with their account, so that the order of accounts is that of names.
            let is_passed = after
                .and_then(|after| after.split_once('/'))
                .is_some_and(|(before, _)| account.as_str() < before);
            if !is_passed {
                let names = rest(self.names(&account, &latest.timestamp).await?, after);
                wanted.extend(names.into_iter().map(|name| (name, latest.timestamp.clone())));
            }
            if wanted.len() > limit {
                break;
            }
        }
        self.user_page(wanted, limit).await
    }

    async fn scans(&self) -> PortResult<Vec<Scan>> {
        self.last_scans().await
    }

    async fn of_scan(
        &self,
        account: &AccountId,
        scan_timestamp: &str,
        after: Option<&str>,
        limit: usize,
    ) -> PortResult<Page<IamUser>> {
        let names = rest(self.names(account, scan_timestamp).await?, after);
        self.user_page(names.into_iter().map(|name| (name, scan_timestamp.to_owned())).collect(), limit).await
    }

    async fn history(&self, user_name: &str) -> PortResult<Vec<IamUser>> {
        let items = self.table.find("read a user's history", Find::all(&keys::named(user_name))).await?;
        items.iter().map(|item| self.user(item)).collect()
    }
}

impl DynamoStore {
    /// The users of the first `limit` names, each with its scan, and where to go on if there are more.
    async fn user_page(&self, mut wanted: Vec<(String, String)>, limit: usize) -> PortResult<Page<IamUser>> {
        let has_more = wanted.len() > limit;
        wanted.truncate(limit);
        let next = if has_more { wanted.last().map(|(name, _)| name.clone()) } else { None };
        let keys: Vec<Key> = wanted.iter().map(|(name, scan)| key(name, scan)).collect();
        let mut found = self.table.get_all("read users", &keys).await?;
        if found.len() < keys.len() {
            let found_keys: BTreeSet<Key> = found.iter().filter_map(|item| self.table.key_of(item)).collect();
            let absent: Vec<Key> = keys.into_iter().filter(|key| !found_keys.contains(key)).collect();
            found.extend(self.find_again(absent).await?);
        }
        let mut items = found.iter().map(|item| self.user(item)).collect::<PortResult<Vec<_>>>()?;
        items.sort_by(|one, other| one.user_name.cmp(&other.user_name));
        Ok(Page { items, next })
    }

    /// Users that were not there when they were asked for, looked for once more.
    ///
    /// # Errors
    /// One is still not there, although its scan lists it and its retention has not ended. Without it a report
    /// would say that the user is gone.
    async fn find_again(&self, absent: Vec<Key>) -> PortResult<Vec<Item>> {
        let found = self.table.get_all("read users", &absent).await?;
        let found_keys: BTreeSet<Key> = found.iter().filter_map(|item| self.table.key_of(item)).collect();
        let mut by_scan: BTreeMap<(AccountId, String), BTreeSet<String>> = BTreeMap::new();
        for (name, scan) in absent.into_iter().filter(|key| !found_keys.contains(key)) {
            let account = name.split_once('/').map_or(name.as_str(), |(account, _)| account);
            let account = AccountId::parse(account).map_err(|error| PortError::Damaged {
                what: self.table.doing(&format!("the user `{name}`")),
                why: error.to_string(),
            })?;
            by_scan.entry((account, scan)).or_default().insert(name);
        }
        for ((account, scan), names) in by_scan {
            let kept = self.names_kept(&account, &scan, self.table.clock.now()).await?;
            let lost = kept.iter().filter(|name| names.contains(&keys::named(name))).count();
            if lost > 0 {
                return Err(PortError::Damaged {
                    what: self.table.doing(&format!("the scan {scan} of {account}")),
                    why: format!(
                        "{lost} of the users it lists are not there, although their retention has not ended; \
                         two new scans replace it"
                    ),
                });
            }
            // DynamoDB removes what has expired in no order, so these may go before the list that names them.
            let (count, account) = (names.len(), account.as_str());
            warn!(count, account, "Users of a scan whose retention has ended are no longer in the table.");
        }
        Ok(found)
    }

    fn user(&self, item: &Item) -> PortResult<IamUser> {
        read(item, IamUser::SCHEMA, || {
            let name = self.table.key_of(item).map(|(name, _)| name).unwrap_or_default();
            self.table.doing(&format!("the user `{name}`"))
        })
    }

    /// The snapshot of a user, with the facts people filter by as attributes of their own. What is not
    /// known has no attribute.
    fn user_item(&self, (partition, sort): &Key, user: &IamUser, expires_at: Timestamp) -> PortResult<Item> {
        let (used, use_of_password) = match &user.password_last_used {
            PasswordLastUsed::At(time) => (Some(text(time)), "recorded"),
            PasswordLastUsed::NeverRecorded => (None, "never-recorded"),
            PasswordLastUsed::NoPassword => (None, "no-password"),
            PasswordLastUsed::Unread => (None, "unread"),
        };
        let active_keys = user.access_keys.as_ref().map(|keys| keys.iter().filter(|key| key.active).count());
        let known = [
            ("name", Some(text(&user.name))),
            ("account", Some(text(user.account.as_str()))),
            ("arn", Some(text(&user.arn))),
            ("user_id", user.user_id.as_deref().map(text)),
            ("create_date", user.create_date.as_deref().map(text)),
            ("password_last_used", used),
            ("password_use", Some(text(use_of_password))),
            ("console_access", user.console_access.map(flag)),
            ("mfa", user.mfa.map(flag)),
            ("active_access_keys", active_keys.and_then(|count| i64::try_from(count).ok()).map(number)),
            ("administrator", Some(text(user.access.administrator.as_str()))),
            ("can_escalate", Some(text(user.access.can_escalate().as_str()))),
            (TTL, Some(ttl(expires_at))),
            (WHOLE, Some(whole(user)?)),
        ];
        let mut item = self.table.key(partition, sort);
        item.extend(known.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))));
        Ok(item)
    }
}

fn key(user_name: &str, scan_timestamp: &str) -> Key {
    (keys::named(user_name), keys::sort(scan_timestamp.to_owned()))
}

/// The names after the last one of the page before.
fn rest(mut names: Vec<String>, after: Option<&str>) -> Vec<String> {
    names.retain(|name| after.is_none_or(|after| name.as_str() > after));
    names
}

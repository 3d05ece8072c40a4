//! Which scans are over, and the names of the users each saw.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use provost_core::model::{AccountId, Digest};
use provost_core::port::{PortError, PortResult, Scan, Scanned};
use serde_json::json;

use super::DynamoStore;
use super::attributes::{Item, TTL, flag, flag_of, number_of, text, text_of, ttl};
use super::batch::Items;
use super::keys;
use super::table::{Find, NOT_MET, set};

/// The partition of the scans that are over.
const SCANS: &str = "#scans";

/// The attributes of an account's scans.
const LATEST: &str = "latest";
const COMPLETE: &str = "complete";
const PREVIOUS: &str = "previous";
const PREVIOUS_COMPLETE: &str = "previous_complete";

/// How many names one item lists: at most 77 bytes each, so 80 KB of the 400 an item holds.
const NAMES_AT_ONCE: usize = 1000;

/// A scan of an account, by its timestamp.
pub(super) type ScanKey<'a> = (&'a AccountId, &'a str);

fn partition(account: &AccountId, scan_timestamp: &str) -> String {
    keys::ours("scan", &format!("{account}/{scan_timestamp}"))
}

impl DynamoStore {
    /// Notes that these users were kept for these scans. Names once noted stay: each item lies under the
    /// digest of its names, so that other names never replace it and the same names do.
    pub(super) async fn note_names(
        &self,
        seen: BTreeMap<ScanKey<'_>, BTreeSet<&str>>,
        expires_at: Timestamp,
    ) -> PortResult<()> {
        let mut items = Items::new();
        for ((account, scan_timestamp), names) in seen {
            let names: Vec<&str> = names.into_iter().collect();
            for names in names.chunks(NAMES_AT_ONCE) {
                let digest = Digest::of_parts(names.iter().map(|name| name.as_bytes())).hex();
                let partition = partition(account, scan_timestamp);
                let mut item = self.table.key(&partition, &digest);
                item.insert("names".to_owned(), json!({ "SS": names }));
                item.insert(TTL.to_owned(), ttl(expires_at));
                items.insert((partition, digest), item);
            }
        }
        self.table.write_all("note which users a scan saw", items).await
    }

    /// The names of the users a scan saw, in order.
    pub(super) async fn names(&self, account: &AccountId, scan_timestamp: &str) -> PortResult<Vec<String>> {
        let all = self.listed(account, scan_timestamp, |_| true).await?;
        Ok(all.into_iter().collect())
    }

    /// The names among them whose retention has not ended by `now`.
    pub(super) async fn names_kept(
        &self,
        account: &AccountId,
        scan_timestamp: &str,
        now: Timestamp,
    ) -> PortResult<BTreeSet<String>> {
        // A list that does not say when it ends is kept.
        let is_kept =
            |item: &Item| number_of(item, TTL).is_none_or(|expires_at| expires_at > now.as_second());
        self.listed(account, scan_timestamp, is_kept).await
    }

    /// The names of those lists of a scan that are wanted.
    async fn listed(
        &self,
        account: &AccountId,
        scan_timestamp: &str,
        is_wanted: impl Fn(&Item) -> bool + Send,
    ) -> PortResult<BTreeSet<String>> {
        let what = "read which users a scan saw";
        let lists = self.table.find(what, Find::all(&partition(account, scan_timestamp))).await?;
        let mut all = BTreeSet::new();
        for item in lists.into_iter().filter(is_wanted) {
            let names = item.get("names").and_then(|names| names.get("SS")?.as_array());
            let names = names.ok_or_else(|| PortError::Damaged {
                what: self.table.doing(&format!("the scan {scan_timestamp} of {account}")),
                why: "an item that lists its users has no `names`".to_owned(),
            })?;
            all.extend(names.iter().filter_map(|name| name.as_str().map(str::to_owned)));
        }
        Ok(all)
    }

    /// Makes a scan the latest of its account, unless a later one is there.
    pub(super) async fn note_scan(
        &self,
        account: &AccountId,
        scan_timestamp: &str,
        complete: bool,
    ) -> PortResult<()> {
        let key = self.table.key(SCANS, account.as_str());
        let mut item = key.clone();
        item.insert(LATEST.to_owned(), text(scan_timestamp));
        item.insert(COMPLETE.to_owned(), flag(complete));
        // On the right of SET, attributes are as they were before.
        let later = json!({
            "UpdateExpression":
                "SET #previous = #latest, #previous_complete = #complete, #latest = :scan, #complete = :complete",
            "ConditionExpression": "#latest < :scan",
            "ExpressionAttributeNames": {
                "#previous": PREVIOUS,
                "#previous_complete": PREVIOUS_COMPLETE,
                "#latest": LATEST,
                "#complete": COMPLETE,
            },
        });
        let again = json!({
            "UpdateExpression": "SET #complete = :complete",
            "ConditionExpression": "#latest = :scan",
            "ExpressionAttributeNames": { "#latest": LATEST, "#complete": COMPLETE },
        });
        let first = json!({
            "Item": item,
            "ConditionExpression": "attribute_not_exists(#partition)",
            "ExpressionAttributeNames": { "#partition": self.table.layout.partition },
        });
        let values = json!({ ":scan": text(scan_timestamp), ":complete": flag(complete) });
        // Twice: another's first scan may come in between. An account that has scans keeps having some, so
        // that none of the three twice means that a later one is there.
        for _ in 0..2 {
            for (operation, step) in [("UpdateItem", &later), ("UpdateItem", &again), ("PutItem", &first)] {
                let mut input = step.clone();
                set(&mut input, "TableName", self.table.name.as_str().into());
                if operation == "UpdateItem" {
                    set(&mut input, "Key", key.clone().into());
                    set(&mut input, "ExpressionAttributeValues", values.clone());
                }
                match self.table.call(operation, input).await {
                    Ok(_) => return Ok(()),
                    Err(error) if error.code() == Some(NOT_MET) => {}
                    Err(error) => return Err(self.table.failed("note that a scan is over", &error)),
                }
            }
        }
        Ok(())
    }

    /// The last scans of all accounts.
    pub(super) async fn last_scans(&self) -> PortResult<Vec<Scan>> {
        let items = self.table.find("read which scans are over", Find::all(SCANS)).await?;
        items.iter().map(|item| self.scan(item)).collect()
    }

    fn scan(&self, item: &Item) -> PortResult<Scan> {
        let account = self.table.sort_of(item);
        let damaged = |why: String| PortError::Damaged {
            what: self.table.doing(&format!("the item `{SCANS}`, `{account}`")),
            why,
        };
        let of = |name: &str, complete: &str| {
            text_of(item, name).map(|time| Scanned {
                timestamp: time.to_owned(),
                // What does not say that it is complete is not.
                complete: flag_of(item, complete).unwrap_or_default(),
            })
        };
        Ok(Scan {
            account: AccountId::parse(account).map_err(|error| damaged(error.to_string()))?,
            latest: of(LATEST, COMPLETE).ok_or_else(|| damaged(format!("it has no `{LATEST}`")))?,
            previous: of(PREVIOUS, PREVIOUS_COMPLETE),
        })
    }
}

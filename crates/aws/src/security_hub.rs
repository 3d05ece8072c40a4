//! Findings in AWS Security Hub, in the account and region each of them is of.
//!
//! A finding under an account's own product is taken only from that account: for other accounts than the caller's,
//! a role there is needed that may do `securityhub:BatchImportFindings`.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use async_trait::async_trait;
use provost_awsapi::{Call, Client, Error};
use provost_core::model::AccountId;
use provost_core::port::{FindingHub, Imported, NotImported, PortResult};
use serde_json::{Value, json};
use tokio::sync::Mutex;

use crate::estate::{Caller, who_asks, who_is};

/// How many findings one `BatchImportFindings` takes, and how large one of them may be, in bytes.
/// <https://docs.aws.amazon.com/securityhub/1.0/APIReference/API_BatchImportFindings.html>, looked at 2026-11-22.
const IMPORT_AT_ONCE: usize = 100;
const MOST_OF_ONE: usize = 240 * 1024;

/// How large a request is at most. AWS names no limit for all findings together; below this none was seen.
const MOST_AT_ONCE: usize = 5 * 1024 * 1024;

/// After so many findings in a row that are not in order the others are not tried: something is wrong with all.
const MOST_OUT_OF_ORDER: usize = 10;

/// Security Hub, with a session for each account.
pub struct SecurityHub {
    client: Client,
    role: Option<String>,
    external_id: Option<String>,
    /// Whose credentials the client has, once it was asked.
    caller: Mutex<Option<Arc<Caller>>>,
    sessions: Mutex<HashMap<String, Session>>,
    /// Accounts and regions that take nothing, and why: they are not asked again.
    closed: Mutex<HashMap<(String, String), String>>,
}

/// A client for an account, or why there is none.
type Session = Result<Client, String>;

/// A finding as it is sent.
struct Parcel {
    id: String,
    finding: Value,
    size: usize,
}

impl SecurityHub {
    /// Security Hub in the account of the client. Findings on global resources go to the client's region.
    #[must_use]
    pub fn new(client: Client) -> Self {
        Self {
            client,
            role: None,
            external_id: None,
            caller: Mutex::default(),
            sessions: Mutex::default(),
            closed: Mutex::default(),
        }
    }

    /// In other accounts as well, through a role of this name.
    #[must_use]
    pub fn with_role(self, role: Option<String>, external_id: Option<String>) -> Self {
        Self { role, external_id, ..self }
    }

    async fn caller(&self) -> PortResult<Arc<Caller>> {
        let mut caller = self.caller.lock().await;
        if let Some(caller) = caller.as_ref() {
            return Ok(Arc::clone(caller));
        }
        let found = Arc::new(who_asks(&self.client).await?);
        *caller = Some(Arc::clone(&found));
        Ok(found)
    }

    /// A client with credentials that are of this account: it said so itself.
    async fn session(&self, account: &str) -> PortResult<Session> {
        let caller = self.caller().await?;
        if caller.account.as_str() == account {
            return Ok(Ok(self.client.clone()));
        }
        let mut sessions = self.sessions.lock().await;
        if let Some(session) = sessions.get(account) {
            return Ok(session.clone());
        }
        let session = self.open(&caller, account).await;
        sessions.insert(account.to_owned(), session.clone());
        Ok(session)
    }

    async fn open(&self, caller: &Caller, account: &str) -> Session {
        let account = AccountId::parse(account).map_err(|error| error.to_string())?;
        let Some(role) = &self.role else {
            return Err(format!(
                "the credentials are of {}, and no role is named for others",
                caller.account
            ));
        };
        let role = role.trim_start_matches('/');
        let arn = format!("arn:{}:iam::{account}:role/{role}", caller.partition);
        let client = self.client.assume_role(&arn, "provost", self.external_id.as_deref()).await;
        match who_is(&client).await {
            Ok(found) if found.account == account => Ok(client),
            Ok(found) => Err(format!("{arn} leads to account {}", found.account)),
            Err(refused) => Err(format!("sts assume-role {arn}: {refused}")),
        }
    }

    /// Imports the findings of one account and region.
    async fn import_in(&self, place: (String, String), parcels: Vec<Parcel>) -> PortResult<Imported> {
        let mut tally = Tally::new(&place);
        let closed = self.closed.lock().await.get(&place).cloned();
        let session = match closed {
            Some(why) => Err(why),
            None => self.session(&place.0).await?,
        };
        let client = match session {
            Ok(client) => client.in_region(&place.1),
            Err(why) => {
                parcels.iter().for_each(|parcel| tally.refuse(&parcel.id, &why));
                return Ok(tally.imported());
            }
        };
        // The last batch is the next one.
        let mut batches = batches(parcels, &mut tally);
        batches.reverse();
        let mut out_of_order = 0;
        while let Some(mut batch) = batches.pop() {
            let why = match send(&client, &batch).await {
                Ok(reply) => {
                    tally.read(&batch, &reply);
                    out_of_order = 0;
                    continue;
                }
                // One finding that is not in order spoils its batch.
                Err(error) if is_out_of_order(&error) && batch.len() > 1 => {
                    let half = batch.split_off(batch.len() / 2);
                    batches.push(half);
                    batches.push(batch);
                    continue;
                }
                Err(error) if is_out_of_order(&error) && out_of_order < MOST_OUT_OF_ORDER => {
                    out_of_order += 1;
                    batch.iter().for_each(|parcel| tally.refuse(&parcel.id, &said(&error)));
                    continue;
                }
                Err(error) => {
                    let why = explained(&error);
                    if is_closed(&error) {
                        self.closed.lock().await.insert(place.clone(), why.clone());
                    }
                    why
                }
            };
            // The client has tried as often as is good for the place; the next batch would fare no better.
            let left = batch.iter().chain(batches.iter().rev().flatten());
            left.for_each(|parcel| tally.refuse(&parcel.id, &why));
            break;
        }
        Ok(tally.imported())
    }
}

#[async_trait]
impl FindingHub for SecurityHub {
    fn place(&self) -> String {
        "Security Hub".to_owned()
    }

    fn home_region(&self) -> Option<&str> {
        self.client.region()
    }

    async fn import(&self, findings: Vec<Value>) -> PortResult<Imported> {
        let mut places: BTreeMap<(String, String), Vec<Parcel>> = BTreeMap::new();
        let mut imported = Imported::default();
        for finding in findings {
            let text = |member: &str| finding.get(member).and_then(Value::as_str).unwrap_or_default();
            let (id, account) = (text("Id").to_owned(), text("AwsAccountId").to_owned());
            let region = text("ProductArn").split(':').nth(3).unwrap_or_default().to_owned();
            let place = (account, region);
            let size = finding.to_string().len();
            if size > MOST_OF_ONE {
                let mut tally = Tally::new(&place);
                tally.refuse(&id, &format!("it has more than the {MOST_OF_ONE} bytes Security Hub takes"));
                imported.add(tally.imported());
                continue;
            }
            places.entry(place).or_default().push(Parcel { id, finding, size });
        }
        for (place, parcels) in places {
            imported.add(self.import_in(place, parcels).await?);
        }
        Ok(imported)
    }
}

/// The operations importing calls, as (service, operation).
#[must_use]
pub fn calls() -> Vec<(&'static str, &'static str)> {
    vec![("securityhub", "BatchImportFindings")]
}

async fn send(client: &Client, batch: &[Parcel]) -> Result<Value, Error> {
    let findings: Vec<&Value> = batch.iter().map(|parcel| &parcel.finding).collect();
    let call = Call::new("securityhub", "BatchImportFindings", json!({ "Findings": findings }));
    client.call(&call).await.map(|reply| reply.value)
}

/// As many as one request takes each. Of findings with one id only the last is sent: a request must not name an id
/// twice, and the others would be replaced.
fn batches(parcels: Vec<Parcel>, tally: &mut Tally) -> Vec<Vec<Parcel>> {
    let last: HashMap<String, usize> =
        parcels.iter().enumerate().map(|(index, parcel)| (parcel.id.clone(), index)).collect();
    let mut batches: Vec<Vec<Parcel>> = Vec::new();
    let mut room = 0;
    for (index, parcel) in parcels.into_iter().enumerate() {
        if last.get(&parcel.id) != Some(&index) {
            tally.taken += 1;
            continue;
        }
        match batches.last_mut().filter(|batch| batch.len() < IMPORT_AT_ONCE && room >= parcel.size) {
            Some(batch) => {
                room -= parcel.size;
                batch.push(parcel);
            }
            None => {
                room = MOST_AT_ONCE.saturating_sub(parcel.size);
                batches.push(vec![parcel]);
            }
        }
    }
    batches
}

/// What became of the findings of a place, counted by reason.
struct Tally {
    place: String,
    taken: u64,
    refused: BTreeMap<String, (u64, Vec<String>)>,
}

impl Tally {
    fn new((account, region): &(String, String)) -> Self {
        Self { place: format!("{account}/{region}"), taken: 0, refused: BTreeMap::new() }
    }

    fn refuse(&mut self, id: &str, why: &str) {
        let (count, ids) = self.refused.entry(why.to_owned()).or_default();
        *count += 1;
        if ids.len() < NotImported::MOST_IDS {
            ids.push(id.to_owned());
        }
    }

    /// Counts a batch by the answer. What the answer does not account for was not taken.
    fn read(&mut self, batch: &[Parcel], reply: &Value) {
        let failed = reply.get("FailedFindings").and_then(Value::as_array);
        let mut named: HashMap<&str, String> = HashMap::new();
        for failure in failed.into_iter().flatten() {
            let text = |member: &str| failure.get(member).and_then(Value::as_str).unwrap_or_default();
            named.insert(text("Id"), format!("{}: {}", text("ErrorCode"), text("ErrorMessage")));
        }
        let (named_here, others): (Vec<_>, Vec<_>) =
            batch.iter().partition(|parcel| named.contains_key(parcel.id.as_str()));
        for parcel in &named_here {
            let why = named.get(parcel.id.as_str()).map_or("", String::as_str);
            self.refuse(&parcel.id, why);
        }
        let success = reply.get("SuccessCount").and_then(Value::as_u64);
        if success == Some(others.len() as u64) {
            self.taken += others.len() as u64;
            return;
        }
        let counted = success.map_or_else(|| "no number".to_owned(), |count| count.to_string());
        let why = format!(
            "the answer counts {counted} of {} findings as taken and does not name the others",
            others.len()
        );
        others.iter().for_each(|parcel| self.refuse(&parcel.id, &why));
    }

    fn imported(self) -> Imported {
        let Self { place, taken, refused } = self;
        let not_taken = refused
            .into_iter()
            .map(|(why, (count, ids))| NotImported { count, place: place.clone(), ids, why })
            .collect();
        Imported { taken, not_taken }
    }
}

/// Whether a finding of the batch is at fault.
fn is_out_of_order(error: &Error) -> bool {
    matches!(error.code(), Some("InvalidInputException" | "ValidationException"))
}

/// Whether it is of no use to ask the same account and region again.
fn is_closed(error: &Error) -> bool {
    error.code() == Some("InvalidAccessException") || error.is_access_denied()
}

fn explained(error: &Error) -> String {
    let said = said(error);
    if error.code() == Some("InvalidAccessException") {
        format!("{said}; enable Security Hub there, or let it out of what findings are sent for")
    } else if error.is_access_denied() {
        format!("{said}; it needs securityhub:BatchImportFindings there, which `provost permissions` prints")
    } else {
        said
    }
}

/// AWS's words without the request's id, so that one reason is one reason.
fn said(error: &Error) -> String {
    match error.code() {
        Some(code) => format!("{code}: {}", error.message()),
        None => error.kind.to_string(),
    }
}

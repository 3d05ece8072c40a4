//! Which accounts are looked at, and a session in each.

use std::sync::Arc;

use futures_util::stream::{self, StreamExt as _};
use provost_awsapi::{Call as ApiCall, Client, Error};
use provost_core::model::{AccountId, LeftOut, UnreadReason};
use provost_core::port::{AccountScope, EstateScope, Failure, PortError, PortResult};
use serde_json::{Value, json};
use tracing::warn;

use super::regions::{Regions, regions_of};
use super::{ACCOUNTS_AT_ONCE, LiveEstate};

/// Where a client that was given no region asks.
const HOME_REGION: &str = "us-east-1";

/// A way into an account.
pub(super) enum Session {
    /// A client with credentials that are of this account: it said so itself.
    Open(Client),
    /// Nobody gets in, for this reason.
    Closed(Failure),
}

/// An account, and the way into it.
struct Opened {
    scope: AccountScope,
    session: Session,
    left_out: Vec<LeftOut>,
    regions_known: bool,
}

/// Whose credentials these are.
pub(crate) struct Caller {
    pub(crate) account: AccountId,
    pub(crate) partition: String,
}

impl LiveEstate {
    pub(super) async fn find_accounts(&self) -> PortResult<EstateScope> {
        let caller = who_asks(&self.client).await?;
        let mut scope = EstateScope { live: true, ..EstateScope::default() };
        let accounts = self.wanted(&caller, &mut scope.left_out).await?;
        let opened = accounts.into_iter().map(|account| self.open(&caller, account));
        let mut opened = stream::iter(opened).buffered(ACCOUNTS_AT_ONCE);
        while let Some(Opened { scope: found, session, left_out, regions_known }) = opened.next().await {
            scope.left_out.extend(left_out);
            if matches!(session, Session::Closed(_)) {
                scope.unreachable.push(found.account.clone());
            }
            if !regions_known {
                scope.regions_unknown.push(found.account.clone());
            }
            self.sessions.lock().await.insert(found.account.clone(), Arc::new(session));
            scope.accounts.push(found);
        }
        Ok(scope)
    }

    /// The accounts to look at.
    async fn wanted(&self, caller: &Caller, left_out: &mut Vec<LeftOut>) -> PortResult<Vec<AccountId>> {
        if !self.reach.org {
            let mut named = self.reach.accounts.clone();
            named.sort_unstable();
            named.dedup();
            return Ok(if named.is_empty() { vec![caller.account.clone()] } else { named });
        }
        let mut found = Vec::new();
        let mut pages = self.client.pages(ApiCall::new("organizations", "ListAccounts", json!({})));
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| no_list(&error))?.reply.value;
            let listed = page.get("Accounts").and_then(Value::as_array);
            for account in listed.ok_or_else(|| unavailable("the answer has no list of accounts"))? {
                let text = |member: &str| account.get(member).and_then(Value::as_str).unwrap_or_default();
                // AWS has replaced `Status` by `State` (2026-09-09). An account whose state nobody tells is
                // looked at.
                let state = ["State", "Status"].map(text).into_iter().find(|it| !it.is_empty());
                let (id, state) = (text("Id"), state.unwrap_or("ACTIVE"));
                match AccountId::parse(id) {
                    Ok(_) if state != "ACTIVE" => {
                        let why = format!("its state in the organization is {state}");
                        left_out.push(LeftOut { what: id.to_owned(), why });
                    }
                    Ok(account) => found.push(account),
                    Err(error) => return Err(unavailable(&error.to_string())),
                }
            }
        }
        if !self.reach.accounts.is_empty() {
            let missing = self.reach.accounts.iter().filter(|account| !found.contains(account));
            left_out.extend(missing.map(|account| LeftOut {
                what: account.to_string(),
                why: "asked for, not an active account of the organization".to_owned(),
            }));
            let (looked_at, others): (Vec<_>, Vec<_>) =
                found.into_iter().partition(|account| self.reach.accounts.contains(account));
            left_out.extend(
                others
                    .iter()
                    .map(|account| LeftOut { what: account.to_string(), why: "not asked for".to_owned() }),
            );
            found = looked_at;
        }
        if found.is_empty() {
            let asked: Vec<&str> = self.reach.accounts.iter().map(AccountId::as_str).collect();
            return Err(unavailable(&if asked.is_empty() {
                "it lists no active account".to_owned()
            } else {
                format!("none of {} is an active account of it", asked.join(", "))
            }));
        }
        found.sort_unstable();
        found.dedup();
        Ok(found)
    }

    /// A session in an account. An account nobody gets into stays in the scope: all of it is unknown.
    async fn open(&self, caller: &Caller, account: AccountId) -> Opened {
        let home = self.client.region().unwrap_or(HOME_REGION).to_owned();
        let session = match self.session_in(caller, &account).await {
            Ok(client) => client,
            Err(closed) => {
                let why = closed.why.clone().unwrap_or_default();
                warn!(account = account.as_str(), reason = why.as_str(), "No session in an account.");
                let left_out = vec![LeftOut { what: account.to_string(), why }];
                // A place for what was not seen there.
                let regions = if self.reach.global_only { Vec::new() } else { vec![home] };
                // Nothing that was known of the account stands any more.
                let scope = AccountScope { account, regions, all_regions: true };
                return Opened { scope, session: Session::Closed(closed), left_out, regions_known: true };
            }
        };
        if self.reach.global_only {
            let scope = AccountScope { account, regions: Vec::new(), all_regions: false };
            let session = Session::Open(session);
            return Opened { scope, session, left_out: Vec::new(), regions_known: true };
        }
        let Regions { looked_at: regions, all, left_out } =
            regions_of(&session, &account, &self.reach.regions, &home).await;
        let scope = AccountScope { account, regions, all_regions: all == Some(true) };
        Opened { scope, session: Session::Open(session), left_out, regions_known: all.is_some() }
    }

    async fn session_in(&self, caller: &Caller, account: &AccountId) -> Result<Client, Failure> {
        if *account == caller.account {
            return Ok(self.client.clone());
        }
        let closed = |reason: Option<UnreadReason>, why: String| Failure {
            code: None,
            reason,
            why: Some(why),
            raw: Vec::new(),
        };
        let Some(role) = &self.reach.role else {
            let why = format!("the credentials are of {}, and no role is named for others", caller.account);
            return Err(closed(None, why));
        };
        let role = role.trim_start_matches('/');
        let arn = format!("arn:{}:iam::{account}:role/{role}", caller.partition);
        let client =
            self.client.assume_role(&arn, &self.session_name, self.reach.external_id.as_deref()).await;
        match who_is(&client).await {
            Ok(found) if found.account == *account => Ok(client),
            Ok(found) => Err(closed(None, format!("{arn} leads to account {}", found.account))),
            Err(Refused::Call(error)) => {
                let reason = error.is_access_denied().then_some(UnreadReason::AccessDenied);
                let reason = if error.is_throttled() { Some(UnreadReason::Throttled) } else { reason };
                let said = error.code().map_or_else(|| error.kind.to_string(), str::to_owned);
                Err(closed(reason, format!("sts assume-role {arn}: {said}")))
            }
            Err(Refused::Answer(why)) => Err(closed(Some(UnreadReason::Unparsable), why)),
        }
    }
}

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Call(error) => error.kind.fmt(f),
            Self::Answer(why) => f.write_str(why),
        }
    }
}

/// Why nobody knows whose credentials these are.
pub(crate) enum Refused {
    Call(Box<Error>),
    Answer(String),
}

pub(crate) async fn who_is(client: &Client) -> Result<Caller, Refused> {
    let reply = client.call(&ApiCall::new("sts", "GetCallerIdentity", json!({}))).await;
    let reply = reply.map_err(|error| Refused::Call(Box::new(error)))?.value;
    let text = |member: &str| reply.get(member).and_then(Value::as_str).unwrap_or_default();
    let account = AccountId::parse(text("Account")).map_err(|error| Refused::Answer(error.to_string()))?;
    let partition = text("Arn").split(':').nth(1).filter(|it| it.starts_with("aws")).unwrap_or("aws");
    Ok(Caller { account, partition: partition.to_owned() })
}

pub(crate) async fn who_asks(client: &Client) -> PortResult<Caller> {
    who_is(client).await.map_err(|refused| PortError::Unavailable {
        what: "ask AWS whose credentials these are (sts get-caller-identity)".to_owned(),
        why: refused.to_string(),
    })
}

fn no_list(error: &Error) -> PortError {
    let hint = if error.is_access_denied() {
        "; it needs organizations:ListAccounts and the management account or a delegated administrator"
    } else {
        ""
    };
    unavailable(&format!("{}{hint}", error.kind))
}

fn unavailable(why: &str) -> PortError {
    PortError::Unavailable {
        what: "list the accounts of the organization (organizations list-accounts)".to_owned(),
        why: why.to_owned(),
    }
}

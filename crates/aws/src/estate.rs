//! A live AWS estate: the accounts somebody's credentials reach, asked call by call.

mod accounts;
mod credential_report;
mod failure;
mod regions;

use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;
use provost_awsapi::{Call as ApiCall, Client, names};
use provost_core::job::Execution;
use provost_core::model::{AccountId, GLOBAL_REGION};
use provost_core::port::{Answer, AnswerPage, Call, Estate, EstateScope, Failure, PortError, PortResult};
use serde_json::Value;
use tokio::sync::Mutex;
use tokio::time::Instant;

use accounts::Session;
pub(crate) use accounts::{Caller, who_asks, who_is};
use failure::{failure, unusable};

/// Calls made at once, over all accounts. The client narrows that for a service that throttles.
const AT_ONCE: usize = 16;

/// Calls of one account and type made at once; with several accounts under way, the product counts.
pub(crate) const ACCOUNTS_AT_ONCE: usize = 8;

const OUT_OF_TIME: &str = "no answer before the deadline";

/// How far to look.
#[derive(Debug, Clone, Default)]
pub struct Reach {
    /// All active accounts of the organization.
    pub org: bool,
    /// These accounts alone; with `org`, those of it.
    pub accounts: Vec<AccountId>,
    /// The role to assume in each account but the caller's own, by its name.
    pub role: Option<String>,
    /// What the role's trust policy may ask for.
    pub external_id: Option<String>,
    /// These regions alone; none: all that are enabled.
    pub regions: Vec<String>,
    /// Whether regions are looked at. What is global needs none.
    pub global_only: bool,
}

/// The accounts somebody's credentials reach.
pub struct LiveEstate {
    client: Client,
    reach: Reach,
    session_name: String,
    /// After this nothing is asked any more.
    stop_at: Option<Instant>,
    sessions: Mutex<HashMap<AccountId, Arc<Session>>>,
}

impl LiveEstate {
    /// The estate that a client's credentials reach.
    #[must_use]
    pub fn new(client: Client, reach: Reach) -> Self {
        let session_name = "provost".to_owned();
        Self { client, reach, session_name, stop_at: None, sessions: Mutex::default() }
    }

    /// The same estate, for one run: in CloudTrail its sessions bear the run's name, and a call that has no answer
    /// when the run's time is up gets none.
    #[must_use]
    pub fn for_execution(&self, execution: &Execution<'_>) -> Self {
        // Session names have at most 64 characters.
        let session_name: String = format!("provost-{}", execution.id).chars().take(64).collect();
        let stop_at = Some(Instant::now() + execution.time_left());
        let (client, reach) = (self.client.clone(), self.reach.clone());
        Self { client, reach, session_name, stop_at, sessions: Mutex::default() }
    }

    /// What comes in time; `None`: nothing did.
    async fn in_time<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        match self.stop_at {
            Some(stop_at) => tokio::time::timeout_at(stop_at, work).await.ok(),
            None => Some(work.await),
        }
    }

    /// The calls an estate makes by itself, whatever is collected from it: service, operation and reason.
    #[must_use]
    pub fn calls(reach: &Reach) -> Vec<(&'static str, &'static str, &'static str)> {
        let mut calls = vec![("sts", "GetCallerIdentity", "to know which account answers")];
        if !reach.global_only {
            calls.push(("ec2", "DescribeRegions", "to know which regions are enabled"));
        }
        if reach.org {
            calls.push(("organizations", "ListAccounts", "to know the accounts of the organization"));
        }
        if reach.role.is_some() {
            calls.push(("sts", "AssumeRole", "to look into other accounts"));
        }
        calls.push(("iam", "GenerateCredentialReport", "where there is no fresh credential report"));
        calls
    }

    async fn session(&self, account: &AccountId) -> Option<Arc<Session>> {
        self.sessions.lock().await.get(account).cloned()
    }

    async fn ask(&self, client: &Client, call: &Call) -> Answer {
        let service = names::service_of_cli(&call.service);
        let operation =
            client.models().service(service).map_err(|error| error.to_string()).and_then(|model| {
                let found = names::operation_of_cli(&model, &call.operation).map(str::to_owned);
                found.ok_or_else(|| format!("there is no operation `{}`", call.name()))
            });
        let operation = match operation {
            Ok(operation) => operation,
            Err(why) => return Answer::Error(unusable(call, &why)),
        };
        if (service, operation.as_str()) == ("iam", credential_report::OPERATION) {
            let fetched = self.in_time(credential_report::fetch(client, call)).await;
            return fetched.unwrap_or_else(|| Answer::Error(unusable(call, OUT_OF_TIME)));
        }
        let mut asked = ApiCall::new(service, operation, Value::Object(call.input.clone()));
        if call.region != GLOBAL_REGION {
            asked = asked.in_region(&call.region);
        }
        let mut pages = client.pages(asked);
        let mut read = Vec::new();
        loop {
            let Some(next) = self.in_time(pages.next()).await else {
                let failure = unusable(call, OUT_OF_TIME);
                return if read.is_empty() {
                    Answer::Error(failure)
                } else {
                    Answer::Pages(read, Some(failure))
                };
            };
            let Some(page) = next else { break };
            match page {
                Ok(page) => read.push(AnswerPage {
                    input: page.input,
                    request_id: page.reply.request_id,
                    response: page.reply.value,
                }),
                Err(error) if read.is_empty() => return Answer::Error(failure(call, &error)),
                Err(error) => return Answer::Pages(read, Some(failure(call, &error))),
            }
        }
        if let Some(last) = read.last_mut() {
            forget_echo(last);
        }
        Answer::Pages(read, None)
    }
}

/// Some services repeat the marker they were asked with (EFS); on the last page it would read as one of a next page.
fn forget_echo(page: &mut AnswerPage) {
    let asked = page.input.get("Marker").filter(|marker| !marker.is_null());
    if asked.is_some()
        && asked == page.response.get("Marker")
        && let Some(response) = page.response.as_object_mut()
    {
        response.remove("Marker");
    }
}

#[async_trait]
impl Estate for LiveEstate {
    async fn scope(&self) -> PortResult<EstateScope> {
        self.in_time(self.find_accounts()).await.unwrap_or_else(|| {
            let what = "find the accounts to read".to_owned();
            Err(PortError::Unavailable { what, why: OUT_OF_TIME.to_owned() })
        })
    }

    async fn call(&self, call: &Call) -> PortResult<Answer> {
        let Some(session) = self.session(&call.account).await else {
            return Ok(Answer::Error(unusable(call, "the account is not in the scope of this run")));
        };
        Ok(match session.as_ref() {
            Session::Open(client) => self.ask(client, call).await,
            Session::Closed(closed) => {
                let Failure { reason, why, .. } = closed.clone();
                Answer::Error(Failure { code: None, reason, why, raw: failure::raw_of_closed(call, closed) })
            }
        })
    }

    fn at_once(&self) -> usize {
        AT_ONCE
    }
}

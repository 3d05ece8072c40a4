//! A live AWS estate: the accounts somebody's credentials reach, asked call by call.

mod accounts;
mod credential_report;
mod failure;
mod regions;

use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;
use provost_awsapi::{Call as ApiCall, Client, names};
use provost_core::model::{AccountId, GLOBAL_REGION};
use provost_core::port::{Answer, AnswerPage, Call, Estate, EstateScope, Failure, PortResult};
use serde_json::Value;
use tokio::sync::Mutex;

use accounts::Session;
use failure::{failure, unusable};

/// Calls made at once, over all accounts. The client narrows that for a service that throttles.
const AT_ONCE: usize = 16;

/// Calls of one account and type made at once; with several accounts under way, the product counts.
pub(crate) const ACCOUNTS_AT_ONCE: usize = 8;

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
    sessions: Mutex<HashMap<AccountId, Arc<Session>>>,
}

impl LiveEstate {
    /// The estate that a client's credentials reach.
    #[must_use]
    pub fn new(client: Client, reach: Reach) -> Self {
        Self::named(client, reach, "provost".to_owned())
    }

    fn named(client: Client, reach: Reach, session_name: String) -> Self {
        Self { client, reach, session_name, sessions: Mutex::default() }
    }

    /// The same estate, for one run: in CloudTrail its sessions bear the run's name.
    #[must_use]
    pub fn for_execution(&self, execution_id: &str) -> Self {
        // Session names have at most 64 characters.
        let name: String = format!("provost-{execution_id}").chars().take(64).collect();
        Self::named(self.client.clone(), self.reach.clone(), name)
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
            return credential_report::fetch(client, call).await;
        }
        let mut asked = ApiCall::new(service, operation, Value::Object(call.input.clone()));
        if call.region != GLOBAL_REGION {
            asked = asked.in_region(&call.region);
        }
        let mut pages = client.pages(asked);
        let mut read = Vec::new();
        while let Some(page) = pages.next().await {
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
        Answer::Pages(read, None)
    }
}

#[async_trait]
impl Estate for LiveEstate {
    async fn scope(&self) -> PortResult<EstateScope> {
        self.find_accounts().await
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

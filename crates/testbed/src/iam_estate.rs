//! A large invented estate: an organization, its accounts, and an IAM in each that answers as AWS does where the
//! emulator does not (pages, the credential report), in as many accounts and with as many users as AWS allows.
//!
//! Users are computed when they are asked for. What is true of them, a test asks of [`IamServer::user`].

mod access;
mod credential_report;
mod details;
mod iam;
mod page;
mod policy;
mod user;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};

pub use user::{AccessKey, EstateUser, Password};

use crate::fault_server::FaultServer;
use crate::reply::Reply;
use crate::request::Request;
use crate::xml;

/// What the estate is to be like. `IamEstate { users: 5_000, ..IamEstate::default() }.start()`.
#[derive(Debug, Clone)]
pub struct IamEstate {
    /// How many accounts; the first manages the organization. Their ids count from 100000000001.
    pub accounts: usize,
    /// How many users each account has.
    pub users: usize,
    /// How many of those were made after the credential report.
    pub new_users: usize,
    /// How many rows of the credential report are of users that are gone since.
    pub gone_users: usize,
    /// The most entries on a page of IAM, whatever `MaxItems` says.
    pub page: usize,
    /// The most accounts on a page of Organizations.
    pub accounts_page: usize,
    /// Whether every second page of IAM has only half the entries, as AWS reserves the right to.
    pub has_short_pages: bool,
    /// Every request that this number divides is throttled; with 20, five in a hundred.
    pub throttle_every: Option<usize>,
    /// Accounts whose roles nobody may assume.
    pub denied_accounts: Vec<String>,
    /// Operations nobody may call: `iam:ListUsers`, or `100000000002/iam:ListUsers` in one account.
    pub denied_operations: Vec<String>,
    /// What callers that assume a role must name.
    pub external_id: Option<String>,
    /// When the credential report was made, in seconds since 1970.
    pub report_time: i64,
}

impl Default for IamEstate {
    /// One account, ten users, everything permitted, the report of 2026-11-20.
    fn default() -> Self {
        Self {
            accounts: 1,
            users: 10,
            new_users: 0,
            gone_users: 0,
            page: 100,
            accounts_page: 20,
            has_short_pages: false,
            throttle_every: None,
            denied_accounts: Vec::new(),
            denied_operations: Vec::new(),
            external_id: None,
            report_time: 1_795_132_800,
        }
    }
}

/// The estate, being served. It stops when it is dropped.
pub struct IamServer {
    server: FaultServer,
    state: Arc<State>,
}

/// What the estate remembers.
struct State {
    estate: IamEstate,
    asked: AtomicUsize,
    throttled: AtomicUsize,
    /// The ARN of whoever has the temporary access key.
    callers: Mutex<BTreeMap<String, String>>,
    /// How far the credential report of an account is.
    reports: Mutex<BTreeMap<String, credential_report::Progress>>,
}

impl IamEstate {
    /// Serves it.
    pub fn start(self) -> IamServer {
        let state = Arc::new(State {
            estate: self,
            asked: AtomicUsize::new(0),
            throttled: AtomicUsize::new(0),
            callers: Mutex::default(),
            reports: Mutex::default(),
        });
        let shared = Arc::clone(&state);
        IamServer { server: FaultServer::start(move |request| shared.answer(request)), state }
    }

    /// The ids of all accounts; the first manages the organization.
    pub fn account_ids(&self) -> Vec<String> {
        (1..=self.accounts).map(|number| format!("{}", 100_000_000_000_u64 + number as u64)).collect()
    }

    /// A user of an account, by number from 0.
    pub fn user(&self, account: &str, number: usize) -> EstateUser {
        let old = self.users.saturating_sub(self.new_users);
        let since = number.checked_sub(old).and_then(|new| i64::try_from(new).ok());
        EstateUser::new(account, number, since.map(|new| self.report_time + 60 + new))
    }

    fn user_named(&self, account: &str, name: &str) -> Option<EstateUser> {
        let digits = name.strip_suffix("@example.com").unwrap_or(name).rsplit(['-', '+']).next()?;
        let number = digits.parse().ok().filter(|number| *number < self.users)?;
        Some(self.user(account, number)).filter(|user| user.name == name)
    }
}

impl IamServer {
    /// The server: its address, its requests.
    pub fn server(&self) -> &FaultServer {
        &self.server
    }

    /// `http://127.0.0.1:<port>`, without a slash at the end.
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// What it is like.
    pub fn estate(&self) -> &IamEstate {
        &self.state.estate
    }

    /// The ids of all accounts; the first manages the organization.
    pub fn account_ids(&self) -> Vec<String> {
        self.state.estate.account_ids()
    }

    /// A user of an account, by number from 0.
    pub fn user(&self, account: &str, number: usize) -> EstateUser {
        self.state.estate.user(account, number)
    }

    /// The access key of a user of an account. Every key that names no account is of the first.
    pub fn access_key(&self, account: &str) -> String {
        user::id("AKIA", 16, account, 9_999)
    }

    /// How many requests were throttled.
    pub fn throttled(&self) -> usize {
        self.state.throttled.load(Ordering::SeqCst)
    }
}

/// A request of whom, to what account, as the operations see it.
struct Call<'r> {
    request: &'r Request,
    account: String,
    /// Differs from request to request.
    request_id: String,
    form: BTreeMap<String, String>,
}

impl State {
    fn answer(&self, request: &Request) -> Reply {
        let count = self.asked.fetch_add(1, Ordering::SeqCst) + 1;
        let call = Call {
            request,
            account: self.account_of(request.access_key()),
            request_id: format!("00000000-0000-4000-8000-{count:012}"),
            form: request.form(),
        };
        let (service, operation) = (request.service(), request.operation());
        let name = format!("{service}:{operation}");
        let denied = &self.estate.denied_operations;
        if self.estate.throttle_every.is_some_and(|every| count.is_multiple_of(every)) {
            self.throttled.fetch_add(1, Ordering::SeqCst);
            return call.throttled();
        }
        if denied.contains(&name) || denied.contains(&format!("{}/{name}", call.account)) {
            return call.denied(&name);
        }
        match service {
            "iam" => self.iam(&call, &operation),
            "sts" => self.sts(&call, &operation),
            "organizations" => self.organizations(&call, &operation),
            "ec2" => self.ec2(&call, &operation),
            _ => call.error(400, "InvalidAction", &format!("this estate knows no `{name}`")),
        }
    }

    /// The account that an access key is of. Its id stands in the key after the first four letters.
    fn account_of(&self, key: &str) -> String {
        let accounts = self.estate.account_ids();
        let named = key.get(4..16).filter(|id| accounts.iter().any(|known| known == id));
        named.map(str::to_owned).or_else(|| accounts.into_iter().next()).unwrap_or_default()
    }
}

impl Call<'_> {
    /// A parameter of the form.
    fn parameter(&self, name: &str) -> Option<&str> {
        self.form.get(name).map(String::as_str)
    }

    /// An answer of the query protocol.
    fn xml(&self, operation: &str, namespace: &str, result: &str) -> Reply {
        let id = xml::text("RequestId", &self.request_id);
        let result = xml::element(&format!("{operation}Result"), result);
        let body = format!(
            "<{operation}Response xmlns=\"{namespace}\">\n{result}\n<ResponseMetadata>{id}</ResponseMetadata>\n\
             </{operation}Response>\n"
        );
        Reply::xml(200, body).header("x-amzn-RequestId", &*self.request_id)
    }

    /// An answer of a JSON protocol.
    fn json(&self, body: &Value) -> Reply {
        Reply::json(200, body).header("x-amzn-RequestId", &*self.request_id)
    }

    fn error(&self, status: u16, code: &str, message: &str) -> Reply {
        Reply::aws_error(self.request, status, code, message).header("x-amzn-RequestId", &*self.request_id)
    }

    /// Each service has its own word for too much.
    fn throttled(&self) -> Reply {
        let (status, code) = match self.request.service() {
            "ec2" => (503, "RequestLimitExceeded"),
            "organizations" => (400, "TooManyRequestsException"),
            _ => (400, "Throttling"),
        };
        self.error(status, code, "Rate exceeded")
    }

    /// Each service has its own word for no.
    fn denied(&self, operation: &str) -> Reply {
        let (status, code) = match self.request.service() {
            "ec2" => (403, "UnauthorizedOperation"),
            "organizations" => (400, "AccessDeniedException"),
            _ => (403, "AccessDenied"),
        };
        let message = format!("User: somebody is not authorized to perform: {operation} on resource: *");
        self.error(status, code, &message)
    }

    fn unknown_operation(&self, operation: &str) -> Reply {
        self.error(400, "InvalidAction", &format!("Could not find operation {operation}"))
    }
}

/// A page of a JSON list that is asked for with `NextToken`.
fn json_page(name: &str, entries: &[Value], from: usize, most: usize) -> Value {
    let page = entries.get(from..).unwrap_or_default();
    let page = page.get(..most).unwrap_or(page);
    let mut body = json!({ name: page });
    let next = from + page.len();
    if let (true, Some(body)) = (next < entries.len(), body.as_object_mut()) {
        body.insert("NextToken".to_owned(), json!(page::marker(name, next)));
    }
    body
}

/// A lock that a panic elsewhere does not take away.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

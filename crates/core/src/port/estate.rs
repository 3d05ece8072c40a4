//! The source of facts: an AWS estate, recorded or live, asked call by call.

use async_trait::async_trait;
use jiff::Timestamp;
use serde_json::{Map, Value};

use super::PortResult;
use crate::model::{AccountId, LeftOut, UnreadReason};

/// One read call, named as the AWS CLI names it.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// The account asked.
    pub account: AccountId,
    /// The region asked, or `global`.
    pub region: String,
    /// The CLI's service: `s3api`.
    pub service: String,
    /// The CLI's operation: `get-bucket-encryption`.
    pub operation: String,
    /// What it asks about where it asks about one thing: the bucket's name.
    pub subject: Option<String>,
    /// What a live call is given, by the API's names: the subject among it. A recording knows the call by its
    /// name and subject alone.
    pub input: Map<String, Value>,
}

impl Call {
    /// `s3api get-bucket-encryption`.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{} {}", self.service, self.operation)
    }
}

/// What came back.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// The whole response as the AWS CLI printed it, all pages merged.
    Response(Vec<u8>),
    /// A live call's pages, in order, and why there are no more of them if that is not because it is the end.
    Pages(Vec<AnswerPage>, Option<Failure>),
    /// AWS answered with an error, or the call failed before AWS.
    Error(Failure),
    /// There is neither an answer nor an error: nobody asked.
    NotRecorded,
}

/// One page of a live call's answer.
#[derive(Debug, Clone, PartialEq)]
pub struct AnswerPage {
    /// What this page was asked with, the token of the page before it included.
    pub input: Value,
    /// AWS's name for the request, by which its support finds it.
    pub request_id: Option<String>,
    /// The response in the shape the AWS CLI shows.
    pub response: Value,
}

/// Why a call has no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The error code AWS answered this call with, if it did.
    pub code: Option<String>,
    /// What kind of reason it is where there is no code; `None`: it failed.
    pub reason: Option<UnreadReason>,
    /// The reason for people where the code alone does not tell it. It holds no secret.
    pub why: Option<String>,
    /// The error as it is kept, for the archive.
    pub raw: Vec<u8>,
}

/// The regions of one account that are looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountScope {
    /// The account.
    pub account: AccountId,
    /// Its regions, without `global`.
    pub regions: Vec<String>,
    /// Whether these are all there are: what was known of any other is gone.
    pub all_regions: bool,
}

/// What a source covers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EstateScope {
    /// What is looked at, in order.
    pub accounts: Vec<AccountScope>,
    /// What is known to be left out.
    pub left_out: Vec<LeftOut>,
    /// Of the accounts, those nobody gets into: everything in them is unknown, and a run over them incomplete.
    pub unreachable: Vec<AccountId>,
    /// Those whose regions are not known; so is whether a run looks at all of them.
    pub regions_unknown: Vec<AccountId>,
    /// Whether it is asked now, and might tell more the next time. What cannot be listed makes such a run
    /// incomplete; a recording has told all it will ever tell.
    pub live: bool,
    /// When it was recorded, if it is a recording that says so. Its facts are judged as of then.
    pub recorded_at: Option<Timestamp>,
}

/// An AWS estate.
#[async_trait]
pub trait Estate: Send + Sync {
    /// Which accounts and regions there are.
    async fn scope(&self) -> PortResult<EstateScope>;

    /// Asks. An AWS error is an [`Answer`], not an `Err`: `Err` means the source itself cannot be used.
    async fn call(&self, call: &Call) -> PortResult<Answer>;

    /// Whether it has an answer to this call of the CLI anywhere, whatever it is. A live estate always has; a
    /// recording has not where nobody made the call.
    async fn speaks_of(&self, _service: &str, _operation: &str) -> PortResult<bool> {
        Ok(true)
    }

    /// How many calls it can be asked at once.
    fn at_once(&self) -> usize {
        1
    }
}

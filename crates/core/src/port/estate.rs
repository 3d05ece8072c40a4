//! The source of facts: an AWS estate, recorded or live, asked call by call.

use async_trait::async_trait;
use jiff::Timestamp;

use super::PortResult;
use crate::model::{AccountId, LeftOut};

/// One read call, named as the AWS CLI names it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
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
}

impl Call {
    /// `s3api get-bucket-encryption`.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{} {}", self.service, self.operation)
    }
}

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// The whole response, all pages merged as the AWS CLI does.
    Response(Vec<u8>),
    /// AWS answered with an error, or the call failed before AWS.
    Error {
        /// AWS's error code where there is one.
        code: Option<String>,
        /// The error as it came, for the archive.
        raw: Vec<u8>,
    },
    /// There is neither an answer nor an error: nobody asked.
    NotRecorded,
}

/// The regions of one account that are looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountScope {
    /// The account.
    pub account: AccountId,
    /// Its regions, without `global`.
    pub regions: Vec<String>,
}

/// What a source covers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EstateScope {
    /// What is looked at, in order.
    pub accounts: Vec<AccountScope>,
    /// What is known to be left out.
    pub left_out: Vec<LeftOut>,
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
}

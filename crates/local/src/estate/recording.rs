//! Keeping what an estate answers as a recording, while it is read.

use std::fs;
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use jiff::Timestamp;
use provost_core::collect::joined;
use provost_core::model::GLOBAL_REGION;
use provost_core::port::{AccountScope, Answer, Call, Estate, EstateScope, PortResult};
use provost_core::redact::Secrets;
use serde_json::{Value, json};

use super::{RECORDED_AT, REGIONS, file_of, with_extension};
use crate::unavailable;

/// An estate that writes its answers into a folder, in the layout of [`super::RecordedEstate`]. Secrets are replaced
/// before anything is written.
pub struct RecordingEstate<'r, E> {
    inner: E,
    folder: PathBuf,
    secrets: &'r Secrets,
    at: Timestamp,
}

impl<'r, E: Estate> RecordingEstate<'r, E> {
    /// Records into a folder that is not there yet, or is empty: two recordings in one would be an estate that
    /// never was.
    ///
    /// # Errors
    /// When the folder has something in it, or cannot be made.
    pub fn new(folder: &Path, inner: E, secrets: &'r Secrets, at: Timestamp) -> PortResult<Self> {
        let fail = |error: std::io::Error| unavailable("record into", folder, &error);
        fs::create_dir_all(folder).map_err(fail)?;
        if fs::read_dir(folder).map_err(fail)?.next().is_some() {
            return Err(unavailable("record into", folder, &"it is not empty; name a new folder"));
        }
        Ok(Self { inner, folder: folder.to_owned(), secrets, at })
    }

    /// The account's regions: which were looked at, and which are enabled.
    fn account(&self, account: &AccountScope, scope: &EstateScope) -> PortResult<()> {
        let folder = self.folder.join(account.account.as_str());
        let looked_at = account.regions.iter().map(|region| format!("{region}\n")).collect::<String>();
        write(&folder.join(REGIONS), looked_at.as_bytes())?;
        let others = scope.left_out.iter().filter_map(|it| {
            let (owner, region) = it.what.split_once('/')?;
            (owner == account.account.as_str() && it.why.starts_with("enabled")).then(|| region.to_owned())
        });
        let named = |name: String| json!({"RegionName": name, "OptInStatus": "opted-in"});
        let all: Vec<Value> = account.regions.iter().cloned().chain(others).map(named).collect();
        let path = folder.join(GLOBAL_REGION).join("ec2").join("describe-regions.json");
        write(&path, json!({"Regions": all}).to_string().as_bytes())
    }

    fn keep(&self, call: &Call, answer: &Answer) -> PortResult<()> {
        let path = file_of(&self.folder, call);
        let json = with_extension(&path, "json");
        match answer {
            Answer::Pages(pages, _) => {
                let answers = pages.iter().map(|page| page.response.clone());
                let mut whole = answers.reduce(joined).unwrap_or_default();
                let _ = self.secrets.redact(&mut whole);
                write(&json, whole.to_string().as_bytes())
            }
            Answer::Response(bytes) => match serde_json::from_slice::<Value>(bytes) {
                Ok(mut value) => write(&json, &self.secrets.bytes_to_keep(&mut value, bytes)),
                // What is no JSON cannot be searched for secrets.
                Err(_) => Ok(()),
            },
            Answer::Error(failure) => match &failure.code {
                Some(code) => {
                    let operation = &call.operation;
                    let line = format!(
                        "An error occurred ({code}) when calling the {operation} operation: as recorded\n"
                    );
                    write(&with_extension(&path, "err"), line.as_bytes())
                }
                // AWS did not answer, so there is nothing to keep: a reader finds the call not recorded.
                None => Ok(()),
            },
            Answer::NotRecorded => Ok(()),
        }
    }
}

fn write(path: &Path, bytes: &[u8]) -> PortResult<()> {
    let fail = |error: std::io::Error| unavailable("write", path, &error);
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).map_err(fail)?;
    }
    fs::write(path, bytes).map_err(fail)
}

#[async_trait]
impl<E: Estate> Estate for RecordingEstate<'_, E> {
    async fn scope(&self) -> PortResult<EstateScope> {
        let scope = self.inner.scope().await?;
        write(&self.folder.join(RECORDED_AT), format!("{}\n", self.at).as_bytes())?;
        for account in &scope.accounts {
            self.account(account, &scope)?;
        }
        Ok(scope)
    }

    async fn call(&self, call: &Call) -> PortResult<Answer> {
        let answer = self.inner.call(call).await?;
        self.keep(call, &answer)?;
        Ok(answer)
    }

    async fn speaks_of(&self, service: &str, operation: &str) -> PortResult<bool> {
        self.inner.speaks_of(service, operation).await
    }

    fn at_once(&self) -> usize {
        self.inner.at_once()
    }
}

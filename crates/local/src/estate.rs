//! A recorded estate: a folder of what the AWS CLI printed.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use jiff::Timestamp;
use provost_core::collect::{enabled_regions, parse_cli_error};
use provost_core::model::{AccountId, GLOBAL_REGION, LeftOut};
use provost_core::port::{AccountScope, Answer, Call, Estate, EstateScope, Failure, PortError, PortResult};
use serde_json::Map;

mod recording;

use crate::unavailable;
pub use recording::RecordingEstate;

/// The file that says when the recording was made (RFC 3339).
const RECORDED_AT: &str = "recorded-at";

/// In an account's folder, the regions that were looked at, a line each. Without it, all that have a folder were; with
/// it, a folder of another region holds the few calls that go there from elsewhere.
const REGIONS: &str = "regions";

/// The folder CloudTrail files lie in, as S3 delivers them.
const CLOUDTRAIL_FOLDER: &str = "AWSLogs";

/// `<account>/<region or global>/<service>/<operation>.json`, with `<operation>/<subject>.json` for calls
/// about one thing and `.err` in place of `.json` for what the CLI printed as an error.
#[derive(Debug, Clone)]
pub struct RecordedEstate {
    folder: PathBuf,
}

impl RecordedEstate {
    /// The estate recorded in this folder.
    ///
    /// # Errors
    /// When it is not a folder.
    pub fn open(folder: &Path) -> PortResult<Self> {
        if folder.is_dir() {
            return Ok(Self { folder: folder.to_owned() });
        }
        Err(unavailable("open the recorded estate", folder, &"it is not a folder"))
    }

    /// Where its CloudTrail files lie, if it has any.
    #[must_use]
    pub fn cloudtrail(&self) -> Option<PathBuf> {
        Some(self.folder.join(CLOUDTRAIL_FOLDER)).filter(|path| path.is_dir())
    }

    fn recorded_at(&self) -> PortResult<Option<Timestamp>> {
        let path = self.folder.join(RECORDED_AT);
        let Some(bytes) = read_if_there(&path)? else { return Ok(None) };
        let time = std::str::from_utf8(&bytes).ok().and_then(|text| text.trim().parse().ok());
        time.map(Some)
            .ok_or_else(|| unavailable("read", &path, &"it holds no time such as 2026-11-22T10:00:00Z"))
    }

    async fn account(&self, account: AccountId, scope: &mut EstateScope) -> PortResult<()> {
        let mut regions = Vec::new();
        let folder = self.folder.join(account.as_str());
        let looked_at = read_if_there(&folder.join(REGIONS))?;
        let looked_at = looked_at.map(|text| String::from_utf8_lossy(&text).into_owned());
        let named = looked_at.as_deref().unwrap_or_default().lines().map(str::trim);
        regions.extend(named.filter(|name| is_region(name)).map(str::to_owned));
        for name in folders_in(&folder)? {
            if name == GLOBAL_REGION || looked_at.is_some() {
                continue;
            }
            if is_region(&name) {
                regions.push(name);
            } else {
                scope.left_out.push(left_out(&format!("{account}/{name}"), "not the name of a region"));
            }
        }
        let call = Call {
            account: account.clone(),
            region: GLOBAL_REGION.to_owned(),
            service: "ec2".to_owned(),
            operation: "describe-regions".to_owned(),
            subject: None,
            input: Map::new(),
        };
        let known = match self.call(&call).await? {
            Answer::Response(bytes) => {
                serde_json::from_slice(&bytes).ok().and_then(|value| enabled_regions(&value))
            }
            Answer::Pages(..) | Answer::Error(_) | Answer::NotRecorded => None,
        };
        match known {
            Some(enabled) => {
                let missing = enabled.into_iter().filter(|region| !regions.contains(region));
                scope.left_out.extend(
                    missing.map(|region| left_out(&format!("{account}/{region}"), "enabled, not recorded")),
                );
            }
            None => scope.left_out.push(left_out(
                &format!("{account}/other regions"),
                "ec2 describe-regions is not recorded, so other enabled regions are not known",
            )),
        }
        scope.accounts.push(AccountScope { account, regions, all_regions: true });
        Ok(())
    }

    fn read(&self, call: &Call) -> PortResult<Answer> {
        let path = file_of(&self.folder, call);
        // What the CLI said on standard error decides: on failure it leaves an empty answer behind.
        if let Some(text) =
            read_if_there(&with_extension(&path, "err"))?.filter(|text| !text.trim_ascii().is_empty())
        {
            let (code, line) = parse_cli_error(&String::from_utf8_lossy(&text));
            return Ok(Answer::Error(Failure { code, reason: None, why: None, raw: line.into_bytes() }));
        }
        Ok(match read_if_there(&with_extension(&path, "json"))? {
            Some(bytes) => Answer::Response(bytes),
            None => Answer::NotRecorded,
        })
    }
}

#[async_trait]
impl Estate for RecordedEstate {
    async fn scope(&self) -> PortResult<EstateScope> {
        let mut scope = EstateScope { recorded_at: self.recorded_at()?, ..EstateScope::default() };
        for name in folders_in(&self.folder)? {
            match AccountId::parse(&name) {
                Ok(account) => self.account(account, &mut scope).await?,
                Err(_) if name == CLOUDTRAIL_FOLDER => {}
                Err(_) => scope.left_out.push(left_out(&name, "not a twelve-digit account id")),
            }
        }
        if scope.accounts.is_empty() {
            let why = "it holds no account folder (named by twelve digits); docs/guides/record-an-estate.md shows how to record one";
            return Err(PortError::Unavailable {
                what: format!("read the recorded estate `{}`", self.folder.display()),
                why: why.to_owned(),
            });
        }
        Ok(scope)
    }

    async fn speaks_of(&self, service: &str, operation: &str) -> PortResult<bool> {
        for account in folders_in(&self.folder)?.iter().filter(|name| AccountId::parse(name).is_ok()) {
            let account = self.folder.join(account);
            for region in folders_in(&account)? {
                let path = account.join(region).join(service).join(operation);
                if path.is_dir() || ["json", "err"].iter().any(|it| with_extension(&path, it).exists()) {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    async fn call(&self, call: &Call) -> PortResult<Answer> {
        // One file that cannot be read makes one call unread, and stops nothing.
        Ok(self.read(call).unwrap_or_else(|_| {
            let why = "the recorded file could not be read";
            Answer::Error(Failure { code: None, reason: None, why: Some(why.to_owned()), raw: why.into() })
        }))
    }
}

fn left_out(what: &str, why: &str) -> LeftOut {
    LeftOut { what: what.to_owned(), why: why.to_owned() }
}

/// The file of a call without its extension.
fn file_of(folder: &Path, call: &Call) -> PathBuf {
    let path = folder.join(call.account.as_str()).join(&call.region).join(&call.service);
    match &call.subject {
        None => path.join(&call.operation),
        Some(subject) => path.join(&call.operation).join(file_name(subject)),
    }
}

/// A subject as a file name: what would mean a path is written `%XX`, as the recording recipe does.
fn file_name(subject: &str) -> String {
    let name = subject.replace('%', "%25").replace('/', "%2F").replace('\\', "%5C");
    match name.as_str() {
        "." | ".." => name.replace('.', "%2E"),
        _ => name,
    }
}

/// Adds an extension; a name's own dots (`logs.example.com`) are no extension.
fn with_extension(path: &Path, extension: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(extension);
    PathBuf::from(name)
}

/// `eu-central-1`, `us-gov-west-1`: letters, hyphens, and a number at the end.
fn is_region(name: &str) -> bool {
    name.rsplit_once('-').is_some_and(|(place, number)| {
        !number.is_empty()
            && number.bytes().all(|byte| byte.is_ascii_digit())
            && place.contains('-')
            && place.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')
    })
}

fn folders_in(path: &Path) -> PortResult<Vec<String>> {
    let fail = |error: std::io::Error| unavailable("read the folder", path, &error);
    let mut names = Vec::new();
    for entry in fs::read_dir(path).map_err(fail)? {
        let entry = entry.map_err(fail)?;
        if entry.path().is_dir() {
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    names.sort_unstable();
    Ok(names)
}

fn read_if_there(path: &Path) -> PortResult<Option<Vec<u8>>> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(None),
        Err(error) => Err(unavailable("read", path, &error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_files_inside_the_folder() {
        assert_eq!(file_name("a/../b"), "a%2F..%2Fb");
        assert_eq!(file_name(".."), "%2E%2E");
        assert_eq!(with_extension(Path::new("logs.example.com"), "json"), Path::new("logs.example.com.json"));
    }

    #[test]
    fn regions_are_told_from_other_folders() {
        for name in ["eu-central-1", "us-gov-west-1", "ap-southeast-12"] {
            assert!(is_region(name), "{name}");
        }
        for name in ["global", "backup", "EU-1", "eu-central", "x-1"] {
            assert!(!is_region(name), "{name}");
        }
    }
}

//! From the ways in which an attempt can fail to the errors of this crate, and to what the runtime's retry
//! classifiers want to know of them.

use super::body::innermost;
use crate::ErrorKind;
use crate::error::throttles;
use crate::parse::without_request;
use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::{ErrorMetadata, ProvideErrorMetadata};
use aws_smithy_types::retry::{ErrorKind as RetryKind, ProvideErrorKind};
use std::error::Error;

/// An answer that is not the operation's output.
#[derive(Debug, Clone)]
pub(crate) struct Failure {
    /// What the caller is told.
    pub(crate) kind: ErrorKind,
    /// Whether the operation may be tried again although nothing in the answer says so.
    pub(crate) again: bool,
    /// The region of the bucket, when S3 says that it is another one.
    pub(crate) bucket_region: Option<String>,
    code: ErrorMetadata,
}

impl Failure {
    pub(crate) fn new(kind: ErrorKind, again: bool, bucket_region: Option<String>) -> Self {
        let mut code = ErrorMetadata::builder();
        if let ErrorKind::Service { code: word, .. } = &kind {
            code = code.code(word);
        }
        Self { kind, again, bucket_region, code: code.build() }
    }

    /// Whether AWS itself answered.
    pub(crate) fn is_answer(&self) -> bool {
        matches!(self.kind, ErrorKind::Service { .. })
    }

    /// Whether S3 sends whoever asked in this region elsewhere.
    pub(crate) fn redirects(&self, region: &str) -> bool {
        matches!(self.kind, ErrorKind::Service { status: 301 | 307, .. })
            || self.bucket_region.as_deref().is_some_and(|other| other != region)
    }

    /// The same as the caller is told it: credentials that AWS no longer takes are a matter of signing in.
    pub(crate) fn told(self, advice: &str) -> Self {
        match self.kind {
            ErrorKind::Service { code, message, .. } if expired(&code) => {
                let why = format!("AWS no longer takes them ({code}: {message}); {advice}");
                Self { kind: ErrorKind::Credentials { why, code: Some(code) }, ..self }
            }
            _ => self,
        }
    }

    /// Whether AWS asks for fewer calls: by its code, or by the status that means nothing else.
    pub(crate) fn is_throttle(&self) -> bool {
        match &self.kind {
            ErrorKind::Service { code, status, .. } => throttles(code) || *status == 429,
            ErrorKind::Unreadable { status, .. } => *status == 429,
            _ => false,
        }
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.kind.fmt(f)
    }
}

impl Error for Failure {}

impl ProvideErrorMetadata for Failure {
    fn meta(&self) -> &ErrorMetadata {
        &self.code
    }
}

impl ProvideErrorKind for Failure {
    fn retryable_error_kind(&self) -> Option<RetryKind> {
        if self.is_throttle() {
            Some(RetryKind::ThrottlingError)
        } else {
            self.again.then_some(RetryKind::ServerError)
        }
    }

    fn code(&self) -> Option<&str> {
        self.code.code()
    }
}

/// What the caller is told about an attempt that gave nothing.
pub(crate) fn outcome(error: SdkError<Failure, HttpResponse>, url: &str, advice: &str) -> Failure {
    let kind = match error {
        SdkError::ServiceError(answer) => return answer.into_err(),
        SdkError::TimeoutError(_) => {
            ErrorKind::Unanswered { why: format!("`{url}` took longer than an attempt may take") }
        }
        error => match credentials(&error, advice) {
            Some(kind) => kind,
            None => ErrorKind::Unanswered { why: format!("`{url}`: {}", innermost(&error)) },
        },
    };
    Failure::new(kind, false, None)
}

/// The error as one of credentials, if that is what it is about.
fn credentials(error: &(dyn Error + 'static), advice: &str) -> Option<ErrorKind> {
    let causes = || std::iter::successors(Some(error), |error: &&(dyn Error + 'static)| (*error).source());
    let cause = causes().find_map(|cause| cause.downcast_ref::<CredentialsError>())?;
    // What AWS itself said, when a role could not be assumed.
    let said = causes().find_map(|cause| cause.downcast_ref::<ErrorMetadata>());
    let code = said.and_then(ErrorMetadata::code).map(str::to_owned).or_else(|| exception(&innermost(error)));
    let why = match (said, cause) {
        (Some(said), _) => {
            let (code, message) = (said.code().unwrap_or("an error"), said.message().unwrap_or("no message"));
            format!("AWS refused them with {code}: {}", without_request(message.to_owned()))
        }
        (None, CredentialsError::CredentialsNotLoaded(_)) => {
            "none were found in the environment, the AWS configuration files or the machine's role".to_owned()
        }
        (None, CredentialsError::ProviderTimedOut(_)) => cause.to_string(),
        (None, _) => without_request(innermost(error)),
    };
    // A role that may not be assumed is a matter of permissions; signing in again does not help.
    let denied = code.as_deref().is_some_and(|code| code.starts_with("AccessDenied"));
    let why = if denied { why } else { format!("{why}; {advice}") };
    Some(ErrorKind::Credentials { why, code })
}

/// The name of an exception that an SDK prints before its message: `ExpiredTokenException: ...`.
fn exception(text: &str) -> Option<String> {
    let name = text.split(':').next()?;
    let is_name = name.ends_with("Exception") && name.bytes().all(|byte| byte.is_ascii_alphanumeric());
    is_name.then(|| name.to_owned())
}

/// What to do about credentials that are missing or no longer good.
pub(crate) fn advice(profile: Option<&str>) -> String {
    match profile {
        Some(profile) => format!(
            "sign in with `aws sso login --profile {profile}`, or see that the AWS configuration files have keys of \
             the profile `{profile}`"
        ),
        None => "sign in with `aws sso login`, name a profile (AWS_PROFILE), or set AWS_ACCESS_KEY_ID and \
                 AWS_SECRET_ACCESS_KEY"
            .to_owned(),
    }
}

/// Whether AWS no longer takes the credentials, so that new ones may help.
pub(crate) fn is_expired(kind: &ErrorKind) -> bool {
    let (ErrorKind::Service { code, .. } | ErrorKind::Credentials { code: Some(code), .. }) = kind else {
        return false;
    };
    expired(code)
}

/// `RequestExpired` is EC2's word for it. EC2 says the same of a clock that is off; then new credentials do no harm.
fn expired(code: &str) -> bool {
    matches!(code, "ExpiredToken" | "ExpiredTokenException" | "RequestExpired" | "TokenRefreshRequired")
}

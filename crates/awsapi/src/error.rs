//! Why a call gave no answer, typed so that a caller can act on it: denied, throttled, unreadable, refused.
//!
//! The rule behind the variants: an answer that is not the operation's own output is never an empty output.

use aws_runtime::retries::classifiers::THROTTLING_ERRORS;
use serde_json::Value;

/// A call that gave no output: which one, where, and why.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{service}:{operation}{}: {kind}", place(.region.as_deref()))]
pub struct Error {
    /// The service, as in the call.
    pub service: String,
    /// The operation, as in the call.
    pub operation: String,
    /// The region that was asked, when it was known.
    pub region: Option<String>,
    /// What went wrong.
    pub kind: ErrorKind,
}

/// What went wrong with a call.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ErrorKind {
    /// AWS answered with an error of its own.
    #[error("{code}: {message} (HTTP {status}{})", request(.request_id.as_deref()))]
    Service {
        /// AWS's error code, `AccessDenied`, without namespace.
        code: String,
        /// AWS's message; it may name resources and principals.
        message: String,
        /// The HTTP status.
        status: u16,
        /// AWS's id of the request.
        request_id: Option<String>,
        /// The modelled members of the error, `null` when it has none.
        fields: Value,
    },
    /// An answer came, but it is not what this operation answers: HTML, an empty or damaged body, one too
    /// large, one whose checksum is wrong.
    #[error("the answer (HTTP {status}{}) cannot be read: {why}", request(.request_id.as_deref()))]
    Unreadable {
        /// The HTTP status.
        status: u16,
        /// What is wrong with it; never the body itself.
        why: String,
        /// AWS's id of the request, if the answer had one.
        request_id: Option<String>,
    },
    /// The gate of the client said no; nothing was sent.
    #[error("refused: {why}")]
    Refused {
        /// The gate's reason.
        why: String,
    },
    /// The input does not fit the operation; nothing was sent.
    #[error("wrong input{}: {why}", at(.path))]
    Input {
        /// Where in the input, `Filters[0].Values`; empty for the input itself.
        path: String,
        /// What is wrong there.
        why: String,
    },
    /// There is no usable model of the service or the operation.
    #[error("{why}")]
    Model {
        /// What is missing or broken.
        why: String,
    },
    /// It is not known where to send the call.
    #[error("{why}")]
    Endpoint {
        /// What is missing, and what to set.
        why: String,
    },
    /// There are no credentials to sign with, or they can no longer be used.
    #[error("no usable credentials: {why}")]
    Credentials {
        /// What was tried, and what to do.
        why: String,
        /// AWS's error code when AWS itself refused to give them (`AccessDenied` of an assumed role).
        code: Option<String>,
    },
    /// No answer came: no connection, a reset, a time limit.
    #[error("no answer: {why}")]
    Unanswered {
        /// What happened on the way.
        why: String,
    },
    /// The client and all its clones may not send more calls.
    #[error("the limit of {most} calls is reached")]
    Budget {
        /// How many calls it may make.
        most: u64,
    },
    /// The pages do not end: AWS gave a token it had given before.
    #[error("after {pages} pages AWS repeated a token it had given before, so the list has no end")]
    Loop {
        /// Pages that had been read by then.
        pages: u64,
    },
}

impl Error {
    /// AWS's error code, also of a failed attempt to get credentials.
    pub fn code(&self) -> Option<&str> {
        match &self.kind {
            ErrorKind::Service { code, .. } => Some(code),
            ErrorKind::Credentials { code, .. } => code.as_deref(),
            ErrorKind::Unreadable { .. }
            | ErrorKind::Refused { .. }
            | ErrorKind::Input { .. }
            | ErrorKind::Model { .. }
            | ErrorKind::Endpoint { .. }
            | ErrorKind::Unanswered { .. }
            | ErrorKind::Budget { .. }
            | ErrorKind::Loop { .. } => None,
        }
    }

    /// AWS's own message, else our reason.
    pub fn message(&self) -> String {
        match &self.kind {
            ErrorKind::Service { message, .. } => message.clone(),
            ErrorKind::Unreadable { why, .. }
            | ErrorKind::Refused { why }
            | ErrorKind::Input { why, .. }
            | ErrorKind::Model { why }
            | ErrorKind::Endpoint { why }
            | ErrorKind::Credentials { why, .. }
            | ErrorKind::Unanswered { why } => why.clone(),
            ErrorKind::Budget { .. } | ErrorKind::Loop { .. } => self.kind.to_string(),
        }
    }

    /// AWS's id of the request, if an answer came and had one.
    pub fn request_id(&self) -> Option<&str> {
        match &self.kind {
            ErrorKind::Service { request_id, .. } | ErrorKind::Unreadable { request_id, .. } => {
                request_id.as_deref()
            }
            _ => None,
        }
    }

    /// The HTTP status, if an answer came.
    pub fn status(&self) -> Option<u16> {
        match &self.kind {
            ErrorKind::Service { status, .. } | ErrorKind::Unreadable { status, .. } => Some(*status),
            _ => None,
        }
    }

    /// Whether the caller may not do this: the credentials are good, the permission is missing. An answer to
    /// HEAD has no body; there the status is all the code there is.
    pub fn is_access_denied(&self) -> bool {
        self.code().is_some_and(|code| DENIED.contains(&code) || code == "403")
    }

    /// Whether AWS asked for fewer calls.
    pub fn is_throttled(&self) -> bool {
        self.code().is_some_and(throttles)
    }

    /// Whether the same call may succeed later. The client has already tried again as often as it may.
    pub fn is_retryable(&self) -> bool {
        match &self.kind {
            ErrorKind::Service { status, code, .. } => {
                *status >= 500 || self.is_throttled() || code == "RequestTimeout"
            }
            ErrorKind::Unreadable { status, .. } => *status >= 500 || *status < 300,
            ErrorKind::Unanswered { .. } => true,
            ErrorKind::Refused { .. }
            | ErrorKind::Input { .. }
            | ErrorKind::Model { .. }
            | ErrorKind::Endpoint { .. }
            | ErrorKind::Credentials { .. }
            | ErrorKind::Budget { .. }
            | ErrorKind::Loop { .. } => false,
        }
    }
}

impl ErrorKind {
    /// What went wrong in one word, for logs: AWS's code, else the name of the kind.
    pub(crate) fn word(&self) -> &str {
        match self {
            Self::Service { code, .. } | Self::Credentials { code: Some(code), .. } => code,
            Self::Credentials { code: None, .. } => "credentials",
            Self::Unreadable { .. } => "unreadable",
            Self::Refused { .. } => "refused",
            Self::Input { .. } => "input",
            Self::Model { .. } => "model",
            Self::Endpoint { .. } => "endpoint",
            Self::Unanswered { .. } => "unanswered",
            Self::Budget { .. } => "budget",
            Self::Loop { .. } => "loop",
        }
    }
}

/// Whether AWS means "slow down" by this code: the list of the official SDKs, by which the runtime tries again.
pub(crate) fn throttles(code: &str) -> bool {
    THROTTLING_ERRORS.contains(&code)
}

/// The codes by which services say that the principal lacks a permission. `AccessDeniedForDependency` of
/// Organizations is not among them: there a service-linked role is missing, not the caller's permission.
const DENIED: &[&str] = &[
    "AccessDenied",
    "AccessDeniedException",
    "AuthorizationError",
    "AuthorizationErrorException",
    "Client.UnauthorizedOperation",
    "ForbiddenException",
    "NotAuthorized",
    "NotAuthorizedException",
    "UnauthorizedException",
    "UnauthorizedOperation",
];

fn place(region: Option<&str>) -> String {
    region.map(|region| format!(" in {region}")).unwrap_or_default()
}

fn request(id: Option<&str>) -> String {
    id.map(|id| format!(", request {id}")).unwrap_or_default()
}

fn at(path: &str) -> String {
    if path.is_empty() { String::new() } else { format!(" at `{path}`") }
}

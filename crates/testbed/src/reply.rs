//! What a server answers, and how it fails to.

use std::time::Duration;

use serde_json::Value;

use crate::date;
use crate::request::Request;
use crate::service_error;

/// An answer, or a way of not answering.
#[derive(Debug, Clone)]
pub struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    pub(crate) delivery: Delivery,
    /// How long the server waits before it sends anything.
    pub(crate) wait: Duration,
    /// Whether the connection is closed after the answer.
    pub(crate) is_last: bool,
}

/// How an answer reaches the caller.
#[derive(Debug, Clone)]
pub(crate) enum Delivery {
    /// As it should.
    Whole,
    /// Half of the body, then the connection is reset.
    Reset,
    /// Half of the body, then the connection is closed.
    Cut,
    /// The body in pieces, each after a wait.
    Slow { piece: usize, wait: Duration },
    /// These bytes instead of HTTP, then the connection is closed.
    Garbage,
    /// Nothing; the connection is closed.
    Close,
    /// Nothing, until the server is dropped.
    Never,
}

impl Reply {
    /// Any answer: a status, a content type and a body.
    pub fn new(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self {
            status,
            headers: vec![("Content-Type".to_owned(), content_type.to_owned())],
            body: body.into(),
            delivery: Delivery::Whole,
            wait: Duration::ZERO,
            is_last: false,
        }
    }

    /// An answer without a body or a content type.
    pub fn empty(status: u16) -> Self {
        Self { headers: Vec::new(), ..Self::new(status, "", "") }
    }

    /// A JSON answer.
    pub fn json(status: u16, body: &Value) -> Self {
        Self::new(status, "application/x-amz-json-1.1", body.to_string())
    }

    /// An XML answer.
    pub fn xml(status: u16, body: impl Into<String>) -> Self {
        Self::new(status, "text/xml", body.into())
    }

    /// A plain text answer.
    pub fn text(status: u16, body: impl Into<String>) -> Self {
        Self::new(status, "text/plain", body.into())
    }

    /// The page a proxy or load balancer shows when it answers instead of AWS.
    pub fn html(status: u16) -> Self {
        let page = format!("<html><head><title>{status}</title></head><body><h1>{status}</h1></body></html>");
        Self::new(status, "text/html", page)
    }

    /// An error in the shape of the protocol that the caller speaks, with a request id.
    pub fn aws_error(request: &Request, status: u16, code: &str, message: &str) -> Self {
        service_error::reply(request, status, code, message)
    }

    /// No answer: the connection is closed.
    pub fn close() -> Self {
        Self { delivery: Delivery::Close, ..Self::empty(200) }
    }

    /// No answer for this long, then the connection is closed.
    pub fn hang(wait: Duration) -> Self {
        Self::close().after(wait)
    }

    /// No answer until the server is dropped.
    pub fn never() -> Self {
        Self { delivery: Delivery::Never, ..Self::empty(200) }
    }

    /// These bytes where an HTTP answer is expected, then the connection is closed.
    pub fn garbage(bytes: impl Into<Vec<u8>>) -> Self {
        Self { delivery: Delivery::Garbage, body: bytes.into(), ..Self::empty(200) }
    }

    /// This answer, with one header more. A name that is there is replaced.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// This answer, sent at this moment, in seconds since 1970, by the server's own account.
    #[must_use]
    pub fn dated(self, seconds: i64) -> Self {
        self.header("Date", date::http(seconds))
    }

    /// This answer, broken off in the middle of its body: `Content-Length` promises all, half is sent, and the
    /// connection is reset.
    #[must_use]
    pub fn reset_mid_body(self) -> Self {
        Self { delivery: Delivery::Reset, ..self }
    }

    /// As [`Reply::reset_mid_body`], but the connection is closed in order.
    #[must_use]
    pub fn cut_mid_body(self) -> Self {
        Self { delivery: Delivery::Cut, ..self }
    }

    /// This answer, its body in pieces of `piece` bytes with a wait before each.
    #[must_use]
    pub fn slow_body(self, piece: usize, wait: Duration) -> Self {
        Self { delivery: Delivery::Slow { piece: piece.max(1), wait }, ..self }
    }

    /// This answer, after a wait.
    #[must_use]
    pub fn after(self, wait: Duration) -> Self {
        Self { wait, ..self }
    }

    /// This answer, and the connection is closed after it.
    #[must_use]
    pub fn then_close(self) -> Self {
        Self { is_last: true, ..self }
    }
}

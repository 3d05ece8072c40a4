//! Answers are read here, whole, before anyone parses them: at most so many bytes, never waiting for ever for
//! the next one, and remembering when they broke off.
//!
//! The runtime would read them itself, but without a limit on their size, and an answer that breaks off would
//! look the same whether AWS had said 200 or 503. That matters: what broke off after a 200 has been done.

use crate::tally::Counter;
use aws_smithy_async::future::timeout::Timeout;
use aws_smithy_async::rt::sleep::{AsyncSleep, SharedAsyncSleep};
use aws_smithy_runtime_api::client::connector_metadata::ConnectorMetadata;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use aws_smithy_types::retry::ErrorKind;
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

/// Why the body of an answer is not all there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Broken {
    /// It is larger than the client reads.
    TooLarge { most: u64 },
    /// Nothing more of it came for this long.
    Stalled { after: Duration },
    /// The connection ended before it did.
    Cut { why: String },
}

impl std::fmt::Display for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::TooLarge { most } => write!(f, "it is larger than {most} bytes"),
            Self::Stalled { after } => write!(f, "no more of it came for {} s", after.as_secs_f64()),
            Self::Cut { why } => write!(f, "it broke off: {why}"),
        }
    }
}

/// An HTTP client whose answers are read, bounded and counted; made for one call.
#[derive(Debug)]
pub(crate) struct WholeAnswers {
    pub(crate) inner: SharedHttpClient,
    /// The most bytes of a body.
    pub(crate) most: u64,
    /// Where each request is counted, and as what.
    pub(crate) counter: Arc<Counter>,
    pub(crate) operation: Arc<str>,
    /// Whether the operation only reads, so that it may be asked again after anything.
    pub(crate) is_read: bool,
}

impl HttpClient for WholeAnswers {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(Connection {
            inner: self.inner.http_connector(settings, components),
            most: self.most,
            silence: settings.read_timeout().zip(components.sleep_impl()),
            counter: Arc::clone(&self.counter),
            operation: Arc::clone(&self.operation),
            is_read: self.is_read,
        })
    }

    fn connector_metadata(&self) -> Option<ConnectorMetadata> {
        self.inner.connector_metadata()
    }
}

#[derive(Debug)]
struct Connection {
    inner: SharedHttpConnector,
    most: u64,
    /// How long the next bytes of a body may take, and how to wait that long.
    silence: Option<(Duration, SharedAsyncSleep)>,
    counter: Arc<Counter>,
    operation: Arc<str>,
    is_read: bool,
}

impl HttpConnector for Connection {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        self.counter.request(&self.operation);
        let (has_body, is_read) = (request.method() != "HEAD", self.is_read);
        let (answer, most, silence) = (self.inner.call(request), self.most, self.silence.clone());
        HttpConnectorFuture::new(async move {
            let mut response = answer.await.map_err(|error| if is_read { passing(error) } else { error })?;
            if has_body {
                match whole(&mut response, most, silence).await {
                    Ok(bytes) => *response.body_mut() = SdkBody::from(bytes),
                    Err(broken) => {
                        *response.body_mut() = SdkBody::empty();
                        // So that nobody compares the empty body with what was promised.
                        response.headers_mut().remove("content-length");
                        response.add_extension(broken);
                    }
                }
            }
            Ok(response)
        })
    }
}

/// An error of which the runtime does not know what to think, such as an answer that is not HTTP, as one that
/// may pass.
fn passing(error: ConnectorError) -> ConnectorError {
    if error.is_other() && error.as_other().is_none() {
        return ConnectorError::other(error.into_source(), Some(ErrorKind::TransientError));
    }
    error
}

async fn whole(
    response: &mut HttpResponse,
    most: u64,
    silence: Option<(Duration, SharedAsyncSleep)>,
) -> Result<Vec<u8>, Broken> {
    let promised = response.headers().get("content-length").and_then(|length| length.parse::<u64>().ok());
    if promised.is_some_and(|length| length > most) {
        return Err(Broken::TooLarge { most });
    }
    // A promise is no reason to take memory that may never be needed.
    let room = promised.unwrap_or(0).min(1 << 20);
    let mut bytes = Vec::with_capacity(usize::try_from(room).unwrap_or(0));
    let mut stream = ByteStream::new(std::mem::replace(response.body_mut(), SdkBody::empty()));
    loop {
        let next = match &silence {
            Some((longest, sleep)) => Timeout::new(Box::pin(stream.next()), sleep.sleep(*longest))
                .await
                .map_err(|_| Broken::Stalled { after: *longest })?,
            None => stream.next().await,
        };
        match next {
            None => return Ok(bytes),
            Some(Ok(chunk)) => {
                let length = bytes.len().saturating_add(chunk.len());
                if u64::try_from(length).map_or(true, |length| length > most) {
                    return Err(Broken::TooLarge { most });
                }
                bytes.extend_from_slice(&chunk);
            }
            Some(Err(error)) => return Err(Broken::Cut { why: innermost(&error) }),
        }
    }
}

/// The last cause of an error: the one that says what happened.
pub(crate) fn innermost(error: &(dyn Error + 'static)) -> String {
    let mut error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    error.to_string()
}

//! Log lines: one JSON object each on standard error, where Lambda picks them up.

use std::cell::RefCell;
use std::io::LineWriter;
use std::sync::Arc;

use provost_core::log::{LogFormat, LogLayer};
use tracing::dispatcher::{DefaultGuard, Dispatch, set_default};
use tracing::{Level, error};
use tracing_subscriber::layer::SubscriberExt as _;

use crate::clock::{OneId, TokioClock};

/// A line up to this long reaches Lambda in one piece. CloudWatch takes 1 MB, but cuts what comes in parts.
const WHOLE_LINE: usize = 256 * 1024;

thread_local! {
    /// Whoever writes lines now. There is one thread, and one invocation at a time.
    static WRITER: RefCell<Option<DefaultGuard>> = const { RefCell::new(None) };
}

/// Every line from now on bears this name: that of the process, then the request id of each invocation.
pub(crate) fn start(correlation_id: &str, level: Level) {
    let sink = Box::new(LineWriter::with_capacity(WHOLE_LINE, std::io::stderr()));
    let layer = LogLayer::new(Arc::new(TokioClock), sink, correlation_id.to_owned(), level, LogFormat::Json);
    let writer = Dispatch::new(tracing_subscriber::registry().with(layer));
    WRITER.with_borrow_mut(|current| {
        // The one before ends first: guards put back what was there when they were made.
        drop(current.take());
        *current = Some(set_default(&writer));
    });
}

/// From now on a panic is a line like all others. What it says stays out of it: it may quote what was read.
pub(crate) fn tell_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(|at| (at.file(), at.line()));
        let (file, line) = place.unwrap_or(("unknown", 0));
        error!(file, line, "The program has a bug; it stopped in the middle.");
    }));
}

/// What lines outside of invocations bear: the log stream, of which each process has its own.
pub(crate) fn process_name() -> String {
    let stream = std::env::var("AWS_LAMBDA_LOG_STREAM_NAME").ok().filter(|name| !name.is_empty());
    stream.unwrap_or_else(|| OneId::new().0)
}

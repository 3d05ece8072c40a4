//! Log lines on standard error.

use std::io::IsTerminal as _;
use std::sync::Arc;

use anyhow::anyhow;
use provost_core::log::{LogFormat, LogLayer};
use provost_core::port::Ids as _;
use provost_local::{SystemClock, UuidIds};
use tracing::Level;
use tracing_subscriber::layer::SubscriberExt as _;

use crate::cli::{Global, LogStyle};

/// How log lines look in this process.
pub(crate) fn format(global: &Global) -> LogFormat {
    match global.log_format {
        Some(LogStyle::Json) => LogFormat::Json,
        Some(LogStyle::Text) => LogFormat::Text,
        None if std::io::stderr().is_terminal() => LogFormat::Text,
        None => LogFormat::Json,
    }
}

/// Starts logging for the whole process.
pub(crate) fn start(global: &Global) -> anyhow::Result<()> {
    let on_terminal = std::io::stderr().is_terminal();
    let format = format(global);
    let level = match (global.verbose, std::env::var("LOG_LEVEL").ok().filter(|text| !text.is_empty())) {
        (0, None) if on_terminal => Level::WARN,
        (0, None) => Level::INFO,
        (0, Some(name)) => name
            .parse()
            .map_err(|_| anyhow!("LOG_LEVEL `{name}` is none of error, warn, info, debug, trace"))?,
        (1, _) => Level::INFO.max(if on_terminal { Level::INFO } else { Level::DEBUG }),
        (2.., _) => Level::DEBUG,
    };
    let given = std::env::var("PROVOST_CORRELATION_ID").ok().filter(|text| !text.is_empty());
    let correlation_id = given.unwrap_or_else(|| UuidIds.unique());
    let sink = Box::new(std::io::stderr());
    let layer = LogLayer::new(Arc::new(SystemClock), sink, correlation_id, level, format);
    tracing::subscriber::set_global_default(tracing_subscriber::registry().with(layer))?;
    Ok(())
}

/// Says on standard error why the command could not run, in the form log lines have.
#[expect(clippy::print_stderr, reason = "this is where errors are told to people")]
pub(crate) fn complain(global: &Global, error: &anyhow::Error) {
    let text = format!("{error:#}");
    match format(global) {
        LogFormat::Json if tracing::enabled!(Level::ERROR) => {
            tracing::error!(error = text, "The command could not run.");
        }
        LogFormat::Json | LogFormat::Text => eprintln!("provost: {text}"),
    }
}

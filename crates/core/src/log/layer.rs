//! The layer that turns `tracing` events into lines.

use std::fmt::Write as _;
use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber, span};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

use super::json_line;
use crate::model::rfc3339_nanos;
use crate::port::Clock;

/// How lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// One JSON object a line.
    Json,
    /// For a person at a terminal.
    Text,
}

/// Writes a line per event at or above a level.
pub struct LogLayer {
    clock: Arc<dyn Clock>,
    sink: Mutex<Box<dyn Write + Send>>,
    correlation_id: String,
    level: Level,
    format: LogFormat,
}

impl LogLayer {
    /// A layer that writes to `sink`. Every line bears `correlation_id`.
    #[must_use]
    pub fn new(
        clock: Arc<dyn Clock>,
        sink: Box<dyn Write + Send>,
        correlation_id: String,
        level: Level,
        format: LogFormat,
    ) -> Self {
        Self { clock, sink: Mutex::new(sink), correlation_id, level, format }
    }
}

/// The fields of a span or event, in order.
#[derive(Default)]
struct Fields(Vec<(String, Value)>);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        self.0.push((field.name().to_owned(), Value::from(format!("{value:?}"))));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.push((field.name().to_owned(), Value::from(value)));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.0.push((field.name().to_owned(), Value::from(value)));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.0.push((field.name().to_owned(), Value::from(value)));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.0.push((field.name().to_owned(), Value::from(value)));
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.0.push((field.name().to_owned(), Value::from(value)));
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for LogLayer {
    fn enabled(&self, metadata: &tracing::Metadata<'_>, _: Context<'_, S>) -> bool {
        // Libraries below us speak at warn and above only: their lines know nothing of our field list.
        *metadata.level() <= if is_ours(metadata.target()) { self.level } else { self.level.min(Level::WARN) }
    }

    fn on_new_span(&self, attributes: &span::Attributes<'_>, id: &span::Id, context: Context<'_, S>) {
        if let Some(span) = context.span(id) {
            let mut fields = Fields::default();
            attributes.record(&mut fields);
            span.extensions_mut().insert(fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut fields = Vec::new();
        for span in
            context.event_scope(event).into_iter().flat_map(tracing_subscriber::registry::Scope::from_root)
        {
            if let Some(Fields(inner)) = span.extensions().get::<Fields>() {
                fields.extend(inner.iter().cloned());
            }
        }
        let mut own = Fields::default();
        event.record(&mut own);
        let is_message = |(name, _): &(String, Value)| name == "message";
        let message = match own.0.iter().position(is_message).map(|position| own.0.remove(position).1) {
            Some(Value::String(text)) => text,
            Some(other) => other.to_string(),
            None => String::new(),
        };
        // A library's fields are neither in our list nor known to be harmless: it is named instead.
        let target = event.metadata().target();
        if !is_ours(target) {
            own.0 = vec![("target".to_owned(), Value::from(target))];
        }
        let level = *event.metadata().level();
        let line = match self.format {
            LogFormat::Json => {
                let time = rfc3339_nanos(self.clock.now());
                json_line(
                    &time,
                    level.as_str(),
                    &self.correlation_id,
                    &message,
                    fields.into_iter().chain(own.0),
                )
            }
            LogFormat::Text => text_line(level, &message, &own.0),
        };
        let mut sink = self.sink.lock().unwrap_or_else(PoisonError::into_inner);
        // A log that cannot be written has nowhere to complain.
        let _ = writeln!(sink, "{line}");
    }
}

fn is_ours(target: &str) -> bool {
    target.starts_with("provost")
}

/// `warning: Part of an input could not be read. (file=a.json offset=12)`
fn text_line(level: Level, message: &str, fields: &[(String, Value)]) -> String {
    let word = match level {
        Level::ERROR => "error: ",
        Level::WARN => "warning: ",
        Level::INFO => "",
        Level::DEBUG => "debug: ",
        Level::TRACE => "trace: ",
    };
    let mut line = format!("{word}{message}");
    let mut separator = " (";
    for (name, value) in fields {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        // Writing to a String cannot fail.
        let _ = write!(line, "{separator}{name}={}", text.escape_debug());
        separator = " ";
    }
    if !fields.is_empty() {
        line.push(')');
    }
    line
}

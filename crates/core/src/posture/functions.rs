//! The functions Provost adds to CEL.

use std::sync::Arc;

use cel::{Context, ExecutionError, Value};
use jiff::Timestamp;
use jiff::fmt::temporal::DateTimeParser;

use super::log_filter;
use super::patterns;
use super::policy_functions::{self, PolicyFacts};

/// A root context with Provost's functions, where "now" is the time the facts were seen at.
pub(super) fn context(now: Timestamp, policies: &Arc<PolicyFacts>) -> Context<'static, 'static> {
    let mut context = Context::default();
    let days_since = move |text: Arc<String>| -> Result<i64, ExecutionError> {
        let time = parse_time(&text)
            .ok_or_else(|| ExecutionError::function_error("days_since", format!("`{text}` is not a time")))?;
        Ok(now.duration_since(time).as_hours() / 24)
    };
    let added = context.add_function("days_since", days_since);
    debug_assert!(added.is_ok(), "CEL's standard library has no days_since");
    let added = context.add_function("log_filter_matches", log_filter_matches);
    debug_assert!(added.is_ok(), "CEL's standard library has no log_filter_matches");
    policy_functions::add_to(&mut context, policies);
    patterns::add_to(&mut context);
    context
}

/// Whether a metric filter would count every one of these events.
fn log_filter_matches(pattern: Arc<String>, events: Value) -> Result<bool, ExecutionError> {
    const NAME: &str = "log_filter_matches";
    let filter = log_filter::parse(&pattern).map_err(|error| ExecutionError::function_error(NAME, error))?;
    let events = events.json().map_err(|_| ExecutionError::function_error(NAME, "these are no events"))?;
    let events = events.as_array().filter(|events| !events.is_empty());
    let events =
        events.ok_or_else(|| ExecutionError::function_error(NAME, "there are no events to ask about"))?;
    Ok(events.iter().all(|event| filter.matches(event)))
}

/// RFC 3339 as AWS writes it: with `Z`, `+00:00` or `+0000`, with or without fractions.
fn parse_time(text: &str) -> Option<Timestamp> {
    static PARSER: DateTimeParser = DateTimeParser::new();
    PARSER.parse_timestamp(text.trim()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_days_before_the_run() {
        let context = context("2026-11-22T12:00:00Z".parse().unwrap(), &Arc::default());
        let days = |time: &str| {
            let program = cel::Program::compile(&format!("days_since('{time}')")).unwrap();
            program.execute(&context)
        };
        assert_eq!(days("2026-11-22T11:00:00Z"), Ok(cel::Value::Int(0)));
        assert_eq!(days("2026-11-21T12:00:00+00:00"), Ok(cel::Value::Int(1)));
        assert_eq!(days("2026-08-24T12:00:00.123000+00:00"), Ok(cel::Value::Int(89)));
        assert!(days("N/A").is_err());
    }

    #[test]
    fn a_metric_filter_is_asked_about_every_event() {
        let context = context("2026-11-22T12:00:00Z".parse().unwrap(), &Arc::default());
        let ask = |pattern: &str, events: &str| {
            let source = format!("log_filter_matches('{pattern}', {events})");
            cel::Program::compile(&source).unwrap().execute(&context)
        };
        let pattern = "{ ($.eventName = DeleteTrail) || ($.eventName = StopLogging) }";
        let both = "[{'eventName': 'DeleteTrail'}, {'eventName': 'StopLogging'}]";
        assert_eq!(ask(pattern, both), Ok(Value::Bool(true)));
        assert_eq!(ask("{ $.eventName = DeleteTrail }", both), Ok(Value::Bool(false)));
        assert!(ask("ERROR", both).is_err());
        assert!(ask(pattern, "[]").is_err());
    }
}

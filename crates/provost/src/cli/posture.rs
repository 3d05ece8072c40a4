//! What `report posture` is asked: which verdicts, and since when.

use clap::Args;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span, SpanRelativeTo, Timestamp};
use provost_core::filter::Filter;
use provost_core::model::{AccountId, Severity};

/// How many assessments the trend shows where nothing else is asked for.
const TREND: usize = 12;

/// Execution ids are longer than any date that somebody mistyped.
const SHORTEST_ID: usize = 16;

#[derive(Debug, Args)]
#[command(next_help_heading = "For `report posture`")]
pub(crate) struct PostureArgs {
    /// What changed since then: `last` (the assessment before), a time (2026-11-20, 2026-11-20T06:00:00Z), a
    /// span (7d, 36h), or the execution id of an assessment.
    ///
    /// The latest assessment is compared with the last whole one that began at that time or before it.
    /// What could not be seen any more is blind, never better, and what was not looked at is not gone.
    #[arg(long, value_name = "WHEN", value_parser = since)]
    pub(crate) since: Option<Since>,
    /// The tag that names a resource's owner, for --since [default: Owner].
    #[arg(long, value_name = "KEY", requires = "since")]
    pub(crate) owner_tag: Option<String>,
    /// How many assessments the trend shows at most, for --since [default: 12].
    #[arg(long, value_name = "N", requires = "since", value_parser = clap::value_parser!(u16).range(2..))]
    trend: Option<u16>,
    /// Verdicts of this rule alone; `*` stands for anything: 's3-*'. May be repeated.
    #[arg(long, value_name = "ID")]
    rule: Vec<String>,
    /// Verdicts on this account alone. May be repeated.
    #[arg(long, value_name = "ID", value_parser = super::account)]
    account: Vec<AccountId>,
    /// Verdicts of rules at least this severe: low, medium, high, critical.
    #[arg(long, value_name = "SEVERITY", value_parser = severity)]
    severity: Option<Severity>,
    /// Verdicts on this region alone; `global` is one. May be repeated.
    #[arg(long, value_name = "REGION")]
    region: Vec<String>,
    /// These verdicts alone; with --since, what they are now. May be repeated.
    #[arg(long, value_name = "STATUS", value_delimiter = ',', value_parser = ["pass", "fail", "unknown", "not_applicable"])]
    status: Vec<String>,
}

impl PostureArgs {
    /// Which verdicts are asked for.
    pub(crate) fn filter(&self) -> Filter {
        Filter {
            rules: self.rule.clone(),
            accounts: self.account.clone(),
            severity: self.severity,
            regions: self.region.clone(),
            statuses: self.status.clone(),
        }
    }

    /// How many assessments the trend shows.
    pub(crate) fn trend(&self) -> usize {
        self.trend.map_or(TREND, usize::from)
    }

    /// Whether anything of it was asked for.
    pub(crate) fn is_given(&self) -> bool {
        self.since.is_some() || self.filter().is_on()
    }
}

/// Since when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Since {
    /// The assessment before the latest.
    Last,
    /// A time.
    At(Timestamp),
    /// So long before now.
    Ago(SignedDuration),
    /// An assessment by its id.
    Execution(String),
}

fn since(text: &str) -> Result<Since, String> {
    let wanted = || {
        "`last`, a time such as 2026-11-20 or 2026-11-20T06:00:00Z, a span such as 7d or 36h, or an execution id".to_owned()
    };
    if text == "last" {
        return Ok(Since::Last);
    }
    if let Ok(time) = text.parse::<Timestamp>() {
        return Ok(Since::At(time));
    }
    // Without an offset it is UTC, as all times here; without a time it is midnight.
    if let Ok(time) = text.parse::<DateTime>() {
        let time = time.to_zoned(TimeZone::UTC).map_err(|_| wanted())?;
        return Ok(Since::At(time.timestamp()));
    }
    if let Ok(span) = text.parse::<Span>() {
        // A month is no length of time, and neither is nothing or what lies ahead.
        let length = span.to_duration(SpanRelativeTo::days_are_24_hours()).map_err(|_| wanted())?;
        return if length.is_positive() { Ok(Since::Ago(length)) } else { Err(wanted()) };
    }
    let is_id =
        text.len() >= SHORTEST_ID && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if is_id { Ok(Since::Execution(text.to_owned())) } else { Err(wanted()) }
}

fn severity(text: &str) -> Result<Severity, String> {
    Severity::parse(text).ok_or_else(|| {
        let known: Vec<_> = Severity::ALL.iter().map(|severity| severity.as_str()).collect();
        format!("one of {}", known.join(", "))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_read_as_people_write_it() {
        let at = |text: &str| Since::At(text.parse().unwrap());
        let ago = |hours| Since::Ago(SignedDuration::from_hours(hours));
        for (text, expect) in [
            ("last", Since::Last),
            ("2026-11-20", at("2026-11-20T00:00:00Z")),
            ("2026-11-20T06:00:00", at("2026-11-20T06:00:00Z")),
            ("2026-11-20T06:00:00Z", at("2026-11-20T06:00:00Z")),
            ("2026-11-20T06:00:00+02:00", at("2026-11-20T04:00:00Z")),
            ("7d", ago(168)),
            ("2w", ago(336)),
            ("36h", ago(36)),
            (
                "0193a1b2-0000-7000-8000-000000000000",
                Since::Execution("0193a1b2-0000-7000-8000-000000000000".to_owned()),
            ),
        ] {
            assert_eq!(since(text), Ok(expect), "{text}");
        }
        for text in ["", "soon", "-7d", "0d", "1 month", "7", "a b c d e f", "2026-13-01"] {
            assert!(since(text).is_err(), "{text}: {:?}", since(text));
        }
    }
}

//! Times: three forms on the wire, one in JSON.
//!
//! In JSON a time is `2026-11-22T10:00:00+00:00`, with six digits of a second only when they are not all zero.

use jiff::civil::{Date, DateTime};
use jiff::fmt::rfc2822;
use jiff::tz::Offset;
use jiff::{Span, Timestamp};
use serde_json::{Number, Value};

/// How a time is written on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TimestampFormat {
    /// `2026-11-22T10:00:00Z`.
    Iso8601,
    /// `Sun, 22 Nov 2026 10:00:00 GMT`.
    Rfc822,
    /// Seconds since 1970, with a fraction.
    Unix,
}

impl TimestampFormat {
    /// The format by the name it has in the models.
    pub(crate) fn of(name: &str) -> Option<Self> {
        if name.eq_ignore_ascii_case("iso8601") {
            Some(Self::Iso8601)
        } else if name.eq_ignore_ascii_case("rfc822") {
            Some(Self::Rfc822)
        } else if name.eq_ignore_ascii_case("unixTimestamp") {
            Some(Self::Unix)
        } else {
            None
        }
    }
}

/// A time in any of the forms: services do not keep to the one of their model, and callers have a right to all.
/// A date alone is its midnight.
///
/// Years before the first and after the last that four digits can write are no times: whoever sends them has taken
/// milliseconds for seconds, or worse.
pub(crate) fn read_time(value: &Value) -> Option<Timestamp> {
    let time = match value {
        Value::Number(number) => of_number(number),
        Value::String(text) => of_text(text.trim()),
        _ => None,
    };
    time.filter(|time| time.as_second() >= YEAR_ONE)
}

/// The first second of the year 1.
const YEAR_ONE: i64 = -62_135_596_800;

fn of_number(number: &Number) -> Option<Timestamp> {
    match (number.as_i64(), number.as_f64()) {
        (Some(seconds), _) => Timestamp::from_second(seconds).ok(),
        (None, Some(seconds)) => of_seconds(seconds),
        (None, None) => None,
    }
}

/// A double holds no more than microseconds of our time, so it is rounded to them.
fn of_seconds(seconds: f64) -> Option<Timestamp> {
    let whole = seconds.floor();
    let micros = ((seconds - whole) * 1e6).round();
    if !whole.is_finite() || whole.abs() > 1e12 {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, reason = "both are whole and within the bounds just tested")]
    let (whole, micros) = (whole as i64, micros as i64);
    Timestamp::from_second(whole).ok()?.checked_add(Span::new().try_microseconds(micros).ok()?).ok()
}

fn of_text(text: &str) -> Option<Timestamp> {
    if text.starts_with(|first: char| first.is_ascii_alphabetic()) {
        return of_rfc822(text);
    }
    if let Ok(seconds) = text.parse::<i64>() {
        // NOTE: four digits are a year to a reader, and a second to every AWS client; it is the second.
        return Timestamp::from_second(seconds).ok();
    }
    if let Ok(seconds) = text.parse::<f64>() {
        return of_seconds(seconds);
    }
    if let Ok(time) = text.parse::<Timestamp>() {
        return Some(time);
    }
    // Without an offset it is UTC.
    let civil = text.parse::<DateTime>().or_else(|_| text.parse::<Date>().map(DateTime::from)).ok()?;
    Offset::UTC.to_timestamp(civil).ok()
}

fn of_rfc822(text: &str) -> Option<Timestamp> {
    static PARSER: rfc2822::DateTimeParser = rfc2822::DateTimeParser::new().relaxed_weekday(true);
    if let Ok(time) = PARSER.parse_timestamp(text) {
        return Some(time);
    }
    // A fraction of a second is not in the standard; some services write one.
    let (before, after) = text.split_once('.')?;
    let end = after.find(|character: char| !character.is_ascii_digit())?;
    let (digits, zone) = after.split_at_checked(end)?;
    let time = PARSER.parse_timestamp(format!("{before}{zone}")).ok()?;
    let digits: String = digits.chars().chain(std::iter::repeat('0')).take(6).collect();
    time.checked_add(Span::new().try_microseconds(digits.parse::<i64>().ok()?).ok()?).ok()
}

/// A time as JSON.
pub(crate) fn show_time(time: Timestamp) -> String {
    let civil = Offset::UTC.to_datetime(time);
    let seconds = civil.strftime("%Y-%m-%dT%H:%M:%S");
    match civil.subsec_nanosecond() / 1000 {
        0 => format!("{seconds}+00:00"),
        micros => format!("{seconds}.{micros:06}+00:00"),
    }
}

/// A time as the wire wants it: a number for seconds since 1970, else text.
pub(crate) fn write_time(time: Timestamp, format: TimestampFormat) -> Value {
    match format {
        TimestampFormat::Iso8601 => {
            let micros = Timestamp::from_microsecond(time.as_microsecond()).unwrap_or(time);
            Value::from(micros.to_string())
        }
        TimestampFormat::Rfc822 => {
            let whole = Timestamp::from_second(time.as_microsecond().div_euclid(1_000_000)).unwrap_or(time);
            match rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&whole) {
                Ok(text) => Value::from(text),
                // Only years that have no four digits cannot be printed.
                Err(_) => Value::from(whole.to_string()),
            }
        }
        TimestampFormat::Unix => {
            let micros = time.as_microsecond();
            if micros % 1_000_000 == 0 {
                return Value::from(micros / 1_000_000);
            }
            #[expect(
                clippy::cast_precision_loss,
                reason = "a double is what the protocol has for a fraction"
            )]
            let seconds = micros as f64 / 1e6;
            Number::from_f64(seconds).map_or(Value::Null, Value::Number)
        }
    }
}

//! Moments as HTTP and AWS write them.

use std::time::{SystemTime, UNIX_EPOCH};

const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
/// Seconds of a day.
pub(crate) const DAY: i64 = 86_400;

/// Seconds since 1970 now.
pub(crate) fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

/// A moment in seconds since 1970, as the header `Date` has it: `Sun, 06 Nov 1994 08:49:37 GMT`.
pub(crate) fn http(seconds: i64) -> String {
    let (year, month, day) = civil(seconds.div_euclid(DAY));
    let weekday = DAYS.get(usize::try_from(seconds.div_euclid(DAY).rem_euclid(7)).unwrap_or(0));
    let name = MONTHS.get(usize::try_from(month - 1).unwrap_or(0));
    let (hour, minute, second) = clock(seconds);
    format!(
        "{}, {day:02} {} {year} {hour:02}:{minute:02}:{second:02} GMT",
        weekday.unwrap_or(&"Thu"),
        name.unwrap_or(&"Jan")
    )
}

/// A moment in seconds since 1970, as XML protocols have it: `1994-11-06T08:49:37Z`.
pub(crate) fn iso(seconds: i64) -> String {
    let (year, month, day) = civil(seconds.div_euclid(DAY));
    let (hour, minute, second) = clock(seconds);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

fn clock(seconds: i64) -> (i64, i64, i64) {
    let second = seconds.rem_euclid(DAY);
    (second / 3_600, second / 60 % 60, second % 60)
}

/// The date of a day counted from 1970-01-01, after Howard Hinnant's `civil_from_days`
/// (https://howardhinnant.github.io/date_algorithms.html): years begin in March, eras have 400 of them.
fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_written_as_the_protocols_want_them() {
        assert_eq!(http(784_111_777), "Sun, 06 Nov 1994 08:49:37 GMT");
        assert_eq!(iso(784_111_777), "1994-11-06T08:49:37Z");
        assert_eq!(iso(0), "1970-01-01T00:00:00Z");
        assert_eq!(iso(951_782_400), "2000-02-29T00:00:00Z");
        assert_eq!(iso(4_102_444_799), "2099-12-31T23:59:59Z");
    }
}

//! Times are UTC and written as RFC 3339.

use jiff::Timestamp;

/// Whole seconds: `2026-11-22T10:00:00Z`.
#[must_use]
pub fn rfc3339(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// Always nine digits of fraction, so that the texts sort as the times do.
#[must_use]
pub fn rfc3339_nanos(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S.%9fZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_sort_as_times_do() {
        let early: Timestamp = "2026-11-22T10:00:00Z".parse().unwrap();
        let late: Timestamp = "2026-11-22T10:00:00.5Z".parse().unwrap();
        assert_eq!(rfc3339(early), "2026-11-22T10:00:00Z");
        assert_eq!(rfc3339_nanos(late), "2026-11-22T10:00:00.500000000Z");
        assert!(rfc3339_nanos(early) < rfc3339_nanos(late));
        assert_eq!(rfc3339_nanos(late).parse::<Timestamp>().unwrap(), late);
    }
}

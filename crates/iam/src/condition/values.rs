//! Values inside conditions: numbers, dates, booleans and networks, read as the operators need them.

use std::net::IpAddr;

use crate::mutant::{self, Mutant};

/// `true` or `false`, in any case.
pub(crate) fn boolean(text: &str) -> Option<bool> {
    if text.eq_ignore_ascii_case("true") {
        Some(true)
    } else if text.eq_ignore_ascii_case("false") {
        Some(false)
    } else {
        None
    }
}

/// Base64 without its padding.
pub(crate) fn base64(text: &str) -> Option<&str> {
    let text = text.trim_end_matches('=');
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    text.bytes().all(plain).then_some(text)
}

/// A decimal number: optional sign, digits, optional fraction.
pub(crate) fn number(text: &str) -> Option<f64> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let plain = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if plain(whole) && plain(fraction) { text.parse().ok() } else { None }
}

/// Seconds since 1970: digits, a date, or a date with a time and its zone.
pub(crate) fn date(text: &str) -> Option<f64> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return text.parse().ok();
    }
    let (day, time) = match text.split_once('T') {
        Some((day, time)) => (day, Some(time)),
        None => (text, None),
    };
    let mut fields = day.split('-');
    let year = fixed(fields.next()?, 4)?;
    let month = fixed(fields.next()?, 2)?;
    let day = fixed(fields.next()?, 2)?;
    if fields.next().is_some() || !(1..=12).contains(&month) || day < 1 || day > days_in(year, month) {
        return None;
    }
    let midnight = days_since_1970(year, month, day) as f64 * 86_400.0;
    let Some(time) = time else { return Some(midnight) };
    let (clock, offset) = match time.strip_suffix('Z') {
        Some(clock) => (clock, 0),
        None => {
            let (clock, zone) = time.split_at_checked(time.rfind(['+', '-'])?)?;
            let sign = if zone.starts_with('-') { -1 } else { 1 };
            let (hours, minutes) = zone.get(1..)?.split_once(':')?;
            let (hours, minutes) = (fixed(hours, 2)?, fixed(minutes, 2)?);
            if hours > 23 || minutes > 59 {
                return None;
            }
            (clock, sign * (hours * 3600 + minutes * 60))
        }
    };
    let mut fields = clock.split(':');
    let hours = fixed(fields.next()?, 2)?;
    let minutes = fixed(fields.next()?, 2)?;
    let seconds = match fields.next() {
        None => 0.0,
        Some(text) => {
            let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
            fixed(whole, 2).filter(|whole| *whole < 60)?;
            if fraction.is_empty() || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
                return None;
            }
            text.parse::<f64>().ok()?
        }
    };
    if fields.next().is_some() || hours > 23 || minutes > 59 {
        return None;
    }
    Some(midnight + (hours * 3600 + minutes * 60 - offset) as f64 + seconds)
}

/// A number of exactly so many digits.
fn fixed(text: &str, digits: usize) -> Option<i64> {
    let plain = text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit());
    if plain { text.parse().ok() } else { None }
}

fn days_in(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days from 1970-01-01 in the Gregorian calendar, years beginning in March so that leap days come last.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let shifted = if month > 2 { year } else { year - 1 };
    let months = (month + 9) % 12;
    let day_of_year = (153 * months + 2) / 5 + day - 1;
    let leap_days = shifted.div_euclid(4) - shifted.div_euclid(100) + shifted.div_euclid(400);
    shifted * 365 + leap_days + day_of_year - 719_468
}

/// A range of addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Network {
    /// The address it is written with.
    pub(crate) address: IpAddr,
    /// How many leading bits count.
    pub(crate) bits: u32,
}

impl Network {
    /// Reads an address or a CIDR range.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => {
                let plain = (1..=3).contains(&bits.len()) && bits.bytes().all(|byte| byte.is_ascii_digit());
                (
                    address.parse::<IpAddr>().ok()?,
                    Some(if plain { bits.parse::<u32>().ok()? } else { return None }),
                )
            }
            None => (text.parse::<IpAddr>().ok()?, None),
        };
        let most = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.unwrap_or(most);
        let bits = if mutant::on(Mutant::RangesTooWide) { bits.saturating_sub(1) } else { bits };
        (bits <= most).then_some(Self { address, bits })
    }

    /// Whether an address is in it.
    pub(crate) fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address) {
            (IpAddr::V4(range), IpAddr::V4(address)) => {
                let shift = 32 - self.bits;
                u32::from(range).checked_shr(shift).unwrap_or(0)
                    == u32::from(address).checked_shr(shift).unwrap_or(0)
            }
            (IpAddr::V6(range), IpAddr::V6(address)) => {
                let shift = 128 - self.bits;
                u128::from(range).checked_shr(shift).unwrap_or(0)
                    == u128::from(address).checked_shr(shift).unwrap_or(0)
            }
            _ => false,
        }
    }

    /// The first address of the range and, unless the range goes to the end, the first one behind it.
    pub(crate) fn ends(&self) -> (IpAddr, Option<IpAddr>) {
        match self.address {
            IpAddr::V4(address) => {
                let size = 1_u64 << (32 - self.bits);
                let first = u64::from(u32::from(address)) / size * size;
                let behind = u32::try_from(first + size).ok().map(|next| IpAddr::V4(next.into()));
                (IpAddr::V4(u32::try_from(first).unwrap_or(0).into()), behind)
            }
            IpAddr::V6(address) => {
                let shift = 128 - self.bits;
                let prefix = u128::from(address).checked_shr(shift).unwrap_or(0);
                let first = prefix.checked_shl(shift).unwrap_or(0);
                let next = prefix.checked_add(1).and_then(|next| next.checked_shl(shift));
                let behind = next.filter(|next| *next > first);
                (IpAddr::V6(first.into()), behind.map(|next| IpAddr::V6(next.into())))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_in_each_form() {
        let check = |text: &str, expect: Option<f64>| assert_eq!(date(text), expect, "{text}");
        check("0", Some(0.0));
        check("1735689600", Some(1_735_689_600.0));
        check("2025-01-01", Some(1_735_689_600.0));
        check("2025-01-01T00:00:00Z", Some(1_735_689_600.0));
        check("2025-01-01T01:00+01:00", Some(1_735_689_600.0));
        check("2024-12-31T23:30:00.5-00:30", Some(1_735_689_600.5));
        check("2024-02-29", Some(1_709_164_800.0));
        check("2023-02-29", None);
        check("2025-1-1", None);
        check("2025-01-01T00:00:00", None);
        check("2025", Some(2025.0));
        check("soon", None);
        check("", None);
    }

    #[test]
    fn networks_hold_their_addresses() {
        let check = |range: &str, address: &str, expect: bool| {
            let found = Network::read(range).map(|range| range.contains(address.parse().unwrap()));
            assert_eq!(found, Some(expect), "{range} {address}");
        };
        check("10.0.0.1/8", "10.255.255.255", true);
        check("10.0.0.0/8", "11.0.0.0", false);
        check("0.0.0.0/0", "255.1.2.3", true);
        check("::/0", "1.2.3.4", false);
        check("2001:db8::/32", "2001:db8:1::", true);
        assert_eq!(Network::read("10.0.0.0/33"), None);
        assert_eq!(Network::read("10.0.0.0/"), None);
    }

    #[test]
    fn numbers_are_plain_decimals() {
        assert_eq!(number("-1.5"), Some(-1.5));
        for wrong in ["", "1e3", "inf", "NaN", "1.", ".5", "0x1", " 1"] {
            assert_eq!(number(wrong), None, "{wrong}");
        }
    }
}

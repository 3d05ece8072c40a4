//! Numbers, dates, booleans, binary texts and addresses of conditions (2.4). `None` is a value that cannot be
//! read.

use std::net::IpAddr;

/// Optional sign, digits, optional fraction; as 64-bit floating point.
pub(super) fn number(text: &str) -> Option<f64> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (whole, fraction) = match unsigned.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (unsigned, None),
    };
    let written = digits(whole) && fraction.is_none_or(digits);
    if written { text.parse().ok() } else { None }
}

/// Seconds since 1970, as they are, or as a date alone, or as a date with a time and its zone; as 64-bit
/// floating point.
pub(super) fn moment(text: &str) -> Option<f64> {
    if digits(text.strip_prefix(['+', '-']).unwrap_or(text)) {
        return text.parse().ok();
    }
    let Some((date, time)) = text.split_once('T') else {
        // Its midnight, UTC.
        return Some(days(text)? * 86_400.0);
    };
    let (clock, east_of_utc) = if let Some(clock) = time.strip_suffix('Z') {
        (clock, 0)
    } else if let Some((clock, zone)) = time.split_once('+') {
        (clock, zone_minutes(zone)?)
    } else {
        let (clock, zone) = time.split_once('-')?;
        (clock, -zone_minutes(zone)?)
    };
    let (clock, fraction) = match clock.split_once('.') {
        Some((clock, fraction)) if digits(fraction) => (clock, Some(format!("0.{fraction}"))),
        Some(_) => return None,
        None => (clock, None),
    };
    let (hour, minute, second) = match clock.split(':').collect::<Vec<_>>().as_slice() {
        [hour, minute] if fraction.is_none() => (pair(hour, 23)?, pair(minute, 59)?, 0),
        [hour, minute, second] => (pair(hour, 23)?, pair(minute, 59)?, pair(second, 59)?),
        _ => return None,
    };
    let seconds = f64::from((hour * 60 + minute - east_of_utc) * 60 + second);
    let fraction: f64 = fraction.map_or(Ok(0.0), |fraction| fraction.parse()).ok()?;
    Some(days(date)? * 86_400.0 + seconds + fraction)
}

/// The days from 1970-01-01 to `YYYY-MM-DD`.
fn days(date: &str) -> Option<f64> {
    let [year, month, day] = date.split('-').collect::<Vec<_>>()[..] else { return None };
    if year.len() != 4 || !digits(year) {
        return None;
    }
    let (year, month): (i32, i32) = (year.parse().ok()?, pair(month, 12)?);
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let february = if leap { 29 } else { 28 };
    let lengths = [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let before = usize::try_from(month).ok()?.checked_sub(1)?;
    let day = pair(day, *lengths.get(before)?)?;
    if day == 0 {
        return None;
    }
    // The leap years before this one, the year 0 among them.
    let leap_days = (year + 3) / 4 - (year + 99) / 100 + (year + 399) / 400;
    let days_from_year_0_to_1970 = 719_528;
    let months: i32 = lengths.iter().take(before).sum();
    Some(f64::from(year * 365 + leap_days + months + day - 1 - days_from_year_0_to_1970))
}

/// `hh:mm`.
fn zone_minutes(zone: &str) -> Option<i32> {
    let (hours, minutes) = zone.split_once(':')?;
    Some(pair(hours, 23)? * 60 + pair(minutes, 59)?)
}

/// Two digits, up to a greatest value.
fn pair(text: &str, greatest: i32) -> Option<i32> {
    let value = if text.len() == 2 && digits(text) { text.parse().ok() } else { None };
    value.filter(|value| *value <= greatest)
}

fn digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// `true` or `false`, ASCII case folded.
pub(super) fn boolean(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
    }
}

/// Base64, without its trailing `=`.
pub(super) fn binary(text: &str) -> Option<&str> {
    let text = text.trim_end_matches('=');
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/".contains(&byte)).then_some(text)
}

/// Whether an address is in a range, or equal to an address. IPv4 and IPv6 never match each other.
pub(super) fn within(range: &str, address: &str) -> Option<bool> {
    let address: IpAddr = address.parse().ok()?;
    let (network, length) = match range.split_once('/') {
        Some((network, length)) if digits(length) => (network, Some(length.parse::<usize>().ok()?)),
        Some(_) => return None,
        None => (range, None),
    };
    let network = bits(network.parse().ok()?);
    let length = length.unwrap_or(network.len());
    if length > network.len() {
        return None;
    }
    let address = bits(address);
    Some(network.len() == address.len() && network.iter().zip(&address).take(length).all(|(a, b)| a == b))
}

/// The bits of an address, the most significant first.
fn bits(address: IpAddr) -> Vec<bool> {
    let bytes = match address {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets().to_vec(),
    };
    bytes.iter().flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1 == 1)).collect()
}

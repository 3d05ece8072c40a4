//! Pages of IAM: `MaxItems` and `Marker` in, `IsTruncated` and `Marker` out.
//!
//! Markers say what list they are of, and no other list takes them.

use std::ops::Range;

use super::{Call, IamEstate};
use crate::reply::Reply;
use crate::{base64, xml};

/// What part of a list is on the page asked for.
pub(super) struct Page {
    pub(super) range: Range<usize>,
    list: String,
    is_truncated: bool,
}

impl Page {
    /// The page of a list of `count` entries that a call asks for, or the error if it cannot be asked for so.
    pub(super) fn of(
        estate: &IamEstate,
        call: &Call<'_>,
        operation: &str,
        count: usize,
    ) -> Result<Self, Reply> {
        let list = format!("{operation} {}", call.account);
        let wanted = match call.parameter("MaxItems") {
            // https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListUsers.html: 1 to 1,000, or 100.
            None => 100,
            Some(text) => match text.parse() {
                Ok(wanted @ 1..=1_000) => wanted,
                _ => return Err(call.error(400, "ValidationError", "MaxItems is not from 1 to 1000")),
            },
        };
        let start = match call.parameter("Marker") {
            None => 0,
            Some(marker) => match offset(&list, marker).filter(|offset| *offset < count) {
                Some(offset) => offset,
                None => return Err(call.error(400, "ValidationError", "Invalid Marker.")),
            },
        };
        let most = wanted.min(estate.page).max(1);
        let is_short = estate.has_short_pages && (start / most).is_multiple_of(2) && most > 1;
        let end = count.min(start + if is_short { most / 2 } else { most });
        Ok(Self { range: start..end, list, is_truncated: end < count })
    }

    /// The elements that say whether there is more.
    pub(super) fn xml(&self) -> String {
        let truncated = xml::text("IsTruncated", if self.is_truncated { "true" } else { "false" });
        if self.is_truncated {
            truncated + &xml::text("Marker", &marker(&self.list, self.range.end))
        } else {
            truncated
        }
    }
}

/// The marker of a place in a list.
pub(super) fn marker(list: &str, offset: usize) -> String {
    base64::encode(format!("{list} {offset}").as_bytes())
}

/// The place in this list that a marker stands for.
pub(super) fn offset(list: &str, marker: &str) -> Option<usize> {
    let text = String::from_utf8(base64::decode(marker)?).ok()?;
    text.strip_prefix(list)?.strip_prefix(' ')?.parse().ok()
}

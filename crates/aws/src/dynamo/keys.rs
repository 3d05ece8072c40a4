//! Keys of items: whose they are, and how long they may be.

use provost_core::model::Digest;

/// How many bytes a key may have. A partition key could have 2,048, but in an index that of the table is a sort
/// key, and one that does not fit there is refused with its item.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html>, looked at 2026-11-22.
const MOST: usize = 1024;

/// The partition of a record people look up by its own name. One that begins with `#` gets a second one, so
/// that it is never taken for an item of ours.
pub(super) fn named(name: &str) -> String {
    let name = if name.starts_with('#') { format!("#{name}") } else { name.to_owned() };
    bounded(name)
}

/// The partition of items of ours: `#lock/collect/all`.
pub(super) fn ours(kind: &str, name: &str) -> String {
    bounded(format!("#{kind}/{name}"))
}

/// A sort key.
pub(super) fn sort(text: String) -> String {
    bounded(text)
}

/// A key that is too long keeps its beginning, and so its place in the order, and its digest.
fn bounded(text: String) -> String {
    if text.len() <= MOST {
        return text;
    }
    let digest = Digest::of(text.as_bytes()).to_string();
    let mut end = MOST.saturating_sub(digest.len() + 1);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}#{digest}", text.get(..end).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_fit_and_stay_apart() {
        assert_eq!(named("111122223333/anna"), "111122223333/anna");
        assert_eq!(named("#scans"), "##scans");
        assert_eq!(ours("lock", "collect/all"), "#lock/collect/all");
        let (one, other) = ("ü".repeat(1500) + "1", "ü".repeat(1500) + "2");
        assert_ne!(named(&one), named(&other));
        for key in [named(&one), ours("lock", &one)] {
            assert!(key.len() <= MOST && key.len() > MOST - 4, "{}", key.len());
        }
        assert!(sort(one.clone()).len() <= MOST);
        assert!(sort("a".repeat(5_000)) < sort("b".repeat(5_000)));
    }
}

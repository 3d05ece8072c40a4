//! The name somebody may have meant.

/// The longest name that is compared; no name of AWS is longer.
const LONGEST: usize = 100;

/// The known name that takes the fewest changes of a letter to come to, regardless of case, if it is close.
pub(super) fn nearest<'name>(name: &str, known: impl Iterator<Item = &'name str>) -> Option<&'name str> {
    let wanted: Vec<char> = name.chars().take(LONGEST + 1).map(|it| it.to_ascii_lowercase()).collect();
    if wanted.len() > LONGEST {
        return None;
    }
    let most = (wanted.len() / 4).clamp(1, 4);
    known
        .filter(|candidate| candidate.len().abs_diff(wanted.len()) <= most)
        .filter_map(|candidate| {
            let changes = changes(&wanted, candidate);
            (changes <= most).then_some((changes, candidate))
        })
        .min()
        .map(|(_, candidate)| candidate)
}

/// How many letters must be put in, taken out or replaced.
fn changes(wanted: &[char], candidate: &str) -> usize {
    let mut before: Vec<usize> = (0..=wanted.len()).collect();
    for (row, character) in candidate.chars().enumerate() {
        let character = character.to_ascii_lowercase();
        let mut now = Vec::with_capacity(before.len());
        let mut left = row + 1;
        now.push(left);
        for (letter, pair) in wanted.iter().zip(before.windows(2)) {
            let &[diagonal, above] = pair else { continue };
            let replaced = diagonal + usize::from(*letter != character);
            left = replaced.min(above + 1).min(left + 1);
            now.push(left);
        }
        before = now;
    }
    before.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_closest_name_is_found_and_a_far_one_is_not() {
        let known = ["GetObject", "GetObjectAcl", "PutObject", "ListBucket"];
        let check = |name: &str, expect: Option<&str>| {
            assert_eq!(nearest(name, known.into_iter()), expect, "{name}");
        };
        check("GetObjects", Some("GetObject"));
        check("getobjetc", Some("GetObject"));
        check("ListBuckets", Some("ListBucket"));
        check("CreateBucket", None);
        check("", None);
        check(&"a".repeat(1000), None);
    }
}

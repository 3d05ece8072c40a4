//! What was left out, in lines that people read: once for each reason.

use std::collections::BTreeMap;

use crate::model::LeftOut;

/// How many things left out for the same reason are named, and how much of a reason; JSON has all of it.
const NAMED: usize = 4;
const LONGEST: usize = 120;

/// One line for each reason.
#[must_use]
pub fn left_out_lines(left_out: &[LeftOut]) -> Vec<String> {
    let mut by_reason: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for one in left_out {
        by_reason.entry(&one.why).or_default().push(&one.what);
    }
    let line = |(why, what): (&str, Vec<&str>)| {
        let named = what.iter().take(NAMED).copied().collect::<Vec<_>>().join(", ");
        let more = what.len().saturating_sub(NAMED);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let cut: String = why.chars().take(LONGEST).collect();
        let dots = if cut.len() < why.len() { "..." } else { "" };
        format!("left out: {named}{more} ({cut}{dots})")
    };
    by_reason.into_iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_for_each_reason() {
        let left = |what: &str, why: &str| LeftOut { what: what.to_owned(), why: why.to_owned() };
        let mut all: Vec<LeftOut> =
            (1..=6).map(|number| left(&format!("r{number}"), "not asked for")).collect();
        all.push(left("9 types", &"x".repeat(200)));
        let lines = left_out_lines(&all);
        assert_eq!(lines[0], "left out: r1, r2, r3, r4 and 2 more (not asked for)");
        assert!(lines[1].ends_with("x...)") && lines[1].len() < 160, "{}", lines[1]);
    }
}

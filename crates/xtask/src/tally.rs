//! What ran, what was skipped, and what failed.

use std::fmt::Write as _;

/// The counts, by tool or server, in the order they first came up.
pub(crate) struct Tally {
    entries: Vec<Entry>,
    failures: Vec<String>,
    is_ci: bool,
}

struct Entry {
    name: String,
    ran: u32,
    skipped: u32,
    reasons: Vec<String>,
}

impl Tally {
    pub(crate) fn new(is_ci: bool) -> Self {
        Self { entries: Vec::new(), failures: Vec::new(), is_ci }
    }

    /// A check ran.
    pub(crate) fn ran(&mut self, name: &str, check: &str, succeeded: bool) {
        self.entry(name).ran += 1;
        if !succeeded {
            self.failures.push(check.to_owned());
        }
    }

    /// A check was left out, and may be.
    pub(crate) fn skipped(&mut self, name: &str, reason: &str) {
        println!("SKIPPED {name}: {reason}");
        let entry = self.entry(name);
        entry.skipped += 1;
        if !entry.reasons.iter().any(|known| known == reason) {
            entry.reasons.push(reason.to_owned());
        }
    }

    /// A check was left out for want of something. Where nothing may be missing, that is a failure.
    pub(crate) fn missing(&mut self, name: &str, reason: &str) {
        self.skipped(name, reason);
        if self.is_ci {
            self.failures.push(format!("{name} (skipped: {reason})"));
        }
    }

    /// What tests wrote about themselves: `<what>: ran`, or `<what>: <why it was skipped>`, a line each.
    pub(crate) fn read_tests(&mut self, text: &str) {
        for line in text.lines() {
            match line.split_once(": ") {
                Some((name, "ran")) => self.entry(name).ran += 1,
                Some((name, reason)) => self.skipped(name, reason),
                None => {}
            }
        }
    }

    pub(crate) fn is_success(&self) -> bool {
        self.failures.is_empty()
    }

    /// A line for each, then the failures.
    pub(crate) fn report(&self) -> String {
        let mut text = String::new();
        for Entry { name, ran, skipped, reasons } in &self.entries {
            let _ = write!(text, "{name}: {ran} ran, {skipped} skipped");
            if !reasons.is_empty() {
                let _ = write!(text, " ({})", reasons.join("; "));
            }
            text.push('\n');
        }
        for failure in &self.failures {
            let _ = writeln!(text, "FAILED {failure}");
        }
        text
    }

    fn entry(&mut self, name: &str) -> &mut Entry {
        let position = self.entries.iter().position(|entry| entry.name == name).unwrap_or(self.entries.len());
        if position == self.entries.len() {
            self.entries.push(Entry { name: name.to_owned(), ran: 0, skipped: 0, reasons: Vec::new() });
        }
        #[expect(clippy::indexing_slicing, reason = "the line above made it if it was not there")]
        &mut self.entries[position]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(is_ci: bool, fill: impl FnOnce(&mut Tally), expect: &str, success: bool) {
        let mut tally = Tally::new(is_ci);
        fill(&mut tally);
        assert_eq!(tally.report(), expect);
        assert_eq!(tally.is_success(), success);
    }

    #[test]
    fn a_missing_tool_fails_only_where_nothing_may_be_missing() {
        let fill = |tally: &mut Tally| tally.missing("cargo-deny", "not here");
        check(false, fill, "cargo-deny: 0 ran, 1 skipped (not here)\n", true);
        let failed = "cargo-deny: 0 ran, 1 skipped (not here)\nFAILED cargo-deny (skipped: not here)\n";
        check(true, fill, failed, false);
    }

    #[test]
    fn what_tests_say_of_themselves_is_counted_and_never_fails() {
        let said = "MySQL: ran\nMySQL: ran\nreal events: not here\nreal events: not here\n";
        let expect = "MySQL: 2 ran, 0 skipped\nreal events: 0 ran, 2 skipped (not here)\n";
        check(true, |tally| tally.read_tests(said), expect, true);
    }

    #[test]
    fn a_check_that_failed_is_named() {
        let fill = |tally: &mut Tally| {
            tally.ran("clippy", "all features", true);
            tally.ran("clippy", "no features", false);
        };
        check(false, fill, "clippy: 2 ran, 0 skipped\nFAILED no features\n", false);
    }
}

//! Findings as test results in JUnit's XML, for build servers: a rule on a resource is a test.

use std::io::Write;

use super::finding::{found, judged_at_text, title};
use super::junit::escaped;
use crate::model::{Counts, Evaluation, Verdict};
use crate::render::RuleTexts;

/// Writes the results piece by piece. A Fail is a failure, what could not be told an error; what the rule does not
/// speak of is skipped, and so is a Fail under a waiver in force, with the waiver named.
pub struct PostureJunit<W: Write> {
    output: W,
}

impl<W: Write> PostureJunit<W> {
    /// Writes everything before the tests. The format wants the counts first.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub fn new(mut output: W, counts: &Counts) -> std::io::Result<Self> {
        let counts = format!(
            "tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\"",
            counts.total(),
            counts.non_compliant.saturating_sub(counts.waived),
            counts.unknown,
            counts.not_applicable + counts.waived,
        );
        writeln!(output, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
        writeln!(output, "<testsuites {counts}>\n  <testsuite name=\"provost posture\" {counts}>")?;
        Ok(Self { output })
    }

    /// Writes one test.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub fn evaluation(&mut self, evaluation: &Evaluation, rules: &RuleTexts<'_>) -> std::io::Result<()> {
        let (name, class) = (escaped(&evaluation.rule.id), escaped(&evaluation.resource_id));
        write!(self.output, "    <testcase name=\"{name}\" classname=\"{class}\"")?;
        let element = match evaluation.verdict() {
            Verdict::Pass => return writeln!(self.output, "/>"),
            Verdict::Fail if evaluation.is_waived() => "skipped",
            Verdict::Fail => "failure",
            Verdict::Unknown(_) => "error",
            Verdict::NotApplicable => "skipped",
        };
        let rule = rules.get(evaluation);
        let mut message = found(evaluation);
        if let Some(waiver) = &evaluation.waiver {
            let state = if waiver.expired { "waiver expired" } else { "fails; waived until" };
            message = format!("{message} [{state} {}, {}: {}]", waiver.expires, waiver.owner, waiver.reason);
        }
        let mut detail = format!(
            "{} ({})\n{} in {} at {}",
            title(evaluation, rule),
            evaluation.severity,
            evaluation.account,
            evaluation.region,
            judged_at_text(evaluation)
        );
        if let Some(rule) = rule {
            detail.push_str(&format!("\n{}", rule.remediation));
        }
        let (message, detail) = (escaped(&message), escaped(&detail));
        writeln!(
            self.output,
            ">\n      <{element} message=\"{message}\">{detail}</{element}>\n    </testcase>"
        )
    }

    /// Writes the end.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub fn finish(mut self) -> std::io::Result<()> {
        writeln!(self.output, "  </testsuite>\n</testsuites>")?;
        self.output.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::super::finding::samples;
    use super::*;

    #[test]
    fn the_counts_are_those_of_the_elements() {
        let rules = samples::rules();
        let texts = RuleTexts::of(&rules);
        let mut counts = Counts::default();
        samples::all().iter().for_each(|it| counts.add(&it.verdict(), it.is_waived()));
        let mut output = Vec::new();
        let mut junit = PostureJunit::new(&mut output, &counts).unwrap();
        samples::all().iter().for_each(|it| junit.evaluation(it, &texts).unwrap());
        junit.finish().unwrap();
        let text = String::from_utf8(output).unwrap();
        let of = |element: &str| text.matches(&format!("<{element} ")).count();
        assert_eq!((of("testcase"), of("failure"), of("error"), of("skipped")), (9, 3, 3, 2));
        assert!(text.contains(r#"<testsuites tests="9" failures="3" errors="3" skipped="2">"#), "{text}");
        insta::assert_snapshot!("junit", text);
    }
}

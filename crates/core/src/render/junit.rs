//! Test results in the XML that build servers read (JUnit's, as they all understand it).

use std::io::Write;

use crate::policy::{CaseResult, SuiteReport};

/// The name of the case that stands for statements no case needs.
const NEEDED: &str = "every statement is needed by a case";

/// Writes the reports of test files. A case nobody can judge is an error, one that is not as expected a
/// failure; with `strict`, so are statements no case needs.
///
/// # Errors
/// When the output cannot be written.
pub fn write_junit(
    output: &mut dyn Write,
    reports: &[SuiteReport],
    refused: &[(String, String)],
    strict: bool,
) -> std::io::Result<()> {
    writeln!(output, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
    let extra = |report: &SuiteReport| usize::from(strict && !report.not_needed.is_empty());
    let tests: usize = reports.iter().map(|it| it.cases.len() + extra(it)).sum::<usize>() + refused.len();
    let failures: usize = reports.iter().map(|it| it.failed + extra(it)).sum();
    let errors: usize = reports.iter().map(|it| it.unknown).sum::<usize>() + refused.len();
    writeln!(output, "<testsuites tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\">")?;
    for report in reports {
        let file = escaped(&report.file);
        writeln!(
            output,
            "  <testsuite name=\"{file}\" tests=\"{}\" failures=\"{}\" errors=\"{}\">",
            report.cases.len() + extra(report),
            report.failed + extra(report),
            report.unknown
        )?;
        for case in &report.cases {
            let line = case.line.map(|line| format!(" line=\"{line}\"")).unwrap_or_default();
            let begin = format!("    <testcase name=\"{}\" classname=\"{file}\"{line}", escaped(&case.name));
            let mut detail = String::new();
            if let Some(counterexample) = &case.counterexample {
                detail = format!("{}\n", counterexample.request);
                for statement in &counterexample.allowed_by {
                    detail.push_str(&format!("allowed by {statement}\n"));
                }
            }
            for statement in &case.deciding {
                detail.push_str(&format!("decided by {statement}\n"));
            }
            let element = match case.result {
                CaseResult::Pass => {
                    writeln!(output, "{begin}/>")?;
                    continue;
                }
                CaseResult::Fail => "failure",
                CaseResult::Unknown => "error",
            };
            let message = escaped(&case.reason);
            let detail = escaped(&detail);
            writeln!(
                output,
                "{begin}>\n      <{element} message=\"{message}\">{detail}</{element}>\n    </testcase>"
            )?;
        }
        if extra(report) == 1 {
            let places: Vec<String> = report.not_needed.iter().map(ToString::to_string).collect();
            writeln!(output, "    <testcase name=\"{NEEDED}\" classname=\"{file}\">")?;
            writeln!(
                output,
                "      <failure message=\"no case needs {}\">{}</failure>\n    </testcase>",
                if places.len() == 1 {
                    "1 statement".to_owned()
                } else {
                    format!("{} statements", places.len())
                },
                escaped(&places.join("\n"))
            )?;
        }
        writeln!(output, "  </testsuite>")?;
    }
    for (file, problem) in refused {
        let (file, problem) = (escaped(file), escaped(problem));
        writeln!(output, "  <testsuite name=\"{file}\" tests=\"1\" failures=\"0\" errors=\"1\">")?;
        writeln!(output, "    <testcase name=\"the file can be read\" classname=\"{file}\">")?;
        writeln!(output, "      <error message=\"{problem}\"/>\n    </testcase>\n  </testsuite>")?;
    }
    writeln!(output, "</testsuites>")
}

/// Text for XML. What XML cannot hold at all becomes a question mark.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' | '\t' => out.push(letter),
            '\u{fffe}' | '\u{ffff}' => out.push('?'),
            letter if letter.is_control() => out.push('?'),
            letter => out.push(letter),
        }
    }
    out
}

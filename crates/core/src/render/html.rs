//! One HTML file that needs nothing else and opens at any size.
//!
//! The page holds the data as JSON in a `<script type="application/json">` and draws only what is seen.
//! The data is written piece by piece; `<` never stands in it, so nothing in it can end the element.

use std::collections::BTreeMap;
use std::io::Write;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::posture::posture_summary;
use crate::job::report::PostureSummary;
use crate::model::{Digest, Evaluation, LeftOut, Violation, rfc3339};
use crate::posture::PostureRule;

const PAGE: &str = include_str!("report.html");
const STYLE: &str = include_str!("report.css");
const SCRIPT: &str = include_str!("report.js");

/// What the page tells of a rule.
#[derive(Debug, serde::Serialize)]
pub struct RuleNote<'a> {
    id: &'a str,
    title: &'a str,
    severity: &'a str,
    resource_type: &'a str,
    description: &'a str,
    remediation: &'a str,
    origin: String,
    frameworks: &'a BTreeMap<String, Vec<String>>,
}

impl<'a> From<&'a PostureRule> for RuleNote<'a> {
    fn from(rule: &'a PostureRule) -> Self {
        Self {
            id: &rule.stamp.id,
            title: &rule.title,
            severity: rule.severity.as_str(),
            resource_type: &rule.resource_type,
            description: &rule.description,
            remediation: &rule.remediation,
            origin: rule.stamp.origin.to_string(),
            frameworks: &rule.frameworks,
        }
    }
}

/// Writes the page: begin, then any of posture, violations and access (with what became of users)
/// in this order, then the end.
pub struct HtmlReport<W: Write> {
    output: W,
    tail: &'static str,
}

impl<W: Write> HtmlReport<W> {
    /// Writes everything before the parts.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub fn new(
        mut output: W,
        title: &str,
        now: Timestamp,
        catalog: &Digest,
        covered: &[String],
        left_out: &[LeftOut],
    ) -> std::io::Result<Self> {
        let (head, tail) = PAGE.split_once("{{data}}").unwrap_or((PAGE, ""));
        let head = head.replace("{{title}}", &escaped(title)).replace("/*{{css}}*/", STYLE);
        output.write_all(head.as_bytes())?;
        let part = |take: fn(&str) -> Option<&str>| {
            let mut parts: Vec<&str> = covered.iter().filter_map(|place| take(place)).collect();
            parts.sort_unstable();
            parts.dedup();
            json!(parts)
        };
        let scope = json!({
            "accounts": part(|place| place.split('/').next()),
            "regions": part(|place| place.split('/').nth(1)),
            "left_out": left_out,
        });
        let opening = json!({
            "schema": 1,
            "title": title,
            "generated_at": rfc3339(now),
            "provost_version": env!("CARGO_PKG_VERSION"),
            "catalog_digest": catalog,
            "scope": scope,
        });
        // The object stays open: the parts are its further members.
        let opening = opening.to_string();
        output.write_all(without_angle(opening.strip_suffix('}').unwrap_or(&opening)).as_bytes())?;
        Ok(Self { output, tail })
    }

    /// Writes the posture part's beginning; evaluations follow.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub fn posture(&mut self, summary: &PostureSummary, rules: &[RuleNote<'_>]) -> std::io::Result<()> {
        let opening = format!(
            ",\"posture\":{{\"summary\":{},\"rules\":{},\"evaluations\":[",
            posture_summary(summary),
            json!(rules)
        );
        self.output.write_all(without_angle(&opening).as_bytes())
    }

    /// Writes one item of the list that is open.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub fn item(&mut self, item: &Value, is_first: bool) -> std::io::Result<()> {
        if !is_first {
            self.output.write_all(b",\n")?;
        }
        self.output.write_all(without_angle(&item.to_string()).as_bytes())
    }

    /// Ends the posture part.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub fn end_posture(&mut self) -> std::io::Result<()> {
        self.output.write_all(b"]}")
    }

    /// Writes a member of the page's data at once.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub fn member(&mut self, name: &str, value: &Value) -> std::io::Result<()> {
        write!(self.output, ",\"{name}\":")?;
        self.output.write_all(without_angle(&value.to_string()).as_bytes())
    }

    /// Begins the list `violations`, `access` or `access_missing`; items follow.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub fn list(&mut self, name: &str) -> std::io::Result<()> {
        write!(self.output, ",\"{name}\":[")
    }

    /// Ends the list that is open.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub fn end_list(&mut self) -> std::io::Result<()> {
        self.output.write_all(b"]")
    }

    /// Writes the end of the page.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub fn finish(mut self) -> std::io::Result<()> {
        self.output.write_all(b"}")?;
        self.output.write_all(self.tail.replace("/*{{js}}*/", SCRIPT).as_bytes())?;
        self.output.flush()
    }

    /// An evaluation as the page shows it.
    #[must_use]
    pub fn evaluation(evaluation: &Evaluation) -> Value {
        json!({
            "resource_id": evaluation.resource_id,
            "resource_type": evaluation.resource_type,
            "account": evaluation.account,
            "region": evaluation.region,
            "rule": evaluation.rule.id,
            "verdict": evaluation.verdict,
            "severity": evaluation.severity,
            "reason": evaluation.reason,
            "evidence": evaluation.evidence,
            "waiver": evaluation.waiver,
        })
    }

    /// A violation as the page shows it.
    #[must_use]
    pub fn violation(violation: &Violation) -> Value {
        json!(violation)
    }
}

/// JSON may write any character as an escape; `<` must be, inside a script element.
fn without_angle(json: &str) -> String {
    json.replace('<', "\\u003c")
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_template_has_each_marker_once_and_its_parts_have_none() {
        for marker in ["{{title}}", "{{data}}", "/*{{css}}*/", "/*{{js}}*/"] {
            assert_eq!(PAGE.matches(marker).count(), 1, "{marker}");
        }
        assert!(
            PAGE.find("{{title}}") < PAGE.find("{{data}}")
                && PAGE.find("/*{{css}}*/") < PAGE.find("{{data}}")
        );
        assert!(PAGE.find("{{data}}") < PAGE.find("/*{{js}}*/"));
        for part in [STYLE, SCRIPT] {
            assert!(!part.contains("{{") && !part.contains("</script") && !part.contains("<!--"));
        }
        assert!(
            !PAGE.contains("http://") && !PAGE.contains("https://") && !STYLE.contains("url("),
            "no remote asset"
        );
    }

    #[test]
    fn data_cannot_leave_its_element_and_is_json() {
        let mut output = Vec::new();
        let left_out = [LeftOut { what: "a".to_owned(), why: "</script>".to_owned() }];
        let covered = ["111122223333/global".to_owned(), "111122223333/eu-central-1".to_owned()];
        let now = "2026-11-22T00:00:00Z".parse().unwrap();
        let digest = Digest::of(b"");
        let mut page = HtmlReport::new(&mut output, "<T>", now, &digest, &covered, &left_out).unwrap();
        page.list("violations").unwrap();
        page.item(&json!({"title": "</script><!--{{css}}"}), true).unwrap();
        page.item(&json!({"title": "b"}), false).unwrap();
        page.end_list().unwrap();
        page.finish().unwrap();
        let text = String::from_utf8(output).unwrap();
        let (_, rest) = text.split_once("id=\"data\">").unwrap();
        let (data, rest) = rest.split_once("</script>").unwrap();
        let data: Value = serde_json::from_str(data).unwrap();
        assert_eq!(data["violations"][0]["title"], "</script><!--{{css}}");
        assert_eq!(data["scope"]["left_out"][0]["why"], "</script>");
        assert_eq!(data["scope"]["regions"], json!(["eu-central-1", "global"]));
        assert_eq!(data["title"], "<T>");
        assert_eq!(rest.matches("</script>").count(), 1, "only the page's own script follows");
    }
}

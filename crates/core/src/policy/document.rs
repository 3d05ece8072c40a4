//! A policy document as people have it: plain, encoded, or inside an answer of the AWS CLI; and on which lines
//! of their file each statement stands.

use std::collections::BTreeMap;

use provost_iam::locate::Located;
use provost_iam::{Policy, PolicyError, percent_decode};
use serde::Serialize;
use serde_json::value::RawValue;

/// How often a document may be wrapped.
const MAX_WRAPPINGS: usize = 4;

/// Where answers of the AWS CLI hold a policy document.
const MEMBERS: [&[&str]; 13] = [
    &["PolicyVersion", "Document"],
    &["PolicyDocument"],
    &["AssumeRolePolicyDocument"],
    &["Role", "AssumeRolePolicyDocument"],
    // `organizations describe-policy`.
    &["Policy", "Content"],
    &["Policy", "PolicyDocument"],
    &["Policy"],
    &["Attributes", "Policy"],
    &["ResourcePolicy"],
    &["policyText"],
    &["policy"],
    &["RegistryPolicy"],
    &["Document"],
];

/// A policy document and where it stands in its file.
#[derive(Debug, Clone)]
pub struct Document {
    /// What it was taken out of, outermost first: `the member PolicyDocument`, `URL encoding`.
    pub unwrapped: Vec<String>,
    located: Located,
    begins: Begins,
}

/// How lines of the document become lines of its file.
#[derive(Debug, Clone, Copy)]
enum Begins {
    /// It stands there as it is, its first line being this one.
    OnLine(usize),
    /// It is encoded, all on this line.
    Within(usize),
}

/// The first and the last line, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Lines(pub usize, pub usize);

impl std::fmt::Display for Lines {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self(first, last) = self;
        if first == last { write!(out, "line {first}") } else { write!(out, "lines {first}-{last}") }
    }
}

/// Why a text is not a policy document.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct DocumentError {
    /// The line of the file, from 1.
    pub line: usize,
    /// The field, and what is wrong with it.
    pub problem: String,
}

impl Document {
    /// Reads a document, unwrapping it where it is wrapped.
    ///
    /// # Errors
    /// [`DocumentError`] names the line and the field.
    pub fn read(text: &str) -> Result<Self, DocumentError> {
        let mut unwrapped = Vec::new();
        let mut text = text.trim_start_matches('\u{feff}').to_owned();
        let mut begins = Begins::OnLine(1);
        for _ in 0..=MAX_WRAPPINGS {
            let skipped = text.len() - text.trim_start().len();
            begins = begins.moved(&text, skipped);
            text = text.trim().to_owned();
            let wrong = |line: usize, problem: String| DocumentError { line: begins.line(line), problem };
            if text.is_empty() {
                return Err(wrong(1, "is empty".to_owned()));
            }
            if !text.starts_with(['{', '[', '"']) && text.contains('%') {
                let decoded = percent_decode(&text);
                text = decoded.ok_or_else(|| wrong(1, "its URL-encoded bytes are not UTF-8".to_owned()))?;
                unwrapped.push("URL encoding".to_owned());
                begins = Begins::Within(begins.line(1));
                continue;
            }
            if text.starts_with('"') {
                text = serde_json::from_str(&text).map_err(|error| begins.not_json(&error))?;
                unwrapped.push("a JSON string".to_owned());
                begins = Begins::Within(begins.line(1));
                continue;
            }
            if !text.starts_with('{') {
                // Says whether it is JSON at all.
                serde_json::from_str::<&RawValue>(&text).map_err(|error| begins.not_json(&error))?;
                return Err(wrong(1, "the document is not an object".to_owned()));
            }
            let members: BTreeMap<String, &RawValue> =
                serde_json::from_str(&text).map_err(|error| begins.not_json(&error))?;
            if members.contains_key("Statement") {
                let located = Located::new(&text).map_err(|error| begins.located(&text, &error))?;
                return Ok(Self { unwrapped, located, begins });
            }
            let Some((name, inner)) = member(&members) else {
                return Err(wrong(
                    1,
                    "has no `Statement`, nor a member that holds a policy document, such as `PolicyDocument`"
                        .to_owned(),
                ));
            };
            begins = begins.moved(&text, offset(&text, inner));
            unwrapped.push(format!("the member {name}"));
            text = inner.to_owned();
        }
        Err(DocumentError { line: begins.line(1), problem: "it is wrapped too often".to_owned() })
    }

    /// The policy.
    #[must_use]
    pub fn policy(&self) -> &Policy {
        &self.located.policy
    }

    /// The lines of a statement in the file.
    #[must_use]
    pub fn lines(&self, statement: usize) -> Lines {
        Lines(
            self.begins.line(self.located.line_of(statement)),
            self.begins.line(self.located.end_line_of(statement)),
        )
    }
}

impl Begins {
    /// The line of the file for a line of the document.
    fn line(self, line: usize) -> usize {
        match self {
            Self::OnLine(first) => first + line.saturating_sub(1),
            Self::Within(line) => line,
        }
    }

    /// After so many bytes of `text` were skipped.
    fn moved(self, text: &str, bytes: usize) -> Self {
        let skipped = text.bytes().take(bytes).filter(|byte| *byte == b'\n').count();
        match self {
            Self::OnLine(first) => Self::OnLine(first + skipped),
            within @ Self::Within(_) => within,
        }
    }

    fn not_json(self, error: &serde_json::Error) -> DocumentError {
        let column = match self {
            Self::OnLine(_) => format!(" at column {}", error.column()),
            Self::Within(_) => String::new(),
        };
        DocumentError { line: self.line(error.line()), problem: format!("is not JSON{column}") }
    }

    fn located(self, text: &str, error: &PolicyError) -> DocumentError {
        let (line, problem) = match error {
            PolicyError::NotJson { line, column } => (*line, format!("is not JSON at column {column}")),
            PolicyError::Element { path, .. } => (line_of_element(text, path), error.to_string()),
            PolicyError::Twice { path, line } => (*line, format!("`{path}` is there twice")),
            PolicyError::TooDeep { line } => (*line, "is nested too deep".to_owned()),
            PolicyError::TooLong { .. } | PolicyError::Encoding(_) => (1, error.to_string()),
        };
        DocumentError { line: self.line(line), problem }
    }
}

/// The member that holds a document, by name and as text.
fn member<'text>(members: &BTreeMap<String, &'text RawValue>) -> Option<(String, &'text str)> {
    MEMBERS.iter().find_map(|path| {
        let (first, rest) = path.split_first()?;
        let mut inner = members.get(*first)?.get();
        for name in rest {
            let members: BTreeMap<String, &RawValue> = serde_json::from_str(inner).ok()?;
            inner = members.get(*name)?.get();
        }
        // `iam get-policy` has a `Policy` without the document; go on looking.
        let holds = match serde_json::from_str::<BTreeMap<String, &RawValue>>(inner) {
            Ok(members) => members.contains_key("Statement") || member(&members).is_some(),
            Err(_) => serde_json::from_str::<String>(inner)
                .is_ok_and(|text| percent_decode(&text).is_some_and(|text| text.contains("Statement"))),
        };
        holds.then(|| (path.join("."), inner))
    })
}

/// Where a part of a text begins in it.
fn offset(text: &str, part: &str) -> usize {
    part.as_ptr().addr().saturating_sub(text.as_ptr().addr())
}

/// The line an element such as `Statement[1].Action` stands on, or what should hold it, from 1.
fn line_of_element(text: &str, path: &str) -> usize {
    let mut here = text;
    let mut rest = path;
    while !rest.is_empty() {
        let next = if let Some(after) = rest.strip_prefix('[') {
            let Some((number, after)) = after.split_once(']') else { break };
            let items: Vec<&RawValue> = serde_json::from_str(here).unwrap_or_default();
            rest = after;
            // A single statement may stand without a list.
            match (number.parse::<usize>().ok().and_then(|index| items.get(index)), items.is_empty()) {
                (Some(item), _) => Some(item.get()),
                (None, true) => Some(here),
                (None, false) => None,
            }
        } else {
            let members: BTreeMap<String, &RawValue> = serde_json::from_str(here).unwrap_or_default();
            let plain = rest.strip_prefix('.').unwrap_or(rest);
            // Names may hold dots, so the longest that fits is meant.
            let found = members
                .iter()
                .filter(|(name, _)| {
                    plain
                        .strip_prefix(name.as_str())
                        .is_some_and(|after| after.is_empty() || after.starts_with(['.', '[']))
                })
                .max_by_key(|(name, _)| name.len());
            found.map(|(name, value)| {
                rest = plain.strip_prefix(name.as_str()).unwrap_or_default();
                value.get()
            })
        };
        match next {
            Some(part) => here = part,
            None => break,
        }
    }
    text.bytes().take(offset(text, here)).filter(|byte| *byte == b'\n').count() + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: &str = "{\n  \"Statement\": [\n    {\"Effect\": \"Allow\", \"Action\": \"s3:GetObject\", \"Resource\": \"*\"},\n    {\n      \"Effect\": \"Deny\",\n      \"Action\": \"*\",\n      \"Resource\": \"*\"\n    }\n  ]\n}\n";

    #[test]
    fn documents_are_taken_out_of_what_aws_wraps_them_in() {
        let check = |text: &str, unwrapped: &[&str], second: Lines| {
            let document = Document::read(text).unwrap();
            assert_eq!(document.unwrapped, unwrapped, "{text}");
            assert_eq!(document.policy().statements.len(), 2);
            assert_eq!(document.lines(1), second, "{text}");
        };
        let escaped = serde_json::to_string(PLAIN).unwrap();
        let encoded: String = PLAIN.bytes().map(|byte| format!("%{byte:02x}")).collect();
        check(PLAIN, &[], Lines(4, 8));
        check(&format!("\u{feff}\n\n{PLAIN}"), &[], Lines(6, 10));
        check(&escaped, &["a JSON string"], Lines(1, 1));
        check(&encoded, &["URL encoding"], Lines(1, 1));
        check(
            &format!("{{\n\"RoleName\": \"x\",\n\"PolicyDocument\": {PLAIN}}}"),
            &["the member PolicyDocument"],
            Lines(6, 10),
        );
        check(&format!("{{\n\"Policy\": {escaped}}}"), &["the member Policy", "a JSON string"], Lines(2, 2));
        check(
            &format!("{{\"PolicyVersion\": {{\n\"Document\": {PLAIN}}}}}"),
            &["the member PolicyVersion.Document"],
            Lines(5, 9),
        );
        check(
            &format!("{{\"Role\": {{\"AssumeRolePolicyDocument\": \"{encoded}\"}}}}"),
            &["the member Role.AssumeRolePolicyDocument", "a JSON string", "URL encoding"],
            Lines(1, 1),
        );
        check(
            &format!("{{\"Policy\": {{\"PolicySummary\": {{}}, \"Content\": {escaped}}}}}"),
            &["the member Policy.Content", "a JSON string"],
            Lines(1, 1),
        );
    }

    #[test]
    fn what_is_none_is_named_with_line_and_field() {
        let check =
            |text: &str, expect: &str| assert_eq!(Document::read(text).unwrap_err().to_string(), expect);
        check("", "line 1: is empty");
        check("hello", "line 1: is not JSON at column 1");
        check("[]", "line 1: the document is not an object");
        check("{\n \"Statement\": [\n{}, ]}", "line 3: is not JSON at column 5");
        check(
            "{\"Policy\": {\"Arn\": \"x\"}}",
            "line 1: has no `Statement`, nor a member that holds a policy document, such as `PolicyDocument`",
        );
        check(
            "{\n \"Statement\": [\n {\"Effect\": \"Allow\", \"Action\": \"*\"},\n {\"Effect\":\n \"Never\"}]}",
            "line 5: `Statement[1].Effect` is neither Allow nor Deny",
        );
        check(
            "{\n \"Statement\":\n {\"Effect\": \"Allow\", \"Resource\": \"*\"}}",
            "line 3: `Statement[0].Action` is missing",
        );
        check(
            "{\"Statement\": {\"Effect\": \"Allow\", \"Action\": \"*\",\n\"Condition\": {\"StringEquals\":\n {\"aws:a.b\":\n {}}}}}",
            "line 4: `Statement[0].Condition.StringEquals.aws:a.b` holds something that is not text",
        );
    }
}

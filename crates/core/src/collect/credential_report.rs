//! The IAM credential report: a CSV inside base64 inside JSON.

use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

/// The column of a row that says when the report was generated. AWS says it once, beside the rows.
pub(super) const GENERATED_TIME: &str = "report_generated_time";

/// The rows of a report by user, and when it was generated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct CredentialReport {
    pub(super) generated: String,
    rows: HashMap<String, Value>,
}

impl CredentialReport {
    /// Decodes the answer of `iam get-credential-report`.
    ///
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_getting-report.html>
    pub(super) fn decode(response: &Value) -> Result<Self, String> {
        let content = response.get("Content").and_then(Value::as_str).ok_or("it has no `Content`")?;
        let bytes = STANDARD.decode(content.trim()).map_err(|_| "its `Content` is not base64".to_owned())?;
        let mut reader = csv::ReaderBuilder::new().from_reader(bytes.as_slice());
        let headers = reader.headers().map_err(|_| "its CSV has no header".to_owned())?.clone();
        if !headers.iter().any(|name| name == "user") {
            return Err("its CSV has no column `user`".to_owned());
        }
        let generated = response.get("GeneratedTime").and_then(Value::as_str).unwrap_or("unknown time");
        let mut rows = HashMap::new();
        for record in reader.records() {
            let record = record.map_err(|error| match error.position() {
                Some(position) => format!("its CSV is damaged at line {}", position.line()),
                None => "its CSV is damaged".to_owned(),
            })?;
            let pairs = headers.iter().zip(&record);
            let pairs = pairs.map(|(name, value)| (name.to_owned(), Value::from(value)));
            let time = (GENERATED_TIME.to_owned(), Value::from(generated));
            let row: Map<_, _> = pairs.chain([time]).collect();
            if let Some(Value::String(user)) = row.get("user").cloned() {
                rows.insert(user, Value::Object(row));
            }
        }
        Ok(Self { generated: generated.to_owned(), rows })
    }

    pub(super) fn row(&self, user: &str) -> Option<&Value> {
        self.rows.get(user)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn decode(csv: &str) -> Result<CredentialReport, String> {
        CredentialReport::decode(
            &json!({"Content": STANDARD.encode(csv), "GeneratedTime": "2026-11-22T00:00:00Z"}),
        )
    }

    #[test]
    fn rows_are_found_by_user() {
        let report = decode("user,mfa_active\n<root_account>,true\nanna,false\n").unwrap();
        assert_eq!(
            report.row("anna"),
            Some(&json!({
                "user": "anna", "mfa_active": "false", "report_generated_time": "2026-11-22T00:00:00Z",
            }))
        );
        assert!(report.row("<root_account>").is_some());
        assert_eq!(report.row("ann"), None);
    }

    #[test]
    fn damage_is_named() {
        assert_eq!(decode("name\nx\n").unwrap_err(), "its CSV has no column `user`");
        assert_eq!(decode("user,a\nx\n").unwrap_err(), "its CSV is damaged at line 2");
        assert!(CredentialReport::decode(&json!({"Content": "%"})).unwrap_err().contains("base64"));
        assert!(CredentialReport::decode(&json!({})).is_err());
    }

    proptest! {
        #[test]
        fn any_content_is_answered(text in any::<String>()) {
            let _ = decode(&text);
            let _ = CredentialReport::decode(&json!({"Content": text}));
        }
    }
}

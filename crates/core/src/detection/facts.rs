//! What a violation tells of its event.

use serde_json::Value;

use crate::model::{Arn, Outcome};

/// The members of a record that are kept with a violation, read tolerantly.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventFacts {
    /// `eventID`.
    pub event_id: Option<String>,
    /// `eventName`.
    pub event_name: Option<String>,
    /// `eventSource`.
    pub event_source: Option<String>,
    /// `eventTime`.
    pub event_time: Option<String>,
    /// `errorCode`, or `Failure` for a console login that failed (which has none).
    pub error_code: Option<String>,
    /// The account it happened in: `recipientAccountId`, else the caller's.
    pub account: Option<String>,
    /// `awsRegion`.
    pub region: Option<String>,
    /// Who: the ARN, else the service that called, else the principal id.
    pub principal: Option<String>,
    /// The role behind an assumed-role session.
    pub session_issuer: Option<String>,
    /// `sourceIPAddress`.
    pub source_ip: Option<String>,
    /// `userAgent`.
    pub user_agent: Option<String>,
}

impl EventFacts {
    /// Reads a record.
    #[must_use]
    pub fn of(event: &Value) -> Self {
        let text = |pointer: &str| {
            event.pointer(pointer).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned)
        };
        let login_failed = (text("/responseElements/ConsoleLogin").as_deref() == Some("Failure"))
            .then(|| "Failure".to_owned());
        // Present is present, also where it is no text.
        let odd_code = || {
            let code = event.get("errorCode").filter(|code| !code.is_null() && !code.is_string())?;
            Some(code.to_string())
        };
        Self {
            event_id: text("/eventID"),
            event_name: text("/eventName"),
            event_source: text("/eventSource"),
            event_time: text("/eventTime"),
            error_code: text("/errorCode").or_else(odd_code).or(login_failed),
            account: text("/recipientAccountId").or_else(|| text("/userIdentity/accountId")),
            region: text("/awsRegion"),
            principal: text("/userIdentity/arn")
                .or_else(|| text("/userIdentity/invokedBy"))
                .or_else(|| text("/userIdentity/principalId")),
            session_issuer: text("/userIdentity/sessionContext/sessionIssuer/arn"),
            source_ip: text("/sourceIPAddress"),
            user_agent: text("/userAgent"),
        }
    }

    /// `attempted` when the call failed.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        if self.error_code.is_some() { Outcome::Attempted } else { Outcome::Done }
    }

    /// Whether a pattern covers who acted: the caller itself or the role behind its session.
    #[must_use]
    pub fn is_by(&self, pattern: &Arn) -> bool {
        let arns = [&self.principal, &self.session_issuer];
        arns.into_iter().flatten().filter_map(|text| Arn::parse(text).ok()).any(|arn| pattern.covers(&arn))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn failures_are_attempts() {
        let outcome = |event: Value| EventFacts::of(&event).outcome();
        assert_eq!(outcome(json!({"eventName": "A"})), Outcome::Done);
        assert_eq!(outcome(json!({"errorCode": null})), Outcome::Done);
        assert_eq!(outcome(json!({"errorCode": "AccessDenied"})), Outcome::Attempted);
        assert_eq!(outcome(json!({"errorCode": 403})), Outcome::Attempted);
        assert_eq!(outcome(json!({"responseElements": {"ConsoleLogin": "Failure"}})), Outcome::Attempted);
        assert_eq!(outcome(json!({"responseElements": {"ConsoleLogin": "Success"}})), Outcome::Done);
    }

    #[test]
    fn odd_records_are_read_without_complaint() {
        for event in
            [json!(null), json!([]), json!({"userIdentity": "x", "eventID": 7, "requestParameters": null})]
        {
            assert_eq!(EventFacts::of(&event).event_id, None);
        }
    }

    #[test]
    fn a_session_is_also_by_its_role() {
        let facts = EventFacts::of(&json!({"userIdentity": {
            "arn": "arn:aws:sts::111122223333:assumed-role/Deploy/ci",
            "sessionContext": {"sessionIssuer": {"arn": "arn:aws:iam::111122223333:role/Deploy"}}}}));
        assert!(facts.is_by(&Arn::parse("arn:aws:iam::111122223333:role/Deploy").unwrap()));
        assert!(facts.is_by(&Arn::parse("arn:aws:sts::111122223333:assumed-role/Deploy/*").unwrap()));
        assert!(!facts.is_by(&Arn::parse("arn:aws:iam::111122223333:role/Dep").unwrap()));
    }
}

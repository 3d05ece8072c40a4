//! Things to keep, small and whole.

use jiff::Timestamp;
use serde_json::json;

use crate::model::{
    Access, AccountId, Action, Digest, Evaluation, EventSourcePosition, IamUser, Judged, Origin, Outcome,
    PasswordLastUsed, Resource, RuleStamp, Severity, Violation,
};
use crate::port::Message;

pub(super) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(super) fn far() -> Timestamp {
    at("2100-01-01T00:00:00Z")
}

pub(super) fn account(text: &str) -> AccountId {
    AccountId::parse(text).unwrap()
}

fn stamp(rule: &str) -> RuleStamp {
    RuleStamp { id: rule.to_owned(), hash: Digest::of(rule.as_bytes()), origin: Origin::BuiltIn }
}

pub(super) fn resource(id: &str, owner: &str) -> Resource {
    Resource {
        resource_type: "AWS::S3::Bucket".to_owned(),
        id: id.to_owned(),
        account: account(owner),
        region: "global".to_owned(),
        document: json!({"Name": id}),
        unread: Vec::new(),
        evidence: vec![Digest::of(id.as_bytes())],
        seen_at: at("2026-11-22T00:00:00Z"),
    }
}

pub(super) fn evaluation(resource: &str, rule: &str, time: &str, execution: &str) -> Evaluation {
    evaluation_in("111122223333", resource, rule, time, execution)
}

pub(super) fn evaluation_in(
    owner: &str,
    resource: &str,
    rule: &str,
    time: &str,
    execution: &str,
) -> Evaluation {
    Evaluation {
        schema: Evaluation::SCHEMA,
        resource_id: resource.to_owned(),
        evaluation_timestamp: Evaluation::timestamp_key(at(time), rule),
        resource_type: "AWS::S3::Bucket".to_owned(),
        account: account(owner),
        region: "global".to_owned(),
        rule: stamp(rule),
        severity: Severity::High,
        verdict: "fail".to_owned(),
        reason: Some("because".to_owned()),
        evidence: vec![Digest::of(resource.as_bytes())],
        waiver: None,
        execution_id: execution.to_owned(),
    }
}

pub(super) fn user(owner: &str, name: &str, scan: &str) -> IamUser {
    IamUser {
        schema: IamUser::SCHEMA,
        user_name: format!("{owner}/{name}"),
        scan_timestamp: crate::model::rfc3339_nanos(at(scan)),
        name: name.to_owned(),
        account: account(owner),
        user_id: Some("AIDAEXAMPLE".to_owned()),
        arn: format!("arn:aws:iam::{owner}:user/{name}"),
        create_date: None,
        password_last_used: PasswordLastUsed::NoPassword,
        console_access: Some(false),
        mfa: None,
        access_keys: Some(Vec::new()),
        groups: None,
        attached_policies: Some(Vec::new()),
        inline_policies: Some(Vec::new()),
        permissions_boundary: Some(Vec::new()),
        mfa_devices: None,
        tags: Some([("team".to_owned(), "a".to_owned())].into()),
        credential_report_time: None,
        access: Access { administrator: Judged::No, ..Access::default() },
        evidence: vec![Digest::of(name.as_bytes())],
    }
}

pub(super) fn violation(rule: &str, event: &str, time: &str) -> Violation {
    Violation {
        schema: Violation::SCHEMA,
        id: Violation::id_of(rule, event, Some("111122223333"), Some(time)),
        rule: stamp(rule),
        title: rule.to_owned(),
        severity: Severity::High,
        action: Action::Alert,
        outcome: Outcome::Done,
        event_id: event.to_owned(),
        event_name: Some("CreateUser".to_owned()),
        event_source: Some("iam.amazonaws.com".to_owned()),
        event_time: Some(time.to_owned()),
        error_code: None,
        account: Some("111122223333".to_owned()),
        region: Some("us-east-1".to_owned()),
        principal: None,
        source_ip: None,
        user_agent: None,
        source: EventSourcePosition { file: "a.json".to_owned(), position: 12, record: 1 },
        evidence: Digest::of(event.as_bytes()),
        facts: [("grants_admin".to_owned(), json!("yes"))].into(),
        suppressed: None,
    }
}

pub(super) fn message(id: &str) -> Message {
    Message {
        id: id.to_owned(),
        subject: format!("[HIGH] {id}"),
        text: format!("Something about {id}.\nAnd \"more\" – of it."),
        body: json!({"schema": 1, "id": id, "kind": "non-compliant", "resources": ["arn:aws:s3:::ä"]}),
        attributes: [("kind", "non-compliant"), ("severity", "high")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into(),
    }
}

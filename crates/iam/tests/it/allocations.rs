//! A plain decision allocates nothing, whatever the request meets.

use provost_iam::decide::{Asked, Engine};
use provost_iam::layers::Layers;
use provost_iam::scenario::{LayersText, RequestText};
use serde_json::json;

#[test]
fn a_plain_decision_allocates_nothing() {
    let layers: LayersText = serde_json::from_value(json!({
        "identity": {"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "NotAction": "iam:*", "NotResource": "arn:aws:s3:::closed*"},
            {"Effect": "Allow", "Action": "s3:?et*", "Resource": "arn:aws:s3:::*/${aws:PrincipalTag/team, 'x'}/*",
                "Condition": {
                    "StringEqualsIgnoreCase": {"aws:PrincipalTag/Team": ["Payments", "${aws:username}"]},
                    "IpAddress": {"aws:SourceIp": ["10.0.0.0/8", "2001:db8::/32"]},
                    "DateLessThan": {"aws:CurrentTime": "2030-01-01T00:00:00Z"},
                    "NumericLessThanIfExists": {"s3:max-keys": "100"},
                    "ForAllValues:StringLike": {"aws:TagKeys": ["cost-*", "team"]},
                    "ArnLike": {"aws:SourceArn": "arn:aws:sns:*:*:x"},
                    "Null": {"aws:MultiFactorAuthPresent": "true"}}},
            {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {"StringMagic": {"a": "b"}}}]},
        "boundary": {"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]},
        "scps": [[{"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}]],
        "resource": {"Statement": [
            {"Effect": "Deny", "NotPrincipal": {"AWS": ["111122223333", "arn:aws:iam::111122223333:role/app/Job"]},
                "Action": "s3:*", "Resource": "*"},
            {"Effect": "Allow", "Principal": {"AWS": "111122223333", "Service": "ec2.amazonaws.com"},
                "Action": "s3:*", "Resource": "*"}]}}))
    .unwrap();
    let request: RequestText = serde_json::from_value(json!({
        "principal": {"role": "arn:aws:iam::111122223333:role/app/Job", "session": "s"},
        "action": "s3:GetObject", "resource": "arn:aws:s3:::b/payments/x",
        "context": {"aws:PrincipalTag/team": "payments", "aws:SourceIp": "10.1.2.3",
            "aws:CurrentTime": "2026-11-22T00:00:00Z", "aws:TagKeys": ["cost-center", "team"],
            "aws:SourceArn": "arn:aws:sns:eu-west-1:111122223333:x"}}))
    .unwrap();
    let layers: Layers = layers.read(&mut |name| Err(name.to_owned())).unwrap();
    let request = request.read().unwrap();
    let engine = Engine::new(&layers);
    let asked = Asked::new(&request);
    let outcome = engine.decide(&asked).outcome;
    let counted = allocation_counter::measure(|| assert_eq!(engine.decide(&asked).outcome, outcome));
    assert_eq!(counted.count_total, 0, "{counted:?}");
}

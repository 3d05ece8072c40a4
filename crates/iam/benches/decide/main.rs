//! How many requests a core decides, beside the slow evaluator, and what finding out the facts of a document
//! costs.
//!
//! `cargo xtask bench decide`. One request against two identity policies, two levels of SCPs, a boundary and
//! a bucket policy, and near misses of it. Everything is measured in one run; the ratio is the claim.
#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a bench prints its figures, stops at the first thing that is wrong, and measures time"
)]

use std::hint::black_box;
use std::time::Instant;

use provost_iam::Policy;
use provost_iam::decide::{Asked, Engine};
use provost_iam::facts::{Facts, Setting};
use provost_iam::layers::Layers;
use provost_iam::outcome::Outcome;
use provost_iam::request::Request;
use provost_iam::scenario::{LayersText, RequestText};
use provost_iam::spec;
use serde_json::{Value, json};

fn main() {
    let layers = layers();
    let requests = requests();
    let engine = Engine::new(&layers);
    let asked: Vec<Asked> = requests.iter().map(Asked::new).collect();
    for (asked, request) in asked.iter().zip(&requests) {
        assert_eq!(engine.decide(asked), spec::decide(&layers, request), "the two agree");
    }
    assert_eq!(engine.decide(asked.first().unwrap()).outcome, Outcome::Allow);

    let plain = rate(20, || {
        for asked in &asked {
            black_box(engine.decide(black_box(asked)));
        }
        asked.len()
    });
    let explained = rate(20, || {
        for asked in &asked {
            black_box(engine.explain(black_box(asked)));
        }
        asked.len()
    });
    let slow = rate(20, || {
        for request in &requests {
            black_box(spec::decide(&layers, black_box(request)));
        }
        requests.len()
    });
    let fresh = rate(20, || {
        for request in &requests {
            black_box(engine.decide(&Asked::new(black_box(request))));
        }
        requests.len()
    });
    println!("decide:              {plain:>12.0} /s");
    println!("decide, new request: {fresh:>12.0} /s");
    println!("explain:             {explained:>12.0} /s");
    println!("slow evaluator:      {slow:>12.0} /s");
    println!(
        "decide is {:.0} times the slow evaluator, {:.1} times explain",
        plain / slow,
        plain / explained
    );

    for (name, document) in documents() {
        let text = document.to_string();
        let per_second = rate(20, || {
            let policy = Policy::parse(black_box(&text)).unwrap();
            black_box(Facts::of(&policy, &Setting::default()));
            1
        });
        println!("parse, compile and facts of {name}: {:.1} µs ({} bytes)", 1e6 / per_second, text.len());
    }
}

/// The best of several rounds, each of a twentieth of a second or more.
fn rate(rounds: usize, mut work: impl FnMut() -> usize) -> f64 {
    let mut best: f64 = 0.0;
    for _ in 0..rounds {
        let started = Instant::now();
        let mut done = 0;
        while started.elapsed().as_millis() < 50 {
            done += work();
        }
        best = best.max(done as f64 / started.elapsed().as_secs_f64());
    }
    best
}

fn layers() -> Layers {
    let text: LayersText = serde_json::from_value(json!({
        "identity": [
            {"Version": "2012-10-17", "Statement": [
                {"Sid": "Read", "Effect": "Allow", "Action": ["s3:GetObject", "s3:ListBucket"],
                    "Resource": ["arn:aws:s3:::ledger", "arn:aws:s3:::ledger/*"],
                    "Condition": {"Bool": {"aws:SecureTransport": "true"}}},
                {"Sid": "Own", "Effect": "Allow", "Action": "s3:*",
                    "Resource": "arn:aws:s3:::home/${aws:PrincipalTag/team}/*"}]},
            {"Version": "2012-10-17", "Statement": [
                {"Effect": "Allow", "Action": ["kms:Decrypt", "kms:GenerateDataKey"],
                    "Resource": "arn:aws:kms:eu-west-1:111122223333:key/*"},
                {"Effect": "Deny", "Action": "s3:Delete*", "Resource": "*"}]}],
        "scps": [
            [{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}],
            [{"Version": "2012-10-17", "Statement": [
                {"Effect": "Allow", "Action": "*", "Resource": "*"},
                {"Effect": "Deny", "NotAction": ["iam:*", "sts:*", "s3:*"], "Resource": "*",
                    "Condition": {"StringNotEquals": {"aws:RequestedRegion": ["eu-west-1", "eu-central-1"]}}},
                {"Effect": "Deny", "Action": ["cloudtrail:StopLogging", "organizations:LeaveOrganization"],
                    "Resource": "*"}]}]],
        "boundary": {"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": ["s3:*", "kms:*", "logs:*"], "Resource": "*"}]},
        "resource": {"Version": "2012-10-17", "Statement": [
            {"Effect": "Deny", "Principal": "*", "Action": "s3:*",
                "Resource": ["arn:aws:s3:::ledger", "arn:aws:s3:::ledger/*"],
                "Condition": {"Bool": {"aws:SecureTransport": "false"}}},
            {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::444455556666:root"}, "Action": "s3:GetObject",
                "Resource": "arn:aws:s3:::ledger/*"}]},
    }))
    .unwrap();
    text.read(&mut |name| Err(format!("`{name}` is no document"))).unwrap()
}

fn requests() -> Vec<Request> {
    [
        ("s3:GetObject", "arn:aws:s3:::ledger/2026/march.csv"),
        ("s3:PutObject", "arn:aws:s3:::home/payments/report.csv"),
        ("s3:PutObject", "arn:aws:s3:::ledger/2026/march.csv"),
        ("s3:DeleteObject", "arn:aws:s3:::home/payments/report.csv"),
    ]
    .into_iter()
    .map(|(action, resource)| {
        let text: RequestText = serde_json::from_value(json!({
            "principal": {"role": "arn:aws:iam::111122223333:role/app/Ledger", "session": "job"},
            "action": action, "resource": resource, "resource_account": "111122223333",
            "context": {"aws:SecureTransport": true, "aws:RequestedRegion": "eu-west-1",
                "aws:PrincipalTag/team": "payments", "aws:SourceIp": "203.0.113.9",
                "aws:MultiFactorAuthPresent": false, "aws:PrincipalOrgID": "o-abcdefghij"},
        }))
        .unwrap();
        text.read().unwrap()
    })
    .collect()
}

fn documents() -> [(&'static str, Value); 3] {
    let inline = json!({"Version": "2012-10-17", "Statement": [
        {"Sid": "Bucket", "Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject", "s3:ListBucket"],
            "Resource": ["arn:aws:s3:::ledger", "arn:aws:s3:::ledger/*"]},
        {"Sid": "Key", "Effect": "Allow", "Action": ["kms:Decrypt", "kms:GenerateDataKey*"],
            "Resource": "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
            "Condition": {"StringEquals": {"kms:ViaService": "s3.eu-west-1.amazonaws.com"}}},
        {"Sid": "Logs", "Effect": "Allow", "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
            "Resource": "arn:aws:logs:*:*:log-group:/aws/lambda/ledger:*"},
        {"Sid": "Queue", "Effect": "Allow", "Action": "sqs:*", "Resource": "arn:aws:sqs:*:111122223333:ledger-*"}]});
    let trust = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "arn:aws:iam::444455556666:root"},
            "Condition": {"StringEquals": {"sts:ExternalId": "example"}}}]});
    let admin =
        json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]});
    [("an inline policy", inline), ("a trust policy", trust), ("an administrator's", admin)]
}

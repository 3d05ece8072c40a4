//! How long `provost assess` takes over many resources: 100,000 buckets against 15 rules.
//!
//! `cargo xtask bench assess [--resources 100000]`. The facts are put into a store once; the real binary
//! judges them, and what it took is read from the operating system.
#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a bench prints its figures and stops at the first thing that is wrong"
)]

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::resource::{UsageWho, getrusage};
use pollster::block_on;
use provost_core::model::{AccountId, Digest, Resource};
use provost_core::port::Resources as _;
use provost_local::SqliteStore;
use serde_json::{Value, json};

/// Rules per bucket. What the catalog has less is made up, alike in cost.
const RULES: usize = 15;

fn main() {
    let count: u64 = std::env::args()
        .skip_while(|given| given != "--resources")
        .nth(1)
        .map_or(100_000, |text| text.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let (store, catalog) = (folder.path().join("store"), folder.path().join("catalog"));
    let built_in = provost_catalog::load(&[], &[]).unwrap().posture;
    let known = built_in.iter().filter(|rule| rule.resource_type == "AWS::S3::Bucket").count();
    std::fs::create_dir_all(catalog.join("posture")).unwrap();
    for number in known..RULES {
        let rule = format!(
            "id: made-up-{number}\ntitle: t\ndescription: d\nresource_type: AWS::S3::Bucket\nseverity: low\nmessage: m\n\
             remediation: r\nabsent: {{resource.Tags: fail}}\n\
             expression: resource.Tags.exists(t, t.Key == \"key-{number}\" && size(t.Value) > 0)\n"
        );
        std::fs::write(catalog.join(format!("posture/made-up-{number}.yaml")), rule).unwrap();
    }
    fill(&SqliteStore::open(&store).unwrap(), count);

    let (before, began) = (cpu(), Instant::now());
    let output = Command::new(env!("CARGO_BIN_EXE_provost"))
        .args(["assess", "--deadline", "2h", "--format", "json", "--store"])
        .arg(&store)
        .arg("--catalog")
        .arg(&catalog)
        .stderr(Stdio::inherit())
        .output()
        .unwrap();
    assert!(output.status.success());
    let (cpu, wall) = (cpu() - before, began.elapsed());
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    let counts = told.pointer("/run/statistics/counts").unwrap();
    assert_eq!(counts.get("evaluations").and_then(Value::as_u64), Some(count * RULES as u64));
    println!(
        "assess: {count} resources × {RULES} rules: {:.1} CPU-seconds, {:.1} s wall",
        cpu.as_secs_f64(),
        wall.as_secs_f64()
    );
    let memory = getrusage(UsageWho::RUSAGE_CHILDREN).unwrap().max_rss() / 1024;
    println!("assess: at most {memory} MB of memory; counts {counts}");
}

fn cpu() -> Duration {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).unwrap();
    let time = |value: nix::sys::time::TimeVal| {
        Duration::from_secs(u64::try_from(value.tv_sec()).unwrap())
            + Duration::from_micros(u64::try_from(value.tv_usec()).unwrap())
    };
    time(usage.user_time()) + time(usage.system_time())
}

fn fill(store: &SqliteStore, count: u64) {
    let mut page = Vec::new();
    for number in 0..count {
        page.push(bucket(number));
        if page.len() == 5000 || number + 1 == count {
            block_on(store.put("bench", &page)).unwrap();
            page.clear();
        }
    }
}

fn bucket(number: u64) -> Resource {
    let name = format!("fernhill-{number:06}");
    let tags: Vec<Value> =
        (0..10).map(|tag| json!({"Key": format!("key-{tag}"), "Value": format!("value-{number}")})).collect();
    let algorithm = if number.is_multiple_of(3) { "AES256" } else { "aws:kms" };
    let blocked = !number.is_multiple_of(5);
    Resource {
        resource_type: "AWS::S3::Bucket".to_owned(),
        id: format!("arn:aws:s3:::{name}"),
        account: AccountId::parse("111122223333").unwrap(),
        region: "global".to_owned(),
        document: json!({
            "Name": name, "CreationDate": "2024-01-01T00:00:00+00:00", "Tags": tags,
            "ServerSideEncryptionConfiguration": {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": algorithm}}]},
            "PublicAccessBlockConfiguration": {"BlockPublicAcls": blocked, "IgnorePublicAcls": true, "BlockPublicPolicy": true, "RestrictPublicBuckets": true},
            "AccountPublicAccessBlockConfiguration": {"BlockPublicAcls": false, "IgnorePublicAcls": false, "BlockPublicPolicy": false, "RestrictPublicBuckets": false},
            "PolicyStatus": {"IsPublic": false}, "Versioning": {"Status": "Enabled"}, "LoggingEnabled": {"TargetBucket": "logs", "TargetPrefix": ""},
        }),
        unread: Vec::new(),
        evidence: vec![Digest::of(name.as_bytes()), Digest::of(b"manifest")],
        seen_at: "2026-11-22T00:00:00Z".parse().unwrap(),
    }
}

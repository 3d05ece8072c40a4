//! The four functions of the specification are four triggers of one program.

use provost_testbed::{ConfigService, Invocation};
use serde_json::json;

use crate::config_rule::{ask, change};
use crate::emulator::{Emulator, HISTORY};
use crate::function::{PLENTY, run};

/// Each checker, with the rule it is for and the type the rule speaks of.
const CHECKERS: [(&str, &str); 3] = [
    ("ec2-tag-checker", "ec2-required-tags"),
    ("s3-encryption-checker", "s3-encryption"),
    ("rds-backup-checker", "rds-backups"),
];

#[test]
fn the_three_checkers_answer_config_and_the_schedule() {
    let Some(emulator) = Emulator::start_or_skip("the_three_checkers_answer_config_and_the_schedule") else {
        return;
    };
    emulator.make_history();
    let kinds = ["--buckets", "4", "--rds", "4", "--region", "eu-west-1"];
    let filled = emulator.server.populate(&kinds);
    let instance = emulator.instance(&[("Owner", "x")]);
    let config = ConfigService::default().start();
    let bucket = format!("bench-{}-0000", filled["account"].as_str().unwrap());
    let databases = emulator.form("rds", "Action=DescribeDBInstances&Version=2014-10-31");
    let database = databases.split("<DbiResourceId>").nth(1).unwrap().split('<').next().unwrap().to_owned();

    // As rules of AWS Config, named as the specification names them.
    let events = vec![
        change("ec2-required-tags-dev", "AWS::EC2::Instance", &instance),
        change("s3-encryption-dev", "AWS::S3::Bucket", &bucket),
        change("rds-backups-dev", "AWS::RDS::DBInstance", &database),
    ];
    let ended = ask(&emulator, &config, events, &[("ENVIRONMENT_SUFFIX", "dev")]);
    for number in 0..3 {
        let answer = ended.answer(number);
        assert_eq!((&answer["status"], &answer["ResultsGiven"]), (&json!("done"), &json!(1)), "{answer}");
        assert_eq!(answer["rule"], CHECKERS[number].1);
        assert_eq!(answer["gone"], 0, "{answer}");
    }
    let mut ids: Vec<String> = config.standing().into_iter().map(|(id, ..)| id).collect();
    ids.sort();
    let mut expect = [instance, bucket, database];
    expect.sort();
    assert_eq!(ids, expect);

    // On the schedule of the specification, each for its own rule.
    let events = CHECKERS.map(|(_, rule)| json!({ "job": "scan", "rules": [rule] }));
    let variables = [
        ("AWS_ENDPOINT_URL", emulator.server.url()),
        ("ENVIRONMENT_SUFFIX", "dev"),
        ("PROVOST_JOB", "scan"),
        ("PROVOST_REGIONS", "eu-west-1"),
        ("METRICS_NAMESPACE", "none"),
    ];
    let ended = run(events.map(|event| Invocation::new(event, PLENTY)).to_vec(), &variables);
    for number in 0..3 {
        let answer = ended.answer(number);
        assert_eq!(answer["status"], "done", "{answer}");
        assert!(answer["ResourcesScanned"].as_u64().unwrap() > 0, "{answer}");
    }
    let counts = emulator.verdict_counts();
    for (_, rule) in CHECKERS {
        assert!(counts.keys().any(|(of, _)| of == rule), "{rule} in {HISTORY}: {counts:?}");
    }
}

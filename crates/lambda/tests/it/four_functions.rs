//! The four functions of the specification are four triggers of one program.

use provost_testbed::{ConfigService, Invocation};
use serde_json::{Value, json};

use crate::config_rule::{ask, change};
use crate::emulator::{BUCKET, Emulator, HISTORY};
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
    for (number, (_, rule)) in CHECKERS.into_iter().enumerate() {
        let answer = ended.answer(number);
        assert_eq!((&answer["status"], &answer["ResultsGiven"]), (&json!("done"), &json!(1)), "{answer}");
        assert_eq!(answer["rule"], rule);
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

/// A topic; its ARN.
fn topic(emulator: &Emulator) -> String {
    let answer = emulator.form("sns", "Action=CreateTopic&Version=2010-03-31&Name=compliance-alerts-dev");
    answer.split("<TopicArn>").nth(1).unwrap().split('<').next().unwrap().to_owned()
}

#[test]
fn the_fourth_hands_the_report_on_and_a_scan_tells_what_is_new_once() {
    let Some(emulator) = Emulator::start_or_skip("the_fourth_hands_the_report_on") else { return };
    emulator.make_history();
    let topic = topic(&emulator);
    emulator.instance(&[("Owner", "x")]);
    let scan = || Invocation::new(json!({ "job": "scan", "rules": ["ec2-required-tags"] }), PLENTY);
    let report = || Invocation::new(json!({ "job": "report" }), PLENTY);
    let variables = [
        ("AWS_ENDPOINT_URL", emulator.server.url()),
        ("ENVIRONMENT_SUFFIX", "dev"),
        ("PROVOST_JOB", "scan"),
        ("PROVOST_REGIONS", "eu-west-1"),
        ("ALERTS_TOPIC_ARN", topic.as_str()),
        ("REPORTS_BUCKET", BUCKET),
    ];
    let ended = run(vec![scan(), report(), scan()], &variables);
    let first = ended.answer(0);
    let published = &first["published"];
    assert_eq!((&first["status"], &published["status"]), (&json!("done"), &json!("done")), "{first}");
    assert_eq!(
        (&published["sent"], &published["assessment"]),
        (&json!(1), &first["execution_id"]),
        "{first}"
    );
    let second = ended.answer(1);
    assert_eq!(
        (&second["job"], &second["Success"], &second["sent"]),
        (&json!("report"), &json!(1), &json!(0))
    );
    assert_eq!(second["report"], published["report"], "the same assessment is the same report");
    assert_eq!(ended.answer(2)["published"]["sent"], 0, "nothing is new: {}", ended.answer(2));

    let keys = emulator.objects();
    assert_eq!(keys.len(), 2, "one report for each scan: {keys:?}");
    let report: Value = serde_json::from_str(&emulator.object(&keys[0])).unwrap();
    assert_eq!(report["by_rule"]["ec2-required-tags"]["non_compliant"], 1, "{report}");
    assert_eq!(report["summary"]["non_compliant"], 1, "{report}");
    assert_eq!(report["covered"], first["covered"], "{report}");
}

#[test]
fn a_scan_nobody_could_be_told_of_is_kept_and_told_later() {
    let Some(emulator) = Emulator::start_or_skip("a_scan_nobody_could_be_told_of_is_kept") else { return };
    emulator.make_history();
    let topic = topic(&emulator);
    emulator.instance(&[("Owner", "x")]);
    let fixed = [
        ("AWS_ENDPOINT_URL", emulator.server.url()),
        ("ENVIRONMENT_SUFFIX", "dev"),
        ("PROVOST_JOB", "scan"),
        ("PROVOST_REGIONS", "eu-west-1"),
        ("PROVOST_RULES", "ec2-required-*"),
        ("METRICS_NAMESPACE", "none"),
    ];
    let event = |job: &str| vec![Invocation::new(json!({ "job": job }), PLENTY)];
    let with = |job: &str, more: &[(&str, &str)]| run(event(job), &[&fixed, more].concat());
    emulator.server.set_faults(&json!({ "deny": ["sns:Publish:.*"] }));
    let denied = with("scan", &[("ALERTS_TOPIC_ARN", &topic)]);
    let answer = denied.answer(0);
    let published = &answer["published"];
    assert_eq!((&answer["status"], &published["status"]), (&json!("done"), &json!("incomplete")), "{answer}");
    assert_eq!((&published["sent"], &published["waiting"]), (&json!(0), &json!(1)), "{answer}");

    emulator.server.set_faults(&json!({ "deny": [] }));
    let told = with("report", &[("ALERTS_TOPIC_ARN", &topic)]);
    assert_eq!((&told.answer(0)["sent"], &told.answer(0)["Success"]), (&json!(1), &json!(1)));

    let nowhere = with("report", &[]).outcomes[0].json();
    assert_eq!(nowhere["errorType"], "Provost.Configuration", "{nowhere}");
}

//! `provost run` and `provost publish`: who is told what, over files, and over AWS on the emulator and on a server
//! that fails.

use serde_json::{Value, json};

use crate::support::{Place, files_under, lines};

const ENCRYPTED: &str = r#"{"ServerSideEncryptionConfiguration":{"Rules":[{"ApplyServerSideEncryptionByDefault":{"SSEAlgorithm":"aws:kms"}}]}}"#;
const NOT_SET: &str = "An error occurred (ServerSideEncryptionConfigurationNotFoundError) when calling the GetBucketEncryption operation: x";
const DENIED: &str = "An error occurred (AccessDenied) when calling the GetBucketEncryption operation: no";

/// An estate of buckets: their names, and what `get-bucket-encryption` said.
fn record(place: &Place, buckets: &[(&str, &str)]) {
    let _ = std::fs::remove_dir_all(place.path("e"));
    place.write("e/recorded-at", "2026-11-22T00:00:00Z\n");
    let names: Vec<Value> = buckets.iter().map(|(name, _)| json!({ "Name": name })).collect();
    place.write("e/111122223333/global/s3api/list-buckets.json", json!({ "Buckets": names }).to_string());
    for (name, answer) in buckets {
        let kind = if *answer == ENCRYPTED { "json" } else { "err" };
        place.write(&format!("e/111122223333/global/s3api/get-bucket-encryption/{name}.{kind}"), answer);
    }
}

/// What was told about one rule since it was last looked at.
fn told(place: &Place, seen: &mut usize) -> Vec<Value> {
    let text = std::fs::read_to_string(place.path("out/alerts.ndjson")).unwrap_or_default();
    let all = lines(&text);
    let new = all[*seen..].to_vec();
    *seen = all.len();
    new.into_iter().filter(|line| line["attributes"]["rule"] == "s3-encryption").collect()
}

#[test]
fn a_run_tells_what_is_new_once_and_hands_the_report_on() {
    let place = Place::new();
    place.write("provost.yaml", "estate: e\nout: out\nalerts: {}\nreports: {folder: kept}\n");
    let mut seen = 0;
    record(&place, &[("alpha", ENCRYPTED), ("beta", NOT_SET)]);
    place.run(&["run"]);
    let first = told(&place, &mut seen);
    assert_eq!(first.len(), 1, "one message a rule, however many resources");
    assert_eq!(first[0]["body"]["resources"][0]["resource_id"], "arn:aws:s3:::beta");
    let reports = files_under(&place.path("kept/compliance-reports"));
    assert_eq!(reports.len(), 1);
    let (path, report) = reports.iter().next().unwrap();
    let report: Value = serde_json::from_slice(report).unwrap();
    assert_eq!(report["by_rule"]["s3-encryption"]["non_compliant"], 1);
    assert!(report["summary"]["unknown"].as_u64().unwrap() > 0, "what was not recorded is unknown");
    assert_eq!(first[0]["body"]["details"], path.strip_prefix(place.path("")).unwrap().to_str().unwrap());

    place.run(&["run"]);
    assert!(told(&place, &mut seen).is_empty());
    record(&place, &[("alpha", NOT_SET), ("beta", NOT_SET)]);
    let run = place.run(&["run"]);
    assert!(
        run.stdout.contains("Told:       [HIGH] s3-encryption: 1 resource became non-compliant"),
        "{}",
        run.stdout
    );
    assert_eq!(told(&place, &mut seen)[0]["body"]["resources"][0]["was"], "pass");
    assert_eq!(files_under(&place.path("kept/compliance-reports")).len(), 3);

    record(&place, &[("alpha", DENIED), ("beta", NOT_SET)]);
    place.run(&["run"]);
    let text = std::fs::read_to_string(place.path("out/alerts.ndjson")).unwrap();
    let last = lines(&text).pop().unwrap();
    assert_eq!(last["attributes"]["kind"], "unseen");
    assert!(last["text"].as_str().unwrap().contains("access denied (AccessDenied)"), "{last}");
}

#[test]
fn a_dry_run_prints_what_would_be_sent() {
    let place = Place::new();
    place.write("provost.yaml", "estate: e\nout: out\n");
    record(&place, &[("beta", NOT_SET)]);
    place.run(&["run"]);
    let said = place.run(&["publish"]);
    assert_eq!(said.code, 2);
    assert!(
        said.log.iter().any(|line| line
            .get("error")
            .or(line.get("message"))
            .is_some_and(|text| { text.as_str().unwrap().contains("alerts-and-reports.md") })),
        "{:?}",
        said.log
    );

    place.write("provost.yaml", "estate: e\nout: out\nalerts: {from: high}\nreports: {}\n");
    let before = files_under(&place.path("out"));
    let text = place.done(&["publish", "--dry-run"]);
    assert!(text.contains("=== [HIGH] s3-encryption: 1 resource became non-compliant"), "{text}");
    assert!(
        text.contains("What to do") && text.contains("Nothing was sent, and nothing was written."),
        "{text}"
    );
    let json: Value =
        serde_json::from_str(&place.done(&["publish", "--dry-run", "--format", "json"])).unwrap();
    assert!(!json["messages"].as_array().unwrap().is_empty());
    assert_eq!(files_under(&place.path("out")), before);

    let published: Value = serde_json::from_str(&place.done(&["publish", "--format", "json"])).unwrap();
    assert_eq!(published["sent"].as_array().unwrap().len(), json["messages"].as_array().unwrap().len());
    assert_eq!(published["report"], json["report"]);
    assert!(place.done(&["publish"]).contains("Nothing is new"));
    let all: Value =
        serde_json::from_str(&place.done(&["publish", "--dry-run", "--format", "json"])).unwrap();
    assert!(all["messages"].as_array().unwrap().is_empty());
}

#[test]
fn the_demo_alarms_nobody() {
    let place = Place::new();
    place.write("provost.yaml", "alerts: {folder: told}\nreports: {folder: kept}\n");
    place.done(&["demo"]);
    assert!(!place.path("told").exists() && !place.path("kept").exists());
}

#[cfg(feature = "aws")]
mod on_aws {
    use provost_testbed::{AwsServer, FaultServer, Reply};
    use serde_json::{Value, json};

    use super::{ENCRYPTED, NOT_SET, record};
    use crate::emulator::boto;
    use crate::live::asking;
    use crate::support::{Place, Said, lines, said};

    const TOPIC: &str = "arn:aws:sns:us-east-1:123456789012:compliance-alerts-dev";

    fn ask(place: &Place, url: &str, args: &[&str]) -> Said {
        said(&asking(place, url, "test", args).output().unwrap())
    }

    /// The bodies in the queue behind the topic, which are gone then.
    fn received(server: &AwsServer) -> Vec<Value> {
        let bodies = boto(
            server,
            "sqs = client('sqs')\n\
             url = sqs.get_queue_url(QueueName='alerts')['QueueUrl']\n\
             while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get('Messages'):\n\
             \u{20}   for message in messages:\n\
             \u{20}       print(message['Body'])\n\
             \u{20}       sqs.delete_message(QueueUrl=url, ReceiptHandle=message['ReceiptHandle'])\n",
        );
        lines(&bodies)
    }

    /// The names of the specification follow from the suffix alone.
    #[test]
    fn alerts_arrive_behind_the_topic_and_reports_in_the_bucket() {
        let Some(server) = AwsServer::start_or_skip("alerts and reports on AWS") else { return };
        boto(
            &server,
            "topic = client('sns').create_topic(Name='compliance-alerts-dev')['TopicArn']\n\
             client('sqs').create_queue(QueueName='alerts')\n\
             client('sns').subscribe(TopicArn=topic, Protocol='sqs', Endpoint='arn:aws:sqs:us-east-1:123456789012:alerts',\n\
             \u{20}   Attributes={'RawMessageDelivery': 'true'})\n\
             client('s3').create_bucket(Bucket='compliance-reports-dev')\n",
        );
        let place = Place::new();
        place.write(
            "provost.yaml",
            "estate: e\nout: out\nenvironment_suffix: dev\nalerts: {from: high}\n\
             reports: {prefix: team, bucket_owner: '123456789012', encryption: AES256}\n",
        );
        record(&place, &[("alpha", ENCRYPTED), ("beta", NOT_SET)]);
        let run = ask(&place, server.url(), &["run"]);
        let bodies = received(&server);
        let of_rule: Vec<&Value> = bodies.iter().filter(|body| body["rule"] == "s3-encryption").collect();
        assert_eq!(of_rule.len(), 1, "{} {:#?}", run.stdout, run.log);
        assert_eq!(of_rule[0]["environment"], "dev");
        let objects = boto(
            &server,
            "s3 = client('s3')\n\
             for object in s3.list_objects_v2(Bucket='compliance-reports-dev')['Contents']:\n\
             \u{20}   got = s3.get_object(Bucket='compliance-reports-dev', Key=object['Key'])\n\
             \u{20}   print(json.dumps([object['Key'], got['ServerSideEncryption'], json.loads(got['Body'].read())['summary']]))\n",
        );
        let objects = lines_of(&objects);
        assert_eq!(objects.len(), 1);
        let key = objects[0][0].as_str().unwrap();
        assert!(key.starts_with("team/compliance-reports/2") && key.ends_with("Z.json"), "{key}");
        assert_eq!(objects[0][1], "AES256");
        assert!(objects[0][2]["non_compliant"].as_u64().unwrap() >= 1);
        let link = of_rule[0]["details"].as_str().unwrap();
        assert!(
            link.contains("compliance-reports-dev?region=us-east-1&prefix=team/compliance-reports/"),
            "{link}"
        );

        let again = ask(&place, server.url(), &["publish"]);
        assert!(again.stdout.contains("Nothing is new"), "{}", again.stdout);
        assert!(received(&server).is_empty());
        record(&place, &[("alpha", NOT_SET), ("beta", NOT_SET)]);
        ask(&place, server.url(), &["run"]);
        let bodies = received(&server);
        assert_eq!(bodies.len(), 1, "{bodies:#?}");
        assert_eq!(bodies[0]["resources"][0]["resource_id"], "arn:aws:s3:::alpha");

        // Nobody can be told now; the next run tells it.
        server.set_faults(&json!({"deny": ["sns:Publish"]}));
        record(&place, &[("alpha", ENCRYPTED), ("beta", NOT_SET)]);
        ask(&place, server.url(), &["run"]);
        record(&place, &[("alpha", NOT_SET), ("beta", NOT_SET)]);
        let denied = ask(&place, server.url(), &["run"]);
        assert_eq!(denied.code, 3, "{}", denied.stdout);
        assert!(denied.stdout.contains("1 messages wait for the next run"), "{}", denied.stdout);
        assert!(received(&server).is_empty());
        server.set_faults(&json!({"deny": []}));
        let next = ask(&place, server.url(), &["run"]);
        assert!(next.stdout.contains("Told:       [HIGH] s3-encryption"), "{}", next.stdout);
        assert_eq!(received(&server).len(), 1);
    }

    /// What Security Hub shows of the rule: name of the bucket, status, state.
    fn in_hub(server: &AwsServer) -> Vec<String> {
        let findings = boto(
            server,
            "for page in client('securityhub').get_paginator('get_findings').paginate():\n\
             \u{20}   for it in page['Findings']:\n\
             \u{20}       if it['GeneratorId'] == 'provost/s3-encryption':\n\
             \u{20}           print(json.dumps(it['Resources'][0]['Id'].split(':')[-1] + ' ' + it['Compliance']['Status'] + ' ' + it['RecordState']))\n",
        );
        let mut findings: Vec<String> =
            lines_of(&findings).iter().map(|it| it.as_str().unwrap().to_owned()).collect();
        findings.sort();
        findings
    }

    #[test]
    fn findings_arrive_in_security_hub_and_are_archived_when_they_end() {
        let Some(server) = AwsServer::start_or_skip("findings in Security Hub") else { return };
        let place = Place::new();
        place.write("provost.yaml", "estate: e\nout: out\nsecurity_hub: {}\n");
        let record = |buckets: &[(&str, &str)]| {
            record(&place, buckets);
            // Findings are taken from their own account alone, and that is the emulator's.
            std::fs::rename(place.path("e/111122223333"), place.path("e/123456789012")).unwrap();
        };
        record(&[("alpha", ENCRYPTED), ("beta", NOT_SET), ("gamma", super::DENIED), ("omega", NOT_SET)]);
        let dry: Value = serde_json::from_str(
            &{
                ask(&place, server.url(), &["collect", "--estate", "e"]);
                ask(&place, server.url(), &["assess"]);
                ask(&place, server.url(), &["publish", "--dry-run", "--format", "json"])
            }
            .stdout,
        )
        .unwrap();
        assert!(in_hub(&server).is_empty());
        let run = ask(&place, server.url(), &["run"]);
        let taken = dry["findings"]["taken"].as_u64().unwrap();
        assert!(
            taken > 3 && run.stdout.contains(&format!("Findings:   {taken} in Security Hub")),
            "{}",
            run.stdout
        );
        assert_eq!(
            in_hub(&server),
            ["beta FAILED ACTIVE", "gamma NOT_AVAILABLE ACTIVE", "omega FAILED ACTIVE"]
        );

        record(&[("alpha", NOT_SET), ("beta", ENCRYPTED), ("gamma", super::DENIED)]);
        let run = ask(&place, server.url(), &["run"]);
        assert!(run.stdout.contains("archived"), "{}", run.stdout);
        assert_eq!(
            in_hub(&server),
            [
                "alpha FAILED ACTIVE",
                "beta PASSED ARCHIVED",
                "gamma NOT_AVAILABLE ACTIVE",
                "omega FAILED ARCHIVED",
            ]
        );

        // Of another account, with no role to get there: nothing is lost in silence.
        super::record(&place, &[("beta", NOT_SET)]);
        let run = ask(&place, server.url(), &["run"]);
        assert_eq!(run.code, 3);
        assert!(run.stdout.contains("no role is named for others"), "{}", run.stdout);
        let permissions = ask(&place, server.url(), &["permissions", "--jobs", "publish"]).stdout;
        assert!(permissions.contains("securityhub:BatchImportFindings"), "{permissions}");
    }

    fn lines_of(text: &str) -> Vec<Value> {
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    #[test]
    fn a_topic_and_a_bucket_that_fail_make_the_run_done_in_part() {
        let place = Place::new();
        place.write(
            "provost.yaml",
            format!(
                "estate: e\nout: out\nalerts: {{topic: '{TOPIC}', from: high}}\nreports: {{bucket: kept}}\n"
            ),
        );
        record(&place, &[("beta", NOT_SET)]);
        let server = FaultServer::start(|request| match request.service() {
            "sns" => Reply::aws_error(request, 403, "AuthorizationError", "not authorized: SNS:Publish"),
            _ => Reply::aws_error(request, 404, "NoSuchBucket", "no"),
        });
        let run = ask(&place, &server.url(), &["run"]);
        assert_eq!(run.code, 3);
        for expect in ["messages wait for the next run", "AuthorizationError", "there is no such bucket"] {
            assert!(run.stdout.contains(expect), "{expect}: {}", run.stdout);
        }
        assert!(place.path("out/report.html").exists(), "the rest of the cycle is as ever");
        let sent = server.requests().iter().filter(|request| request.service() == "sns").count();
        assert!(sent <= 3, "{sent}");
        let working = FaultServer::start(|request| match request.service() {
            "sns" => Reply::xml(
                200,
                "<PublishResponse><PublishResult><MessageId>1</MessageId></PublishResult></PublishResponse>",
            ),
            _ => Reply::empty(200),
        });
        let published = ask(&place, &working.url(), &["publish"]);
        assert_eq!(published.code, 0, "{}", published.stdout);
        assert!(published.stdout.contains("Told:       [HIGH] s3-encryption"), "{}", published.stdout);
    }

    #[test]
    fn permissions_name_the_topic_and_the_keys_of_reports() {
        let place = Place::new();
        place.write("provost.yaml", "environment_suffix: dev\nalerts: {}\nreports: {prefix: team}\n");
        let policy: Value = serde_json::from_str(&place.done(&["permissions", "--jobs", "publish"])).unwrap();
        let text = policy.to_string();
        for expect in [
            "sns:Publish",
            "arn:aws:sns:*:*:compliance-alerts-dev",
            "s3:PutObject",
            "s3:AbortMultipartUpload",
            "arn:aws:s3:::compliance-reports-dev/team/compliance-reports/*",
        ] {
            assert!(text.contains(expect), "{expect}: {text}");
        }
        assert!(!text.contains("s3:GetObject") && !text.contains("s3:DeleteObject"), "{text}");
        let given = ["permissions", "--jobs", "publish", "--alerts-topic", TOPIC, "--reports-bucket", "b"];
        let text = place.done(&given);
        assert!(text.contains(TOPIC) && text.contains("arn:aws:s3:::b/compliance-reports/*"), "{text}");
    }
}

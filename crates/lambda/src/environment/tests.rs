use super::*;

fn read(variables: &[(&str, &str)]) -> anyhow::Result<Environment> {
    let least = [("DYNAMODB_TABLE_NAME", "users"), ("HOME", "/"), ("AWS_REGION", "eu-west-1")];
    let all = least.iter().chain(variables);
    Environment::of(all.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
}

fn refused(variables: &[(&str, &str)], expect: &str) {
    assert_eq!(format!("{:#}", read(variables).unwrap_err()), expect);
}

#[test]
fn a_table_is_all_it_needs() {
    let environment = read(&[]).unwrap();
    assert_eq!(environment.table().unwrap(), "users");
    assert_eq!(environment.retention_days(), 400);
    assert_eq!(environment.log_level, Level::INFO);
    assert_eq!(environment.evidence, None);
    assert_eq!(environment.metrics.as_deref(), Some("Provost"));
    assert_eq!(environment.job, Wish::CollectIamUsers);
    assert!(!environment.reach.org && environment.reach.role.is_none() && !environment.reach.global_only);
    assert!(environment.reach_of_users().global_only);
    assert_eq!(environment.history, None);
    assert_eq!(environment.waivers, Waivers::Here(WaiverFile::default()));
    assert_eq!(environment.most_calls, None);
    refused(
        &[("DYNAMODB_TABLE_NAME", " ")],
        "`DYNAMODB_TABLE_NAME` is not set; it names the table that users are written to",
    );
}

#[test]
fn everything_can_be_set() {
    let environment = read(&[
        ("RETENTION_DAYS", "30"),
        ("LOG_LEVEL", "WARNING"),
        ("EVIDENCE_BUCKET", "evidence"),
        ("EVIDENCE_PREFIX", "provost"),
        ("METRICS_NAMESPACE", "none"),
        ("PROVOST_JOB", "collect iam-users"),
        ("PROVOST_ORG", "true"),
        ("PROVOST_ACCOUNTS", "111122223333, 444455556666"),
        ("PROVOST_ROLE", "audit"),
        ("PROVOST_EXTERNAL_ID", "x"),
        ("PROVOST_MAX_CALLS", "5000"),
        ("PROVOST_REGIONS", "eu-west-1, eu-north-1"),
        ("PROVOST_RULES", "rds-backups,s3-encryption"),
        ("PROVOST_WAIVERS", "s3://files/waivers.yaml"),
        ("ENVIRONMENT_SUFFIX", "dev"),
    ])
    .unwrap();
    assert_eq!(environment.retention_days(), 30);
    assert_eq!(environment.log_level, Level::WARN);
    let evidence = Evidence { bucket: "evidence".to_owned(), prefix: "provost/".to_owned() };
    assert_eq!(environment.evidence, Some(evidence));
    assert_eq!(environment.metrics, None);
    assert!(environment.reach.org);
    assert_eq!(environment.reach.accounts.len(), 2);
    assert_eq!(environment.reach.role.as_deref(), Some("audit"));
    assert_eq!(environment.reach.external_id.as_deref(), Some("x"));
    assert_eq!(environment.most_calls, Some(5000));
    assert_eq!(environment.reach.regions, ["eu-west-1", "eu-north-1"]);
    assert_eq!(environment.reach_of_users().regions, Vec::<String>::new());
    assert_eq!(environment.rules, ["rds-backups", "s3-encryption"]);
    let waivers = Waivers::Object { bucket: "files".to_owned(), key: "waivers.yaml".to_owned() };
    assert_eq!(environment.waivers, waivers);
    assert_eq!(environment.history().unwrap(), "compliance-history-dev");
}

#[test]
fn each_job_has_the_table_it_needs() {
    let scan = |more: &[(&str, &str)]| read(&[&[("PROVOST_JOB", "scan")], more].concat());
    assert_eq!(scan(&[("HISTORY_TABLE_NAME", "verdicts")]).unwrap().history().unwrap(), "verdicts");
    assert_eq!(scan(&[("ENVIRONMENT_SUFFIX", "dev")]).unwrap().history().unwrap(), "compliance-history-dev");
    let missing = "`HISTORY_TABLE_NAME` is not set; it names the table that verdicts are written to";
    refused(&[("PROVOST_JOB", "scan")], missing);
    refused(
        &[("PROVOST_JOB", "scan"), ("ENVIRONMENT_SUFFIX", "dev"), ("HISTORY_TABLE_NAME", "none")],
        missing,
    );
    let asked = read(&[]).unwrap();
    assert_eq!(asked.history().unwrap_err().to_string(), missing, "an event may ask for what is not there");
    let config = read(&[("PROVOST_JOB", "config-rule"), ("DYNAMODB_TABLE_NAME", "")]).unwrap();
    assert_eq!((config.table, config.history), (None, None));
}

#[test]
fn who_is_told_is_configured() {
    assert!(!read(&[]).unwrap().publishing.is_configured());
    let topic = "arn:aws:sns:eu-west-1:111122223333:compliance-alerts-dev";
    let all = [
        ("ALERTS_TOPIC_ARN", topic),
        ("ALERTS_FROM", "high"),
        ("REPORTS_BUCKET", "compliance-reports-dev"),
        ("REPORTS_PREFIX", "posture"),
        ("DETAILS_URL", "https://example.org"),
    ];
    let publishing = read(&all).unwrap().publishing;
    assert_eq!((publishing.topic.as_deref(), publishing.from), (Some(topic), Some(Severity::High)));
    let reports = publishing.reports.unwrap();
    assert_eq!((reports.bucket.as_str(), reports.prefix.as_str()), ("compliance-reports-dev", "posture/"));
    refused(
        &[("ALERTS_TOPIC_ARN", "alerts")],
        "`ALERTS_TOPIC_ARN` = `alerts`: it is not like arn:aws:sns:eu-west-1:111122223333:compliance-alerts-dev",
    );
    refused(
        &[("ALERTS_FROM", "loud")],
        "`ALERTS_FROM` = `loud`: it is none of informational, low, medium, high, critical",
    );
    refused(
        &[("REPORTS_PREFIX", "a")],
        "`REPORTS_PREFIX` is set and `REPORTS_BUCKET`, in which it would be, is not",
    );
}

#[test]
fn waivers_stand_in_the_variable_or_in_an_object() {
    let text = "waivers: [{id: w, rule: rds-backups, reason: r, owner: o, expires: 2026-12-31}]";
    let Waivers::Here(file) = read(&[("PROVOST_WAIVERS", text)]).unwrap().waivers else { panic!("here") };
    assert_eq!(file.waivers[0].id, "w");
    for place in ["s3://", "s3://bucket", "s3://bucket/", "s3:///key"] {
        let expect = format!("`PROVOST_WAIVERS` = `{place}`: it is not like s3://bucket/waivers.yaml");
        refused(&[("PROVOST_WAIVERS", place)], &expect);
    }
    let error = format!("{:#}", read(&[("PROVOST_WAIVERS", "waivers: [{id: w}]")]).unwrap_err());
    assert!(
        error.starts_with("`PROVOST_WAIVERS`, which is neither s3://bucket/key nor waivers: "),
        "{error}"
    );
}

#[test]
fn what_is_empty_is_not_set() {
    let names = ["RETENTION_DAYS", "LOG_LEVEL", "EVIDENCE_BUCKET", "EVIDENCE_PREFIX", "METRICS_NAMESPACE"];
    let empty: Vec<(&str, &str)> = names.into_iter().chain(OURS).map(|name| (name, "")).collect();
    assert_eq!(format!("{:?}", read(&empty).unwrap()), format!("{:?}", read(&[]).unwrap()));
}

#[test]
fn mistakes_name_the_variable() {
    refused(
        &[("PROVOST_ROLES", "audit")],
        "`PROVOST_ROLES` means nothing; of that kind there are PROVOST_JOB, PROVOST_RULES, PROVOST_WAIVERS, \
         PROVOST_ORG, PROVOST_ACCOUNTS, PROVOST_REGIONS, PROVOST_ROLE, PROVOST_EXTERNAL_ID, PROVOST_MAX_CALLS",
    );
    let range = "it is not a whole number from 1 to 36500";
    refused(&[("RETENTION_DAYS", "0")], &format!("`RETENTION_DAYS` = `0`: {range}"));
    refused(&[("RETENTION_DAYS", "a year")], &format!("`RETENTION_DAYS` = `a year`: {range}"));
    refused(&[("PROVOST_MAX_CALLS", "-1")], "`PROVOST_MAX_CALLS` = `-1`: it is not a whole number from 1 on");
    refused(&[("LOG_LEVEL", "loud")], "`LOG_LEVEL` = `loud`: it is none of error, warn, info, debug, trace");
    refused(
        &[("METRICS_NAMESPACE", "AWS/IAM")],
        "`METRICS_NAMESPACE` = `AWS/IAM`: CloudWatch keeps names that begin with `AWS/` to itself",
    );
    refused(
        &[("PROVOST_JOB", "x")],
        "`PROVOST_JOB`: there is no job `x`; there is `collect iam-users`, `scan`, `report`, `config-rule`",
    );
    refused(&[("PROVOST_ORG", "yes")], "`PROVOST_ORG` = `yes` is neither `true` nor `false`");
    let error = format!("{:#}", read(&[("PROVOST_ACCOUNTS", "11")]).unwrap_err());
    assert!(error.starts_with("`PROVOST_ACCOUNTS`: ") && error.contains("`11`"), "{error}");
}

#[test]
fn what_one_variable_needs_of_another_is_said() {
    refused(
        &[("EVIDENCE_PREFIX", "a/")],
        "`EVIDENCE_PREFIX` is set and `EVIDENCE_BUCKET`, in which it would be, is not",
    );
    refused(
        &[("EVIDENCE_BUCKET", "b"), ("EVIDENCE_PREFIX", "/a")],
        "`EVIDENCE_PREFIX` = `/a`: keys of S3 do not begin with a slash",
    );
    let role = "`PROVOST_ROLE` is not set; it names the role to assume in the other accounts that `PROVOST_ORG` \
                or `PROVOST_ACCOUNTS` ask for";
    refused(&[("PROVOST_ORG", "true")], role);
    refused(&[("PROVOST_ACCOUNTS", "111122223333")], role);
    refused(
        &[("PROVOST_EXTERNAL_ID", "x")],
        "`PROVOST_EXTERNAL_ID` is set and `PROVOST_ROLE`, whose trust policy would ask for it, is not",
    );
    refused(
        &[("PROVOST_ROLE", "arn:aws:iam::111122223333:role/audit")],
        "`PROVOST_ROLE` = `arn:aws:iam::111122223333:role/audit`: each account has a role of that name, so it is \
         a name and no ARN",
    );
}

#[test]
fn the_input_is_what_decides_which_users_are_found() {
    let org = [("PROVOST_ORG", "true"), ("PROVOST_ROLE", "audit")];
    let other = [("RETENTION_DAYS", "30"), ("LOG_LEVEL", "debug"), ("EVIDENCE_BUCKET", "b")];
    assert_ne!(read(&org).unwrap().input(), read(&[]).unwrap().input());
    assert_eq!(read(&other).unwrap().input(), read(&[]).unwrap().input());
}

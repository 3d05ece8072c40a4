//! The environment and the configuration files, as processes of their own see them.

use crate::account::{assumed, fails, list_queues, list_users, recorder, willing};
use crate::quick;
use provost_awsapi::{Client, ErrorKind, Settings};
use provost_testbed::{FaultServer, Reply};
use std::process::Command;

/// Runs one of the tests below in a process of its own, because the environment belongs to the whole process.
fn in_environment(test: &str, variables: &[(&str, &str)]) {
    let home = tempfile::tempdir().unwrap();
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", &format!("configuration::{test}"), "--ignored", "--nocapture"]);
    for (name, _) in std::env::vars_os() {
        if name
            .to_str()
            .is_some_and(|name| name.starts_with("AWS_") || name.to_lowercase().ends_with("_proxy"))
        {
            child.env_remove(name);
        }
    }
    child.env("HOME", home.path()).env("AWS_EC2_METADATA_DISABLED", "true");
    for (name, value) in variables {
        if let Some(file) = name.strip_prefix("file:") {
            let path = home.path().join(file);
            std::fs::write(&path, value).unwrap();
            child.env(file, path);
        } else {
            child.env(name, value);
        }
    }
    let output = child.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && said.contains("1 passed"),
        "{said}{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

const KEYS: [(&str, &str); 2] = [("AWS_ACCESS_KEY_ID", "AKENV"), ("AWS_SECRET_ACCESS_KEY", "s")];

/// What SQS is asked at AWS, through a proxy on loopback that lets nothing out.
#[tokio::test]
#[ignore = "started by the tests of the environment"]
async fn child_asks_aws_through_a_proxy() {
    let client = Client::builder(provost_awsapi::load(&Settings::default()).await).retries(quick(1)).build();
    let refused = fails(&client, &list_queues()).await;
    assert!(matches!(refused.kind, ErrorKind::Unanswered { .. }), "{refused}");
}

#[test]
fn aws_is_asked_through_the_proxy_of_the_environment_and_an_emulator_is_not() {
    let proxy = FaultServer::start(|_| Reply::text(403, "nothing leaves this machine"));
    let url = proxy.url();
    let mut variables =
        vec![("AWS_REGION", "us-east-1"), ("HTTPS_PROXY", url.as_str()), ("HTTP_PROXY", url.as_str())];
    variables.extend(KEYS);
    in_environment("child_asks_aws_through_a_proxy", &variables);
    let asked: Vec<_> = proxy.requests().iter().map(|r| format!("{} {}", r.method, r.path)).collect();
    assert_eq!(asked, ["CONNECT sqs.us-east-1.amazonaws.com:443"]);

    let emulator = FaultServer::start(willing);
    let address = emulator.url();
    variables.push(("AWS_ENDPOINT_URL", address.as_str()));
    in_environment("child_asks_queues_and_users", &variables);
    assert_eq!((proxy.count(), emulator.count()), (1, 2));
}

/// Where the requests of SQS and IAM went, as a child process found out: it asks both.
#[tokio::test]
#[ignore = "started by the tests of the environment"]
async fn child_asks_queues_and_users() {
    let config = provost_awsapi::load(&Settings::default()).await;
    let client = Client::builder(config).retries(quick(1)).build();
    client.call(&list_queues()).await.unwrap();
    client.call(&list_users()).await.unwrap();
}

fn asked(servers: &[&FaultServer]) -> Vec<Vec<String>> {
    servers
        .iter()
        .map(|server| {
            server.requests().iter().map(|r| format!("{} {}", r.service(), r.access_key())).collect()
        })
        .collect()
}

#[test]
fn addresses_of_the_environment_are_used() {
    let (all, own) = (FaultServer::start(willing), FaultServer::start(willing));
    let (url, sqs) = (all.url(), own.url());
    let mut variables = vec![
        ("AWS_REGION", "us-east-1"),
        ("AWS_ENDPOINT_URL", url.as_str()),
        ("AWS_ENDPOINT_URL_SQS", sqs.as_str()),
    ];
    variables.extend(KEYS);
    in_environment("child_asks_queues_and_users", &variables);
    assert_eq!(asked(&[&all, &own]), [["iam AKENV"], ["sqs AKENV"]]);
}

#[test]
fn addresses_and_keys_of_the_profile_are_used() {
    let (all, own) = (FaultServer::start(willing), FaultServer::start(willing));
    let config = format!(
        "[profile audit]\nregion = eu-west-1\nendpoint_url = {}\nservices = local\naws_access_key_id = AKPROFILE\n\
         aws_secret_access_key = s\n[services local]\nsqs =\n  endpoint_url = {}\n",
        all.url(),
        own.url()
    );
    in_environment(
        "child_asks_queues_and_users",
        &[("AWS_PROFILE", "audit"), ("file:AWS_CONFIG_FILE", &config)],
    );
    assert_eq!(asked(&[&all, &own]), [["iam AKPROFILE"], ["sqs AKPROFILE"]]);
    assert_eq!(own.requests()[0].region(), "eu-west-1");
}

#[tokio::test]
#[ignore = "started by the tests of the environment"]
async fn child_is_told_to_ignore_addresses() {
    let (http, asked) = recorder();
    let config = provost_awsapi::load(&Settings::default()).await;
    assert!(config.endpoint_url().is_none());
    let client = Client::builder(config.into_builder().http_client(http).build()).retries(quick(1)).build();
    client.call(&list_queues()).await.unwrap_err();
    assert_eq!(asked.lock().unwrap().pop().unwrap(), "POST https://sqs.us-east-1.amazonaws.com/");
}

#[test]
fn configured_addresses_can_be_ignored() {
    let mut variables = vec![
        ("AWS_REGION", "us-east-1"),
        ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true"),
        ("AWS_ENDPOINT_URL", "http://127.0.0.1:9"),
        ("AWS_ENDPOINT_URL_SQS", "http://127.0.0.1:9"),
    ];
    variables.extend(KEYS);
    in_environment("child_is_told_to_ignore_addresses", &variables);
}

#[tokio::test]
#[ignore = "started by the tests of the environment"]
async fn child_names_a_profile() {
    let settings = Settings { profile: Some("audit".to_owned()), ..Settings::default() };
    let client = Client::builder(provost_awsapi::load(&settings).await).retries(quick(1)).build();
    assert_eq!(client.region(), Some("eu-west-1"));
    client.call(&list_queues()).await.unwrap();
}

#[test]
fn a_profile_that_is_named_wins_over_keys_in_the_environment() {
    let server = FaultServer::start(willing);
    let config = format!(
        "[profile audit]\nregion = eu-west-1\nendpoint_url = {}\ncredential_process = \
         echo '{{\"Version\": 1, \"AccessKeyId\": \"AKPROCESS\", \"SecretAccessKey\": \"s\"}}'\n",
        server.url()
    );
    let mut variables = vec![("file:AWS_CONFIG_FILE", config.as_str())];
    variables.extend(KEYS);
    in_environment("child_names_a_profile", &variables);
    assert_eq!(asked(&[&server]), [["sqs AKPROCESS"]]);
}

#[test]
fn a_role_in_a_profile_is_assumed() {
    let server = FaultServer::start(|request| match request.operation().as_str() {
        "AssumeRole" => assumed(request, "AKROLE"),
        _ => willing(request),
    });
    let config = format!(
        "[profile audit]\nregion = eu-west-1\nendpoint_url = {}\nrole_arn = arn:aws:iam::1:role/r\n\
         source_profile = base\n[profile base]\naws_access_key_id = AKBASE\naws_secret_access_key = s\n",
        server.url()
    );
    in_environment("child_names_a_profile", &[("file:AWS_CONFIG_FILE", config.as_str())]);
    assert_eq!(asked(&[&server]), [["sts AKBASE", "sqs AKROLE"]]);
}

#[tokio::test]
#[ignore = "started by the tests of the environment"]
async fn child_has_nothing() {
    let client = Client::builder(provost_awsapi::load(&Settings::default()).await).build();
    let nowhere = fails(&client, &list_queues()).await;
    assert!(matches!(nowhere.kind, ErrorKind::Endpoint { .. }), "{nowhere}");
    let missing = fails(&client.in_region("us-east-1"), &list_queues()).await;
    let ErrorKind::Credentials { why, .. } = &missing.kind else { panic!("{missing}") };
    assert!(why.contains("none were found"), "{why}");
}

#[test]
fn nothing_configured_is_said_without_waiting() {
    in_environment("child_has_nothing", &[]);
}

#[tokio::test]
#[ignore = "started by the tests of the environment"]
async fn child_finds_no_credentials() {
    let client = Client::builder(provost_awsapi::load(&Settings::default()).await).retries(quick(1)).build();
    let missing = fails(&client, &list_queues()).await;
    assert!(matches!(missing.kind, ErrorKind::Credentials { .. }), "{missing}");
}

/// A slip of the pen must not read the account of the machine instead.
#[test]
fn a_profile_there_is_not_is_no_way_to_the_role_of_the_machine() {
    let machine = FaultServer::start(|_| Reply::text(404, "no role"));
    let address = machine.url();
    let mut variables = vec![
        ("AWS_REGION", "us-east-1"),
        ("AWS_EC2_METADATA_DISABLED", "false"),
        ("AWS_EC2_METADATA_SERVICE_ENDPOINT", address.as_str()),
    ];
    in_environment("child_finds_no_credentials", &variables);
    assert!(machine.count() > 0, "without a profile the machine is asked");
    machine.forget();
    variables.push(("AWS_PROFILE", "nope"));
    in_environment("child_finds_no_credentials", &variables);
    assert_eq!(machine.count(), 0);
}

#[tokio::test]
#[ignore = "started by the tests of the environment"]
async fn child_is_not_signed_in() {
    let settings = Settings { profile: Some("audit".to_owned()), ..Settings::default() };
    let client = Client::builder(provost_awsapi::load(&settings).await).profile(Some("audit")).build();
    let missing = fails(&client, &list_queues()).await;
    let ErrorKind::Credentials { why, .. } = &missing.kind else { panic!("{missing}") };
    assert!(why.contains("sign in with `aws sso login --profile audit`"), "{why}");
    assert!(!missing.is_access_denied() && !missing.is_retryable());
}

#[test]
fn who_has_not_signed_in_is_told_to() {
    let sso = "[profile audit]\nregion = eu-west-1\nsso_session = s\nsso_account_id = 123456789012\nsso_role_name = r\n\
               [sso-session s]\nsso_region = eu-west-1\nsso_start_url = https://example.awsapps.com/start\n";
    for config in [sso, "[profile other]\nregion = eu-west-1\n"] {
        in_environment(
            "child_is_not_signed_in",
            &[("AWS_REGION", "eu-west-1"), ("file:AWS_CONFIG_FILE", config)],
        );
    }
}

#[test]
fn settings_go_before_the_environment() {
    // Also shows that loading needs no network: the machine's metadata service is switched off.
    in_environment(
        "child_sets_everything",
        &[("AWS_REGION", "us-east-1"), ("AWS_USE_FIPS_ENDPOINT", "true")],
    );
}

#[tokio::test]
#[ignore = "started by the tests of the environment"]
async fn child_sets_everything() {
    let settings = Settings {
        region: Some("eu-north-1".to_owned()),
        use_fips: Some(false),
        use_dual_stack: Some(true),
        endpoint_url: Some("http://127.0.0.1:9".to_owned()),
        ..Settings::default()
    };
    let config = provost_awsapi::load(&settings).await;
    assert_eq!(config.region().map(ToString::to_string).as_deref(), Some("eu-north-1"));
    assert_eq!((config.use_fips(), config.use_dual_stack()), (Some(false), Some(true)));
    assert_eq!(config.endpoint_url(), Some("http://127.0.0.1:9"));
    let config = provost_awsapi::load(&Settings::default()).await;
    assert_eq!(config.use_fips(), Some(true));
}

//! Credentials over real HTTP: missing, expired, renewed, and those of roles.

use crate::account::{assumed, at_once, fails, list_accounts, list_queues, list_users, willing};
use crate::{client, config, quick};
use aws_credential_types::Credentials;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};
use provost_awsapi::{Call, Client, ErrorKind};
use provost_testbed::{FaultServer, Reply};
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

/// Keys that expire when the server says so: each time they are asked for there is a new one.
#[derive(Debug, Default)]
struct Renewed(AtomicUsize);

impl ProvideCredentials for Renewed {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        let number = self.0.fetch_add(1, Ordering::SeqCst);
        future::ProvideCredentials::ready(Ok(Credentials::new(
            format!("AK{number}"),
            "s",
            None,
            None,
            "test",
        )))
    }
}

fn renewing(server: &FaultServer) -> Client {
    let provider = SharedCredentialsProvider::new(Renewed::default());
    let config = config(&server.url()).into_builder().credentials_provider(provider).build();
    Client::builder(config).retries(quick(6)).build()
}

#[tokio::test]
async fn expired_credentials_are_loaded_anew_once() {
    let server = FaultServer::start(|request| match request.access_key() {
        "AK0" => Reply::aws_error(request, 400, "ExpiredTokenException", "m"),
        _ => willing(request),
    });
    let client = renewing(&server);
    client.call(&list_accounts()).await.unwrap();
    client.call(&list_queues()).await.unwrap();
    let keys: Vec<_> = server.requests().iter().map(|request| request.access_key().to_owned()).collect();
    assert_eq!(keys, ["AK0", "AK1", "AK1"]);
}

#[tokio::test]
async fn ec2_has_a_word_of_its_own_for_expired_credentials() {
    let server = FaultServer::start(|request| match request.access_key() {
        "AK0" => Reply::aws_error(request, 400, "RequestExpired", "Request has expired."),
        _ => Reply::xml(200, "<DescribeInstancesResponse><reservationSet/></DescribeInstancesResponse>"),
    });
    renewing(&server).call(&Call::new("ec2", "DescribeInstances", json!({}))).await.unwrap();
    assert_eq!(server.requests().last().unwrap().access_key(), "AK1");
}

#[tokio::test]
async fn what_aws_says_of_a_role_does_not_repeat_the_signed_request() {
    let server = FaultServer::start(|request| match request.operation().as_str() {
        "AssumeRole" => Reply::aws_error(
            request,
            403,
            "SignatureDoesNotMatch",
            "The Canonical String for this request should have been 'x-amz-security-token:token-of-the-session'",
        ),
        _ => willing(request),
    });
    let role = client(&server).assume_role("arn:aws:iam::1:role/r", "s", None).await;
    let error = fails(&role, &list_queues()).await;
    let shown = format!("{error} {error:?}");
    assert!(shown.contains("SignatureDoesNotMatch: [left out: it repeats the signed request]"), "{shown}");
    assert!(!shown.contains("token-of-the-session"), "{shown}");
}

#[tokio::test]
async fn many_calls_that_find_credentials_expired_load_them_once() {
    let server = FaultServer::start(|request| match request.access_key() {
        "AK0" => {
            Reply::aws_error(request, 400, "ExpiredTokenException", "m").after(Duration::from_millis(20))
        }
        "AK1" => willing(request),
        key => Reply::text(404, key),
    });
    at_once(&renewing(&server), 8, &list_queues()).await;
}

#[tokio::test]
async fn credentials_that_stay_expired_are_an_error_of_credentials() {
    let server = FaultServer::start(|request| Reply::aws_error(request, 403, "ExpiredToken", "m"));
    let expired = fails(&renewing(&server), &list_users()).await;
    let ErrorKind::Credentials { why, code } = &expired.kind else { panic!("{expired}") };
    assert!(why.contains("aws sso login"), "{why}");
    assert_eq!((code.as_deref(), server.count()), (Some("ExpiredToken"), 2));
}

#[derive(Debug)]
struct Missing;

impl ProvideCredentials for Missing {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        let none =
            aws_credential_types::provider::error::CredentialsError::not_loaded("no providers in chain");
        future::ProvideCredentials::ready(Err(none))
    }
}

#[tokio::test]
async fn credentials_that_are_not_there_are_an_error_that_says_what_to_do() {
    let server = FaultServer::start(willing);
    let provider = SharedCredentialsProvider::new(Missing);
    let config = config(&server.url()).into_builder().credentials_provider(provider).build();
    let client = Client::builder(config).profile(Some("audit")).build();
    let missing = fails(&client, &list_accounts()).await;
    let ErrorKind::Credentials { why, code: None } = &missing.kind else { panic!("{missing}") };
    assert!(why.contains("none were found") && why.contains("aws sso login --profile audit"), "{why}");
    assert_eq!(server.count(), 0);
}

#[tokio::test]
async fn a_role_is_assumed_at_the_configured_address_when_it_is_first_needed() {
    let server = FaultServer::start(|request| match request.operation().as_str() {
        "AssumeRole" => assumed(request, "AKROLE"),
        _ => willing(request),
    });
    let client = client(&server).in_region("eu-west-1");
    let role = client.assume_role("arn:aws:iam::123456789012:role/audit", "provost-1", Some("ext")).await;
    assert_eq!(server.count(), 0);
    role.call(&list_queues()).await.unwrap();
    role.call(&list_queues()).await.unwrap();
    client.call(&list_queues()).await.unwrap();
    let requests = server.requests();
    let keys: Vec<_> =
        requests.iter().map(|request| (request.operation(), request.access_key().to_owned())).collect();
    let expected = [
        ("AssumeRole", "AKIDTEST"),
        ("ListQueues", "AKROLE"),
        ("ListQueues", "AKROLE"),
        ("ListQueues", "AKIDTEST"),
    ];
    assert_eq!(keys, expected.map(|(operation, key)| (operation.to_owned(), key.to_owned())));
    let form = requests[0].form();
    assert_eq!(form["RoleArn"], "arn:aws:iam::123456789012:role/audit");
    assert_eq!((form["RoleSessionName"].as_str(), form["ExternalId"].as_str()), ("provost-1", "ext"));
    assert_eq!(requests[0].region(), "eu-west-1");
    let tally = client.tally();
    assert_eq!((tally.operations["sts:AssumeRole"].requests, tally.calls(), tally.retries()), (1, 4, 0));
}

#[tokio::test]
async fn a_role_that_may_not_be_assumed_is_an_error_of_credentials_with_the_code_of_aws() {
    let server = FaultServer::start(|request| match request.operation().as_str() {
        "AssumeRole" => {
            Reply::aws_error(request, 403, "AccessDenied", "not authorized to perform: sts:AssumeRole")
        }
        _ => willing(request),
    });
    let role = client(&server).assume_role("arn:aws:iam::1:role/r", "s", None).await;
    let denied = fails(&role, &list_queues()).await;
    let ErrorKind::Credentials { why, .. } = &denied.kind else { panic!("{denied}") };
    assert!(why.contains("sts:AssumeRole") && !why.contains("sso login"), "{why}");
    assert_eq!(denied.code(), Some("AccessDenied"));
    assert!(denied.is_access_denied() && !denied.is_retryable());
    assert_eq!(server.count(), 1);
}

#[tokio::test]
async fn a_role_is_assumed_with_new_credentials_when_the_old_ones_have_expired() {
    let server = FaultServer::start(|request| match (request.operation().as_str(), request.access_key()) {
        ("AssumeRole", "AK0") => Reply::aws_error(request, 400, "ExpiredTokenException", "m"),
        ("AssumeRole", _) => assumed(request, "AKROLE"),
        _ => willing(request),
    });
    let role = renewing(&server).assume_role("arn:aws:iam::1:role/r", "s", None).await;
    role.call(&list_queues()).await.unwrap();
    let keys: Vec<_> = server.requests().iter().map(|request| request.access_key().to_owned()).collect();
    assert_eq!(keys, ["AK0", "AK1", "AKROLE"]);
}

#[tokio::test]
async fn the_credentials_behind_many_roles_are_loaded_once() {
    let server = FaultServer::start(|request| match request.operation().as_str() {
        "AssumeRole" => assumed(request, "AKROLE"),
        _ => willing(request),
    });
    let provider = Arc::new(Renewed::default());
    let shared: Arc<dyn ProvideCredentials> = Arc::clone(&provider) as Arc<dyn ProvideCredentials>;
    let config = config(&server.url())
        .into_builder()
        .credentials_provider(SharedCredentialsProvider::new(shared))
        .build();
    let client = Client::builder(config).retries(quick(6)).build();
    for account in 0..100 {
        let role = client.assume_role(&format!("arn:aws:iam::{account:012}:role/r"), "s", None).await;
        role.call(&list_queues()).await.unwrap();
        role.call(&list_queues()).await.unwrap();
    }
    assert_eq!(provider.0.load(Ordering::SeqCst), 1);
    assert_eq!(client.tally().operations["sts:AssumeRole"].requests, 100);
}

#[tokio::test]
async fn keys_of_a_role_that_run_out_are_replaced_before_they_do() {
    let soon = SystemTime::now() + Duration::from_secs(20);
    #[derive(Debug)]
    struct Soon(SystemTime, AtomicUsize);
    impl ProvideCredentials for Soon {
        fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
        where
            Self: 'a,
        {
            let number = self.1.fetch_add(1, Ordering::SeqCst);
            let expiry = (number == 0).then_some(self.0);
            future::ProvideCredentials::ready(Ok(Credentials::new(
                format!("AK{number}"),
                "s",
                None,
                expiry,
                "test",
            )))
        }
    }
    let server = FaultServer::start(willing);
    let provider = SharedCredentialsProvider::new(Soon(soon, AtomicUsize::new(0)));
    let config = config(&server.url()).into_builder().credentials_provider(provider).build();
    let client = Client::builder(config).build();
    client.call(&list_queues()).await.unwrap();
    client.call(&list_queues()).await.unwrap();
    let keys: Vec<_> = server.requests().iter().map(|request| request.access_key().to_owned()).collect();
    assert_eq!(keys, ["AK0", "AK1"]);
}

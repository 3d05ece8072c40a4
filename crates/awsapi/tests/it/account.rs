//! A small account on the fault server, and the calls that the tests make to it.

use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use provost_awsapi::{Call, Client, Error};
use provost_testbed::{Reply, Request};
use serde_json::json;
use std::sync::{Arc, Mutex};

const NO_USERS: &str = "<ListUsersResponse><ListUsersResult><Users/><IsTruncated>false</IsTruncated>\
                        </ListUsersResult></ListUsersResponse>";
const WHO: &str = "<GetCallerIdentityResponse><GetCallerIdentityResult><Account>1</Account>\
                   </GetCallerIdentityResult></GetCallerIdentityResponse>";

pub(crate) fn list_users() -> Call {
    Call::new("iam", "ListUsers", json!({}))
}

pub(crate) fn list_accounts() -> Call {
    Call::new("organizations", "ListAccounts", json!({}))
}

pub(crate) fn list_queues() -> Call {
    Call::new("sqs", "ListQueues", json!({}))
}

/// Answers everything that is asked in these tests.
pub(crate) fn willing(request: &Request) -> Reply {
    match (request.service(), request.operation().as_str()) {
        ("iam", _) => Reply::xml(200, NO_USERS),
        ("sts", "GetCallerIdentity") => Reply::xml(200, WHO),
        ("s3", _) => Reply::xml(200, "<ListAllMyBucketsResult><Buckets/></ListAllMyBucketsResult>"),
        _ => Reply::json(200, &json!({})),
    }
}

pub(crate) async fn fails(client: &Client, call: &Call) -> Error {
    client.call(call).await.expect_err("the call fails")
}

/// Calls at once, all to one place.
pub(crate) async fn at_once(client: &Client, count: usize, call: &Call) {
    let calls: Vec<_> = (0..count)
        .map(|_| {
            let (client, call) = (client.clone(), call.clone());
            tokio::spawn(async move { client.call(&call).await.map(|_| ()) })
        })
        .collect();
    for call in calls {
        call.await.unwrap().unwrap();
    }
}

/// An HTTP client that answers by itself and keeps the addresses it was asked for.
pub(crate) fn recorder() -> (SharedHttpClient, Arc<Mutex<Vec<String>>>) {
    #[derive(Debug)]
    struct Recorder(Arc<Mutex<Vec<String>>>);
    impl HttpConnector for Recorder {
        fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
            self.0.lock().unwrap().push(format!("{} {}", request.method(), request.uri()));
            let mut response =
                HttpResponse::new(403.try_into().unwrap(), SdkBody::from("<Error><Code>No</Code></Error>"));
            response.headers_mut().insert("x-amzn-errortype", "No");
            HttpConnectorFuture::ready(Ok(response))
        }
    }
    let asked = Arc::new(Mutex::new(Vec::new()));
    let connector = SharedHttpConnector::new(Recorder(Arc::clone(&asked)));
    (http_client_fn(move |_, _| connector.clone()), asked)
}

/// The answer of STS: keys of a role, good for an hour.
pub(crate) fn assumed(request: &Request, key: &str) -> Reply {
    let form = request.form();
    let name = form.get("RoleSessionName").map_or("", String::as_str);
    Reply::xml(
        200,
        format!(
            "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>{key}</AccessKeyId>\
             <SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>\
             <Expiration>2099-01-01T00:00:00Z</Expiration></Credentials><AssumedRoleUser>\
             <AssumedRoleId>AROA:{name}</AssumedRoleId><Arn>arn:aws:sts::1:assumed-role/r/{name}</Arn>\
             </AssumedRoleUser></AssumeRoleResult></AssumeRoleResponse>"
        ),
    )
}

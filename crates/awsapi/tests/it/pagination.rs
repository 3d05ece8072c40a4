//! Lists in pages over real HTTP: every way in which services hand on a token, and in which lists go wrong.

use crate::{asking, client};
use provost_awsapi::{Call, Client, Error, ErrorKind, PageReply};
use provost_testbed::{FaultServer, Reply, Request};
use serde_json::{Value, json};

async fn all(server: &FaultServer, service: &str, operation: &str, input: Value) -> Result<Value, Error> {
    client(server).all(&Call::new(service, operation, input)).await
}

async fn pages(client: &Client, call: Call) -> Vec<Result<PageReply, Error>> {
    let mut pages = client.pages(call);
    let mut read = Vec::new();
    while let Some(page) = pages.next().await {
        read.push(page);
    }
    assert!(pages.next().await.is_none(), "after the end there is nothing");
    read
}

fn user(number: usize) -> String {
    format!("<member><UserName>u{number}</UserName></member>")
}

/// IAM users, two a page: a marker while there are more, and the word on it.
fn users(count: usize) -> impl Fn(&Request) -> Reply + Send + Sync + 'static {
    move |request| {
        let form = request.form();
        let start: usize = form.get("Marker").map_or(0, |marker| marker.parse().unwrap());
        let size: usize = form.get("MaxItems").map_or(2, |size| size.parse().unwrap());
        let end = (start + size).min(count);
        let users: String = (start..end).map(user).collect();
        let more = if end < count { format!("<Marker>{end}</Marker>") } else { String::new() };
        Reply::xml(
            200,
            format!(
                "<ListUsersResponse><ListUsersResult><Users>{users}</Users><IsTruncated>{}</IsTruncated>{more}\
                 </ListUsersResult></ListUsersResponse>",
                end < count
            ),
        )
    }
}

fn names(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|user| user["UserName"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn markers_are_followed_while_the_list_is_truncated() {
    let server = FaultServer::start(users(5));
    let whole = all(&server, "iam", "ListUsers", json!({})).await.unwrap();
    assert_eq!(names(&whole["Users"]), ["u0", "u1", "u2", "u3", "u4"]);
    assert_eq!(whole.as_object().unwrap().len(), 1, "no marker, no word on truncation: {whole}");
    let markers: Vec<_> = server.requests().iter().map(|request| request.form().remove("Marker")).collect();
    assert_eq!(markers, [None, Some("2".to_owned()), Some("4".to_owned())]);
}

#[tokio::test]
async fn each_page_says_what_was_asked_for_it() {
    let server = FaultServer::start(users(3));
    let read = pages(&client(&server), Call::new("iam", "ListUsers", Value::Null)).await;
    let inputs: Vec<_> = read.iter().map(|page| page.as_ref().unwrap().input.clone()).collect();
    assert_eq!(inputs, [Value::Null, json!({"Marker": "2"})]);
    assert_eq!(names(&read[1].as_ref().unwrap().reply.value["Users"]), ["u2"]);
}

#[tokio::test]
async fn a_token_and_a_limit_of_the_caller_are_respected() {
    let server = FaultServer::start(users(9));
    let input = json!({"Marker": "3", "MaxItems": 4, "PathPrefix": "/a/"});
    let whole = all(&server, "iam", "ListUsers", input).await.unwrap();
    assert_eq!(names(&whole["Users"]), ["u3", "u4", "u5", "u6", "u7", "u8"]);
    let last = server.requests()[1].form();
    assert_eq!((last["Marker"].as_str(), last["MaxItems"].as_str()), ("7", "4"));
    assert_eq!(last["PathPrefix"], "/a/", "what else was asked stays");
}

#[tokio::test]
async fn a_marker_of_a_list_that_is_not_truncated_is_not_followed() {
    let list = "<ListUsersResponse><ListUsersResult><Users/><IsTruncated>false</IsTruncated><Marker>m</Marker>\
                </ListUsersResult></ListUsersResponse>";
    let server = FaultServer::scripted_then([], Reply::xml(200, list));
    all(&server, "iam", "ListUsers", json!({})).await.unwrap();
    assert_eq!(server.count(), 1);
}

#[tokio::test]
async fn a_token_that_comes_again_ends_the_list_as_an_error() {
    let server = FaultServer::scripted_then([], Reply::json(200, &json!({"Accounts": [], "NextToken": "t"})));
    let endless = all(&server, "organizations", "ListAccounts", json!({})).await.unwrap_err();
    assert_eq!(endless.kind, ErrorKind::Loop { pages: 2 });
    assert_eq!(server.count(), 2);

    // Also when it is not the last one: a, b, a.
    let server = FaultServer::start(|request| {
        let next = if request.json()["NextToken"] == "a" { "b" } else { "a" };
        Reply::json(200, &json!({"Accounts": [{"Id": "1"}], "NextToken": next}))
    });
    let read = pages(&client(&server), Call::new("organizations", "ListAccounts", json!({}))).await;
    assert_eq!(read.len(), 4, "the pages that were read are given, then the error");
    assert_eq!(read[3].as_ref().unwrap_err().kind, ErrorKind::Loop { pages: 3 });
}

#[tokio::test]
async fn more_without_a_way_to_ask_for_it_is_an_error() {
    let list = "<ListUsersResponse><ListUsersResult><Users/><IsTruncated>true</IsTruncated></ListUsersResult>\
                </ListUsersResponse>";
    let server = FaultServer::scripted_then([], Reply::xml(200, list));
    let read = pages(&client(&server), Call::new("iam", "ListUsers", json!({}))).await;
    assert!(read[0].is_ok());
    assert!(matches!(read[1].as_ref().unwrap_err().kind, ErrorKind::Unreadable { status: 200, .. }));
}

#[tokio::test]
async fn an_empty_token_ends_the_list() {
    let server = FaultServer::scripted_then([], Reply::json(200, &json!({"Accounts": [], "NextToken": ""})));
    assert_eq!(
        all(&server, "organizations", "ListAccounts", json!({})).await.unwrap(),
        json!({"Accounts": []})
    );
    assert_eq!(server.count(), 1);
}

#[tokio::test]
async fn the_error_of_a_page_is_the_error_of_the_list() {
    let server = FaultServer::start(|request| match request.json()["NextToken"].as_str() {
        None => Reply::json(200, &json!({"Accounts": [{"Id": "1"}], "NextToken": "t"})),
        Some(_) => Reply::aws_error(request, 400, "AccessDeniedException", "m"),
    });
    assert!(all(&server, "organizations", "ListAccounts", json!({})).await.unwrap_err().is_access_denied());
    let read = pages(&client(&server), Call::new("organizations", "ListAccounts", json!({}))).await;
    assert_eq!((read.len(), read[0].is_ok(), read[1].is_ok()), (2, true, false));
}

#[tokio::test]
async fn every_page_is_charged_shown_to_the_gate_and_counted() {
    let server = FaultServer::start(users(10));
    let limited = asking(&server).budget(Some(3)).build();
    let over = limited.all(&Call::new("iam", "ListUsers", json!({}))).await.unwrap_err();
    assert_eq!((over.kind, server.count()), (ErrorKind::Budget { most: 3 }, 3));
    assert_eq!(limited.tally().calls(), 3);

    struct NotBeyond;
    impl provost_awsapi::Gate for NotBeyond {
        fn admit(&self, call: &Call) -> Result<(), String> {
            if call.input["Marker"] == "4" { Err("not beyond".to_owned()) } else { Ok(()) }
        }
    }
    let gated = asking(&server).gate(std::sync::Arc::new(NotBeyond)).build();
    let refused = gated.all(&Call::new("iam", "ListUsers", json!({}))).await.unwrap_err();
    assert_eq!(refused.kind, ErrorKind::Refused { why: "not beyond".to_owned() });
}

#[tokio::test]
async fn several_tokens_go_on_together_and_one_that_is_absent_is_left_out() {
    let server = FaultServer::start(|request| {
        let sets = |names: &str, next: &str| {
            Reply::xml(
                200,
                format!(
                    "<ListResourceRecordSetsResponse><ResourceRecordSets>{names}</ResourceRecordSets>{next}\
                     <MaxItems>1</MaxItems></ListResourceRecordSetsResponse>"
                ),
            )
        };
        let set =
            |name: &str| format!("<ResourceRecordSet><Name>{name}</Name><Type>A</Type></ResourceRecordSet>");
        match (request.parameter("name").as_deref(), request.parameter("identifier").as_deref()) {
            (None, None) => sets(
                &set("a."),
                "<IsTruncated>true</IsTruncated><NextRecordName>b.</NextRecordName><NextRecordType>A</NextRecordType>\
                 <NextRecordIdentifier>one</NextRecordIdentifier>",
            ),
            (Some("b."), Some("one")) => sets(
                &set("b."),
                "<IsTruncated>true</IsTruncated><NextRecordName>c.</NextRecordName><NextRecordType>A</NextRecordType>",
            ),
            (Some("c."), None) => sets(&set("c."), "<IsTruncated>false</IsTruncated>"),
            other => Reply::text(400, format!("{other:?}")),
        }
    });
    let zone = json!({"HostedZoneId": "/hostedzone/Z1"});
    let whole = all(&server, "route53", "ListResourceRecordSets", zone).await.unwrap();
    let names: Vec<_> =
        whole["ResourceRecordSets"].as_array().unwrap().iter().map(|set| &set["Name"]).collect();
    assert_eq!(names, ["a.", "b.", "c."]);
}

#[tokio::test]
async fn s3_lists_without_a_next_marker_go_on_after_the_last_key() {
    let server = FaultServer::start(|request| {
        let (keys, truncated) = match request.parameter("marker").as_deref() {
            None => ("<Contents><Key>a</Key></Contents><Contents><Key>b%20%2B</Key></Contents>", true),
            Some("b +") => ("<Contents><Key>c</Key></Contents>", false),
            Some(other) => panic!("{other}"),
        };
        Reply::xml(
            200,
            format!(
                "<ListBucketResult><Name>b</Name><EncodingType>url</EncodingType><IsTruncated>{truncated}\
                 </IsTruncated>{keys}</ListBucketResult>"
            ),
        )
    });
    let whole = all(&server, "s3", "ListObjects", json!({"Bucket": "b"})).await.unwrap();
    let keys: Vec<_> = whole["Contents"].as_array().unwrap().iter().map(|object| &object["Key"]).collect();
    assert_eq!(keys, ["a", "b +", "c"]);
}

#[tokio::test]
async fn lists_inside_members_are_merged_where_they_are() {
    let server = FaultServer::start(|request| {
        let (id, next) = match request.parameter("Marker").as_deref() {
            None => ("one", "<IsTruncated>true</IsTruncated><NextMarker>m</NextMarker>"),
            Some(_) => ("two", "<IsTruncated>false</IsTruncated>"),
        };
        Reply::xml(
            200,
            format!(
                "<DistributionList><Marker></Marker><MaxItems>1</MaxItems>{next}<Quantity>1</Quantity><Items>\
                 <DistributionSummary><Id>{id}</Id></DistributionSummary></Items></DistributionList>"
            ),
        )
    });
    let whole = all(&server, "cloudfront", "ListDistributions", json!({})).await.unwrap();
    assert_eq!(whole, json!({"DistributionList": {"Items": [{"Id": "one"}, {"Id": "two"}]}}));
}

#[tokio::test]
async fn tokens_may_be_objects_numbers_add_up_and_what_describes_the_whole_is_kept() {
    let server = FaultServer::start(|request| match request.json().get("ExclusiveStartKey") {
        None => Reply::json(
            200,
            &json!({
                "Items": [{"k": {"S": "a"}}], "Count": 1, "ScannedCount": 10,
                "LastEvaluatedKey": {"k": {"S": "a"}}, "ConsumedCapacity": {"CapacityUnits": 1.5},
            }),
        ),
        Some(key) => {
            assert_eq!(*key, json!({"k": {"S": "a"}}));
            Reply::json(200, &json!({"Items": [{"k": {"S": "b"}}], "Count": 1, "ScannedCount": 5}))
        }
    });
    let whole = all(&server, "dynamodb", "Scan", json!({"TableName": "t"})).await.unwrap();
    assert_eq!(
        whole,
        json!({
            "Items": [{"k": {"S": "a"}}, {"k": {"S": "b"}}], "Count": 2, "ScannedCount": 15,
            "ConsumedCapacity": {"CapacityUnits": 1.5},
        })
    );
}

#[tokio::test]
async fn an_operation_that_does_not_page_has_one_page() {
    let server = FaultServer::scripted_then([], Reply::json(200, &json!({"Organization": {"Id": "o-1"}})));
    let call = Call::new("organizations", "DescribeOrganization", json!({}));
    assert_eq!(client(&server).all(&call).await.unwrap(), json!({"Organization": {"Id": "o-1"}}));
    assert_eq!(pages(&client(&server), call).await.len(), 1);
    let unknown = pages(&client(&server), Call::new("organizations", "ListNothing", json!({}))).await;
    assert!(matches!(unknown[0].as_ref().unwrap_err().kind, ErrorKind::Model { .. }));
}

#[tokio::test]
async fn two_hundred_pages_with_throttles_are_complete_and_without_duplicates() {
    let list = users(20_000);
    let count = std::sync::atomic::AtomicUsize::new(0);
    let server = FaultServer::start(move |request| {
        let number = count.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        if number % 20 == 7 { Reply::aws_error(request, 400, "Throttling", "m") } else { list(request) }
    });
    let client = client(&server);
    let asking = client.clone();
    let call = Call::new("iam", "ListUsers", json!({"MaxItems": 100}));
    let whole = tokio::spawn(async move { asking.all(&call).await }).await.unwrap().unwrap();
    let expected: Vec<String> = (0..20_000).map(|number| format!("u{number}")).collect();
    assert_eq!(names(&whole["Users"]), expected);
    let tally = client.tally();
    assert_eq!(tally.calls(), 200);
    assert_eq!(tally.requests(), 200 + tally.throttled());
    assert!(tally.throttled() >= 10, "{tally:?}");
}

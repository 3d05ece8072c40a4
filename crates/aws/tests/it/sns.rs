//! Messages to a topic: what arrives in a queue behind it on the emulator, and what is said when it does not.

use provost_aws::guard::Sink;
use provost_aws::sns::SnsNotifier;
use provost_awsapi::{Call, Client};
use provost_core::port::{Message, Notifier as _, contract};
use provost_testbed::{AwsServer, FaultServer, Reply};
use serde_json::{Value, json};

use crate::local_client::{client, guarded};

async fn ask(client: &Client, service: &str, operation: &str, input: Value) -> Value {
    client.call(&Call::new(service, operation, input)).await.unwrap().value
}

/// A queue that gets what is published to a fresh topic, and what it is subscribed with.
async fn behind_a_topic(client: &Client, name: &str, attributes: Value) -> (String, String) {
    let topic = ask(client, "sns", "CreateTopic", json!({ "Name": name })).await;
    let topic = topic["TopicArn"].as_str().unwrap().to_owned();
    let queue = ask(client, "sqs", "CreateQueue", json!({ "QueueName": name })).await;
    let queue = queue["QueueUrl"].as_str().unwrap().to_owned();
    let arn = topic.replace(":sns:", ":sqs:");
    let subscription =
        json!({ "TopicArn": topic, "Protocol": "sqs", "Endpoint": arn, "Attributes": attributes });
    ask(client, "sns", "Subscribe", subscription).await;
    (topic, queue)
}

/// The messages in a queue, which are gone then.
async fn received(client: &Client, queue: &str) -> Vec<Value> {
    let mut bodies = Vec::new();
    loop {
        let input = json!({ "QueueUrl": queue, "MaxNumberOfMessages": 10, "MessageAttributeNames": ["All"] });
        let got = ask(client, "sqs", "ReceiveMessage", input).await;
        let Some(messages) = got["Messages"].as_array().filter(|messages| !messages.is_empty()) else {
            return bodies;
        };
        for message in messages {
            bodies.push(serde_json::from_str(message["Body"].as_str().unwrap()).unwrap());
            let gone = json!({ "QueueUrl": queue, "ReceiptHandle": message["ReceiptHandle"] });
            ask(client, "sqs", "DeleteMessage", gone).await;
        }
    }
}

fn message(severity: &str) -> Message {
    Message {
        id: "sha256:0123".to_owned(),
        subject: format!("[{severity}] s3-encryption: 2 resources became non-compliant"),
        text: "Two buckets.\n".to_owned(),
        body: json!({ "schema": 1, "kind": "non-compliant", "rule": "s3-encryption" }),
        attributes: [("kind", "non-compliant"), ("severity", severity)]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sns_messages_arrive_whole_in_the_queue_behind_the_topic() {
    let Some(server) = AwsServer::start_or_skip("messages to SNS") else { return };
    let client = client(server.url());
    let raw = json!({ "RawMessageDelivery": "true" });
    let (topic, queue) = behind_a_topic(&client, "compliance-alerts-dev", raw).await;
    let sink = || vec![Sink::Topic(topic.clone())];
    let notifier = SnsNotifier::new(guarded(server.url(), sink()), &topic);
    contract::notifier(&notifier, async || received(&client, &queue).await).await;

    // A queue that does not ask for it raw gets the subject too, and one that wants high severities those.
    let (topic, queue) = behind_a_topic(&client, "with-subject", json!({})).await;
    let filter = json!({ "FilterPolicy": json!({ "severity": ["high"] }).to_string() });
    let (_, picky) = {
        let made = ask(&client, "sqs", "CreateQueue", json!({ "QueueName": "picky" })).await;
        let arn = topic.replace(":sns:", ":sqs:").replace("with-subject", "picky");
        let input = json!({ "TopicArn": topic, "Protocol": "sqs", "Endpoint": arn, "Attributes": filter });
        ask(&client, "sns", "Subscribe", input).await;
        (arn, made["QueueUrl"].as_str().unwrap().to_owned())
    };
    let notifier = SnsNotifier::new(guarded(server.url(), vec![Sink::Topic(topic.clone())]), &topic);
    for severity in ["high", "low"] {
        notifier.notify(&message(severity)).await.unwrap();
    }
    let all = received(&client, &queue).await;
    assert_eq!(all.len(), 2);
    assert_eq!(all[0]["Subject"], "[high] s3-encryption: 2 resources became non-compliant");
    assert_eq!(all[0]["MessageAttributes"]["kind"]["Value"], "non-compliant");
    assert_eq!(received(&client, &picky).await.len(), 1);

    let elsewhere = SnsNotifier::new(guarded(server.url(), sink()), &topic);
    let error = elsewhere.notify(&message("high")).await.unwrap_err().to_string();
    assert!(error.contains("refused") && error.contains("with-subject"), "{error}");
    let gone = topic.replace("with-subject", "nowhere");
    let nowhere = SnsNotifier::new(guarded(server.url(), vec![Sink::Topic(gone.clone())]), &gone);
    let error = nowhere.notify(&message("high")).await.unwrap_err().to_string();
    assert!(error.contains("no such topic"), "{error}");
}

const TOPIC: &str = "arn:aws:sns:us-west-2:111122223333:alerts";

#[tokio::test(flavor = "multi_thread")]
async fn sns_gets_each_receiver_its_form_and_the_topics_own_region() {
    let server = FaultServer::start(|_| {
        Reply::xml(
            200,
            "<PublishResponse><PublishResult><MessageId>1</MessageId></PublishResult></PublishResponse>",
        )
    });
    SnsNotifier::new(client(&server.url()), TOPIC).notify(&message("high")).await.unwrap();
    let request = &server.requests()[0];
    let form: std::collections::BTreeMap<String, String> = request.form();
    assert!(request.header("authorization").unwrap().contains("/us-west-2/sns/"));
    assert_eq!(form["MessageStructure"], "json");
    let by_protocol: Value = serde_json::from_str(&form["Message"]).unwrap();
    assert_eq!(by_protocol["email"], "Two buckets.\n");
    assert_eq!(by_protocol["sms"], message("high").subject);
    assert_eq!(by_protocol["default"], message("high").body.to_string());
    assert!(!form.contains_key("MessageGroupId"));

    SnsNotifier::new(client(&server.url()), format!("{TOPIC}.fifo")).notify(&message("high")).await.unwrap();
    let form = server.requests()[1].form();
    assert_eq!(
        (form["MessageGroupId"].as_str(), form["MessageDeduplicationId"].as_str()),
        ("provost", "sha2560123")
    );

    let mut large = message("high");
    large.text = "\n".repeat(140_000);
    let notifier = SnsNotifier::new(client(&server.url()), TOPIC);
    let error = notifier.notify(&large).await.unwrap_err().to_string();
    assert!(error.contains("nothing was sent"), "{error}");
    assert_eq!(server.count(), 2, "a message that is too large is not sent in parts");
}

#[tokio::test(flavor = "multi_thread")]
async fn sns_says_what_was_not_sent_and_why() {
    for (status, code, expect) in [
        (403, "AuthorizationError", "provost permissions"),
        (404, "NotFound", "no such topic"),
        (400, "Throttling", "Throttling"),
        (400, "KMSAccessDenied", "KMSAccessDenied"),
    ] {
        let server = FaultServer::start(move |request| Reply::aws_error(request, status, code, "no"));
        let error = SnsNotifier::new(client(&server.url()), TOPIC).notify(&message("high")).await;
        let error = error.unwrap_err().to_string();
        assert!(
            error.contains(expect) && error.contains(TOPIC) && error.contains("s3-encryption"),
            "{error}"
        );
        assert!(!error.contains("Two buckets"), "{error}");
    }
}

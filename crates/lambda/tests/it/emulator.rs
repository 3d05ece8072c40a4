//! The emulator with the tables and the bucket of a deployment, asked without any of our own code.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use provost_testbed::AwsServer;
use serde_json::{Value, json};

pub(crate) const TABLE: &str = "provost-users";
pub(crate) const BUCKET: &str = "provost-evidence";
pub(crate) const HISTORY: &str = "compliance-history-dev";

/// The emulator, and the address of everything but IAM and STS.
pub(crate) struct Emulator {
    pub(crate) server: AwsServer,
}

impl Emulator {
    /// Starts one with an empty table and an empty bucket, or says that the test is skipped.
    pub(crate) fn start_or_skip(test: &str) -> Option<Self> {
        let emulator = Self { server: AwsServer::start_or_skip(test)? };
        let text = |name: &str| json!({ "AttributeName": name, "AttributeType": "S" });
        let key = |name: &str, kind: &str| json!({ "AttributeName": name, "KeyType": kind });
        emulator.dynamodb(
            "CreateTable",
            &json!({
                "TableName": TABLE,
                "AttributeDefinitions": [text("user_name"), text("scan_timestamp")],
                "KeySchema": [key("user_name", "HASH"), key("scan_timestamp", "RANGE")],
                "GlobalSecondaryIndexes": [{
                    "IndexName": "scan_timestamp-index",
                    "KeySchema": [key("scan_timestamp", "HASH"), key("user_name", "RANGE")],
                    "Projection": { "ProjectionType": "ALL" },
                }],
                "BillingMode": "PAY_PER_REQUEST",
            }),
        );
        let place = "<CreateBucketConfiguration><LocationConstraint>eu-west-1</LocationConstraint>\
                     </CreateBucketConfiguration>";
        emulator.ask("PUT", &format!("/{BUCKET}"), "s3", "application/xml", &[], place);
        Some(emulator)
    }

    /// Makes the table of verdicts, by the keys of the specification.
    pub(crate) fn make_history(&self) {
        let text = |name: &str| json!({ "AttributeName": name, "AttributeType": "S" });
        let key = |name: &str, kind: &str| json!({ "AttributeName": name, "KeyType": kind });
        self.dynamodb(
            "CreateTable",
            &json!({
                "TableName": HISTORY,
                "AttributeDefinitions": [text("resource_id"), text("evaluation_timestamp")],
                "KeySchema": [key("resource_id", "HASH"), key("evaluation_timestamp", "RANGE")],
                "BillingMode": "PAY_PER_REQUEST",
            }),
        );
    }

    /// The items of the table of verdicts whose partition begins so; those of resources begin with `arn:`.
    pub(crate) fn verdicts(&self, beginning: &str) -> Vec<Value> {
        let mut items: Vec<Value> = Vec::new();
        let mut from = Value::Null;
        loop {
            let mut input = json!({ "TableName": HISTORY });
            if !from.is_null() {
                input["ExclusiveStartKey"] = from;
            }
            let page = self.dynamodb("Scan", &input);
            items.extend(page["Items"].as_array().unwrap().iter().cloned());
            from = page["LastEvaluatedKey"].clone();
            if from.is_null() {
                break;
            }
        }
        items.retain(|item| item["resource_id"]["S"].as_str().unwrap().starts_with(beginning));
        items
    }

    /// How many verdicts of resources there are, by rule and verdict.
    pub(crate) fn verdict_counts(&self) -> BTreeMap<(String, String), usize> {
        let mut counts = BTreeMap::new();
        for item in self.verdicts("arn:") {
            let text = |name: &str| item[name]["S"].as_str().unwrap().to_owned();
            *counts.entry((text("rule"), text("verdict"))).or_default() += 1;
        }
        counts
    }

    /// The answer to a form, as EC2, RDS and their kin take them.
    pub(crate) fn form(&self, service: &str, form: &str) -> String {
        self.ask("POST", "/", service, "application/x-www-form-urlencoded", &[], form)
    }

    /// An instance with these tags; its id.
    pub(crate) fn instance(&self, tags: &[(&str, &str)]) -> String {
        let mut form =
            "Action=RunInstances&Version=2016-11-15&ImageId=ami-12c6146b&MinCount=1&MaxCount=1".to_owned();
        if !tags.is_empty() {
            form.push_str("&TagSpecification.1.ResourceType=instance");
        }
        for (number, (key, value)) in (1..).zip(tags) {
            form.push_str(&format!("&TagSpecification.1.Tag.{number}.Key={key}"));
            form.push_str(&format!("&TagSpecification.1.Tag.{number}.Value={value}"));
        }
        let answer = self.form("ec2", &form);
        let (_, rest) = answer.split_once("<instanceId>").unwrap();
        rest.split_once("</instanceId>").unwrap().0.to_owned()
    }

    /// An object of the bucket.
    pub(crate) fn object(&self, key: &str) -> String {
        self.ask("GET", &format!("/{BUCKET}/{key}"), "s3", "text/plain", &[], "")
    }

    /// Puts an object into the bucket.
    pub(crate) fn put_object(&self, key: &str, body: &str) {
        self.ask("PUT", &format!("/{BUCKET}/{key}"), "s3", "text/plain", &[], body);
    }

    /// An operation of DynamoDB.
    pub(crate) fn dynamodb(&self, operation: &str, input: &Value) -> Value {
        let target = format!("DynamoDB_20120810.{operation}");
        let body = input.to_string();
        let kind = "application/x-amz-json-1.0";
        let answer = self.ask("POST", "/", "dynamodb", kind, &[("X-Amz-Target", &target)], &body);
        serde_json::from_str(&answer).unwrap()
    }

    /// The items of the table whose partition begins so; those of users begin with an account id.
    pub(crate) fn items(&self, beginning: &str) -> Vec<Value> {
        let all = self.dynamodb("Scan", &json!({ "TableName": TABLE }));
        let mut items = all["Items"].as_array().unwrap().clone();
        items.retain(|item| item["user_name"]["S"].as_str().unwrap().starts_with(beginning));
        items
    }

    /// The sum of a metric of the last day, as the inventory of users publishes it.
    pub(crate) fn metric(&self, namespace: &str, name: &str) -> Option<f64> {
        self.metric_of("collect-iam-users", namespace, name)
    }

    /// The sum of a metric of the last day, as a job publishes it.
    pub(crate) fn metric_of(&self, job: &str, namespace: &str, name: &str) -> Option<f64> {
        let now = jiff::Timestamp::now();
        let (from, to) =
            (now - jiff::SignedDuration::from_hours(12), now + jiff::SignedDuration::from_hours(12));
        let form = format!(
            "Action=GetMetricStatistics&Version=2010-08-01&Namespace={namespace}&MetricName={name}\
             &StartTime={from:.0}&EndTime={to:.0}&Period=86400&Statistics.member.1=Sum\
             &Dimensions.member.1.Name=Job&Dimensions.member.1.Value={job}"
        );
        let kind = "application/x-www-form-urlencoded";
        let answer = self.ask("POST", "/", "monitoring", kind, &[], &form);
        let (_, rest) = answer.split_once("<Sum>")?;
        rest.split_once("</Sum>")?.0.parse().ok()
    }

    /// The keys in the bucket.
    pub(crate) fn objects(&self) -> Vec<String> {
        let list = self.ask("GET", &format!("/{BUCKET}?list-type=2"), "s3", "text/plain", &[], "");
        let keys = list.split("<Key>").skip(1).map(|rest| rest.split_once("</Key>").unwrap().0.to_owned());
        keys.collect()
    }

    fn ask(
        &self,
        method: &str,
        path: &str,
        service: &str,
        kind: &str,
        more: &[(&str, &str)],
        body: &str,
    ) -> String {
        let host = self.server.url().strip_prefix("http://").unwrap();
        // Without a host of its own, the emulator knows the service by the signature's scope.
        let mut head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Type: {kind}\r\n\
             Content-Length: {}\r\nAuthorization: AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20261122/\
             eu-west-1/{service}/aws4_request, SignedHeaders=host, Signature=0\r\n",
            body.len()
        );
        for (name, value) in more {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        let mut stream = TcpStream::connect(host).unwrap();
        stream.write_all(format!("{head}\r\n{body}").as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.contains(" 200 "), "{head}\n{body}");
        body.to_owned()
    }
}

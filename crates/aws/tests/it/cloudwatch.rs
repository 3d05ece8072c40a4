//! The numbers of a run as CloudWatch takes them.

use provost_aws::cloudwatch::CloudWatchMetrics;
use provost_aws::guard::Sink;
use provost_awsapi::Call;
use provost_core::model::{Digest, JobName, Run, RunStatus, Statistics};
use provost_core::port::{Metric, Metrics as _, Unit};
use provost_testbed::{AwsServer, FaultServer, Reply};
use serde_json::json;

use crate::local_client::{client, guarded};

fn run() -> Run {
    Run {
        schema: Run::SCHEMA,
        execution_id: "r1".to_owned(),
        job: JobName::Collect,
        scope: "all".to_owned(),
        input: Digest::of(b"input"),
        catalog: Digest::of(b"catalog"),
        started_at: jiff::Timestamp::now(),
        finished_at: Some(jiff::Timestamp::now()),
        status: RunStatus::Done,
        attempts: 1,
        statistics: Statistics::default(),
    }
}

fn metric(name: &str, value: f64, unit: Unit) -> Metric {
    Metric { name: name.to_owned(), value, unit }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_numbers_of_a_scan_arrive() {
    let Some(server) = AwsServer::start_or_skip("metrics on CloudWatch") else { return };
    let client = client(server.url());
    let counts = [("users", 200.0), ("written", 199.0), ("errors", 1.0), ("success", 0.0)];
    let mut metrics: Vec<Metric> =
        counts.into_iter().map(|(name, value)| metric(name, value, Unit::Count)).collect();
    metrics.push(metric("duration", 1.5, Unit::Seconds));
    metrics.push(metric("rate", f64::NAN, Unit::Count));
    let sink = Sink::Namespace(CloudWatchMetrics::NAMESPACE.to_owned());
    let publisher = CloudWatchMetrics::new(guarded(server.url(), vec![sink]), CloudWatchMetrics::NAMESPACE);
    publisher.publish(&run(), &metrics).await.unwrap();
    let listed =
        client.call(&Call::new("cloudwatch", "ListMetrics", json!({ "Namespace": "Provost" }))).await;
    let listed = listed.unwrap().value;
    let metrics = listed["Metrics"].as_array().unwrap();
    let mut names: Vec<&str> = metrics.iter().map(|metric| metric["MetricName"].as_str().unwrap()).collect();
    names.sort_unstable();
    assert_eq!(names, ["Duration", "Errors", "RecordsWritten", "Success", "UsersScanned"]);
    for metric in metrics {
        assert_eq!(metric["Dimensions"], json!([{ "Name": "Job", "Value": "collect" }]));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_at_a_time() {
    let server = FaultServer::start(|_| Reply::json(200, &json!({})));
    let metrics: Vec<Metric> =
        (0..2_500).map(|number| metric(&format!("count_{number}"), 1.0, Unit::Count)).collect();
    let publisher = CloudWatchMetrics::new(client(&server.url()), "Elsewhere");
    publisher.publish(&run(), &metrics).await.unwrap();
    let counts: Vec<usize> = server
        .requests()
        .iter()
        .map(|request| {
            let body = request.json();
            assert_eq!(body["Namespace"], "Elsewhere");
            body["MetricData"].as_array().unwrap().len()
        })
        .collect();
    assert_eq!(counts, [1_000, 1_000, 500]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_is_told_and_names_no_numbers() {
    let server = FaultServer::start(|request| {
        Reply::aws_error(request, 403, "AccessDenied", "not authorized to perform: cloudwatch:PutMetricData")
    });
    let publish = CloudWatchMetrics::new(client(&server.url()), "Provost");
    let error =
        publish.publish(&run(), &[metric("users", 4711.0, Unit::Count)]).await.unwrap_err().to_string();
    assert!(error.contains("namespace `Provost`") && error.contains("cloudwatch:PutMetricData"), "{error}");
    assert!(!error.contains("4711"), "{error}");
}

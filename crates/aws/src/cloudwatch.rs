//! The numbers of a run as CloudWatch metrics.

use async_trait::async_trait;
use provost_awsapi::{Call, Client};
use provost_core::model::{Run, rfc3339};
use provost_core::port::{Metric, Metrics, PortError, PortResult, Unit};
use serde_json::{Value, json};
use tracing::debug;

/// How many numbers one `PutMetricData` takes.
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html>, looked at
/// 2026-11-22.
const PUT_AT_ONCE: usize = 1000;

/// Metrics of a namespace, one dimension `Job` each.
///
/// The names are those of the specification where it has some (`UsersScanned`, `RecordsWritten`, `Errors`,
/// `Duration`, `Success`), else the count's own: `non_compliant` is `NonCompliant`.
pub struct CloudWatchMetrics {
    client: Client,
    namespace: String,
}

impl CloudWatchMetrics {
    /// The namespace unless another one is configured.
    pub const NAMESPACE: &str = "Provost";

    /// Metrics in this namespace.
    #[must_use]
    pub fn new(client: Client, namespace: impl Into<String>) -> Self {
        Self { client, namespace: namespace.into() }
    }
}

#[async_trait]
impl Metrics for CloudWatchMetrics {
    async fn publish(&self, run: &Run, metrics: &[Metric]) -> PortResult<()> {
        let time = rfc3339(run.finished_at.unwrap_or(run.started_at));
        let numbers: Vec<Value> =
            metrics.iter().filter_map(|metric| datum(metric, run.job.as_str(), &time)).collect();
        for numbers in numbers.chunks(PUT_AT_ONCE) {
            let input = json!({ "Namespace": self.namespace, "MetricData": numbers });
            let put = self.client.call(&Call::new("cloudwatch", "PutMetricData", input)).await;
            put.map_err(|error| PortError::Unavailable {
                what: format!("publish metrics to the namespace `{}`", self.namespace),
                why: error.to_string(),
            })?;
        }
        Ok(())
    }
}

/// The operations publishing calls, as (service, operation).
#[must_use]
pub fn calls() -> Vec<(&'static str, &'static str)> {
    vec![("cloudwatch", "PutMetricData")]
}

fn datum(metric: &Metric, job: &str, time: &str) -> Option<Value> {
    if !metric.value.is_finite() {
        debug!(metric = metric.name.as_str(), "A metric that is no number is left out.");
        return None;
    }
    Some(json!({
        "MetricName": name(&metric.name),
        "Dimensions": [{ "Name": "Job", "Value": job }],
        "Timestamp": time,
        "Value": metric.value,
        "Unit": match metric.unit {
            Unit::Count => "Count",
            Unit::Seconds => "Seconds",
        },
    }))
}

/// The name people see.
fn name(metric: &str) -> String {
    match metric {
        "users" => "UsersScanned".to_owned(),
        "written" => "RecordsWritten".to_owned(),
        _ => metric.split(['_', '-', ' ']).map(capital).collect(),
    }
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_specification_or_the_counts_own() {
        let names = ["users", "written", "errors", "duration", "success", "non_compliant", "resources"];
        let expect =
            ["UsersScanned", "RecordsWritten", "Errors", "Duration", "Success", "NonCompliant", "Resources"];
        assert_eq!(names.map(name), expect);
    }
}

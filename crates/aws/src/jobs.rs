//! What jobs need of AWS: the calls of the catalog, of the estate and of the adapters.

use provost_awsapi::{Models, names};
use provost_core::collect::{ResourceType, plan};

use crate::estate::{LiveEstate, Reach};
use crate::guard::{Home, Sink, Source};
use crate::permissions::Need;
use crate::{cloudwatch, config_rule, dynamo, s3_archive, s3_reports, security_hub, sns};

/// What reading these resource types takes. A call the models do not know is named as the catalog names it, and
/// the ledger says that it is unknown. The role to assume is named in the partition of `home`.
#[must_use]
pub fn needs_of_collecting(types: &[ResourceType], reach: &Reach, home: &Home, job: &str) -> Vec<Need> {
    let models = Models::embedded();
    let mut needs: Vec<Need> = plan(types)
        .into_iter()
        .map(|call| {
            let service = names::service_of_cli(&call.service).to_owned();
            let model = models.service(&service).ok();
            let operation = model
                .as_deref()
                .and_then(|model| names::operation_of_cli(model, &call.operation))
                .unwrap_or(&call.operation)
                .to_owned();
            Need::new(service, operation, job)
        })
        .collect();
    let reads_report =
        needs.iter().any(|need| need.service == "iam" && need.operation == "GetCredentialReport");
    for (service, operation, _) in LiveEstate::calls(reach) {
        // Only whoever reads the report has it made.
        if operation == "GenerateCredentialReport" && !reads_report {
            continue;
        }
        needs.push(match (&reach.role, operation) {
            (Some(role), "AssumeRole") => Need::assume_role(&home.partition, role, job),
            _ => Need::new(service, operation, job),
        });
    }
    needs
}

/// What writing to a place of Provost's takes.
#[must_use]
pub fn needs_of_sink(sink: &Sink, home: &Home, job: &str) -> Vec<Need> {
    let calls = match sink {
        Sink::Table(_) => dynamo::calls(),
        Sink::Objects { .. } => s3_archive::calls(),
        Sink::Namespace(_) => cloudwatch::calls(),
        Sink::Topic(_) => sns::calls(),
        Sink::Evaluations => config_rule::calls(),
        Sink::Findings => security_hub::calls(),
        Sink::Queue(_) | Sink::Bus(_) => Vec::new(),
    };
    sink.needs(&calls, home, job)
}

/// What keeping reports in a bucket takes, which is less than keeping evidence there.
#[must_use]
pub fn needs_of_reports(bucket: &str, prefix: &str, home: &Home, job: &str) -> Vec<Need> {
    let reports = format!("{prefix}compliance-reports/");
    Sink::Objects { bucket: bucket.to_owned(), prefix: reports }.needs(&s3_reports::calls(), home, job)
}

/// What answering custom rules of AWS Config takes beside reading what they are about.
#[must_use]
pub fn needs_of_config_rules(home: &Home, job: &str) -> Vec<Need> {
    let mut needs = needs_of_sink(&Sink::Evaluations, home, job);
    // What stands of a rule is configuration, and no place of ours.
    needs.push(Need::new("config", "GetComplianceDetailsByConfigRule", job));
    needs
}

/// What reading one object takes: a file somebody keeps for Provost.
#[must_use]
pub fn needs_of_object(bucket: &str, key: &str, home: &Home, job: &str) -> Vec<Need> {
    let place = Source::Objects { bucket: bucket.to_owned(), prefix: key.to_owned() };
    place.needs(&[("s3", "GetObject")], home, job)
}

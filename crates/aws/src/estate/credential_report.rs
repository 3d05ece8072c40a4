//! The credential report: made on demand, then fetched.

use std::time::Duration;

use provost_awsapi::{Call as ApiCall, Client};
use provost_core::port::{Answer, AnswerPage, Call};
use serde_json::json;

use super::failure::{failure, unusable};

pub(super) const OPERATION: &str = "GetCredentialReport";

/// The codes that say there is no report that could be fetched. The names are those of the API's errors and
/// those that come over the wire.
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetCredentialReport.html>, looked at 2026-11-22.
const NOT_THERE: [&str; 6] = [
    "ReportNotPresent",
    "CredentialReportNotPresentException",
    "ReportExpired",
    "CredentialReportExpiredException",
    "ReportInProgress",
    "CredentialReportNotReadyException",
];

/// How often, and how long apart, it is asked whether a report is ready. AWS makes one in seconds.
const TRIES: u32 = 30;
const BETWEEN: Duration = Duration::from_secs(2);

/// The report AWS has if it is fresh (four hours), else a new one. A report is asked to be made first: that gives
/// the fresh one too, and a scheduled run mostly finds none. Who may not have one made may still read one.
pub(super) async fn fetch(client: &Client, call: &Call) -> Answer {
    let get = ApiCall::new("iam", OPERATION, json!({}));
    let generate = ApiCall::new("iam", "GenerateCredentialReport", json!({}));
    for _ in 0..TRIES {
        let made = client.call(&generate).await;
        let (ready, refused) = match made {
            Ok(reply) => (reply.value.get("State").is_some_and(|state| state == "COMPLETE"), None),
            // Somebody else may have asked for it just now.
            Err(error) if error.is_throttled() || error.code() == Some("LimitExceeded") => (false, None),
            Err(error) => (true, Some(error)),
        };
        if !ready {
            tokio::time::sleep(BETWEEN).await;
        }
        match client.call(&get).await {
            Ok(reply) => {
                let page =
                    AnswerPage { input: json!({}), request_id: reply.request_id, response: reply.value };
                return Answer::Pages(vec![page], None);
            }
            Err(error) if error.code().is_some_and(|code| NOT_THERE.contains(&code)) => {
                if let Some(refused) = refused {
                    return Answer::Error(failure(call, &refused));
                }
            }
            Err(error) => return Answer::Error(failure(call, &error)),
        }
    }
    Answer::Error(unusable(call, "the credential report did not get ready within a minute"))
}

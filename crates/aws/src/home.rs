//! Whose the credentials are: where places are that are named and not given by an ARN.

use provost_awsapi::{Call, Client};
use provost_core::port::{PortError, PortResult};
use serde_json::{Value, json};

use crate::guard::Home;

/// The partition and account of the credentials, and the region the client asks.
///
/// # Errors
/// When AWS does not say, or the client has no region.
pub async fn home(client: &Client) -> PortResult<Home> {
    let failed = |why: String| PortError::Unavailable {
        what: "find the account of the credentials".to_owned(),
        why: format!("{why}; giving ARNs instead of names needs no answer to that"),
    };
    let asked = client.call(&Call::new("sts", "GetCallerIdentity", json!({}))).await;
    let identity = asked.map_err(|error| failed(error.to_string()))?.value;
    let text = |name: &str| identity.get(name).and_then(Value::as_str).unwrap_or_default();
    let (partition, account) = (text("Arn").split(':').nth(1).unwrap_or_default(), text("Account"));
    if partition.is_empty() || account.is_empty() {
        return Err(failed("AWS did not say".to_owned()));
    }
    let region = client.region().ok_or_else(|| failed("no region is known".to_owned()))?;
    Ok(Home { partition: partition.to_owned(), region: region.to_owned(), account: account.to_owned() })
}

//! Messages to an SNS topic.

use async_trait::async_trait;
use provost_awsapi::{Call, Client, Error};
use provost_core::port::{Message, Notifier, PortError, PortResult};
use serde_json::{Map, Value, json};

/// What SNS takes as one message, attributes included, in bytes.
/// <https://docs.aws.amazon.com/sns/latest/api/API_Publish.html>, looked at 2026-11-22.
const MOST_SENT: usize = 262_144;

/// What text and body may have: put into the JSON that SNS takes, both at most double.
const MOST_BYTES: usize = 120_000;

/// Publishes to one topic, each message in the form its receivers read: e-mail gets the text, SMS the subject, and
/// queues, functions and web hooks the body as JSON.
///
/// The attributes of a message are those of SNS, for filter policies of subscriptions. A topic whose name ends
/// with `.fifo` drops a message that is sent a second time within five minutes.
pub struct SnsNotifier {
    client: Client,
    topic: String,
}

impl SnsNotifier {
    /// The topic of this ARN. It is asked in its own region, whatever the client's.
    #[must_use]
    pub fn new(client: Client, topic: impl Into<String>) -> Self {
        let topic = topic.into();
        let client = match topic.split(':').nth(3).filter(|region| !region.is_empty()) {
            Some(region) => client.in_region(region),
            None => client,
        };
        Self { client, topic }
    }

    fn input(&self, message: &Message) -> PortResult<Value> {
        let by_protocol = json!({
            "default": message.body.to_string(),
            "email": message.text,
            "sms": message.subject,
        })
        .to_string();
        let of_attributes: usize =
            message.attributes.iter().map(|(name, value)| name.len() + "String".len() + value.len()).sum();
        let size = by_protocol.len() + message.subject.len() + of_attributes;
        if size > MOST_SENT {
            let why = format!("it has {size} bytes, and SNS takes {MOST_SENT}; nothing was sent");
            return Err(PortError::Unavailable { what: self.doing(message), why });
        }
        let attributes: Map<String, Value> = message
            .attributes
            .iter()
            .map(|(name, value)| (name.clone(), json!({ "DataType": "String", "StringValue": value })))
            .collect();
        let mut input = json!({
            "TopicArn": self.topic,
            "Subject": message.subject,
            "Message": by_protocol,
            "MessageStructure": "json",
            "MessageAttributes": attributes,
        });
        if let Some(input) = input.as_object_mut().filter(|_| self.topic.ends_with(".fifo")) {
            input.insert("MessageGroupId".to_owned(), Value::from("provost"));
            input.insert("MessageDeduplicationId".to_owned(), Value::from(id_of(&message.id)));
        }
        Ok(input)
    }

    fn doing(&self, message: &Message) -> String {
        format!("publish `{}` to the topic `{}`", message.subject, self.topic)
    }

    fn failed(&self, message: &Message, error: &Error) -> PortError {
        let why = match error.code() {
            Some("NotFound" | "NotFoundException") => {
                "there is no such topic; create it, or name the right one".to_owned()
            }
            _ if error.is_access_denied() => format!(
                "{error}; `provost permissions` prints what it takes, and the policy of the topic or of its KMS key \
                 may deny it"
            ),
            _ => error.to_string(),
        };
        PortError::Unavailable { what: self.doing(message), why }
    }
}

#[async_trait]
impl Notifier for SnsNotifier {
    fn most_bytes(&self) -> usize {
        MOST_BYTES
    }

    fn place(&self) -> String {
        format!("the topic {}", self.topic)
    }

    async fn notify(&self, message: &Message) -> PortResult<()> {
        let input = self.input(message)?;
        let published = self.client.call(&Call::new("sns", "Publish", input)).await;
        published.map(drop).map_err(|error| self.failed(message, &error))
    }
}

/// The operations publishing calls, as (service, operation).
#[must_use]
pub fn calls() -> Vec<(&'static str, &'static str)> {
    vec![("sns", "Publish")]
}

/// Letters and digits, at most 128 of them, as SNS takes for an id.
fn id_of(id: &str) -> String {
    id.chars().filter(char::is_ascii_alphanumeric).take(128).collect()
}

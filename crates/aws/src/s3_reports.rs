//! Reports as objects of a bucket.

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use provost_awsapi::{Call, Client, Error};
use provost_core::model::AccountId;
use provost_core::port::{PortError, PortResult, ReportWriter, Reports};
use serde_json::{Map, Value, json};
use tracing::warn;

/// How much of an object is held in memory, and the size of its parts. S3 takes parts from 5 MiB on and 10,000 of
/// them, so an object ends at 80 GiB.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html>, looked at 2026-11-22.
const PART: usize = 8 * 1024 * 1024;

/// How an object is encrypted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Encryption {
    /// As the bucket says; since 2023 every bucket says something.
    #[default]
    OfBucket,
    /// With keys of S3 (`AES256`), said in each request, for buckets whose policy asks for that.
    S3,
    /// With a KMS key, by its ARN or id.
    Kms(String),
}

impl Encryption {
    /// The KMS key that is asked for, if one is.
    #[must_use]
    pub fn key(&self) -> Option<String> {
        match self {
            Self::OfBucket | Self::S3 => None,
            Self::Kms(key) => Some(key.clone()),
        }
    }
}

/// Where reports go.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReportsBucket {
    /// Its name.
    pub bucket: String,
    /// What keys begin with: empty, or it ends with `/`.
    pub prefix: String,
    /// Whose it is, if that is known: in a bucket of somebody else's nothing is put.
    pub owner: Option<AccountId>,
    /// How objects are encrypted.
    pub encryption: Encryption,
}

/// Reports in a bucket, under `<prefix><key>`. An object of more than one part is uploaded in parts, which nobody
/// sees before the last one; a process that is killed leaves them behind, and a lifecycle rule of the bucket
/// (`AbortIncompleteMultipartUpload`) is what removes those.
pub struct S3Reports {
    client: Client,
    place: ReportsBucket,
}

impl S3Reports {
    /// Reports in this place.
    #[must_use]
    pub fn new(client: Client, place: ReportsBucket) -> Self {
        Self { client, place }
    }
}

struct Upload {
    client: Client,
    place: ReportsBucket,
    key: String,
    buffer: Vec<u8>,
    /// The upload in parts, once there is one.
    id: Option<String>,
    /// The parts as completing names them.
    parts: Vec<Value>,
}

#[async_trait]
impl Reports for S3Reports {
    /// The object in the console, where the region is known; else as `s3://`.
    fn link(&self, key: &str) -> String {
        let ReportsBucket { bucket, prefix, .. } = &self.place;
        let host = match self.client.region() {
            Some(region) if region.starts_with("cn-") => {
                format!("{region}.console.amazonaws.cn/s3/object/{bucket}?region={region}")
            }
            Some(region) if region.starts_with("us-gov-") => {
                format!("console.amazonaws-us-gov.com/s3/object/{bucket}?region={region}")
            }
            Some(region) => format!("{region}.console.aws.amazon.com/s3/object/{bucket}?region={region}"),
            None => return format!("s3://{bucket}/{prefix}{key}"),
        };
        format!("https://{host}&prefix={prefix}{key}")
    }

    async fn begin(&self, key: &str) -> PortResult<Box<dyn ReportWriter>> {
        Ok(Box::new(Upload {
            client: self.client.clone(),
            place: self.place.clone(),
            key: format!("{}{key}", self.place.prefix),
            buffer: Vec::new(),
            id: None,
            parts: Vec::new(),
        }))
    }
}

impl Upload {
    async fn call(&self, operation: &str, more: Value) -> Result<Value, Error> {
        let mut input = Map::from_iter([
            ("Bucket".to_owned(), Value::from(self.place.bucket.as_str())),
            ("Key".to_owned(), Value::from(self.key.as_str())),
        ]);
        if let Some(owner) = &self.place.owner {
            input.insert("ExpectedBucketOwner".to_owned(), Value::from(owner.as_str()));
        }
        if let Some(id) = &self.id {
            input.insert("UploadId".to_owned(), Value::from(id.as_str()));
        }
        if let Value::Object(more) = more {
            input.extend(more);
        }
        let reply = self.client.call(&Call::new("s3", operation, Value::Object(input))).await?;
        Ok(reply.value)
    }

    /// What is said of an object when it is made, with these members.
    fn described(&self, mut more: Value) -> Value {
        if let Some(more) = more.as_object_mut() {
            more.insert("ContentType".to_owned(), Value::from("application/json"));
            match &self.place.encryption {
                Encryption::OfBucket => {}
                Encryption::S3 => {
                    more.insert("ServerSideEncryption".to_owned(), Value::from("AES256"));
                }
                Encryption::Kms(key) => {
                    more.insert("ServerSideEncryption".to_owned(), Value::from("aws:kms"));
                    more.insert("SSEKMSKeyId".to_owned(), Value::from(key.as_str()));
                }
            }
        }
        more
    }

    fn failed(&self, error: &Error) -> PortError {
        let ReportsBucket { bucket, owner, .. } = &self.place;
        let why = match error.code() {
            Some("NoSuchBucket") => "there is no such bucket; create it, or name the right one".to_owned(),
            _ if error.is_access_denied() || error.status() == Some(403) => match owner {
                Some(owner) => {
                    format!("{error}; S3 says the same of a bucket that is not of account {owner}")
                }
                None => error.to_string(),
            },
            _ => error.to_string(),
        };
        PortError::Unavailable { what: format!("write the report `s3://{bucket}/{}`", self.key), why }
    }

    /// Sends what is in the buffer as the next part.
    async fn send_part(&mut self, part: &[u8]) -> PortResult<()> {
        if self.id.is_none() {
            let made = self.call("CreateMultipartUpload", self.described(json!({}))).await;
            let made = made.map_err(|error| self.failed(&error))?;
            self.id = made.get("UploadId").and_then(Value::as_str).map(str::to_owned);
            if self.id.is_none() {
                let what = format!("write the report `s3://{}/{}`", self.place.bucket, self.key);
                return Err(PortError::Damaged { what, why: "S3 began no upload in parts".to_owned() });
            }
        }
        let number = self.parts.len() + 1;
        let input = json!({ "PartNumber": number, "Body": STANDARD.encode(part) });
        let sent = self.call("UploadPart", input).await.map_err(|error| self.failed(&error))?;
        let tag = sent.get("ETag").cloned().unwrap_or(Value::Null);
        self.parts.push(json!({ "PartNumber": number, "ETag": tag }));
        Ok(())
    }

    async fn complete(&mut self) -> PortResult<()> {
        let rest = std::mem::take(&mut self.buffer);
        if self.id.is_none() {
            let input = self.described(json!({ "Body": STANDARD.encode(&rest) }));
            return self.call("PutObject", input).await.map(drop).map_err(|error| self.failed(&error));
        }
        if !rest.is_empty() {
            self.send_part(&rest).await?;
        }
        let parts = json!({ "MultipartUpload": { "Parts": self.parts } });
        self.call("CompleteMultipartUpload", parts).await.map(drop).map_err(|error| self.failed(&error))
    }

    async fn give_up(&self) {
        if self.id.is_none() {
            return;
        }
        if let Err(error) = self.call("AbortMultipartUpload", Value::Null).await {
            warn!(error = %error, "Parts of a report that was given up stay in the bucket.");
        }
    }
}

#[async_trait]
impl ReportWriter for Upload {
    async fn write(&mut self, mut bytes: &[u8]) -> PortResult<()> {
        while !bytes.is_empty() {
            let room = PART.saturating_sub(self.buffer.len());
            let (now, later) = bytes.split_at(room.min(bytes.len()));
            self.buffer.extend_from_slice(now);
            bytes = later;
            // The last part is sent at the end, so that an object of one part needs one call.
            if self.buffer.len() >= PART && !bytes.is_empty() {
                let part = std::mem::take(&mut self.buffer);
                self.send_part(&part).await?;
            }
        }
        Ok(())
    }

    async fn finish(mut self: Box<Self>) -> PortResult<()> {
        let completed = self.complete().await;
        if completed.is_err() {
            self.give_up().await;
        }
        completed
    }

    async fn abandon(self: Box<Self>) {
        self.give_up().await;
    }
}

/// The operations writing reports calls, as (service, operation).
#[must_use]
pub fn calls() -> Vec<(&'static str, &'static str)> {
    ["AbortMultipartUpload", "CompleteMultipartUpload", "CreateMultipartUpload", "PutObject", "UploadPart"]
        .map(|operation| ("s3", operation))
        .into()
}

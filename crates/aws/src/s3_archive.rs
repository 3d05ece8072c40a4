//! The evidence archive on S3: an object a digest, written once.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use provost_awsapi::{Call, Client, Error};
use provost_core::model::Digest;
use provost_core::port::{Archive, Clock, PortError, PortResult};
use serde_json::{Map, Value, json};

/// How many objects are written side by side.
const SIDE_BY_SIDE: usize = 16;

/// How often a write that meets another one of the same object is tried.
const MOST_TRIES: u32 = 5;

/// The wait before the second try; each one after it twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// Evidence in a bucket, under `<prefix>evidence/sha256/<first two digits>/<64 digits>`.
///
/// S3 checks what arrives against its SHA-256, and refuses to replace an object that is there
/// (`If-None-Match`), so that putting the same evidence again writes nothing. Only an object that turns out
/// to hold something else is replaced: somebody overwrote it. In a bucket with versions the overwritten
/// bytes stay, and [`Archive::remove`] leaves a marker.
///
/// Many pieces are as many objects. When one cannot be written, the call fails; the ones already written
/// stay as objects nothing refers to. Removing them could take away what another run put at that moment.
pub struct S3Archive {
    client: Client,
    bucket: String,
    prefix: String,
    clock: Arc<dyn Clock>,
}

/// What an object that is there turned out to be.
enum Present {
    /// These bytes.
    Same,
    /// Others.
    Other,
    /// It is gone again.
    Gone,
}

impl S3Archive {
    /// The archive in this bucket, under a prefix that ends with `/` or is empty. The clock is for waiting
    /// when two writers meet.
    #[must_use]
    pub fn new(
        client: Client,
        bucket: impl Into<String>,
        prefix: impl Into<String>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self { client, bucket: bucket.into(), prefix: prefix.into(), clock }
    }

    fn key(&self, digest: &Digest) -> String {
        let hex = digest.hex();
        let shelf: String = hex.chars().take(2).collect();
        format!("{}evidence/sha256/{shelf}/{hex}", self.prefix)
    }

    async fn call(&self, operation: &str, digest: &Digest, more: Value) -> Result<Value, Error> {
        let mut input = Map::from_iter([
            ("Bucket".to_owned(), Value::from(self.bucket.as_str())),
            ("Key".to_owned(), Value::from(self.key(digest))),
        ]);
        if let Value::Object(more) = more {
            input.extend(more);
        }
        let reply = self.client.call(&Call::new("s3", operation, Value::Object(input))).await?;
        Ok(reply.value)
    }

    fn failed(&self, what: &str, digest: &Digest, error: &Error) -> PortError {
        let what = format!("{what} the evidence `s3://{}/{}`", self.bucket, self.key(digest));
        let why = match error.code() {
            Some("NoSuchBucket") => "there is no such bucket; create it, or name the right one".to_owned(),
            // https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html, looked at 2026-11-22.
            _ if error.is_access_denied() || error.status() == Some(403) => {
                format!("{error}; without s3:ListBucket S3 says the same of an object that is not there")
            }
            _ => error.to_string(),
        };
        PortError::Unavailable { what, why }
    }

    async fn write(&self, digest: &Digest, bytes: &[u8]) -> PortResult<()> {
        let sent = json!({
            "Body": STANDARD.encode(bytes),
            "ContentType": "application/octet-stream",
            "ChecksumSHA256": checksum(digest),
        });
        let mut fresh = sent.clone();
        if let Some(fresh) = fresh.as_object_mut() {
            fresh.insert("IfNoneMatch".to_owned(), Value::from("*"));
        }
        let mut pause = FIRST_PAUSE;
        for _ in 0..MOST_TRIES {
            match self.call("PutObject", digest, fresh.clone()).await {
                Ok(_) => return Ok(()),
                Err(error) if is_present(&error) => match self.present(digest, bytes.len()).await? {
                    Present::Same => return Ok(()),
                    Present::Other => {
                        let replaced = self.call("PutObject", digest, sent).await;
                        return replaced.map(drop).map_err(|error| self.failed("repair", digest, &error));
                    }
                    Present::Gone => {}
                },
                // Another writer of the same object is not done yet.
                Err(error) if error.status() == Some(409) => {}
                Err(error) => return Err(self.failed("write", digest, &error)),
            }
            self.clock.sleep(pause).await;
            pause = pause.saturating_mul(2);
        }
        let what = format!("write the evidence `s3://{}/{}`", self.bucket, self.key(digest));
        let why = format!("others wrote and removed it {MOST_TRIES} times");
        Err(PortError::Unavailable { what, why })
    }

    /// What the object holds: by the checksum S3 keeps of it, else by reading it.
    async fn present(&self, digest: &Digest, length: usize) -> PortResult<Present> {
        let head = match self.call("HeadObject", digest, json!({ "ChecksumMode": "ENABLED" })).await {
            Ok(head) => head,
            Err(error) if is_absent(&error) => return Ok(Present::Gone),
            Err(error) => return Err(self.failed("look at", digest, &error)),
        };
        let has_length = head.get("ContentLength").and_then(Value::as_u64) == u64::try_from(length).ok();
        if !has_length {
            return Ok(Present::Other);
        }
        if let Some(kept) = head.get("ChecksumSHA256").and_then(Value::as_str) {
            let is_same = kept == checksum(digest);
            return Ok(if is_same { Present::Same } else { Present::Other });
        }
        Ok(match self.get(digest).await? {
            Some(bytes) if Digest::of(&bytes) == *digest => Present::Same,
            Some(_) => Present::Other,
            None => Present::Gone,
        })
    }
}

#[async_trait]
impl Archive for S3Archive {
    async fn put(&self, bytes: &[u8]) -> PortResult<Digest> {
        let digest = Digest::of(bytes);
        self.write(&digest, bytes).await?;
        Ok(digest)
    }

    async fn put_all(&self, pieces: &[Vec<u8>]) -> PortResult<Vec<Digest>> {
        let digests: Vec<Digest> = pieces.iter().map(|bytes| Digest::of(bytes)).collect();
        let mut each: Vec<(Digest, &[u8])> =
            digests.iter().copied().zip(pieces.iter().map(Vec::as_slice)).collect();
        each.sort_unstable_by_key(|(digest, _)| *digest);
        each.dedup_by_key(|(digest, _)| *digest);
        let writes: Vec<_> =
            each.into_iter().map(|(digest, bytes)| async move { self.write(&digest, bytes).await }).collect();
        stream::iter(writes).buffer_unordered(SIDE_BY_SIDE).try_collect::<()>().await?;
        Ok(digests)
    }

    async fn get(&self, digest: &Digest) -> PortResult<Option<Vec<u8>>> {
        let object = match self.call("GetObject", digest, Value::Null).await {
            Ok(object) => object,
            Err(error) if is_absent(&error) => return Ok(None),
            Err(error) => return Err(self.failed("read", digest, &error)),
        };
        let body = object.get("Body").and_then(Value::as_str).unwrap_or_default();
        STANDARD.decode(body).map(Some).map_err(|error| PortError::Damaged {
            what: format!("the evidence `s3://{}/{}`", self.bucket, self.key(digest)),
            why: error.to_string(),
        })
    }

    async fn remove(&self, digest: &Digest) -> PortResult<()> {
        match self.call("DeleteObject", digest, Value::Null).await {
            Ok(_) => Ok(()),
            Err(error) if is_absent(&error) => Ok(()),
            Err(error) => Err(self.failed("remove", digest, &error)),
        }
    }
}

/// The operations the archive calls, as (service, operation). `ListObjectsV2` is not one of them: it stands
/// for `s3:ListBucket`, without which S3 denies a missing object instead of saying that it is missing.
#[must_use]
pub fn calls() -> Vec<(&'static str, &'static str)> {
    ["DeleteObject", "GetObject", "HeadObject", "ListObjectsV2", "PutObject"]
        .map(|operation| ("s3", operation))
        .into()
}

/// The digest as S3 writes checksums.
fn checksum(digest: &Digest) -> String {
    let hex = digest.hex();
    let mut bytes = Vec::with_capacity(32);
    let digits: Vec<u32> = hex.chars().filter_map(|digit| digit.to_digit(16)).collect();
    for pair in digits.chunks_exact(2) {
        let value = pair.iter().fold(0, |value, digit| value * 16 + digit);
        bytes.extend(u8::try_from(value));
    }
    STANDARD.encode(bytes)
}

/// Whether the object was not written because there is one.
fn is_present(error: &Error) -> bool {
    error.code() == Some("PreconditionFailed") || error.status() == Some(412)
}

/// Whether there is no such object. An answer to `HEAD` has no body and so no code; a bucket that is not
/// there is something else.
fn is_absent(error: &Error) -> bool {
    error.code() != Some("NoSuchBucket") && error.status() == Some(404)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_are_the_digest_in_base64() {
        let expect = "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=";
        assert_eq!(checksum(&Digest::of(b"abc")), expect);
    }
}

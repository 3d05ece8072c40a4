//! A request as it came, and what AWS would read from it.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::percent;

/// A request that a server of this crate received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// `GET`, `POST`, ...
    pub method: String,
    /// The path as sent, percent-encoded, without the query.
    pub path: String,
    /// The query as sent, percent-encoded, without the question mark.
    pub query: String,
    /// Names in lower case, in the order sent; a name may repeat.
    pub headers: Vec<(String, String)>,
    /// The body, out of its chunks if it came in chunks.
    pub body: Vec<u8>,
}

impl Request {
    /// The first header of this name, which is given in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The service the signature is scoped to (`iam`), or nothing if the request is not signed.
    pub fn service(&self) -> &str {
        self.scope(3)
    }

    /// The region the signature is scoped to (`us-east-1`), or nothing if the request is not signed.
    pub fn region(&self) -> &str {
        self.scope(2)
    }

    /// The day the signature is scoped to (`20261122`), or nothing if the request is not signed.
    pub fn signing_day(&self) -> &str {
        self.scope(1)
    }

    /// The access key that signed, or nothing if the request is not signed.
    pub fn access_key(&self) -> &str {
        self.scope(0)
    }

    /// The operation: the last word of `X-Amz-Target`, the `Action` of a form or query, else the method, which
    /// for S3 is followed by the subresource (`GET?encryption`).
    pub fn operation(&self) -> String {
        if let Some(target) = self.header("x-amz-target") {
            return target.rsplit('.').next().unwrap_or(target).to_owned();
        }
        if let Some(action) = self.form().remove("Action").or_else(|| self.parameter("Action")) {
            return action;
        }
        let subresource = self.query.split(['=', '&']).next().unwrap_or("");
        if self.service() == "s3" && !subresource.is_empty() && subresource != "x-id" {
            return format!("{}?{subresource}", self.method);
        }
        self.method.clone()
    }

    /// A parameter of the query, decoded.
    pub fn parameter(&self, name: &str) -> Option<String> {
        self.parameters().into_iter().find(|(known, _)| known == name).map(|(_, value)| value)
    }

    /// All parameters of the query, decoded, in their order.
    pub fn parameters(&self) -> Vec<(String, String)> {
        percent::pairs(&self.query)
    }

    /// The path, decoded.
    pub fn decoded_path(&self) -> String {
        percent::decode(&self.path, false)
    }

    /// The fields of a form, decoded; none if the body is no form.
    pub fn form(&self) -> BTreeMap<String, String> {
        if self.is_form() {
            percent::pairs(&String::from_utf8_lossy(&self.body)).into_iter().collect()
        } else {
            BTreeMap::new()
        }
    }

    /// The body as JSON; null if it is not JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn is_form(&self) -> bool {
        self.header("content-type").is_some_and(|kind| kind.contains("x-www-form-urlencoded"))
    }

    /// A part of the credential scope: key, day, region, service. It is in the header `Authorization`, or in the
    /// query of a presigned request.
    fn scope(&self, part: usize) -> &str {
        let header = self.header("authorization").and_then(|header| header.split("Credential=").nth(1));
        let presigned = self.query.split("X-Amz-Credential=").nth(1);
        let (Some(credential), separator) = (match header {
            Some(credential) => (credential.split([',', ' ']).next(), "/"),
            None => (presigned.and_then(|rest| rest.split('&').next()), "%2F"),
        }) else {
            return "";
        };
        credential.split(separator).nth(part).unwrap_or("")
    }
}

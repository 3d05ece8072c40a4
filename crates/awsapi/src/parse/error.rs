//! Errors of AWS: the code, the message, and the members the model knows.

use super::damage::Damage;
use super::signed::{members_without_request, without_request};
use super::xml::{self, child, children, text};
use super::{ParseError, Reader};
use crate::model::{Kind, Location, Protocol, Structure};
use roxmltree::Node;
use serde_json::{Map, Value};

impl Reader<'_> {
    /// The error an answer holds.
    pub(super) fn error(&mut self) -> ParseError {
        match self.named_error() {
            Ok((code, message, fields)) => {
                let (message, fields) = (without_request(message), members_without_request(fields));
                ParseError::Service { code, message, request_id: self.id(), fields }
            }
            Err(damage) => ParseError::Unreadable { why: damage.to_string(), request_id: self.id() },
        }
    }

    /// Code, message and modelled members.
    fn named_error(&mut self) -> Result<(String, String, Value), Damage> {
        if self.response.is_html() {
            return Err(Damage::new("an HTML page, not an answer of the service"));
        }
        if self.response.is_blank() {
            return self.bodiless();
        }
        if self.service.metadata().protocol.uses_json() { self.json_error() } else { self.xml_error() }
    }

    /// An error without a body is one if a header names it, or if AWS answered where no body may be.
    fn bodiless(&self) -> Result<(String, String, Value), Damage> {
        let status = self.response.status;
        let reason = reason(status).to_owned();
        if let Some(code) = self.response.header("x-amzn-errortype").map(bare).filter(|code| !code.is_empty())
        {
            let fields = self.fields(&code, |_| Ok(Map::new()));
            return Ok((code, reason, fields));
        }
        let no_body = self.operation.method.as_ref() == "HEAD" || status == 304;
        if no_body && self.response.request_id().is_some() {
            return Ok((status.to_string(), reason, Value::Null));
        }
        Err(Damage::new("an empty body, and nothing that names an error"))
    }

    fn json_error(&mut self) -> Result<(String, String, Value), Damage> {
        let mut body = self.json_object()?;
        if let Some(Value::Object(output)) =
            body.get("Output").filter(|output| output.get("__type").is_some())
        {
            body = output.clone();
        }
        let text_of = |names: &[&str]| {
            names.iter().find_map(|name| body.get(*name)).and_then(Value::as_str).map(str::to_owned)
        };
        let header = self.response.header("x-amzn-errortype").map(str::to_owned);
        let code = if self.service.metadata().protocol == Protocol::RestJson {
            header.or_else(|| text_of(&["code", "Code", "__type"]))
        } else {
            text_of(&["__type"]).or(header).or_else(|| text_of(&["code", "Code"]))
        };
        let message = text_of(&["message", "Message", "errorMessage", "error_description"]);
        let code = code.map(|code| bare(&code)).filter(|code| !code.is_empty());
        if code.is_none() && message.is_none() && self.response.request_id().is_none() {
            return Err(Damage::new("JSON that names no error"));
        }
        let code = code.unwrap_or_else(|| self.response.status.to_string());
        let fields = self.fields(&code, |structure| self.json_error_members(structure, body));
        // Services that once spoke awsQuery send the code they had then.
        let old = self.response.header("x-amzn-query-error").and_then(|header| header.split_once(';'));
        let code = match old {
            Some((old, _)) if !old.is_empty() => old.to_owned(),
            _ => code,
        };
        Ok((code, message.unwrap_or_default(), fields))
    }

    fn xml_error(&mut self) -> Result<(String, String, Value), Damage> {
        let document = xml::document(self.response.body)?;
        let root = document.root_element();
        // `<ErrorResponse><Error>`, EC2's `<Response><Errors><Error>`, S3's bare `<Error>`.
        let error = if root.tag_name().name() == "Error" {
            Some(root)
        } else {
            child(root, "Error").or_else(|| child(root, "Errors").and_then(|errors| child(errors, "Error")))
        };
        let id = [Some(root), error].into_iter().flatten();
        let id = id
            .filter_map(|element| child(element, "RequestId").or_else(|| child(element, "RequestID")))
            .next();
        self.request_id = id.map(text);
        let error = error.ok_or_else(|| Damage::new("XML that names no error"))?;
        let code = child(error, "Code").map(text).map(|code| bare(&code)).filter(|code| !code.is_empty());
        let code = code.ok_or_else(|| Damage::new("XML that names no error"))?;
        let message =
            child(error, "Message").or_else(|| child(error, "message")).map(text).unwrap_or_default();
        let fields = self.fields(&code, |structure| self.error_members(structure, error));
        let fields = if fields.is_null() { told(error) } else { fields };
        Ok((code, message, fields))
    }

    /// The modelled members of an error. What of them cannot be read is left out: the code alone is worth more
    /// than nothing.
    fn fields(
        &self,
        code: &str,
        body: impl FnOnce(&Structure) -> Result<Map<String, Value>, Damage>,
    ) -> Value {
        let Some(id) = self.service.error(self.operation, code) else { return Value::Null };
        let Kind::Structure(structure) = &self.service.shape(id).kind else { return Value::Null };
        let mut members = body(structure).unwrap_or_default();
        if structure.members.iter().any(|member| member.at.location != Location::Body) {
            members.extend(self.bound(structure).unwrap_or_default());
        }
        Value::Object(members)
    }
}

/// What S3 says beside code and message that helps to ask again. The rest of its errors repeats parts of the
/// request, signatures among them.
fn told(error: Node<'_, '_>) -> Value {
    let wanted = ["Region", "Endpoint", "BucketName", "Bucket"];
    let told = children(error).filter(|element| wanted.contains(&element.tag_name().name()));
    let told: Map<String, Value> =
        told.map(|element| (element.tag_name().name().to_owned(), Value::from(text(element)))).collect();
    if told.is_empty() { Value::Null } else { Value::Object(told) }
}

/// `com.amazon.coral#AccessDenied:http://...` is `AccessDenied`.
fn bare(code: &str) -> String {
    let code = code.split(':').next().unwrap_or_default();
    code.rsplit('#').next().unwrap_or_default().trim().to_owned()
}

/// What the HTTP statuses mean that AWS sends without a body.
fn reason(status: u16) -> &'static str {
    match status {
        301 => "Moved Permanently",
        304 => "Not Modified",
        307 => "Temporary Redirect",
        400 => "Bad Request",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        409 => "Conflict",
        412 => "Precondition Failed",
        416 => "Requested Range Not Satisfiable",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        503 => "Service Unavailable",
        _ => "",
    }
}

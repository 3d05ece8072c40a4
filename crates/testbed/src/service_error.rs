//! Errors in the shape of the protocol that the caller speaks.

use serde_json::json;

use crate::reply::Reply;
use crate::request::Request;
use crate::xml::escape;

/// The request id of every error made here.
const REQUEST_ID: &str = "00000000-0000-4000-8000-000000000000";

/// An error as the service asked would answer it.
pub(crate) fn reply(request: &Request, status: u16, code: &str, message: &str) -> Reply {
    let service = request.service();
    let reply = if request.header("x-amz-target").is_some() {
        let kind = request.header("content-type").unwrap_or("application/x-amz-json-1.1");
        Reply::json(status, &json!({ "__type": code, "message": message })).header("Content-Type", kind)
    } else if is_query(request) {
        let error = inner(code, message);
        Reply::xml(
            status,
            match service {
                "ec2" => format!(
                    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Response><Errors><Error>{error}</Error></Errors>\
                     <RequestID>{REQUEST_ID}</RequestID></Response>"
                ),
                _ => envelope(status, &error),
            },
        )
    } else {
        match service {
            // https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
            "s3" => Reply::xml(
                status,
                format!(
                    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error>{}<RequestId>{REQUEST_ID}</RequestId>\
                     <HostId>host</HostId></Error>",
                    inner(code, message)
                ),
            )
            .header("Content-Type", "application/xml")
            .header("x-amz-request-id", REQUEST_ID),
            "route53" | "cloudfront" => Reply::xml(status, envelope(status, &inner(code, message))),
            _ => Reply::json(status, &json!({ "message": message }))
                .header("Content-Type", "application/json")
                .header("x-amzn-ErrorType", code),
        }
    };
    reply.header("x-amzn-RequestId", REQUEST_ID)
}

/// Whether the caller speaks the query protocol, or that of EC2, which looks the same from the outside.
fn is_query(request: &Request) -> bool {
    request.is_form() || request.parameter("Action").is_some()
}

fn envelope(status: u16, error: &str) -> String {
    let fault = if status < 500 { "Sender" } else { "Receiver" };
    format!(
        "<ErrorResponse><Error><Type>{fault}</Type>{error}</Error><RequestId>{REQUEST_ID}</RequestId></ErrorResponse>"
    )
}

fn inner(code: &str, message: &str) -> String {
    format!("<Code>{}</Code><Message>{}</Message>", escape(code), escape(message))
}

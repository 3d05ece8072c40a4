//! Any bytes as the answer of AWS are answered: with an output, with an error of AWS, or with why it is neither.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use provost_awsapi::model::Service;
use provost_awsapi::parse::{ParseError, Parsed, Response, parse};
use provost_awsapi::serialize::serialize;
use serde_json::{Value, json};

const PROTOCOLS: [&str; 5] = ["json", "rest-json", "query", "ec2", "rest-xml"];
const STATUSES: [u16; 6] = [200, 204, 304, 400, 404, 500];
const HEADERS: [&str; 6] =
    ["x-head", "x-times", "x-json", "x-amzn-errortype", "x-amzn-query-error", "x-amz-checksum-crc32"];

/// A small service in each protocol, with every kind of value and a shape that contains itself.
static SERVICES: LazyLock<Vec<Service>> =
    LazyLock::new(|| PROTOCOLS.iter().map(|name| service(name)).collect());

fn service(protocol: &str) -> Service {
    let operation = |name: &str, method: &str| {
        json!({
            "name": name,
            "http": { "method": method, "requestUri": format!("/{name}") },
            "input": { "shape": name },
            "output": { "shape": name, "resultWrapper": format!("{name}Result") },
            "errors": ["Broken"],
            "httpChecksum": { "requestValidationModeMember": "Mode" },
        })
    };
    let model = json!({
        // The id of a service whose policy documents are decoded.
        "metadata": { "apiVersion": "1", "protocol": protocol, "serviceId": "IAM", "targetPrefix": "T" },
        "operations": {
            "Tree": operation("Tree", "POST"),
            "Parts": operation("Parts", "GET"),
            "Bytes": operation("Bytes", "GET"),
            "Head": operation("Head", "HEAD"),
            "Nothing": { "name": "Nothing", "http": { "method": "DELETE", "requestUri": "/" } },
        },
        "shapes": {
            "Tree": {
                "type": "structure",
                "members": {
                    "Text": { "shape": "Text" }, "Whole": { "shape": "Whole" }, "Truth": { "shape": "Truth" },
                    "Fraction": { "shape": "Fraction" }, "Blob": { "shape": "Blob" }, "Time": { "shape": "Time" },
                    "Day": { "shape": "Time", "timestampFormat": "rfc822" },
                    "Texts": { "shape": "Texts" }, "Flat": { "shape": "Texts", "flattened": true },
                    "Marks": { "shape": "Marks" }, "FlatMarks": { "shape": "Marks", "flattened": true },
                    "Kind": { "shape": "Text", "locationName": "xsi:type", "xmlAttribute": true },
                    "Trees": { "shape": "Trees" }, "Tree": { "shape": "Tree" }, "Either": { "shape": "Either" },
                    "Any": { "shape": "Any" }, "Policy": { "shape": "policyDocumentType" },
                },
            },
            "Parts": {
                "type": "structure",
                "members": {
                    "Status": { "shape": "Whole", "location": "statusCode" },
                    "Head": { "shape": "Texts", "location": "header", "locationName": "x-head" },
                    "Times": { "shape": "Times", "location": "header", "locationName": "x-times" },
                    "Rest": { "shape": "Marks", "location": "headers", "locationName": "x-" },
                    "Json": { "shape": "Text", "location": "header", "locationName": "x-json", "jsonvalue": true },
                    "Tree": { "shape": "Tree" },
                },
                "payload": "Tree",
            },
            "Bytes": { "type": "structure", "payload": "Blob", "members": { "Blob": { "shape": "Blob" } } },
            "Head": {
                "type": "structure",
                "members": { "Head": { "shape": "Whole", "location": "header", "locationName": "x-head" } },
            },
            "Broken": {
                "type": "structure", "exception": true, "error": { "code": "B" },
                "members": { "message": { "shape": "Text" }, "Tree": { "shape": "Tree" } },
            },
            "Either": {
                "type": "structure", "union": true,
                "members": { "Left": { "shape": "Text" }, "Right": { "shape": "Whole" } },
            },
            "Any": { "type": "structure", "document": true, "members": {} },
            "Texts": { "type": "list", "member": { "shape": "Text" } },
            "Times": { "type": "list", "member": { "shape": "Time" } },
            "Trees": { "type": "list", "member": { "shape": "Tree" } },
            "Marks": { "type": "map", "key": { "shape": "Text" }, "value": { "shape": "Text" } },
            "policyDocumentType": { "type": "string" }, "Text": { "type": "string" }, "Whole": { "type": "long" },
            "Truth": { "type": "boolean" }, "Fraction": { "type": "double" }, "Blob": { "type": "blob" },
            "Time": { "type": "timestamp" },
        },
    });
    Service::parse(model.to_string().as_bytes()).expect("the model is sound")
}

/// Equal, but for the last digits of fractions.
fn same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => {
            let (one, other) = (one.as_f64().unwrap_or_default(), other.as_f64().unwrap_or_default());
            (one - other).abs() <= one.abs() * 1e-12
        }
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len()
                && one.iter().all(|(name, value)| other.get(name).is_some_and(|other| same(value, other)))
        }
        _ => one == other,
    }
}

fuzz_target!(|bytes: &[u8]| {
    let [protocol, operation, status, header, rest @ ..] = bytes else { return };
    let choose = |choice: u8, among: usize| usize::from(choice) % among;
    let service = &SERVICES[choose(*protocol, PROTOCOLS.len())];
    let names: Vec<&str> = service.operations().collect();
    let operation = service.operation(names[choose(*operation, names.len())]).expect("a name of its own");
    let status = STATUSES[choose(*status, STATUSES.len())];
    // A header's text ends at the first line.
    let line = rest.iter().position(|byte| *byte == b'\n').unwrap_or(0);
    let (text, body) = rest.split_at(line);
    let text = String::from_utf8_lossy(text);
    let headers = vec![(HEADERS[choose(*header, HEADERS.len())], text.as_ref())];
    let response = Response { status, headers, body };

    match parse(service, operation, &Value::Null, &response) {
        Ok(Parsed { value, .. }) => {
            assert!(status < 300, "an output with status {status}");
            assert!(value.is_object(), "an output that is no object");
            let blank = body.iter().all(u8::is_ascii_whitespace);
            let needs_body = matches!(operation.name.as_ref(), "Tree" | "Parts");
            assert!(!blank || !needs_body || status == 204, "nothing was read as an output");
            comes_back(service, &value);
        }
        Err(ParseError::Service { code, .. }) => assert!(!code.is_empty(), "an error without a code"),
        Err(ParseError::Unreadable { why, .. }) => assert!(!why.is_empty(), "no reason"),
    }
});

/// An output that is a fit input can be sent and read again; what the first way could not carry, as an empty list
/// without an element of its own in XML, is then gone for good, and nothing else changes.
fn comes_back(service: &Service, value: &Value) {
    let tree = service.operation("Tree").expect("it is there");
    let there_and_back = |value: &Value| {
        let request = serialize(service, tree, value).ok()?;
        let response =
            Response { status: 200, headers: vec![("x-amzn-requestid", "id")], body: &request.body };
        parse(service, tree, &Value::Null, &response).ok().map(|parsed| parsed.value)
    };
    if let Some(once) = there_and_back(value)
        && let Some(twice) = there_and_back(&once)
    {
        assert!(same(&once, &twice), "{once} became {twice}");
    }
}

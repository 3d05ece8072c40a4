//! Our own cases for the five protocols and for what single services do beyond them. They need nothing but the
//! folder `tests/cases`: each file has a model, requests that inputs become, and answers with what they say.

use std::path::Path;

use provost_awsapi::model::Service;
use provost_awsapi::parse::{ParseError, Response, parse};
use provost_awsapi::serialize::serialize_with_tokens;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::wire::{same_form, same_value};

/// One file. The model stays text, because the order of members is the order on the wire.
#[derive(serde::Deserialize)]
struct Cases {
    model: Box<RawValue>,
    requests: Vec<Value>,
    answers: Vec<Value>,
}

#[test]
fn requests_are_written_and_answers_read_as_the_cases_say() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let (mut cases, mut wrong) = (0, Vec::new());
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    for path in paths {
        let text = std::fs::read(&path).unwrap();
        let file: Cases = serde_json::from_slice(&text).unwrap();
        let service = Service::parse(file.model.get().as_bytes()).unwrap();
        let requests = file.requests.iter().map(|case| (case, request(&service, case)));
        let answers = file.answers.iter().map(|case| (case, answer(&service, case)));
        for (case, result) in requests.chain(answers) {
            cases += 1;
            let file = path.file_name().unwrap().to_string_lossy();
            let name = case["name"].as_str().unwrap();
            wrong.extend(result.into_iter().map(|why| format!("{file}: {name}: {why}")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(cases >= 100, "only {cases} cases were found");
}

/// What is not as the case says.
fn request(service: &Service, case: &Value) -> Vec<String> {
    let operation = service.operation(case["operation"].as_str().unwrap()).unwrap();
    let result = serialize_with_tokens(service, operation, &case["input"], &|| "token".to_owned());
    let request = match (result, case["wrong"].as_array()) {
        (Ok(request), None) => request,
        (Err(error), Some(expected)) => {
            let same =
                error.path == expected[0].as_str().unwrap() && error.why == expected[1].as_str().unwrap();
            return if same { Vec::new() } else { vec![format!("{error:?}")] };
        }
        (result, _) => return vec![format!("{result:?}")],
    };
    let mut wrong = Vec::new();
    let mut expect = |what: &str, got: Value| {
        if case.get(what).is_some_and(|expected| *expected != got) {
            wrong.push(format!("{what} {got}"));
        }
    };
    expect("method", json!(request.method));
    expect("target", json!(request.target()));
    expect("host_prefix", json!(request.host_prefix));
    let body = String::from_utf8(request.body.clone()).unwrap();
    expect("text", json!(body));
    if case["body"].is_object() {
        expect("body", serde_json::from_str(&body).unwrap());
    } else {
        expect("body", json!(body));
    }
    if case["form"].as_str().is_some_and(|form| !same_form(form, &body)) {
        wrong.push(format!("form {body}"));
    }
    for (name, value) in case["headers"].as_object().into_iter().flatten() {
        if request.header(name) != value.as_str() {
            wrong.push(format!("header {name}: {:?}", request.header(name)));
        }
    }
    for name in case["no_headers"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        if let Some(value) = request.header(name) {
            wrong.push(format!("header {name}: {value}"));
        }
    }
    wrong
}

/// What is not as the case says.
fn answer(service: &Service, case: &Value) -> Vec<String> {
    let operation = service.operation(case["operation"].as_str().unwrap()).unwrap();
    let headers = case["headers"].as_object().into_iter().flatten();
    let response = Response {
        status: case["status"].as_u64().unwrap_or(200).try_into().unwrap(),
        headers: headers.map(|(name, value)| (name.as_str(), value.as_str().unwrap())).collect(),
        body: case["body"].as_str().unwrap().as_bytes(),
    };
    let input = case.get("input").unwrap_or(&Value::Null);
    let result = parse(service, operation, input, &response);
    let (kind, got, id) = match &result {
        Ok(parsed) => ("value", parsed.value.clone(), &parsed.request_id),
        Err(ParseError::Service { code, message, request_id, fields }) => {
            ("error", json!({ "code": code, "message": message, "fields": fields }), request_id)
        }
        Err(ParseError::Unreadable { why, request_id }) => ("unreadable", json!(why), request_id),
    };
    let mut wrong = Vec::new();
    if case.get(kind).is_none_or(|expected| !same_value(expected, &got)) {
        wrong.push(format!("{kind} {got}"));
    }
    if case["id"].as_str() != id.as_deref() {
        wrong.push(format!("request id {id:?}"));
    }
    wrong
}

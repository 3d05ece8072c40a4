//! The public protocol suites, where they are at hand: what a request must serialize to, what an answer must
//! parse to. Every case that botocore runs must pass, and each other case that does not has its reason here.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use provost_awsapi::model::{Protocol, Service};
use provost_awsapi::parse::{ParseError, Response, parse};
use provost_awsapi::serialize::serialize_with_tokens;
use serde_json::{Map, Value, json};

use crate::wire::{same_form, same_target, same_value, same_xml};

/// The files of the suites for the protocols we speak.
const FILES: [&str; 7] =
    ["ec2", "json", "json_1_0", "json_1_0-query-compatible", "query", "rest-json", "rest-xml"];

/// How many cases botocore runs, both ways.
const RUN: [(&str, usize); 2] = [("input", 305), ("output", 297)];

/// Cases that do not pass, none of which botocore runs: direction, file, case, reason.
const NOT_PASSED: &[(&str, &str, &str, &str)] = &[
    ("input", "ec2", "SDKAppendsGzipAndIgnoresHttpProvidedEncoding_ec2Query", COMPRESSION),
    ("input", "ec2", "SDKAppliedContentEncoding_ec2Query", COMPRESSION),
    ("input", "json", "SDKAppendsGzipAndIgnoresHttpProvidedEncoding_awsJson1_1", COMPRESSION),
    ("input", "json", "SDKAppliedContentEncoding_awsJson1_1", COMPRESSION),
    ("input", "json_1_0", "SDKAppendsGzipAndIgnoresHttpProvidedEncoding_awsJson1_0", COMPRESSION),
    ("input", "json_1_0", "SDKAppliedContentEncoding_awsJson1_0", COMPRESSION),
    ("input", "query", "SDKAppendsGzipAndIgnoresHttpProvidedEncoding_awsQuery", COMPRESSION),
    ("input", "query", "SDKAppliedContentEncoding_awsQuery", COMPRESSION),
    ("input", "rest-json", "SDKAppendedGzipAfterProvidedEncoding_restJson1", COMPRESSION),
    ("input", "rest-json", "SDKAppliedContentEncoding_restJson1", COMPRESSION),
    ("input", "rest-xml", "SDKAppendedGzipAfterProvidedEncoding_restXml", COMPRESSION),
    ("input", "rest-xml", "SDKAppliedContentEncoding_restXml", COMPRESSION),
    ("input", "query", "QueryFlattenedListArgWithXmlName", OTHER_NAME),
    ("input", "rest-json", "MediaTypeHeaderInputBase64", JSON_HEADER),
    (
        "input",
        "rest-json",
        "RestJsonHttpChecksumRequired",
        "the checksum of a request is the client's to add, and it is a CRC-32",
    ),
    ("input", "rest-xml", "BodyWithXmlName", OTHER_NAME),
    ("input", "rest-xml", "HttpPayloadWithXmlName", OTHER_NAME),
    ("input", "rest-xml", "HttpPayloadWithXmlNamespace", OTHER_NAME),
    ("input", "rest-xml", "HttpPayloadWithXmlNamespaceAndPrefix", OTHER_NAME),
    ("input", "rest-xml", "RestXmlHttpPayloadWithUnion", OTHER_NAME),
    ("input", "rest-xml", "XmlAttributesOnPayload", OTHER_NAME),
    ("output", "rest-json", "MediaTypeHeaderOutputBase64", JSON_HEADER),
    (
        "output",
        "rest-json",
        "RestJsonDeserializesDenseSetMapAndSkipsNull",
        "a null in a map is shown, not dropped; the models do not say which maps may have one",
    ),
    ("output", "rest-json", "RestJsonHttpPayloadTraitsWithNoBlobBody", NO_BYTES),
    ("output", "rest-json", "RestJsonHttpPayloadWithUnsetUnion", EMPTY),
    ("output", "rest-xml", "BodyWithXmlName", OTHER_NAME),
    ("output", "rest-xml", "HttpPayloadTraitsWithNoBlobBody", NO_BYTES),
    ("output", "rest-xml", "RestXmlHttpPayloadWithUnsetUnion", EMPTY),
];

const COMPRESSION: &str = "requests are not compressed: the bodies of reads are small";
const OTHER_NAME: &str =
    "the name is another one in the model of the suite than in those of AWS, which hold here";
const JSON_HEADER: &str = "JSON in a header is JSON at our boundary, as in boto3, not text that holds JSON";
const NO_BYTES: &str = "a blob of no bytes is shown as such, not left out";
const EMPTY: &str = "an empty body where a structure belongs is an unreadable answer";

/// The suites lie beside the checkout for whoever develops Provost; a fresh clone has none.
fn suites() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/aws-protocol-tests");
    if folder.is_dir() {
        tell("ran");
        return Some(folder);
    }
    tell("not beside this checkout");
    eprintln!("SKIPPED the AWS protocol suites: not beside this checkout");
    None
}

/// Tells the test command what ran and what did not.
fn tell(state: &str) {
    if let Some(path) = std::env::var_os("PROVOST_SKIPS") {
        let mut file = std::fs::OpenOptions::new().append(true).create(true).open(path).unwrap();
        writeln!(file, "AWS protocol suites: {state}").unwrap();
    }
}

#[test]
fn every_case_that_botocore_runs_passes() {
    let Some(folder) = suites() else { return };
    let ignored = Ignored(read(&folder.join("protocol-tests-ignore-list.json")));
    let mut failed = BTreeMap::new();
    for (direction, expected) in RUN {
        let mut run = 0;
        for file in FILES {
            let (mut counts, mut passed) = ([0, 0], [0, 0]);
            let suites = read(&folder.join(direction).join(format!("{file}.json")));
            for suite in suites.as_array().unwrap() {
                for case in suite["cases"].as_array().unwrap() {
                    let result = match direction {
                        "input" => request(suite, case),
                        _ => answer(suite, case),
                    };
                    let is_run = !ignored.holds(direction, file, suite, case);
                    for (kind, counted) in [true, is_run].into_iter().enumerate() {
                        counts[kind] += usize::from(counted);
                        passed[kind] += usize::from(counted && result.is_ok());
                    }
                    if let Err(why) = result {
                        let id = case["id"].as_str().unwrap().to_owned();
                        failed.insert((direction, file, id), (is_run, why));
                    }
                }
            }
            run += passed[1];
            let ([all, wanted], [good, good_wanted]) = (counts, passed);
            // Past the capture of the test harness: the figures are wanted when all is well, too.
            let mut stderr = std::io::stderr();
            writeln!(
                stderr,
                "{direction:6} {file:26} botocore runs {good_wanted}/{wanted}, all {good}/{all}"
            )
            .unwrap();
        }
        assert_eq!(run, expected, "cases of {direction} that botocore runs and that pass: {failed:#?}");
    }
    let found: BTreeSet<(&str, &str, &str)> =
        failed.keys().map(|(way, file, id)| (*way, *file, id.as_str())).collect();
    let listed: BTreeSet<(&str, &str, &str)> =
        NOT_PASSED.iter().map(|(way, file, id, _)| (*way, *file, *id)).collect();
    assert_eq!(found, listed, "the list of cases that do not pass is not exact: {failed:#?}");
    assert!(failed.values().all(|(is_run, _)| !is_run), "{failed:#?}");
}

/// The cases that botocore passes over.
struct Ignored(Value);

impl Ignored {
    fn holds(&self, direction: &str, file: &str, suite: &Value, case: &Value) -> bool {
        let has = |list: &Value, wanted: &Value| list.as_array().is_some_and(|list| list.contains(wanted));
        let of_file = &self.0["protocols"][file][direction];
        has(&self.0["general"][direction]["suites"], &suite["description"])
            || has(&of_file["suites"], &suite["description"])
            || has(&of_file["cases"], &case["id"])
    }
}

fn read(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

/// The model of a suite with the operation of one case.
fn service(suite: &Value, case: &Value) -> Service {
    let mut operation = case["given"].clone();
    // The suites leave the envelope of awsQuery to the reader.
    if suite["metadata"]["protocol"] == "query" && operation.get("output").is_some() {
        let wrapper = format!("{}Result", operation["name"].as_str().unwrap());
        operation["output"]["resultWrapper"] = Value::from(wrapper);
    }
    let model = json!({
        "metadata": suite["metadata"],
        "operations": { operation["name"].as_str().unwrap(): operation },
        "shapes": suite["shapes"],
    });
    Service::parse(model.to_string().as_bytes()).unwrap()
}

fn request(suite: &Value, case: &Value) -> Result<(), String> {
    let service = service(suite, case);
    let operation = service.operation(case["given"]["name"].as_str().unwrap()).unwrap();
    let input = encoded(suite, &case["given"]["input"], &case["params"]);
    let token = || "00000000-0000-4000-8000-000000000000".to_owned();
    let request =
        serialize_with_tokens(&service, operation, &input, &token).map_err(|error| error.to_string())?;

    let expected = &case["serialized"];
    let mut wrong = Vec::new();
    if let Some(method) = expected["method"].as_str().filter(|method| *method != request.method) {
        wrong.push(format!("method {} instead of {method}", request.method));
    }
    // The path of the endpoint goes before that of the request; joining them is the client's part.
    let endpoint = suite["clientEndpoint"].as_str().unwrap_or("https://example.com");
    let (base, folder) = endpoint.split("://").nth(1).unwrap().split_once('/').map_or_else(
        || (endpoint.split("://").nth(1).unwrap(), String::new()),
        |(base, folder)| (base, format!("/{folder}")),
    );
    let target = format!("{folder}{}", request.target());
    if let Some(uri) = expected["uri"].as_str().filter(|uri| !same_target(uri, &target)) {
        wrong.push(format!("target {target} instead of {uri}"));
    }
    for (name, value) in expected["headers"].as_object().into_iter().flatten() {
        let (got, value) = (request.header(name), value.as_str().unwrap());
        if got.map(|got| got.replace(", ", ",")) != Some(value.replace(", ", ",")) {
            wrong.push(format!("header {name}: {got:?} instead of {value}"));
        }
    }
    for name in expected["requireHeaders"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        // The length is the transport's to say.
        if request.header(name).is_none() && name != "Content-Length" {
            wrong.push(format!("no header {name}"));
        }
    }
    for name in expected["forbidHeaders"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        if request.header(name).is_some() {
            wrong.push(format!("header {name} must not be there"));
        }
    }
    if let Some(host) = expected["host"].as_str() {
        let got = format!("{}{base}", request.host_prefix.as_deref().unwrap_or_default());
        if got != host.split('/').next().unwrap() {
            wrong.push(format!("host {got} instead of {host}"));
        }
    }
    if let Some(body) = expected["body"].as_str() {
        let got = String::from_utf8(request.body).unwrap();
        let same = match service.metadata().protocol {
            _ if body == got => true,
            Protocol::Query | Protocol::Ec2 => same_form(body, &got),
            Protocol::Json | Protocol::RestJson => {
                match (serde_json::from_str(body), serde_json::from_str::<Value>(&got)) {
                    (Ok(body), Ok(got)) => same_value(&body, &got),
                    _ => false,
                }
            }
            Protocol::RestXml => same_xml(body, &got),
        };
        if !same {
            wrong.push(format!("body {got} instead of {body}"));
        }
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("; ")) }
}

fn answer(suite: &Value, case: &Value) -> Result<(), String> {
    let service = service(suite, case);
    let operation = service.operation(case["given"]["name"].as_str().unwrap()).unwrap();
    let given = &case["response"];
    let headers = given["headers"].as_object().into_iter().flatten();
    let response = Response {
        status: given["status_code"].as_u64().unwrap().try_into().unwrap(),
        headers: headers.map(|(name, value)| (name.as_str(), value.as_str().unwrap())).collect(),
        body: given["body"].as_str().unwrap_or_default().as_bytes(),
    };
    let parsed = parse(&service, operation, &Value::Null, &response);
    if case.get("error").is_none() {
        let parsed = parsed.map_err(|error| format!("{error:?}"))?;
        let expected = decoded(suite, &case["given"]["output"], &case["result"]);
        let expected = if expected.is_null() { json!({}) } else { expected };
        let same = same_value(&parsed.value, &expected);
        return if same { Ok(()) } else { Err(format!("{} instead of {expected}", parsed.value)) };
    }
    let (code, message, fields) = match parsed {
        Err(ParseError::Service { code, message, fields, .. }) => (code, message, fields),
        other => return Err(format!("{other:?} instead of an error")),
    };
    let shape = case["given"]["errors"][0].clone();
    let expected = decoded(suite, &shape, &case["error"]);
    let fields = if fields.is_null() { json!({}) } else { fields };
    let same_message = case["errorMessage"].as_str().is_none_or(|expected| expected == message);
    if case["errorCode"] == code && same_message && same_value(&fields, &expected) {
        return Ok(());
    }
    Err(format!(
        "{code}: {message} {fields} instead of {}: {} {expected}",
        case["errorCode"], case["errorMessage"]
    ))
}

/// The suites write blobs as text, in base64 they are at our boundary.
fn encoded(suite: &Value, at: &Value, value: &Value) -> Value {
    walk(suite, at, value, &|kind, value| match (kind, value) {
        ("blob", Value::String(text)) => Value::from(base64(text)),
        _ => value.clone(),
    })
}

/// The suites write blobs as text and times as seconds; ours are base64 and RFC 3339.
fn decoded(suite: &Value, at: &Value, value: &Value) -> Value {
    walk(suite, at, value, &|kind, value| match (kind, value) {
        ("blob", Value::String(text)) => Value::from(base64(text)),
        ("timestamp", Value::Number(seconds)) => {
            #[expect(clippy::cast_possible_truncation, reason = "seconds of our time")]
            let micros = (seconds.as_f64().unwrap() * 1e6).round() as i64;
            let time = jiff::Timestamp::from_microsecond(micros).unwrap().to_string();
            let (text, fraction) =
                time.trim_end_matches('Z').split_once('.').unwrap_or((time.trim_end_matches('Z'), ""));
            let fraction = if fraction.is_empty() { String::new() } else { format!(".{fraction:0<6}") };
            Value::from(format!("{text}{fraction}+00:00"))
        }
        _ => value.clone(),
    })
}

fn base64(text: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(text)
}

/// Rewrites the scalars of a value by the type of their shape.
fn walk(suite: &Value, at: &Value, value: &Value, change: &dyn Fn(&str, &Value) -> Value) -> Value {
    let Some(shape) = at["shape"].as_str().map(|name| &suite["shapes"][name]) else { return value.clone() };
    match (shape["type"].as_str().unwrap(), value) {
        ("structure", Value::Object(members)) => {
            let changed = members.iter().map(|(name, value)| {
                (name.clone(), walk(suite, &shape["members"][name.as_str()], value, change))
            });
            Value::Object(changed.collect::<Map<String, Value>>())
        }
        ("list", Value::Array(elements)) => {
            elements.iter().map(|value| walk(suite, &shape["member"], value, change)).collect()
        }
        ("map", Value::Object(entries)) => {
            let changed = entries.iter();
            let changed =
                changed.map(|(key, value)| (key.clone(), walk(suite, &shape["value"], value, change)));
            Value::Object(changed.collect::<Map<String, Value>>())
        }
        (kind, value) => change(kind, value),
    }
}

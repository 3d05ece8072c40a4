//! What must hold for whatever comes: any bytes as an answer, any JSON as an input, any value there and back.

use proptest::prelude::*;
use provost_awsapi::model::{Protocol, Service};
use provost_awsapi::parse::{ParseError, Response, parse};
use provost_awsapi::serialize::serialize;
use serde_json::{Map, Value, json};

/// A small service in one of the protocols; every operation takes what it gives.
fn service(protocol: &str) -> Service {
    let echo = |name: &str, input: &str, output: &str| {
        json!({
            "name": name,
            "http": { "method": "POST", "requestUri": format!("/{name}") },
            "input": { "shape": input },
            "output": { "shape": output, "resultWrapper": format!("{name}Result") },
        })
    };
    let model = json!({
        "metadata": {
            "apiVersion": "2026-01-01", "protocol": protocol, "jsonVersion": "1.0", "targetPrefix": "Echo",
            "serviceId": "Echo", "endpointPrefix": "echo",
        },
        "operations": {
            "Tree": echo("Tree", "Tree", "Tree"),
            "Parts": echo("Parts", "Parts", "Parts"),
            "Bytes": echo("Bytes", "Bytes", "Bytes"),
            "Nothing": { "name": "Nothing", "http": { "method": "POST", "requestUri": "/" } },
        },
        "shapes": {
            "Tree": {
                "type": "structure",
                "members": {
                    "Text": { "shape": "Text" }, "Whole": { "shape": "Whole" }, "Truth": { "shape": "Truth" },
                    "Fraction": { "shape": "Fraction" }, "Blob": { "shape": "Blob" }, "Time": { "shape": "Time" },
                    "Texts": { "shape": "Texts" }, "Flat": { "shape": "Texts", "flattened": true },
                    "Marks": { "shape": "Marks" }, "Trees": { "shape": "Trees" }, "Tree": { "shape": "Tree" },
                    "Either": { "shape": "Either" }, "Any": { "shape": "Any" },
                },
            },
            "Parts": {
                "type": "structure",
                "members": {
                    "Status": { "shape": "Whole", "location": "statusCode" },
                    "Head": { "shape": "Text", "location": "header", "locationName": "x-head" },
                    "Heads": { "shape": "Times", "location": "header", "locationName": "x-heads" },
                    "Rest": { "shape": "Marks", "location": "headers", "locationName": "x-" },
                    "Json": { "shape": "Text", "location": "header", "locationName": "x-json", "jsonvalue": true },
                    "Tree": { "shape": "Tree" },
                },
                "payload": "Tree",
            },
            "Bytes": { "type": "structure", "payload": "Blob", "members": { "Blob": { "shape": "Blob" } } },
            "Either": { "type": "structure", "union": true, "members": { "Left": { "shape": "Text" }, "Right": { "shape": "Whole" } } },
            "Any": { "type": "structure", "document": true, "members": {} },
            "Texts": { "type": "list", "member": { "shape": "Text" } },
            "Times": { "type": "list", "member": { "shape": "Time" } },
            "Trees": { "type": "list", "member": { "shape": "Tree" } },
            "Marks": { "type": "map", "key": { "shape": "Text" }, "value": { "shape": "Text" } },
            "Text": { "type": "string" }, "Whole": { "type": "long" }, "Truth": { "type": "boolean" },
            "Fraction": { "type": "double" }, "Blob": { "type": "blob" }, "Time": { "type": "timestamp" },
        },
    });
    Service::parse(model.to_string().as_bytes()).unwrap()
}

const PROTOCOLS: [&str; 5] = ["json", "rest-json", "query", "ec2", "rest-xml"];

/// Text that XML can hold.
fn text() -> impl Strategy<Value = Value> {
    "[ -~é€𝄞\t]{0,12}".prop_map(Value::from)
}

/// Values of the shape `Tree`.
fn tree() -> impl Strategy<Value = Value> {
    let leaf = |some: BoxedStrategy<Value>| prop_oneof![Just(Value::Null), some];
    let leaves = (
        leaf(text().boxed()),
        leaf(any::<i64>().prop_map(Value::from).boxed()),
        leaf(any::<bool>().prop_map(Value::from).boxed()),
        // Eighths are the same in decimal and binary; the JSON reader may be off by one binary digit in others.
        leaf((-9_000_000..9_000_000).prop_map(|eighths| Value::from(f64::from(eighths) / 8.0)).boxed()),
        leaf(proptest::collection::vec(any::<u8>(), 0..9).prop_map(base64).boxed()),
        leaf((0_i64..4_000_000_000_000_000).prop_map(time).boxed()),
        leaf(proptest::collection::vec(text(), 1..4).prop_map(Value::from).boxed()),
        leaf(proptest::collection::btree_map("[a-z]{1,4}", text(), 1..4).prop_map(|map| json!(map)).boxed()),
    );
    let leaves = leaves.prop_map(|(text, whole, truth, fraction, blob, time, texts, marks)| {
        let flat = texts.clone();
        json!({
            "Text": text, "Whole": whole, "Truth": truth, "Fraction": fraction, "Blob": blob, "Time": time,
            "Texts": texts, "Flat": flat, "Marks": marks,
        })
    });
    leaves.prop_recursive(4, 24, 3, |inner| {
        (inner.clone(), proptest::collection::vec(inner, 1..3)).prop_map(|(mut tree, trees)| {
            tree["Trees"] = Value::from(trees.clone());
            tree["Tree"] = trees.first().cloned().unwrap_or_default();
            tree
        })
    })
}

fn base64(bytes: Vec<u8>) -> Value {
    use base64::Engine as _;
    Value::from(base64::engine::general_purpose::STANDARD.encode(bytes))
}

/// Microseconds since 1970 as the text we show.
fn time(micros: i64) -> Value {
    let (seconds, micros) = (micros / 1_000_000, micros % 1_000_000);
    let whole = jiff::Timestamp::from_second(seconds).unwrap().to_string();
    let whole = whole.trim_end_matches('Z');
    Value::from(if micros == 0 { format!("{whole}+00:00") } else { format!("{whole}.{micros:06}+00:00") })
}

/// Without the members that are not set.
fn dense(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let set = members.into_iter().filter(|(_, value)| !value.is_null());
            Value::Object(set.map(|(name, value)| (name, dense(value))).collect::<Map<_, _>>())
        }
        Value::Array(elements) => elements.into_iter().map(dense).collect(),
        other => other,
    }
}

/// Any JSON.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,8}".prop_map(Value::from),
        "2026-11-[0-3][0-9]T[0-9:.Z+]{0,12}".prop_map(Value::from),
    ];
    let name = prop_oneof![
        Just("Text"),
        Just("Whole"),
        Just("Truth"),
        Just("Fraction"),
        Just("Blob"),
        Just("Time"),
        Just("Texts"),
        Just("Flat"),
        Just("Marks"),
        Just("Trees"),
        Just("Tree"),
        Just("Either"),
        Just("Any"),
        Just("Left"),
        Just("Head"),
        Just("Heads"),
        Just("Rest"),
        Just("Json"),
        Just("Status"),
        Just("Unheard"),
    ];
    leaf.prop_recursive(6, 40, 5, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::btree_map(name.clone(), inner, 0..5).prop_map(|map| json!(map)),
        ]
    })
}

/// Bytes that come near an answer of some protocol.
fn near_answer() -> impl Strategy<Value = Vec<u8>> {
    let element = prop_oneof![
        "<(Tree|Text|Whole|Trees|member|entry|key|value|Marks|Either|Left|Flat|Time|Blob|item)>",
        "</(Tree|Text|Whole|Trees|member|entry|key|value|Marks|Either|Left|Flat|Time|Blob|item)>",
        "<(TreeResponse|TreeResult|Error|Errors|Response|ErrorResponse|Code)>",
        "</(TreeResponse|TreeResult|Error|Errors|Response|ErrorResponse|Code)>",
        "[ -~]{0,6}",
    ];
    let xml = proptest::collection::vec(element, 0..24).prop_map(|parts| parts.concat().into_bytes());
    let json = any_json().prop_map(|value| value.to_string().into_bytes());
    let broken = (any_json(), any::<prop::sample::Index>()).prop_map(|(value, end)| {
        let text = value.to_string().into_bytes();
        text[..end.index(text.len())].to_vec()
    });
    prop_oneof![xml, json, broken, proptest::collection::vec(any::<u8>(), 0..64)]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_answer_is_an_output_an_error_or_unreadable(
        body in near_answer(),
        status in prop_oneof![Just(200), Just(204), Just(301), Just(404), Just(500), 100_u16..600],
        header in "[ -~]{0,20}",
        name in prop_oneof![Just("x-head"), Just("x-heads"), Just("x-json"), Just("x-amzn-errortype"), Just("x-amzn-query-error")],
    ) {
        let text = String::from_utf8_lossy(&body).into_owned();
        for protocol in PROTOCOLS {
            let service = service(protocol);
            for operation in ["Tree", "Parts", "Bytes", "Nothing"] {
                let response = Response { status, headers: vec![(name, &header)], body: &body };
                let operation = service.operation(operation).unwrap();
                match parse(&service, operation, &Value::Null, &response) {
                    Ok(parsed) => {
                        prop_assert!(status < 300, "an output with status {}", status);
                        prop_assert!(parsed.value.is_object());
                        let blank = body.iter().all(u8::is_ascii_whitespace);
                        let reads = matches!(operation.name.as_ref(), "Tree" | "Parts");
                        prop_assert!(!(blank && reads && status != 204), "nothing was read as an output");
                    }
                    Err(ParseError::Service { code, .. }) => prop_assert!(!code.is_empty()),
                    Err(ParseError::Unreadable { why, .. }) => {
                        prop_assert!(!why.is_empty());
                        prop_assert!(text.len() < 12 || !why.contains(&text), "the body is in the reason: {}", why);
                    }
                }
            }
        }
    }

    #[test]
    fn any_input_becomes_a_request_or_an_error(input in any_json()) {
        for protocol in PROTOCOLS {
            let service = service(protocol);
            for operation in ["Tree", "Parts", "Bytes", "Nothing"] {
                let request = serialize(&service, service.operation(operation).unwrap(), &input);
                if let Ok(request) = request {
                    prop_assert!(request.headers.iter().all(|(_, value)| !value.contains(['\r', '\n'])));
                }
            }
        }
    }

    #[test]
    fn a_value_comes_back_as_it_went(tree in tree()) {
        let expected = dense(tree.clone());
        for protocol in ["json", "rest-json", "rest-xml"] {
            let service = service(protocol);
            let operation = service.operation("Tree").unwrap();
            let request = serialize(&service, operation, &tree).unwrap();
            prop_assert!(!expected.as_object().unwrap().is_empty() || request.body.len() < 3);
            if request.body.is_empty() {
                continue;
            }
            let response = Response { status: 200, headers: vec![("x-amzn-requestid", "id")], body: &request.body };
            let parsed = parse(&service, operation, &Value::Null, &response).unwrap();
            prop_assert_eq!(&parsed.value, &expected, "{} {}", protocol, String::from_utf8_lossy(&request.body));
        }
    }
}

/// How deep a body may be nested without harm to anybody.
#[test]
fn deep_answers_and_inputs_are_refused_not_followed() {
    for depth in [101, 5_000, 200_000] {
        for protocol in PROTOCOLS {
            let service = service(protocol);
            let operation = service.operation("Tree").unwrap();
            let body = match service.metadata().protocol {
                Protocol::Json | Protocol::RestJson => {
                    format!("{}{}", "{\"Tree\":".repeat(depth), "{}".to_owned() + &"}".repeat(depth))
                }
                Protocol::Query | Protocol::Ec2 | Protocol::RestXml => {
                    let tree = format!("{}{}", "<Tree>".repeat(depth), "</Tree>".repeat(depth));
                    format!("<TreeResponse><TreeResult>{tree}</TreeResult>{tree}</TreeResponse>")
                }
            };
            let response = Response { status: 200, headers: vec![], body: body.as_bytes() };
            let result = parse(&service, operation, &Value::Null, &response);
            assert!(matches!(result, Err(ParseError::Unreadable { .. })), "{protocol} {depth}");
        }
    }
    for protocol in PROTOCOLS {
        let mut input = json!({});
        for _ in 0..110 {
            input = json!({ "Tree": input });
        }
        let service = service(protocol);
        let error = serialize(&service, service.operation("Tree").unwrap(), &input).unwrap_err();
        assert!(error.why.contains("nested deeper"), "{error}");
    }
}

/// A token is made where the caller has none, another one each time.
#[test]
fn tokens_are_filled_in_and_differ() {
    let model = json!({
        "metadata": { "protocol": "json", "targetPrefix": "T", "serviceId": "T", "apiVersion": "1" },
        "operations": { "Do": { "name": "Do", "http": {}, "input": { "shape": "In" } } },
        "shapes": {
            "In": { "type": "structure", "required": ["Token"], "members": { "Token": { "shape": "S", "idempotencyToken": true } } },
            "S": { "type": "string" },
        },
    });
    let service = Service::parse(model.to_string().as_bytes()).unwrap();
    let token = || {
        let request = serialize(&service, service.operation("Do").unwrap(), &Value::Null).unwrap();
        serde_json::from_slice::<Value>(&request.body).unwrap()["Token"].as_str().unwrap().to_owned()
    };
    let (one, other) = (token(), token());
    assert_ne!(one, other);
    for token in [one, other] {
        assert_eq!(token.len(), 36, "{token}");
        let dashes: Vec<usize> = token.match_indices('-').map(|(at, _)| at).collect();
        assert_eq!((dashes, &token[14..15]), (vec![8, 13, 18, 23], "4"), "{token}");
    }
}

/// A model that is broken says where.
#[test]
fn a_broken_model_is_refused_with_the_place() {
    let refused = |text: &str| Service::parse(text.as_bytes()).unwrap_err().to_string();
    assert!(refused("{\"metadata\":{\"protocol\":\"json\"},\n\"shapes\":[]}").contains("line 2"));
    assert_eq!(
        refused(r#"{"metadata":{"protocol":"smithy-rpc-v2-cbor"}}"#),
        "the protocol `smithy-rpc-v2-cbor` is not supported"
    );
    assert_eq!(
        refused(r#"{"metadata":{"protocol":"json"},"shapes":{"A":{"type":"list","member":{"shape":"B"}}}}"#),
        "the model is not complete: `A` refers to the shape `B`, which is missing"
    );
    assert!(
        refused(r#"{"metadata":{"protocol":"json"},"shapes":{"A":{"type":"list"}}}"#)
            .contains("`A` has no member")
    );
    assert!(
        refused(r#"{"metadata":{"protocol":"json"},"shapes":{"A":{"type":"tensor"}}}"#).contains("`tensor`")
    );
}

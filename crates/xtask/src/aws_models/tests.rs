//! What is checked in is what the choice says; rule sets and shapes are read as they are meant.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::choice::{self, SERVICES};
use super::partitions::Partitions;
use super::rules::{Outcome, RuleSet, Scope};
use super::shapes::prune;
use crate::process::root;

#[test]
fn what_is_checked_in_are_the_services_chosen() {
    let folder = root().join("crates/awsapi/models");
    let files: BTreeSet<String> = std::fs::read_dir(folder)
        .unwrap()
        .filter_map(|entry| entry.unwrap().file_name().to_str()?.strip_suffix(".json.gz").map(str::to_owned))
        .collect();
    let mut chosen: BTreeSet<String> = SERVICES.iter().map(|&name| name.to_owned()).collect();
    chosen.insert("endpoints".to_owned());
    assert_eq!(files, chosen, "run `cargo xtask aws-models`");
}

#[test]
fn the_choice_is_in_order_and_each_once() {
    assert!(SERVICES.is_sorted_by(|one, other| one < other));
    for service in SERVICES {
        let others: Vec<&str> = choice::others(service).collect();
        assert!(others.is_sorted_by(|one, other| one < other), "{service}: {others:?}");
        for name in others {
            // What is listed writes, or at least does not read by its name.
            assert!(choice::is_taken(service, &json!({ "name": name })), "{service} {name}");
            assert!(!choice::is_taken("nothing", &json!({ "name": name })), "{service} {name} reads anyway");
        }
    }
    assert!(choice::services_with_others().all(|service| SERVICES.contains(&service)));
}

#[test]
fn reads_are_told_by_their_first_word_or_by_the_model() {
    let is_taken = |operation: Value| choice::is_taken("nothing", &operation);
    for name in ["GetX", "ListUsers", "BatchGetX", "HeadObject", "SimulatePrincipalPolicy", "Query"] {
        assert!(is_taken(json!({ "name": name })), "{name}");
    }
    for name in ["Getaway", "Listen", "PutX", "CreateList", "Headline"] {
        assert!(!is_taken(json!({ "name": name })), "{name}");
    }
    assert!(is_taken(json!({ "name": "PreviewX", "readonly": true })));
}

fn partitions() -> Partitions {
    let outputs =
        json!({"dnsSuffix": "example.com", "dualStackDnsSuffix": "api.example", "supportsFIPS": true});
    let china = json!({"dnsSuffix": "example.cn", "dualStackDnsSuffix": "api.cn", "supportsFIPS": false});
    let document = json!({"partitions": [
        {"id": "aws", "regionRegex": r"^(us|eu)\-\w+\-\d+$", "regions": {"aws-global": {}}, "outputs": outputs},
        {"id": "aws-cn", "regionRegex": r"^cn\-\w+\-\d+$", "regions": {}, "outputs": china},
        {"id": "aws-eusc", "regionRegex": r"^eusc\-(de)\-\w+\-\d+$", "regions": {}, "outputs": outputs},
    ]});
    Partitions::read(&document).unwrap()
}

#[test]
fn regions_are_of_the_partition_their_beginning_says() {
    let partitions = partitions();
    for (region, id) in [
        ("us-east-1", "aws"),
        ("aws-global", "aws"),
        ("cn-x-22", "aws-cn"),
        ("eusc-de-east-1", "aws-eusc"),
        // None of any: the first.
        ("us-gov-east-1", "aws"),
        ("cn-north", "aws"),
        ("", "aws"),
    ] {
        assert_eq!(partitions.of(region).unwrap().id, id, "{region}");
    }
    assert_eq!(partitions.all[2].invented(), "eusc-de-nowhere-9");
}

#[test]
fn an_expression_of_another_form_is_refused() {
    for expression in ["^us-.*$", r"^(us|[a-z]+)\-\w+\-\d+$", r"^(us\-\w+\-\d+$", "us"] {
        let document = json!({"partitions": [{"id": "aws", "regionRegex": expression}]});
        assert!(Partitions::read(&document).is_err(), "{expression}");
    }
}

/// A rule set as AWS writes them, in small.
fn rules() -> Value {
    json!({
        "parameters": {"Region": {}, "UseFIPS": {"default": false}},
        "rules": [
            {"type": "tree", "conditions": [
                {"fn": "aws.partition", "argv": [{"ref": "Region"}], "assign": "Partition"},
            ], "rules": [
                {"type": "endpoint", "conditions": [
                    {"fn": "stringEquals", "argv": [{"ref": "Region"}, "aws-global"]},
                ], "endpoint": {"url": "https://one.example.com", "properties": {"authSchemes": [
                    {"name": "sigv4a"}, {"name": "sigv4", "signingRegion": "us-east-1", "signingName": "uno"},
                ]}}},
                {"type": "error", "conditions": [
                    {"fn": "booleanEquals", "argv": [{"ref": "UseFIPS"}, true]},
                    {"fn": "not", "argv": [{"fn": "booleanEquals", "argv": [
                        {"fn": "getAttr", "argv": [{"ref": "Partition"}, "supportsFIPS"]}, true]}]},
                ], "error": "no"},
                {"type": "endpoint", "conditions": [{"fn": "isSet", "argv": [{"ref": "Bucket"}]}],
                 "endpoint": {"url": "https://never"}},
                {"type": "endpoint", "conditions": [],
                 "endpoint": {"url": "https://one.{Region}.{Partition#dnsSuffix}"}},
            ]},
        ],
    })
}

/// URL, signing region and signing name; nothing where there is no endpoint.
type Place = Option<(String, Option<String>, Option<String>)>;

fn evaluate(region: &str, fips: bool) -> anyhow::Result<Place> {
    let mut scope = Scope::new();
    scope.insert("Region".to_owned(), region.into());
    if fips {
        scope.insert("UseFIPS".to_owned(), true.into());
    }
    let outcome = RuleSet::new(&rules(), &partitions()).evaluate(scope)?;
    Ok(match outcome {
        Outcome::Refused => None,
        Outcome::Endpoint { url, signing_region, signing_name } => Some((url, signing_region, signing_name)),
    })
}

#[test]
fn rules_are_tried_in_order_and_see_what_is_assigned_above_them() {
    let plain = |url: &str| Some((url.to_owned(), None, None));
    assert_eq!(evaluate("eu-west-1", false).unwrap(), plain("https://one.eu-west-1.example.com"));
    assert_eq!(evaluate("cn-north-1", false).unwrap(), plain("https://one.cn-north-1.example.cn"));
    assert_eq!(evaluate("eu-west-1", true).unwrap(), plain("https://one.eu-west-1.example.com"));
    assert_eq!(evaluate("cn-north-1", true).unwrap(), None);
    let global = evaluate("aws-global", false).unwrap().unwrap();
    assert_eq!(global.1.as_deref(), Some("us-east-1"));
    assert_eq!(global.2.as_deref(), Some("uno"));
}

#[test]
fn a_function_that_is_not_known_is_no_guess() {
    let partitions = partitions();
    for condition in [
        json!({"fn": "parseURL", "argv": ["https://x"]}),
        json!({"fn": "booleanEquals", "argv": ["true", true]}),
        json!({"fn": "getAttr", "argv": [{"ref": "Region"}, "resourceId[0]"]}),
    ] {
        let rules = json!({"rules": [{"type": "error", "conditions": [condition], "error": "no"}]});
        let outcome = RuleSet::new(&rules, &partitions).evaluate(Scope::new());
        assert!(outcome.is_err(), "{condition}");
    }
}

#[test]
fn of_a_service_only_what_is_reached_is_taken() {
    let model = json!({
        "metadata": {"protocol": "json", "serviceFullName": "gone", "endpointPrefix": "x"},
        "operations": {
            "GetTree": {"name": "GetTree", "http": {"method": "POST", "requestUri": "/", "responseCode": 200},
                        "documentation": "gone", "input": {"shape": "In", "documentation": "gone"},
                        "output": {"shape": "Tree", "resultWrapper": "Wrapped"},
                        "errors": [{"shape": "Missing"}], "idempotent": false},
            "PutTree": {"name": "PutTree", "http": {}, "input": {"shape": "Unreached"}},
            "GetEvents": {"name": "GetEvents", "http": {}, "output": {"shape": "Stream"}},
        },
        "shapes": {
            "In": {"type": "structure", "required": ["Name"], "members": {
                "Name": {"shape": "Name", "documentation": "gone", "location": "uri", "locationName": "name"},
                "Secret": {"shape": "Secret"}, "Policy": {"shape": "policyDocumentType"}}},
            "Name": {"type": "string", "enum": ["a"], "pattern": "a", "max": 5},
            "Secret": {"type": "string", "sensitive": true},
            "policyDocumentType": {"type": "string", "min": 1},
            "Tree": {"type": "structure", "members": {"Children": {"shape": "Trees"}, "Size": {"shape": "Size"}}},
            "Trees": {"type": "list", "member": {"shape": "Tree", "locationName": "item"}, "flattened": true},
            "Size": {"type": "integer", "box": true},
            // Called like a type, but not plain: the others keep their names.
            "integer": {"type": "integer", "sensitive": true},
            "Missing": {"type": "structure", "members": {}, "exception": true, "fault": true,
                        "error": {"code": "NoSuch", "httpStatusCode": 404, "senderFault": false}},
            "Stream": {"type": "structure", "members": {"Events": {"shape": "Events"}}},
            "Events": {"type": "structure", "members": {}, "eventstream": true},
            "Unreached": {"type": "structure", "members": {}},
        },
    });
    let paginators =
        json!({"pagination": {"GetTree": {"input_token": "Next", "output_token": "Next", "py": 1}}});
    let reads = |operation: &Value| choice::is_taken("nothing", operation);
    let pruned: Value = serde_json::from_str(&prune(&model, &paginators, &reads).unwrap().text()).unwrap();
    let expected = json!({
        "metadata": {"protocol": "json", "endpointPrefix": "x"},
        "operations": {
            "GetTree": {"name": "GetTree", "http": {"method": "POST", "requestUri": "/"}, "input": {"shape": "In"},
                        "output": {"shape": "Tree", "resultWrapper": "Wrapped"}, "errors": ["Missing"],
                        "pagination": {"input_token": "Next", "output_token": "Next"}},
        },
        "shapes": {
            "In": {"type": "structure", "required": ["Name"], "members": {
                "Name": {"shape": "string", "location": "uri", "locationName": "name"},
                "Secret": {"shape": "Secret"}, "Policy": {"shape": "policyDocumentType"}}},
            "string": {"type": "string"},
            "Secret": {"type": "string", "sensitive": true},
            "policyDocumentType": {"type": "string"},
            "Tree": {"type": "structure", "members": {"Children": {"shape": "Trees"}, "Size": {"shape": "Size"}}},
            "Trees": {"type": "list", "member": {"shape": "Tree", "locationName": "item"}, "flattened": true},
            "Size": {"type": "integer"},
            "Missing": {"type": "structure", "members": {}, "exception": true,
                        "error": {"code": "NoSuch", "httpStatusCode": 404}},
        },
    });
    assert_eq!(pruned, expected);
}

#[test]
fn a_shape_that_is_not_there_is_an_error() {
    let model = json!({
        "metadata": {}, "shapes": {},
        "operations": {"GetX": {"name": "GetX", "http": {}, "input": {"shape": "Gone"}}},
    });
    let error = prune(&model, &Value::Null, &|_| true).err().expect("a shape is missing");
    assert!(format!("{error:#}").contains("GetX"), "{error:#}");
}

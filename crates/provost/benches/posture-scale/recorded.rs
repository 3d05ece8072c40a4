//! A recorded estate of any size, made from what stands in the cases of the rules.
//!
//! A document that passes all rules of its type is put together from their cases, and taken apart again into the
//! answers that the catalog says it comes from. Accounts are all of one size, so a larger estate has more of them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use provost_core::catalog::Catalog;
use provost_core::collect::{Follow, Per, ResourceType, Scope};
use serde_json::{Map, Value, json};

use crate::base64::base64;

/// How many there are of each type in an account.
const ACCOUNT: [(&str, u64); 19] = [
    ("AWS::EC2::Instance", 400),
    ("AWS::EC2::Volume", 400),
    ("AWS::EC2::SecurityGroup", 200),
    ("AWS::EC2::VPC", 10),
    ("AWS::RDS::DBInstance", 100),
    ("AWS::RDS::DBCluster", 40),
    ("AWS::S3::Bucket", 80),
    ("AWS::Lambda::Function", 80),
    ("AWS::Lambda::EventSourceMapping", 40),
    ("AWS::IAM::User", 150),
    ("AWS::IAM::Role", 150),
    ("AWS::IAM::ManagedPolicy", 50),
    ("AWS::SQS::Queue", 100),
    ("AWS::Logs::LogGroup", 100),
    ("AWS::DynamoDB::Table", 30),
    ("AWS::SNS::Topic", 20),
    ("AWS::ECR::Repository", 20),
    ("AWS::SecretsManager::Secret", 20),
    ("AWS::KMS::Key", 10),
];

/// The region of whatever lives in one.
const REGION: &str = "eu-central-1";

/// The columns of a credential report.
const COLUMNS: [&str; 14] = [
    "user",
    "arn",
    "user_creation_time",
    "password_enabled",
    "password_last_used",
    "password_last_changed",
    "password_next_rotation",
    "mfa_active",
    "access_key_1_active",
    "access_key_1_last_rotated",
    "access_key_1_last_used_date",
    "access_key_2_active",
    "access_key_2_last_rotated",
    "access_key_2_last_used_date",
];

/// The answers of one account by their place in it.
type Answers = BTreeMap<PathBuf, String>;

/// The ids of the rules that have something to judge in such an estate.
pub(crate) fn rules(catalog: &Catalog) -> Vec<&str> {
    let types: BTreeSet<&str> = ACCOUNT.iter().map(|(name, _)| *name).collect();
    let rules = catalog.posture.iter().filter(|rule| types.contains(rule.resource_type.as_str()));
    rules.map(|rule| rule.stamp.id.as_str()).collect()
}

/// Writes an estate of at least this many resources; returns how many there are.
pub(crate) fn write(catalog: &Catalog, folder: &Path, resources: u64) -> u64 {
    let in_account: u64 = ACCOUNT.iter().map(|(_, count)| count).sum();
    let accounts = resources.div_ceil(in_account);
    let models: Vec<(&ResourceType, Value, u64)> = ACCOUNT
        .iter()
        .map(|(name, count)| {
            let kind = catalog.resource_types.iter().find(|kind| kind.name == *name).unwrap();
            (kind, model(catalog, name), *count)
        })
        .collect();
    for number in 0..accounts {
        let account = format!("{:012}", 100_000_000_000 + number);
        for (path, text) in account_of(&models, &account) {
            let path = folder.join(&account).join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
    }
    std::fs::write(folder.join("recorded-at"), "2026-11-22T06:00:00Z\n").unwrap();
    accounts * in_account
}

/// A document of a type: what stands in the cases that pass, all together.
fn model(catalog: &Catalog, name: &str) -> Value {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../catalog/posture");
    let mut document = json!({});
    for rule in catalog.posture.iter().filter(|rule| rule.resource_type == name) {
        let text = std::fs::read_to_string(folder.join(format!("{}.cases.yaml", rule.stamp.id))).unwrap();
        let cases: Value = yaml_serde::from_str(&text).unwrap();
        let cases = cases.get("cases").and_then(Value::as_array).unwrap();
        let passes = cases.iter().find(|case| case.get("expect").and_then(Value::as_str) == Some("pass"));
        fill_in(&mut document, passes.and_then(|case| case.get("resource")).unwrap());
    }
    document
}

/// Adds what is not there yet.
fn fill_in(document: &mut Value, more: &Value) {
    let (Some(document), Some(more)) = (document.as_object_mut(), more.as_object()) else { return };
    for (name, value) in more {
        fill_in(document.entry(name).or_insert_with(|| value.clone()), value);
    }
}

fn account_of(models: &[(&ResourceType, Value, u64)], account: &str) -> Answers {
    let mut answers: BTreeMap<PathBuf, Value> = BTreeMap::new();
    let regions = json!({"Regions": [{"RegionName": REGION, "OptInStatus": "opt-in-not-required"}]});
    answers.insert("global/ec2/describe-regions".into(), regions);
    let mut report = COLUMNS.join(",");
    for (kind, model, count) in models {
        let region = if kind.scope == Scope::Global { "global" } else { REGION };
        for number in 0..*count {
            let mut document = model.clone();
            named(kind, &mut document, account, number);
            let members = document.as_object_mut().unwrap();
            if let Some(row) = members.get("CredentialReport") {
                report.push('\n');
                report.push_str(
                    &COLUMNS.map(|name| row.get(name).and_then(Value::as_str).unwrap_or("N/A")).join(","),
                );
            }
            for derived in &kind.derived {
                members.remove(derived.member());
            }
            for follow in kind.follow.iter().rev() {
                follow_up(follow, members, region, &mut answers);
            }
            for list in kind.list.iter().filter(|list| list.mark.is_none()) {
                let place: PathBuf = [region, &list.service, &list.operation].iter().collect();
                let items = list.items.as_deref().unwrap();
                let wrapped = list.wrap.values().next();
                let item = wrapped
                    .map_or(Value::Object(members.clone()), |member| members.get(member).unwrap().clone());
                add(answers.entry(place).or_insert_with(|| json!({})), items, vec![item]);
            }
        }
    }
    let report = json!({"Content": base64(report.as_bytes()), "ReportFormat": "text/csv", "GeneratedTime": "2026-11-22T05:00:00+00:00"});
    answers.insert("global/iam/get-credential-report".into(), report);
    answers.into_iter().map(|(path, answer)| (with_extension(&path, &answer), text_of(&answer))).collect()
}

/// An error is kept as the CLI prints it, on standard error.
fn with_extension(path: &Path, answer: &Value) -> PathBuf {
    let extension = if answer.is_string() { ".err" } else { ".json" };
    let mut path = path.as_os_str().to_owned();
    path.push(extension);
    path.into()
}

fn text_of(answer: &Value) -> String {
    match answer {
        // What the CLI prints where nothing is set.
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        answer => answer.to_string(),
    }
}

/// Gives a document a name of its own, in everything that names it.
fn named(kind: &ResourceType, document: &mut Value, account: &str, number: u64) {
    let (_, short) = kind.name.rsplit_once("::").unwrap();
    let name = format!("fernhill-{}-{number:05}", short.to_lowercase());
    let region = if kind.scope == Scope::Global { "" } else { REGION };
    let service = kind.list.first().map_or("", |list| list.service.as_str());
    let members = document.as_object_mut().unwrap();
    let key = kind.key.as_deref().unwrap();
    for member in std::iter::once(key).chain(kind.names_of_arn()) {
        let value = match member.to_ascii_lowercase() {
            member if member.ends_with("arn") => {
                format!("arn:aws:{service}:{region}:{account}:{short}/{name}")
            }
            member if member.ends_with("url") => {
                format!("https://sqs.{region}.amazonaws.com/{account}/{name}")
            }
            _ => name.clone(),
        };
        members.insert(member.to_owned(), value.into());
    }
    let created = "2024-03-11T08:02:10+00:00";
    if let Some(Value::Object(row)) = members.get_mut("CredentialReport") {
        row.insert("user".to_owned(), name.into());
        row.insert("user_creation_time".to_owned(), created.into());
        members.insert("CreateDate".to_owned(), created.into());
    }
}

/// Takes what a follow-up call gives out of a document, and puts it where its answer is recorded.
fn follow_up(
    follow: &Follow,
    members: &mut Map<String, Value>,
    region: &str,
    answers: &mut BTreeMap<PathBuf, Value>,
) {
    let value = members.remove(&follow.into);
    if follow.decode.is_some() || follow.into.contains("[]") {
        return;
    }
    let place: PathBuf = [region, &follow.service, &follow.operation].iter().collect();
    if !follow.pick.is_empty() {
        let answer = answers.entry(place).or_insert_with(|| json!({}));
        let picked = value.and_then(|value| value.as_array().cloned()).unwrap_or_default();
        let picked = picked.into_iter().map(|item| picked_by(follow, item, members)).collect();
        add(answer, &follow.take.clone().unwrap_or_default(), picked);
        return;
    }
    let place = match &follow.per {
        Per::Account | Per::Region => place,
        Per::Member(member) => match members.get(member).and_then(Value::as_str) {
            Some(subject) => place.join(subject.replace('%', "%25").replace('/', "%2F")),
            None => return,
        },
    };
    let answer = match (value, &follow.take) {
        (Some(value), Some(take)) => take.rsplit('.').fold(value, |inner, name| json!({name: inner})),
        (Some(value), None) => value,
        (None, _) if follow.empty_means_not_set => Value::Null,
        (None, Some(take)) if follow.not_set.is_empty() => json!({take: []}),
        (None, _) => {
            let code = follow.not_set.first().map_or("", String::as_str);
            Value::from(format!("An error occurred ({code}) when calling the X operation: there is none"))
        }
    };
    answers.insert(place, answer);
}

/// An element as it is shared out to this document.
fn picked_by(follow: &Follow, mut item: Value, members: &Map<String, Value>) -> Value {
    for (name, template) in &follow.pick {
        let mut text = template.clone();
        for (member, value) in members {
            let place = format!("{{{member}}}");
            text = text.replace(&place, value.as_str().unwrap_or_default());
        }
        if let Some(item) = item.as_object_mut().filter(|_| !text.contains('{')) {
            item.insert(name.clone(), text.into());
        }
    }
    item
}

/// Adds elements to the list at `Reservations[].Instances[]`.
fn add(answer: &mut Value, path: &str, elements: Vec<Value>) {
    let (name, rest) = path.split_once("[].").unwrap_or((path.trim_end_matches("[]"), ""));
    let list = answer.as_object_mut().unwrap().entry(name).or_insert_with(|| json!([]));
    let list = list.as_array_mut().unwrap();
    if rest.is_empty() {
        list.extend(elements);
    } else {
        let mut outer = json!({});
        add(&mut outer, rest, elements);
        list.push(outer);
    }
}

//! Making a disagreement smaller: what can be left out of a case one thing at a time.

use serde_json::{Map, Value, json};

/// How much a step leaves out at most. Coarse steps come first, since they shrink a case most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Grain {
    /// Whole layers and levels.
    Layer,
    /// Policies and statements.
    Statement,
    /// What a statement or the request can do without.
    Part,
}

pub(super) const GRAINS: [Grain; 3] = [Grain::Layer, Grain::Statement, Grain::Part];

/// What AWS sends with every request: without it the question would be another.
const ALWAYS_SENT: [&str; 6] = [
    "aws:CurrentTime",
    "aws:EpochTime",
    "aws:RequestedRegion",
    "aws:SecureTransport",
    "aws:UserAgent",
    "aws:ViaAWSService",
];

/// Steps to something in a value: names and places.
type Path = Vec<Step>;

#[derive(Debug, Clone)]
enum Step {
    Name(String),
    Place(usize),
}

/// The case with lists in every place where one may stand.
pub(super) fn listed(case: &Value) -> Value {
    let mut layers = Map::new();
    for (name, layer) in object(case, "layers") {
        let layer = match name.as_str() {
            "management_account" | "unread" => layer.clone(),
            "scps" | "rcps" => {
                let level = |level: &Value| policies(level.get("policies").unwrap_or(level));
                Value::Array(items(layer).iter().map(level).collect())
            }
            _ => policies(layer),
        };
        layers.insert(name.clone(), layer);
    }
    json!({ "layers": layers, "request": case.get("request") })
}

/// Every case that one step of this grain makes of a case in lists.
pub(super) fn smaller(case: &Value, grain: Grain) -> Vec<Value> {
    let mut paths = Vec::new();
    for (name, layer) in object(case, "layers") {
        let path = vec![Step::Name("layers".to_owned()), Step::Name(name.clone())];
        let is_levels = matches!(name.as_str(), "scps" | "rcps");
        if grain == Grain::Layer {
            paths.push(path.clone());
        }
        for (place, inner) in items(layer).iter().enumerate() {
            let inside = child(&path, Step::Place(place));
            if is_levels {
                if grain == Grain::Layer {
                    paths.push(inside.clone());
                }
                for (place, policy) in items(inner).iter().enumerate() {
                    in_policy(policy, child(&inside, Step::Place(place)), grain, &mut paths);
                }
            } else if inner.is_object() {
                in_policy(inner, inside, grain, &mut paths);
            }
        }
    }
    if grain == Grain::Part {
        let context = case.pointer("/request/context").and_then(Value::as_object);
        for name in
            context.into_iter().flat_map(Map::keys).filter(|name| !ALWAYS_SENT.contains(&name.as_str()))
        {
            paths.push(["request", "context", name].map(|name| Step::Name(name.to_owned())).to_vec());
        }
    }
    let mut found: Vec<Value> = paths.iter().filter_map(|path| without(case, path)).collect();
    match grain {
        Grain::Layer => {}
        Grain::Statement => found.extend((0..).map_while(|number| with_one_idle(case, number)).flatten()),
        Grain::Part => found.extend((0..).map_while(|number| with_one_open(case, number)).flatten()),
    }
    found
}

/// The case with one statement, counted likewise, about every resource. `None` inside says that it already is.
fn with_one_open(case: &Value, mut number: usize) -> Option<Option<Value>> {
    let mut open = case.clone();
    let statement = nth_statement(open.get_mut("layers")?, &mut number)?;
    let everything = json!(["*"]);
    let is_narrow = statement.get("Resource").is_some_and(|resources| *resources != everything);
    if is_narrow {
        statement.insert("Resource".to_owned(), everything);
    }
    Some(is_narrow.then_some(open))
}

/// The case with one statement, counted through all layers, about an action that nobody asks for. `None` inside
/// says that it already is.
fn with_one_idle(case: &Value, mut number: usize) -> Option<Option<Value>> {
    let mut idle = case.clone();
    let statement = nth_statement(idle.get_mut("layers")?, &mut number)?;
    let action = json!(["cloudwatch:GetDashboard"]);
    let is_idle = statement.get("Action") == Some(&action) || statement.contains_key("NotPrincipal");
    statement.retain(|name, _| matches!(name.as_str(), "Effect" | "Principal" | "Resource" | "NotResource"));
    if statement.remove("NotResource").is_some() || statement.contains_key("Resource") {
        statement.insert("Resource".to_owned(), json!(["*"]));
    }
    statement.insert("Action".to_owned(), action);
    Some((!is_idle).then_some(idle))
}

fn nth_statement<'a>(value: &'a mut Value, number: &mut usize) -> Option<&'a mut Map<String, Value>> {
    match value {
        Value::Object(object) => {
            if !object.contains_key("Effect") {
                return object.values_mut().find_map(|inner| nth_statement(inner, number));
            }
            if *number == 0 {
                return Some(object);
            }
            *number -= 1;
            None
        }
        Value::Array(list) => list.iter_mut().find_map(|inner| nth_statement(inner, number)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    }
}

fn in_policy(policy: &Value, path: Path, grain: Grain, paths: &mut Vec<Path>) {
    if grain == Grain::Statement {
        paths.push(path.clone());
    }
    let statements = child(&path, Step::Name("Statement".to_owned()));
    for (place, statement) in policy.get("Statement").map(items).unwrap_or_default().iter().enumerate() {
        let path = child(&statements, Step::Place(place));
        if grain == Grain::Statement {
            paths.push(path.clone());
        }
        if grain == Grain::Part {
            in_statement(statement, &path, paths);
        }
    }
}

fn in_statement(statement: &Value, path: &Path, paths: &mut Vec<Path>) {
    for (name, element) in statement.as_object().into_iter().flatten() {
        let path = child(path, Step::Name(name.clone()));
        match (name.as_str(), element) {
            ("Sid", _) => paths.push(path),
            ("Condition", Value::Object(operators)) => {
                paths.push(path.clone());
                for (operator, keys) in operators {
                    let path = child(&path, Step::Name(operator.clone()));
                    paths.push(path.clone());
                    for (key, values) in keys.as_object().into_iter().flatten() {
                        let path = child(&path, Step::Name(key.clone()));
                        paths.push(path.clone());
                        each_item(values, &path, paths);
                    }
                }
            }
            // Fewer names under `NotPrincipal` would ask another question, one that AWS does not answer.
            ("NotPrincipal", _) => {}
            ("Principal", Value::Object(kinds)) => {
                for (kind, names) in kinds {
                    let path = child(&path, Step::Name(kind.clone()));
                    paths.push(path.clone());
                    each_item(names, &path, paths);
                }
            }
            (_, list) => each_item(list, &path, paths),
        }
    }
}

fn each_item(list: &Value, path: &Path, paths: &mut Vec<Path>) {
    paths.extend((0..items(list).len()).map(|place| child(path, Step::Place(place))));
}

/// The case without what is at the path; none if something that must not be empty would be.
fn without(case: &Value, path: &[Step]) -> Option<Value> {
    let mut smaller = case.clone();
    let (last, way) = path.split_last()?;
    let mut here = &mut smaller;
    for step in way {
        here = match step {
            Step::Name(name) => here.get_mut(name)?,
            Step::Place(place) => here.get_mut(*place)?,
        };
    }
    let is_left = match (here, last) {
        (Value::Object(object), Step::Name(name)) => {
            object.remove(name)?;
            !object.is_empty() || way.len() < 3
        }
        (Value::Array(list), Step::Place(place)) if *place < list.len() => {
            list.remove(*place);
            !list.is_empty()
        }
        _ => return None,
    };
    is_left.then_some(smaller)
}

fn child(path: &Path, step: Step) -> Path {
    let mut path = path.clone();
    path.push(step);
    path
}

fn object<'a>(value: &'a Value, name: &str) -> impl Iterator<Item = (&'a String, &'a Value)> {
    value.get(name).and_then(Value::as_object).into_iter().flatten()
}

/// A list, or what stands alone in its place.
pub(super) fn items(value: &Value) -> &[Value] {
    match value {
        Value::Array(items) => items,
        Value::Null => &[],
        single => std::slice::from_ref(single),
    }
}

fn list(value: &Value) -> Value {
    Value::Array(items(value).to_vec())
}

fn policies(value: &Value) -> Value {
    Value::Array(items(value).iter().map(policy).collect())
}

fn policy(value: &Value) -> Value {
    let mut policy = value.clone();
    if let Some(statements) = policy.get_mut("Statement") {
        *statements = Value::Array(items(statements).iter().map(statement).collect());
    }
    policy
}

fn statement(value: &Value) -> Value {
    let mut statement = value.clone();
    for (name, element) in statement.as_object_mut().into_iter().flatten() {
        match (name.as_str(), &mut *element) {
            ("Effect" | "Sid", _) => {}
            ("Condition", Value::Object(operators)) => {
                for keys in operators.values_mut().filter_map(Value::as_object_mut) {
                    keys.values_mut().for_each(|values| *values = list(values));
                }
            }
            ("Principal" | "NotPrincipal", Value::Object(kinds)) => {
                kinds.values_mut().for_each(|names| *names = list(names));
            }
            ("Principal" | "NotPrincipal", _) => {}
            _ => *element = list(element),
        }
    }
    statement
}

#[cfg(test)]
mod tests {
    use super::*;

    fn case() -> Value {
        listed(&json!({
            "layers": {
                "identity": { "Statement": { "Effect": "Allow", "Action": ["s3:*", "sqs:*"], "Resource": "*" } },
                "scps": [{ "name": "Root", "policies": { "Statement": [{
                    "Effect": "Deny", "Action": "*", "Resource": "*",
                    "Condition": { "Bool": { "aws:SecureTransport": "false" } },
                }] } }],
            },
            "request": { "action": "s3:GetObject", "context": { "aws:SourceIp": "10.1.2.3", "aws:UserAgent": "curl" } },
        }))
    }

    #[test]
    fn every_scalar_becomes_a_list() {
        assert_eq!(case().pointer("/layers/identity/0/Statement/0/Resource"), Some(&json!(["*"])));
        let values =
            case().pointer("/layers/scps/0/0/Statement/0/Condition/Bool/aws:SecureTransport").cloned();
        assert_eq!(values, Some(json!(["false"])));
    }

    #[test]
    fn each_step_leaves_out_one_thing_and_no_list_empty() {
        let layers = smaller(&case(), Grain::Layer);
        assert_eq!(layers.len(), 2, "the two layers; the only level is left to its layer");
        assert_eq!(smaller(&case(), Grain::Statement).len(), 2, "each of the two statements made idle");
        let parts = smaller(&case(), Grain::Part);
        assert_eq!(parts.len(), 4, "an action each, the condition, the key of the request: {parts:#?}");
    }

    #[test]
    fn shrinking_ends() {
        let mut left = case();
        for grain in GRAINS {
            let mut steps = 0;
            while let Some(next) = smaller(&left, grain).into_iter().next() {
                left = next;
                steps += 1;
                assert!(steps < 20, "{left}");
            }
        }
        assert_eq!(left.get("layers"), Some(&json!({})));
    }
}

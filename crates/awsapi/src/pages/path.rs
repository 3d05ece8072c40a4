//! The paths of the public paginator data: `NextMarker || Contents[-1].Key`. A small part of JMESPath, and all
//! that any paginator uses (3,800 of them looked at, 2026-11).

use serde_json::{Map, Value};

/// The first alternative that leads to something; `null` is nothing.
pub(crate) fn find<'v>(path: &str, value: &'v Value) -> Option<&'v Value> {
    path.split("||").find_map(|alternative| {
        let found = alternative.trim().split('.').try_fold(value, step)?;
        Some(found).filter(|found| !found.is_null())
    })
}

/// One step down: a member, or an element of a list counted from either end.
fn step<'v>(value: &'v Value, step: &str) -> Option<&'v Value> {
    let Some((member, index)) = step.split_once('[') else { return value.get(step) };
    let list = value.get(member)?.as_array()?;
    match index.strip_suffix(']')? {
        "-1" => list.last(),
        index => list.get(index.parse::<usize>().ok()?),
    }
}

/// Takes what a dotted path leads to out of the value.
pub(crate) fn take(path: &str, value: &mut Value) -> Option<Value> {
    let found = path.split('.').try_fold(value, |value, member| value.get_mut(member))?;
    Some(found.take()).filter(|found| !found.is_null())
}

/// The place that a dotted path leads to, made if it is not there; `None` when something else is in the way.
pub(crate) fn place<'v>(path: &str, value: &'v mut Value) -> Option<&'v mut Value> {
    path.split('.').try_fold(value, |value, member| {
        if value.is_null() {
            *value = Value::Object(Map::new());
        }
        Some(value.as_object_mut()?.entry(member).or_insert(Value::Null))
    })
}

/// Whether a token says that there is more: services also end a list with an empty one.
pub(crate) fn says_more(token: &Value) -> bool {
    match token {
        Value::Null | Value::Bool(false) => false,
        Value::Bool(true) | Value::Number(_) => true,
        Value::String(text) => !text.is_empty(),
        Value::Array(list) => !list.is_empty(),
        Value::Object(members) => !members.is_empty(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn paths_lead_through_members_ends_of_lists_and_alternatives() {
        let page = json!({
            "Marker": "m", "Null": null,
            "List": {"NextMarker": "n", "Items": [{"Id": 1}, {"Id": 2}]},
        });
        for (path, expected) in [
            ("Marker", Some(json!("m"))),
            ("List.NextMarker", Some(json!("n"))),
            ("List.Items[-1].Id", Some(json!(2))),
            ("List.Items[0].Id", Some(json!(1))),
            ("Missing || List.Items[-1].Id", Some(json!(2))),
            ("Null || Marker", Some(json!("m"))),
            ("Marker || List.NextMarker", Some(json!("m"))),
            ("Null", None),
            ("Missing.Below", None),
            ("List[-1]", None),
            ("List.Items[7].Id", None),
            ("List.Items[x", None),
            ("", None),
        ] {
            assert_eq!(find(path, &page), expected.as_ref(), "{path}");
        }
    }

    #[test]
    fn an_empty_token_ends_the_list() {
        for end in [json!(null), json!(""), json!({}), json!([]), json!(false)] {
            assert!(!says_more(&end), "{end}");
        }
        for more in [json!("t"), json!({"k": 1}), json!(["a"]), json!(0), json!(true)] {
            assert!(says_more(&more), "{more}");
        }
    }
}

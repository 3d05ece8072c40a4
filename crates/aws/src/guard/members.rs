//! Reading the input of a call without trusting its shape: what is not there is `null`.

use serde_json::Value;

/// A member of an object; `null` where there is none.
pub(super) fn member<'v>(value: &'v Value, name: &str) -> &'v Value {
    value.get(name).unwrap_or(&Value::Null)
}

/// A member that must be a text.
///
/// # Errors
/// It is something else, or missing.
pub(super) fn text<'v>(value: &'v Value, name: &str) -> Result<&'v str, String> {
    member(value, name).as_str().ok_or_else(|| format!("its `{name}` is not a text"))
}

/// A member that must be a list with something in it.
///
/// # Errors
/// It is something else, or missing, or empty.
pub(super) fn list<'v>(value: &'v Value, name: &str) -> Result<&'v [Value], String> {
    let items = member(value, name).as_array().filter(|items| !items.is_empty());
    items.map(Vec::as_slice).ok_or_else(|| format!("its `{name}` is not a list of something"))
}

/// The names of the members of a member that must be an object with something in it.
///
/// # Errors
/// It is something else, or missing, or empty.
pub(super) fn keys<'v>(value: &'v Value, name: &str) -> Result<Vec<&'v str>, String> {
    let object = member(value, name).as_object().filter(|object| !object.is_empty());
    let object = object.ok_or_else(|| format!("its `{name}` is not an object of something"))?;
    Ok(object.keys().map(String::as_str).collect())
}

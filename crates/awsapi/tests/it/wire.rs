//! When two messages say the same: what the protocols leave open does not count.

use serde_json::{Value, json};

/// Paths equal, queries equal in any order; `?a` is `?a=`, and a slash in a query need not be escaped.
pub(crate) fn same_target(one: &str, other: &str) -> bool {
    let parts = |target: &str| {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let mut pairs: Vec<String> = query
            .split('&')
            .map(|pair| pair.trim_end_matches('=').replace("%2F", "/").replace('+', "%20"))
            .collect();
        pairs.sort();
        (path.to_owned(), pairs)
    };
    parts(one) == parts(other)
}

/// The same pairs in any order.
pub(crate) fn same_form(one: &str, other: &str) -> bool {
    let pairs = |form: &str| {
        let mut pairs: Vec<String> = form.split('&').map(|pair| pair.replace('+', "%20")).collect();
        pairs.sort();
        pairs
    };
    pairs(one) == pairs(other)
}

/// Equal JSON; numbers may differ in the sixth digit.
pub(crate) fn same_value(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => {
            one == other || (one.as_f64().unwrap() - other.as_f64().unwrap()).abs() < 1e-5
        }
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same_value(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len()
                && one
                    .iter()
                    .all(|(name, value)| other.get(name).is_some_and(|other| same_value(value, other)))
        }
        _ => one == other,
    }
}

/// The same elements, attributes and text; the order of elements is free.
pub(crate) fn same_xml(one: &str, other: &str) -> bool {
    fn normal(element: roxmltree::Node<'_, '_>) -> Value {
        let name = |namespace: Option<&str>, name: &str| format!("{}:{name}", namespace.unwrap_or_default());
        let mut attributes: Vec<String> = element
            .attributes()
            .map(|attribute| {
                format!("{}={}", name(attribute.namespace(), attribute.name()), attribute.value())
            })
            .collect();
        attributes.sort();
        let mut children: Vec<String> = element
            .children()
            .filter(roxmltree::Node::is_element)
            .map(|child| normal(child).to_string())
            .collect();
        children.sort();
        let text = if children.is_empty() { element.text().unwrap_or_default() } else { "" };
        json!([name(element.tag_name().namespace(), element.tag_name().name()), attributes, children, text])
    }
    match (roxmltree::Document::parse(one), roxmltree::Document::parse(other)) {
        (Ok(one), Ok(other)) => normal(one.root_element()) == normal(other.root_element()),
        _ => false,
    }
}

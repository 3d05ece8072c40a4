//! XML as AWS writes it: elements and text, no attributes but the namespace.

/// Text as XML wants it.
pub(crate) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// An element with text in it.
pub(crate) fn text(name: &str, text: &str) -> String {
    element(name, &escape(text))
}

/// An element with elements in it.
pub(crate) fn element(name: &str, inside: &str) -> String {
    format!("<{name}>{inside}</{name}>")
}

/// A list, each entry in an element of its own.
pub(crate) fn list(name: &str, entries: impl IntoIterator<Item = String>) -> String {
    let entries: String = entries.into_iter().map(|entry| element("member", &entry)).collect();
    element(name, &entries)
}

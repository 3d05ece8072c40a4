//! Which operations only read. What reads may be asked again after an answer that nobody could read; what
//! writes has been done by then.

use crate::model::Operation;

/// The first words of operations that read, as AWS names them.
const READING: &[&str] = &[
    "BatchCheck",
    "BatchDescribe",
    "BatchGet",
    "BatchIsAuthorized",
    "Check",
    "Describe",
    "Estimate",
    "Filter",
    "Get",
    "Head",
    "List",
    "Lookup",
    "Query",
    "Scan",
    "Search",
    "Select",
    "Simulate",
    "Validate",
    "Verify",
    "View",
];

/// Whether the operation only reads: by the word of its model, its HTTP method, or its name.
///
/// This is about asking twice, not about permission: `GetSecretValue` is a read here.
pub fn is_read(operation: &Operation) -> bool {
    operation.readonly
        || matches!(operation.method.as_ref(), "GET" | "HEAD")
        || READING.iter().any(|word| {
            let rest = operation.name.strip_prefix(word);
            // `Listen...` does not begin with the word `List`.
            rest.is_some_and(|rest| !rest.starts_with(|next: char| next.is_ascii_lowercase()))
        })
}

//! The policies AWS manages, out of moto, as lines of JSON. They are too many to embed; facts are derived from them.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context as _, ensure};
use serde_json::{Value, json};

/// What was read.
pub(super) struct Managed {
    /// One policy for each line, sorted by ARN.
    pub(super) lines: String,
    pub(super) count: usize,
    /// The day the newest policy was updated.
    pub(super) newest: String,
}

/// Reads the Python file that holds all policies as JSON within one string.
pub(super) fn read(path: &Path) -> anyhow::Result<Managed> {
    let text = std::fs::read_to_string(path).with_context(|| format!("read `{}`", path.display()))?;
    let (_, rest) = text.split_once("\"\"\"").context("moto's policies are not where they were")?;
    let (policies, _) = rest.split_once("\"\"\"").context("moto's policies do not end")?;
    ensure!(!policies.contains('\\'), "moto's policies have escapes, which Python would read first");
    let policies: Value = serde_json::from_str(policies).context("moto's policies")?;

    let mut sorted = BTreeMap::new();
    let mut newest = String::new();
    for (name, policy) in policies.as_object().context("moto's policies are no object")? {
        let text = |key: &str| {
            policy.get(key).and_then(Value::as_str).with_context(|| format!("`{name}` has no `{key}`"))
        };
        let arn = format!("arn:aws:iam::aws:policy{}{name}", text("Path")?);
        let document = policy.get("Document").with_context(|| format!("`{name}` has no document"))?;
        newest = newest.max(text("UpdateDate")?.chars().take(10).collect());
        let line = json!({
            "arn": arn,
            "name": name,
            "version": text("DefaultVersionId")?,
            "created": text("CreateDate")?,
            "updated": text("UpdateDate")?,
            "document": document,
        });
        sorted.insert(arn, line.to_string());
    }
    let count = sorted.len();
    let lines = sorted.into_values().map(|line| line + "\n").collect();
    Ok(Managed { lines, count, newest })
}

//! Names in braces, filled in from a place and a document: `arn:{partition}:sqs:{region}:{account}:{QueueUrl|basename}`.

use serde_json::{Map, Value};

/// The names a template has, without what is done with their values.
pub(super) fn names(template: &str) -> impl Iterator<Item = &str> {
    template.split('{').skip(1).filter_map(|part| {
        let (inside, _) = part.split_once('}')?;
        Some(inside.split_once('|').map_or(inside, |(name, _)| name))
    })
}

/// Whether a name is of the place alone: it is known before anything is read.
pub(super) fn is_place(name: &str) -> bool {
    ["account", "region", "partition"].contains(&name)
}

/// Where something is asked.
#[derive(Debug, Clone, Copy)]
pub(super) struct Spot<'s> {
    pub(super) account: &'s str,
    pub(super) region: &'s str,
    pub(super) partition: &'s str,
}

impl Spot<'_> {
    /// The template with every name filled in; `Err` names the member that is not there.
    pub(super) fn text(&self, template: &str, document: &Map<String, Value>) -> Result<String, String> {
        let mut filled = String::new();
        let mut rest = template;
        while let Some((before, after)) = rest.split_once('{') {
            let (inside, after) = after.split_once('}').ok_or_else(|| rest.to_owned())?;
            filled.push_str(before);
            filled.push_str(&self.one(inside, document)?);
            rest = after;
        }
        filled.push_str(rest);
        Ok(filled)
    }

    /// A value with every text in it filled in. What is a name and nothing else becomes the member as it is, a
    /// number too.
    pub(super) fn value(&self, value: &Value, document: &Map<String, Value>) -> Result<Value, String> {
        Ok(match value {
            Value::String(text) => match whole_name(text).filter(|name| !is_place(name)) {
                Some(name) => {
                    let member = at_path(document, name).filter(|member| !member.is_null());
                    member.cloned().ok_or_else(|| name.to_owned())?
                }
                None => self.text(text, document)?.into(),
            },
            Value::Array(items) => {
                items.iter().map(|item| self.value(item, document)).collect::<Result<_, _>>()?
            }
            Value::Object(members) => Value::Object(self.members(members, document)?),
            Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
        })
    }

    /// The members of an object, filled in.
    pub(super) fn members(
        &self,
        members: &Map<String, Value>,
        document: &Map<String, Value>,
    ) -> Result<Map<String, Value>, String> {
        members.iter().map(|(name, value)| Ok((name.clone(), self.value(value, document)?))).collect()
    }

    fn one(&self, inside: &str, document: &Map<String, Value>) -> Result<String, String> {
        let (name, how) = inside.split_once('|').unwrap_or((inside, ""));
        let text = match name {
            "account" => self.account.to_owned(),
            "region" => self.region.to_owned(),
            "partition" => self.partition.to_owned(),
            path => match at_path(document, path) {
                Some(Value::String(text)) if !text.is_empty() => text.clone(),
                Some(Value::Number(number)) => number.to_string(),
                _ => return Err(path.to_owned()),
            },
        };
        Ok(match how {
            "basename" => text.rsplit(['/', ':']).next().unwrap_or_default().to_owned(),
            _ => text,
        })
    }
}

/// The name, where a template is one name in braces and nothing is done with it.
fn whole_name(text: &str) -> Option<&str> {
    let inside = text.strip_prefix('{')?.strip_suffix('}')?;
    (!inside.contains(['{', '}', '|'])).then_some(inside)
}

/// The member at a dotted path.
pub(super) fn at_path<'d>(document: &'d Map<String, Value>, path: &str) -> Option<&'d Value> {
    let (first, rest) = path.split_once('.').unwrap_or((path, ""));
    let steps = rest.split('.').filter(|step| !step.is_empty());
    steps.fold(document.get(first), |value, step| value?.get(step))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn names_are_filled_in_and_missing_ones_are_told() {
        let spot = Spot { account: "111122223333", region: "eu-central-1", partition: "aws" };
        let document =
            json!({"Url": "https://sqs/1/orders", "Api": {"id": "a1"}, "Version": 3, "None": null});
        let document = document.as_object().unwrap();
        let text = |template: &str| spot.text(template, document);
        assert_eq!(
            text("arn:{partition}:sqs:{region}:{account}:{Url|basename}").as_deref(),
            Ok("arn:aws:sqs:eu-central-1:111122223333:orders")
        );
        assert_eq!(text("/apis/{Api.id}/{Version}").as_deref(), Ok("/apis/a1/3"));
        assert_eq!(text("{Missing}"), Err("Missing".to_owned()));
        assert_eq!(text("{None}"), Err("None".to_owned()));
        let value = spot.value(&json!({"A": ["{Version}", "{Url}"], "B": true}), document);
        assert_eq!(value, Ok(json!({"A": [3, "https://sqs/1/orders"], "B": true})));
        assert_eq!(names("a{B|basename}c{D.E}").collect::<Vec<_>>(), ["B", "D.E"]);
    }
}

//! What the answer of a read would hold, by `data/reads.txt`: the list that AWS's access levels do not have.

use std::sync::OnceLock;

use serde_json::Value;

use super::members::member;

/// The verbs that only look.
pub(super) const VERBS: [&str; 6] = ["Describe", "List", "Get", "BatchGet", "BatchDescribe", "Head"];

/// What is known of the answer of an operation, beyond the access level of its actions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// A credential, a key, a token or a link that anyone can use; the text says which.
    Secret(&'static str),
    /// What customers keep in a service; the text says what.
    Data(&'static str),
    /// Nothing of the kind, whatever level or name suggest.
    Harmless,
    /// Nothing is said of it: its level and its verb decide.
    Plain,
}

/// What an operation would answer to this input.
#[must_use]
pub fn answer(service: &str, operation: &str, input: &Value) -> Answer {
    let mut fitting = fitting(service, operation);
    fitting.find(|rule| rule.condition.applies(input)).map_or(Answer::Plain, |rule| rule.answer)
}

/// What an operation answers to any input. Where some inputs make the answer worse, this is what the others get.
#[must_use]
pub fn always(service: &str, operation: &str) -> Answer {
    let mut fitting = fitting(service, operation);
    let always = fitting.find(|rule| matches!(rule.condition, Condition::Always));
    always.map_or(Answer::Plain, |rule| rule.answer)
}

/// The rules about an operation, in order. One whose condition does not apply leaves the word to the next.
fn fitting(service: &str, operation: &str) -> impl Iterator<Item = &'static Rule> {
    rules().iter().filter(move |rule| glob(rule.service, service) && glob(rule.operation, operation))
}

/// Whether the operation is named as something that only looks.
pub(super) fn only_looks(operation: &str) -> bool {
    VERBS.iter().any(|verb| {
        let rest = operation.strip_prefix(verb);
        rest.is_some_and(|rest| rest.chars().next().is_none_or(|next| next.is_ascii_uppercase()))
    })
}

#[derive(Debug)]
struct Rule {
    service: &'static str,
    operation: &'static str,
    condition: Condition,
    answer: Answer,
}

#[derive(Debug)]
enum Condition {
    Always,
    /// Unless the member is absent or false.
    When(&'static str),
    /// Unless the member is true.
    Unless(&'static str),
}

impl Condition {
    fn applies(&self, input: &Value) -> bool {
        match self {
            Self::Always => true,
            Self::When(name) => !matches!(member(input, name), Value::Null | Value::Bool(false)),
            Self::Unless(name) => *member(input, name) != Value::Bool(true),
        }
    }
}

fn rules() -> &'static [Rule] {
    static RULES: OnceLock<Vec<Rule>> = OnceLock::new();
    #[expect(clippy::expect_used, reason = "the data is part of the program, and a test reads all of it")]
    RULES.get_or_init(|| parse(include_str!("../../data/reads.txt")).expect("the list of reads is whole"))
}

/// Reads the list; the error names the line.
fn parse(text: &'static str) -> Result<Vec<Rule>, String> {
    let lines = text.lines().zip(1..).filter(|(line, _)| !line.trim().is_empty() && !line.starts_with('#'));
    lines.map(|(line, number)| rule(line).ok_or(format!("line {number} of reads.txt"))).collect()
}

fn rule(line: &'static str) -> Option<Rule> {
    let (words, what) = line.split_once(" -- ")?;
    let words: Vec<&'static str> = words.split_whitespace().collect();
    let (kind, name, condition) = match words.as_slice() {
        [kind, name] => (*kind, *name, Condition::Always),
        [kind, name, "when", member] => (*kind, *name, Condition::When(member)),
        [kind, name, "unless", member] => (*kind, *name, Condition::Unless(member)),
        _ => return None,
    };
    let answer = match kind {
        "secret" => Answer::Secret(what),
        "data" => Answer::Data(what),
        "read" => Answer::Harmless,
        _ => return None,
    };
    let (service, operation) = name.split_once(':')?;
    Some(Rule { service, operation, condition, answer })
}

/// Whether a name fits a pattern in which `*` stands for any text.
fn glob(pattern: &str, name: &str) -> bool {
    let Some((start, mut rest)) = pattern.split_once('*') else { return pattern == name };
    let Some(mut left) = name.strip_prefix(start) else { return false };
    while let Some((middle, after)) = rest.split_once('*') {
        let Some((_, found)) = left.split_once(middle) else { return false };
        (left, rest) = (found, after);
    }
    left.ends_with(rest)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::actions::Operations;

    #[test]
    fn the_list_is_whole_and_every_line_fits_something() {
        let rules = parse(include_str!("../../data/reads.txt")).unwrap();
        let lines = include_str!("../../data/reads.txt").lines();
        let lines = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
        assert_eq!(rules.len(), lines.count());
        let operations = Operations::embedded();
        let catalogue = provost_iam::actions::Catalogue::embedded();
        let mut idle = Vec::new();
        for rule in &rules {
            let fits = operations.services().filter(|service| glob(rule.service, service)).any(|service| {
                let prefix = operations.prefix(service).unwrap();
                let actions = catalogue.service(prefix).into_iter().flat_map(|service| service.actions());
                let names = actions.filter_map(|action| action.name().split_once(':'));
                names.map(|(_, name)| name).any(|name| glob(rule.operation, name))
                    || operations.exceptions(service).any(|name| glob(rule.operation, name))
            });
            if !fits {
                idle.push(format!("{}:{}", rule.service, rule.operation));
            }
        }
        // Operations that have no action of their name, and for which AWS lists none. They would be refused as
        // unknown; here stands the better reason.
        let nameless = [
            "s3:CreateSession",
            "sso:GetRoleCredentials",
            "glue:GetUnfiltered*",
            "logs:GetLogObject",
            "neptune-graph:ExecuteQuery",
        ];
        assert_eq!(idle, nameless);
    }

    #[test]
    fn a_rule_whose_condition_does_not_apply_leaves_the_word_to_the_next() {
        for operation in ["GetParameter", "GetParameters", "GetParametersByPath", "GetParameterHistory"] {
            let of = |input| answer("ssm", operation, &input);
            assert!(matches!(of(json!({ "WithDecryption": true })), Answer::Secret(_)), "{operation}");
            assert!(matches!(of(json!({ "WithDecryption": false })), Answer::Data(_)), "{operation}");
            assert!(matches!(of(Value::Null), Answer::Data(_)), "{operation}");
            assert!(matches!(always("ssm", operation), Answer::Data(_)), "{operation}");
        }
        assert_eq!(always("glue", "GetConnections"), Answer::Plain);
        assert_eq!(answer("glue", "GetConnections", &json!({ "HidePassword": true })), Answer::Plain);
    }

    #[test]
    fn patterns_fit_whole_names() {
        for (pattern, name, fits) in [
            ("Get", "Get", true),
            ("Get", "GetIt", false),
            ("Get*", "Get", true),
            ("*-runtime", "bedrock-runtime", true),
            ("*-runtime", "runtime-x", false),
            ("Describe*Permissions*", "DescribeDataSetPermissions", true),
            ("Describe*Permissions*", "DescribePermission", false),
            ("Get*Url", "GetUrlList", false),
            ("*", "", true),
        ] {
            assert_eq!(glob(pattern, name), fits, "{pattern} on {name}");
        }
    }

    #[test]
    fn a_verb_is_a_whole_word() {
        let names = ["GetItem", "Get", "HeadBucket", "BatchGetJobs", "Getaway", "Headline", "Listen"];
        assert_eq!(names.map(only_looks), [true, true, true, true, false, false, false]);
    }
}

//! Conditions of generated statements: some that hold for the request, some that do not, some at random.

use serde_json::{Value, json};

use super::pattern::{arn_glob, glob, other_case};
use super::statement::Writer;
use super::vocabulary::{Family, KEYS, Key, When};
use crate::request::Known;

/// An operator, a key and the values.
pub(super) struct Drafted {
    pub(super) operator: String,
    pub(super) key: String,
    pub(super) values: Vec<Value>,
}

/// Operators and their opposites.
const OPPOSITES: [(&str, &str); 11] = [
    ("StringEquals", "StringNotEquals"),
    ("StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase"),
    ("StringLike", "StringNotLike"),
    ("NumericEquals", "NumericNotEquals"),
    ("NumericLessThan", "NumericGreaterThanEquals"),
    ("NumericLessThanEquals", "NumericGreaterThan"),
    ("DateEquals", "DateNotEquals"),
    ("DateLessThan", "DateGreaterThanEquals"),
    ("DateLessThanEquals", "DateGreaterThan"),
    ("IpAddress", "NotIpAddress"),
    ("ArnLike", "ArnNotLike"),
];

/// All operators of a family.
fn operators(family: Family) -> &'static [&'static str] {
    match family {
        Family::Text => &[
            "StringEquals",
            "StringLike",
            "StringNotEquals",
            "StringNotLike",
            "StringEqualsIgnoreCase",
            "StringNotEqualsIgnoreCase",
        ],
        Family::Number => &[
            "NumericEquals",
            "NumericNotEquals",
            "NumericLessThan",
            "NumericLessThanEquals",
            "NumericGreaterThan",
            "NumericGreaterThanEquals",
        ],
        Family::Date => &[
            "DateEquals",
            "DateNotEquals",
            "DateLessThan",
            "DateLessThanEquals",
            "DateGreaterThan",
            "DateGreaterThanEquals",
        ],
        Family::Flag => &["Bool"],
        Family::Address => &["IpAddress", "NotIpAddress"],
        Family::Arn => &["ArnLike", "ArnEquals", "ArnNotLike", "ArnNotEquals"],
        Family::Binary => &["BinaryEquals"],
    }
}

/// Whether an operator says that none of its values matches.
pub(super) fn is_negated(operator: &str) -> bool {
    operator.contains("Not")
}

/// The operator that says the opposite, set operator and suffix kept. `Bool`, `Null` and `BinaryEquals` have
/// none.
pub(super) fn opposite(operator: &str) -> Option<String> {
    let (set, name) = operator.split_once(':').map_or(("", operator), |(set, name)| (set, name));
    let (name, suffix) = name.strip_suffix("IfExists").map_or((name, ""), |name| (name, "IfExists"));
    let name = name.replace("ArnEquals", "ArnLike").replace("ArnNotEquals", "ArnNotLike");
    let name = OPPOSITES.iter().find_map(|(one, other)| {
        if *one == name { Some(*other) } else { (*other == name).then_some(*one) }
    })?;
    Some(if set.is_empty() { format!("{name}{suffix}") } else { format!("{set}:{name}{suffix}") })
}

impl Writer<'_> {
    /// A condition that holds for the request, as far as one can tell.
    pub(super) fn holding_condition(&mut self) -> Drafted {
        let is_present = self.choices.percent(78);
        let candidates: Vec<&Key> = KEYS
            .iter()
            .filter(|key| match self.facts.key(key.name) {
                Known::Values(values) => is_present != values.is_empty(),
                Known::Absent => !is_present,
                Known::Unknown => false,
            })
            .collect();
        let [fallback, ..] = KEYS else { return self.any_condition() };
        let key: &Key = self.choices.one(&candidates).copied().unwrap_or(fallback);
        let (operator, values) = match self.facts.key(key.name) {
            Known::Values(values) if !values.is_empty() => {
                let values = values.clone();
                if key.when == When::Many || values.len() > 1 {
                    self.holding_for_many(key, &values)
                } else {
                    let value = values.first().map(String::as_str).unwrap_or_default();
                    self.holding_for_one(key, value)
                }
            }
            Known::Values(_) | Known::Absent | Known::Unknown => self.holding_for_absent(key),
        };
        self.drafted(operator, key, values)
    }

    /// A condition that does not hold, as far as one can tell.
    pub(super) fn failing_condition(&mut self) -> Drafted {
        let mut condition = self.holding_condition();
        let is_void_prone = condition.values.iter().any(|value| value.to_string().contains("${"));
        if let Some(operator) =
            opposite(&condition.operator).filter(|_| !is_void_prone || self.may_be_void(false))
        {
            condition.operator = operator;
        } else {
            for value in &mut condition.values {
                *value = match value.as_str() {
                    Some(text) if text.eq_ignore_ascii_case("true") => json!("false"),
                    Some(text) if text.eq_ignore_ascii_case("false") => json!("true"),
                    Some(_) if condition.operator.contains("Binary") => json!("b3RoZXI="),
                    Some(_) => json!("other"),
                    None => json!(value.as_bool().is_some_and(|flag| !flag)),
                };
            }
        }
        condition
    }

    /// Some condition.
    pub(super) fn any_condition(&mut self) -> Drafted {
        let known: Vec<&Key> = KEYS
            .iter()
            .filter(|key| self.profile.unknown || *self.facts.key(key.name) != Known::Unknown)
            .collect();
        let Some(key) = self.choices.one(&known).copied() else {
            return Drafted {
                operator: "Null".to_owned(),
                key: "aws:TagKeys".to_owned(),
                values: vec![json!("true")],
            };
        };
        let operator = self.choices.text(operators(key.family));
        let values = (0..=self.choices.below(3)).map(|_| self.value_text(key, None)).collect();
        let set = match (key.when, self.choices.below(10)) {
            (When::Many, 0..5) | (_, 9) => "ForAnyValue:",
            (When::Many, _) | (_, 8) => "ForAllValues:",
            _ => "",
        };
        self.drafted(format!("{set}{operator}"), key, values)
    }

    fn drafted(&mut self, operator: String, key: &Key, values: Vec<String>) -> Drafted {
        let mut values: Vec<Value> = values.into_iter().map(|value| json!(value)).collect();
        for value in &mut values {
            let scalar = value.as_str().and_then(|text| text.parse::<Value>().ok());
            let is_scalar = scalar.as_ref().is_some_and(|scalar| scalar.is_boolean() || scalar.is_i64());
            // An account id is a number to JSON, but nobody writes it so, and it might begin with a zero.
            if let Some(scalar) =
                scalar.filter(|_| is_scalar && key.family != Family::Text && self.choices.percent(30))
            {
                *value = scalar;
            }
        }
        let key =
            if self.choices.percent(12) { other_case(key.name, self.choices) } else { key.name.to_owned() };
        let operator = if self.profile.silent && self.choices.percent(3) {
            other_case(&operator, self.choices)
        } else {
            operator
        };
        Drafted { operator, key, values }
    }

    /// A value of the key other than `not`, now and then as a pattern where the family has patterns.
    fn value_text(&mut self, key: &Key, not: Option<&[String]>) -> String {
        let others: Vec<&'static str> = key
            .values
            .iter()
            .filter(|value| not.is_none_or(|not| !not.iter().any(|not| not.eq_ignore_ascii_case(value))))
            .copied()
            .collect();
        let other = match (self.choices.text(&others), key.family) {
            ("", Family::Number) => "7",
            ("", Family::Date) => "2019-02-28",
            ("", Family::Address) => "192.0.2.0/24",
            ("", Family::Arn) => "arn:aws:sqs:eu-west-1:777788889999:none",
            ("", _) if not.is_some() => "none",
            (other, _) => other,
        };
        match key.family {
            Family::Arn if not.is_none() && self.choices.percent(30) => {
                arn_glob(other, self.profile.silent, self.choices)
            }
            Family::Text if not.is_none() && self.choices.percent(15) => glob(other, self.choices),
            _ => other.to_owned(),
        }
    }

    /// Operator and values that hold for a key with this one value.
    fn holding_for_one(&mut self, key: &Key, value: &str) -> (String, Vec<String>) {
        let own = [value.to_owned()];
        if self.choices.percent(6) {
            return ("Null".to_owned(), vec!["false".to_owned()]);
        }
        let operator = self.choices.text(operators(key.family));
        let mut values = if is_negated(operator) {
            vec![self.value_text(key, Some(&own))]
        } else {
            vec![self.matching_value(key, operator, value)]
        };
        if self.choices.percent(30) {
            values.push(self.value_text(key, Some(&own)));
        }
        let set = match self.choices.below(24) {
            22 => "ForAllValues:",
            23 => "ForAnyValue:",
            _ => "",
        };
        let may_be_optional = set.is_empty() || self.profile.silent;
        let suffix = if may_be_optional && self.choices.percent(12) { "IfExists" } else { "" };
        (format!("{set}{operator}{suffix}"), values)
    }

    /// A value that a positive operator compares well with the request's.
    fn matching_value(&mut self, key: &Key, operator: &str, value: &str) -> String {
        let pick = |choices: &mut super::Choices, values: &[&'static str]| choices.text(values).to_owned();
        match (key.family, operator) {
            (Family::Text, "StringLike" | "StringEquals") if self.choices.percent(20) => {
                self.variable_for(value, false).unwrap_or_else(|| value.to_owned())
            }
            (Family::Text, "StringLike") => glob(value, self.choices),
            (Family::Text, "StringEqualsIgnoreCase") => other_case(value, self.choices),
            (Family::Number, "NumericLessThan" | "NumericLessThanEquals") => {
                pick(self.choices, &["5000", "1000000", "4000.5"])
            }
            (Family::Number, "NumericGreaterThan" | "NumericGreaterThanEquals") => {
                pick(self.choices, &["-5", "-1.5", "-100"])
            }
            (Family::Date, "DateLessThan" | "DateLessThanEquals") => pick(
                self.choices,
                &["2030-01-01T00:00:00Z", "2030-01-01", "1893456000", "2030-01-01T02:00:00+02:00"],
            ),
            (Family::Date, "DateGreaterThan" | "DateGreaterThanEquals") => {
                pick(self.choices, &["2020-01-01T00:00:00Z", "2020-01-01", "1577836800"])
            }
            (Family::Flag, _) => other_case(value, self.choices),
            (Family::Address, _) => match value {
                "10.1.2.3" => pick(self.choices, &["10.0.0.0/8", "10.1.2.3", "10.1.2.0/30", "0.0.0.0/0"]),
                "203.0.113.77" => {
                    pick(self.choices, &["203.0.113.0/24", "203.0.113.64/26", "203.0.113.77/32"])
                }
                _ => pick(self.choices, &["2001:db8::/32", "2001:DB8::1", "2001:db8:0:0::/64", "::/0"]),
            },
            (Family::Arn, _) if self.choices.percent(60) => {
                arn_glob(value, self.profile.silent, self.choices)
            }
            (Family::Text | Family::Number | Family::Date | Family::Arn | Family::Binary, _) => {
                value.to_owned()
            }
        }
    }

    /// Operator and values that hold for a key with these values.
    fn holding_for_many(&mut self, key: &Key, values: &[String]) -> (String, Vec<String>) {
        let some = self.choices.one(values).cloned().unwrap_or_default();
        let other = self.value_text(key, Some(values));
        let suffix = if self.profile.silent && self.choices.percent(12) { "IfExists" } else { "" };
        let (operator, values) = match self.choices.below(7) {
            0 => ("ForAnyValue:StringEquals", vec![some]),
            1 => ("ForAllValues:StringEquals", values.iter().cloned().chain([other]).collect()),
            2 => ("ForAnyValue:StringLike", vec![other, glob(&some, self.choices)]),
            3 => ("ForAllValues:StringLike", values.iter().map(|value| glob(value, self.choices)).collect()),
            4 => ("ForAllValues:StringNotEquals", vec![other]),
            5 => ("ForAnyValue:StringNotLike", vec![other]),
            _ => ("ForAnyValue:StringEqualsIgnoreCase", vec![other_case(&some, self.choices)]),
        };
        (format!("{operator}{suffix}"), values)
    }

    /// Operator and values that hold for a key that is not sent.
    fn holding_for_absent(&mut self, key: &Key) -> (String, Vec<String>) {
        let values = vec![self.value_text(key, None)];
        let operator = self.choices.text(operators(key.family));
        let is_many = key.when == When::Many;
        let operator = match self.choices.below(5) {
            0 => return ("Null".to_owned(), vec!["true".to_owned()]),
            1 if is_negated(operator) && !is_many => operator.to_owned(),
            2 if self.profile.silent => format!("ForAnyValue:{operator}IfExists"),
            3 if is_many || self.profile.silent => format!("ForAllValues:{operator}"),
            _ if is_many => format!("ForAllValues:{operator}"),
            _ => format!("{operator}IfExists"),
        };
        (operator, values)
    }
}

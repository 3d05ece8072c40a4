//! What an event asks for.

use provost_core::model::JobName;
use serde_json::Value;

use crate::failure::Failure;

/// The jobs the function runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wish {
    /// Read IAM users into the table.
    CollectIamUsers,
    /// Read what posture rules need, and judge it.
    Scan,
    /// Tell what the latest scan found, and hand its report on.
    Report,
    /// Answer a rule of AWS Config. Only an event of Config asks for it.
    ConfigRule,
}

impl Wish {
    const ALL: [Self; 4] = [Self::CollectIamUsers, Self::Scan, Self::Report, Self::ConfigRule];

    /// As people and events write it: the verb, then what.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::CollectIamUsers => "collect iam-users",
            Self::Scan => "scan",
            Self::Report => "report",
            Self::ConfigRule => "config-rule",
        }
    }

    /// The job it is recorded as. A scan is an assessment whose facts were read for it.
    pub(crate) fn job(self) -> JobName {
        match self {
            Self::CollectIamUsers => JobName::CollectIamUsers,
            Self::Scan => JobName::Assess,
            Self::Report => JobName::Publish,
            Self::ConfigRule => JobName::ConfigRule,
        }
    }

    /// Reads `collect iam-users`. The error says what there is.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let words: Vec<&str> = text.split_whitespace().collect();
        let known = Self::ALL.into_iter().find(|wish| words == wish.words().split(' ').collect::<Vec<_>>());
        known.ok_or_else(|| {
            let all: Vec<String> = Self::ALL.iter().map(|wish| format!("`{}`", wish.words())).collect();
            format!("there is no job `{text}`; there is {}", all.join(", "))
        })
    }
}

/// What an event asks for, with what it says beside the job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) wish: Wish,
    /// The posture rules of a scan. None: those of the configuration.
    pub(crate) rules: Vec<String>,
}

impl Asked {
    /// What an event asks for: its `job` and `what`, if it has a `job`, else the usual one. The events of
    /// EventBridge's schedules have none.
    pub(crate) fn of_event(event: &Value, usual: Wish) -> Result<Self, Failure> {
        let wish = match (event.get("job"), event.get("what")) {
            (None, None) => usual,
            (Some(Value::String(job)), None) => Wish::parse(job).map_err(Failure::order)?,
            (Some(Value::String(job)), Some(Value::String(what))) => {
                Wish::parse(&format!("{job} {what}")).map_err(Failure::order)?
            }
            _ => {
                let example = r#"{"job": "collect", "what": "iam-users"}"#;
                return Err(Failure::order(format!("the event is not like {example}")));
            }
        };
        if wish == Wish::ConfigRule {
            let why = "the event is none of AWS Config's, which have an `invokingEvent`; any other one has to name \
                       its job, as {\"job\": \"scan\"} does";
            return Err(Failure::order(why.to_owned()));
        }
        let rules = rules(event)?;
        if !rules.is_empty() && wish != Wish::Scan {
            let why = format!("the event names `rules`, and the job `{}` has none; `scan` has", wish.words());
            return Err(Failure::order(why));
        }
        Ok(Self { wish, rules })
    }
}

/// The ids in `rules`.
fn rules(event: &Value) -> Result<Vec<String>, Failure> {
    let wrong = || {
        let example = r#"{"job": "scan", "rules": ["ec2-required-tags"]}"#;
        Failure::order(format!("the event's `rules` are not like those of {example}"))
    };
    match event.get("rules") {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::Array(ids)) => {
            ids.iter().map(|id| id.as_str().map(str::to_owned).ok_or_else(wrong)).collect()
        }
        Some(_) => Err(wrong()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(event: &Value, expect: Result<Wish, &str>) {
        let asked = Asked::of_event(event, Wish::CollectIamUsers);
        assert_eq!(asked.as_ref().map(|asked| asked.wish).map_err(Failure::message), expect, "{event}");
    }

    #[test]
    fn schedules_and_whatever_names_no_job_start_the_usual_one() {
        let schedule = json!({
            "version": "0", "source": "aws.events", "detail-type": "Scheduled Event", "detail": {},
            "resources": ["arn:aws:events:eu-west-1:111122223333:rule/nightly"],
        });
        for event in
            [schedule, json!({}), json!(null), json!([1]), json!("go"), json!({"detail": {"job": 1}})]
        {
            check(&event, Ok(Wish::CollectIamUsers));
        }
    }

    #[test]
    fn an_event_may_name_the_job() {
        for event in [json!({"job": "collect", "what": "iam-users"}), json!({"job": "collect iam-users"})] {
            check(&event, Ok(Wish::CollectIamUsers));
        }
        check(&json!({"job": "scan"}), Ok(Wish::Scan));
        check(&json!({"job": "report"}), Ok(Wish::Report));
    }

    #[test]
    fn a_scan_may_name_its_rules_and_nothing_else_may() {
        let rules = |event: Value| Asked::of_event(&event, Wish::Scan).map(|asked| asked.rules);
        assert_eq!(rules(json!({"job": "scan"})).unwrap(), Vec::<String>::new());
        assert_eq!(rules(json!({"rules": ["rds-backups"]})).unwrap(), ["rds-backups"]);
        check(
            &json!({"rules": ["rds-backups"]}),
            Err("the event names `rules`, and the job `collect iam-users` has none; `scan` has"),
        );
        let wanted =
            r#"the event's `rules` are not like those of {"job": "scan", "rules": ["ec2-required-tags"]}"#;
        check(&json!({"job": "scan", "rules": "rds-backups"}), Err(wanted));
        check(&json!({"job": "scan", "rules": [7]}), Err(wanted));
    }

    #[test]
    fn what_there_is_not_is_answered_with_what_there_is() {
        let there_is = "there is `collect iam-users`, `scan`, `report`, `config-rule`";
        check(&json!({"job": "destroy"}), Err(&format!("there is no job `destroy`; {there_is}")));
        check(&json!({"job": "collect"}), Err(&format!("there is no job `collect`; {there_is}")));
        let wanted = r#"the event is not like {"job": "collect", "what": "iam-users"}"#;
        check(&json!({"what": "iam-users"}), Err(wanted));
        check(&json!({"job": 7}), Err(wanted));
        check(&json!({"job": "collect", "what": ["iam-users"]}), Err(wanted));
        let none = "the event is none of AWS Config's, which have an `invokingEvent`; any other one has to name its \
                    job, as {\"job\": \"scan\"} does";
        check(&json!({"job": "config-rule"}), Err(none));
        let asked = Asked::of_event(&json!({}), Wish::ConfigRule);
        assert_eq!(asked.as_ref().map_err(Failure::message), Err(none));
    }
}

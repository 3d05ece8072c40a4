//! What an event asks for.

use provost_core::model::JobName;
use serde_json::Value;

use crate::failure::Failure;

/// The jobs the function runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wish {
    /// Read IAM users into the table.
    CollectIamUsers,
}

impl Wish {
    const ALL: [Self; 1] = [Self::CollectIamUsers];

    /// As people and events write it: the verb, then what.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::CollectIamUsers => "collect iam-users",
        }
    }

    /// The job it is.
    pub(crate) fn job(self) -> JobName {
        match self {
            Self::CollectIamUsers => JobName::CollectIamUsers,
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

    /// What an event asks for: its `job` and `what`, if it has a `job`, else the usual one. The events of
    /// EventBridge's schedules have none.
    pub(crate) fn of_event(event: &Value, usual: Self) -> Result<Self, Failure> {
        let (job, what) = match (event.get("job"), event.get("what")) {
            (None, None) => return Ok(usual),
            (Some(Value::String(job)), None) => (job.as_str(), ""),
            (Some(Value::String(job)), Some(Value::String(what))) => (job.as_str(), what.as_str()),
            _ => {
                let example = r#"{"job": "collect", "what": "iam-users"}"#;
                return Err(Failure::order(format!("the event is not like {example}")));
            }
        };
        Self::parse(format!("{job} {what}").trim()).map_err(Failure::order)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(event: &Value, expect: Result<Wish, &str>) {
        let asked = Wish::of_event(event, Wish::CollectIamUsers);
        assert_eq!(asked.as_ref().copied().map_err(Failure::message), expect, "{event}");
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
    }

    #[test]
    fn what_there_is_not_is_answered_with_what_there_is() {
        let there_is = "there is `collect iam-users`";
        check(&json!({"job": "destroy"}), Err(&format!("there is no job `destroy`; {there_is}")));
        check(&json!({"job": "collect"}), Err(&format!("there is no job `collect`; {there_is}")));
        let wanted = r#"the event is not like {"job": "collect", "what": "iam-users"}"#;
        check(&json!({"what": "iam-users"}), Err(wanted));
        check(&json!({"job": 7}), Err(wanted));
        check(&json!({"job": "collect", "what": ["iam-users"]}), Err(wanted));
    }
}

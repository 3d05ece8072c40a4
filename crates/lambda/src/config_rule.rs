//! An invocation by AWS Config: which rule is asked in which account, and the answer to it.

use std::sync::Arc;
use std::time::Instant;

use provost_aws::config_rule::ConfigResults;
use provost_aws::guard::Sink;
use provost_aws::{Client, LiveEstate, Reach};
use provost_core::catalog::Catalog;
use provost_core::config_rule::{RuleEvent, Trigger, find_rule, typed_parameters};
use provost_core::job::config_rule::{Ports, Wanted, answer};
use provost_core::job::{Order, Runner};
use provost_core::model::{AccountId, Arn, Digest, JobName, Run};
use provost_core::port::Evaluations;
use provost_core::port::memory::MemoryStore;
use serde_json::Value;
use tracing::info;

use crate::answer;
use crate::clock::{OneId, TokioClock};
use crate::environment::Environment;
use crate::failure::Failure;
use crate::invocation::{Function, cut_short, in_time, millis};
use crate::places::Places;
use crate::time_left::TimeLeft;

/// A rule of AWS Config that asks: the event, our rule, and the catalog for it.
struct Question {
    event: RuleEvent,
    catalog: Catalog,
    rule: String,
}

impl Function {
    /// Answers an event of AWS Config. `function` is the ARN it invoked.
    pub(crate) async fn config_rule(
        &self,
        event: &Value,
        left: TimeLeft,
        function: &str,
    ) -> Result<Value, Failure> {
        let began = Instant::now();
        let home = Arn::parse(function).ok();
        let question = self.question(event, home.as_ref())?;
        let Question { event, catalog, rule } = &question;
        self.may_look_into(&event.account, home.as_ref())?;
        self.say_who_asks(&question, left);

        let environment = &self.environment;
        let mut sinks = vec![Sink::Evaluations];
        sinks.extend(environment.history.iter().cloned().map(Sink::Table));
        let places = Places::connect(environment, sinks).await;
        let waivers = places.waivers(&environment.waivers).await?;
        let client = self.client_in(&places, &event.account, home.as_ref()).await;
        let results = ConfigResults::new(
            client,
            event.region.as_str(),
            event.result_token.as_str(),
            Arc::new(TokioClock),
        );
        let history = environment.history.as_ref().map(|table| places.history(table));
        let id = OneId::new();
        // Config asks thousands of times a day, sometimes twice at once, and must be answered each time. So such a
        // run waits for no other one and leaves no record but its verdicts.
        let own = MemoryStore::default();
        let runner = Runner {
            clock: &TokioClock,
            ids: &id,
            locks: &own,
            runs: &own,
            metrics: places.metrics.as_ref(),
            retention: None,
        };
        let order = Order {
            job: JobName::ConfigRule,
            scope: format!("{}/{}/{}", event.account, event.region, event.name),
            input: Digest::of_parts([rule.as_bytes(), id.0.as_bytes()]),
            catalog: catalog.digest,
            deadline: left.job,
        };
        let reach = Reach {
            org: false,
            accounts: vec![event.account.clone()],
            // The region is that of the event.
            global_only: true,
            ..environment.reach.clone()
        };
        let run = runner.run(order.clone(), async |execution| {
            let estate = LiveEstate::new(places.reader.clone(), reach.clone()).for_execution(execution);
            let ports = Ports {
                estate: &estate,
                archive: places.archive.as_ref(),
                results: &results,
                evaluations: history.as_ref().map(|history| history as &dyn Evaluations),
            };
            let wanted = Wanted { catalog, waivers: &waivers, retention: environment.retention };
            answer(execution, &ports, &wanted, event).await
        });
        match in_time(left.job, run).await {
            Some(Ok(finished)) => {
                say_what_was_answered(&finished.run, began);
                Ok(answer::of_config_rule(rule, event, &finished.run, began.elapsed()))
            }
            Some(Err(error)) => Err(Failure::job(&error)),
            None => {
                cut_short(&own, places.metrics.as_ref(), &order, &id, left).await;
                let why = "AWS Config has no answer: time ran out while AWS was asked; the function needs a longer \
                           timeout";
                Err(Failure::out_of_time(why.to_owned()))
            }
        }
    }

    /// What is asked, with the parameters in force.
    fn question(&self, event: &Value, home: Option<&Arn>) -> Result<Question, Failure> {
        let wrong = |error: &dyn std::fmt::Display| Failure::config_event(error.to_string());
        let region = home.map(|home| home.region.as_str()).unwrap_or_default();
        let event = RuleEvent::parse(event, region).map_err(|error| wrong(&error))?;
        let suffix = self.environment.suffix.as_deref();
        let rule = find_rule(&self.catalog.posture, &event.name, &event.parameters, suffix);
        let rule = rule.map_err(|error| wrong(&error))?.stamp.id.clone();
        let mut catalog = self.only(std::slice::from_ref(&rule))?;
        for rule in &mut catalog.posture {
            let typed = typed_parameters(rule, &event.parameters).map_err(|error| wrong(&error))?;
            rule.set_parameters(&typed).map_err(|error| wrong(&error))?;
        }
        Ok(Question { event, catalog, rule })
    }

    /// Whether the configuration lets an event name this account.
    fn may_look_into(&self, account: &AccountId, home: Option<&Arn>) -> Result<(), Failure> {
        let reach = &self.environment.reach;
        if is_at_home(account, home) {
            return Ok(());
        }
        if reach.role.is_none() {
            return Err(Failure::config_event(format!(
                "the event of AWS Config: `accountId` is {account}, which is not the function's own account, and \
                 `PROVOST_ROLE` names no role to assume there"
            )));
        }
        if !reach.accounts.is_empty() && !reach.accounts.contains(account) {
            return Err(Failure::config_event(format!(
                "the event of AWS Config: `accountId` is {account}, which `PROVOST_ACCOUNTS` does not name"
            )));
        }
        Ok(())
    }

    /// A client that answers in the account of the rule: Config takes answers from there alone.
    async fn client_in(&self, places: &Places, account: &AccountId, home: Option<&Arn>) -> Client {
        let Some(role) = self.environment.reach.role.as_deref().filter(|_| !is_at_home(account, home)) else {
            return places.writer.clone();
        };
        let partition = home.map_or("aws", |home| home.partition.as_str());
        let arn = format!("arn:{partition}:iam::{account}:role/{}", role.trim_start_matches('/'));
        let external_id = self.environment.reach.external_id.as_deref();
        places.writer.assume_role(&arn, "provost-config-rule", external_id).await
    }

    fn say_who_asks(&self, question: &Question, left: TimeLeft) {
        let Question { event, catalog, rule } = question;
        let Environment { history, metrics, .. } = &self.environment;
        let resource = match &event.trigger {
            Trigger::Changed(item) => format!("{} {}", item.resource_type, item.id),
            Trigger::Periodic => "all".to_owned(),
        };
        info!(
            job = JobName::ConfigRule.as_str(),
            deadline_ms = millis(left.job),
            catalog = %catalog.digest,
            version = env!("CARGO_PKG_VERSION"),
            rule = rule.as_str(),
            config_rule = event.name.as_str(),
            account = event.account.as_str(),
            region = event.region.as_str(),
            resource,
            history = history.as_deref().unwrap_or("not kept: HISTORY_TABLE_NAME is not set"),
            evidence = self.environment.evidence_in_words(),
            metrics = metrics.as_deref().unwrap_or("none"),
            "Invocation started."
        );
    }
}

fn is_at_home(account: &AccountId, home: Option<&Arn>) -> bool {
    home.is_none_or(|home| home.account == account.as_str())
}

fn say_what_was_answered(run: &Run, began: Instant) {
    let statistics = &run.statistics;
    info!(
        job = run.job.as_str(),
        execution_id = run.execution_id.as_str(),
        status = run.status.as_str(),
        duration_ms = millis(began.elapsed()),
        results = statistics.get("results"),
        compliant = statistics.get("compliant"),
        non_compliant = statistics.get("non_compliant"),
        unknown = statistics.get("unknown"),
        not_applicable = statistics.get("not_applicable"),
        gone = statistics.get("gone"),
        errors = statistics.get("errors"),
        skipped = statistics.skipped_total(),
        remaining = statistics.remaining.as_deref().unwrap_or("nothing"),
        "Invocation finished."
    );
}

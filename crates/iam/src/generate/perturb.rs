//! Small changes to a case that was allowed: where the interesting answers lie.

use serde_json::{Map, Value, json};

use super::Profile;
use super::choices::Choices;
use super::condition::opposite;
use super::layers::{Drafts, document, full_access};
use super::pattern::{arn_glob, glob};
use super::scene::{Kind, Scene, caller, values};
use super::statement::{Place, Writer};
use super::vocabulary::{ACCOUNTS, Attach, KEYS, TARGETS, When};

/// The layers that are lists of documents.
const SINGLE: [&str; 5] = ["identity", "resource", "boundary", "session", "endpoint"];

/// How likely each change of [`perturb`] is, in its order.
const WEIGHTS: [usize; 12] = [14, 10, 13, 14, 4, 10, 7, 7, 8, 7, 7, 7];

/// Changes one thing in the request or its layers.
pub(super) fn perturb(scene: &mut Scene, layers: &mut Drafts, profile: &Profile, choices: &mut Choices) {
    let Some(facts) = scene.facts() else { return };
    let before = scene.clone();
    let mut writer = Writer { profile, scene: &before, facts: &facts, choices, is_allow: true };
    match writer.choices.weighted(&WEIGHTS) {
        0 => writer.spoil_a_statement(layers),
        1 => writer.narrow_a_resource(layers),
        2 => writer.flip_a_condition(layers),
        3 => writer.add_a_deny(layers, true),
        4 => writer.add_a_deny(layers, false),
        5 => writer.drop_a_layer(layers),
        6 => scene.action = writer.asked_action(),
        7 => scene.resource = writer.asked_resource(),
        8 => change_context(scene, profile, choices),
        // A caller that `NotPrincipal` names in part is a case of its own.
        9 if profile.silent || !json!(layers).to_string().contains("NotPrincipal") => {
            change_account(scene, profile, choices);
        }
        9 => {}
        10 => writer.add_a_layer(layers),
        _ => writer.turn_an_element(layers),
    }
}

/// All statements, each with the place it stands in.
pub(super) fn statements(layers: &mut Drafts) -> Vec<(Place, &mut Map<String, Value>)> {
    let mut found = Vec::new();
    for (name, value) in layers {
        let place = match name.as_str() {
            "identity" | "boundary" | "session" | "scps" => Place::Caller,
            "rcps" => Place::Rcp,
            "endpoint" => Place::Endpoint,
            "resource" => Place::Resource { direct: false },
            _ => continue,
        };
        collect(place, value, &mut found);
    }
    found
}

fn collect<'a>(place: Place, value: &'a mut Value, found: &mut Vec<(Place, &'a mut Map<String, Value>)>) {
    match value {
        Value::Array(items) => {
            for item in items {
                collect(place, item, found);
            }
        }
        Value::Object(object) => {
            if object.contains_key("Statement") {
                object
                    .get_mut("Statement")
                    .into_iter()
                    .for_each(|statements| collect(place, statements, found));
            } else {
                found.push((place, object));
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

impl Writer<'_> {
    /// One statement; `allows` prefers the Allow statements, without which nothing is allowed.
    fn one_statement<'b>(
        &mut self,
        layers: &'b mut Drafts,
        allows: bool,
    ) -> Option<(Place, &'b mut Map<String, Value>)> {
        let mut all = statements(layers);
        if allows {
            all.retain(|(_, statement)| is_allow(statement));
        }
        let place = self.choices.below(all.len());
        let chosen = all.into_iter().nth(place)?;
        self.is_allow = is_allow(chosen.1);
        Some(chosen)
    }

    fn spoil_a_statement(&mut self, layers: &mut Drafts) {
        if let Some((_, statement)) = self.one_statement(layers, true) {
            self.spoil(statement);
        }
    }

    fn narrow_a_resource(&mut self, layers: &mut Drafts) {
        let narrow = if self.choices.percent(50) {
            arn_glob(&self.scene.resource, self.profile.silent, self.choices)
        } else {
            self.other_resource()
        };
        if let Some((_, statement)) = self.one_statement(layers, true)
            && statement.remove("Resource").is_some()
        {
            statement.insert("Resource".to_owned(), json!([narrow]));
        }
    }

    /// Turns a condition into its opposite, or adds one that fails.
    fn flip_a_condition(&mut self, layers: &mut Drafts) {
        let any = self.choices.percent(40);
        let new = if any { self.any_condition() } else { self.failing_condition() };
        let silent = self.profile.silent;
        let Some((_, statement)) = self.one_statement(layers, true) else { return };
        let conditions = statement.get_mut("Condition").and_then(Value::as_object_mut);
        if let Some(conditions) = conditions.filter(|_| !any)
            && let Some(operator) = conditions.keys().next().cloned()
            && let Some(turned) = opposite(&operator)
            && !conditions.contains_key(&turned)
            && (silent || !conditions.get(&operator).is_some_and(has_variable))
            && let Some(keys) = conditions.remove(&operator)
        {
            conditions.insert(turned, keys);
            return;
        }
        super::statement::add_condition(statement, new);
    }

    fn add_a_deny(&mut self, layers: &mut Drafts, matches: bool) {
        let there: Vec<&str> = SINGLE.into_iter().filter(|name| layers.contains_key(*name)).collect();
        let there = if there.is_empty() { vec!["identity"] } else { there };
        let name = match self.choices.below(5) {
            0 => "scps",
            1 if layers.contains_key("rcps") || self.choices.percent(50) => "rcps",
            _ => self.choices.one(&there).copied().unwrap_or("identity"),
        };
        let place = match name {
            "rcps" => Place::Rcp,
            "resource" => Place::Resource { direct: false },
            "endpoint" => Place::Endpoint,
            _ => Place::Caller,
        };
        let deny = if matches { self.matching(false, place) } else { self.near_miss(false, place) };
        let new = document(vec![deny]);
        let layer = layers.entry(name).or_insert_with(|| json!([]));
        let Some(items) = layer.as_array_mut() else { return };
        if !matches!(name, "scps" | "rcps") {
            items.push(new);
            return;
        }
        if items.is_empty() {
            items.push(json!([full_access(place)]));
        }
        let level = self.choices.below(items.len());
        if let Some(level) = items.get_mut(level).and_then(Value::as_array_mut) {
            level.push(new);
        }
    }

    fn drop_a_layer(&mut self, layers: &mut Drafts) {
        let names: Vec<String> =
            layers.keys().filter(|name| *name != "management_account").cloned().collect();
        let Some(name) = self.choices.one(&names) else { return };
        // A resource that is closed by default always has a policy.
        let must_stay = name == "resource" && self.scene.attach == Attach::Always && !self.profile.unknown;
        let is_levels = matches!(name.as_str(), "scps" | "rcps");
        let Some(items) = layers.get_mut(name).and_then(Value::as_array_mut) else { return };
        if (items.len() > 1 || is_levels) && self.choices.percent(60) {
            let at = self.choices.below(items.len());
            if at < items.len() {
                items.remove(at);
            }
        } else if !must_stay {
            layers.remove(name);
        }
    }

    fn add_a_layer(&mut self, layers: &mut Drafts) {
        let name = self.choices.text(&["boundary", "session", "endpoint", "scps", "rcps"]);
        let place = match name {
            "endpoint" => Place::Endpoint,
            "rcps" => Place::Rcp,
            _ => Place::Caller,
        };
        let is_levels = matches!(name, "scps" | "rcps");
        let new = if self.profile.silent && self.choices.percent(15) {
            json!([])
        } else if is_levels {
            self.level(place)
        } else if self.choices.percent(50) {
            json!([document(vec![self.matching(true, place)])])
        } else {
            json!([document(vec![self.near_miss(true, place)])])
        };
        let layer = layers.entry(name).or_insert_with(|| json!([]));
        if let Some(items) = layer.as_array_mut() {
            if is_levels {
                let at = self.choices.below(items.len() + 1);
                items.insert(at, new);
            } else {
                *layer = new;
            }
        }
    }

    /// Turns an element or the effect of a statement into the opposite, or names somebody else.
    fn turn_an_element(&mut self, layers: &mut Drafts) {
        let (kind, other) = self.stranger();
        let way = self.choices.below(6);
        let silent = self.profile.silent;
        let Some((place, statement)) = self.one_statement(layers, false) else { return };
        let is_free = silent || !has_variable(&json!(statement));
        match way {
            0 if statement.contains_key("Action") && (silent || place != Place::Rcp) => {
                rename(statement, "Action", "NotAction");
            }
            0 => rename(statement, "NotAction", "Action"),
            1 if is_free && statement.contains_key("Resource") => {
                rename(statement, "Resource", "NotResource")
            }
            1 => rename(statement, "NotResource", "Resource"),
            2 if is_free && (silent || (place != Place::Rcp && !statement.contains_key("NotPrincipal"))) => {
                let effect = if is_allow(statement) { "Deny" } else { "Allow" };
                statement.insert("Effect".to_owned(), json!(effect));
            }
            _ if statement.contains_key("Principal")
                && (silent || matches!(place, Place::Resource { .. })) =>
            {
                statement.insert("Principal".to_owned(), json!({ kind: [other] }));
            }
            _ => {
                let (service, name) = self.scene.action.split_once(':').unwrap_or_default();
                let action = format!("{service}:{}", glob(name, self.choices));
                rename(statement, "NotAction", "Action");
                statement.insert("Action".to_owned(), json!([action]));
            }
        }
    }

    /// Another action to ask for; where everything is documented, one that makes sense of the resource.
    fn asked_action(&mut self) -> String {
        let own = self.scene.action.as_str();
        let siblings: Vec<&str> = TARGETS
            .iter()
            .filter(|target| target.actions.contains(&own))
            .flat_map(|target| target.actions.iter().copied())
            .filter(|action| *action != own)
            .collect();
        match self.choices.one(&siblings) {
            // No role's session may ask for a session token.
            Some(&"sts:GetSessionToken") if !self.profile.silent => own.to_owned(),
            Some(sibling) if !self.profile.silent || self.choices.percent(60) => (*sibling).to_owned(),
            _ if self.profile.silent => self.other_action().replace(":*", ":PutMetricData"),
            _ => own.to_owned(),
        }
    }

    /// Another resource to ask for, likewise.
    fn asked_resource(&mut self) -> String {
        let own = self.scene.resource.as_str();
        let siblings: Vec<String> = TARGETS
            .iter()
            .filter(|target| target.actions.contains(&self.scene.action.as_str()))
            .flat_map(|target| target.resources.iter())
            .map(|arn| arn.replace("{account}", self.scene.owner))
            .filter(|arn| arn != own)
            .collect();
        match self.choices.one(&siblings) {
            Some(sibling) if !self.profile.silent || self.choices.percent(60) => sibling.clone(),
            _ if self.profile.silent => self.other_resource(),
            _ => own.to_owned(),
        }
    }
}

fn rename(statement: &mut Map<String, Value>, from: &str, to: &str) {
    if let Some(value) = statement.remove(from) {
        statement.insert(to.to_owned(), value);
    }
}

fn is_allow(statement: &Map<String, Value>) -> bool {
    statement.get("Effect") == Some(&json!("Allow"))
}

fn has_variable(value: &Value) -> bool {
    value.to_string().contains("${")
}

/// Another value for a key, another key, or one fewer.
fn change_context(scene: &mut Scene, profile: &Profile, choices: &mut Choices) {
    let there: Vec<String> = scene.context.keys().cloned().collect();
    if choices.percent(40) {
        if let Some(name) = choices.one(&there)
            && (profile.unknown
                || KEYS
                    .iter()
                    .any(|key| key.name == name && !matches!(key.when, When::Always | When::Derived)))
        {
            scene.context.remove(name);
        }
        return;
    }
    let keys: Vec<_> = KEYS
        .iter()
        .filter(|key| match key.when {
            When::Always => true,
            When::Sometimes | When::Many => there.iter().any(|name| name == key.name) || choices.percent(20),
            // What follows from the caller and the resource is told otherwise only to see who is believed.
            When::Derived => profile.silent && choices.percent(10),
        })
        .collect();
    if let Some(key) = choices.one(&keys) {
        scene.context.insert(key.name.to_owned(), values(key.values, key.when, profile, choices));
    }
}

/// Another owner of the resource, or another caller of the same kind.
fn change_account(scene: &mut Scene, profile: &Profile, choices: &mut Choices) {
    let account = choices.text(&ACCOUNTS);
    let has_account = !matches!(scene.kind, Kind::Service | Kind::Anonymous | Kind::Federated);
    // Nobody but the caller's account answers for `*`, and a provider belongs to the account of the role.
    if scene.resource == "*" || (scene.kind == Kind::Federated && !profile.silent) {
        return;
    }
    if has_account && choices.percent(60) {
        scene.principal = caller(scene.kind, account, scene.owner, profile, choices);
    } else {
        scene.resource = scene.resource.replace(scene.owner, account);
        scene.owner = account;
    }
}

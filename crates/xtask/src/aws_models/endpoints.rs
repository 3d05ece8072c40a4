//! Where each service is, in every partition, known region and variant: the outcomes of the rule sets.
//!
//! Per partition the rules are asked for a region that does not exist. What they say is what holds for regions
//! to come, and regions of which they say the same need no line of their own: of global services neither does
//! any. All services are here, not only those whose operations the program carries, so that a fuller file of
//! a user's finds its hosts too.

use std::collections::BTreeMap;

use anyhow::{Context as _, ensure};
use serde_json::{Map, Value, json};

use super::package::Package;
use super::partitions::{Partition, Partitions};
use super::rules::{Outcome, RuleSet, Scope};

/// Plain, FIPS, dual-stack, both: the order of the four outcomes.
const VARIANTS: [(bool, bool); 4] = [(false, false), (true, false), (false, true), (true, true)];

/// Parameters of operations that we do not pass on. The account goes into the host as the operation's prefix.
const IGNORED: &[&str] = &["RequiresAccountId"];

/// Outcomes of the four variants.
type Four = Vec<Value>;

/// The document the program carries.
pub(super) fn table(package: &Package) -> anyhow::Result<Value> {
    let partitions = Partitions::read(&package.partitions()?)?;
    let mut services = Map::new();
    for service in package.services()? {
        let model = package.model(&service, "service-2")?.context("a service has a model")?;
        let rules = package.model(&service, "endpoint-rule-set-1")?;
        let rules = rules.with_context(|| format!("the service `{service}` has no rule set"))?;
        let places = places(&model, &RuleSet::new(&rules, &partitions), &partitions);
        services.insert(service.clone(), places.with_context(|| format!("the service `{service}`"))?);
    }
    Ok(json!({ "partitions": partitions.document(), "services": services }))
}

/// Where a service is; and where its operations are that have hosts of their own.
fn places(model: &Value, rules: &RuleSet<'_>, partitions: &Partitions) -> anyhow::Result<Value> {
    let mut groups: BTreeMap<String, Group> = BTreeMap::new();
    for (name, operation) in model.get("operations").and_then(Value::as_object).into_iter().flatten() {
        let parameters = parameters(model, operation);
        let key = json!(parameters).to_string();
        let group = groups.entry(key).or_insert_with(|| Group { parameters, operations: Vec::new() });
        group.operations.push(name.clone());
    }
    // Operations of one outcome are one group, whatever their parameters.
    let mut outcomes: Vec<(Map<String, Value>, Vec<String>)> = Vec::new();
    for group in groups.into_values() {
        let place = place(model, rules, partitions, &group.parameters)?;
        match outcomes.iter_mut().find(|(known, _)| *known == place) {
            Some((_, operations)) => operations.extend(group.operations),
            None => outcomes.push((place, group.operations)),
        }
    }
    // Most operations first; they are the service.
    outcomes.sort_by_key(|(_, operations)| std::cmp::Reverse(operations.len()));
    let mut outcomes = outcomes.into_iter();
    let (mut service, _) = outcomes.next().context("it has no operations")?;
    let others: Vec<Value> = outcomes
        .map(|(mut place, mut operations)| {
            operations.sort();
            place.insert("operations".to_owned(), operations.into());
            Value::Object(place)
        })
        .collect();
    if !others.is_empty() {
        service.insert("others".to_owned(), others.into());
    }
    Ok(service.into())
}

/// Operations that give the rules the same parameters.
struct Group {
    parameters: BTreeMap<String, Value>,
    operations: Vec<String>,
}

/// What an operation tells the rules, whatever its input.
fn parameters(model: &Value, operation: &Value) -> BTreeMap<String, Value> {
    // The rules ask for the bucket's name next: only of a directory bucket it means another host, and those this
    // client does not address. Without a name the rules take it for a question about directory buckets.
    let has_bucket = inputs(model, operation)
        .any(|member| member.pointer("/contextParam/name").and_then(Value::as_str) == Some("Bucket"));
    let said = operation.get("staticContextParams").and_then(Value::as_object).into_iter().flatten();
    let is_told =
        |name: &str| !(IGNORED.contains(&name) || has_bucket && name == "UseS3ExpressControlEndpoint");
    let said = said.filter(|(name, _)| is_told(name));
    said.map(|(name, said)| (name.clone(), said.get("value").cloned().unwrap_or_default())).collect()
}

/// The members of an operation's input.
fn inputs<'m>(model: &'m Value, operation: &Value) -> impl Iterator<Item = &'m Value> {
    let shape = operation.pointer("/input/shape").and_then(Value::as_str);
    let members = shape.and_then(|shape| model.get("shapes")?.get(shape)?.get("members"));
    members.and_then(Value::as_object).into_iter().flat_map(Map::values)
}

fn place(
    model: &Value,
    rules: &RuleSet<'_>,
    partitions: &Partitions,
    parameters: &BTreeMap<String, Value>,
) -> anyhow::Result<Map<String, Value>> {
    let metadata = |name: &str| model.pointer(&format!("/metadata/{name}")).and_then(Value::as_str);
    let signing_name = metadata("signingName").or(metadata("endpointPrefix")).context("it has no name")?;
    let asked = |partition: &Partition, region: &str| -> anyhow::Result<Four> {
        let variants = VARIANTS.iter();
        let outcomes = variants.map(|(fips, dual)| {
            // A service whose rules know of no FIPS has none.
            if *fips && !rules.has_parameter("UseFIPS") {
                return Ok(Value::Null);
            }
            let mut scope: Scope = parameters.clone().into_iter().collect();
            scope.insert("Region".to_owned(), region.into());
            scope.insert("UseFIPS".to_owned(), (*fips).into());
            scope.insert("UseDualStack".to_owned(), (*dual).into());
            outcome(rules.evaluate(scope)?, partition, region, signing_name)
        });
        outcomes.collect::<anyhow::Result<Four>>().with_context(|| format!("in the region {region}"))
    };
    let (mut of_partitions, mut of_regions) = (Map::new(), Map::new());
    let mut usual: Option<Four> = None;
    for partition in &partitions.all {
        let to_come = asked(partition, &partition.invented())?;
        for region in &partition.regions {
            let found = asked(partition, region)?;
            if found != to_come {
                of_regions.insert(region.clone(), Value::Array(found));
            }
        }
        // The first partition is the one that most know, and the others are held against it.
        match &usual {
            None => usual = Some(to_come),
            Some(usual) if *usual == to_come => {}
            Some(_) => {
                of_partitions.insert(partition.id.clone(), Value::Array(to_come));
            }
        }
    }
    let mut place = Map::new();
    place.insert("usual".to_owned(), usual.into());
    for (name, found) in [("partitions", of_partitions), ("regions", of_regions)] {
        if !found.is_empty() {
            place.insert(name.to_owned(), found.into());
        }
    }
    Ok(place)
}

/// `null`, a host, or host, signing region and signing name; with the region and the ends of host names as
/// blanks.
fn outcome(
    outcome: Outcome,
    partition: &Partition,
    region: &str,
    signing_name: &str,
) -> anyhow::Result<Value> {
    let Outcome::Endpoint { url, signing_region, signing_name: said } = outcome else {
        return Ok(Value::Null);
    };
    let host = url.strip_prefix("https://").with_context(|| format!("`{url}` is not https"))?;
    ensure!(!host.contains('/'), "`{url}` has a path");
    let mut host = host.replace(region, "{region}");
    for (end, blank) in [(partition.dual(), "{dual}"), (partition.dns(), "{dns}")] {
        if let Some(before) = host.strip_suffix(end) {
            host = format!("{before}{blank}");
            break;
        }
    }
    let signing_region = signing_region.filter(|said| said != region).unwrap_or_default();
    let said = said.filter(|said| said != signing_name).unwrap_or_default();
    Ok(if signing_region.is_empty() && said.is_empty() {
        Value::String(host)
    } else {
        json!([host, signing_region, said])
    })
}

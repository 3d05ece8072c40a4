//! What the policy that an event carries or names means, as the fields `iam.*` that rules may ask for.
//!
//! The fields are seen by rules only: the event that is kept as evidence stays as it was recorded. What an
//! event left out, or what nobody can read, is `unknown` in every field.

use std::borrow::Cow;
use std::collections::BTreeMap;

use jiff::Timestamp;
use provost_iam::Policy;
use provost_iam::facts::{Facts, PathFound, Setting, weakening};
use provost_iam::managed::{Managed, by_arn};
use serde_json::Value;

use super::policy_book::{Earlier, Holder, PolicyBook, Who};
use super::policy_events::{About, Carried, NO_POLICY, Replaces, What, carried};

/// What the names of the fields begin with.
pub(super) const PREFIX: &str = "iam.";

/// The fields whose value is one of `yes`, `yes_if`, `no` and `unknown`.
pub(super) const ANSWERS: [&str; 6] = [
    "iam.grants_admin",
    "iam.cross_account",
    "iam.public",
    "iam.federated_without_subject",
    "iam.weakens",
    "iam.external_id",
];
/// The fields that list ids of privilege-escalation paths.
pub(super) const PATHS: [&str; 2] = ["iam.escalation", "iam.capabilities"];
/// The field that lists accounts.
pub(super) const ACCOUNTS: &str = "iam.accounts";
/// Where the policy comes from.
pub(super) const POLICY: &str = "iam.policy";
/// What the policy is for.
pub(super) const KIND: &str = "iam.kind";

const UNKNOWN: &str = "unknown";

/// How many members of a list are kept with a violation.
const KEPT: usize = 8;

/// The fields of one event.
#[derive(Debug, Clone, PartialEq)]
pub struct PolicyFacts {
    fields: BTreeMap<&'static str, Value>,
}

impl PolicyFacts {
    /// The facts about the policy of an event; none if the event has nothing to do with one.
    #[must_use]
    pub fn of(event: &Value, book: &PolicyBook) -> Option<Self> {
        let carried = carried(event)?;
        let scene = Scene::of(event, &carried);
        let mut facts = match &carried.what {
            What::Unreadable => Self::unknown(),
            What::Document(policy) => Self::of_policy(policy, &carried, &scene, book, "parsed"),
            What::Named { arn, version } => {
                match (by_arn(arn), book.named(arn, version.as_deref(), scene.time)) {
                    (Some(managed), _) => Self::of_managed(managed, &book.earlier(&carried, &scene)),
                    (None, Some(policy)) => Self::of_policy(&policy, &carried, &scene, book, "named"),
                    (None, None) => Self::unknown(),
                }
            }
        };
        facts.put(KIND, carried.about.as_str());
        Some(facts)
    }

    fn unknown() -> Self {
        let mut facts = Self { fields: BTreeMap::new() };
        facts.put(POLICY, UNKNOWN);
        for name in ANSWERS {
            facts.put(name, UNKNOWN);
        }
        for name in PATHS.into_iter().chain([ACCOUNTS]) {
            facts.list(name, [UNKNOWN]);
        }
        facts
    }

    fn of_policy(
        policy: &Policy,
        carried: &Carried,
        scene: &Scene<'_>,
        book: &PolicyBook,
        from: &'static str,
    ) -> Self {
        let setting = Setting { kind: Some(carried.about.kind()), account: scene.account };
        let policy = read_for(policy, carried.about);
        let found = Facts::of(&policy, &setting);
        let mut facts = Self { fields: BTreeMap::new() };
        facts.put(POLICY, from);
        facts.put("iam.grants_admin", found.grants_admin.as_str());
        facts.put("iam.cross_account", found.trust.answer.as_str());
        facts.put("iam.public", found.public.as_str());
        facts.put("iam.federated_without_subject", found.federation.answer.as_str());
        let weakens = match book.earlier(carried, scene) {
            Earlier::Unknown => UNKNOWN,
            Earlier::NoLimit => "no",
            Earlier::Document(old) => {
                weakening(&read_for(&old, carried.about), &policy, &setting, 0).answer.as_str()
            }
        };
        facts.put("iam.weakens", weakens);
        // What nobody can decide is a path too, by the name `unknown`.
        let undecided = (!found.escalations.undecided.is_empty()).then_some(UNKNOWN);
        facts.list("iam.escalation", path_ids(&found.escalations.escalation).chain(undecided));
        facts.list("iam.capabilities", path_ids(&found.escalations.capabilities).chain(undecided));
        let others = &found.trust.others;
        let mut accounts: Vec<&str> =
            others.iter().map(|other| other.account.as_deref().unwrap_or("*")).collect();
        match found.trust.answer.as_str() {
            UNKNOWN => accounts.push(UNKNOWN),
            "yes" | "yes_if" if accounts.is_empty() => accounts.push("*"),
            _ => {}
        }
        let asks = !others.is_empty() && others.iter().all(|other| other.external_id);
        facts.put(
            "iam.external_id",
            match (accounts.contains(&UNKNOWN), asks) {
                (true, _) => UNKNOWN,
                (false, true) => "yes",
                (false, false) => "no",
            },
        );
        accounts.sort_unstable();
        accounts.dedup();
        facts.list(ACCOUNTS, accounts);
        facts
    }

    /// An AWS-managed policy: its text is not at hand, what it grants is.
    fn of_managed(managed: &Managed, earlier: &Earlier) -> Self {
        let mut facts = Self { fields: BTreeMap::new() };
        facts.put(POLICY, "named");
        for name in ANSWERS {
            facts.put(name, "no");
        }
        facts.put("iam.grants_admin", &managed.grants_admin);
        let grants = managed.grants_admin == "yes" || !managed.escalation.is_empty();
        match earlier {
            Earlier::NoLimit => {}
            Earlier::Document(old) if *old == NO_POLICY && grants => facts.put("iam.weakens", "yes"),
            Earlier::Document(_) | Earlier::Unknown => facts.put("iam.weakens", UNKNOWN),
        }
        let undecided = (!managed.undecided.is_empty()).then_some(UNKNOWN);
        for (name, ids) in
            [("iam.escalation", &managed.escalation), ("iam.capabilities", &managed.capabilities)]
        {
            facts.list(name, ids.iter().map(String::as_str).chain(undecided));
        }
        facts.list(ACCOUNTS, []);
        facts
    }

    fn put(&mut self, name: &'static str, value: &str) {
        self.fields.insert(name, Value::from(value));
    }

    fn list<'t>(&mut self, name: &'static str, values: impl IntoIterator<Item = &'t str>) {
        self.fields.insert(name, values.into_iter().map(Value::from).collect());
    }

    /// A field by its whole name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.fields.get(name)
    }

    /// What a violation keeps of them: what speaks for it, without the prefix, and of long lists the beginning.
    #[must_use]
    pub fn to_keep(&self) -> BTreeMap<String, Value> {
        let all_unknown = self.get(POLICY).is_some_and(|value| value == UNKNOWN);
        let trusts_nobody = self.get(ACCOUNTS).and_then(Value::as_array).is_none_or(Vec::is_empty);
        let mut kept = BTreeMap::new();
        for (name, value) in &self.fields {
            let value = match value {
                _ if all_unknown && ![POLICY, KIND].contains(name) => continue,
                // That nobody has to bring an external id says something where somebody is let in.
                Value::String(text) if text == "no" && (trusts_nobody || *name != "iam.external_id") => {
                    continue;
                }
                Value::Array(items) if items.is_empty() => continue,
                Value::Array(items) if items.len() > KEPT => {
                    let more = Value::from(format!("{} more", items.len() - KEPT));
                    items.iter().take(KEPT).cloned().chain([more]).collect()
                }
                value => value.clone(),
            };
            kept.insert(name.strip_prefix(PREFIX).unwrap_or(name).to_owned(), value);
        }
        kept
    }
}

fn path_ids(found: &[PathFound]) -> impl Iterator<Item = &str> {
    found.iter().map(|found| found.path.id.as_str())
}

/// Policies of an organization may name principals; what they limit is asked of as if they did not.
fn read_for(policy: &Policy, about: About) -> Cow<'_, Policy> {
    if about != About::Organization {
        return Cow::Borrowed(policy);
    }
    let mut policy = policy.clone();
    for statement in &mut policy.statements {
        statement.principals = None;
    }
    Cow::Owned(policy)
}

/// What an event says beside the policy.
struct Scene<'e> {
    event: &'e Value,
    account: Option<&'e str>,
    time: Option<Timestamp>,
}

impl<'e> Scene<'e> {
    fn of(event: &'e Value, carried: &Carried) -> Self {
        let text = |name: &str| event.get(name).and_then(Value::as_str);
        let account = text("recipientAccountId").filter(|_| !carried.elsewhere);
        Self { event, account, time: text("eventTime").and_then(|time| time.parse().ok()) }
    }

    fn request(&self, name: &str) -> Option<&'e str> {
        self.event.get("requestParameters")?.get(name)?.as_str()
    }
}

impl PolicyBook {
    /// What the policy of an event takes the place of.
    fn earlier(&self, carried: &Carried, scene: &Scene<'_>) -> Earlier {
        let who = |holder: Holder| {
            let (account, name) = (scene.account?, scene.request(holder.named_by())?);
            Some(Who { holder, account, name, time: scene.time })
        };
        let found = match carried.replaces {
            // What is made anew takes nothing away.
            Replaces::Nothing => Some(Earlier::NoLimit),
            Replaces::Beside => Some(Earlier::Document(NO_POLICY)),
            Replaces::NotCollected => None,
            Replaces::Inline(holder) => {
                who(holder).zip(scene.request("policyName")).map(|(who, policy)| self.inline(&who, policy))
            }
            Replaces::Trust => who(Holder::Role).map(|role| self.trust(&role)),
            Replaces::Boundary(holder) => who(holder).map(|who| self.boundary(&who)),
            Replaces::DefaultVersion => {
                scene.request("policyArn").map(|arn| self.default_version(arn, scene.time))
            }
            Replaces::Bucket => scene.request("bucketName").map(|name| self.bucket(name, scene.time)),
        };
        found.unwrap_or(Earlier::Unknown)
    }
}

#[cfg(test)]
mod tests;

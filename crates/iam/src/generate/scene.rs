//! Who asks for what: the request of a generated case.

use serde::Deserialize as _;
use serde_json::{Map, Value, json};

use super::Profile;
use super::choices::Choices;
use super::vocabulary::{
    ACCOUNTS, ANONYMOUS_TARGETS, Attach, FEDERATED_TARGET, KEYS, PROVIDERS, SERVICE_TARGETS, SERVICES,
    TARGET_WEIGHTS, TARGETS, Target, When,
};
use crate::principal::Principal;
use crate::request::{Context, Known, Request};
use crate::scenario::RequestText;

/// The kinds of caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    User,
    Role,
    FederatedUser,
    Root,
    Service,
    Anonymous,
    Federated,
    ServiceLinked,
}

const KINDS: [Kind; 8] = [
    Kind::User,
    Kind::Role,
    Kind::FederatedUser,
    Kind::Root,
    Kind::Service,
    Kind::Anonymous,
    Kind::Federated,
    Kind::ServiceLinked,
];
const KIND_WEIGHTS: [usize; 8] = [32, 34, 5, 6, 9, 6, 5, 3];

/// A request being made.
#[derive(Clone)]
pub(super) struct Scene {
    pub(super) kind: Kind,
    pub(super) attach: Attach,
    pub(super) principal: Value,
    pub(super) action: String,
    pub(super) resource: String,
    pub(super) owner: &'static str,
    pub(super) context: Map<String, Value>,
}

impl Scene {
    pub(super) fn new(profile: &Profile, choices: &mut Choices) -> Self {
        let kind = choices.one_weighted(&KINDS, &KIND_WEIGHTS).unwrap_or(Kind::User);
        let account = choices.one_weighted(&ACCOUNTS, &[6, 3, 1]).unwrap_or_default();
        let (target, place) = target(kind, choices);
        let other = ACCOUNTS.iter().find(|other| **other != account).copied().unwrap_or_default();
        // Nobody gets at what can have no policy from another account.
        let is_other = choices.percent(if target.attach == Attach::Never { 3 } else { 32 });
        let owner = if is_other && place != "*" { other } else { account };
        let action = match choices.text(target.actions) {
            "sts:GetSessionToken" if !profile.silent && kind != Kind::User => "sts:GetCallerIdentity",
            action => action,
        };
        Self {
            kind,
            attach: target.attach,
            principal: caller(kind, account, owner, profile, choices),
            action: action.to_owned(),
            resource: place.replace("{account}", owner),
            owner,
            context: context(kind, profile, choices),
        }
    }

    /// The request as it is written.
    pub(super) fn request(&self) -> Map<String, Value> {
        let mut request = Map::new();
        request.insert("principal".to_owned(), self.principal.clone());
        request.insert("action".to_owned(), json!(self.action));
        request.insert("resource".to_owned(), json!(self.resource));
        request.insert("resource_account".to_owned(), json!(self.owner));
        request.insert("context".to_owned(), Value::Object(self.context.clone()));
        request
    }

    /// What a policy's author can rely on.
    pub(super) fn facts(&self) -> Option<Facts> {
        let text = RequestText::deserialize(Value::Object(self.request())).ok()?;
        let request = text.read().ok()?;
        Some(Facts { full: request.full_context(), request })
    }

    /// Drops layers that a caller of this kind does not have.
    pub(super) fn leave_out_what_cannot_be(&self, layers: &mut Map<String, Value>) {
        let absent: &[&str] = match self.kind {
            Kind::Role | Kind::FederatedUser | Kind::ServiceLinked => &[],
            Kind::User => &["session"],
            Kind::Root => &["identity", "boundary", "session"],
            Kind::Service | Kind::Anonymous | Kind::Federated => &["identity", "boundary", "session", "scps"],
        };
        layers.retain(|name, _| !absent.contains(&name.as_str()));
    }

    /// Whether the resource belongs to the caller's account.
    pub(super) fn is_same_account(&self, facts: &Facts) -> bool {
        facts.request.principal.account() == Some(self.owner)
    }
}

/// The request, and the keys AWS would send with it.
pub(super) struct Facts {
    pub(super) request: Request,
    full: Context,
}

impl Facts {
    pub(super) fn principal(&self) -> &Principal {
        &self.request.principal
    }

    pub(super) fn key(&self, name: &str) -> &Known {
        self.full.listed(name).unwrap_or_else(|| self.full.unlisted(name))
    }

    /// The value of a key that has one and no more.
    pub(super) fn value(&self, name: &str) -> Option<&str> {
        match self.key(name) {
            Known::Values(values) => match values.as_slice() {
                [value] => Some(value),
                _ => None,
            },
            Known::Absent | Known::Unknown => None,
        }
    }
}

/// What a caller of this kind asks for.
fn target(kind: Kind, choices: &mut Choices) -> (&'static Target, &'static str) {
    let place = match kind {
        Kind::User | Kind::Role | Kind::FederatedUser | Kind::Root | Kind::ServiceLinked => {
            choices.weighted(&TARGET_WEIGHTS)
        }
        Kind::Service => choices.one(&SERVICE_TARGETS).copied().unwrap_or_default(),
        Kind::Anonymous => choices.one(&ANONYMOUS_TARGETS).copied().unwrap_or_default(),
        Kind::Federated => FEDERATED_TARGET,
    };
    let [first, ..] = &TARGETS;
    let target = TARGETS.get(place).unwrap_or(first);
    (target, choices.text(target.resources))
}

/// A caller of this kind, as it is written.
pub(super) fn caller(
    kind: Kind,
    account: &str,
    owner: &str,
    profile: &Profile,
    choices: &mut Choices,
) -> Value {
    match kind {
        Kind::User => {
            let user = choices.text(&["alice", "team/bob", "bob"]);
            json!(format!("arn:aws:iam::{account}:user/{user}"))
        }
        Kind::Role => {
            let role = choices.text(&["app", "ops/deploy", "red"]);
            if choices.percent(30) && !role.contains('/') {
                return json!(format!("arn:aws:sts::{account}:assumed-role/{role}/s1"));
            }
            let role = format!("arn:aws:iam::{account}:role/{role}");
            if profile.unknown && choices.percent(15) {
                return if choices.percent(50) { json!(role) } else { json!({ "role": role }) };
            }
            json!({ "role": role, "session": choices.text(&["s1", "alice"]) })
        }
        Kind::FederatedUser => {
            let arn = format!("arn:aws:sts::{account}:federated-user/{}", choices.text(&["carol", "alice"]));
            if profile.unknown && choices.percent(25) {
                return json!(arn);
            }
            json!({ "federated_user": arn, "issuer": format!("arn:aws:iam::{account}:user/alice") })
        }
        Kind::Root if choices.percent(50) => json!(account),
        Kind::Root => json!(format!("arn:aws:iam::{account}:root")),
        Kind::Service if choices.percent(50) => json!({ "service": choices.text(&SERVICES) }),
        Kind::Service => json!(choices.text(&SERVICES)),
        Kind::Anonymous => json!(choices.text(&["anonymous", "*"])),
        Kind::Federated => json!({ "federated": choices.text(&PROVIDERS).replace("{account}", owner) }),
        Kind::ServiceLinked => json!({
            "role": format!("arn:aws:iam::{account}:role/aws-service-role/ops.amazonaws.com/AWSServiceRoleForOps"),
            "session": "s1",
        }),
    }
}

/// The keys sent with a request.
fn context(kind: Kind, profile: &Profile, choices: &mut Choices) -> Map<String, Value> {
    let mut context = Map::new();
    for key in KEYS.iter().filter(|key| key.when == When::Always) {
        if !profile.unknown || choices.percent(60) {
            context.insert(key.name.to_owned(), json!(choices.text(key.values)));
        }
    }
    let userid = match kind {
        Kind::User => json!("AIDAEXAMPLEUSERALICE"),
        Kind::Role | Kind::ServiceLinked => json!("AROAEXAMPLEROLE00APP:s1"),
        Kind::FederatedUser => json!("111122223333:carol"),
        // Root users and anonymous callers have theirs by rule. Of the others nothing is documented.
        Kind::Root | Kind::Anonymous => json!("derived"),
        Kind::Service | Kind::Federated => Value::Null,
    };
    if userid != json!("derived") && (!profile.unknown || choices.percent(70)) {
        context.insert("aws:userid".to_owned(), userid);
    }
    if !profile.unknown && matches!(kind, Kind::Service | Kind::Federated) {
        for key in ["aws:PrincipalAccount", "aws:PrincipalType"] {
            context.insert(key.to_owned(), Value::Null);
        }
    }
    let sometimes: Vec<_> =
        KEYS.iter().filter(|key| matches!(key.when, When::Sometimes | When::Many)).collect();
    for _ in 0..choices.below(6) {
        if let Some(key) = choices.one(&sometimes) {
            context.insert(key.name.to_owned(), values(key.values, key.when, profile, choices));
        }
    }
    context
}

/// Values of a key as a request carries them.
pub(super) fn values(
    candidates: &[&'static str],
    when: When,
    profile: &Profile,
    choices: &mut Choices,
) -> Value {
    let is_odd = profile.silent && choices.percent(8);
    if is_odd && choices.percent(50) {
        return choices.one(&[Value::Null, json!([]), json!([""])]).cloned().unwrap_or_default();
    }
    if when != When::Many && !is_odd {
        return json!(choices.text(candidates));
    }
    let mut several = Vec::new();
    for _ in 0..=choices.below(3) {
        let value = choices.text(candidates);
        if !several.contains(&value) {
            several.push(value);
        }
    }
    json!(several)
}

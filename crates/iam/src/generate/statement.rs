//! Statements that speak of the request, and statements that almost do.
//!
//! They are drafted with a list in every place; how they are written down in the end is decided later.

use serde_json::{Map, Value, json};

use super::Profile;
use super::choices::Choices;
use super::condition::Drafted;
use super::pattern::{arn_glob, glob, other_case};
use super::scene::{Facts, Kind, Scene};
use super::vocabulary::{ACCOUNTS, Attach, KEYS, PROVIDERS, SERVICES, TARGETS, When};
use crate::principal::Principal;

/// Keys that are there whoever asks for whatever.
const NEVER_VOID: [&str; 4] =
    ["aws:CurrentTime", "aws:RequestedRegion", "aws:ResourceAccount", "aws:UserAgent"];

/// What kind of policy a statement is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// Attached to the caller, or to its accounts: nobody is named.
    Caller,
    /// A resource control policy: everybody is named.
    Rcp,
    /// An endpoint's policy: somebody may be named.
    Endpoint,
    /// A resource's policy: somebody is named, by any name or by one that grants without further consent.
    Resource { direct: bool },
}

/// Writes statements for one request.
pub(super) struct Writer<'a> {
    pub(super) profile: &'a Profile,
    pub(super) scene: &'a Scene,
    pub(super) facts: &'a Facts,
    pub(super) choices: &'a mut Choices,
    /// Whether the statement being written is an Allow.
    pub(super) is_allow: bool,
}

impl Writer<'_> {
    /// A statement that matches the request, as far as one can tell.
    pub(super) fn matching(&mut self, is_allow: bool, place: Place) -> Value {
        self.is_allow = is_allow;
        let mut statement = Map::new();
        statement.insert("Effect".to_owned(), json!(if is_allow { "Allow" } else { "Deny" }));
        if self.choices.percent(15) {
            statement.insert("Sid".to_owned(), json!(self.choices.text(&["First", "Second", "Third"])));
        }
        self.action(&mut statement, place);
        if !self.is_trust_policy(place) {
            self.resource(&mut statement);
        }
        self.principal(&mut statement, place);
        let conditions = self.choices.weighted(&[55, 30, 15]);
        for _ in 0..conditions {
            let condition = self.holding_condition();
            add_condition(&mut statement, condition);
        }
        Value::Object(statement)
    }

    /// A statement that would match the request but for one element.
    pub(super) fn near_miss(&mut self, is_allow: bool, place: Place) -> Value {
        let mut statement = self.matching(is_allow, place);
        if let Some(statement) = statement.as_object_mut() {
            self.spoil(statement);
        }
        statement
    }

    /// Changes one element so that it should no longer match.
    pub(super) fn spoil(&mut self, statement: &mut Map<String, Value>) {
        let has = |name: &str| statement.contains_key(name);
        let (principal, resource) = (has("Principal"), has("Resource") || has("NotResource"));
        self.is_allow = statement.get("Effect") == Some(&json!("Allow"));
        match self.choices.below(5) {
            4 if principal
                && self.may_say_everyone_but(Place::Resource { direct: false })
                && statement.get("Principal") != Some(&json!("*")) =>
            {
                let names = own_names(self.facts.principal(), false);
                let mut kinds = Map::new();
                for (kind, name) in names {
                    let list = kinds.entry(kind).or_insert_with(|| json!([]));
                    list.as_array_mut().into_iter().for_each(|list| list.push(json!(name)));
                }
                statement.remove("Principal");
                statement.insert("NotPrincipal".to_owned(), Value::Object(kinds));
            }
            0 if resource => {
                let other = self.other_resource();
                statement.remove("NotResource");
                statement.insert("Resource".to_owned(), json!([other]));
            }
            1 if principal && statement.get("Principal") != Some(&json!("*")) => {
                let (kind, other) = self.stranger();
                statement.insert("Principal".to_owned(), json!({ kind: [other] }));
            }
            2 => {
                let condition = self.failing_condition();
                add_condition(statement, condition);
            }
            _ => {
                let other = self.other_action();
                statement.remove("NotAction");
                statement.insert("Action".to_owned(), json!([other]));
            }
        }
    }

    /// Whether a comparison without a value may come of a variable here.
    pub(super) fn may_be_void(&self, is_negated: bool) -> bool {
        self.profile.silent || (self.is_allow && !is_negated)
    }

    /// Whether `NotPrincipal` may be used: AWS wants it in Deny statements alone, and not in trust policies.
    fn may_say_everyone_but(&self, place: Place) -> bool {
        self.profile.silent
            || (!self.is_allow && !self.is_trust_policy(place) && self.scene.kind != Kind::Federated)
    }

    fn is_trust_policy(&self, place: Place) -> bool {
        matches!(place, Place::Resource { .. })
            && self.scene.action.starts_with("sts:")
            && (!self.profile.unknown || self.scene.attach == Attach::Always)
    }

    fn action(&mut self, statement: &mut Map<String, Value>, place: Place) {
        let own = self.scene.action.clone();
        // Customers' RCPs know neither `NotAction` nor `*` alone, and a service is always spelled out.
        let is_strict = !self.profile.silent && place == Place::Rcp;
        if self.choices.percent(9) && !is_strict {
            let others: Vec<String> = (0..=self.choices.below(3)).map(|_| self.other_action()).collect();
            statement.insert("NotAction".to_owned(), json!(others));
            return;
        }
        let (service, name) = own.split_once(':').unwrap_or((&own, ""));
        let text = match self.choices.below(10) {
            0..4 => own.clone(),
            4 if !is_strict => "*".to_owned(),
            4 | 5 => format!("{service}:*"),
            6 | 7 => format!("{service}:{}", glob(name, self.choices)),
            8 if self.profile.silent => glob(&own, self.choices),
            _ => other_case(&own, self.choices),
        };
        let mut list = vec![text];
        while list.len() < 3 && self.choices.percent(25) {
            let place = self.choices.below(2).min(list.len());
            list.insert(place, self.other_action());
        }
        statement.insert("Action".to_owned(), json!(list));
    }

    fn resource(&mut self, statement: &mut Map<String, Value>) {
        if self.choices.percent(9) {
            let others: Vec<String> = (0..=self.choices.below(2)).map(|_| self.other_resource()).collect();
            statement.insert("NotResource".to_owned(), json!(others));
            return;
        }
        let own = self.scene.resource.clone();
        let text = match self.choices.below(10) {
            _ if own == "*" => own,
            0..2 => own,
            2 | 3 => "*".to_owned(),
            4..7 => arn_glob(&own, self.profile.silent, self.choices),
            // Over the colons, and with parts that are missing.
            7 if self.profile.silent && self.choices.percent(60) => glob(&own, self.choices),
            7 if self.profile.silent && self.choices.percent(30) => {
                own.splitn(6, ':').take(3 + self.choices.below(3)).collect::<Vec<_>>().join(":")
            }
            7 => own.splitn(4, ':').take(3).chain(["*:*:*"]).collect::<Vec<_>>().join(":"),
            _ => self.with_variable(&own).unwrap_or(own),
        };
        let mut list = vec![text];
        while list.len() < 3 && self.choices.percent(20) {
            let place = self.choices.below(2).min(list.len());
            list.insert(place, self.other_resource());
        }
        statement.insert("Resource".to_owned(), json!(list));
    }

    /// The ARN with a piece of its sixth part replaced by a variable that stands for it.
    fn with_variable(&mut self, arn: &str) -> Option<String> {
        let place = arn.match_indices(':').nth(4)?.0 + 1;
        // The type of a resource is spelled out, as wherever AWS shows a variable.
        let kind =
            arn.get(place..)?.find(['/', ':']).filter(|_| !self.profile.silent && !arn.contains(":s3:"));
        let (head, tail) = arn.split_at_checked(place + kind.map_or(0, |end| end + 1))?;
        let pieces: Vec<&str> = tail.split(['/', ':', '-']).filter(|piece| piece.len() > 2).collect();
        let piece = self.choices.one(&pieces).copied()?;
        let variable = self.variable_for(piece, false)?;
        Some(format!("{head}{}", tail.replacen(piece, &variable, 1)))
    }

    /// A variable that stands for this text in the request.
    pub(super) fn variable_for(&mut self, value: &str, is_negated: bool) -> Option<String> {
        let may_be_void = self.may_be_void(is_negated);
        // A key of many values is no variable, even where it has just one.
        let keys: Vec<&str> = KEYS
            .iter()
            .filter(|key| self.profile.silent || key.when != When::Many)
            .map(|key| key.name)
            .filter(|key| may_be_void || NEVER_VOID.contains(key))
            .filter(|key| self.facts.value(key) == Some(value))
            .collect();
        if let Some(key) = self.choices.one(&keys).copied().filter(|_| !self.choices.percent(15)) {
            let key = if self.choices.percent(10) { other_case(key, self.choices) } else { key.to_owned() };
            return Some(format!("${{{key}}}"));
        }
        let absent = "aws:PrincipalTag/never";
        // AWS writes a comma and a space.
        let space = if self.profile.silent { self.choices.text(&[" ", "", "  "]) } else { " " };
        let is_wanted = self.profile.silent || self.choices.percent(35);
        (is_wanted && !value.contains('\'')).then(|| format!("${{{absent},{space}'{value}'}}"))
    }

    /// Names the caller, or everyone.
    fn principal(&mut self, statement: &mut Map<String, Value>, place: Place) {
        let direct = match place {
            Place::Caller => return,
            Place::Rcp => {
                statement.insert("Principal".to_owned(), json!("*"));
                return;
            }
            Place::Endpoint if self.profile.silent && self.choices.percent(35) => return,
            Place::Endpoint if !self.profile.silent || self.choices.percent(60) => {
                statement.insert("Principal".to_owned(), json!("*"));
                return;
            }
            Place::Endpoint => false,
            Place::Resource { direct } => direct,
        };
        let everyone_but = match (self.is_allow, self.may_say_everyone_but(place)) {
            (_, false) => 0,
            (true, true) => 3,
            (false, true) => 12,
        };
        if self.choices.percent(everyone_but) {
            let (kind, other) = self.stranger();
            statement.insert("NotPrincipal".to_owned(), json!({ kind: [other] }));
            return;
        }
        // Whether a provider's identities are part of everyone is not documented.
        let may_be_everyone = self.profile.silent || self.scene.kind != Kind::Federated;
        if may_be_everyone && self.choices.percent(18) {
            let everyone = if self.choices.percent(50) { json!("*") } else { json!({ "AWS": ["*"] }) };
            statement.insert("Principal".to_owned(), everyone);
            return;
        }
        let names = own_names(self.facts.principal(), direct);
        let Some((kind, name)) = self.choices.one(&names).cloned() else {
            statement.insert("Principal".to_owned(), json!("*"));
            return;
        };
        let mut kinds = Map::new();
        kinds.insert(kind.to_owned(), json!([name]));
        if self.choices.percent(25) {
            let (kind, other) = self.stranger();
            match kinds.get_mut(kind).and_then(Value::as_array_mut) {
                Some(list) => list.insert(0, json!(other)),
                None => drop(kinds.insert(kind.to_owned(), json!([other]))),
            }
        }
        statement.insert("Principal".to_owned(), Value::Object(kinds));
    }

    /// Somebody else.
    pub(super) fn stranger(&mut self) -> (&'static str, String) {
        let own = own_names(self.facts.principal(), false);
        let account = self.facts.principal().account().map(str::to_owned);
        let others: Vec<&str> =
            ACCOUNTS.iter().copied().filter(|other| Some(*other) != account.as_deref()).collect();
        let other = self.choices.one(&others).copied().unwrap_or_default();
        let account = account.as_deref().unwrap_or(other);
        let all = [
            ("AWS", other.to_owned()),
            ("AWS", format!("arn:aws:iam::{other}:root")),
            ("AWS", format!("arn:aws:iam::{account}:user/mallory")),
            ("AWS", format!("arn:aws:iam::{account}:role/other")),
            ("AWS", format!("arn:aws:sts::{account}:assumed-role/other/s1")),
            ("Service", self.choices.text(&SERVICES).to_owned()),
            ("Federated", self.choices.text(&PROVIDERS).replace("{account}", account)),
        ];
        // Nor whether they belong to the account of their provider.
        let is_federated = self.scene.kind == Kind::Federated && !self.profile.silent;
        let strangers: Vec<_> = all
            .into_iter()
            .filter(|name| !own.contains(name) && (!is_federated || name.0 != "AWS"))
            .collect();
        let fallback = if is_federated { ("Service", "ec2.amazonaws.com") } else { ("AWS", other) };
        self.choices.one(&strangers).cloned().unwrap_or((fallback.0, fallback.1.to_owned()))
    }

    /// An action that is not the request's.
    pub(super) fn other_action(&mut self) -> String {
        let own = self.scene.action.clone();
        let siblings: Vec<&str> = TARGETS
            .iter()
            .filter(|target| target.actions.contains(&own.as_str()) || self.choices.percent(25))
            .flat_map(|target| target.actions.iter().copied())
            .filter(|action| *action != own)
            .collect();
        match self.choices.one(&siblings).copied() {
            Some(other) if !self.choices.percent(15) => other.to_owned(),
            // Almost the same name.
            _ if self.choices.percent(50) => format!("{own}s"),
            _ => "cloudwatch:*".to_owned(),
        }
    }

    /// A resource that is not the request's.
    pub(super) fn other_resource(&mut self) -> String {
        let own = &self.scene.resource;
        let service = own.split(':').nth(2).unwrap_or_default();
        let siblings: Vec<String> = TARGETS
            .iter()
            .flat_map(|target| target.resources.iter())
            .map(|arn| arn.replace("{account}", self.scene.owner))
            .filter(|arn| arn != own && arn != "*" && arn.split(':').nth(2) == Some(service))
            .collect();
        match self.choices.one(&siblings) {
            Some(other) if !self.choices.percent(30) => other.clone(),
            _ if own == "*" => "arn:aws:s3:::elsewhere/*".to_owned(),
            _ if self.choices.percent(50) => format!("{own}/more"),
            _ => match ACCOUNTS
                .iter()
                .find(|account| **account != self.scene.owner && own.contains(self.scene.owner))
            {
                Some(other) => own.replace(self.scene.owner, other),
                None => own.replacen("arn:aws:", "arn:aws-cn:", 1),
            },
        }
    }
}

/// What a resource policy may call the caller.
fn own_names(principal: &Principal, direct: bool) -> Vec<(&'static str, String)> {
    let mut names = Vec::new();
    let mut aws = |name: &str| names.push(("AWS", name.to_owned()));
    match principal {
        Principal::Root { .. } => {}
        Principal::User { arn, .. } => aws(arn),
        Principal::Role { arn, session, .. } => {
            if let Some(session) = principal.session_arn().filter(|_| session.is_some()) {
                aws(&session);
            }
            if !direct {
                aws(arn);
            }
        }
        Principal::FederatedUser { arn, issuer, .. } => {
            aws(arn);
            if let Some(issuer) = issuer.as_ref().filter(|_| !direct) {
                aws(issuer);
            }
        }
        Principal::Federated { provider } => names.push(("Federated", provider.clone())),
        Principal::Service { name } => names.push(("Service", name.clone())),
        Principal::Anonymous => {}
    }
    let is_root = matches!(principal, Principal::Root { .. });
    if let Some(account) = principal.account().filter(|_| !direct || is_root) {
        names.push(("AWS", account.to_owned()));
        names.push(("AWS", format!("arn:aws:iam::{account}:root")));
    }
    names
}

/// Adds a condition, in place of what stands under the same operator and key.
pub(super) fn add_condition(statement: &mut Map<String, Value>, condition: Drafted) {
    let conditions = statement.entry("Condition").or_insert_with(|| json!({}));
    let Some(conditions) = conditions.as_object_mut() else { return };
    let keys = conditions.entry(condition.operator).or_insert_with(|| json!({}));
    if let Some(keys) = keys.as_object_mut() {
        keys.insert(condition.key, Value::Array(condition.values));
    }
}

//! The policies of a generated case: a way to be allowed, among statements that do not matter.

use serde_json::{Map, Value, json};

use super::scene::Kind;
use super::statement::{Place, Writer};
use super::vocabulary::{ACCOUNTS, Attach};

/// The layers being made, each a list of documents; `scps` and `rcps` are lists of levels.
pub(super) type Drafts = Map<String, Value>;

/// What has to allow the request.
#[derive(Default)]
struct Needs {
    identity: bool,
    resource: Option<Place>,
    session: bool,
}

impl Writer<'_> {
    /// Layers that allow the request, as far as one can tell.
    pub(super) fn layers(&mut self) -> Drafts {
        let needs = self.needs();
        let has_policies =
            matches!(self.scene.kind, Kind::User | Kind::Role | Kind::FederatedUser | Kind::ServiceLinked);
        let mut layers = Drafts::new();
        if needs.identity || self.choices.percent(if has_policies { 70 } else { 8 }) {
            let documents = self.documents(needs.identity, Place::Caller);
            layers.insert("identity".to_owned(), documents);
        }
        // A layer that is not needed allows nothing for certain, unless the request does without it.
        if self.choices.percent(if has_policies { 22 } else { 3 }) {
            let allows = needs.identity || self.choices.percent(60);
            let documents = self.documents(allows, Place::Caller);
            layers.insert("boundary".to_owned(), documents);
        }
        let sessions = matches!(self.scene.kind, Kind::Role | Kind::ServiceLinked);
        if needs.session || self.choices.percent(if sessions { 22 } else { 1 }) {
            let documents = self.documents(needs.identity || needs.session, Place::Caller);
            layers.insert("session".to_owned(), documents);
        }
        if needs.resource.is_some()
            || self.scene.attach == Attach::Always
            || (self.scene.attach == Attach::Maybe && self.choices.percent(25))
            || (self.profile.silent && self.choices.percent(4))
        {
            let place = needs.resource.unwrap_or(Place::Resource { direct: false });
            let documents = self.documents(needs.resource.is_some(), place);
            layers.insert("resource".to_owned(), documents);
        }
        if self.choices.percent(12) {
            let documents = self.documents(true, Place::Endpoint);
            layers.insert("endpoint".to_owned(), documents);
        }
        if self.choices.percent(45) {
            let levels: Vec<Value> = (0..=self.choices.below(3)).map(|_| self.level(Place::Caller)).collect();
            layers.insert("scps".to_owned(), json!(levels));
        }
        if self.choices.percent(25) {
            let levels: Vec<Value> = (0..=self.choices.below(2)).map(|_| self.level(Place::Rcp)).collect();
            layers.insert("rcps".to_owned(), json!(levels));
        }
        if self.choices.percent(30) {
            let account = self.choices.one_weighted(&ACCOUNTS, &[1, 1, 8]).unwrap_or_default();
            layers.insert("management_account".to_owned(), json!(account));
        }
        layers
    }

    fn needs(&mut self) -> Needs {
        let is_same = self.scene.is_same_account(self.facts);
        let is_closed = self.scene.attach == Attach::Always;
        let any = Some(Place::Resource { direct: false });
        let direct = Some(Place::Resource { direct: true });
        let session = self.scene.kind == Kind::FederatedUser;
        match self.scene.kind {
            Kind::User | Kind::Role | Kind::FederatedUser | Kind::ServiceLinked => {
                if !is_same {
                    let resource = any.filter(|_| self.scene.attach != Attach::Never);
                    return Needs { identity: true, resource, session };
                }
                let may_be_direct = self.scene.attach != Attach::Never;
                if may_be_direct && self.choices.percent(if is_closed { 45 } else { 28 }) {
                    return Needs { identity: false, resource: direct, session: false };
                }
                let resource = any.filter(|_| is_closed || (may_be_direct && self.choices.percent(15)));
                Needs { identity: true, resource, session }
            }
            Kind::Root if is_same && !is_closed => Needs::default(),
            Kind::Root | Kind::Service | Kind::Anonymous | Kind::Federated => {
                Needs { resource: any.filter(|_| self.scene.attach != Attach::Never), ..Needs::default() }
            }
        }
    }

    /// The documents of a layer. Where it need not allow, it holds what does not matter, or little.
    fn documents(&mut self, allows: bool, place: Place) -> Value {
        let mut statements = Vec::new();
        if allows {
            statements.push(self.matching(true, place));
        }
        while statements.len() < 4 && self.choices.percent(34) {
            let is_allow = self.choices.percent(50);
            let statement = if is_allow && self.choices.percent(40) && allows {
                self.matching(true, place)
            } else {
                self.near_miss(is_allow, place)
            };
            let at = self.choices.below(statements.len() + 1);
            statements.insert(at, statement);
        }
        if statements.is_empty() {
            statements.push(self.near_miss(true, place));
        }
        let split = if self.choices.percent(30) { self.choices.below(statements.len()) } else { 0 };
        let rest = statements.split_off(split);
        let documents: Vec<Value> =
            [statements, rest].into_iter().filter(|part| !part.is_empty()).map(document).collect();
        json!(documents)
    }

    /// The documents of one level of the organization.
    pub(super) fn level(&mut self, place: Place) -> Value {
        let full = full_access(place);
        if place == Place::Rcp || self.choices.percent(55) {
            let mut documents = vec![full];
            if self.choices.percent(60) {
                documents.push(document(vec![self.near_miss(false, place)]));
            }
            return json!(documents);
        }
        self.documents(true, place)
    }
}

/// A document of these statements.
pub(super) fn document(statements: Vec<Value>) -> Value {
    json!({ "Version": "2012-10-17", "Statement": statements })
}

/// What AWS attaches to every level.
pub(super) fn full_access(place: Place) -> Value {
    let mut statement = json!({ "Effect": "Allow", "Action": ["*"], "Resource": ["*"] });
    if place == Place::Rcp
        && let Some(statement) = statement.as_object_mut()
    {
        statement.insert("Principal".to_owned(), json!("*"));
    }
    document(vec![statement])
}

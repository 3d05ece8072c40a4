//! The engine: policies compiled once, requests decided many times.
//!
//! The order in which layers are asked, and what each kind of caller needs, follow
//! `docs/reference/policy-evaluation.md`, section 3. A plain decision allocates nothing.

mod because;

pub use crate::caller::Asked;

use crate::caller::Grant;
use crate::layers::{Layer, Layers};
use crate::mutant::{self, Mutant};
use crate::outcome::{Decision, Outcome, Verdict};
use crate::principal::Principal;
use crate::statement::{Statement, compile};
use crate::truth::Truth;

/// All policies that have a say in requests, compiled.
#[derive(Debug, Clone)]
pub struct Engine {
    scps: Vec<Compiled>,
    rcps: Vec<Compiled>,
    pub(crate) endpoint: Option<Compiled>,
    pub(crate) resource: Option<Compiled>,
    pub(crate) identity: Compiled,
    pub(crate) boundary: Option<Compiled>,
    pub(crate) session: Option<Compiled>,
    management_account: Option<String>,
}

/// One layer, compiled.
#[derive(Debug, Clone)]
pub(crate) struct Compiled {
    pub(crate) layer: Layer,
    pub(crate) statements: Vec<Statement>,
    /// Why it could not be read, as a whole or in part.
    pub(crate) unread: Option<String>,
}

impl Engine {
    /// Compiles policies.
    #[must_use]
    pub fn new(layers: &Layers) -> Self {
        let unread = |layer: Layer| {
            layers.unread.iter().find(|(unread, _)| *unread == layer).map(|(_, reason)| reason.clone())
        };
        let one = |layer: Layer, policies: &[crate::Policy]| Compiled {
            layer,
            statements: policies
                .iter()
                .enumerate()
                .flat_map(|(number, policy)| compile(policy, number, layer))
                .collect(),
            unread: unread(layer),
        };
        let optional = |layer: Layer, policies: &Option<Vec<crate::Policy>>| match policies {
            Some(policies) => Some(one(layer, policies)),
            None => unread(layer).map(|_| one(layer, &[])),
        };
        let levels = |make: fn(usize) -> Layer, levels: &[crate::layers::Level]| {
            let mut compiled: Vec<Compiled> =
                levels.iter().enumerate().map(|(index, level)| one(make(index), &level.policies)).collect();
            // A level nobody could even count is one more.
            for (layer, _) in &layers.unread {
                if let Layer::Scp(index) | Layer::Rcp(index) = layer
                    && make(*index) == *layer
                    && *index >= levels.len()
                {
                    compiled.push(one(*layer, &[]));
                }
            }
            compiled
        };
        let boundary = optional(Layer::Boundary, &layers.boundary);
        // No policy at all is no policy: what is closed by default has one that was not given.
        let given = layers.resource.clone().filter(|policies| !policies.is_empty());
        let mut resource = optional(Layer::Resource, &given);
        if let (Some(resource), Some(_)) = (&mut resource, &boundary) {
            // Whoever has a boundary is never among those a Deny leaves out, see `Named::bounded`.
            let denying = resource.statements.iter_mut().filter(|statement| statement.denies);
            denying.filter_map(|statement| statement.principals.as_mut()).for_each(|it| it.bounded = true);
        }
        Self {
            scps: levels(Layer::Scp, &layers.scps),
            rcps: levels(Layer::Rcp, &layers.rcps),
            endpoint: optional(Layer::Endpoint, &layers.endpoint),
            resource,
            identity: one(Layer::Identity, &layers.identity),
            boundary,
            session: optional(Layer::Session, &layers.session),
            management_account: layers.management_account.clone(),
        }
    }

    /// Decides a request.
    #[must_use]
    pub fn decide(&self, asked: &Asked) -> Verdict {
        if always_allowed(asked) {
            return Verdict { outcome: Outcome::Allow, blocked_by: None };
        }
        match self.owners(asked) {
            (owner, None) => self.decide_for(asked, owner),
            (caller, Some(other)) => either(self.decide_for(asked, caller), self.decide_for(asked, other)),
        }
    }

    /// Decides a request for a resource of such an owner.
    fn decide_for(&self, asked: &Asked, owner: Owner) -> Verdict {
        let mut denied = Truth::False;
        for layer in self.applying_for(asked, owner) {
            let mut denies = layer.denies(asked);
            if matches!(layer.layer, Layer::Rcp(_)) {
                denies = denies.and(owner.is_member);
            }
            match denies {
                Truth::True => {
                    return Verdict { outcome: Outcome::ExplicitDeny, blocked_by: Some(layer.layer) };
                }
                Truth::Unknown if mutant::on(Mutant::UnknownDenyVanishes) => {}
                Truth::Unknown => denied = Truth::Unknown,
                Truth::False => {}
            }
        }
        if root_assumes_a_role(asked) {
            return Verdict { outcome: Outcome::ImplicitDeny, blocked_by: Some(Layer::Rule) };
        }
        let (allowed, blocked_by) = self.allowed(asked, owner);
        match (allowed, denied) {
            (Truth::False, _) => Verdict { outcome: Outcome::ImplicitDeny, blocked_by },
            (Truth::Unknown, Truth::False) if mutant::on(Mutant::UnknownAllowCounts) => {
                Verdict { outcome: Outcome::Allow, blocked_by: None }
            }
            (Truth::True, Truth::False) => Verdict { outcome: Outcome::Allow, blocked_by: None },
            _ => Verdict { outcome: Outcome::Undetermined, blocked_by: None },
        }
    }

    /// Who owns the resource; where nobody knows, the caller's account and any other.
    fn owners(&self, asked: &Asked) -> (Owner, Option<Owner>) {
        let management = self.management_account.as_deref();
        let caller = asked.request.principal.account();
        let is_member = |account: &str| {
            Truth::from(management != Some(account) || mutant::on(Mutant::RcpsBindTheManagementAccount))
        };
        match (asked.owner, caller) {
            (Some(owner), _) => {
                let same_account = caller == Some(owner) || mutant::on(Mutant::OwnerIsTheCaller);
                (Owner { same_account, is_member: is_member(owner) }, None)
            }
            (None, Some(caller)) => {
                let unless_it_is = management.is_none_or(|account| account == caller);
                let other = if unless_it_is { Truth::True } else { Truth::Unknown };
                let same = Owner { same_account: true, is_member: is_member(caller) };
                (same, Some(Owner { same_account: false, is_member: other }))
            }
            (None, None) => {
                let is_member = if management.is_none() { Truth::True } else { Truth::Unknown };
                (Owner { same_account: false, is_member }, None)
            }
        }
    }

    /// Decides a request and says which statements decided, or what is not known.
    #[must_use]
    pub fn explain(&self, asked: &Asked) -> Decision {
        because::explain(self, asked, self.decide(asked))
    }

    /// Every statement of every layer.
    pub(crate) fn statements(&self) -> impl Iterator<Item = &Statement> + Clone {
        let single = self.endpoint.iter().chain(&self.resource).chain([&self.identity]);
        let limits = self.boundary.iter().chain(&self.session);
        let layers = self.scps.iter().chain(&self.rcps).chain(single).chain(limits);
        layers.flat_map(|layer| &layer.statements)
    }

    /// The layers whose denies concern the request, in the order they are named as the one that blocked.
    pub(crate) fn applying<'a>(&'a self, asked: &'a Asked) -> impl Iterator<Item = &'a Compiled> {
        self.applying_for(asked, self.owners(asked).0)
    }

    fn applying_for<'a>(&'a self, asked: &'a Asked, owner: Owner) -> impl Iterator<Item = &'a Compiled> {
        let scps = self.path(asked);
        let rcps = if rcps_concern(asked, owner) { self.rcps.as_slice() } else { &[] };
        let own = has_policies(&asked.request.principal);
        let resource =
            self.resource.iter().filter(move |_| !(owner.same_account && may_mend_its_bucket_policy(asked)));
        scps.iter()
            .chain(rcps)
            .chain(&self.endpoint)
            .chain(resource)
            .chain(own.then_some(&self.identity))
            .chain(self.boundary.iter().filter(move |_| own))
            .chain(self.session.iter().filter(move |_| own))
    }

    /// The levels of SCPs that concern the caller.
    pub(crate) fn path(&self, asked: &Asked) -> &[Compiled] {
        let caller = &asked.request.principal;
        let member = |account| {
            self.management_account.as_deref() != Some(account)
                || mutant::on(Mutant::ScpsBindTheManagementAccount)
        };
        let concerned = is_bound(caller) && caller.account().is_some_and(member);
        if concerned { &self.scps } else { &[] }
    }

    /// Whether a quick look shows that no Allow statement is about the action.
    pub(crate) fn nothing_allows(&self, asked: &Asked) -> bool {
        if matches!(asked.request.principal, Principal::Root { .. }) {
            return false;
        }
        let layers = self.resource.iter().chain([&self.identity]);
        let mut statements = layers.clone().flat_map(|layer| &layer.statements).filter(|it| !it.denies);
        layers.clone().all(|layer| layer.unread.is_none())
            && self.resource.is_some() | !asked.action.starts_with("kms:") & !asked.action.starts_with("sts:")
            && statements.all(|statement| statement.action(asked) == Truth::False)
    }

    /// Whether the request is allowed if nothing denies it, and which layer stands in the way.
    fn allowed(&self, asked: &Asked, owner: Owner) -> (Truth, Option<Layer>) {
        let scps = self.path(asked);
        let mut allowed = Truth::True;
        for layer in scps.iter().chain(&self.endpoint) {
            let allows = layer.allows(asked);
            let waived = match layer.layer {
                Layer::Scp(level) => level > 0 && mutant::on(Mutant::OneScpLevelSuffices),
                _ => mutant::on(Mutant::EndpointIgnored),
            };
            if waived {
                continue;
            }
            if allows == Truth::False {
                return (Truth::False, Some(layer.layer));
            }
            allowed = allowed.and(allows);
        }
        let (granted, blocked_by) = self.granted(asked, owner.same_account);
        (allowed.and(granted), blocked_by)
    }

    fn granted(&self, asked: &Asked, same_account: bool) -> (Truth, Option<Layer>) {
        if asked.request.principal.account().is_none() {
            return (self.consent(asked).any(), Some(Layer::Resource));
        }
        let closed = asked.closed && !mutant::on(Mutant::ClosedIsOpen);
        if let Principal::Root { .. } = asked.request.principal {
            let granted = if same_account && !closed { Truth::True } else { self.consent(asked).any() };
            return (granted, Some(Layer::Resource));
        }
        let identity = self.identity.allows(asked);
        let mut boundary = self.boundary.as_ref().map_or(Truth::True, |layer| layer.allows(asked));
        if mutant::on(Mutant::BoundaryIgnored) {
            boundary = Truth::True;
        }
        let session = match (&self.session, &asked.request.principal) {
            (Some(_), _) if mutant::on(Mutant::SessionIgnored) => Truth::True,
            (Some(layer), _) => layer.allows(asked),
            (None, Principal::FederatedUser { .. }) => {
                Truth::from(mutant::on(Mutant::FederatedUserInheritsAll))
            }
            (None, _) => Truth::True,
        };
        let own = identity.and(boundary).and(session);
        if same_account && !closed && own == Truth::True {
            return (Truth::True, None);
        }
        let consent = self.consent(asked);
        let granted = if same_account {
            let mut through = consent.through.and(boundary).and(session);
            if mutant::on(Mutant::RoleGrantIsDirect) {
                through = consent.through;
            }
            if mutant::on(Mutant::AccountGrantIsDirect) {
                through = through.or(consent.account);
            }
            let own = if closed { own.and(consent.any()) } else { own };
            own.or(consent.direct).or(through)
        } else if mutant::on(Mutant::OneSideSuffices) {
            own
        } else {
            own.and(consent.any())
        };
        let blocked_by =
            [(identity, Layer::Identity), (boundary, Layer::Boundary), (session, Layer::Session)]
                .into_iter()
                .find_map(|(allows, layer)| (allows == Truth::False).then_some(layer))
                .unwrap_or(Layer::Resource);
        (granted, Some(blocked_by))
    }

    /// What the resource's own policy grants.
    fn consent(&self, asked: &Asked) -> Grant {
        let unknown = Grant { direct: Truth::Unknown, through: Truth::Unknown, account: Truth::Unknown };
        let Some(layer) = &self.resource else {
            // Whatever is closed by default has a policy; if none was given, nobody has read it.
            return if asked.closed { unknown } else { Grant::NONE };
        };
        let start = if layer.unread.is_some() { unknown } else { Grant::NONE };
        layer.statements.iter().filter(|it| !it.denies).fold(start, |found, statement| {
            if found.direct == Truth::True { found } else { found.or(statement.grants(asked)) }
        })
    }
}

/// Who owns the resource, as far as it matters.
#[derive(Debug, Clone, Copy)]
struct Owner {
    /// The caller's own account.
    same_account: bool,
    /// Not the management account, whose resources RCPs do not concern.
    is_member: Truth,
}

/// What is certain when one of two answers is right: a denial of either kind is a denial.
fn either(one: Verdict, other: Verdict) -> Verdict {
    let denies = |it: Verdict| matches!(it.outcome, Outcome::ImplicitDeny | Outcome::ExplicitDeny);
    if one.outcome == other.outcome {
        one
    } else if denies(one) && denies(other) {
        if one.outcome == Outcome::ImplicitDeny { one } else { other }
    } else {
        Verdict { outcome: Outcome::Undetermined, blocked_by: None }
    }
}

fn rcps_concern(asked: &Asked, owner: Owner) -> bool {
    is_bound(&asked.request.principal)
        && &*asked.action != "kms:retiregrant"
        && owner.is_member != Truth::False
        && (asked.supports_rcps || mutant::on(Mutant::RcpsBindEveryService))
}

impl Compiled {
    /// Whether an Allow statement is about an action, in any case.
    pub(crate) fn mentions(&self, action: &str) -> bool {
        let lower = action.to_ascii_lowercase();
        self.statements.iter().any(|statement| !statement.denies && statement.is_about(&lower))
    }

    /// Whether an Allow statement is about an action and no Deny statement without conditions takes it from
    /// every resource.
    pub(crate) fn grants_everywhere(&self, action: &str) -> bool {
        let lower = action.to_ascii_lowercase();
        let denied = |statement: &Statement| {
            let everything = statement
                .resources
                .as_ref()
                .is_some_and(|listed| !listed.all_but && listed.items.iter().any(|item| item.is_any()));
            statement.denies && everything && statement.tests.is_empty() && statement.is_about(&lower)
        };
        self.mentions(action) && !self.statements.iter().any(denied)
    }

    /// Whether one of its Deny statements applies.
    fn denies(&self, asked: &Asked) -> Truth {
        self.some(asked, true)
    }

    /// Whether one of its Allow statements applies.
    fn allows(&self, asked: &Asked) -> Truth {
        self.some(asked, false)
    }

    fn some(&self, asked: &Asked, denies: bool) -> Truth {
        let statements = self.statements.iter().filter(|statement| statement.denies == denies);
        let found = Truth::any(statements.map(|statement| statement.applies(asked)));
        let unread = self.unread.is_some() && !mutant::on(Mutant::UnreadIsEmpty);
        if unread { found.or(Truth::Unknown) } else { found }
    }
}

/// Calls that need no permission and that no policy denies
/// (<https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html>, API_GetSessionToken).
pub(crate) fn always_allowed(asked: &Asked) -> bool {
    let caller = &asked.request.principal;
    match &*asked.action {
        "sts:getcalleridentity" => caller.account().is_some() && !mutant::on(Mutant::CallerIdentityDenied),
        // Only long-term credentials can call it, and nothing keeps them from it.
        "sts:getsessiontoken" => matches!(caller, Principal::Root { .. } | Principal::User { .. }),
        _ => false,
    }
}

/// The root user cannot call it (<https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>).
pub(crate) fn root_assumes_a_role(asked: &Asked) -> bool {
    matches!(asked.request.principal, Principal::Root { .. })
        && &*asked.action == "sts:assumerole"
        && !mutant::on(Mutant::RootAssumesRoles)
}

/// The root user of a bucket's account can always mend the bucket's policy
/// (<https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucketPolicy.html>).
fn may_mend_its_bucket_policy(asked: &Asked) -> bool {
    matches!(asked.request.principal, Principal::Root { .. })
        && matches!(&*asked.action, "s3:getbucketpolicy" | "s3:putbucketpolicy" | "s3:deletebucketpolicy")
        && !mutant::on(Mutant::RootLockedOut)
}

/// Whether SCPs and RCPs concern a caller: all but service-linked roles.
fn is_bound(caller: &Principal) -> bool {
    !caller.is_service_linked() || mutant::on(Mutant::ServiceLinkedRolesAreBound)
}

/// Whether a caller has identity policies, a boundary and session policies.
fn has_policies(principal: &Principal) -> bool {
    matches!(principal, Principal::User { .. } | Principal::Role { .. } | Principal::FederatedUser { .. })
}

/// Whether nobody reaches the resource without its own policy's consent: KMS keys, and roles to be assumed.
pub(crate) fn closed_by_default(action: &str, resource: &str) -> bool {
    let Some((service, _)) = action.split_once(':') else { return false };
    let kind = |wanted: &str, prefix: &str| {
        crate::pattern::parts(resource)
            .is_some_and(|[_, _, service, _, _, name]| service == wanted && name.starts_with(prefix))
    };
    match service {
        "kms" => kind("kms", "key/"),
        "sts" => kind("iam", "role/"),
        _ => false,
    }
}

/// Whether the service of an action supports resource control policies.
pub(crate) fn supports_rcps(action: &str) -> bool {
    let Some((service, _)) = action.split_once(':') else { return false };
    crate::actions::Catalogue::embedded().service(service).is_some_and(|service| service.supports_rcp())
}

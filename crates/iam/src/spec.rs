//! The specification, executable: a slow and literal evaluator that the engine is held against.
//!
//! It follows `docs/reference/policy-evaluation.md` sentence by sentence; the numbers in parentheses are that
//! page's sections. Nothing is indexed, compiled or remembered, and no code that matches is shared with the
//! engine. It is never part of the product.

mod condition;
mod principal;
mod statement;
mod text;
mod truth;
mod value;

use self::principal::Grants;
use self::truth::Truth;
use crate::actions::Catalogue;
use crate::document::{Effect, Policy};
use crate::layers::{Layer, Layers};
use crate::outcome::{Outcome, Verdict};
use crate::principal::Principal;
use crate::request::{Context, Request};

/// Decides a request.
#[must_use]
pub fn decide(layers: &Layers, request: &Request) -> Verdict {
    if needs_no_permission(request) {
        return Verdict { outcome: Outcome::Allow, blocked_by: None };
    }
    let asker = request.principal.account();
    let management = layers.management_account.as_deref();
    // Nobody knows whose resource it is: the caller's own account and any other are both possible (3).
    let member = |account: &str| Truth::from(management != Some(account));
    let cases = match (asker, request.owner()) {
        (_, Some(owner)) => vec![Owner { same_account: asker == Some(owner), member: member(owner) }],
        (Some(asker), None) => {
            let other = management.is_none_or(|account| account == asker);
            vec![
                Owner { same_account: true, member: member(asker) },
                Owner { same_account: false, member: if other { Truth::True } else { Truth::Unknown } },
            ]
        }
        (None, None) => {
            let member = if management.is_none() { Truth::True } else { Truth::Unknown };
            vec![Owner { same_account: false, member }]
        }
    };
    let context = request.full_context();
    let verdicts: Vec<Verdict> =
        cases.into_iter().map(|owner| decide_for(layers, request, &context, owner)).collect();
    let undetermined = Verdict { outcome: Outcome::Undetermined, blocked_by: None };
    let Some(first) = verdicts.first() else { return undetermined };
    if verdicts.iter().all(|other| other.outcome == first.outcome) {
        return *first;
    }
    // Denied in either case, though not for the same reason: not allowed, whatever is not known (1).
    let allowed = |it: &&Verdict| matches!(it.outcome, Outcome::Allow | Outcome::Undetermined);
    let implicit = verdicts.iter().find(|it| it.outcome == Outcome::ImplicitDeny);
    match (verdicts.iter().find(allowed), implicit) {
        (None, Some(implicit)) => *implicit,
        _ => undetermined,
    }
}

/// Who the resource belongs to, as far as it matters.
#[derive(Clone, Copy)]
struct Owner {
    /// Whether it is the caller's account.
    same_account: bool,
    /// Whether it is not the management account.
    member: Truth,
}

/// What needs no permission and cannot be denied (3, exceptions).
fn needs_no_permission(request: &Request) -> bool {
    let is = |action: &str| request.action.eq_ignore_ascii_case(action);
    // Users and root users alone can call the second one.
    match request.principal {
        Principal::Root { .. } | Principal::User { .. } => {
            is("sts:GetCallerIdentity") || is("sts:GetSessionToken")
        }
        Principal::Role { .. } | Principal::FederatedUser { .. } => is("sts:GetCallerIdentity"),
        Principal::Federated { .. } | Principal::Service { .. } | Principal::Anonymous => false,
    }
}

/// The root user cannot assume roles (3, exceptions). A Deny is still a Deny (1).
fn is_root_assuming_a_role(request: &Request) -> bool {
    matches!(request.principal, Principal::Root { .. })
        && request.action.eq_ignore_ascii_case("sts:AssumeRole")
}

/// Decides a request for a resource of a known owner (1, 3).
fn decide_for(layers: &Layers, request: &Request, context: &Context, owner: Owner) -> Verdict {
    let closed = is_closed(request);
    let standings = standings(layers, request, context, owner, closed);
    let denied = Truth::any(standings.iter().map(|standing| standing.denies));
    let (allowed, closest) = allowed(&standings, request, owner, closed);
    match (denied, allowed) {
        (Truth::True, _) => Verdict {
            outcome: Outcome::ExplicitDeny,
            blocked_by: standings
                .iter()
                .find(|standing| standing.denies == Truth::True)
                .map(|standing| standing.layer),
        },
        (_, Truth::False) => Verdict { outcome: Outcome::ImplicitDeny, blocked_by: Some(closest) },
        (Truth::False, Truth::True) => Verdict { outcome: Outcome::Allow, blocked_by: None },
        (Truth::Unknown, _) | (_, Truth::Unknown) => {
            Verdict { outcome: Outcome::Undetermined, blocked_by: None }
        }
    }
}

/// What a layer says (3).
#[derive(Clone, Copy)]
struct Standing {
    layer: Layer,
    denies: Truth,
    allows: Grants,
}

impl Standing {
    fn unread(layer: Layer) -> Self {
        Self { layer, denies: Truth::Unknown, allows: Grants::all(Truth::Unknown) }
    }

    fn or(self, other: Self) -> Self {
        Self { layer: self.layer, denies: self.denies.or(other.denies), allows: self.allows.or(other.allows) }
    }
}

/// Every layer that exists and applies, in the order in which they are named as the one that blocked (3).
fn standings(
    layers: &Layers,
    request: &Request,
    context: &Context,
    owner: Owner,
    closed: bool,
) -> Vec<Standing> {
    let principal = &request.principal;
    let bounded = matches!(principal, Principal::User { .. } | Principal::Role { .. })
        && (layers.boundary.is_some() || is_unread(layers, Layer::Boundary));
    let stand = |layer: Layer, policies: Option<&[Policy]>| {
        let read = policies.map(|policies| standing(layer, policies, request, context, bounded));
        let unread = is_unread(layers, layer).then(|| Standing::unread(layer));
        // A Deny or an Allow that was read is certain, whatever else there is (1).
        match (read, unread) {
            (Some(read), Some(unread)) => Some(read.or(unread)),
            (read, unread) => read.or(unread),
        }
    };
    let mut found = Vec::new();
    let managed =
        principal.account().is_some() && principal.account() == layers.management_account.as_deref();
    if principal.account().is_some() && !managed && !principal.is_service_linked() {
        for level in levels(layers, layers.scps.len(), Layer::Scp) {
            let policies = layers.scps.get(level).map(|level| level.policies.as_slice());
            found.extend(stand(Layer::Scp(level), policies));
        }
    }
    if supports_rcp(&request.action)
        && !request.action.eq_ignore_ascii_case("kms:RetireGrant")
        && !principal.is_service_linked()
    {
        for level in levels(layers, layers.rcps.len(), Layer::Rcp) {
            let policies = layers.rcps.get(level).map(|level| level.policies.as_slice());
            found.extend(
                stand(Layer::Rcp(level), policies)
                    .map(|standing| Standing { denies: standing.denies.and(owner.member), ..standing }),
            );
        }
    }
    found.extend(stand(Layer::Endpoint, layers.endpoint.as_deref()));
    let resource = match layers.resource.as_deref() {
        // Each has a policy; if none was given (also: an empty list), the layer is unread.
        None | Some([]) if closed => Some(Standing::unread(Layer::Resource)),
        policies => stand(Layer::Resource, policies),
    };
    let keeps_bucket = owner.same_account && is_bucket_policy_action(request);
    found.extend(resource.map(|standing| Standing {
        denies: if keeps_bucket { Truth::False } else { standing.denies },
        ..standing
    }));
    if has_own_policies(principal) {
        found.extend(stand(Layer::Identity, Some(&layers.identity)));
        found.extend(stand(Layer::Boundary, layers.boundary.as_deref()));
        found.extend(stand(Layer::Session, layers.session.as_deref()));
    }
    found
}

/// The levels given, and those that exist and could not be read.
fn levels(layers: &Layers, given: usize, layer: fn(usize) -> Layer) -> Vec<usize> {
    let unread = layers.unread.iter().filter_map(|(unread, _)| match *unread {
        Layer::Scp(level) | Layer::Rcp(level) if *unread == layer(level) => Some(level),
        _ => None,
    });
    let mut levels: Vec<usize> = (0..given).chain(unread).collect();
    levels.sort_unstable();
    levels.dedup();
    levels
}

fn is_unread(layers: &Layers, layer: Layer) -> bool {
    layers.unread.iter().any(|(unread, _)| *unread == layer)
}

/// *Or* over the Deny statements, *or* over the Allow statements (3).
fn standing(
    layer: Layer,
    policies: &[Policy],
    request: &Request,
    context: &Context,
    bounded: bool,
) -> Standing {
    let mut standing = Standing { layer, denies: Truth::False, allows: Grants::NONE };
    for policy in policies {
        for statement in &policy.statements {
            let applies = statement::applies(policy, statement, layer, request, context, bounded);
            match statement.effect {
                Effect::Deny => standing.denies = standing.denies.or(applies.any()),
                Effect::Allow => standing.allows = standing.allows.or(applies),
            }
        }
    }
    standing
}

/// Whether the request is allowed, Deny statements aside, and the layer to name if it is not (3).
fn allowed(standings: &[Standing], request: &Request, owner: Owner, closed: bool) -> (Truth, Layer) {
    if is_root_assuming_a_role(request) {
        return (Truth::False, Layer::Rule);
    }
    let find = |layer: Layer| standings.iter().find(|standing| standing.layer == layer);
    // Without a boundary or session policies there is nothing to pass; a federated user without session
    // policies has nothing.
    let no_session = Truth::from(!matches!(request.principal, Principal::FederatedUser { .. }));
    let identity = find(Layer::Identity).map_or(Truth::False, |standing| standing.allows.any());
    let boundary = find(Layer::Boundary).map_or(Truth::True, |standing| standing.allows.any());
    let session = find(Layer::Session).map_or(no_session, |standing| standing.allows.any());
    let resource = find(Layer::Resource).map_or(Grants::NONE, |standing| standing.allows);
    let grant = match &request.principal {
        Principal::Root { .. } if owner.same_account && !closed => Truth::True,
        Principal::Root { .. } => resource.any(),
        Principal::User { .. } | Principal::Role { .. } | Principal::FederatedUser { .. } => {
            let own = identity.and(boundary).and(session);
            let by_both = own.and(resource.any());
            if owner.same_account {
                let granted = if closed { by_both } else { own };
                granted.or(resource.direct).or(resource.through.and(boundary).and(session))
            } else {
                by_both
            }
        }
        Principal::Service { .. } | Principal::Federated { .. } | Principal::Anonymous => resource.any(),
    };
    // RCPs only deny; the endpoint and each level of SCPs must allow.
    let gates: Vec<&Standing> = standings
        .iter()
        .filter(|standing| matches!(standing.layer, Layer::Scp(_) | Layer::Endpoint))
        .collect();
    let allowed = Truth::all(gates.iter().map(|gate| gate.allows.any())).and(grant);
    let mut own = vec![(Layer::Identity, identity), (Layer::Boundary, boundary), (Layer::Session, session)];
    own.retain(|_| has_own_policies(&request.principal));
    let closest = gates
        .iter()
        .map(|gate| (gate.layer, gate.allows.any()))
        .chain(own)
        .find(|(_, allows)| *allows == Truth::False)
        .map_or(Layer::Resource, |(layer, _)| layer);
    (allowed, closest)
}

/// Callers that identity policies, boundaries and session policies concern (3).
fn has_own_policies(principal: &Principal) -> bool {
    match principal {
        Principal::User { .. } | Principal::Role { .. } | Principal::FederatedUser { .. } => true,
        Principal::Root { .. }
        | Principal::Federated { .. }
        | Principal::Service { .. }
        | Principal::Anonymous => false,
    }
}

/// The prefix of an action, in lower case.
fn service(action: &str) -> String {
    action.split(':').next().unwrap_or_default().to_ascii_lowercase()
}

/// KMS keys and roles that are to be assumed: closed by default (3).
fn is_closed(request: &Request) -> bool {
    let parts: Vec<&str> = request.resource.splitn(6, ':').collect();
    match (service(&request.action).as_str(), parts.as_slice()) {
        ("kms", ["arn", _, "kms", _, _, key]) => key.starts_with("key/"),
        ("sts", ["arn", _, "iam", "", _, role]) => role.starts_with("role/"),
        _ => false,
    }
}

/// What the root user of a bucket's account may do whatever the bucket policy denies (3, exceptions).
fn is_bucket_policy_action(request: &Request) -> bool {
    matches!(request.principal, Principal::Root { .. })
        && ["s3:GetBucketPolicy", "s3:PutBucketPolicy", "s3:DeleteBucketPolicy"]
            .iter()
            .any(|action| request.action.eq_ignore_ascii_case(action))
}

/// Whether resource control policies reach the action's service (3). A service nobody has heard of is not
/// among them.
fn supports_rcp(action: &str) -> bool {
    Catalogue::embedded().service(&service(action)).is_some_and(|service| service.supports_rcp())
}

#[cfg(test)]
mod tests;

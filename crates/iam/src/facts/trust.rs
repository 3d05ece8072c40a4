//! Whom the policy of a resource lets in: other accounts, anybody, identities of a provider.

use std::collections::BTreeSet;

use crate::can::actions::Representatives;
use crate::can::{Answer, Budget, Query, Requirement};
use crate::decide::Engine;
use crate::document::{Condition, Effect, Matching, Policy, Principals};
use crate::facts::weakening::about;
use crate::facts::{Setting, everything, must, role, user};
use crate::layers::Layers;
use crate::principal::{Principal, is_account};

/// How the policy of a resource trusts other accounts.
#[derive(Debug, Clone, PartialEq)]
pub struct Trust {
    /// Whether it lets in a principal of another account.
    pub answer: Answer,
    /// Whom, one entry for each principal it names.
    pub others: Vec<Trusted>,
}

/// A principal of another account that is let in.
#[derive(Debug, Clone, PartialEq)]
pub struct Trusted {
    /// As the document names it; `*` for everyone.
    pub principal: String,
    /// Its account, unless it is everyone.
    pub account: Option<String>,
    /// Whether it is let in, with conditions or without.
    pub answer: Answer,
    /// An external id is asked for (`sts:ExternalId`).
    pub external_id: bool,
    /// It must belong to an organization (`aws:PrincipalOrgID`, `aws:PrincipalOrgPaths`).
    pub organization: bool,
}

/// Providers that are trusted without a word on which of their identities.
#[derive(Debug, Clone, PartialEq)]
pub struct Federation {
    /// Whether there is one.
    pub answer: Answer,
    /// The providers, as the document names them.
    pub providers: Vec<String>,
}

impl Trust {
    pub(super) fn none() -> Self {
        Self { answer: Answer::No, others: Vec::new() }
    }
}

impl Federation {
    pub(super) fn none() -> Self {
        Self { answer: Answer::No, providers: Vec::new() }
    }
}

/// How many of the principals a document names are looked at one by one.
pub(super) const MOST_NAMED: usize = 200;

/// Accounts nobody has, for callers who are not named: they are chosen so that the document names neither.
const PLACEHOLDERS: [&str; 4] = ["999999999999", "888888888888", "777777777777", "666666666666"];

/// A resource's policy beside callers whose own policies allow everything, so that its word decides.
pub(super) struct Gate {
    pub(super) engine: Engine,
    /// The account of the resource.
    pub(super) owner: String,
    /// An account the document does not name.
    pub(super) stranger: String,
    actions: Representatives,
    budget: Budget,
}

impl Gate {
    pub(super) fn of(policy: &Policy, setting: &Setting) -> Self {
        let text = format!("{policy:?}");
        let mut free = PLACEHOLDERS.into_iter().filter(|account| !text.contains(account));
        let stranger = free.next().unwrap_or("555555555555").to_owned();
        let owner = setting.account.map(str::to_owned).or_else(|| owner(policy));
        let owner = owner.unwrap_or_else(|| free.next().unwrap_or("444444444444").to_owned());
        let layers = Layers {
            identity: vec![everything()],
            resource: Some(vec![policy.clone()]),
            ..Layers::default()
        };
        Self {
            engine: Engine::new(&layers),
            owner,
            stranger,
            actions: about(&[policy]),
            budget: Budget::default(),
        }
    }

    /// Whether a caller is let in for any of the actions the document is about.
    pub(super) fn admits(&self, caller: &Principal, any_name: bool, assume: &[Requirement]) -> Answer {
        let mut best = Answer::No;
        let mut another_caller = false;
        for action in &self.actions.actions {
            let budget = Some(&self.budget);
            let query =
                Query { owner: Some(&self.owner), assume, budget, any_name, ..Query::new(caller, action) };
            let (answer, depends) = self.engine.can_noting(&query);
            another_caller |= depends && any_name;
            best = best.or(answer);
            if matches!(best, Answer::Yes(_)) {
                break;
            }
        }
        if self.actions.cut {
            let reason = "the document tells too many actions apart to look at all of them".to_owned();
            best = best.or(Answer::Unknown(reason));
        }
        if another_caller {
            best = best.or(Answer::Unknown("it depends on more of the caller than its name".to_owned()));
        }
        best
    }

    /// Whether anybody of an account is let in: users and roles of any name, and the root user.
    fn admits_somebody_of(&self, account: &str, assume: &[Requirement]) -> Answer {
        let root = Principal::Root { account: account.to_owned(), partition: "aws".to_owned() };
        let named = self.admits(&user(account), true, assume).or(self.admits(&role(account), true, assume));
        match named {
            Answer::Yes(_) => named,
            // The root user is one of many: that it alone is kept out, or let in, is no condition to report.
            other => match self.admits(&root, false, assume) {
                Answer::Yes(request) => Answer::Yes(request),
                root => other.or(root),
            },
        }
    }
}

/// The account of a resource's policy, if the resources it names agree on one.
fn owner(policy: &Policy) -> Option<String> {
    let mut accounts = BTreeSet::new();
    for statement in &policy.statements {
        if let Some(Matching::Only(texts) | Matching::AllBut(texts)) = &statement.resources {
            accounts
                .extend(texts.iter().filter_map(|text| text.split(':').nth(4)).filter(|it| is_account(it)));
        }
    }
    let mut accounts = accounts.into_iter();
    match (accounts.next(), accounts.next()) {
        (Some(only), None) => Some(only.to_owned()),
        _ => None,
    }
}

/// Finds out whom a document lets in.
pub(super) fn find(policy: &Policy, setting: &Setting) -> (Trust, Answer, Federation) {
    let gate = Gate::of(policy, setting);
    let named = named(policy);
    let pins = strangers_context(&gate.stranger);
    // Who does not sign has no id to be known by.
    let unsigned: Vec<Requirement> =
        pins.iter().filter(|pin| pin.condition.key != "aws:userid").cloned().collect();
    let public = gate
        .admits(&Principal::Anonymous, false, &unsigned)
        .or(gate.admits_somebody_of(&gate.stranger, &pins));
    let conditioned: Vec<String> =
        accounts_named(policy).into_iter().filter(|account| *account != gate.owner).collect();
    let mut trust = Trust::none();
    let mut federation = Federation::none();
    let most = named.len().max(conditioned.len());
    if most > MOST_NAMED {
        let reason = format!("it names {most} principals, and only {MOST_NAMED} were looked at");
        trust.answer = trust.answer.or(Answer::Unknown(reason));
    }
    for (kind, value) in named.iter().take(MOST_NAMED) {
        let (account, answer) = match (kind.as_str(), value.as_str()) {
            // Everyone: somebody of an account nobody names, or of one that a condition names.
            ("AWS", "*") => {
                let others = conditioned.iter().take(MOST_NAMED).chain([&gate.stranger]);
                let answers =
                    others.map(|account| gate.admits_somebody_of(account, &pins_of_account(account)));
                (None, answers.fold(Answer::No, Answer::or))
            }
            ("AWS", account) if is_account(account) => {
                (Some(account.to_owned()), gate.admits_somebody_of(account, &[]))
            }
            ("AWS", arn) => match Principal::parse(arn) {
                Ok(Principal::Root { account, .. }) => {
                    let answer = gate.admits_somebody_of(&account, &[]);
                    (Some(account), answer)
                }
                Ok(caller) => (caller.account().map(str::to_owned), gate.admits(&caller, false, &[])),
                // Somebody deleted is let in no more; anything else cannot be read.
                Err(_) if value.starts_with("AIDA") || value.starts_with("AROA") => continue,
                Err(_) => {
                    let reason = format!("the principal `{value}` cannot be read");
                    trust.answer = trust.answer.or(Answer::Unknown(reason));
                    continue;
                }
            },
            ("Federated", provider) => {
                let answer = federated(&gate, provider);
                if answer != Answer::No {
                    federation.providers.push(provider.to_owned());
                    federation.answer = federation.answer.or(answer);
                }
                continue;
            }
            ("CanonicalUser", _) => {
                let reason = "a canonical user id does not tell which account it is".to_owned();
                trust.answer = trust.answer.or(Answer::Unknown(reason));
                continue;
            }
            _ => continue,
        };
        if account.as_deref() == Some(&gate.owner) {
            continue;
        }
        if answer == Answer::No {
            continue;
        }
        let asks = |wanted: &[&str]| {
            answer.conditions().iter().any(|requirement| {
                wanted.iter().any(|key| requirement.condition.key.eq_ignore_ascii_case(key))
            })
        };
        trust.others.push(Trusted {
            principal: value.clone(),
            account,
            external_id: asks(&["sts:ExternalId"]),
            organization: asks(&["aws:PrincipalOrgID", "aws:PrincipalOrgPaths"]),
            answer: answer.clone(),
        });
        trust.answer = trust.answer.or(answer);
    }
    let excludes = policy.statements.iter().any(|statement| {
        statement.effect == Effect::Allow && matches!(statement.principals, Some(Matching::AllBut(_)))
    });
    if excludes {
        // Everyone but a list lets in whoever is not on it.
        let answer = gate.admits_somebody_of(&gate.stranger, &[]);
        trust.answer = trust.answer.or(answer);
    }
    (trust, public, federation)
}

/// The principals a document's Allow statements name, each once.
pub(super) fn named(policy: &Policy) -> BTreeSet<(String, String)> {
    let mut named = BTreeSet::new();
    for statement in policy.statements.iter().filter(|statement| statement.effect == Effect::Allow) {
        match &statement.principals {
            Some(Matching::Only(Principals::Everyone)) => {
                named.insert(("AWS".to_owned(), "*".to_owned()));
            }
            Some(Matching::Only(Principals::Listed(pairs))) => named.extend(pairs.iter().cloned()),
            Some(Matching::AllBut(_)) | None => {}
        }
    }
    named
}

/// The principals a document names anywhere, also those it leaves out or denies.
pub(crate) fn everyone_named(policy: &Policy) -> BTreeSet<(String, String)> {
    let named = policy.statements.iter().filter_map(|statement| match &statement.principals {
        Some(Matching::Only(Principals::Listed(pairs)) | Matching::AllBut(Principals::Listed(pairs))) => {
            Some(pairs)
        }
        _ => None,
    });
    named.flatten().cloned().collect()
}

/// What a stranger cannot choose: its organization, and where a request on its behalf comes from.
///
/// AWS names the same keys where it says when a policy is not public
/// (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html>, *The
/// meaning of public*).
fn strangers_context(account: &str) -> Vec<Requirement> {
    let mut pins = vec![
        must("StringEqualsIfExists", "aws:PrincipalOrgID", "o-stranger00"),
        must("ForAllValues:StringLike", "aws:PrincipalOrgPaths", "o-stranger00/*"),
        must("StringEqualsIfExists", "aws:SourceOrgID", "o-stranger00"),
        must("ForAllValues:StringLike", "aws:SourceOrgPaths", "o-stranger00/*"),
        must("StringEqualsIfExists", "aws:SourceVpc", "vpc-05747261"),
        must("StringEqualsIfExists", "aws:SourceVpce", "vpce-05747261"),
        must("StringEqualsIfExists", "aws:VpceOrgID", "o-stranger00"),
        must("StringLikeIfExists", "aws:userid", "AIDASTRANGER00000000*"),
    ];
    pins.extend(pins_of_account(account));
    pins
}

/// What follows from the account somebody acts from, whatever AWS service stands between.
fn pins_of_account(account: &str) -> Vec<Requirement> {
    let keys = [
        "aws:SourceAccount",
        "aws:SourceOwner",
        "aws:VpceAccount",
        "kms:CallerAccount",
        "s3:DataAccessPointAccount",
    ];
    let mut pins: Vec<Requirement> =
        keys.into_iter().map(|key| must("StringEqualsIfExists", key, account)).collect();
    // The ARNs of buckets carry no account, and anybody may have a bucket of a name nobody has.
    let mut source = must("ArnLikeIfExists", "aws:SourceArn", &format!("arn:*:*:*:{account}:*"));
    source.condition.values.push(format!("arn:*:s3:::somebody-elses-{account}*"));
    pins.push(source);
    let point = format!("arn:*:s3:*:{account}:accesspoint/*");
    pins.push(must("ArnLikeIfExists", "s3:DataAccessPointArn", &point));
    pins
}

/// The accounts that conditions name.
pub(super) fn accounts_named(policy: &Policy) -> BTreeSet<String> {
    let conditions = policy.statements.iter().flat_map(|statement| &statement.conditions);
    let values = conditions.flat_map(|condition| &condition.values);
    let accounts = values.map(|value| value.split(':').nth(4).unwrap_or(value));
    accounts.filter(|account| is_account(account)).map(str::to_owned).collect()
}

/// Whether any identity of an OIDC provider is let in, whatever its subject.
fn federated(gate: &Gate, provider: &str) -> Answer {
    if provider.contains(":saml-provider/") {
        return Answer::No;
    }
    let name = provider.split_once("oidc-provider/").map_or(provider, |(_, name)| name);
    // Those identify the application in `aud`, and their users belong to it.
    let by_application =
        ["cognito-identity.amazonaws.com", "accounts.google.com", "graph.facebook.com", "www.amazon.com"];
    let subject = format!("{name}:sub");
    // A subject whose owner nobody else has: it ends in `-stranger`, and no later part does.
    let of_stranger = |head: &str, separator: char| {
        let mut no_other = must("StringLike", &subject, &format!("{head}*{separator}*-stranger{separator}*"));
        no_other.holds = false;
        vec![must("StringLike", &subject, &format!("{head}*-stranger{separator}*")), no_other]
    };
    let stranger = if by_application.contains(&name) {
        vec![must("StringEquals", &format!("{name}:aud"), "somebody-elses-application")]
    } else {
        match name {
            "token.actions.githubusercontent.com" => of_stranger("repo:", '/'),
            "gitlab.com" => of_stranger("project_path:", '/'),
            "app.terraform.io" | "agent.buildkite.com" => of_stranger("organization:", ':'),
            _ => vec![must("StringEquals", &subject, "somebody-else")],
        }
    };
    let caller = Principal::Federated { provider: provider.to_owned() };
    let about_application = |condition: &Condition| {
        let key = condition.key.to_ascii_lowercase();
        key.ends_with(":aud") || key.ends_with(":azp")
    };
    match gate.admits(&caller, false, &stranger) {
        // The audience is the same for everybody who asks the provider for a token.
        Answer::YesIf(conditions, request)
            if !by_application.contains(&name)
                && conditions.iter().all(|it| about_application(&it.condition)) =>
        {
            Answer::Yes(request)
        }
        answer => answer,
    }
}

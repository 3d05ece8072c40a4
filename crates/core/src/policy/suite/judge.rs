//! One case: made ready from what is written, and judged against layers.

use provost_iam::actions::Catalogue;
use provost_iam::can::Answer;
use provost_iam::decide::{Asked, Engine};
use provost_iam::guard::{NeverAllows, Proof};
use provost_iam::layers::Layers;
use provost_iam::outcome::{Decision, Outcome};
use provost_iam::request::Request;
use provost_iam::scenario::layer;

use super::text::{AskText, CaseText, NeverText, RequestMembers as _, SuiteText};
use super::{CaseResult, Expectation};
use crate::policy::scene::{Files, Scene, layers_of};
use crate::policy::simulate::settle_owner;

/// A case, ready to be judged.
#[derive(Debug, Clone)]
pub(super) struct Prepared {
    pub(super) name: String,
    pub(super) line: Option<usize>,
    pub(super) scene: Scene,
    pub(super) ask: Ask,
    pub(super) assumed: Vec<String>,
}

/// What is asked.
#[derive(Debug, Clone)]
pub(super) enum Ask {
    /// How a request is decided.
    Decide { request: Box<Request>, expect: Expectation, by: Option<String> },
    /// Whether a promise holds.
    Prove(Box<Promise>),
}

/// A promise, and what keeps it from being proved even if no request is found that breaks it.
#[derive(Debug, Clone)]
pub(super) struct Promise {
    promise: NeverAllows,
    open: Option<String>,
}

/// What came of it.
#[derive(Debug, Clone)]
pub(super) enum Judged {
    /// A decision, and how it compares to what was expected.
    Decided { decision: Decision, result: CaseResult, expected: String },
    /// A proof, or none.
    Proved(Proof),
}

/// Makes a case ready.
pub(super) fn prepare(
    suite: &SuiteText,
    index: usize,
    case: &CaseText,
    line: Option<usize>,
    files: &mut Files,
) -> Result<Prepared, String> {
    let layers = layers_of(case.layers.over(&suite.layers)).map_err(|error| format!("layers: {error}"))?;
    let place = |member: &str| {
        let field = member.split('[').next().unwrap_or(member);
        let own = case.layers.given.contains_key(field);
        if own { format!("cases[{index}].layers.{member}") } else { format!("layers.{member}") }
    };
    let scene = Scene::read(&layers, files, &place).map_err(|error| error.to_string())?;
    let mut assumed = Vec::new();
    let ask = match &case.asks {
        AskText::Request { request, expect, by } => {
            let text = request.whole(&suite.request)?;
            let mut request = text.read().map_err(|error| error.to_string())?;
            assumed.extend(settle_owner(&mut request));
            Ask::Decide { request: Box::new(request), expect: *expect, by: by.clone() }
        }
        AskText::Never(never) => Ask::Prove(Box::new(promise(never, &scene, &mut assumed)?)),
    };
    Ok(Prepared { name: case.name.clone(), line, scene, ask, assumed })
}

fn promise(text: &NeverText, scene: &Scene, assumed: &mut Vec<String>) -> Result<Promise, String> {
    if scene.layers.identity.is_empty() {
        assumed
            .push("the caller's own policies allow everything (no identity policies are given)".to_owned());
    }
    let mut open = None;
    let principals = if text.principals.is_empty() {
        assumed.push(
            "the callers are users and role sessions of any name, and root users where only organization \
             policies are given (no principals are given)"
                .to_owned(),
        );
        Vec::new()
    } else {
        let read =
            text.principals.iter().map(|it| it.read().map_err(|error| format!("never_allows: {error}")));
        read.collect::<Result<_, _>>()?
    };
    let promise = NeverAllows {
        principals,
        actions: text.actions.clone(),
        resources: text.resources.clone(),
        unless: text.unless.clone(),
        owner: text.resource_account.clone(),
    };
    let nothing = text.actions.iter().find(|pattern| {
        let one = NeverAllows { actions: vec![(*pattern).clone()], ..NeverAllows::default() };
        !Catalogue::embedded().actions().any(|action| one.is_about(action.name()))
    });
    if let Some(pattern) = nothing {
        let date = Catalogue::embedded().date();
        open =
            Some(format!("no action matches `{pattern}` as of {date}, so there is nothing to prove of it"));
    }
    Ok(Promise { promise, open })
}

impl Ask {
    /// Asks it of layers.
    pub(super) fn judge(&self, layers: &Layers) -> Judged {
        match self {
            Self::Prove(it) => Judged::Proved(match (it.promise.prove(layers), &it.open) {
                (Proof::Holds { .. }, Some(open)) => Proof::Unknown(open.clone()),
                // That what does not exist is allowed breaks nothing.
                (Proof::Broken(answer), Some(open)) if !exists(&answer) => Proof::Unknown(open.clone()),
                (proof, _) => proof,
            }),
            Self::Decide { request, expect, by } => {
                let decision = Engine::new(layers).explain(&Asked::new(request));
                let expected = match by {
                    Some(by) => format!("{} by {by}", expect.as_str()),
                    None => expect.as_str().to_owned(),
                };
                let result = compared(&decision, *expect, by.as_deref());
                Judged::Decided { decision, result, expected }
            }
        }
    }
}

/// Whether the action of the request that shows an answer is one we know.
fn exists(answer: &Answer) -> bool {
    answer.witness().is_some_and(|request| Catalogue::embedded().action(&request.action).is_some())
}

impl Judged {
    pub(super) fn result(&self) -> CaseResult {
        match self {
            Self::Decided { result, .. } => *result,
            Self::Proved(Proof::Holds { .. }) => CaseResult::Pass,
            Self::Proved(Proof::Broken(_)) => CaseResult::Fail,
            Self::Proved(Proof::Unknown(_)) => CaseResult::Unknown,
        }
    }
}

impl Expectation {
    fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::ImplicitDeny => "implicit_deny",
            Self::ExplicitDeny => "explicit_deny",
            Self::Deny => "deny",
            Self::Undetermined => "undetermined",
        }
    }
}

fn compared(decision: &Decision, expect: Expectation, by: Option<&str>) -> CaseResult {
    let as_expected = match decision.outcome {
        Outcome::Allow => expect == Expectation::Allow,
        Outcome::ImplicitDeny => matches!(expect, Expectation::ImplicitDeny | Expectation::Deny),
        Outcome::ExplicitDeny => matches!(expect, Expectation::ExplicitDeny | Expectation::Deny),
        Outcome::Undetermined if expect != Expectation::Undetermined => return CaseResult::Unknown,
        Outcome::Undetermined => true,
    };
    if as_expected && by.is_none_or(|by| is_by(decision, by)) { CaseResult::Pass } else { CaseResult::Fail }
}

/// Whether a layer, or a statement with this `Sid`, decided.
fn is_by(decision: &Decision, by: &str) -> bool {
    match layer(by) {
        Some(layer) => {
            decision.blocked_by == Some(layer) || decision.deciding.iter().any(|it| it.layer == layer)
        }
        None => decision.deciding.iter().any(|it| it.sid.as_deref() == Some(by)),
    }
}

//! Remarks on Allow statements that the rest of the document takes everything from, or already gives.
//!
//! The engine is asked, action by action, whether there is any request the statement allows and the rest does
//! not. Who asks is left open: what a statement says of the caller is left out of the question where that makes
//! the statement wider or the rest narrower, so a statement is only reported if it matters to nobody.

use super::{Desk, is_plain, is_star, resources_of, rules, texts};
use crate::actions::Catalogue;
use crate::caller::Asked;
use crate::can::actions::representatives;
use crate::can::{Answer, Query};
use crate::decide::Engine;
use crate::document::{Condition, Effect, Matching, Policy, Principals, Statement};
use crate::facts::role;
use crate::layers::Layers;
use crate::outcome::Outcome;
use crate::pattern::{Syntax, Token, tokens};
use crate::principal::{Principal, is_account};

/// Larger documents are not looked at.
const MOST_STATEMENTS: usize = 40;
const MOST_TEXTS: usize = 1_000;
/// How many accounts a document may name.
const MOST_ACCOUNTS: usize = 4;
/// How many steps of the search all questions may take together, as far as can be told beforehand.
const MOST_STEPS: usize = 4_000;
/// A question that may take more steps is not asked, nor is one about an action with more kinds of resources:
/// each step compares all of them with all that are listed.
const MOST_WAYS: usize = 250;
const MOST_KINDS: usize = 25;

/// Accounts nobody has.
const PLACEHOLDERS: [&str; 6] =
    ["999999999999", "888888888888", "777777777777", "666666666666", "555555555555", "444444444444"];

/// Keys that follow from who asks, or from whose the resource is.
const OF_THE_CALLER: [&str; 8] = [
    "aws:principalaccount",
    "aws:principalarn",
    "aws:principalisawsservice",
    "aws:principalservicename",
    "aws:principaltype",
    "aws:resourceaccount",
    "aws:userid",
    "aws:username",
];

pub(super) fn look(policy: &Policy, desk: &mut Desk) {
    let known = matches!(policy.version.as_deref(), None | Some("2012-10-17" | "2008-10-17"));
    let statements = &policy.statements;
    if statements.len() < 2 || !known {
        return;
    }
    let accounts = accounts(policy);
    if !is_small(policy) || accounts.len() > MOST_ACCOUNTS {
        desk.gave_up = true;
        return;
    }
    let mut steps = MOST_STEPS;
    // From the last to the first, without those that were reported: all of them can be left out together.
    let mut left: Vec<usize> = (0..statements.len()).collect();
    for index in (0..statements.len()).rev() {
        let Some(statement) = statements.get(index).filter(|it| it.effect == Effect::Allow) else { continue };
        let same =
            |other: &Statement| Statement { sid: statement.sid.clone(), ..other.clone() } == *statement;
        let finding = match statements.iter().take(index).position(same) {
            Some(first) => Some(Finding::Repeats(first)),
            None => {
                let others = left.iter().copied().filter(|other| *other != index);
                Question::new(policy, index, others.collect(), &accounts)
                    .and_then(|question| question.answer(&mut steps, desk))
            }
        };
        let Some(finding) = finding else { continue };
        left.retain(|other| *other != index);
        desk.statement = Some(index);
        desk.say(
            rules::NEVER_MATTERS,
            match finding {
                Finding::Repeats(first) => format!("it repeats `Statement[{first}]`"),
                Finding::Denied => "everything it allows is denied by the document".to_owned(),
                Finding::Covered(Some(by)) => format!("`Statement[{by}]` allows everything it allows"),
                Finding::Covered(None) => "other statements allow everything it allows".to_owned(),
            },
        );
    }
    desk.statement = None;
}

enum Finding {
    Repeats(usize),
    Denied,
    /// By this statement alone, or by several.
    Covered(Option<usize>),
}

/// A statement next to the rest of its document.
struct Question {
    alone: Engine,
    /// Beside the Deny statements.
    denied: Engine,
    /// The other Allow statements.
    rest: Engine,
    /// Each of them by itself.
    single: Vec<(usize, Engine)>,
    all: Engine,
    patterns: Vec<String>,
    callers: Vec<Principal>,
}

impl Question {
    fn new(policy: &Policy, index: usize, others: Vec<usize>, accounts: &[String]) -> Option<Self> {
        let original = policy.statements.get(index)?;
        let statement = widened(original)?;
        let mut denies = Vec::new();
        let mut allows = Vec::new();
        for other in others {
            let candidate = policy.statements.get(other)?;
            if about_caller(candidate) || !covers(&candidate.principals, &original.principals) {
                continue;
            }
            let bare = bare(candidate);
            match candidate.effect {
                Effect::Deny => denies.push(bare),
                Effect::Allow => allows.push((other, bare)),
            }
        }
        if denies.is_empty() && allows.is_empty() {
            return None;
        }
        let engine = |statements: Vec<Statement>| {
            let policy = Policy { statements, ..policy.clone() };
            Engine::new(&Layers {
                identity: vec![policy],
                resource: Some(vec![consent(accounts)]),
                ..Layers::default()
            })
        };
        let with = |more: &[Statement]| -> Vec<Statement> {
            std::iter::once(&statement).chain(more).cloned().collect()
        };
        let allowing: Vec<Statement> = allows.iter().map(|(_, it)| it.clone()).collect();
        let everything: Vec<Statement> = denies.iter().chain(&allowing).cloned().collect();
        Some(Self {
            alone: engine(with(&[])),
            denied: engine(with(&denies)),
            all: engine(with(&everything)),
            single: allows.into_iter().map(|(other, it)| (other, engine(vec![it]))).collect(),
            rest: engine(allowing),
            patterns: match &statement.actions {
                Matching::Only(texts) => texts.clone(),
                Matching::AllBut(_) => vec!["*".to_owned()],
            },
            callers: accounts.iter().map(|account| role(account)).collect(),
        })
    }

    fn answer(&self, steps: &mut usize, desk: &mut Desk) -> Option<Finding> {
        // Most statements matter, and show it with the first action.
        for action in self.first_actions() {
            self.is_needless(&action, steps, desk)?;
        }
        let chosen = representatives(self.all.statements(), &self.patterns, None, true);
        if chosen.cut {
            return None;
        }
        let (mut applies, mut all_denied) = (false, true);
        let mut open = Vec::new();
        for action in chosen.actions {
            match self.is_needless(&action, steps, desk)? {
                Needless::Idle => {}
                Needless::Denied => applies = true,
                Needless::Covered => {
                    (applies, all_denied) = (true, false);
                    open.push(action);
                }
            }
        }
        match (applies, all_denied) {
            (false, _) => None,
            (true, true) => Some(Finding::Denied),
            (true, false) => {
                let alone = self.single.iter().find(|(_, engine)| {
                    open.iter().all(|action| {
                        let mut queries = self.callers.iter().map(|caller| Query::new(caller, action));
                        queries.all(|it| self.has_none_beyond(engine, &it, steps, desk) == Some(true))
                    })
                });
                Some(Finding::Covered(alone.map(|(other, _)| *other)))
            }
        }
    }

    /// An action for each pattern, without looking at what the others are about.
    fn first_actions(&self) -> Vec<String> {
        let mut found = Vec::new();
        for text in self.patterns.iter().take(5) {
            if !text.contains(['*', '?']) {
                found.push(text.clone());
                continue;
            }
            let pattern = super::actions::pattern(text);
            let prefix = text.split(':').next().unwrap_or_default();
            let service = if is_star(text) { "s3" } else { prefix };
            let actions = Catalogue::embedded().service(service).map(|service| service.actions());
            let names = actions.into_iter().flatten().map(|action| action.name());
            found.extend(names.filter(|name| pattern.matches_plain(name)).take(2).map(str::to_owned));
        }
        found.retain(|action| self.is_about(action));
        found
    }

    fn is_about(&self, action: &str) -> bool {
        self.alone.identity.mentions(action)
    }

    /// Why the statement does nothing for an action; `None` if it does something, or nobody can say.
    fn is_needless(&self, action: &str, steps: &mut usize, desk: &mut Desk) -> Option<Needless> {
        if !self.is_about(action) {
            return Some(Needless::Idle);
        }
        if Catalogue::embedded().action(action).is_some_and(|it| it.resource_types().len() > MOST_KINDS) {
            return None;
        }
        let mut found = Needless::Idle;
        for caller in &self.callers {
            let query = Query::new(caller, action);
            spend(steps, ways(&self.denied, action), desk)?;
            match self.denied.can(&query) {
                Answer::Unknown(_) => return None,
                Answer::No => {
                    if matches!(found, Needless::Idle) && self.alone.can(&query) != Answer::No {
                        found = Needless::Denied;
                    }
                }
                Answer::Yes(request) | Answer::YesIf(_, request) => {
                    // Where the rest does not allow this one, there is no need to search.
                    if self.rest.decide(&Asked::new(&request)).outcome != Outcome::Allow
                        || !self.has_none_beyond(&self.rest, &query, steps, desk)?
                    {
                        return None;
                    }
                    found = Needless::Covered;
                }
            }
        }
        Some(found)
    }

    /// Whether another engine allows whatever this statement does, as far as a question goes.
    fn has_none_beyond(
        &self,
        engine: &Engine,
        query: &Query,
        steps: &mut usize,
        desk: &mut Desk,
    ) -> Option<bool> {
        let ways = ways(&self.denied, query.action).saturating_mul(ways(engine, query.action));
        spend(steps, ways, desk)?;
        Some(self.denied.can_beyond(engine, query) == Answer::No)
    }
}

/// How many ways there are at most for the statements about an action to fail, which the search goes through.
fn ways(engine: &Engine, action: &str) -> usize {
    let lower = action.to_ascii_lowercase();
    let about = engine.identity.statements.iter().filter(|statement| statement.is_about(&lower));
    about.fold(1_usize, |ways, it| ways.saturating_mul(1 + it.tests.len()))
}

enum Needless {
    /// No request meets it.
    Idle,
    Denied,
    Covered,
}

fn spend(steps: &mut usize, cost: usize, desk: &mut Desk) -> Option<()> {
    if cost > MOST_WAYS {
        return None;
    }
    match steps.checked_sub(cost) {
        Some(left) => *steps = left,
        None => {
            desk.gave_up = true;
            return None;
        }
    }
    Some(())
}

fn is_small(policy: &Policy) -> bool {
    let statements = &policy.statements;
    let of = |it: &Statement| {
        let values = it.conditions.iter().map(|condition| condition.values.len() + 1).sum::<usize>();
        texts(&it.actions).len() + resources_of(it).len() + values
    };
    statements.len() <= MOST_STATEMENTS
        && statements.iter().map(of).sum::<usize>() <= MOST_TEXTS
        && statements.iter().all(|it| {
            let values = it.conditions.iter().flat_map(|condition| &condition.values);
            texts(&it.actions).iter().chain(resources_of(it)).chain(values).all(|text| is_plain(text))
        })
}

/// The accounts that resources name, and one that nobody names.
fn accounts(policy: &Policy) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let texts = policy.statements.iter().flat_map(resources_of);
    let runs = texts.flat_map(|text| text.split(|character: char| !character.is_ascii_digit()));
    for account in runs.filter(|run| is_account(run)) {
        if found.len() <= MOST_ACCOUNTS && !found.iter().any(|known| known == account) {
            found.push(account.to_owned());
        }
    }
    let unnamed = PLACEHOLDERS.into_iter().find(|free| !found.iter().any(|known| known == free));
    found.extend(unnamed.map(str::to_owned));
    found
}

/// The statement as if everybody it could be about asked: `None` if its resources depend on the caller.
fn widened(statement: &Statement) -> Option<Statement> {
    if resources_of(statement).iter().any(|text| names_caller(text)) {
        return None;
    }
    let mut bare = bare(statement);
    bare.conditions.retain(|condition| !is_about_caller(condition));
    Some(bare)
}

/// A statement without its principals, and with the resources it is about in any case.
fn bare(statement: &Statement) -> Statement {
    let everything = || Matching::Only(vec!["*".to_owned()]);
    Statement {
        principals: None,
        resources: Some(statement.resources.clone().unwrap_or_else(everything)),
        ..statement.clone()
    }
}

fn about_caller(statement: &Statement) -> bool {
    resources_of(statement).iter().any(|text| names_caller(text))
        || statement.conditions.iter().any(is_about_caller)
}

fn is_about_caller(condition: &Condition) -> bool {
    OF_THE_CALLER.contains(&condition.key.to_ascii_lowercase().as_str())
        || condition.values.iter().any(|text| names_caller(text))
}

fn names_caller(text: &str) -> bool {
    text.contains("${")
        && tokens(text, Syntax { wildcards: true, variables: true, fold: false }).iter().any(
            |token| matches!(token, Token::Variable(variable) if OF_THE_CALLER.contains(&&*variable.key)),
        )
}

/// Whether one statement means everybody the other means.
fn covers(one: &Option<Matching<Principals>>, other: &Option<Matching<Principals>>) -> bool {
    match (one, other) {
        (Some(Matching::Only(Principals::Everyone)), _) => true,
        (
            Some(Matching::Only(Principals::Listed(wide))),
            Some(Matching::Only(Principals::Listed(narrow))),
        ) => {
            wide.iter().any(|(kind, value)| kind == "AWS" && value == "*")
                || narrow.iter().all(|pair| wide.contains(pair))
        }
        (one, other) => one == other,
    }
}

/// What lets the policies of these accounts decide about keys and roles, and grants nobody anything by itself.
fn consent(accounts: &[String]) -> Policy {
    let mut policy = crate::facts::everything();
    for statement in &mut policy.statements {
        let named = accounts.iter().map(|account| ("AWS".to_owned(), account.clone()));
        statement.principals = Some(Matching::Only(Principals::Listed(named.collect())));
    }
    policy
}

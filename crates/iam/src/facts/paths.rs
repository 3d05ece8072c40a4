//! Which privilege-escalation paths a document opens, and whether it makes an administrator.

use std::collections::HashMap;

use crate::can::{Answer, Query, domain};
use crate::escalation::{DecidedBy, Gains, On, Path, Step, paths};
use crate::facts::{Holders, fixed, must, query};
use crate::principal::Principal;

/// The paths a document opens.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Escalations {
    /// Decided by the document alone.
    pub escalation: Vec<PathFound>,
    /// Open if something exists in a suitable state, or only towards what the document names.
    pub capabilities: Vec<PathFound>,
    /// Nobody can say.
    pub undecided: Vec<PathFound>,
}

/// A path that is, or may be, open.
#[derive(Debug, Clone)]
pub struct PathFound {
    /// The path.
    pub path: &'static Path,
    /// Whether it is open, with conditions or without.
    pub answer: Answer,
    /// The document narrows the resources of a step that would decide the path.
    pub narrowed: bool,
}

impl PartialEq for PathFound {
    fn eq(&self, other: &Self) -> bool {
        self.path.id == other.path.id && self.answer == other.answer && self.narrowed == other.narrowed
    }
}

/// How a step is asked about: as the path needs it to be decided by the document, or on any resource at all.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Asking {
    Decided,
    AnyResource,
}

/// Finds the paths, and whether one of them makes an administrator.
pub(super) fn find(holders: &Holders) -> (Escalations, Answer) {
    let mut found = Escalations::default();
    let mut admin = Answer::No;
    let mut finder = Finder { holders, answers: HashMap::new(), mentioned: HashMap::new() };
    for path in paths() {
        if !path.steps.iter().all(|step| finder.is_mentioned(&step.action)) {
            continue;
        }
        let decided = match path.decided_by {
            DecidedBy::Policy => finder.ask(path, Asking::Decided),
            DecidedBy::Target => Answer::No,
        };
        if path.gains == Gains::Everything {
            admin = admin.or(decided.clone());
        }
        if decided.is_possible() {
            found.escalation.push(PathFound { path, narrowed: false, answer: decided });
            continue;
        }
        let answer = finder.ask(path, Asking::AnyResource).or(decided);
        let list = match answer {
            Answer::No => continue,
            Answer::Unknown(_) => &mut found.undecided,
            Answer::Yes(_) | Answer::YesIf(..) => &mut found.capabilities,
        };
        list.push(PathFound { path, narrowed: path.decided_by == DecidedBy::Policy, answer });
    }
    (found, admin)
}

struct Finder<'a> {
    holders: &'a Holders,
    /// By step, by the way of asking and by caller.
    answers: HashMap<(*const Step, Asking, *const Principal), (Answer, bool)>,
    mentioned: HashMap<&'static str, bool>,
}

impl Finder<'_> {
    /// Whether some Allow statement could be about an action; most documents are done with after this.
    fn is_mentioned(&mut self, action: &'static str) -> bool {
        let engine = &self.holders.engine;
        *self.mentioned.entry(action).or_insert_with(|| engine.identity.mentions(action))
    }

    /// Whether one and the same caller can take all steps.
    fn ask(&mut self, path: &'static Path, asking: Asking) -> Answer {
        let own = path.steps.iter().find(|step| step.on == Some(On::Own));
        self.holders.ask(|caller| {
            let is_role = matches!(caller, Principal::Role { .. });
            if own.is_some_and(|step| step.action.contains("Role") != is_role) {
                return None;
            }
            let mut all: Option<Answer> = None;
            let mut depends = false;
            for step in &path.steps {
                let (answer, depends_here) = self.step(step, asking, caller);
                depends |= depends_here;
                if answer == Answer::No {
                    return Some((answer, depends_here));
                }
                all = Some(match all {
                    None => answer,
                    Some(before) => before.and(answer),
                });
            }
            Some((all.unwrap_or(Answer::No), depends))
        })
    }

    fn step(&mut self, step: &Step, asking: Asking, caller: &Principal) -> (Answer, bool) {
        let key = (std::ptr::from_ref(step), asking, std::ptr::from_ref(caller));
        if let Some(known) = self.answers.get(&key) {
            return known.clone();
        }
        let account = caller.account().unwrap_or_default();
        let arn = caller.principal_arn().unwrap_or_default();
        let partition = arn.split(':').nth(1).unwrap_or("aws");
        let mut choices = vec![fixed(&step.context)];
        if asking == Asking::Decided {
            for (key, values) in &step.free {
                let with = |value: &String| {
                    let value = value.replace("${Partition}", partition).replace("${Account}", account);
                    choices.iter().cloned().map(move |mut choice| {
                        choice.push(must("StringEquals", key, &value));
                        choice
                    })
                };
                choices = values.iter().flat_map(with).collect();
            }
        }
        let resources: Vec<String> = match (asking, step.on) {
            (Asking::AnyResource, _) | (Asking::Decided, None) => Vec::new(),
            (Asking::Decided, Some(On::Own)) => caller.principal_arn().into_iter().collect(),
            (Asking::Decided, Some(On::Any)) => {
                domain::sample(&step.action, partition, account, "any-other").into_iter().collect()
            }
        };
        let mut answer = (Answer::No, false);
        for assume in &choices {
            let query = query(caller, &step.action, &resources, assume, &self.holders.budget);
            let query = Query { caller_is_given: self.holders.is_given, ..query };
            let (one, depends) = self.holders.engine.can_noting(&query);
            answer = (answer.0.or(one), answer.1 || depends);
            if matches!(answer.0, Answer::Yes(_)) {
                break;
            }
        }
        self.answers.insert(key, answer.clone());
        answer
    }
}

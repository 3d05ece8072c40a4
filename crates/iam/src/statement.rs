//! One statement, compiled: whether it applies to a request, and why nobody can say.

use crate::caller::{Asked, Grant};
use crate::condition::Test;
use crate::document::{self, Effect, Matching, Policy};
use crate::layers::Layer;
use crate::mutant::{self, Mutant};
use crate::pattern::{Match, Pattern, Syntax, Token, tokens};
use crate::principals::Named;
use crate::truth::Truth;

/// A statement, ready to be asked.
#[derive(Debug, Clone)]
pub(crate) struct Statement {
    /// Which policy of its layer, from 0.
    pub(crate) policy: usize,
    /// Which statement of its policy, from 0.
    pub(crate) index: usize,
    /// Its `Sid`.
    pub(crate) sid: Option<Box<str>>,
    /// `Deny`, not `Allow`.
    pub(crate) denies: bool,
    /// Why nobody can say whether it applies, where the document is not as AWS would have it.
    pub(crate) malformed: Option<Box<str>>,
    /// `Action` or `NotAction`, in lower case.
    pub(crate) actions: Listed<Pattern>,
    /// `Resource` or `NotResource`; without either it is about whatever it is attached to.
    pub(crate) resources: Option<Listed<Pattern>>,
    /// `Principal` or `NotPrincipal`, where the layer has them.
    pub(crate) principals: Option<Named>,
    /// Its conditions.
    pub(crate) tests: Box<[Test]>,
}

/// A list, or everything but a list.
#[derive(Debug, Clone)]
pub(crate) struct Listed<T> {
    /// `NotAction`, `NotResource`.
    pub(crate) all_but: bool,
    /// What is listed.
    pub(crate) items: Box<[T]>,
}

impl<T> Listed<T> {
    fn new<'text>(element: &'text Matching<Vec<String>>, compile: impl Fn(&'text String) -> T) -> Self {
        let (all_but, texts) = match element {
            Matching::Only(texts) => (false, texts),
            Matching::AllBut(texts) => (true, texts),
        };
        Self { all_but, items: texts.iter().map(compile).collect() }
    }
}

/// Compiles the statements of a policy, as the layer it stands in reads them.
pub(crate) fn compile(policy: &Policy, number: usize, layer: Layer) -> impl Iterator<Item = Statement> {
    let variables = match policy.version.as_deref() {
        Some("2012-10-17") => !mutant::on(Mutant::VariablesArePlain),
        _ => mutant::on(Mutant::OldVersionHasVariables),
    };
    let known = matches!(policy.version.as_deref(), None | Some("2012-10-17" | "2008-10-17"));
    let version = policy.version.clone().unwrap_or_default();
    policy.statements.iter().enumerate().map(move |(index, statement)| {
        let malformed = match (known, misplaced(statement, layer)) {
            (false, _) => Some(format!("`{version}` is no version of the policy language").into()),
            (true, problem) => problem.map(Into::into),
        };
        let denies = statement.effect == Effect::Deny;
        let action = |text: &String| {
            let syntax = Syntax { wildcards: true, variables: false, fold: false };
            Pattern::new(&text.to_ascii_lowercase(), syntax)
        };
        Statement {
            policy: number,
            index,
            sid: statement.sid.as_deref().map(Into::into),
            denies,
            malformed,
            actions: Listed::new(&statement.actions, action),
            resources: statement
                .resources
                .as_ref()
                .map(|element| Listed::new(element, |text| resource_pattern(text, variables))),
            principals: statement.principals.as_ref().map(Named::new),
            tests: statement.conditions.iter().map(|it| Test::new(it, variables, denies)).collect(),
        }
    })
}

/// A pattern for resources: over the whole text, since a `*` runs over the colons of an ARN. AWS completes an
/// ARN with fewer than six parts
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html>).
pub(crate) fn resource_pattern(text: &str, variables: bool) -> Pattern {
    let syntax = Syntax { wildcards: true, variables, fold: false };
    if !text.starts_with("arn:") || !variables && text.matches(':').count() >= 5 {
        return Pattern::new(text, syntax);
    }
    let colons: usize = tokens(text, syntax)
        .iter()
        .map(|token| match token {
            Token::Literal(literal) => literal.matches(':').count(),
            Token::One | Token::Many | Token::Variable(_) => 0,
        })
        .sum();
    let missing = if mutant::on(Mutant::IncompleteArnsStay) { 0 } else { 5_usize.saturating_sub(colons) };
    Pattern::new(&format!("{text}{}", ":*".repeat(missing)), syntax)
}

/// Where a comparison stands, which decides what a variable without a value comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    /// In a Deny.
    pub(crate) denies: bool,
    /// In `NotResource` or under a negated operator.
    pub(crate) negated: bool,
}

impl Place {
    /// The truth of a comparison.
    ///
    /// AWS says that nothing is equal to no value or like it, and shows that a Deny with a negated operator
    /// applies; but also that the whole statement might be invalid. Where both come to the same it is false.
    /// Elsewhere nobody can say, and above all a Deny does not vanish.
    pub(crate) fn weigh(self, found: Match) -> Truth {
        match found {
            Match::Is(is) => Truth::from(is),
            Match::Void | Match::Several if mutant::on(Mutant::VoidDenyVanishes) => {
                Truth::from(self.negated && self.denies)
            }
            Match::Void if self.denies == self.negated => Truth::False,
            Match::Several if !self.denies && !self.negated => Truth::False,
            Match::Void | Match::Several | Match::Unknown => Truth::Unknown,
        }
    }
}

/// What AWS would have refused in a statement of this layer.
fn misplaced(statement: &document::Statement, layer: Layer) -> Option<&'static str> {
    match (layer, &statement.principals, &statement.resources) {
        (Layer::Identity | Layer::Boundary | Layer::Session | Layer::Scp(_), Some(_), _) => {
            Some("it names a principal, which only policies of resources do")
        }
        (Layer::Rcp(_), Some(Matching::Only(principals)), _) if !principals.is_everyone() => {
            Some("its principal is not `*`, as that of a resource control policy must be")
        }
        (Layer::Rcp(_), None | Some(Matching::AllBut(_)), _) => {
            Some("its principal is not `*`, as that of a resource control policy must be")
        }
        (Layer::Resource, None, _) => Some("it names no principal"),
        (Layer::Resource, Some(_), None) => None,
        (_, _, None) => Some("it names no resource"),
        _ => None,
    }
}

impl Statement {
    /// Whether it is about an action, given in lower case.
    pub(crate) fn is_about(&self, action: &str) -> bool {
        let listed = self.actions.items.iter().any(|pattern| pattern.matches_plain(action));
        listed != (self.actions.all_but && !mutant::on(Mutant::NotActionIsAction))
    }

    /// Whether it is about the action.
    pub(crate) fn action(&self, asked: &Asked) -> Truth {
        Truth::from(self.is_about(&asked.action))
    }

    /// Whether it is about the resource.
    pub(crate) fn resource(&self, asked: &Asked) -> Truth {
        let Some(listed) = &self.resources else { return Truth::True };
        let place = Place { denies: self.denies, negated: listed.all_but };
        let one = |pattern: &Pattern| place.weigh(pattern.matches(asked.resource, asked));
        Truth::any(listed.items.iter().map(one))
            .negated_if(listed.all_but && !mutant::on(Mutant::NotResourceIsResource))
    }

    /// Whether its conditions hold.
    pub(crate) fn conditions(&self, asked: &Asked) -> Truth {
        Truth::all(self.tests.iter().map(|test| test.holds(asked)))
    }

    /// Whether it applies, the principal left out.
    fn but_for_the_principal(&self, asked: &Asked) -> Truth {
        let action = self.action(asked);
        if action == Truth::False {
            return action;
        }
        let resource = action.and(self.resource(asked));
        if resource == Truth::False {
            return resource;
        }
        let all = resource.and(self.conditions(asked));
        match &self.malformed {
            Some(_) if mutant::on(Mutant::MalformedVanishes) => Truth::False,
            Some(_) => all.and(Truth::Unknown),
            None => all,
        }
    }

    /// Whether it applies, and what kinds of grant it would be.
    pub(crate) fn grants(&self, asked: &Asked) -> Grant {
        let rest = self.but_for_the_principal(asked);
        if rest == Truth::False {
            return Grant::NONE;
        }
        let grant = self.principals.as_ref().map_or(Grant::direct(Truth::True), |named| named.grant(asked));
        grant.limited_to(rest)
    }

    /// Whether it applies.
    pub(crate) fn applies(&self, asked: &Asked) -> Truth {
        match &self.principals {
            None => self.but_for_the_principal(asked),
            Some(_) => self.grants(asked).any(),
        }
    }

    /// Why it is unknown whether it applies, for people.
    pub(crate) fn why_unknown(&self, asked: &Asked) -> String {
        if let Some(reason) = &self.malformed {
            return reason.to_string();
        }
        if self.resource(asked) == Truth::Unknown {
            return "a variable in its resources has no value, or one that is not known".to_owned();
        }
        if let Some(test) = self.tests.iter().find(|test| test.holds(asked) == Truth::Unknown) {
            return test.why_unknown(asked);
        }
        "nobody can say whether it means this caller".to_owned()
    }
}

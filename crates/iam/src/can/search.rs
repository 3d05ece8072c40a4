//! The search for a request: statements that must apply, statements that must not, and what fits them all.

use std::collections::{BTreeMap, BTreeSet};

use crate::caller::Asked;
use crate::can::alternatives::{Need, ways};
use crate::can::domain::{Kind, kinds};
use crate::can::draft::{Anyone, Draft, is_asked_for};
use crate::can::keys::{Literal, Solved, solve};
use crate::can::language::{Found, Glob, Variables, find};
use crate::can::{Answer, Budget, Query, Requirement, assumed, is_free};
use crate::condition::family::Family;
use crate::condition::{Asks, Test};
use crate::decide::{Engine, always_allowed, root_assumes_a_role};
use crate::outcome::Outcome;
use crate::pattern::{ArnPattern, Keys, Match, Pattern, Token};
use crate::request::{Context, Known, Request};
use crate::statement::{Listed, Statement, resource_pattern};
use crate::truth::Truth;

/// How many combinations of statements one question may look at.
const MOST_COMBINATIONS: usize = 2_000;
/// In how many ways other policies may fail to allow a request.
const MOST_REFUSALS: usize = 64;
/// How many Deny statements with conditions one question looks at. No policy AWS takes has room for more.
const MOST_CONDITIONAL_DENIES: usize = 400;
/// How many patterns are tried with an ordinary name in place of their wildcards.
const MOST_EXAMPLES: usize = 64;
/// How much there may be to compare when patterns are made into automata.
const MOST_TO_COMPARE: usize = 20_000;
const TOO_LARGE: &str = "the policies are too large to look at every request";
/// How many steps one question may take to make the Deny statements fail.
const MOST_STEPS: usize = 4_000;

/// Looks for a request that `engine` allows and `beyond`, if given, does not.
pub(super) fn can(engine: &Engine, beyond: Option<&Engine>, query: &Query) -> (Answer, bool) {
    let owner = query.owner.or_else(|| query.principal.account());
    let request = Request {
        principal: query.principal.clone(),
        action: query.action.to_owned(),
        resource: "*".to_owned(),
        resource_account: owner.map(str::to_owned),
        context: Context::new(),
    };
    let asked = Asked::new(&request);
    if always_allowed(&asked) {
        let answer = if beyond.is_none() { Answer::Yes(Box::new(request.clone())) } else { Answer::No };
        return (answer, false);
    }
    if engine.nothing_allows(&asked) || root_assumes_a_role(&asked) {
        return (Answer::No, false);
    }
    let same_account = owner.is_some() && owner == query.principal.account();
    let own_budget = Budget::default();
    let mut search = Search {
        budget: query.budget.unwrap_or(&own_budget),
        engine,
        beyond,
        query,
        asked: &asked,
        request: &request,
        wanted: query.resources.iter().map(|text| resource_pattern(text, false)).collect(),
        assumed: assumed(query.assume),
        kinds: Vec::new(),
        anyone: Anyone::of(query),
        steps: MOST_STEPS,
        combinations: MOST_COMBINATIONS,
        best: Answer::No,
        unclear: None,
        another_caller: false,
    };
    let all: Vec<Kind> = partitions(engine, query)
        .iter()
        .flat_map(|partition| kinds(query.action, partition, owner))
        .collect();
    for closed in [false, true] {
        search.kinds = all.iter().filter(|kind| kind.closed == closed).cloned().collect();
        if search.kinds.is_empty() {
            continue;
        }
        for way in ways(engine, &asked, same_account, closed) {
            search.way(&way, same_account, closed);
        }
    }
    let answer = match (search.best, search.unclear) {
        (Answer::No, Some(reason)) => Answer::Unknown(reason),
        (best, _) => best,
    };
    (answer, search.another_caller)
}

/// The partitions the resource may be in: the caller's, and those its own policy and the question name.
fn partitions(engine: &Engine, query: &Query) -> BTreeSet<String> {
    let of =
        |text: &str| text.strip_prefix("arn:")?.split_once(':').map(|(partition, _)| partition.to_owned());
    let caller = query.principal.principal_arn();
    let mut found: BTreeSet<String> = query.resources.iter().filter_map(|text| of(text)).collect();
    found.insert(caller.as_deref().and_then(of).unwrap_or_else(|| "aws".to_owned()));
    let statements = engine.resource.iter().flat_map(|layer| &layer.statements);
    for item in statements.filter_map(|it| it.resources.as_ref()).flat_map(|listed| &listed.items) {
        if let Some(Token::Literal(text)) = item.tokens().first() {
            found.extend(of(text));
        }
    }
    found.retain(|partition| !partition.contains(['*', '?']));
    found
}

struct Search<'a> {
    engine: &'a Engine,
    beyond: Option<&'a Engine>,
    query: &'a Query<'a>,
    asked: &'a Asked<'a>,
    request: &'a Request,
    wanted: Vec<Pattern>,
    assumed: Vec<(Test, bool)>,
    kinds: Vec<Kind>,
    anyone: Option<Anyone>,
    budget: &'a Budget,
    steps: usize,
    combinations: usize,
    best: Answer,
    unclear: Option<String>,
    /// But for a condition about the caller there would be a request.
    another_caller: bool,
}

/// What has been chosen so far.
#[derive(Clone)]
struct Chosen<'a> {
    /// Statements whose resources must hold the resource.
    inside: Vec<&'a Listed<Pattern>>,
    /// Statements whose resources must not.
    outside: Vec<&'a Listed<Pattern>>,
    literals: Vec<Literal<'a>>,
}

impl Chosen<'_> {
    /// How much there is to compare a resource with: the patterns, and a part of their length.
    fn size(&self) -> usize {
        let patterns = self.inside.iter().chain(&self.outside).flat_map(|listed| &listed.items);
        patterns.map(|pattern| 1 + pattern.size() / 32).sum()
    }
}

/// What comes of fitting everything together.
enum Fit {
    Fits(Request),
    Nothing,
    /// Something would, for another caller.
    AnotherCaller,
    Unclear(String),
}

impl<'a> Search<'a> {
    fn unclear(&mut self, reason: &str) {
        self.unclear.get_or_insert_with(|| reason.to_owned());
    }

    fn is_done(&self) -> bool {
        matches!(self.best, Answer::Yes(_))
    }

    /// Takes one Allow statement for each need, in every combination.
    fn way(&mut self, needs: &[Need<'a>], same_account: bool, closed: bool) {
        let mut choices: Vec<Vec<&'a Statement>> = Vec::new();
        for need in needs {
            if need.is_unclear(self.asked) {
                self.unclear("a statement or a layer that might allow it could not be read");
            }
            choices.push(need.statements(self.asked).collect());
        }
        let denies: Vec<&'a Statement> = self
            .engine
            .applying(self.asked)
            .flat_map(|layer| &layer.statements)
            .filter(|it| it.denies)
            .collect();
        let Some(beyond) = self.beyond else {
            self.combine(&choices, &denies);
            return;
        };
        // Not allowed by the other policies: one of their Deny statements applies, or for each way they have
        // of allowing it some layer has no Allow statement that applies.
        let other_denies =
            beyond.applying(self.asked).flat_map(|layer| &layer.statements).filter(|it| it.denies);
        for deny in other_denies.filter(|it| {
            it.action(self.asked) == Truth::True
                && it.malformed.is_none()
                && it.principals.as_ref().is_none_or(|it| it.grant(self.asked).any() == Truth::True)
        }) {
            let mut choices = choices.clone();
            choices.push(vec![deny]);
            self.combine(&choices, &denies);
        }
        let mut refusals: Vec<Vec<&'a Statement>> = vec![denies];
        for needs in ways(beyond, self.asked, same_account, closed) {
            let mut next = Vec::new();
            for refusal in &refusals {
                for need in &needs {
                    let mut more = refusal.clone();
                    more.extend(need.statements(self.asked));
                    next.push(more);
                }
            }
            refusals = next;
            if refusals.len() > MOST_REFUSALS {
                self.unclear("the other policies have too many ways of allowing it to look at");
                refusals.truncate(MOST_REFUSALS);
            }
        }
        for refusal in refusals {
            self.combine(&choices, &refusal);
        }
    }

    fn combine(&mut self, choices: &[Vec<&'a Statement>], denies: &[&'a Statement]) {
        if choices.iter().any(Vec::is_empty) {
            return;
        }
        let mut numbers = vec![0_usize; choices.len()];
        loop {
            if self.is_done() {
                return;
            }
            if self.combinations == 0 {
                self.unclear("there are too many combinations of statements to look at");
                return;
            }
            self.combinations -= 1;
            let must: Vec<&'a Statement> = choices
                .iter()
                .zip(&numbers)
                .filter_map(|(choice, number)| choice.get(*number).copied())
                .collect();
            self.try_these(&must, denies);
            // The next combination, as an odometer turns.
            let mut wheel = 0;
            loop {
                let (Some(number), Some(choice)) = (numbers.get_mut(wheel), choices.get(wheel)) else {
                    return;
                };
                *number += 1;
                if *number < choice.len() {
                    break;
                }
                *number = 0;
                wheel += 1;
            }
        }
    }

    fn try_these(&mut self, must: &[&'a Statement], denies: &[&'a Statement]) {
        let mut chosen = Chosen { inside: Vec::new(), outside: Vec::new(), literals: Vec::new() };
        for statement in must {
            chosen.inside.extend(&statement.resources);
            chosen.literals.extend(statement.tests.iter().map(|test| Literal { test, holds: true }));
        }
        if !self.budget.spend(denies.len()) {
            self.unclear(TOO_LARGE);
            return;
        }
        let (mut denies, unconditional): (Vec<&'a Statement>, Vec<&'a Statement>) = denies
            .iter()
            .copied()
            .filter(|deny| {
                deny.action(self.asked) != Truth::False
                    && deny.principals.as_ref().is_none_or(|it| it.grant(self.asked).any() != Truth::False)
            })
            .partition(|deny| !deny.tests.is_empty());
        // A Deny without conditions leaves no choice: it must be about other resources.
        for deny in unconditional {
            let Some(resources) = &deny.resources else { return };
            chosen.outside.push(resources);
        }
        if denies.len() > MOST_CONDITIONAL_DENIES {
            self.unclear("there are too many Deny statements with conditions to look at");
            denies.truncate(MOST_CONDITIONAL_DENIES);
        }
        if !self.is_possible(&chosen) {
            return;
        }
        self.refuse(&denies, chosen);
    }

    /// Makes each Deny statement fail, in every way it can.
    fn refuse(&mut self, denies: &[&'a Statement], chosen: Chosen<'a>) {
        if self.is_done() {
            return;
        }
        if self.steps == 0 {
            self.unclear("there are too many ways around the Deny statements to look at");
            return;
        }
        self.steps -= 1;
        let Some((deny, rest)) = denies.split_first() else {
            self.finish(&chosen);
            return;
        };
        let fails_already = chosen
            .literals
            .iter()
            .any(|literal| !literal.holds && deny.tests.iter().any(|test| same(test, literal.test)));
        if fails_already {
            self.refuse(rest, chosen);
            return;
        }
        if let Some(resources) = &deny.resources {
            let everything = !resources.all_but && resources.items.iter().any(Pattern::is_any);
            if !everything {
                let mut next = chosen.clone();
                next.outside.push(resources);
                if self.is_possible(&next) {
                    self.refuse(rest, next);
                }
            }
        }
        for test in &deny.tests {
            let mut next = chosen.clone();
            next.literals.push(Literal { test, holds: false });
            if self.is_possible(&next) {
                self.refuse(rest, next);
            }
        }
    }

    /// Whether the latest choices leave anything, as far as a quick look tells.
    fn is_possible(&mut self, chosen: &Chosen<'a>) -> bool {
        match self.fit(chosen) {
            Fit::Fits(_) | Fit::AnotherCaller => true,
            Fit::Nothing => false,
            Fit::Unclear(reason) => {
                self.unclear(&reason);
                true
            }
        }
    }

    fn finish(&mut self, chosen: &Chosen<'a>) {
        let request = match self.fit(chosen) {
            Fit::Fits(request) => request,
            Fit::Nothing => return,
            Fit::AnotherCaller => {
                self.another_caller = true;
                return;
            }
            Fit::Unclear(reason) => {
                self.unclear(&reason);
                return;
            }
        };
        let asked = Asked::new(&request);
        let refused = self.beyond.is_none_or(|other| {
            matches!(other.decide(&asked).outcome, Outcome::ImplicitDeny | Outcome::ExplicitDeny)
        });
        if self.engine.decide(&asked).outcome != Outcome::Allow || !refused {
            self.unclear("a request that should be allowed depends on something nobody knows");
            return;
        }
        let base = Draft::new(self.asked, self.anyone.as_ref());
        let mut conditions: Vec<Requirement> = Vec::new();
        for literal in &chosen.literals {
            let given = self.query.caller_is_given && base.is_fixed(&literal.test.key);
            if is_free(&literal.test.key) || given {
                continue;
            }
            let requirement =
                Requirement { condition: (*literal.test.written).clone(), holds: literal.holds };
            if !conditions.contains(&requirement) {
                conditions.push(requirement);
            }
        }
        let answer = if conditions.is_empty() {
            Answer::Yes(Box::new(request))
        } else {
            Answer::YesIf(conditions, Box::new(request))
        };
        self.best = std::mem::replace(&mut self.best, Answer::No).or(answer);
    }

    /// A resource and a context that fit what was chosen.
    fn fit(&self, chosen: &Chosen<'a>) -> Fit {
        let items = |listed: &[&Listed<Pattern>]| listed.iter().map(|it| it.items.len()).sum::<usize>();
        let size = 1 + chosen.literals.len() + chosen.size();
        // Each text that is tried is held against all of them.
        let tries = self.kinds.len() + items(&chosen.inside).min(MOST_EXAMPLES) + 1;
        if !self.budget.spend(size.saturating_mul(tries)) {
            return Fit::Unclear(TOO_LARGE.to_owned());
        }
        let mut draft = Draft::new(self.asked, self.anyone.as_ref());
        let mut by_key: BTreeMap<&str, Vec<Literal>> = BTreeMap::new();
        for literal in &chosen.literals {
            by_key.entry(&literal.test.key).or_default().push(*literal);
        }
        for (test, holds) in &self.assumed {
            by_key.entry(&test.key).or_default().push(Literal { test, holds: *holds });
        }
        let variables = variables(chosen, &self.assumed);
        if let Some(anyone) = &self.anyone {
            match anyone.name(&by_key, &mut draft, self.budget) {
                Solved::Known(_) => {}
                Solved::Nothing => return Fit::Nothing,
                Solved::Unclear => {
                    return Fit::Unclear("nobody can say who the caller would have to be".to_owned());
                }
            }
        }
        // Keys that stand in variables get their values first.
        for key in &variables {
            if draft.is_fixed(key) {
                continue;
            }
            match by_key.get(&**key) {
                None => draft.set(key, Known::Values(vec!["example".to_owned()])),
                Some(literals) => match solve(literals, false, &draft, self.budget) {
                    Solved::Known(known) => draft.set(key, known),
                    Solved::Nothing | Solved::Unclear => {
                        return Fit::Unclear(format!(
                            "it depends on the value of `{key}`, which stands in a variable"
                        ));
                    }
                },
            }
        }
        let mut but_for_the_caller = false;
        for (key, literals) in &by_key {
            let is_solved = variables.contains(*key) || self.anyone.is_some();
            if is_solved && !draft.is_derived(key) && draft.is_fixed(key) {
                continue;
            }
            if draft.is_fixed(key) {
                let met = literals.iter().map(|it| it.test.holds(&draft).negated_if(!it.holds));
                match Truth::all(met) {
                    Truth::True => continue,
                    Truth::False if self.query.caller_is_given || is_asked_for(key) => return Fit::Nothing,
                    // Another caller could do, unless no value of the key would.
                    Truth::False if solve(literals, true, &draft, self.budget) == Solved::Nothing => {
                        return Fit::Nothing;
                    }
                    Truth::False => {
                        but_for_the_caller = true;
                        continue;
                    }
                    Truth::Unknown => return Fit::Unclear(format!("a condition on `{key}` cannot be read")),
                }
            }
            let with_variables = literals.iter().any(|it| !variables_of(it.test).is_empty());
            match solve(literals, self.may_be_absent(key), &draft, self.budget) {
                Solved::Known(known) => draft.set(key, known),
                Solved::Nothing if !with_variables => return Fit::Nothing,
                Solved::Nothing | Solved::Unclear => {
                    return Fit::Unclear(format!("nobody can say what `{key}` would have to be"));
                }
            }
        }
        match self.resource(chosen, &draft) {
            Found::Text(_) if but_for_the_caller => Fit::AnotherCaller,
            Found::Text(resource) => Fit::Fits(draft.request(self.request, resource)),
            Found::Nothing => {
                let has_variables =
                    |listed: &&Listed<Pattern>| listed.items.iter().any(Pattern::has_variables);
                if chosen.inside.iter().chain(&chosen.outside).any(has_variables)
                    && self.may_fit_widened(chosen)
                {
                    Fit::Unclear("it depends on the value of a variable in a resource".to_owned())
                } else {
                    Fit::Nothing
                }
            }
            Found::TooMuch => {
                Fit::Unclear("the resource patterns are too many or too long to compare".to_owned())
            }
        }
    }

    /// Whether a request could come without a key. What AWS sends with every request it does not document for
    /// services and identities of providers.
    fn may_be_absent(&self, key: &str) -> bool {
        *self.request.context.unlisted(key) == Known::Absent || self.query.principal.account().is_none()
    }

    /// A resource that fits.
    fn resource(&self, chosen: &Chosen<'a>, draft: &Draft) -> Found {
        let fits = |text: &str| {
            let is = |pattern: &Pattern| pattern.matches(text, draft) == Match::Is(true);
            let among = |listed: &Listed<Pattern>| listed.items.iter().any(is) != listed.all_but;
            self.kinds.iter().any(|kind| kind.takes_in(text))
                && (self.wanted.is_empty() || self.wanted.iter().any(is))
                && chosen.inside.iter().all(|listed| among(listed))
                && !chosen.outside.iter().any(|listed| among(listed))
        };
        if let Some(kind) = self.kinds.iter().find(|kind| fits(&kind.sample)) {
            return Found::Text(kind.sample.clone());
        }
        let listed = chosen.inside.iter().filter(|listed| !listed.all_but).flat_map(|listed| &listed.items);
        for pattern in self.wanted.iter().chain(listed).take(MOST_EXAMPLES) {
            if let Some(text) = example(pattern, draft).filter(|text| fits(text)) {
                return Found::Text(text);
            }
        }
        if chosen.size() > MOST_TO_COMPARE {
            return Found::TooMuch;
        }
        let mut groups: Vec<Vec<Glob>> = Vec::new();
        let mut unwanted: Vec<Glob> = Vec::new();
        let values = Variables::Valued(draft);
        groups.push(self.kinds.iter().filter_map(|kind| Glob::of_arn(&kind.pattern, values)).collect());
        if !self.wanted.is_empty() {
            groups.push(self.wanted.iter().filter_map(|pattern| Glob::of(pattern, values)).collect());
        }
        for (listed, inside) in
            chosen.inside.iter().map(|it| (it, true)).chain(chosen.outside.iter().map(|it| (it, false)))
        {
            let globs = listed.items.iter().filter_map(|pattern| Glob::of(pattern, values));
            if inside == listed.all_but { unwanted.extend(globs) } else { groups.push(globs.collect()) }
        }
        match find(&groups, &unwanted, self.budget) {
            Found::Text(text) if !fits(&text) => Found::TooMuch,
            found => found,
        }
    }

    /// Whether a resource could fit if variables stood for anything.
    fn may_fit_widened(&self, chosen: &Chosen<'a>) -> bool {
        let widened = Variables::<Draft>::Widened;
        let mut groups: Vec<Vec<Glob>> = Vec::new();
        let mut unwanted: Vec<Glob> = Vec::new();
        groups.push(self.kinds.iter().filter_map(|kind| Glob::of_arn(&kind.pattern, widened)).collect());
        if !self.wanted.is_empty() {
            groups.push(self.wanted.iter().filter_map(|pattern| Glob::of(pattern, widened)).collect());
        }
        for (listed, inside) in
            chosen.inside.iter().map(|it| (it, true)).chain(chosen.outside.iter().map(|it| (it, false)))
        {
            if inside == listed.all_but {
                let plain = listed.items.iter().filter(|pattern| !pattern.has_variables());
                unwanted.extend(plain.filter_map(|pattern| Glob::of(pattern, widened)));
            } else {
                groups.push(listed.items.iter().filter_map(|pattern| Glob::of(pattern, widened)).collect());
            }
        }
        find(&groups, &unwanted, self.budget) != Found::Nothing
    }
}

/// The keys that stand in variables of what was chosen.
fn variables(chosen: &Chosen, assumed: &[(Test, bool)]) -> BTreeSet<Box<str>> {
    let mut found = BTreeSet::new();
    for listed in chosen.inside.iter().chain(&chosen.outside) {
        for pattern in &listed.items {
            pattern_variables(pattern, &mut found);
        }
    }
    for test in chosen.literals.iter().map(|literal| literal.test).chain(assumed.iter().map(|(test, _)| test))
    {
        found.extend(variables_of(test));
    }
    found
}

fn variables_of(test: &Test) -> BTreeSet<Box<str>> {
    let mut found = BTreeSet::new();
    match &test.asks {
        Asks::Compare { family: Family::Text { patterns, .. }, .. } => {
            patterns.iter().for_each(|pattern| pattern_variables(pattern, &mut found));
        }
        Asks::Compare { family: Family::Arn { patterns, .. }, .. } => {
            patterns.iter().for_each(|pattern| arn_variables(pattern, &mut found));
        }
        Asks::Compare { .. } | Asks::Absent(_) | Asks::Nothing => {}
    }
    found
}

fn arn_variables(pattern: &ArnPattern, found: &mut BTreeSet<Box<str>>) {
    match pattern {
        ArnPattern::Whole(whole) | ArnPattern::Plain(_, whole) => pattern_variables(whole, found),
        ArnPattern::Parts(parts) => parts.iter().for_each(|part| pattern_variables(part, found)),
    }
}

fn pattern_variables(pattern: &Pattern, found: &mut BTreeSet<Box<str>>) {
    if pattern.has_variables() {
        found.extend(pattern.tokens().iter().filter_map(|token| match token {
            Token::Variable(variable) => Some(variable.key.clone()),
            Token::Literal(_) | Token::One | Token::Many => None,
        }));
    }
}

/// A text a pattern matches, wildcards standing for an ordinary name.
fn example(pattern: &Pattern, keys: &impl Keys) -> Option<String> {
    let mut text = String::new();
    for token in pattern.tokens() {
        match token {
            Token::Literal(literal) => text.push_str(literal),
            Token::One => text.push('x'),
            Token::Many => text.push_str("example"),
            Token::Variable(variable) => match (keys.key(&variable.key), &variable.default) {
                (Known::Values(values), _) if values.len() == 1 => text.push_str(values.first()?),
                (Known::Values(_) | Known::Absent, Some(default)) => text.push_str(default),
                _ => return None,
            },
        }
    }
    Some(text)
}

fn same(left: &Test, right: &Test) -> bool {
    std::ptr::eq(left, right) || left == right
}

//! Sets of texts described by globs, and a text that is in some of them and in none of others.
//!
//! Each glob is a small nondeterministic automaton: its places are the positions between its steps. All of
//! them read the same text at once, so a breadth-first walk over sets of places finds a shortest text that is
//! in one glob of each wanted group and in none of the unwanted ones, or shows that there is none.

use std::collections::{BTreeSet, HashMap};

use crate::can::Budget;
use crate::pattern::{ArnPattern, Keys, Pattern, Token};
use crate::request::Known;

/// How many sets of places a walk may visit before it gives up, and how many places in all.
const MOST_STATES: usize = 20_000;
const MOST_PLACES: usize = 500_000;
/// What reading one character at one place costs, beside a comparison.
const PLACE: usize = 4;

/// A glob, one step for each character or wildcard.
#[derive(Debug, Clone)]
pub(crate) struct Glob {
    steps: Vec<Step>,
    fold: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Char(char),
    One(Reach),
    Many(Reach),
}

/// What a wildcard stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reach {
    Anything,
    /// Inside one of the first five parts of an ARN.
    ButColon,
}

/// What stands in for a variable.
pub(crate) enum Variables<'keys, K> {
    /// Its value. A glob with a variable that has none is left out.
    Valued(&'keys K),
    /// Anything: the glob grows.
    Widened,
}

impl<K> Clone for Variables<'_, K> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<K> Copy for Variables<'_, K> {}

/// What a walk comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Found {
    /// A shortest text.
    Text(String),
    /// There is none.
    Nothing,
    /// Too many states to say.
    TooMuch,
}

impl Glob {
    /// The texts a pattern matches; `None` if a variable has no value.
    pub(crate) fn of<K: Keys>(pattern: &Pattern, variables: Variables<K>) -> Option<Self> {
        let mut steps = Vec::new();
        extend(&mut steps, pattern, Reach::Anything, variables)?;
        Some(Self { steps, fold: pattern.folds() })
    }

    /// The texts an ARN pattern matches; `None` if a variable has no value.
    pub(crate) fn of_arn<K: Keys>(pattern: &ArnPattern, variables: Variables<K>) -> Option<Self> {
        let mut steps = Vec::new();
        match pattern {
            ArnPattern::Whole(whole) => extend(&mut steps, whole, Reach::Anything, variables)?,
            ArnPattern::Plain(head, last) => {
                steps.extend(head.chars().map(Step::Char));
                extend(&mut steps, last, Reach::Anything, variables)?;
            }
            ArnPattern::Parts(parts) => {
                for (index, part) in parts.iter().enumerate() {
                    if index > 0 {
                        steps.push(Step::Char(':'));
                    }
                    let reach = if index < 5 { Reach::ButColon } else { Reach::Anything };
                    extend(&mut steps, part, reach, variables)?;
                }
            }
        }
        Some(Self { steps, fold: false })
    }

    /// Every text of six parts.
    pub(crate) fn any_arn() -> Self {
        let part = [Step::Many(Reach::ButColon), Step::Char(':')];
        let mut steps: Vec<Step> = part.into_iter().cycle().take(10).collect();
        steps.push(Step::Many(Reach::Anything));
        Self { steps, fold: false }
    }

    /// Every text that is not empty.
    pub(crate) fn not_empty() -> Self {
        Self { steps: vec![Step::One(Reach::Anything), Step::Many(Reach::Anything)], fold: false }
    }
}

fn extend<K: Keys>(
    steps: &mut Vec<Step>,
    pattern: &Pattern,
    reach: Reach,
    variables: Variables<K>,
) -> Option<()> {
    for token in pattern.tokens() {
        match (token, variables) {
            (Token::Literal(text), _) => steps.extend(text.chars().map(Step::Char)),
            (Token::One, _) => steps.push(Step::One(reach)),
            (Token::Many, _) | (Token::Variable(_), Variables::Widened) => steps.push(Step::Many(reach)),
            (Token::Variable(variable), Variables::Valued(keys)) => {
                let value = match keys.key(&variable.key) {
                    Known::Unknown => return None,
                    Known::Values(values) if values.len() == 1 => values.first().map(String::as_str),
                    Known::Values(_) | Known::Absent => variable.default.as_deref(),
                };
                steps.extend(value?.chars().map(Step::Char));
            }
        }
    }
    Some(())
}

/// A text that is in one glob of each group and in none of the unwanted globs.
pub(crate) fn find(groups: &[Vec<Glob>], unwanted: &[Glob], budget: &Budget) -> Found {
    let globs: Vec<&Glob> = groups.iter().flatten().chain(unwanted).collect();
    if globs.iter().map(|glob| glob.steps.len()).sum::<usize>() > MOST_PLACES {
        return Found::TooMuch;
    }
    let mut group_of: Vec<Option<usize>> = Vec::with_capacity(globs.len());
    for (index, group) in groups.iter().enumerate() {
        group_of.extend(group.iter().map(|_| Some(index)));
    }
    group_of.resize(globs.len(), None);
    let walk = Walk { fresh: fresh(&globs), globs, group_of, groups: groups.len() };
    walk.run(budget)
}

/// Many globs reading one text.
struct Walk<'glob> {
    globs: Vec<&'glob Glob>,
    /// The group a glob belongs to; `None` for the unwanted ones.
    group_of: Vec<Option<usize>>,
    groups: usize,
    /// A character none of the globs names.
    fresh: char,
}

/// The places all globs are at: (glob, place), in order.
type State = Vec<(u32, u32)>;

impl Walk<'_> {
    fn run(&self, budget: &Budget) -> Found {
        let mut start = BTreeSet::new();
        for glob in 0..self.globs.len() {
            self.enter(glob, 0, &mut start);
        }
        let mut seen: HashMap<State, usize> = HashMap::new();
        // For each state how it was reached: from which state, by which character.
        let mut reached: Vec<(State, usize, char)> = Vec::new();
        let start: State = start.into_iter().collect();
        if !self.alive(&start) {
            return Found::Nothing;
        }
        seen.insert(start.clone(), 0);
        reached.push((start, 0, '\0'));
        let mut next = 0;
        let mut places = 0;
        while let Some((state, _, _)) = reached.get(next) {
            let state = state.clone();
            if self.accepts(&state) {
                return Found::Text(path(&reached, next));
            }
            for character in self.characters(&state) {
                places += state.len();
                if places > MOST_PLACES || !budget.spend(PLACE * state.len()) {
                    return Found::TooMuch;
                }
                let after = self.step(&state, character);
                if self.alive(&after) && !seen.contains_key(&after) {
                    if reached.len() >= MOST_STATES {
                        return Found::TooMuch;
                    }
                    seen.insert(after.clone(), reached.len());
                    reached.push((after, next, character));
                }
            }
            next += 1;
        }
        Found::Nothing
    }

    fn steps(&self, glob: usize) -> &[Step] {
        self.globs.get(glob).map_or(&[], |glob| glob.steps.as_slice())
    }

    /// Adds a place, and those reached from it without reading.
    fn enter(&self, glob: usize, place: usize, into: &mut BTreeSet<(u32, u32)>) {
        let mut place = place;
        loop {
            let (Ok(glob_number), Ok(place_number)) = (u32::try_from(glob), u32::try_from(place)) else {
                return;
            };
            into.insert((glob_number, place_number));
            match self.steps(glob).get(place) {
                Some(Step::Many(_)) => place += 1,
                _ => return,
            }
        }
    }

    fn step(&self, state: &State, character: char) -> State {
        let mut after = BTreeSet::new();
        for &(glob, place) in state {
            let (glob, place) = (glob as usize, place as usize);
            let reaches = |reach: Reach| reach == Reach::Anything || character != ':';
            match self.steps(glob).get(place) {
                Some(Step::Char(wanted)) => {
                    let fold = self.globs.get(glob).is_some_and(|glob| glob.fold);
                    if *wanted == character || fold && wanted.eq_ignore_ascii_case(&character) {
                        self.enter(glob, place + 1, &mut after);
                    }
                }
                Some(Step::One(reach)) if reaches(*reach) => self.enter(glob, place + 1, &mut after),
                Some(Step::Many(reach)) if reaches(*reach) => self.enter(glob, place, &mut after),
                Some(Step::One(_) | Step::Many(_)) | None => {}
            }
        }
        after.into_iter().collect()
    }

    /// The characters that make a difference here: an ordinary one first, a colon last.
    fn characters(&self, state: &State) -> Vec<char> {
        let mut named = BTreeSet::new();
        for &(glob, place) in state {
            if let Some(Step::Char(wanted)) = self.steps(glob as usize).get(place as usize) {
                named.insert(*wanted);
                if self.globs.get(glob as usize).is_some_and(|glob| glob.fold) {
                    named.insert(wanted.to_ascii_lowercase());
                    named.insert(wanted.to_ascii_uppercase());
                }
            }
        }
        named.remove(&':');
        [self.fresh].into_iter().chain(named).chain([':']).collect()
    }

    /// Whether each group still has a glob that reads on.
    fn alive(&self, state: &State) -> bool {
        let mut living = vec![false; self.groups];
        for &(glob, _) in state {
            if let Some(Some(group)) = self.group_of.get(glob as usize)
                && let Some(place) = living.get_mut(*group)
            {
                *place = true;
            }
        }
        living.into_iter().all(|lives| lives)
    }

    fn accepts(&self, state: &State) -> bool {
        let mut accepted = vec![false; self.groups];
        for &(glob, place) in state {
            if self.steps(glob as usize).len() != place as usize {
                continue;
            }
            match self.group_of.get(glob as usize) {
                Some(Some(group)) => {
                    if let Some(place) = accepted.get_mut(*group) {
                        *place = true;
                    }
                }
                _ => return false,
            }
        }
        accepted.into_iter().all(|is| is)
    }
}

fn path(reached: &[(State, usize, char)], end: usize) -> String {
    let mut backwards = Vec::new();
    let mut at = end;
    while at != 0
        && let Some((_, from, character)) = reached.get(at)
    {
        backwards.push(*character);
        at = *from;
    }
    backwards.iter().rev().collect()
}

fn fresh(globs: &[&Glob]) -> char {
    let named: BTreeSet<char> = globs
        .iter()
        .flat_map(|glob| &glob.steps)
        .filter_map(|step| match step {
            Step::Char(character) => Some(character.to_ascii_lowercase()),
            Step::One(_) | Step::Many(_) => None,
        })
        .collect();
    ('a'..='z')
        .rev()
        .chain('0'..='9')
        .chain('\u{e000}'..='\u{f8ff}')
        .find(|it| !named.contains(it))
        .unwrap_or('x')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pattern::Syntax;

    struct Nothing;
    impl Keys for Nothing {
        fn key(&self, _: &str) -> &Known {
            &Known::Absent
        }
    }

    fn glob(text: &str) -> Glob {
        let pattern = Pattern::new(text, Syntax { wildcards: true, variables: false, fold: false });
        Glob::of(&pattern, Variables::Valued(&Nothing)).unwrap()
    }

    #[test]
    fn a_text_in_all_and_in_none() {
        let check = |groups: &[&[&str]], unwanted: &[&str], expect: Option<&str>| {
            let groups: Vec<Vec<Glob>> =
                groups.iter().map(|group| group.iter().map(|text| glob(text)).collect()).collect();
            let unwanted: Vec<Glob> = unwanted.iter().map(|text| glob(text)).collect();
            let found = match find(&groups, &unwanted, &Budget::default()) {
                Found::Text(text) => Some(text),
                Found::Nothing => None,
                Found::TooMuch => panic!("too much"),
            };
            assert_eq!(found.as_deref(), expect);
        };
        check(&[&["a*"], &["*b"]], &[], Some("ab"));
        check(&[&["a*"], &["*b"]], &["ab", "a?b"], Some("azzb"));
        check(&[&["a*"]], &["*"], None);
        check(&[&["a?"], &["?b"]], &["ab"], None);
        check(&[&["*"]], &["a*", "?"], Some(""));
        check(&[&["x", "y"], &["y", "w"]], &[], Some("y"));
        check(&[], &[], Some(""));
    }

    #[test]
    fn wildcards_in_arns_stop_at_colons() {
        let arn =
            |text: &str| Glob::of_arn(&ArnPattern::new(text, false), Variables::Valued(&Nothing)).unwrap();
        let found = find(
            &[vec![arn("arn:*:s3:::b/*")], vec![arn("arn:aws:*:*:*:*")]],
            &[arn("arn:aws:s3:::b/")],
            &Budget::default(),
        );
        assert_eq!(found, Found::Text("arn:aws:s3:::b/z".to_owned()));
        assert_eq!(
            find(&[vec![arn("arn:*:s3:::b")], vec![glob("arn:a:a:s3:::b")]], &[], &Budget::default()),
            Found::Nothing
        );
    }
}

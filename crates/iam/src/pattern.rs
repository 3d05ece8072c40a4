//! Texts with wildcards and variables, compiled once and matched without allocating.
//!
//! A middle piece between two `*` is taken at its first place: for globs that is exact, and it bounds the work
//! by the product of the two lengths, whatever the pattern.

use crate::mutant::{self, Mutant};
use crate::request::Known;

/// How many variables of one pattern are resolved without allocating. AWS allows policies of some kilobytes;
/// patterns with more variables than this take a slower way.
const INLINE_VARIABLES: usize = 8;

/// One piece of a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Token {
    /// These characters.
    Literal(Box<str>),
    /// `?`
    One,
    /// `*`
    Many,
    /// `${key}` or `${key, 'default'}`
    Variable(Variable),
}

/// A policy variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Variable {
    /// The condition key, in lower case.
    pub(crate) key: Box<str>,
    /// What stands in for a key without a value.
    pub(crate) default: Option<Box<str>>,
}

/// A text with wildcards and variables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pattern {
    tokens: Box<[Token]>,
    shape: Shape,
    fold: bool,
    size: usize,
}

/// The shapes most patterns have, for which matching is one comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    Any,
    Exact,
    Prefix,
    General { variables: bool },
}

/// What a pattern's characters mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Syntax {
    /// `*` and `?` are wildcards.
    pub(crate) wildcards: bool,
    /// `${...}` is replaced.
    pub(crate) variables: bool,
    /// Letters are compared without regard to case (ASCII).
    pub(crate) fold: bool,
}

/// What comes of comparing a text with a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Match {
    /// It matches, or does not.
    Is(bool),
    /// A variable has no value.
    Void,
    /// A variable has several values.
    Several,
    /// The value of a variable is not known.
    Unknown,
}

/// Where variables get their values.
pub(crate) trait Keys {
    /// What is known of a condition key, given in lower case.
    fn key(&self, key: &str) -> &Known;
}

impl Pattern {
    /// Compiles a text.
    pub(crate) fn new(text: &str, syntax: Syntax) -> Self {
        Self::from_tokens(tokens(text, syntax), syntax.fold)
    }

    fn from_tokens(tokens: Vec<Token>, fold: bool) -> Self {
        let shape = match tokens.as_slice() {
            [Token::Many] => Shape::Any,
            [] | [Token::Literal(_)] => Shape::Exact,
            [Token::Literal(_), Token::Many] => Shape::Prefix,
            many => {
                Shape::General { variables: many.iter().any(|token| matches!(token, Token::Variable(_))) }
            }
        };
        let size = tokens.iter().map(|token| match token {
            Token::Literal(text) => text.len(),
            Token::One | Token::Many | Token::Variable(_) => 1,
        });
        Self { size: size.sum(), tokens: tokens.into_boxed_slice(), shape, fold }
    }

    /// Its pieces, in order.
    pub(crate) fn tokens(&self) -> &[Token] {
        &self.tokens
    }

    /// How long it is.
    pub(crate) fn size(&self) -> usize {
        self.size
    }

    /// Whether it has variables.
    pub(crate) fn has_variables(&self) -> bool {
        matches!(self.shape, Shape::General { variables: true })
    }

    /// Whether it matches every text.
    pub(crate) fn is_any(&self) -> bool {
        self.shape == Shape::Any
    }

    /// The one text it matches, when it has neither wildcards nor variables.
    pub(crate) fn exact(&self) -> Option<&str> {
        match (self.shape, self.tokens.first()) {
            (Shape::Exact, Some(Token::Literal(text))) => Some(text),
            (Shape::Exact, None) => Some(""),
            _ => None,
        }
    }

    /// Compares a text with it. Patterns without variables never ask for keys.
    pub(crate) fn matches(&self, text: &str, keys: &impl Keys) -> Match {
        if self.has_variables() {
            self.with_variables(text, keys)
        } else {
            Match::Is(self.matches_plain(text))
        }
    }

    /// Compares a text with it when it is known to have no variables.
    pub(crate) fn matches_plain(&self, text: &str) -> bool {
        match (self.shape, self.tokens.first()) {
            (Shape::Any, _) => true,
            (Shape::Exact, Some(Token::Literal(literal))) => {
                text.len() == literal.len() && strip(text, literal, self.fold).is_some()
            }
            (Shape::Exact, _) => text.is_empty(),
            (Shape::Prefix, Some(Token::Literal(literal))) => strip(text, literal, self.fold).is_some(),
            (Shape::Prefix | Shape::General { .. }, _) => {
                Glob { tokens: &self.tokens, fold: self.fold }.matches(text, &[])
            }
        }
    }

    /// Whether letters are compared without regard to case.
    pub(crate) fn folds(&self) -> bool {
        self.fold
    }

    fn with_variables(&self, text: &str, keys: &impl Keys) -> Match {
        let mut inline = [""; INLINE_VARIABLES];
        let mut spilled: Vec<&str> = Vec::new();
        let mut count = 0;
        let mut without = None;
        for token in &self.tokens {
            let Token::Variable(variable) = token else { continue };
            let value = match (keys.key(&variable.key), &variable.default) {
                (Known::Unknown, _) => return Match::Unknown,
                (Known::Values(values), _) if values.len() == 1 => values.first().map_or("", String::as_str),
                (Known::Values(_) | Known::Absent, Some(default)) if !mutant::on(Mutant::DefaultsIgnored) => {
                    default
                }
                (Known::Values(values), None) if values.len() > 1 => {
                    without = Some(Match::Several);
                    ""
                }
                (Known::Values(_) | Known::Absent, _) => {
                    without = without.or(Some(Match::Void));
                    ""
                }
            };
            match inline.get_mut(count) {
                Some(place) => *place = value,
                None => {
                    if spilled.is_empty() {
                        spilled.extend(inline);
                    }
                    spilled.push(value);
                }
            }
            count += 1;
        }
        if let Some(without) = without {
            return without;
        }
        let values = if spilled.is_empty() { inline.get(..count).unwrap_or(&inline) } else { &spilled };
        Match::Is(Glob { tokens: &self.tokens, fold: self.fold }.matches(text, values))
    }
}

/// Matching pieces against a text.
#[derive(Clone, Copy)]
struct Glob<'pattern> {
    tokens: &'pattern [Token],
    fold: bool,
}

impl Glob<'_> {
    /// `values` stand for the variables, in order.
    fn matches(self, text: &str, values: &[&str]) -> bool {
        let mut pieces = self.tokens.split(|token| *token == Token::Many);
        let mut values = values.iter().copied();
        let Some(first) = pieces.next() else { return text.is_empty() };
        let Some(mut rest) = self.eat(first, &mut values, text) else { return false };
        let Some(mut piece) = pieces.next() else { return rest.is_empty() };
        for next in pieces {
            // A piece between two `*`: its first place leaves the most for what follows.
            let Some(after) = self.find(piece, &mut values, rest) else { return false };
            rest = after;
            piece = next;
        }
        self.ends(piece, &mut values, rest)
    }

    /// Takes a piece from the front of a text and returns what is left.
    fn eat<'text, 'value>(
        self,
        piece: &[Token],
        values: &mut impl Iterator<Item = &'value str>,
        text: &'text str,
    ) -> Option<&'text str> {
        let mut rest = text;
        for token in piece {
            rest = match token {
                Token::Literal(literal) => strip(rest, literal, self.fold)?,
                Token::Variable(_) => strip(rest, values.next()?, self.fold)?,
                Token::One => {
                    let mut chars = rest.chars();
                    chars.next()?;
                    chars.as_str()
                }
                Token::Many => return None,
            };
        }
        Some(rest)
    }

    /// Finds a piece as early as possible and returns what is left behind it.
    fn find<'text, 'value>(
        self,
        piece: &[Token],
        values: &mut (impl Iterator<Item = &'value str> + Clone),
        text: &'text str,
    ) -> Option<&'text str> {
        let mut start = text;
        loop {
            let mut tried = values.clone();
            if let Some(rest) = self.eat(piece, &mut tried, start) {
                *values = tried;
                return Some(rest);
            }
            let mut chars = start.chars();
            chars.next()?;
            start = chars.as_str();
        }
    }

    /// Whether a text ends with a piece.
    fn ends<'value>(
        self,
        piece: &[Token],
        values: &mut (impl Iterator<Item = &'value str> + Clone),
        text: &str,
    ) -> bool {
        let mut unused = values.clone();
        let length: usize = piece
            .iter()
            .map(|token| match token {
                Token::Literal(literal) => literal.chars().count(),
                Token::Variable(_) => unused.next().map_or(0, |value| value.chars().count()),
                Token::One => 1,
                Token::Many => 0,
            })
            .sum();
        let Some(last) = length.checked_sub(1) else { return true };
        let Some((start, _)) = text.char_indices().rev().nth(last) else { return false };
        text.get(start..).is_some_and(|tail| self.eat(piece, values, tail).is_some_and(str::is_empty))
    }
}

/// What is left of a text behind a prefix.
fn strip<'text>(text: &'text str, prefix: &str, fold: bool) -> Option<&'text str> {
    if !fold {
        return text.strip_prefix(prefix);
    }
    let (head, tail) = text.split_at_checked(prefix.len())?;
    head.eq_ignore_ascii_case(prefix).then_some(tail)
}

/// Splits a text into pieces.
pub(crate) fn tokens(text: &str, syntax: Syntax) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut literal = String::new();
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        if syntax.variables
            && let Some((inside, after)) = rest.strip_prefix("${").and_then(|tail| tail.split_once('}'))
        {
            match inside {
                "*" | "?" | "$" => literal.push_str(inside),
                name => {
                    flush(&mut literal, &mut tokens);
                    tokens.push(Token::Variable(variable(name)));
                }
            }
            rest = after;
            continue;
        }
        match character {
            '*' if syntax.wildcards => {
                flush(&mut literal, &mut tokens);
                if tokens.last() != Some(&Token::Many) {
                    tokens.push(Token::Many);
                }
            }
            '?' if syntax.wildcards => {
                flush(&mut literal, &mut tokens);
                tokens.push(Token::One);
            }
            other => literal.push(other),
        }
        rest = rest.get(character.len_utf8()..).unwrap_or_default();
    }
    flush(&mut literal, &mut tokens);
    tokens
}

fn flush(literal: &mut String, tokens: &mut Vec<Token>) {
    if !literal.is_empty() {
        tokens.push(Token::Literal(std::mem::take(literal).into_boxed_str()));
    }
}

/// Reads what stands inside `${...}`. What is not `key` or `key, 'default'` is the name of a key nobody has.
fn variable(name: &str) -> Variable {
    let with_default = name.split_once(',').and_then(|(key, default)| {
        Some((key.trim(), default.trim().strip_prefix('\'')?.strip_suffix('\'')?))
    });
    let (key, default) = match with_default {
        Some((key, default)) => (key, Some(default.into())),
        None => (name.trim(), None),
    };
    Variable { key: key.to_ascii_lowercase().into_boxed_str(), default }
}

/// A pattern for ARNs: compared part by part, or as a whole where it has fewer than six parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ArnPattern {
    /// Fewer than six parts.
    Whole(Pattern),
    /// The first five parts, with their colons, are plain text.
    Plain(Box<str>, Pattern),
    /// Anything else.
    Parts(Box<[Pattern; 6]>),
}

impl ArnPattern {
    /// Compiles a text; wildcards are always meant, variables where the document's version has them.
    pub(crate) fn new(text: &str, variables: bool) -> Self {
        let syntax = Syntax { wildcards: true, variables, fold: false };
        let mut parts: Vec<Vec<Token>> = vec![Vec::new()];
        // Colons inside `${...}` are part of the key's name, so pieces are split, not the text.
        for token in tokens(text, syntax) {
            match token {
                Token::Literal(literal) => {
                    let mut rest: &str = &literal;
                    while parts.len() < 6
                        && let Some((before, after)) = rest.split_once(':')
                    {
                        push_literal(&mut parts, before);
                        parts.push(Vec::new());
                        rest = after;
                    }
                    push_literal(&mut parts, rest);
                }
                other => {
                    if let Some(part) = parts.last_mut() {
                        part.push(other);
                    }
                }
            }
        }
        let parts: Vec<Pattern> = parts.into_iter().map(|part| Pattern::from_tokens(part, false)).collect();
        if mutant::on(Mutant::ArnsAsWhole) {
            return Self::Whole(Pattern::new(text, syntax));
        }
        match <Box<[Pattern; 6]>>::try_from(parts.into_boxed_slice()) {
            Err(_) => Self::Whole(Pattern::new(text, syntax)),
            Ok(parts) => {
                let [first @ .., last] = &*parts;
                let plain: Option<Vec<&str>> = first.iter().map(Pattern::exact).collect();
                match plain {
                    Some(plain) => Self::Plain(format!("{}:", plain.join(":")).into(), last.clone()),
                    None => Self::Parts(parts),
                }
            }
        }
    }

    /// Compares a text, and its parts when it has six, with the pattern.
    pub(crate) fn matches(&self, text: &str, parts: Option<&[&str; 6]>, keys: &impl Keys) -> Match {
        match self {
            Self::Whole(pattern) => pattern.matches(text, keys),
            Self::Plain(head, last) => match (parts, text.strip_prefix(&**head)) {
                (Some(_), Some(rest)) => last.matches(rest, keys),
                _ if last.has_variables() => match last.matches("", keys) {
                    Match::Is(_) => Match::Is(false),
                    void => void,
                },
                _ => Match::Is(false),
            },
            Self::Parts(patterns) => {
                let mut all = true;
                let mut without = None;
                for (index, pattern) in patterns.iter().enumerate() {
                    let part = parts.and_then(|parts| parts.get(index)).copied();
                    if part.is_none() && !pattern.has_variables() {
                        all = false;
                        continue;
                    }
                    match pattern.matches(part.unwrap_or_default(), keys) {
                        Match::Is(is) => all &= is && part.is_some(),
                        Match::Void => without = without.or(Some(Match::Void)),
                        Match::Several => without = Some(Match::Several),
                        Match::Unknown => return Match::Unknown,
                    }
                }
                without.unwrap_or(Match::Is(all))
            }
        }
    }
}

fn push_literal(parts: &mut [Vec<Token>], text: &str) {
    if let (Some(part), false) = (parts.last_mut(), text.is_empty()) {
        part.push(Token::Literal(text.into()));
    }
}

/// The six parts of an ARN, the last one with all the rest; `None` where there are fewer.
pub(crate) fn parts(text: &str) -> Option<[&str; 6]> {
    let mut rest = text;
    let mut parts = [""; 6];
    let (last, first) = parts.split_last_mut()?;
    for part in first {
        (*part, rest) = rest.split_once(':')?;
    }
    *last = rest;
    Some(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct None;
    impl Keys for None {
        fn key(&self, _: &str) -> &Known {
            &Known::Absent
        }
    }

    #[test]
    fn wildcards_stand_for_what_they_should() {
        let check = |pattern: &str, text: &str, expect: bool| {
            let pattern = Pattern::new(pattern, Syntax { wildcards: true, variables: true, fold: false });
            assert_eq!(pattern.matches(text, &None), Match::Is(expect), "{pattern:?} {text}");
        };
        check("*", "", true);
        check("", "", true);
        check("", "a", false);
        check("a*c", "abc", true);
        check("a*c", "ac", true);
        check("a*c", "acb", false);
        check("a?c", "ac", false);
        check("a?c", "aéc", true);
        check("*a*a*b", "aab", true);
        check("*ab*ab", "ab", false);
        check("*ab", "abab", true);
        check("a*?", "a", false);
        check("a*?", "ab", true);
        check("${*}${?}${$}", "*?$", true);
        check("${*}", "a", false);
        check("a${b", "a${b", true);
        check("${k, 'x'}*", "xy", true);
    }

    #[test]
    fn wildcards_stay_inside_their_part_of_an_arn() {
        let check = |pattern: &str, text: &str, expect: bool| {
            let found = ArnPattern::new(pattern, true).matches(text, parts(text).as_ref(), &None);
            assert_eq!(found, Match::Is(expect), "{pattern} {text}");
        };
        check("arn:aws:s3:::b/*", "arn:aws:s3:::b/x:y", true);
        check("arn:aws:s3:*:b", "arn:aws:s3:::b", true);
        check("arn:aws:*:::b", "arn:aws:s3:x::b", false);
        check("arn:*:sns:*:*:t", "arn:aws:sns:eu-west-1:111122223333:t", true);
        check("arn:aws:s3:::*", "*", false);
        check("*", "*", true);
        check("arn:*", "arn:aws:s3:::b", true);
    }
}

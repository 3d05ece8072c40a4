//! The texts of a policy: wildcards (2.1), ARNs completed (2.2) or split into parts (2.4), and variables (2.5).

use super::truth::Truth;
use crate::document::Effect;
use crate::request::{Context, Known};

/// One character of a policy's text after variables are replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token {
    /// `*` as written: any number of characters.
    Star,
    /// `?` as written: exactly one character.
    Question,
    /// A plain character as written.
    Written(char),
    /// A character that a variable stands for: always plain, never the end of a part (2.2, 2.4, 2.5).
    Replaced(char),
}

/// Why a text cannot be compared. The greater one decides if there are several.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Gap {
    /// A variable has no value.
    Void,
    /// A variable's key has several values, and it has no default.
    Several,
    /// A variable's key is unknown.
    Unknown,
}

/// What a statement's texts are read with.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reading<'a> {
    /// Whether the document's version has variables.
    pub(super) variables: bool,
    /// The statement's effect.
    pub(super) effect: Effect,
    /// The request's keys, derived ones included (4).
    pub(super) context: &'a Context,
}

impl<'a> Reading<'a> {
    /// What is known of a key (4).
    pub(super) fn key(&self, key: &str) -> &'a Known {
        self.context.listed(key).unwrap_or_else(|| self.context.unlisted(key))
    }

    /// What a comparison with such a text counts as (2.5).
    pub(super) fn gap(&self, gap: Gap, negated: bool) -> Truth {
        match (gap, self.effect, negated) {
            (Gap::Void | Gap::Several, Effect::Allow, false) => Truth::False,
            (Gap::Void, Effect::Deny, true) => Truth::False,
            (Gap::Void | Gap::Several, Effect::Allow, true) => Truth::Unknown,
            (Gap::Void, Effect::Deny, false) | (Gap::Several, Effect::Deny, _) => Truth::Unknown,
            (Gap::Unknown, _, _) => Truth::Unknown,
        }
    }

    /// The text with its variables replaced, and the gap if one of them cannot be (2.5).
    pub(super) fn tokens(&self, text: &str) -> (Vec<Token>, Option<Gap>) {
        let (mut tokens, mut gap) = (Vec::new(), None);
        let mut rest = text;
        loop {
            // A `${` that no `}` follows is plain text.
            let variable = rest.strip_prefix("${").and_then(|inside| inside.split_once('}'));
            if self.variables
                && let Some((name, after)) = variable
            {
                match self.variable(name) {
                    Ok(value) => tokens.extend(value.chars().map(Token::Replaced)),
                    Err(missing) => gap = gap.max(Some(missing)),
                }
                rest = after;
                continue;
            }
            let mut characters = rest.chars();
            let Some(first) = characters.next() else { return (tokens, gap) };
            tokens.push(match first {
                '*' => Token::Star,
                '?' => Token::Question,
                plain => Token::Written(plain),
            });
            rest = characters.as_str();
        }
    }

    /// What stands between `${` and `}`: a plain character, `key`, or `key, 'default'` (2.5).
    fn variable(&self, inside: &str) -> Result<String, Gap> {
        if ["*", "?", "$"].contains(&inside) {
            return Ok(inside.to_owned());
        }
        let (key, default) = inside
            .split_once(',')
            .and_then(|(key, rest)| {
                let quoted = rest.trim_matches(' ').strip_prefix('\'')?.strip_suffix('\'')?;
                Some((key.trim_end_matches(' '), Some(quoted)))
            })
            .unwrap_or((inside, None));
        match (self.key(key), default) {
            (Known::Unknown, _) => Err(Gap::Unknown),
            (Known::Values(values), _) if values.len() == 1 => Ok(values.concat()),
            (Known::Values(_) | Known::Absent, Some(default)) => Ok(default.to_owned()),
            (Known::Values(values), None) if !values.is_empty() => Err(Gap::Several),
            (Known::Values(_) | Known::Absent, None) => Err(Gap::Void),
        }
    }

    /// Whether a pattern of `Resource` or `NotResource` matches the whole text of a resource (2.2).
    pub(super) fn resource(&self, pattern: &str, resource: &str, negated: bool) -> Truth {
        let (tokens, gap) = self.tokens(pattern);
        match gap {
            Some(gap) => self.gap(gap, negated),
            None => glob(&completed(tokens), &characters(resource)).into(),
        }
    }
}

/// An ARN with fewer than six parts gets `:*` for each that is missing (2.2).
fn completed(mut pattern: Vec<Token>) -> Vec<Token> {
    if pattern.starts_with(&['a', 'r', 'n', ':'].map(Token::Written)) {
        while parts(&pattern).len() < 6 {
            pattern.extend([Token::Written(':'), Token::Star]);
        }
    }
    pattern
}

/// Whether a pattern matches the whole text `service:Name`, without regard to case (2.1).
pub(super) fn action(pattern: &str, action: &str) -> Truth {
    let tokens: Vec<Token> = pattern
        .to_ascii_lowercase()
        .chars()
        .map(|character| match character {
            '*' => Token::Star,
            '?' => Token::Question,
            plain => Token::Written(plain),
        })
        .collect();
    glob(&tokens, &characters(&action.to_ascii_lowercase())).into()
}

/// The parts of a pattern: split at its first five written colons (2.2, 2.4).
pub(super) fn parts(tokens: &[Token]) -> Vec<&[Token]> {
    tokens.splitn(6, |token| *token == Token::Written(':')).collect()
}

/// Whether six parts match six parts, each on its own. A text of fewer parts is not matched (2.4).
pub(super) fn part_by_part(pattern: &[Token], text: &str) -> bool {
    let (pattern, text): (Vec<&[Token]>, Vec<&str>) = (parts(pattern), text.splitn(6, ':').collect());
    pattern.len() == text.len() && pattern.iter().zip(text).all(|(part, text)| glob(part, &characters(text)))
}

/// Whether a pattern matches the whole of a text: the definition by recursion on what is left of both, as a
/// table of answers filled from the end, so that no pattern costs more than pattern times text.
pub(super) fn glob(pattern: &[Token], text: &[char]) -> bool {
    // `matches` at `n`: what is left of the pattern matches the text from its `n`th character on.
    let mut matches: Vec<bool> = (0..=text.len()).map(|from| from == text.len()).collect();
    for token in pattern.iter().rev() {
        let mut longer = vec![false; matches.len()];
        for from in (0..=text.len()).rev() {
            let here = |row: &[bool]| row.get(from) == Some(&true);
            let after_one = |row: &[bool]| row.get(from + 1) == Some(&true);
            let answer = match token {
                Token::Star => here(&matches) || after_one(&longer),
                Token::Question => after_one(&matches),
                Token::Written(plain) | Token::Replaced(plain) => {
                    text.get(from) == Some(plain) && after_one(&matches)
                }
            };
            if let Some(cell) = longer.get_mut(from) {
                *cell = answer;
            }
        }
        matches = longer;
    }
    matches.first() == Some(&true)
}

/// The text of tokens whose wildcards have no meaning.
pub(super) fn plain(tokens: &[Token]) -> String {
    tokens
        .iter()
        .map(|token| match token {
            Token::Star => '*',
            Token::Question => '?',
            Token::Written(plain) | Token::Replaced(plain) => *plain,
        })
        .collect()
}

pub(super) fn characters(text: &str) -> Vec<char> {
    text.chars().collect()
}

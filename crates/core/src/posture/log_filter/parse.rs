//! From text to expression. `&&` binds tighter than `||`; parentheses bind tighter than both.

use super::LogFilterError;
use super::comparison::{NumberPattern, Order, RegexPattern, TextPattern};
use super::expression::{Equality, Expression, Test};
use super::scan::Scanner;
use super::selector::{Selector, Step};

/// How deep parentheses may stand in each other; the parser calls itself as often.
const DEEPEST: usize = 64;

/// `{ expression }`.
pub(super) fn pattern(text: &str) -> Result<Expression, LogFilterError> {
    let mut scanner = Scanner::new(text);
    scanner.skip_space();
    scanner.expect("{", "`{`")?;
    let expression = any(&mut scanner, 0)?;
    scanner.expect("}", "`}`, `&&` or `||`")?;
    scanner.skip_space();
    if scanner.is_at_end() { Ok(expression) } else { Err(scanner.syntax("nothing more")) }
}

fn any(scanner: &mut Scanner<'_>, depth: usize) -> Result<Expression, LogFilterError> {
    let mut parts = vec![all(scanner, depth)?];
    while scanner.take("||") {
        parts.push(all(scanner, depth)?);
    }
    Ok(Expression::Any(parts))
}

fn all(scanner: &mut Scanner<'_>, depth: usize) -> Result<Expression, LogFilterError> {
    let mut parts = vec![one(scanner, depth)?];
    while scanner.take("&&") {
        parts.push(one(scanner, depth)?);
    }
    Ok(Expression::All(parts))
}

/// A condition, or an expression in parentheses, with the space around it.
fn one(scanner: &mut Scanner<'_>, depth: usize) -> Result<Expression, LogFilterError> {
    scanner.skip_space();
    let expression = if scanner.take("(") {
        if depth == DEEPEST {
            return Err(LogFilterError::Unsupported("more than 64 parentheses within each other"));
        }
        let inner = any(scanner, depth + 1)?;
        scanner.expect(")", "`)`, `&&` or `||`")?;
        inner
    } else {
        condition(scanner)?
    };
    scanner.skip_space();
    Ok(expression)
}

fn condition(scanner: &mut Scanner<'_>) -> Result<Expression, LogFilterError> {
    let selector = selector(scanner)?;
    scanner.skip_space();
    let test = test(scanner)?;
    match selector.wildcards() {
        0 => {}
        1 if test.is_clear_of_many() => {}
        1 => {
            return Err(LogFilterError::Unsupported("a negation or a question over every element of a list"));
        }
        _ => return Err(LogFilterError::Unsupported("more than one wildcard in a selector")),
    }
    Ok(Expression::Condition(selector, test))
}

fn selector(scanner: &mut Scanner<'_>) -> Result<Selector, LogFilterError> {
    scanner.expect("$", "a selector (`$.`), or `(`")?;
    let mut steps = Vec::new();
    loop {
        let is_member = scanner.take(".");
        if scanner.take("['") {
            let name = scanner.while_is(|letter| letter != '\'');
            scanner.expect("']", "`']`")?;
            steps.push(Step::Member(name.to_owned()));
        } else if is_member && scanner.take("*") {
            steps.push(Step::Every);
        } else if is_member {
            let name =
                scanner.while_is(|letter| letter.is_ascii_alphanumeric() || letter == '_' || letter == '-');
            if name.is_empty() {
                return Err(scanner.syntax("the name of a member"));
            }
            steps.push(Step::Member(name.to_owned()));
        } else if scanner.take("[*]") {
            steps.push(Step::Every);
        } else if scanner.take("[") {
            let digits = scanner.while_is(|letter| letter.is_ascii_digit());
            let index = digits.parse().map_err(|_| scanner.syntax("an index or `*`"))?;
            scanner.expect("]", "`]`")?;
            steps.push(Step::Element(index));
        } else if steps.is_empty() {
            return Err(scanner.syntax("`.`"));
        } else {
            return Ok(Selector(steps));
        }
    }
}

fn test(scanner: &mut Scanner<'_>) -> Result<Test, LogFilterError> {
    if scanner.take_word("IS") {
        scanner.skip_space();
        return if scanner.take_word("NULL") {
            Ok(Test::IsNull)
        } else if scanner.take_word("TRUE") {
            Ok(Test::Is(true))
        } else if scanner.take_word("FALSE") {
            Ok(Test::Is(false))
        } else {
            Err(scanner.syntax("`NULL`, `TRUE` or `FALSE`"))
        };
    }
    if scanner.take_word("EXISTS") {
        return Ok(Test::Exists);
    }
    if scanner.take_word("NOT") {
        scanner.skip_space();
        return if scanner.take_word("EXISTS") {
            Ok(Test::NotExists)
        } else {
            Err(scanner.syntax("`EXISTS`"))
        };
    }
    let operators = [
        ("!=", Order::Unequal),
        ("<=", Order::LessOrEqual),
        (">=", Order::GreaterOrEqual),
        ("=", Order::Equal),
        ("<", Order::Less),
        (">", Order::Greater),
    ];
    let found = operators.into_iter().find(|(text, _)| scanner.take(text));
    let (_, order) = found.ok_or_else(|| scanner.syntax("a comparison, `IS` or `NOT EXISTS`"))?;
    scanner.skip_space();
    operand(scanner, order)
}

fn operand(scanner: &mut Scanner<'_>, order: Order) -> Result<Test, LogFilterError> {
    let equality = match order {
        Order::Equal => Some(Equality::Equal),
        Order::Unequal => Some(Equality::Unequal),
        Order::Less | Order::LessOrEqual | Order::Greater | Order::GreaterOrEqual => None,
    };
    match scanner.peek() {
        Some('"') => {
            let text = quoted(scanner)?;
            let equality = equality.ok_or(LogFilterError::Unsupported("an order of texts"))?;
            Ok(Test::Text(equality, TextPattern::new(&text)))
        }
        Some('%') => {
            scanner.take("%");
            let text = scanner.while_is(|letter| letter != '%');
            scanner.expect("%", "`%`")?;
            let equality = equality.ok_or(LogFilterError::Unsupported("an order of texts"))?;
            Ok(Test::Regex(equality, RegexPattern::new(text)?))
        }
        _ => {
            let word =
                scanner.while_is(|letter| letter.is_ascii_alphanumeric() || "*.-+_:/@#,".contains(letter));
            if word.is_empty() {
                return Err(scanner.syntax("text, a number or `%`"));
            }
            match (number(word), equality) {
                (Some(number), _) if !number.is_finite() => {
                    Err(LogFilterError::Unsupported("a number out of all bounds"))
                }
                (Some(number), _) => Ok(Test::Number(NumberPattern { order, number })),
                (None, Some(equality)) => Ok(Test::Text(equality, TextPattern::new(word))),
                (None, None) => Err(LogFilterError::Unsupported("an order of texts")),
            }
        }
    }
}

/// Text in double quotes. `\"` and `\\` stand for themselves; AWS documents no other.
fn quoted(scanner: &mut Scanner<'_>) -> Result<String, LogFilterError> {
    scanner.expect("\"", "`\"`")?;
    let mut text = String::new();
    loop {
        match scanner.next() {
            None => return Err(scanner.syntax("`\"`")),
            Some('"') => return Ok(text),
            Some('\\') => match scanner.next() {
                Some(letter @ ('"' | '\\')) => text.push(letter),
                _ => return Err(LogFilterError::Unsupported("an escape that AWS does not document")),
            },
            Some(letter) => text.push(letter),
        }
    }
}

/// A word that is a number. Rust also reads `inf` and `nan`, which are words here.
fn number(word: &str) -> Option<f64> {
    let is_number = word.chars().all(|letter| letter.is_ascii_digit() || "+-.eE".contains(letter));
    if is_number && word.contains(|letter: char| letter.is_ascii_digit()) { word.parse().ok() } else { None }
}

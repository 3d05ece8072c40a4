//! Patterns that match a given text, and texts that are almost another.

use super::choices::Choices;

/// A pattern with `*` and `?` that matches the text.
pub(super) fn glob(text: &str, choices: &mut Choices) -> String {
    let chars: Vec<char> = text.chars().collect();
    let (one, other) = (choices.below(chars.len() + 1), choices.below(chars.len() + 1));
    let (start, end) = (one.min(other), one.max(other));
    let take = |from: usize, to: usize| -> String { chars.iter().take(to).skip(from).collect() };
    let (head, middle, tail) = (take(0, start), take(start, end), take(end, chars.len()));
    match choices.below(6) {
        0 => format!("{head}{middle}*"),
        1 => format!("{head}*"),
        2 => format!("{head}*{tail}"),
        3 if !middle.is_empty() => format!("{head}{}{tail}", middle.chars().map(|_| '?').collect::<String>()),
        4 if middle.chars().count() > 2 => format!("{head}?*{tail}"),
        _ => format!("*{middle}*{tail}"),
    }
}

/// A pattern that matches an ARN part by part, its sixth part or one of the others being opened.
///
/// AWS wants no wildcard in the type of a resource (`user` of `user/alice`), nor in the partition; `anywhere`
/// puts them there too.
pub(super) fn arn_glob(arn: &str, anywhere: bool, choices: &mut Choices) -> String {
    let mut parts: Vec<String> = arn.splitn(6, ':').map(str::to_owned).collect();
    if parts.len() < 6 {
        return arn.to_owned();
    }
    let is_s3 = parts.get(2).is_some_and(|service| service == "s3");
    let place = choices.one_weighted(&[5, 4, 3, 1], &[7, 2, 2, usize::from(anywhere)]).unwrap_or(5);
    if let Some(part) = parts.get_mut(place) {
        let start = part.find(['/', ':']).filter(|_| !anywhere && !is_s3).map_or(0, |end| end + 1);
        *part = match part.split_at_checked(start) {
            Some((kind, name)) if place == 5 && choices.percent(75) => {
                format!("{kind}{}", glob(name, choices))
            }
            _ => "*".to_owned(),
        };
    }
    parts.join(":")
}

/// The text with the case of some letters changed.
pub(super) fn other_case(text: &str, choices: &mut Choices) -> String {
    match choices.below(3) {
        0 => text.to_ascii_lowercase(),
        1 => text.to_ascii_uppercase(),
        _ => text
            .chars()
            .map(|letter| if choices.percent(30) { letter.to_ascii_uppercase() } else { letter })
            .collect(),
    }
}

/// The text with one character put in, taken out or exchanged.
pub(super) fn scramble(text: &str, choices: &mut Choices) -> String {
    const ODD: [&str; 20] = [
        "*",
        "?",
        "$",
        "${",
        "}",
        ":",
        ",",
        "'",
        "/",
        " ",
        "a",
        "A",
        "é",
        "0",
        "-",
        "${*}",
        "${?}",
        "${$}",
        "${aws:username}",
        "${aws:username, 'a'}",
    ];
    let mut chars: Vec<char> = text.chars().collect();
    let place = choices.below(chars.len() + 1);
    let way = choices.below(3);
    if way > 0 && place < chars.len() {
        chars.remove(place);
    }
    if way < 2 {
        let tail = chars.split_off(place.min(chars.len()));
        chars.extend(choices.text(&ODD).chars());
        chars.extend(tail);
    }
    chars.into_iter().collect()
}

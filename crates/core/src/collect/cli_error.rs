//! What the AWS CLI prints on standard error.

/// The error code and the one line that has it, from what the AWS CLI printed:
/// `An error occurred (AccessDenied) when calling the GetBucketPolicy operation: ...`.
///
/// Newer versions can print `{"Code": "AccessDenied", ...}` instead; then the line is made from the code.
///
/// Nothing but that line is returned: with `--debug` the rest may hold anything. Without such a line the
/// call failed before AWS answered; then the code is `None` and the line is the first that says something.
#[must_use]
pub fn parse_cli_error(text: &str) -> (Option<String>, String) {
    const MARK: &str = "An error occurred (";
    if let Ok(error) = serde_json::from_str::<serde_json::Value>(text.trim())
        && let Some(code) =
            ["Code", "code"].iter().find_map(|name| error.get(name)?.as_str()).filter(|code| is_code(code))
    {
        return (Some(code.to_owned()), format!("{MARK}{code})"));
    }
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let first = lines.clone().next().unwrap_or_default().to_owned();
    for line in lines.by_ref() {
        if let Some((_, rest)) = line.split_once(MARK)
            && let Some((code, _)) = rest.split_once(')')
            && is_code(code)
        {
            return (Some(code.to_owned()), line.to_owned());
        }
    }
    (None, first)
}

fn is_code(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|letter| letter.is_ascii_alphanumeric() || ".-_:".contains(letter))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_code_in_what_the_cli_prints() {
        let check = |text: &str, code: Option<&str>, line: &str| {
            assert_eq!(parse_cli_error(text), (code.map(str::to_owned), line.to_owned()), "{text}");
        };
        let denied =
            "An error occurred (AccessDenied) when calling the GetBucketPolicy operation: Access Denied";
        check(&format!("\n{denied}\n"), Some("AccessDenied"), denied);
        check(
            &format!("DEBUG secret\naws: [ERROR]: {denied}\n"),
            Some("AccessDenied"),
            &format!("aws: [ERROR]: {denied}"),
        );
        let client =
            "An error occurred (Client.UnauthorizedOperation) when calling the X operation: no (really)";
        check(client, Some("Client.UnauthorizedOperation"), client);
        let offline = "Could not connect to the endpoint URL: \"https://s3.example/\"";
        check(&format!("\n\n{offline}\n"), None, offline);
        check("", None, "");
        check(
            r#"{"Code": "NoSuchEntity", "Message": "x"}"#,
            Some("NoSuchEntity"),
            "An error occurred (NoSuchEntity)",
        );
        check("An error occurred () when", None, "An error occurred () when");
    }
}

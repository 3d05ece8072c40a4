//! What the AWS CLI prints on standard error.

/// The error code, and what to keep of the error, from what the AWS CLI printed:
/// `An error occurred (AccessDenied) when calling the GetBucketPolicy operation: ...`, or in newer
/// versions `{"Code": "AccessDenied", ...}`.
///
/// Only code and operation are kept: with `--debug`, or behind the colon, there may be anything. Without a
/// code the call failed before AWS answered.
#[must_use]
pub fn parse_cli_error(text: &str) -> (Option<String>, String) {
    const MARK: &str = "An error occurred (";
    const CALLING: &str = " when calling the ";
    if let Ok(error) = serde_json::from_str::<serde_json::Value>(text.trim())
        && let Some(code) =
            ["Code", "code"].iter().find_map(|name| error.get(name)?.as_str()).filter(|code| is_code(code))
    {
        return (Some(code.to_owned()), format!("{MARK}{code})"));
    }
    for line in text.lines() {
        if let Some((_, rest)) = line.split_once(MARK)
            && let Some((code, rest)) = rest.split_once(')')
            && is_code(code)
        {
            let operation = rest.strip_prefix(CALLING).and_then(|rest| rest.split_once(" operation"));
            let kept = match operation {
                Some((operation, _)) if is_code(operation) => {
                    format!("{MARK}{code}){CALLING}{operation} operation")
                }
                Some(_) | None => format!("{MARK}{code})"),
            };
            return (Some(code.to_owned()), kept);
        }
    }
    (None, "the call failed before AWS answered".to_owned())
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
        let denied = "An error occurred (AccessDenied) when calling the GetBucketPolicy operation";
        check(&format!("\n{denied}: Access Denied SECRET\n"), Some("AccessDenied"), denied);
        check(&format!("DEBUG SECRET\naws: [ERROR]: {denied}: x\n"), Some("AccessDenied"), denied);
        let client = "An error occurred (Client.UnauthorizedOperation) when calling the X operation";
        check(
            &format!("{client} (reached max retries: 4): no (really)"),
            Some("Client.UnauthorizedOperation"),
            client,
        );
        check("An error occurred (A) when calling SECRET", Some("A"), "An error occurred (A)");
        let unanswered = "the call failed before AWS answered";
        check("\nCould not connect to the endpoint URL: \"https://s3.example/\"\n", None, unanswered);
        check("", None, unanswered);
        check("An error occurred () when", None, unanswered);
        check(
            r#"{"Code": "NoSuchEntity", "Message": "x"}"#,
            Some("NoSuchEntity"),
            "An error occurred (NoSuchEntity)",
        );
    }
}

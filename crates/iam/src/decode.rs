//! Undoing the URL encoding IAM puts around policy documents (RFC 3986, so `+` stays a plus sign).

/// Replaces every `%XX` by its byte. A `%` that no two hex digits follow stays as it is.
///
/// Returns `None` when the decoded bytes are not UTF-8.
#[must_use]
pub fn percent_decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        if let (b'%', [high, low, after @ ..]) = (first, tail)
            && let (Some(high), Some(low)) = (hex(*high), hex(*low))
        {
            bytes.push(high << 4 | low);
            rest = after;
        } else {
            bytes.push(first);
            rest = tail;
        }
    }
    String::from_utf8(bytes).ok()
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decodes_bytes_and_keeps_what_is_not_an_escape() {
        let check = |input: &str, expect: &str| assert_eq!(percent_decode(input).as_deref(), Some(expect));
        check("%7B%22a%22%3A1%7D", r#"{"a":1}"#);
        check("100%", "100%");
        check("%zz%4", "%zz%4");
        check("a+b", "a+b");
        check("%C3%A9", "é");
        assert_eq!(percent_decode("%ff"), None);
    }
}

//! Amazon Resource Names, compared part by part and never as substrings.

/// `arn:partition:service:region:account:resource`.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html>
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Arn {
    /// `aws`, `aws-cn`, `aws-us-gov`, ...
    pub partition: String,
    /// `iam`, `s3`, ...
    pub service: String,
    /// Empty for global services.
    pub region: String,
    /// Empty for services such as S3, `aws` for AWS-managed policies.
    pub account: String,
    /// Everything after the fifth colon; may hold colons itself.
    pub resource: String,
}

/// The text is not an ARN.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an ARN (arn:partition:service:region:account:resource)")]
pub struct InvalidArn(String);

impl Arn {
    /// # Errors
    /// When the text has not the six parts of an ARN, or partition, service or resource is empty.
    pub fn parse(text: &str) -> Result<Self, InvalidArn> {
        let mut parts = text.splitn(6, ':').map(str::to_owned);
        let mut next = || parts.next().ok_or_else(|| InvalidArn(text.to_owned()));
        if next()? != "arn" {
            return Err(InvalidArn(text.to_owned()));
        }
        let arn = Self {
            partition: next()?,
            service: next()?,
            region: next()?,
            account: next()?,
            resource: next()?,
        };
        if arn.partition.is_empty() || arn.service.is_empty() || arn.resource.is_empty() {
            return Err(InvalidArn(text.to_owned()));
        }
        Ok(arn)
    }

    /// Whether this ARN, read as a pattern, covers `other`.
    ///
    /// Each part is compared with its counterpart; `*` and `?` in a part of the pattern never reach
    /// into the next part, and inside the resource they never cross a `/` or `:`. So
    /// `arn:aws:iam::111122223333:user/*` covers neither a role nor another account.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        let separators: &[char] = &['/', ':'];
        let mut ours = self.resource.split(separators);
        let mut theirs = other.resource.split(separators);
        glob(&self.partition, &other.partition)
            && glob(&self.service, &other.service)
            && glob(&self.region, &other.region)
            && glob(&self.account, &other.account)
            && loop {
                match (ours.next(), theirs.next()) {
                    (None, None) => break true,
                    (Some(pattern), Some(text)) if glob(pattern, text) => {}
                    _ => break false,
                }
            }
    }
}

impl std::fmt::Display for Arn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { partition, service, region, account, resource } = self;
        write!(f, "arn:{partition}:{service}:{region}:{account}:{resource}")
    }
}

/// Matches `*` (any run) and `?` (any one) in linear space and `O(pattern × text)` time.
pub(crate) fn glob(pattern: &str, text: &str) -> bool {
    let text: Vec<char> = text.chars().collect();
    let mut reachable = vec![false; text.len() + 1];
    if let Some(first) = reachable.first_mut() {
        *first = true;
    }
    for symbol in pattern.chars() {
        let mut next = vec![false; text.len() + 1];
        let mut any_before = false;
        for (index, cell) in next.iter_mut().enumerate() {
            let here = reachable.get(index).copied().unwrap_or(false);
            any_before |= here;
            let previous = index.checked_sub(1);
            let from_previous = previous.and_then(|i| reachable.get(i)).copied().unwrap_or(false);
            *cell = match symbol {
                '*' => any_before,
                '?' => from_previous,
                letter => from_previous && previous.and_then(|i| text.get(i)) == Some(&letter),
            };
        }
        reachable = next;
    }
    reachable.last().copied().unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn covers(pattern: &str, text: &str) -> bool {
        Arn::parse(pattern).unwrap().covers(&Arn::parse(text).unwrap())
    }

    #[test]
    fn parses_and_prints() {
        for text in ["arn:aws:s3:::bucket/key:with:colons", "arn:aws-cn:iam::111122223333:role/a/b"] {
            assert_eq!(Arn::parse(text).unwrap().to_string(), text);
        }
        for text in ["", "root", "arn:aws:iam::111122223333", "arn:::::", "ARN:aws:iam::1:user/x"] {
            assert!(Arn::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn groot_is_not_root() {
        assert!(!covers("arn:aws:iam::111122223333:root", "arn:aws:iam::111122223333:user/groot"));
        assert!(!covers("arn:aws:iam::111122223333:user/root", "arn:aws:iam::111122223333:user/groot"));
        assert!(covers("arn:aws:iam::111122223333:user/root", "arn:aws:iam::111122223333:user/root"));
    }

    #[test]
    fn wildcards_stay_inside_their_part() {
        assert!(covers("arn:aws:iam::111122223333:user/*", "arn:aws:iam::111122223333:user/anna"));
        assert!(!covers("arn:aws:iam::111122223333:user/*", "arn:aws:iam::111122223333:role/anna"));
        assert!(!covers("arn:aws:iam::111122223333:user/*", "arn:aws:iam::444455556666:user/anna"));
        assert!(!covers("arn:aws:iam::111122223333:user/*", "arn:aws:iam::111122223333:user/team/anna"));
        assert!(covers("arn:aws:iam::*:user/a?na", "arn:aws:iam::111122223333:user/anna"));
        assert!(covers("arn:aws:s3:::logs-*", "arn:aws:s3:::logs-eu"));
    }
}

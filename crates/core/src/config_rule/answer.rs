//! What AWS Config is answered about one resource.

use jiff::Timestamp;
use serde_json::Value;

use super::event::ChangedItem;
use crate::model::{Resource, Unread, Verdict, WaiverNote};

/// How Config calls the account itself, where a verdict is about no resource in it.
pub const ACCOUNT_TYPE: &str = "AWS::::Account";

/// How long an annotation may be, in characters.
/// <https://docs.aws.amazon.com/config/latest/APIReference/API_Evaluation.html>, looked at 2026-11-22.
pub const MOST_ANNOTATION: usize = 256;

/// What an annotation of a verdict that could not be told begins with.
const UNKNOWN: &str = "UNKNOWN: ";

/// Config's verdicts, as far as a custom rule may give them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Compliance {
    /// The resource is as the rule wants it.
    Compliant,
    /// It is not, or nobody could tell.
    NonCompliant,
    /// The rule does not speak of it. Config drops what it knew of the resource under the rule.
    NotApplicable,
}

impl Compliance {
    /// Config's word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Compliant => "COMPLIANT",
            Self::NonCompliant => "NON_COMPLIANT",
            Self::NotApplicable => "NOT_APPLICABLE",
        }
    }
}

/// One verdict as Config takes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleResult {
    /// The type, in Config's words.
    pub resource_type: String,
    /// The id, in Config's words.
    pub resource_id: String,
    /// The verdict.
    pub compliance: Compliance,
    /// Why, up to [`MOST_ANNOTATION`] characters.
    pub annotation: Option<String>,
    /// The moment it is about. Config keeps the latest.
    pub at: Timestamp,
}

impl RuleResult {
    /// That the rule does not speak of it, or that it is gone.
    #[must_use]
    pub fn not_applicable(named: (String, String), at: Timestamp) -> Self {
        let (resource_type, resource_id) = named;
        Self { resource_type, resource_id, compliance: Compliance::NotApplicable, annotation: None, at }
    }

    /// That nobody could tell, for this reason.
    #[must_use]
    pub fn unknown(named: (String, String), why: &str, at: Timestamp) -> Self {
        let (resource_type, resource_id) = named;
        let annotation = Some(cut(&format!("{UNKNOWN}{why}")));
        Self { resource_type, resource_id, compliance: Compliance::NonCompliant, annotation, at }
    }

    /// A verdict on a resource, with what its rule says of a Fail.
    #[must_use]
    pub fn of(
        named: (String, String),
        resource: &Resource,
        verdict: &Verdict,
        message: &str,
        waiver: Option<&WaiverNote>,
        at: Timestamp,
    ) -> Self {
        let (resource_type, resource_id) = named.clone();
        let (compliance, annotation) = match verdict {
            Verdict::Pass => (Compliance::Compliant, None),
            Verdict::NotApplicable => (Compliance::NotApplicable, None),
            Verdict::Fail => (Compliance::NonCompliant, Some(failed(message, waiver))),
            Verdict::Unknown(reason) => return Self::unknown(named, &why(resource, reason), at),
        };
        Self { resource_type, resource_id, compliance, annotation, at }
    }
}

/// What a Fail says. An accepted one stays a Fail: Config has no word for it.
fn failed(message: &str, waiver: Option<&WaiverNote>) -> String {
    match waiver.filter(|waiver| !waiver.expired) {
        None => cut(message),
        Some(WaiverNote { id, owner, expires, .. }) => {
            cut(&format!("{message} Accepted by {owner} until {expires} (waiver {id})."))
        }
    }
}

/// `<call>: <code>` where a call is behind it, else the reason.
fn why(resource: &Resource, reason: &str) -> String {
    let unread = resource.unread.iter().find(|unread| unread.to_string() == reason);
    unread.map_or_else(|| reason.to_owned(), call_and_code)
}

/// `s3api get-bucket-encryption: AccessDenied`.
pub(crate) fn call_and_code(unread: &Unread) -> String {
    let Unread { call, reason, detail, .. } = unread;
    let code = if detail.is_empty() { reason.as_str() } else { detail };
    format!("{call}: {code}")
}

/// The beginning of a text, with an ellipsis where something is left out. AWS counts in UTF-16, in which a
/// character outside of the basic plane is two.
fn cut(text: &str) -> String {
    let mut length = 0;
    let mut fits = String::new();
    for letter in text.chars() {
        length += letter.len_utf16();
        if length > MOST_ANNOTATION {
            while fits.chars().map(char::len_utf16).sum::<usize>() >= MOST_ANNOTATION {
                fits.pop();
            }
            fits.push('…');
            return fits;
        }
        fits.push(letter);
    }
    fits
}

/// The members Config takes its ids from where they are not those our catalog names a resource by, and its own
/// name for the type.
///
/// <https://docs.aws.amazon.com/config/latest/developerguide/resource-config-reference.html>, looked at 2026-11-22.
const NAMES: [(&str, &str, &str); 9] = [
    ("AWS::CertificateManager::Certificate", "AWS::ACM::Certificate", "CertificateArn"),
    ("AWS::IAM::Group", "AWS::IAM::Group", "GroupId"),
    ("AWS::IAM::ManagedPolicy", "AWS::IAM::Policy", "PolicyId"),
    ("AWS::IAM::Role", "AWS::IAM::Role", "RoleId"),
    ("AWS::IAM::User", "AWS::IAM::User", "UserId"),
    ("AWS::OpenSearchService::Domain", "AWS::OpenSearch::Domain", "DomainName"),
    ("AWS::RDS::DBCluster", "AWS::RDS::DBCluster", "DbClusterResourceId"),
    ("AWS::RDS::DBInstance", "AWS::RDS::DBInstance", "DbiResourceId"),
    ("AWS::SSM::ManagedInstance", "AWS::SSM::ManagedInstanceInventory", "InstanceId"),
];

/// Type and id of a resource in Config's words. `key` is the member that names it in its account and region;
/// what has none there is the account's own.
#[must_use]
pub fn name_in_config(resource: &Resource, key: Option<&str>) -> (String, String) {
    let account = || (ACCOUNT_TYPE.to_owned(), resource.account.to_string());
    let Some(key) = key.filter(|_| !resource.is_placeholder()) else { return account() };
    let known = NAMES.iter().find(|(ours, _, _)| *ours == resource.resource_type);
    let text = |member: &str| resource.document.get(member).and_then(Value::as_str);
    let (name, id) = match known {
        Some((_, theirs, member)) => (*theirs, text(member)),
        None => (resource.resource_type.as_str(), None),
    };
    (name.to_owned(), id.or_else(|| text(key)).unwrap_or(&resource.id).to_owned())
}

impl ChangedItem {
    /// Type and id, as Config gave them.
    #[must_use]
    pub fn name_in_config(&self) -> (String, String) {
        (self.resource_type.clone(), self.id.clone())
    }

    /// Whether this ARN is its own. For some types Config's id is one.
    #[must_use]
    pub fn is_at(&self, arn: &str) -> bool {
        self.arn.as_deref() == Some(arn) || self.id == arn
    }

    /// Whether a text that stands for a thing of its type stands for it: its id, its name, or the end of either or
    /// of its ARN behind a separator.
    #[must_use]
    pub fn is_called(&self, text: &str) -> bool {
        let names = [Some(&self.id), self.name.as_ref(), self.arn.as_ref()];
        !text.is_empty()
            && names.into_iter().flatten().any(|name| {
                let name = name.strip_suffix(":*").unwrap_or(name);
                let before = name.strip_suffix(text);
                before.is_some_and(|before| before.is_empty() || before.ends_with([':', '/']))
            })
    }

    /// Whether it is of this type of ours.
    #[must_use]
    pub fn is_of_type(&self, ours: &str) -> bool {
        let theirs = NAMES.iter().find(|(known, _, _)| *known == ours).map_or(ours, |(_, theirs, _)| theirs);
        self.resource_type == theirs || self.resource_type == ours
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::{AccountId, UnreadReason};

    fn resource(resource_type: &str, document: Value) -> Resource {
        Resource {
            resource_type: resource_type.to_owned(),
            id: "arn:aws:x:::y".to_owned(),
            account: AccountId::parse("111122223333").unwrap(),
            region: "eu-west-1".to_owned(),
            document,
            unread: vec![Unread {
                path: "Encryption".to_owned(),
                call: "s3api get-bucket-encryption".to_owned(),
                reason: UnreadReason::AccessDenied,
                detail: "AccessDenied".to_owned(),
            }],
            evidence: Vec::new(),
            seen_at: "2026-11-22T10:00:00Z".parse().unwrap(),
        }
    }

    fn annotation(verdict: &Verdict, waiver: Option<&WaiverNote>) -> (Compliance, Option<String>) {
        let bucket = resource("AWS::S3::Bucket", json!({"Name": "b"}));
        let named = name_in_config(&bucket, Some("Name"));
        assert_eq!(named, ("AWS::S3::Bucket".to_owned(), "b".to_owned()));
        let result = RuleResult::of(named, &bucket, verdict, "Not so.", waiver, bucket.seen_at);
        (result.compliance, result.annotation)
    }

    #[test]
    fn unknown_is_never_compliant_and_names_call_and_code() {
        let unread = "s3api get-bucket-encryption: access denied (AccessDenied)";
        let expect = "UNKNOWN: s3api get-bucket-encryption: AccessDenied";
        let said = annotation(&Verdict::Unknown(unread.to_owned()), None);
        assert_eq!(said, (Compliance::NonCompliant, Some(expect.to_owned())));
        let said = annotation(&Verdict::Unknown("the document has no `X`".to_owned()), None);
        assert_eq!(said.1.as_deref(), Some("UNKNOWN: the document has no `X`"));
        assert_eq!(annotation(&Verdict::Pass, None), (Compliance::Compliant, None));
        assert_eq!(annotation(&Verdict::NotApplicable, None), (Compliance::NotApplicable, None));
    }

    #[test]
    fn an_accepted_fail_stays_one() {
        let note = |expired| WaiverNote {
            id: "w1".to_owned(),
            owner: "ann".to_owned(),
            reason: "r".to_owned(),
            expires: "2026-12-31".to_owned(),
            expired,
        };
        let said = annotation(&Verdict::Fail, Some(&note(false)));
        let expect = "Not so. Accepted by ann until 2026-12-31 (waiver w1).";
        assert_eq!(said, (Compliance::NonCompliant, Some(expect.to_owned())));
        assert_eq!(annotation(&Verdict::Fail, Some(&note(true))).1.as_deref(), Some("Not so."));
    }

    #[test]
    fn annotations_end_between_characters_within_awss_limit() {
        let units = |text: &str| text.encode_utf16().count();
        assert_eq!(cut(&"a".repeat(256)), "a".repeat(256));
        assert_eq!(cut(&"a".repeat(257)), format!("{}…", "a".repeat(255)));
        for letter in ["ä", "語", "🦀", "e\u{301}"] {
            let text = cut(&letter.repeat(300));
            assert!(units(&text) <= MOST_ANNOTATION && units(&text) >= MOST_ANNOTATION - 1, "{letter}");
            assert!(text.ends_with('…'));
        }
        assert_eq!(cut(&"🦀".repeat(128)), "🦀".repeat(128));
    }

    #[test]
    fn resources_bear_the_names_config_knows_them_by() {
        let name =
            |of: &str, document: Value, key: Option<&str>| name_in_config(&resource(of, document), key);
        let named = |of: &str, id: &str| (of.to_owned(), id.to_owned());
        let database = json!({"DBInstanceIdentifier": "orders", "DbiResourceId": "db-ABC"});
        let key = Some("DBInstanceIdentifier");
        assert_eq!(name("AWS::RDS::DBInstance", database, key), named("AWS::RDS::DBInstance", "db-ABC"));
        let policy = json!({"Arn": "arn:aws:iam::1:policy/p", "PolicyId": "ANPA"});
        assert_eq!(name("AWS::IAM::ManagedPolicy", policy, Some("Arn")), named("AWS::IAM::Policy", "ANPA"));
        let account = named(ACCOUNT_TYPE, "111122223333");
        assert_eq!(name("AWS::IAM::PasswordPolicy", json!({}), None), account);
        let mut placeholder = resource("AWS::S3::Bucket", json!({}));
        placeholder.id = "unlisted/111122223333/global/AWS::S3::Bucket".to_owned();
        assert_eq!(name_in_config(&placeholder, Some("Name")), account);
    }
}

//! An IAM user's document as the access review needs it.

use jiff::Timestamp;
use serde_json::Value;

use crate::model::{AccessKey, IamUser, PasswordLastUsed, Resource, rfc3339, rfc3339_nanos};

/// The snapshot of an `AWS::IAM::User` resource, `None` for a placeholder or another type.
#[must_use]
pub fn iam_user(resource: &Resource, scanned_at: Timestamp) -> Option<IamUser> {
    let document = &resource.document;
    let name = document.get("UserName")?.as_str()?.to_owned();
    let read = |path: &str| !resource.unread.iter().any(|unread| unread.touches(path));
    let text = |member: &str| document.get(member).and_then(Value::as_str).map(str::to_owned);
    let report = document.get("CredentialReport");
    let cell = |column: &str| report?.get(column)?.as_str();
    let flag = |column: &str| match cell(column)? {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
    };
    let names = |list: &str, member: Option<&str>| {
        read(list).then(|| {
            let items = document.get(list).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
            let name = |item: &Value| match member {
                Some(member) => item.get(member)?.as_str().map(str::to_owned),
                None => item.as_str().map(str::to_owned),
            };
            items.iter().filter_map(name).collect()
        })
    };
    let key = |slot: u8| {
        let active = flag(&format!("access_key_{slot}_active"))?;
        let last_rotated = time(cell(&format!("access_key_{slot}_last_rotated")));
        // A slot without a key says `false` and `N/A`.
        (active || last_rotated.is_some()).then(|| AccessKey {
            active,
            last_rotated,
            last_used: time(cell(&format!("access_key_{slot}_last_used_date"))),
        })
    };
    Some(IamUser {
        schema: IamUser::SCHEMA,
        user_name: format!("{}/{name}", resource.account),
        scan_timestamp: rfc3339_nanos(scanned_at),
        account: resource.account.clone(),
        user_id: text("UserId"),
        arn: resource.id.clone(),
        create_date: time(text("CreateDate").as_deref()),
        password_last_used: password_last_used(
            text("PasswordLastUsed"),
            cell("password_last_used"),
            flag("password_enabled"),
        ),
        console_access: flag("password_enabled"),
        mfa: flag("mfa_active"),
        access_keys: report.and_then(|_| {
            flag("access_key_1_active")?;
            Some([1, 2].into_iter().filter_map(key).collect())
        }),
        groups: names("GroupList", None),
        attached_policies: names("AttachedManagedPolicies", Some("PolicyArn")),
        inline_policies: names("UserPolicyList", Some("PolicyName")),
        evidence: resource.evidence.clone(),
        name,
    })
}

fn time(text: Option<&str>) -> Option<String> {
    text?.parse::<Timestamp>().ok().map(rfc3339)
}

fn password_last_used(
    listed: Option<String>,
    reported: Option<&str>,
    enabled: Option<bool>,
) -> PasswordLastUsed {
    if let Some(at) = time(listed.as_deref()).or_else(|| time(reported)) {
        return PasswordLastUsed::At(at);
    }
    match (enabled, reported) {
        (Some(false), _) => PasswordLastUsed::NoPassword,
        (Some(true), Some("no_information")) => PasswordLastUsed::NeverRecorded,
        _ => PasswordLastUsed::Unread,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_meanings_of_an_absent_password_date_are_kept_apart() {
        let at = |text: &str| PasswordLastUsed::At(text.to_owned());
        let listed = Some("2026-11-01T00:00:00+00:00".to_owned());
        assert_eq!(password_last_used(listed, None, None), at("2026-11-01T00:00:00Z"));
        let reported = Some("2026-10-01T00:00:00+00:00");
        assert_eq!(password_last_used(None, reported, Some(true)), at("2026-10-01T00:00:00Z"));
        assert_eq!(
            password_last_used(None, Some("no_information"), Some(true)),
            PasswordLastUsed::NeverRecorded
        );
        assert_eq!(password_last_used(None, Some("N/A"), Some(false)), PasswordLastUsed::NoPassword);
        assert_eq!(password_last_used(None, None, None), PasswordLastUsed::Unread);
        assert_eq!(password_last_used(None, Some("N/A"), Some(true)), PasswordLastUsed::Unread);
    }
}

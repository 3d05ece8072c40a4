//! An IAM user's document as the access review needs it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;

use super::credential_report::GENERATED_TIME;
use crate::model::{Access, AccessKey, IamUser, PasswordLastUsed, Resource, rfc3339, rfc3339_nanos};

/// The snapshot of an `AWS::IAM::User` resource, `None` for a placeholder or another type.
#[must_use]
pub fn iam_user(resource: &Resource, scanned_at: Timestamp, access: Access) -> Option<IamUser> {
    let document = &resource.document;
    let name = document.get("UserName")?.as_str()?.to_owned();
    let text = |member: &str| document.get(member).and_then(Value::as_str).map(str::to_owned);
    let report = Report { row: document.get("CredentialReport") };
    let direct = Direct { resource, document };
    let console_access = report.flag("password_enabled").or_else(|| direct.console_access());
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
            report.cell("password_last_used"),
            console_access,
        ),
        console_access,
        // The list is newer than the report.
        mfa: match (report.flag("mfa_active"), direct.mfa_devices()) {
            (Some(true), Some(devices)) => Some(!devices.is_empty()),
            (said, devices) => said.or_else(|| devices.map(|devices| !devices.is_empty())),
        },
        access_keys: report.access_keys().or_else(|| direct.access_keys()),
        groups: direct.names("GroupList", None),
        attached_policies: direct.names("AttachedManagedPolicies", Some("PolicyArn")),
        inline_policies: direct.names("UserPolicyList", Some("PolicyName")),
        permissions_boundary: direct.read("PermissionsBoundary").then(|| {
            let boundary = document.pointer("/PermissionsBoundary/PermissionsBoundaryArn");
            boundary.and_then(Value::as_str).map(str::to_owned).into_iter().collect()
        }),
        mfa_devices: direct.mfa_devices(),
        tags: direct.tags(),
        credential_report_time: time(report.cell(GENERATED_TIME)),
        access,
        evidence: resource.evidence.clone(),
        name,
    })
}

/// A user's row of the credential report.
#[derive(Clone, Copy)]
struct Report<'a> {
    row: Option<&'a Value>,
}

impl<'a> Report<'a> {
    fn cell(self, column: &str) -> Option<&'a str> {
        self.row?.get(column)?.as_str()
    }

    fn flag(self, column: &str) -> Option<bool> {
        match self.cell(column)? {
            "true" => Some(true),
            "false" => Some(false),
            _ => None,
        }
    }

    fn access_keys(self) -> Option<Vec<AccessKey>> {
        let mut keys = Vec::new();
        for slot in [1, 2] {
            keys.extend(self.access_key(slot)?);
        }
        Some(keys)
    }

    /// The key in a slot, which may be empty. `None`: the report does not tell.
    fn access_key(self, slot: u8) -> Option<Option<AccessKey>> {
        let cell = |column: &str| self.cell(&format!("access_key_{slot}_{column}"));
        let said = |column: &str| {
            cell(column).filter(|text| !["N/A", "no_information", ""].contains(text)).map(str::to_owned)
        };
        let active = self.flag(&format!("access_key_{slot}_active"))?;
        let moment = |column: &str| match said(column) {
            None => Some(None),
            Some(text) => time(Some(&text)).map(Some),
        };
        let last_rotated = moment("last_rotated")?;
        let last_used = moment("last_used_date")?;
        // A slot without a key says `false` and `N/A`.
        Some((active || last_rotated.is_some()).then(|| AccessKey {
            id: None,
            active,
            last_rotated,
            last_used,
            last_used_service: said("last_used_service"),
            last_used_region: said("last_used_region"),
        }))
    }
}

/// What was asked about the user itself: always what no report has, and all of it where a report does not
/// know the user yet.
#[derive(Clone, Copy)]
struct Direct<'a> {
    resource: &'a Resource,
    document: &'a Value,
}

impl<'a> Direct<'a> {
    fn read(self, path: &str) -> bool {
        !self.resource.unread.iter().any(|unread| unread.touches(path))
    }

    /// The items of a list that was read; one that is not there has none.
    fn items(self, list: &str) -> Option<&'a [Value]> {
        let items = self.document.get(list).and_then(Value::as_array).map(Vec::as_slice);
        self.read(list).then(|| items.unwrap_or_default())
    }

    fn names(self, list: &str, member: Option<&str>) -> Option<Vec<String>> {
        let name = |item: &Value| match member {
            Some(member) => item.get(member)?.as_str().map(str::to_owned),
            None => item.as_str().map(str::to_owned),
        };
        Some(self.items(list)?.iter().filter_map(name).collect())
    }

    /// Whether somebody asked instead of the report.
    fn was_asked(self) -> bool {
        self.document.get("CredentialReport").is_none()
    }

    fn console_access(self) -> Option<bool> {
        (self.was_asked() && self.read("LoginProfile")).then(|| self.document.get("LoginProfile").is_some())
    }

    /// The serial numbers of MFA devices. They are asked for unless the report says that there are none.
    fn mfa_devices(self) -> Option<Vec<String>> {
        let none = self.document.pointer("/CredentialReport/mfa_active").is_some_and(|it| it == "false");
        match self.document.get("MFADevices") {
            Some(_) => self.names("MFADevices", Some("SerialNumber")),
            None => none.then(Vec::new),
        }
    }

    fn access_keys(self) -> Option<Vec<AccessKey>> {
        if !self.was_asked() {
            return None;
        }
        let key = |item: &Value| {
            let text = |path: &str| {
                let text = item.pointer(path).and_then(Value::as_str).filter(|text| *text != "N/A");
                text.map(str::to_owned)
            };
            Some(AccessKey {
                id: text("/AccessKeyId"),
                active: text("/Status")? == "Active",
                last_rotated: time(text("/CreateDate").as_deref()),
                last_used: time(text("/AccessKeyLastUsed/LastUsedDate").as_deref()),
                last_used_service: text("/AccessKeyLastUsed/ServiceName"),
                last_used_region: text("/AccessKeyLastUsed/Region"),
            })
        };
        self.items("AccessKeys")?.iter().map(key).collect()
    }

    fn tags(self) -> Option<BTreeMap<String, String>> {
        let tag = |item: &Value| {
            let text = |member: &str| item.get(member).and_then(Value::as_str).map(str::to_owned);
            Some((text("Key")?, text("Value").unwrap_or_default()))
        };
        Some(self.items("Tags")?.iter().filter_map(tag).collect())
    }
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

//! IAM: users, their passwords, keys and devices, and what the account says of itself.

use super::page::Page;
use super::user::{self, EstateUser};
use super::{Call, State, details};
use crate::reply::Reply;
use crate::{percent, xml};

const NAMESPACE: &str = "https://iam.amazonaws.com/doc/2010-05-08/";

impl Call<'_> {
    /// An answer of IAM.
    pub(super) fn iam(&self, operation: &str, result: &str) -> Reply {
        self.xml(operation, NAMESPACE, result)
    }
}

impl State {
    pub(super) fn iam(&self, call: &Call<'_>, operation: &str) -> Reply {
        match operation {
            "GetAccountAuthorizationDetails" => self.authorization_details(call),
            "GenerateCredentialReport" => self.generate_report(call),
            "GetCredentialReport" => self.get_report(call),
            "ListUsers" => self.list_users(call),
            "ListVirtualMFADevices" => self.list_virtual_devices(call),
            "GetAccessKeyLastUsed" => self.key_last_used(call),
            "GetAccountSummary" => self.summary(call),
            "GetAccountPasswordPolicy" => self.password_policy(call),
            "ListAccountAliases" => {
                let alias = format!("estate-{}", call.account);
                let aliases = xml::list("AccountAliases", [alias]) + &xml::text("IsTruncated", "false");
                call.iam(operation, &aliases)
            }
            "GetUser"
            | "GetLoginProfile"
            | "ListAccessKeys"
            | "ListMFADevices"
            | "ListUserTags"
            | "ListGroupsForUser"
            | "ListAttachedUserPolicies"
            | "ListUserPolicies"
            | "GetUserPolicy" => {
                let name = call.parameter("UserName").unwrap_or("");
                match self.estate.user_named(&call.account, name) {
                    Some(user) => self.of_user(call, operation, &user),
                    None => no_such(call, &format!("The user with name {name} cannot be found.")),
                }
            }
            _ => call.unknown_operation(operation),
        }
    }

    fn list_users(&self, call: &Call<'_>) -> Reply {
        let page = match Page::of(&self.estate, call, "ListUsers", self.estate.users) {
            Ok(page) => page,
            Err(reply) => return reply,
        };
        let users = page.range.clone().map(|number| listed(&self.estate.user(&call.account, number)));
        call.iam("ListUsers", &(xml::list("Users", users) + &page.xml()))
    }

    /// What one user has.
    fn of_user(&self, call: &Call<'_>, operation: &str, user: &EstateUser) -> Reply {
        let end = xml::text("IsTruncated", "false");
        let owner = xml::text("UserName", &user.name);
        let result = match operation {
            "GetUser" => {
                let mut detail = listed(user) + &details::tags(&user.tags);
                if let Some(arn) = &user.boundary {
                    detail += &details::boundary(arn);
                }
                xml::element("User", &detail)
            }
            "GetLoginProfile" => match &user.password {
                None => {
                    return no_such(call, &format!("Login Profile for User {} cannot be found.", user.name));
                }
                Some(password) => {
                    let profile = owner
                        + &xml::text("CreateDate", &password.changed)
                        + &xml::text("PasswordResetRequired", "false");
                    xml::element("LoginProfile", &profile)
                }
            },
            "ListAccessKeys" => {
                let key = |key: &user::AccessKey| {
                    owner.clone()
                        + &xml::text("AccessKeyId", &key.id)
                        + &xml::text("Status", if key.is_active { "Active" } else { "Inactive" })
                        + &xml::text("CreateDate", &key.created)
                };
                xml::list("AccessKeyMetadata", user.keys.iter().map(key)) + &end
            }
            "ListMFADevices" => {
                let device = |serial: &String| {
                    owner.clone()
                        + &xml::text("SerialNumber", serial)
                        + &xml::text("EnableDate", &user.created)
                };
                xml::list("MFADevices", user.mfa.iter().map(device)) + &end
            }
            "ListUserTags" => {
                let tag =
                    |(key, value): &(String, String)| xml::text("Key", key) + &xml::text("Value", value);
                xml::list("Tags", user.tags.iter().map(tag)) + &end
            }
            "ListGroupsForUser" => {
                let group = |name: &String| {
                    xml::text("Path", "/")
                        + &xml::text("GroupName", name)
                        + &xml::text("GroupId", &format!("AGPA{}{:0>5}", call.account, name.len()))
                        + &xml::text("Arn", &format!("arn:aws:iam::{}:group/{name}", call.account))
                        + &xml::text("CreateDate", "2014-01-01T00:00:00Z")
                };
                xml::list("Groups", user.groups.iter().map(group)) + &end
            }
            "ListAttachedUserPolicies" => {
                details::attached(&user.attached).replace("AttachedManagedPolicies", "AttachedPolicies")
                    + &end
            }
            "ListUserPolicies" => {
                xml::list("PolicyNames", user.inline.iter().map(|(name, _)| xml::escape(name))) + &end
            }
            _ => {
                let name = call.parameter("PolicyName").unwrap_or("");
                match user.inline.iter().find(|(known, _)| known == name) {
                    None => {
                        return no_such(call, &format!("The user policy with name {name} cannot be found."));
                    }
                    Some((_, document)) => {
                        owner
                            + &xml::text("PolicyName", name)
                            + &xml::text("PolicyDocument", &percent::encode(document))
                    }
                }
            }
        };
        call.iam(operation, &result)
    }

    /// The devices of users, and that of the root user.
    fn list_virtual_devices(&self, call: &Call<'_>) -> Reply {
        let account = &call.account;
        let root = xml::text("SerialNumber", &format!("arn:aws:iam::{account}:mfa/root-account-mfa-device"))
            + &xml::text("EnableDate", "2014-01-01T00:00:00Z")
            + &xml::element(
                "User",
                &(xml::text("UserId", account)
                    + &xml::text("Arn", &format!("arn:aws:iam::{account}:root"))
                    + &xml::text("CreateDate", "2014-01-01T00:00:00Z")),
            );
        // Every fourth user has one, and no device is without a user.
        let count = if call.parameter("AssignmentStatus") == Some("Unassigned") {
            0
        } else {
            1 + self.estate.users.div_ceil(4)
        };
        let page = match Page::of(&self.estate, call, "ListVirtualMFADevices", count) {
            Ok(page) => page,
            Err(reply) => return reply,
        };
        let device = |place: usize| match place.checked_sub(1) {
            None => root.clone(),
            Some(number) => {
                let user = self.estate.user(account, number * 4);
                let serial = user.mfa.first().cloned().unwrap_or_default();
                xml::text("SerialNumber", &serial)
                    + &xml::text("EnableDate", &user.created)
                    + &xml::element("User", &listed(&user))
            }
        };
        let devices = xml::list("VirtualMFADevices", page.range.clone().map(device));
        call.iam("ListVirtualMFADevices", &(devices + &page.xml()))
    }

    fn key_last_used(&self, call: &Call<'_>) -> Reply {
        let id = call.parameter("AccessKeyId").unwrap_or("");
        let number = user::number_of_key(&call.account, id).map(|number| number / 2);
        let user = number.filter(|number| *number < self.estate.users);
        let user = user.map(|number| self.estate.user(&call.account, number));
        let key = user.as_ref().and_then(|user| user.keys.iter().find(|key| key.id == id));
        let (Some(user), Some(key)) = (&user, key) else {
            return no_such(call, &format!("The Access Key with id {id} cannot be found."));
        };
        let used = match &key.last_used {
            None => xml::text("ServiceName", "N/A") + &xml::text("Region", "N/A"),
            Some(moment) => {
                xml::text("LastUsedDate", moment)
                    + &xml::text("ServiceName", "s3")
                    + &xml::text("Region", "eu-west-1")
            }
        };
        let result = xml::text("UserName", &user.name) + &xml::element("AccessKeyLastUsed", &used);
        call.iam("GetAccessKeyLastUsed", &result)
    }

    fn summary(&self, call: &Call<'_>) -> Reply {
        let devices = 1 + self.estate.users.div_ceil(4);
        let values = [
            ("Users", self.estate.users),
            ("UsersQuota", 5_000),
            ("Groups", 2),
            ("Roles", 2),
            ("Policies", 1),
            ("MFADevices", devices),
            ("MFADevicesInUse", devices),
            ("AccountMFAEnabled", 1),
            ("AccountAccessKeysPresent", 0),
            ("AccountPasswordPresent", 1),
        ];
        let entry = |(key, value): (&str, usize)| {
            xml::element("entry", &(xml::text("key", key) + &xml::text("value", &value.to_string())))
        };
        let entries: String = values.into_iter().map(entry).collect();
        call.iam("GetAccountSummary", &xml::element("SummaryMap", &entries))
    }

    /// Accounts with an even id have none.
    fn password_policy(&self, call: &Call<'_>) -> Reply {
        if call.account.ends_with(['0', '2', '4', '6', '8']) {
            let message = format!("The Password Policy with domain name {} cannot be found.", call.account);
            return no_such(call, &message);
        }
        let policy = xml::text("MinimumPasswordLength", "14")
            + &xml::text("RequireSymbols", "true")
            + &xml::text("RequireNumbers", "true")
            + &xml::text("RequireUppercaseCharacters", "true")
            + &xml::text("RequireLowercaseCharacters", "true")
            + &xml::text("AllowUsersToChangePassword", "true")
            + &xml::text("ExpirePasswords", "true")
            + &xml::text("MaxPasswordAge", "90")
            + &xml::text("PasswordReusePrevention", "24");
        call.iam("GetAccountPasswordPolicy", &xml::element("PasswordPolicy", &policy))
    }
}

/// A user as `ListUsers` shows it: without tags and boundary.
fn listed(user: &EstateUser) -> String {
    let mut listed = xml::text("Path", &user.path)
        + &xml::text("UserName", &user.name)
        + &xml::text("UserId", &user.id)
        + &xml::text("Arn", &user.arn)
        + &xml::text("CreateDate", &user.created);
    if let Some(moment) = user.password.as_ref().and_then(|password| password.last_used.as_ref()) {
        listed += &xml::text("PasswordLastUsed", moment);
    }
    listed
}

fn no_such(call: &Call<'_>, message: &str) -> Reply {
    call.error(404, "NoSuchEntity", message)
}

//! Who calls, for what account, and in what regions: STS, Organizations and the regions of EC2.

use serde_json::json;

use super::{Call, State, json_page, locked, page};
use crate::date::{self, iso};
use crate::reply::Reply;
use crate::xml;

const STS: &str = "https://sts.amazonaws.com/doc/2011-06-15/";

/// The regions that are enabled in every account.
pub(crate) const REGIONS: [&str; 3] = ["eu-central-1", "eu-west-1", "us-east-1"];

impl State {
    pub(super) fn sts(&self, call: &Call<'_>, operation: &str) -> Reply {
        match operation {
            "GetCallerIdentity" => {
                let key = call.request.access_key();
                let known = locked(&self.callers).get(key).cloned();
                let arn = known.unwrap_or_else(|| format!("arn:aws:iam::{}:user/auditor", call.account));
                let result =
                    xml::text("Arn", &arn) + &xml::text("UserId", key) + &xml::text("Account", &call.account);
                call.xml(operation, STS, &result)
            }
            "AssumeRole" => self.assume_role(call),
            _ => call.unknown_operation(operation),
        }
    }

    /// Gives keys of the account in the ARN of the role, unless nobody may have them.
    fn assume_role(&self, call: &Call<'_>) -> Reply {
        let role = call.parameter("RoleArn").unwrap_or("");
        let session = call.parameter("RoleSessionName").unwrap_or("");
        let (account, name) =
            match role.strip_prefix("arn:aws:iam::").and_then(|rest| rest.split_once(":role/")) {
                Some((account, name)) if !name.is_empty() && !session.is_empty() => (account, name),
                _ => return call.error(400, "ValidationError", "RoleArn or RoleSessionName is not valid"),
            };
        let estate = &self.estate;
        let is_known = estate.account_ids().iter().any(|known| known == account);
        let is_denied = estate.denied_accounts.iter().any(|denied| denied == account);
        let has_id =
            estate.external_id.is_none() || estate.external_id.as_deref() == call.parameter("ExternalId");
        if !is_known || is_denied || !has_id {
            let message = format!(
                "User: arn:aws:iam::{}:user/auditor is not authorized to perform: sts:AssumeRole on resource: {role}",
                call.account
            );
            return call.error(403, "AccessDenied", &message);
        }
        let name = name.rsplit('/').next().unwrap_or(name);
        let arn = format!("arn:aws:sts::{account}:assumed-role/{name}/{session}");
        let mut callers = locked(&self.callers);
        let key = super::user::id("ASIA", 16, account, callers.len());
        callers.insert(key.clone(), arn.clone());
        let credentials = xml::text("AccessKeyId", &key)
            + &xml::text("SecretAccessKey", "invented")
            + &xml::text("SessionToken", &format!("token+of/{key}=="))
            + &xml::text("Expiration", &iso(date::now() + 3_600));
        let user =
            xml::text("AssumedRoleId", &format!("AROA{account}00000:{session}")) + &xml::text("Arn", &arn);
        let result = xml::element("Credentials", &credentials) + &xml::element("AssumedRoleUser", &user);
        call.xml("AssumeRole", STS, &result)
    }

    /// Only the account that manages the organization may ask.
    pub(super) fn organizations(&self, call: &Call<'_>, operation: &str) -> Reply {
        let accounts = self.estate.account_ids();
        let management = accounts.first().cloned().unwrap_or_default();
        let organization = "o-invented00";
        match operation {
            "DescribeOrganization" => call.json(&json!({"Organization": {
                "Id": organization,
                "Arn": format!("arn:aws:organizations::{management}:organization/{organization}"),
                "FeatureSet": "ALL",
                "MasterAccountId": management,
                "MasterAccountArn": format!("arn:aws:organizations::{management}:account/{organization}/{management}"),
                "MasterAccountEmail": "root@example.com",
            }})),
            "ListAccounts" if call.account != management => {
                call.error(400, "AccessDeniedException", "You don't have permissions to access this resource.")
            }
            "ListAccounts" => {
                let input = call.request.json();
                let from = match input.get("NextToken").and_then(serde_json::Value::as_str) {
                    None => Some(0),
                    Some(token) => page::offset("Accounts", token),
                };
                let Some(from) = from else {
                    return call.error(400, "InvalidInputException", "You specified an invalid value for nextToken.");
                };
                let wanted = input.get("MaxResults").and_then(serde_json::Value::as_u64).unwrap_or(20);
                let most = self.estate.accounts_page.min(usize::try_from(wanted).unwrap_or(20)).clamp(1, 20);
                let accounts: Vec<_> = accounts
                    .iter()
                    .enumerate()
                    .map(|(number, id)| {
                        json!({
                            "Id": id,
                            "Arn": format!("arn:aws:organizations::{management}:account/{organization}/{id}"),
                            "Email": format!("account-{number}@example.com"),
                            "Name": format!("Account {number}"),
                            "State": "ACTIVE",
                            "State": "ACTIVE",
                            "JoinedMethod": if number == 0 { "INVITED" } else { "CREATED" },
                            "JoinedTimestamp": 1_388_534_400.25,
                        })
                    })
                    .collect();
                call.json(&json_page("Accounts", &accounts, from, most))
            }
            _ => call.unknown_operation(operation),
        }
    }

    pub(super) fn ec2(&self, call: &Call<'_>, operation: &str) -> Reply {
        if operation != "DescribeRegions" {
            return call.unknown_operation(operation);
        }
        let region = |name: &str, status: &str| {
            let region = xml::text("regionName", name)
                + &xml::text("regionEndpoint", &format!("ec2.{name}.amazonaws.com"))
                + &xml::text("optInStatus", status);
            xml::element("item", &region)
        };
        let mut regions: String = REGIONS.iter().map(|name| region(name, "opt-in-not-required")).collect();
        if call.parameter("AllRegions") == Some("true") {
            regions += &region("ap-east-1", "not-opted-in");
        }
        let id = xml::text("requestId", &call.request_id);
        let regions = xml::element("regionInfo", &regions);
        let body = format!(
            "<DescribeRegionsResponse xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\">{id}{regions}\
             </DescribeRegionsResponse>"
        );
        Reply::xml(200, body).header("x-amzn-RequestId", &*call.request_id)
    }
}

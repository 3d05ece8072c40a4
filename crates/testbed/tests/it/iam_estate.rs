//! The invented estate answers as AWS does, page by page, and holds as many users as AWS allows.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use provost_testbed::iam_estate::EstateUser;
use provost_testbed::{IamEstate, IamServer, python, ran, skip};
use serde_json::{Value, json};

use crate::browser::{Answer, Browser, signed};

/// Somebody who asks an estate with an access key.
struct Caller {
    browser: Browser,
    key: String,
}

impl Caller {
    fn new(server: &IamServer, key: &str) -> Self {
        Self { browser: Browser::open(server.server().address()), key: key.to_owned() }
    }

    fn ask(&mut self, service: &str, action: &str, parameters: &str) -> Answer {
        let signature = signed(&self.key, service);
        let form = "application/x-www-form-urlencoded";
        let headers = [("Authorization", signature.as_str()), ("Content-Type", form)];
        let body = format!("Action={action}&Version=1{parameters}").replace('+', "%2B");
        self.browser.ask("POST /", &headers, &body).unwrap()
    }

    fn accounts(&mut self, input: &Value) -> Answer {
        let signature = signed(&self.key, "organizations");
        let target = "AWSOrganizationsV20161128.ListAccounts";
        let headers = [("Authorization", signature.as_str()), ("X-Amz-Target", target)];
        self.browser.ask("POST /", &headers, &input.to_string()).unwrap()
    }

    /// The names on every page, asking again when throttled.
    fn names(&mut self, action: &str, parameters: &str) -> (Vec<String>, usize) {
        let (mut names, mut pages, mut marker) = (Vec::new(), 0, String::new());
        loop {
            let answer = self.ask("iam", action, &format!("{parameters}{marker}"));
            if answer.body.contains("<Code>Throttling</Code>") {
                continue;
            }
            assert_eq!(answer.status, 200, "{}", answer.body);
            pages += 1;
            names.extend(texts(&answer.body, "UserName"));
            let Some(next) = texts(&answer.body, "Marker").pop() else {
                assert!(answer.body.contains("<IsTruncated>false</IsTruncated>"));
                return (names, pages);
            };
            assert!(answer.body.contains("<IsTruncated>true</IsTruncated>"));
            marker = format!("&Marker={next}");
        }
    }
}

/// The texts of all elements of this name.
fn texts(xml: &str, name: &str) -> Vec<String> {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    xml.split(open.as_str())
        .skip(1)
        .map(|rest| rest.split(close.as_str()).next().unwrap().to_owned())
        .collect()
}

#[test]
fn twenty_thousand_users_on_two_hundred_pages_none_twice() {
    let estate = IamEstate { accounts: 5, users: 5_000, throttle_every: Some(20), ..IamEstate::default() };
    let denied = estate.account_ids()[4].clone();
    let server = IamEstate { denied_accounts: vec![denied.clone()], ..estate }.start();
    let mut management = Caller::new(&server, "AKIATEST");
    let (mut arns, mut all_pages) = (BTreeSet::new(), 0);
    for account in server.account_ids() {
        let role = format!("&RoleArn=arn:aws:iam::{account}:role/audit&RoleSessionName=test");
        let assumed = management.ask("sts", "AssumeRole", &role);
        if account == denied {
            assert_eq!(assumed.status, 403);
            continue;
        }
        let key = texts(&assumed.body, "AccessKeyId").remove(0);
        let mut caller = Caller::new(&server, &key);
        let identity = caller.ask("sts", "GetCallerIdentity", "").body;
        assert!(identity.contains(&format!("arn:aws:sts::{account}:assumed-role/audit/test")), "{identity}");
        let (names, pages) = caller.names("GetAccountAuthorizationDetails", "&Filter.member.1=User");
        all_pages += pages;
        arns.extend(names.into_iter().map(|name| format!("{account} {name}")));
    }
    assert_eq!((arns.len(), all_pages), (20_000, 200));
    assert_eq!(server.throttled(), server.server().count() / 20);
}

#[test]
fn pages_are_as_long_as_wanted_and_markers_are_of_one_list() {
    let server = IamEstate { users: 250, has_short_pages: true, ..IamEstate::default() }.start();
    let mut caller = Caller::new(&server, "AKIATEST");
    let names = |parameters: &str| {
        let (names, pages) = Caller::new(&server, "AKIATEST").names("ListUsers", parameters);
        (names.len(), names.into_iter().collect::<BTreeSet<_>>().len(), pages)
    };
    assert_eq!(names(""), (250, 250, 4));
    assert_eq!(names("&MaxItems=1000"), (250, 250, 4));
    assert_eq!(names("&MaxItems=1"), (250, 250, 250));
    let (details, _) = caller.names("GetAccountAuthorizationDetails", "&MaxItems=7");
    assert_eq!(details.len(), 250);
    assert_eq!(caller.ask("iam", "ListUsers", "&MaxItems=1001").status, 400);
    let marker = texts(&caller.ask("iam", "ListUsers", "").body, "Marker").remove(0);
    assert_eq!(caller.ask("iam", "ListUsers", &format!("&Marker={marker}")).status, 200);
    let other = caller.ask("iam", "GetAccountAuthorizationDetails", &format!("&Marker={marker}"));
    assert!(other.body.contains("<Code>ValidationError</Code>"), "{}", other.body);
}

#[test]
fn organizations_answers_in_pages_and_only_to_the_management_account() {
    let server = IamEstate { accounts: 45, accounts_page: 20, ..IamEstate::default() }.start();
    let accounts = server.account_ids();
    let mut caller = Caller::new(&server, &server.access_key(&accounts[0]));
    let (mut ids, mut input) = (Vec::new(), json!({}));
    loop {
        let page = caller.accounts(&input).json();
        let entries = page["Accounts"].as_array().unwrap();
        assert!(entries.len() <= 20);
        ids.extend(entries.iter().map(|account| account["Id"].as_str().unwrap().to_owned()));
        let Some(token) = page.get("NextToken") else { break };
        input = json!({ "NextToken": token });
    }
    assert_eq!(ids, accounts);
    let mut other = Caller::new(&server, &server.access_key(&accounts[1]));
    assert_eq!(other.accounts(&json!({})).json()["__type"], "AccessDeniedException");
    assert_eq!(caller.accounts(&json!({"NextToken": "x"})).status, 400);
}

#[test]
fn the_report_is_made_first_and_older_than_some_users() {
    let estate = IamEstate { users: 20, new_users: 2, gone_users: 3, ..IamEstate::default() };
    let server = estate.start();
    let mut caller = Caller::new(&server, "AKIATEST");
    let code = |answer: &Answer| texts(&answer.body, "Code").pop().unwrap_or_default();
    assert_eq!(code(&caller.ask("iam", "GetCredentialReport", "")), "ReportNotPresent");
    let started = caller.ask("iam", "GenerateCredentialReport", "").body;
    assert_eq!(texts(&started, "State"), ["STARTED"]);
    assert_eq!(code(&caller.ask("iam", "GetCredentialReport", "")), "ReportInProgress");
    assert_eq!(texts(&caller.ask("iam", "GenerateCredentialReport", "").body, "State"), ["COMPLETE"]);
    let report = caller.ask("iam", "GetCredentialReport", "").body;
    assert_eq!(texts(&report, "GeneratedTime"), ["2026-11-20T00:00:00Z"]);
    let account = &server.account_ids()[0];
    assert!(server.user(account, 17).created < texts(&report, "GeneratedTime")[0]);
    assert!(server.user(account, 18).created > texts(&report, "GeneratedTime")[0]);
}

#[test]
fn who_may_not_ask_is_told_so() {
    let estate = IamEstate { accounts: 2, external_id: Some("secret".to_owned()), ..IamEstate::default() };
    let [first, second]: [String; 2] = estate.account_ids().try_into().unwrap();
    let operations = vec!["iam:GetAccountSummary".to_owned(), format!("{second}/iam:ListUsers")];
    let server = IamEstate { denied_operations: operations, ..estate }.start();
    let status = |account: &str, action: &str| {
        Caller::new(&server, &server.access_key(account)).ask("iam", action, "").status
    };
    assert_eq!(status(&first, "ListUsers"), 200);
    assert_eq!(status(&second, "ListUsers"), 403);
    assert_eq!(status(&first, "GetAccountSummary"), 403);
    assert_eq!(status(&first, "GetAccountPasswordPolicy"), 200);
    assert_eq!(status(&second, "GetAccountPasswordPolicy"), 404);
    assert_eq!(status(&first, "NoSuchOperation"), 400);
    let mut caller = Caller::new(&server, "AKIATEST");
    let role = format!("&RoleArn=arn:aws:iam::{second}:role/audit&RoleSessionName=test");
    assert_eq!(caller.ask("sts", "AssumeRole", &role).status, 403);
    assert_eq!(caller.ask("sts", "AssumeRole", &format!("{role}&ExternalId=secret")).status, 200);
}

/// What an estate says through a client that nobody here wrote.
const READER: &str = r#"
import csv, io, json, sys, boto3
from botocore.config import Config
client = lambda service: boto3.client(service, endpoint_url=sys.argv[1], region_name="eu-west-1",
    aws_access_key_id="AKIATEST", aws_secret_access_key="x", config=Config(retries={"max_attempts": 9}))
iam = client("iam")
found = {"users": {}}
for user in iam.get_paginator("list_users").paginate().build_full_result()["Users"]:
    name = user["UserName"]
    one = found["users"][name] = {"listed": user}
    one["keys"] = iam.list_access_keys(UserName=name)["AccessKeyMetadata"]
    one["used"] = [iam.get_access_key_last_used(AccessKeyId=key["AccessKeyId"])["AccessKeyLastUsed"] for key in one["keys"]]
    one["mfa"] = [device["SerialNumber"] for device in iam.list_mfa_devices(UserName=name)["MFADevices"]]
    one["groups"] = [group["GroupName"] for group in iam.list_groups_for_user(UserName=name)["Groups"]]
    one["attached"] = [policy["PolicyArn"] for policy in iam.list_attached_user_policies(UserName=name)["AttachedPolicies"]]
    one["inline"] = {policy: iam.get_user_policy(UserName=name, PolicyName=policy)["PolicyDocument"]
        for policy in iam.list_user_policies(UserName=name)["PolicyNames"]}
    one["tags"] = {tag["Key"]: tag["Value"] for tag in iam.list_user_tags(UserName=name)["Tags"]}
    one["boundary"] = iam.get_user(UserName=name)["User"].get("PermissionsBoundary", {}).get("PermissionsBoundaryArn")
    try:
        one["profile"] = iam.get_login_profile(UserName=name)["LoginProfile"]["CreateDate"]
    except iam.exceptions.NoSuchEntityException:
        one["profile"] = None
details = iam.get_paginator("get_account_authorization_details").paginate(PaginationConfig={"PageSize": 7}).build_full_result()
for user in details["UserDetailList"]:
    found["users"][user["UserName"]]["detail"] = user
found["others"] = [len(details[name]) for name in ("GroupDetailList", "RoleDetailList", "Policies")]
found["actions"] = [policy["PolicyVersionList"][0]["Document"]["Statement"][0]["Effect"] for policy in details["Policies"]]
while iam.generate_credential_report()["State"] != "COMPLETE":
    pass
report = iam.get_credential_report()["Content"].decode()
rows = list(csv.DictReader(io.StringIO(report)))
found["columns"] = len(rows[0])
for row in rows:
    found["users"].setdefault(row["user"], {})["row"] = row
virtual = iam.get_paginator("list_virtual_mfa_devices").paginate(PaginationConfig={"PageSize": 3}).build_full_result()
found["virtual"] = [device["SerialNumber"] for device in virtual["VirtualMFADevices"]]
found["summary"] = iam.get_account_summary()["SummaryMap"]["Users"]
found["length"] = iam.get_account_password_policy()["PasswordPolicy"]["MinimumPasswordLength"]
found["aliases"] = iam.list_account_aliases()["AccountAliases"]
found["regions"] = [region["RegionName"] for region in client("ec2").describe_regions()["Regions"]]
found["caller"] = client("sts").get_caller_identity()["Account"]
found["organization"] = client("organizations").describe_organization()["Organization"]["MasterAccountId"]
print(json.dumps(found, default=lambda moment: moment.strftime("%Y-%m-%dT%H:%M:%SZ")))
"#;

#[test]
fn another_client_reads_the_same_users() {
    let python = match python() {
        Ok(python) => python,
        Err(reason) => return skip("AWS emulator", &reason),
    };
    ran("AWS emulator");
    let estate = IamEstate { users: 104, new_users: 4, gone_users: 1, page: 40, ..IamEstate::default() };
    let server = estate.start();
    let output = Command::new(python).args(["-c", READER, &server.url()]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let found: Value = serde_json::from_slice(&output.stdout).unwrap();
    let account = &server.account_ids()[0];
    assert_eq!(found["columns"], 22);
    assert_eq!(found["others"], json!([2, 2, 3]));
    assert_eq!(found["actions"], json!(["Allow", "Allow", "Allow"]));
    assert_eq!(found["virtual"].as_array().unwrap().len(), 27);
    assert_eq!([&found["summary"], &found["length"]], [&json!(104), &json!(14)]);
    assert_eq!(found["regions"], json!(["eu-central-1", "eu-west-1", "us-east-1"]));
    assert_eq!([&found["caller"], &found["organization"]], [account; 2]);
    // The root user and one that is gone are in the report only.
    assert_eq!(found["users"].as_object().unwrap().len(), 106);
    assert_eq!(found["users"]["<root_account>"]["row"]["password_enabled"], "not_supported");
    for number in 0..104 {
        let user = server.user(account, number);
        check(&user, &found["users"][&user.name], number < 100);
    }
    let all: Vec<EstateUser> = (0..104).map(|number| server.user(account, number)).collect();
    assert_eq!(all.iter().filter(|user| user.is_administrator()).count(), 21);
    assert_eq!(all.iter().map(|user| &user.id).collect::<BTreeSet<_>>().len(), 104);
}

fn check(user: &EstateUser, found: &Value, is_in_report: bool) {
    let document = |text: &String| serde_json::from_str::<Value>(text).unwrap();
    let inline: BTreeMap<&String, Value> =
        user.inline.iter().map(|(name, text)| (name, document(text))).collect();
    let tags: BTreeMap<&String, &String> = user.tags.iter().map(|(key, value)| (key, value)).collect();
    let listed = &found["listed"];
    assert_eq!(listed["Arn"], user.arn);
    assert_eq!(listed["UserId"], user.id);
    assert_eq!(listed["CreateDate"], user.created);
    let used = user.password.as_ref().and_then(|password| password.last_used.clone());
    assert_eq!(listed.get("PasswordLastUsed"), used.as_ref().map(|used| json!(used)).as_ref());
    assert_eq!(found["profile"], json!(user.password.as_ref().map(|password| &password.changed)));
    let keys: Vec<Value> = user
        .keys
        .iter()
        .map(|key| {
            let status = if key.is_active { "Active" } else { "Inactive" };
            json!({"UserName": user.name, "AccessKeyId": key.id, "Status": status, "CreateDate": key.created})
        })
        .collect();
    assert_eq!(found["keys"], json!(keys));
    for (key, used) in user.keys.iter().zip(found["used"].as_array().unwrap()) {
        assert_eq!(used.get("LastUsedDate"), key.last_used.as_ref().map(|used| json!(used)).as_ref());
    }
    assert_eq!(found["mfa"], json!(user.mfa));
    assert_eq!(found["groups"], json!(user.groups));
    assert_eq!(found["attached"], json!(user.attached));
    assert_eq!(found["inline"], json!(inline));
    assert_eq!(found["tags"], json!(tags));
    assert_eq!(found["boundary"], json!(user.boundary));
    let detail = &found["detail"];
    assert_eq!(detail["GroupList"], json!(user.groups));
    assert_eq!(
        detail.get("UserPolicyList").map_or(0, |list| list.as_array().unwrap().len()),
        user.inline.len()
    );
    assert_eq!(detail["AttachedManagedPolicies"].as_array().unwrap().len(), user.attached.len());
    assert_eq!(detail.get("PasswordLastUsed"), None);
    if !is_in_report {
        assert!(found.get("row").is_none());
        return;
    }
    let row = &found["row"];
    assert_eq!(row["arn"], user.arn);
    assert_eq!(row["mfa_active"], (!user.mfa.is_empty()).to_string());
    assert_eq!(row["password_enabled"], user.password.is_some().to_string());
    let used = match &user.password {
        None => "N/A".to_owned(),
        Some(password) => password
            .last_used
            .as_ref()
            .map_or("no_information".to_owned(), |used| used.replace('Z', "+00:00")),
    };
    assert_eq!(row["password_last_used"], used);
    assert_eq!(row["access_key_1_active"], user.keys.first().is_some_and(|key| key.is_active).to_string());
    assert_eq!(row["access_key_2_active"], user.keys.get(1).is_some_and(|key| key.is_active).to_string());
}

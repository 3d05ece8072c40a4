//! The credential report: made once asked for, fetched when it is complete.

use super::user::{AccessKey, EstateUser};
use super::{Call, IamEstate, State, locked};
use crate::date::iso;
use crate::reply::Reply;
use crate::{base64, xml};

/// How far a report is. It is complete when it is asked for the second time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Progress {
    Started,
    Complete,
}

const COLUMNS: &str = "user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,\
    password_next_rotation,mfa_active,access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,\
    access_key_1_last_used_region,access_key_1_last_used_service,access_key_2_active,access_key_2_last_rotated,\
    access_key_2_last_used_date,access_key_2_last_used_region,access_key_2_last_used_service,cert_1_active,\
    cert_1_last_rotated,cert_2_active,cert_2_last_rotated";

impl State {
    pub(super) fn generate_report(&self, call: &Call<'_>) -> Reply {
        let known = locked(&self.reports).get(&call.account).copied();
        let (state, next) = match known {
            None => ("STARTED", Progress::Started),
            Some(Progress::Started | Progress::Complete) => ("COMPLETE", Progress::Complete),
        };
        locked(&self.reports).insert(call.account.clone(), next);
        call.iam("GenerateCredentialReport", &xml::text("State", state))
    }

    pub(super) fn get_report(&self, call: &Call<'_>) -> Reply {
        // https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetCredentialReport.html
        let known = locked(&self.reports).get(&call.account).copied();
        match known {
            None => call.error(410, "ReportNotPresent", "No report is present. Generate one first."),
            Some(Progress::Started) => {
                locked(&self.reports).insert(call.account.clone(), Progress::Complete);
                call.error(404, "ReportInProgress", "The report is being generated.")
            }
            Some(Progress::Complete) => {
                let content = base64::encode(report(&self.estate, &call.account).as_bytes());
                let result = xml::text("Content", &content)
                    + &xml::text("ReportFormat", "text/csv")
                    + &xml::text("GeneratedTime", &iso(self.estate.report_time));
                call.iam("GetCredentialReport", &result)
            }
        }
    }
}

/// The report as CSV: the root user, everybody who was there when it was made, and those gone since.
fn report(estate: &IamEstate, account: &str) -> String {
    let mut lines = vec![COLUMNS.to_owned(), root(account)];
    let old = estate.users.saturating_sub(estate.new_users);
    lines.extend((0..old).map(|number| row(&estate.user(account, number))));
    let gone = estate.users..estate.users + estate.gone_users;
    lines.extend(gone.map(|number| row(&EstateUser::new(account, number, None))));
    lines.join("\n")
}

fn root(account: &str) -> String {
    let mut fields = vec!["<root_account>".to_owned(), format!("arn:aws:iam::{account}:root")];
    fields.push("2014-01-01T00:00:00+00:00".to_owned());
    fields.extend(
        ["not_supported", "2024-02-03T04:05:06+00:00", "not_supported", "not_supported", "true"]
            .map(str::to_owned),
    );
    fields.extend(key(None));
    fields.extend(key(None));
    fields.extend(["false", "N/A", "false", "N/A"].map(str::to_owned));
    fields.join(",")
}

fn row(user: &EstateUser) -> String {
    let mut fields = vec![user.name.clone(), user.arn.clone(), moment(&user.created)];
    match &user.password {
        None => fields.extend(["false", "N/A", "N/A", "N/A"].map(str::to_owned)),
        Some(password) => {
            let last_used = password.last_used.as_deref();
            fields.push("true".to_owned());
            fields.push(last_used.map_or_else(|| "no_information".to_owned(), moment));
            fields.push(moment(&password.changed));
            fields.push("N/A".to_owned());
        }
    }
    fields.push((!user.mfa.is_empty()).to_string());
    fields.extend(key(user.keys.first()));
    fields.extend(key(user.keys.get(1)));
    fields.extend(["false", "N/A", "false", "N/A"].map(str::to_owned));
    fields.iter().map(|field| quoted(field)).collect::<Vec<_>>().join(",")
}

/// The five columns of an access key.
fn key(key: Option<&AccessKey>) -> [String; 5] {
    let nothing = || "N/A".to_owned();
    let Some(key) = key else { return ["false".to_owned(), nothing(), nothing(), nothing(), nothing()] };
    let created = moment(&key.created);
    match &key.last_used {
        None => [key.is_active.to_string(), created, nothing(), nothing(), nothing()],
        Some(used) => {
            [key.is_active.to_string(), created, moment(used), "eu-west-1".to_owned(), "s3".to_owned()]
        }
    }
}

/// The report writes `+00:00` where the interface writes `Z`.
fn moment(text: &str) -> String {
    text.replace('Z', "+00:00")
}

/// A field of CSV, in quotes where it must be.
fn quoted(field: &str) -> String {
    if field.contains([',', '"']) { format!("\"{}\"", field.replace('"', "\"\"")) } else { field.to_owned() }
}

//! Events that nobody here wrote, where they are at hand.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;

use crate::support::{Place, lines};

/// Real CloudTrail events lie beside the checkout for whoever develops Provost; a fresh clone has none.
fn real_events() -> Option<std::path::PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/cloudtrail");
    if folder.is_dir() {
        tell("ran");
        return Some(folder.canonicalize().unwrap());
    }
    tell("not beside this checkout");
    eprintln!("SKIPPED real CloudTrail events: not beside this checkout");
    None
}

/// Tells the test command what ran and what did not.
fn tell(state: &str) {
    if let Some(path) = std::env::var_os("PROVOST_SKIPS") {
        let mut file = std::fs::OpenOptions::new().append(true).create(true).open(path).unwrap();
        writeln!(file, "real CloudTrail events: {state}").unwrap();
    }
}

#[test]
fn every_recorded_technique_is_found_by_a_rule_about_it() {
    let Some(folder) = real_events() else { return };
    let place = Place::new();
    let stdout = place.done(&["detect", folder.to_str().unwrap(), "--format", "json"]);
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for violation in lines(&stdout) {
        let file = violation["source"]["file"].as_str().unwrap().to_owned();
        let rules = found.entry(file).or_default();
        let rule = violation["rule"].as_str().unwrap().to_owned();
        if !rules.contains(&rule) {
            rules.push(rule);
        }
    }
    for (file, rule) in TECHNIQUES {
        let path = folder.join(file);
        let rules = found.get(path.to_str().unwrap());
        assert!(rules.is_some_and(|rules| rules.iter().any(|found| found == rule)), "{file}: {rules:?}");
    }
}

/// The recorded techniques, and the rule that is about each.
const TECHNIQUES: [(&str, &str); 18] = [
    ("aws.credential-access.ec2-get-password-data.json", "ec2-password-data-read"),
    ("aws.credential-access.secretsmanager-batch-retrieve-secrets.json", "secrets-retrieved-in-bulk"),
    ("aws.credential-access.ssm-retrieve-securestring-parameters.json", "ssm-parameters-decrypted"),
    ("aws.defense-evasion.cloudtrail-event-selectors.json", "cloudtrail-event-selectors-narrowed"),
    ("aws.defense-evasion.dns-delete-logs.json", "dns-query-logging-deleted"),
    ("aws.defense-evasion.vpc-remove-flow-logs.json", "vpc-flow-logs-deleted"),
    ("aws.execution.ec2-launch-unusual-instances.json", "accelerated-instance-launched"),
    ("aws.execution.ssm-send-command.json", "ssm-command-sent"),
    ("aws.exfiltration.ec2-security-group-open-port-22-ingress.json", "security-group-opened-to-world"),
    ("aws.exfiltration.ec2-share-ebs-snapshot.json", "ebs-snapshot-shared"),
    ("aws.impact.bedrock-invoke-model.json", "bedrock-model-access-enabled"),
    ("aws.lateral-movement.ec2-instance-connect.json", "ec2-instance-connect-key-sent"),
    ("aws.persistence.iam-backdoor-role.json", "role-trusts-another-account-without-external-id"),
    ("aws.persistence.iam-create-admin-user.json", "admin-policy-attached-to-user"),
    ("aws.persistence.iam-create-user-login-profile.json", "login-profile-created"),
    ("aws.persistence.lambda-layer-extension.json", "lambda-layer-attached"),
    ("aws.persistence.rolesanywhere-create-trust-anchor.json", "rolesanywhere-trust-changed"),
    ("aws.privilege-escalation.iam-update-user-login-profile.json", "login-profile-updated"),
];

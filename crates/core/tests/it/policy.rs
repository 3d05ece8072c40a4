//! Questions about policies, as reports and as people and programs read them.

use insta::{Settings, assert_snapshot};
use provost_core::policy::{
    CaseResult, Difference, Document, Explanation, Files, Kind, Question, Scenario, Simulation, Suite,
    SuiteReport, simulate,
};
use provost_core::render::{
    Style, write_difference, write_explanation, write_junit, write_sarif, write_simulation, write_suite,
};
use serde_json::Value;

const PLAIN: Style = Style { colour: false, width: None };

/// Everything, behind a Deny that prevents nothing.
const DECOY: &str = r#"{
  "Version": "2012-10-17",
  "Statement": [
    {"Sid": "Everything", "Effect": "Allow", "Action": "*", "Resource": "*"},
    {"Sid": "Decoy", "Effect": "Deny", "Action": "s3:DeleteBucket", "Resource": "*"}
  ]
}"#;

/// A developer's policy: a capability, a whole service, a slip of the pen.
const DEVELOPER: &str = r#"{
  "Version": "2012-10-17",
  "Statement": [
    {"Sid": "Logs", "Effect": "Allow", "Action": "logs:*", "Resource": "*"},
    {
      "Sid": "Deploy",
      "Effect": "Allow",
      "Action": ["lambda:CreateFunction", "lambda:InvokeFunction", "lambda:GetFunctoin"],
      "Resource": "*"
    },
    {
      "Sid": "Pass",
      "Effect": "Allow",
      "Action": "iam:PassRole",
      "Resource": "arn:aws:iam::111122223333:role/app-*",
      "Condition": {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}
    }
  ]
}"#;

const TRUST: &str = r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Principal": {"AWS": "arn:aws:iam::999988887777:root"},
      "Action": "sts:AssumeRole",
      "Condition": {"StringEquals": {"sts:ExternalId": "x1"}}
    },
    {"Effect": "Allow", "Principal": {"AWS": "444455556666"}, "Action": "sts:AssumeRole"},
    {
      "Effect": "Allow",
      "Principal": {"Federated": "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"},
      "Action": "sts:AssumeRoleWithWebIdentity",
      "Condition": {"StringEquals": {"token.actions.githubusercontent.com:aud": "sts.amazonaws.com"}}
    }
  ]
}"#;

const GUARDRAILS: &str = r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Sid": "ProtectTrail",
      "Effect": "Deny",
      "Action": "cloudtrail:StopLogging",
      "Resource": "*",
      "Condition": {
        "ArnNotLike": {"aws:PrincipalArn": ["arn:aws:iam::*:role/break-glass", "arn:aws:iam::*:role/ops-*"]}
      }
    },
    {"Sid": "DenyLeaving", "Effect": "Deny", "Action": "organizations:LeaveOrganization", "Resource": "*"}
  ]
}"#;

fn settings() -> Settings {
    let mut settings = Settings::clone_current();
    settings.set_snapshot_path("../snapshots");
    settings.set_prepend_module_to_snapshot(false);
    // The day of the data is not what these tests are about.
    settings.add_filter(r"20\d\d-\d\d-\d\d", "[day]");
    settings
}

fn said(write: impl FnOnce(&mut Vec<u8>) -> std::io::Result<()>) -> String {
    let mut output = Vec::new();
    write(&mut output).unwrap();
    String::from_utf8(output).unwrap()
}

fn explained(file: &str, text: &str) -> Explanation {
    Explanation::of(file, &Document::read(text).unwrap(), None, None)
}

fn files(name: &str) -> Result<String, String> {
    match name {
        "decoy.json" => Ok(DECOY.to_owned()),
        "guardrails.json" => Ok(GUARDRAILS.to_owned()),
        "broken.json" => Ok("{\n\"Statement\": 3}".to_owned()),
        other => Err(format!("`{other}` cannot be read: it is not there")),
    }
}

fn simulated(text: &str) -> Simulation {
    simulate(&Scenario::parse(text).unwrap(), &mut Files::new(&mut files)).unwrap()
}

fn suite(text: &str) -> SuiteReport {
    Suite::read("t.yaml", text, &mut Files::new(&mut files)).unwrap().run()
}

#[test]
fn a_decoy_deny_changes_nothing() {
    let report = explained("decoy.json", DECOY);
    assert_eq!(report.grants_admin, "yes");
    assert_eq!(report.answers(Question::Admin), Some(true));
    assert_eq!(report.answers(Question::Escalation), Some(true));
    assert!(report.escalation.len() > 30 && report.services_nearly_all);
    let parts: Vec<usize> = report.statements.iter().map(|statement| statement.facts.len()).collect();
    assert!(parts[0] > 3 && parts[1] == 0, "{parts:?}");
}

#[test]
fn what_a_policy_grants_is_told_in_words() {
    settings().bind(|| {
        let text = |file: &str, policy: &str| {
            let report = explained(file, policy);
            said(|output| write_explanation(output, PLAIN, &report))
        };
        assert_snapshot!("explain_developer_text", text("developer.json", DEVELOPER));
        assert_snapshot!("explain_trust_text", text("trust.json", TRUST));
        let decoy = text("decoy.json", DECOY);
        assert!(decoy.contains("administrator       yes\n"), "{decoy}");
    });
}

#[test]
fn what_a_policy_grants_is_told_as_json() {
    settings().bind(|| {
        let json = |report: &Explanation| serde_json::to_string_pretty(report).unwrap();
        assert_snapshot!("explain_developer_json", json(&explained("developer.json", DEVELOPER)));
        assert_snapshot!("explain_trust_json", json(&explained("trust.json", TRUST)));
    });
    for (policy, expect) in [(DECOY, "yes"), (DEVELOPER, "no"), (TRUST, "no")] {
        let report = serde_json::to_value(explained("x", policy)).unwrap();
        assert_eq!(report["grants_admin"], expect);
        for fact in ["grants_admin", "cross_account", "public"] {
            assert!(["yes", "yes_if", "no", "unknown"].contains(&report[fact].as_str().unwrap()), "{fact}");
        }
        for list in ["escalation", "capabilities", "statements", "lint"] {
            assert!(report[list].is_array(), "{list}");
        }
    }
}

/// What SARIF 2.1.0 requires: `version`, `runs`, of each run `tool.driver.name`, of each rule `id`, of each
/// result `message`, and levels, lines and rule references that are allowed.
#[test]
fn sarif_has_what_the_standard_requires() {
    let reports =
        [explained("a b/decoy.json", DECOY), explained("./developer.json", DEVELOPER), explained("t", TRUST)];
    let refused = [("broken.json".to_owned(), "`broken.json`: line 1: is empty".to_owned())];
    let text = said(|output| write_sarif(output, "0.0.0", &reports, &refused));
    let sarif: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(sarif["version"], "2.1.0");
    assert!(sarif["$schema"].as_str().unwrap().contains("sarif-schema-2.1.0.json"));
    let run = &sarif["runs"][0];
    let driver = &run["tool"]["driver"];
    assert_eq!(driver["name"], "provost");
    let rules: Vec<&str> =
        driver["rules"].as_array().unwrap().iter().map(|rule| rule["id"].as_str().unwrap()).collect();
    let mut sorted = rules.clone();
    sorted.sort_unstable();
    sorted.dedup();
    assert_eq!(sorted.len(), rules.len(), "every rule is there once");
    let results = run["results"].as_array().unwrap();
    assert!(results.len() > 100);
    for result in results {
        assert!(rules.contains(&result["ruleId"].as_str().unwrap()), "{result}");
        assert!(!result["message"]["text"].as_str().unwrap().is_empty());
        assert!(["none", "note", "warning", "error"].contains(&result["level"].as_str().unwrap()));
        let places = result["locations"].as_array().unwrap().iter();
        for place in places.chain(result["relatedLocations"].as_array().into_iter().flatten()) {
            let place = &place["physicalLocation"];
            assert!(!place["artifactLocation"]["uri"].as_str().unwrap().contains(' '));
            if let Some(first) = place["region"]["startLine"].as_u64() {
                assert!(first >= 1 && place["region"]["endLine"].as_u64().unwrap() >= first);
            }
        }
    }
    let invocation = &run["invocations"][0];
    assert_eq!(invocation["executionSuccessful"], false);
    assert_eq!(invocation["toolExecutionNotifications"].as_array().unwrap().len(), 1);
    settings().bind(|| {
        let reports = [explained("developer.json", DEVELOPER), explained("trust.json", TRUST)];
        assert_snapshot!("explain_sarif", said(|output| write_sarif(output, "0.0.0", &reports, &[])));
    });
}

#[test]
fn a_simulation_names_the_layer_the_statement_and_what_was_assumed() {
    let report = simulated(
        "layers: {identity: decoy.json, scps: [[FullAWSAccess, guardrails.json]]}\n\
         request: {principal: 'arn:aws:iam::111122223333:role/admin', action: 'organizations:LeaveOrganization'}",
    );
    assert_eq!((report.decision, report.blocked_by.as_deref()), ("explicit_deny", Some("scp[0]")));
    settings().bind(|| {
        assert_snapshot!("simulate_denied_text", said(|output| write_simulation(output, PLAIN, &report)));
        assert_snapshot!("simulate_denied_json", serde_json::to_string_pretty(&report).unwrap());
    });
    let report = simulated(
        "layers: {identity: decoy.json}\n\
         request: {principal: 'arn:aws:iam::111122223333:role/admin', action: 's3:GetObject', resource: 'arn:aws:s3:::data/x'}",
    );
    assert_eq!(report.decision, "allow");
    assert_eq!(report.assumed, ["the resource belongs to the caller's own account, 111122223333"]);
    assert!(report.not_given.contains(&"SCPs") && report.not_given.contains(&"a boundary"));
    let report = simulated(
        "layers: {identity: decoy.json, unread: {boundary: AccessDenied}}\n\
         request: {principal: 'arn:aws:iam::111122223333:role/admin', action: 'sns:ListTopics'}",
    );
    assert_eq!(report.decision, "undetermined");
    assert!(report.unknown[0].reason.contains("AccessDenied"), "{:?}", report.unknown);
    assert!(!report.not_given.contains(&"a boundary"));
}

#[test]
fn a_level_of_two_policies_is_no_name_and_a_policy() {
    let closed = simulated(
        "layers: {identity: decoy.json, scps: [FullAWSAccess, guardrails.json]}\n\
         request: {principal: 'arn:aws:iam::111122223333:role/admin', action: 'sns:ListTopics'}",
    );
    assert_eq!((closed.decision, closed.blocked_by.as_deref()), ("implicit_deny", Some("scp[1]")));
    assert!(closed.notes[0].contains("scp[1] has no Allow statement"), "{:?}", closed.notes);
    let open = simulated(
        "layers: {identity: decoy.json, scps: [[FullAWSAccess, guardrails.json]]}\n\
         request: {principal: 'arn:aws:iam::111122223333:role/admin', action: 'sns:ListTopics'}",
    );
    assert_eq!((open.decision, open.notes.len()), ("allow", 0));
}

#[test]
fn scenarios_that_cannot_be_read_are_named() {
    let check = |text: &str, expect: &str| {
        let problem = match Scenario::parse(text) {
            Err(problem) => problem,
            Ok(scenario) => simulate(&scenario, &mut Files::new(&mut files)).unwrap_err().to_string(),
        };
        assert!(problem.contains(expect), "{problem}");
    };
    let request = "request: {principal: 'arn:aws:iam::111122223333:role/a', action: 'sns:ListTopics'}\n";
    check("layers: {}", "request");
    check("request: {principal: 'nobody', action: 'sns:ListTopics'}", "`nobody` names no caller");
    check(&format!("{request}layers: {{scp: []}}"), "unknown field `scp`");
    check(
        &format!("{request}layers: {{boundary: gone.json}}"),
        "layers.boundary: `gone.json` cannot be read",
    );
    check(
        &format!("{request}layers: {{boundary: broken.json}}"),
        "layers.boundary: `broken.json`: line 2: `Statement` is neither an object nor a list",
    );
}

#[test]
fn a_change_is_told_both_ways() {
    let (old, new) = (
        Document::read(DEVELOPER).unwrap(),
        Document::read(&DEVELOPER.replace("role/app-*", "role/*")).unwrap(),
    );
    let report = Difference::of(("old.json", &old), ("new.json", &new), None, None);
    assert_eq!((report.gained.answer, report.lost.answer), ("yes_if", "no"));
    let back = Difference::of(("new.json", &new), ("old.json", &old), Some(Kind::Identity), None);
    assert_eq!((back.gained.answer, back.lost.answer), ("no", "yes_if"));
    settings().bind(|| {
        assert_snapshot!("diff_text", said(|output| write_difference(output, PLAIN, &report)));
        assert_snapshot!("diff_json", serde_json::to_string_pretty(&report).unwrap());
    });
    // A Deny that goes is a gain, though this document allows nothing by it.
    let (guarded, open) = (
        Document::read(GUARDRAILS).unwrap(),
        Document::read(&GUARDRAILS.replace("organizations:Leave", "organizations:Xeave")).unwrap(),
    );
    let report = Difference::of(("a", &guarded), ("b", &open), None, None);
    assert!(
        report.gained.access.iter().any(|it| it.lifted && it.action == "organizations:LeaveOrganization")
    );
}

const SUITE: &str = "
layers:
  scps:
    - [FullAWSAccess, guardrails.json]
cases:
  - name: nobody leaves
    never_allows: {actions: 'organizations:LeaveOrganization'}
  - name: leaving is denied by its statement
    layers: {identity: decoy.json}
    request: {principal: 'arn:aws:iam::111122223333:role/admin', action: 'organizations:LeaveOrganization'}
    expect: deny
    by: DenyLeaving
  - name: nobody but break-glass stops the trail
    never_allows:
      actions: [cloudtrail:Stop*]
      unless: {ArnLike: {'aws:PrincipalArn': 'arn:aws:iam::*:role/break-glass'}}
  - name: the wrong statement
    layers: {identity: decoy.json}
    request: {principal: 'arn:aws:iam::111122223333:role/admin', action: 'organizations:LeaveOrganization'}
    expect: explicit_deny
    by: ProtectTrail
  - name: not what is expected
    layers: {identity: decoy.json}
    request: {principal: 'arn:aws:iam::111122223333:role/admin', action: 'sns:ListTopics'}
    expect: deny
  - name: nobody can say
    layers: {identity: decoy.json, unread: {boundary: AccessDenied}}
    request: {principal: 'arn:aws:iam::111122223333:role/admin', action: 'sns:ListTopics'}
    expect: allow
  - name: a promise about nothing
    never_allows: {actions: ['cloudtrial:StopLogging']}
  - name: a promise about no action
    never_allows: {actions: ['cloudtrail:Stopp*']}
";

#[test]
fn cases_pass_fail_or_are_unknown() {
    let report = suite(SUITE);
    let results: Vec<CaseResult> = report.cases.iter().map(|case| case.result).collect();
    use CaseResult::{Fail, Pass, Unknown};
    assert_eq!(results, [Pass, Pass, Fail, Fail, Fail, Unknown, Unknown, Unknown]);
    assert_eq!((report.passed, report.failed, report.unknown), (2, 3, 3));
    assert_eq!(
        report.cases.iter().filter_map(|case| case.line).collect::<Vec<_>>(),
        [6, 8, 13, 17, 22, 26, 30, 32]
    );
    settings().bind(|| {
        assert_snapshot!("suite_text", said(|output| write_suite(output, PLAIN, &report, false)));
        assert_snapshot!("suite_json", serde_json::to_string_pretty(&report).unwrap());
        let refused = [("gone.yaml".to_owned(), "`gone.yaml` cannot be read: <gone> & \"lost\"".to_owned())];
        assert_snapshot!("suite_junit", said(|output| write_junit(output, &[report], &refused, false)));
    });
}

/// Exceptions are made by name: whoever is not looked at is who comes through.
#[test]
fn whoever_an_exception_names_is_looked_at() {
    let check = |condition: &str, expect: CaseResult| {
        let report = suite(&format!(
            "cases:\n  - name: a\n    layers:\n      scps:\n        - - FullAWSAccess\n          - Version: '2012-10-17'\n            Statement:\n              - {{Effect: Deny, Action: 'sns:DeleteTopic', Resource: '*', Condition: {condition}}}\n    never_allows: {{actions: 'sns:DeleteTopic', unless: {{ArnLike: {{'aws:PrincipalArn': 'arn:aws:iam::*:role/break-glass'}}}}}}\n"
        ));
        assert_eq!(report.cases[0].result, expect, "{condition}: {}", report.cases[0].reason);
    };
    check("{ArnNotLike: {'aws:PrincipalArn': 'arn:aws:iam::*:role/break-glass'}}", CaseResult::Pass);
    check("{ArnNotLike: {'aws:PrincipalArn': 'arn:aws:iam::*:role/break-*'}}", CaseResult::Fail);
    check("{ArnNotLike: {'aws:PrincipalArn': 'arn:*:iam::*:*/ops'}}", CaseResult::Fail);
    check("{StringNotLike: {'aws:PrincipalArn': '*:user/bea'}}", CaseResult::Fail);
    check("{StringNotEquals: {'aws:PrincipalAccount': '444455556666'}}", CaseResult::Fail);
    check("{StringNotEquals: {'aws:username': 'bea'}}", CaseResult::Fail);
    check("{StringNotEquals: {'aws:PrincipalTag/team': 'security'}}", CaseResult::Fail);
    check(
        "{ArnNotLike: {'aws:PrincipalArn': 'arn:aws:iam::*:role/break-glass'}, StringNotEquals: {'aws:PrincipalTag/x': 'y'}}",
        CaseResult::Fail,
    );
}

#[test]
fn statements_no_case_needs_are_named() {
    let report = suite(
        "layers: {scps: [[FullAWSAccess, guardrails.json]]}\n\
         cases:\n- name: nobody leaves\n  never_allows: {actions: 'organizations:LeaveOrganization'}\n",
    );
    let named: Vec<String> = report.not_needed.iter().map(ToString::to_string).collect();
    assert_eq!(named, ["scp[0], guardrails.json Statement[0] ProtectTrail, lines 4-12"]);
    let told = said(|output| write_suite(output, PLAIN, &report, true));
    assert!(told.contains("  fail     no case needs scp[0], guardrails.json Statement[0]"), "{told}");
    let junit = said(|output| write_junit(output, &[report], &[], true));
    assert!(
        junit.contains("tests=\"2\" failures=\"1\"") && junit.contains("no case needs 1 statement"),
        "{junit}"
    );
}

#[test]
fn what_is_no_test_file_is_named_with_its_line() {
    let check = |text: &str, parts: &[&str]| {
        let problem = Suite::read("t.yaml", text, &mut Files::new(&mut files)).unwrap_err().to_string();
        for part in parts {
            assert!(problem.contains(part), "{text}\n{problem}");
        }
    };
    let head = "cases:\n  - name: first\n    never_allows: {actions: 'sns:*'}\n";
    let request = "    request: {principal: 'arn:aws:iam::111122223333:role/a', action: 'sns:ListTopics'}\n";
    check("layers: {}\n", &["missing field `cases`"]);
    check("cases: []\n", &["`cases` is empty"]);
    check("cases:\n  - [\n", &["line "]);
    check("layers:\n  scp: []\ncases: []\n", &["unknown field `scp`", "line 2"]);
    check(&format!("{head}  - name: x\n    expects: allow\n"), &["unknown field `expects`", "line 5"]);
    check(&format!("{head}  - name: x\n"), &["case `x` asks nothing", "line 4"]);
    check(&format!("{head}  - name: x\n{request}"), &["case `x`: `request` needs an `expect`", "line 4"]);
    check(&format!("{head}  - name: x\n{request}    expect: yes\n"), &["unknown variant `yes`", "line 6"]);
    check(
        &format!("{head}  - name: x\n    expect: deny\n    never_allows: {{actions: 'sns:*'}}\n"),
        &["belong to a `request`", "line 4"],
    );
    check(
        &format!("{head}  - name: x\n{request}    expect: deny\n    never_allows: {{actions: 'sns:*'}}\n"),
        &["make it two cases", "line 4"],
    );
    check(
        &format!("{head}  - name: x\n    never_allows: {{actions: []}}\n"),
        &["`actions` is empty", "line 5"],
    );
    check(
        &format!("{head}  - name: x\n    never_allows: {{actions: 'Stop'}}\n"),
        &["`Stop` is not an action", "line 5"],
    );
    check(
        &format!(
            "{head}  - name: x\n    never_allows:\n      actions: 'sns:*'\n      unless: {{StringEquals: 3}}\n"
        ),
        &["`unless.StringEquals` is not an object", "line 6"],
    );
    check(
        &format!("{head}  - name: x\n    request: {{action: 'sns:ListTopics'}}\n    expect: deny\n"),
        &["line 4: case `x`: request: missing field `principal`"],
    );
    check(
        &format!("{head}  - name: x\n    layers: {{boundary: gone.json}}\n{request}    expect: deny\n"),
        &["line 4: case `x`: layers.boundary: `gone.json` cannot be read"],
    );
    check(
        &format!("{head}  - name: x\n    layers: {{boundary: a, boundary: b}}\n{request}    expect: deny\n"),
        &["boundary", "line 5"],
    );
}

#[test]
fn cases_add_to_what_the_file_says() {
    let report = suite(
        "layers: {identity: decoy.json, boundary: guardrails.json, management_account: 111122223333}\n\
         request: {principal: 'arn:aws:iam::111122223333:role/admin', context: {'aws:MultiFactorAuthPresent': 'true'}}\n\
         cases:\n\
         - {name: the boundary allows nothing, request: {action: 'sns:ListTopics'}, expect: implicit_deny, by: boundary}\n\
         - {name: null takes it away, layers: {boundary: null}, request: {action: 'sns:ListTopics', context: {'aws:SourceIp': 192.0.2.1}}, expect: allow}\n",
    );
    assert_eq!((report.passed, report.cases.len()), (2, 2), "{report:?}");
}

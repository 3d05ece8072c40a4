//! `provost policy`, as people and pipelines meet it: what it reads, what it prints, how it ends.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use insta::{Settings, assert_snapshot};
use serde_json::{Value, json};

use crate::support::{Place, Said, said};

const ADMIN: &str = "{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": [\n    {\"Sid\": \"All\", \"Effect\": \"Allow\", \"Action\": \"*\", \"Resource\": \"*\"},\n    {\"Sid\": \"Decoy\", \"Effect\": \"Deny\", \"Action\": \"s3:DeleteBucket\", \"Resource\": \"*\"}\n  ]\n}\n";
const READER: &str = "{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": {\"Effect\": \"Allow\", \"Action\": \"s3:GetObject\", \"Resource\": \"arn:aws:s3:::data/*\"}\n}\n";
const PUBLIC: &str = "{\"Version\": \"2012-10-17\", \"Statement\": [{\"Effect\": \"Allow\", \"Principal\": \"*\", \"Action\": \"s3:GetObject\", \"Resource\": \"arn:aws:s3:::data/*\"}]}";

fn place() -> Place {
    let place = Place::new();
    place.write("admin.json", ADMIN);
    place.write("reader.json", READER);
    place.write("public.json", PUBLIC);
    place.write(
        "broken.json",
        "{\"Statement\": [{\"Effect\": \"Allow\",\n \"Action\": {}, \"Resource\": \"*\"}]}",
    );
    place
}

fn settings() -> Settings {
    let mut settings = Settings::clone_current();
    settings.set_snapshot_path("../snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.add_filter(r"20\d\d-\d\d-\d\d", "[day]");
    settings
}

fn run(place: &Place, args: &[&str]) -> Said {
    let args: Vec<&str> = ["policy"].into_iter().chain(args.iter().copied()).collect();
    place.run(&args)
}

fn json_of(place: &Place, args: &[&str], code: i32) -> Value {
    let said = run(place, args);
    assert_eq!(said.code, code, "{args:?}: {}\n{:?}", said.stdout, said.log);
    serde_json::from_str(&said.stdout).unwrap_or_else(|error| panic!("{error}: {}", said.stdout))
}

fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/policies").canonicalize().unwrap()
}

#[test]
fn explaining_one_file_is_an_object_and_several_are_a_list() {
    let place = place();
    let one = json_of(&place, &["explain", "admin.json", "--format", "json"], 0);
    assert_eq!((&one["file"], &one["grants_admin"]), (&json!("admin.json"), &json!("yes")));
    assert_eq!(one["statements"][0]["lines"], json!([4, 4]));
    let all =
        json_of(&place, &["explain", "--format", "json", "reader.json", "broken.json", "public.json"], 2);
    assert_eq!(all[0]["grants_admin"], "no");
    assert_eq!(
        all[1]["error"],
        "`broken.json`: line 2: `Statement[0].Action` holds something that is not text"
    );
    assert_eq!(all[2]["public"], "yes");
}

#[test]
fn a_file_that_is_no_policy_is_two_and_the_others_are_explained() {
    let place = place();
    let said = run(&place, &["explain", "broken.json", "gone.json", "reader.json"]);
    assert_eq!(said.code, 2);
    assert!(said.stdout.starts_with("reader.json: a policy of users, groups and roles, 1 statement\n"));
    let errors: Vec<&str> = said.log.iter().filter_map(|line| line["error"].as_str()).collect();
    assert_eq!(errors[0], "`broken.json`: line 2: `Statement[0].Action` holds something that is not text");
    assert!(errors[1].starts_with("`gone.json` cannot be read"), "{errors:?}");
}

#[test]
fn documents_are_read_as_aws_hands_them_out() {
    let place = place();
    let encoded: String = ADMIN.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let shapes = [
        ("plain", ADMIN.to_owned()),
        ("string", json!(ADMIN).to_string()),
        ("encoded", encoded.clone()),
        (
            "inline",
            json!({"RoleName": "x", "PolicyDocument": serde_json::from_str::<Value>(ADMIN).unwrap()})
                .to_string(),
        ),
        ("version", json!({"PolicyVersion": {"Document": encoded, "VersionId": "v1"}}).to_string()),
        ("scp", json!({"Policy": {"PolicySummary": {}, "Content": ADMIN}}).to_string()),
    ];
    for (name, text) in shapes {
        let mut child = place
            .command(&["policy", "explain", "-", "--format", "json"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        let said = said(&child.wait_with_output().unwrap());
        assert_eq!(said.code, 0, "{name}: {:?}", said.log);
        let report: Value = serde_json::from_str(&said.stdout).unwrap();
        assert_eq!(report["grants_admin"], "yes", "{name}");
        assert_eq!(report["unwrapped"].is_array(), name != "plain", "{name}");
    }
}

#[test]
fn pipelines_stop_at_what_they_name() {
    let place = place();
    let check = |file: &str, list: &str, code: i32| {
        let said = run(&place, &["explain", "--fail-on", list, file]);
        assert_eq!(said.code, code, "{file} {list}: {}", said.stdout);
    };
    assert_eq!(run(&place, &["explain", "admin.json", "public.json"]).code, 0, "findings do not fail");
    check("admin.json", "admin", 1);
    check("admin.json", "public,cross-account", 0);
    check("admin.json", "public,escalation", 1);
    check("public.json", "admin,escalation,lint-error", 0);
    check("public.json", "public", 1);
    check("reader.json", "admin,escalation,public,cross_account,lint-error", 0);
    check("broken.json", "admin", 2);
    place.write("typo.json", READER.replace("s3:GetObject", "s3:GetObjekt"));
    check("typo.json", "lint-error", 1);
    place.write(
        "canonical.json",
        PUBLIC.replace("\"*\", \"Action\"", "{\"CanonicalUser\": \"79a5\"}, \"Action\""),
    );
    check("canonical.json", "cross_account", 3);
}

#[test]
fn formats_and_thresholds_of_other_commands_are_refused() {
    let place = place();
    for args in [
        &["--format", "html", "policy", "explain", "admin.json"][..],
        &["--fail-on", "high", "policy", "explain", "admin.json"],
        &["policy", "diff", "admin.json", "reader.json", "--fail-on", "high"],
    ] {
        assert_eq!(place.run(args).code, 2, "{args:?}");
    }
    for args in [
        &["policy", "explain", "--format", "junit", "admin.json"][..],
        &["policy", "explain", "--fail-on", "high", "admin.json"],
        &["policy", "test", "--format", "sarif", "x.yaml"],
        &["policy", "simulate", "--action", "s3:GetObject"],
        &["assess", "--format", "sarif"],
    ] {
        assert_eq!(place.command(args).output().unwrap().status.code(), Some(2), "{args:?}");
    }
    let json = place.run(&["--format", "json", "policy", "explain", "admin.json"]);
    assert!(json.code == 0 && json.stdout.starts_with('{'), "{}", json.stdout);
}

#[test]
fn sarif_on_the_command_line_names_what_could_not_be_read() {
    let place = place();
    let sarif = json_of(&place, &["explain", "--format", "sarif", "admin.json", "broken.json"], 2);
    let run = &sarif["runs"][0];
    assert_eq!((&sarif["version"], &run["tool"]["driver"]["name"]), (&json!("2.1.0"), &json!("provost")));
    assert_eq!(run["invocations"][0]["executionSuccessful"], false);
    let admin = run["results"].as_array().unwrap().iter().find(|it| it["ruleId"] == "grants-admin").unwrap();
    assert_eq!(admin["level"], "error");
    assert_eq!(admin["locations"][0]["physicalLocation"]["region"]["startLine"], 4);
}

#[test]
fn a_simulation_ends_as_it_decides() {
    let place = place();
    place.write("deny.json", "{\"Version\": \"2012-10-17\",\n \"Statement\": {\"Sid\": \"NoTopics\", \"Effect\": \"Deny\", \"Action\": \"sns:*\", \"Resource\": \"*\",\n  \"Condition\": {\"Bool\": {\"aws:MultiFactorAuthPresent\": \"false\"}}}}");
    let asked = |action: &str, more: &[&str]| {
        let mut args = vec![
            "simulate",
            "--principal",
            "arn:aws:iam::111122223333:role/a",
            "--action",
            action,
            "--identity",
            "admin.json",
        ];
        args.extend(more);
        run(&place, &args)
    };
    assert_eq!(asked("sns:ListTopics", &[]).code, 0);
    let scps = ["--scp", "Root=FullAWSAccess", "--scp", "Root=deny.json"];
    let denied =
        asked("sns:ListTopics", &[&scps[..], &["--context", "aws:MultiFactorAuthPresent=false"]].concat());
    assert_eq!(denied.code, 1);
    assert!(denied.stdout.starts_with("explicit_deny by scp[0] (Root)\n"), "{}", denied.stdout);
    assert!(denied.stdout.contains("deny.json Statement[0] NoTopics, lines 2-3"), "{}", denied.stdout);
    let unknown =
        asked("sns:ListTopics", &[&scps[..], &["--unknown", "aws:MultiFactorAuthPresent"]].concat());
    assert_eq!(unknown.code, 3, "{}", unknown.stdout);
    let alone = asked("sns:ListTopics", &["--scp", "deny.json"]);
    assert_eq!(alone.code, 1);
    assert!(alone.stdout.contains("note: scp[0] has no Allow statement"), "{}", alone.stdout);
    let other = asked("s3:GetObject", &["--resource", "arn:aws:s3:::data/x", "--format", "json"]);
    let other: Value = serde_json::from_str(&other.stdout).unwrap();
    assert_eq!(other["assumed"], json!(["the resource belongs to the caller's own account, 111122223333"]));
    assert_eq!(
        asked("s3:GetObject", &["--resource", "arn:aws:s3:::data/x", "--resource-account", "444455556666"])
            .code,
        1
    );
    assert_eq!(asked("s3:Get*", &[]).code, 2);
    assert_eq!(asked("sns:ListTopics", &["--boundary", "broken.json"]).code, 2);
}

#[test]
fn a_scenario_file_finds_policies_beside_it() {
    let place = place();
    place.write("in/admin.json", ADMIN);
    place.write("in/s.yaml", "layers: {identity: admin.json}\nrequest: {principal: 'arn:aws:iam::111122223333:role/a', action: 'sns:ListTopics'}\n");
    assert_eq!(run(&place, &["simulate", "--scenario", "in/s.yaml"]).code, 0);
    place.write(
        "in/s.yaml",
        "request: {principal: 'arn:aws:iam::111122223333:role/a', action: 'sns:ListTopics', ressource: x}\n",
    );
    let said = run(&place, &["simulate", "--scenario", "in/s.yaml"]);
    assert_eq!(said.code, 2);
    let error = said.log.last().unwrap()["error"].as_str().unwrap();
    assert!(
        error.contains("in/s.yaml") && error.contains("ressource") && error.contains("line 1"),
        "{error}"
    );
}

#[test]
fn a_change_that_gains_is_one() {
    let place = place();
    assert_eq!(run(&place, &["diff", "reader.json", "reader.json"]).code, 0);
    assert_eq!(run(&place, &["diff", "reader.json", "admin.json"]).code, 1);
    place.write("less.json", READER.replace("data/*", "data/public/*"));
    let less = run(&place, &["diff", "reader.json", "less.json"]);
    assert_eq!(less.code, 0);
    assert!(
        less.stdout.contains("Gained: nothing") && less.stdout.contains("Lost\n  s3:GetObject"),
        "{}",
        less.stdout
    );
    let json = json_of(&place, &["diff", "less.json", "reader.json", "--format", "json"], 1);
    assert_eq!(json["gained"]["access"][0]["action"], "s3:GetObject");
    assert_eq!(run(&place, &["diff", "reader.json", "broken.json"]).code, 2);
}

#[test]
fn tests_end_as_their_cases_do() {
    let place = place();
    place.write(
        "pass.yaml",
        "layers: {boundary: reader.json}\ncases:\n- {name: nothing else, never_allows: {actions: 'sns:*'}}\n",
    );
    place.write(
        "fail.yaml",
        "layers: {boundary: reader.json}\ncases:\n- {name: nothing, never_allows: {actions: 's3:*'}}\n",
    );
    place.write("unknown.yaml", "layers: {boundary: reader.json}\ncases:\n- {name: vacuous, never_allows: {actions: 'sns:Nothing*'}}\n");
    place.write("shape.yaml", "cases:\n- {name: x, never_allow: {}}\n");
    let check = |files: &[&str], code: i32| {
        let args: Vec<&str> = ["test"].into_iter().chain(files.iter().copied()).collect();
        let said = run(&place, &args);
        assert_eq!(said.code, code, "{files:?}: {}", said.stdout);
        said
    };
    check(&["pass.yaml"], 0);
    check(&["pass.yaml", "--strict"], 1);
    let failed = check(&["fail.yaml"], 1);
    assert!(
        failed.stdout.contains("for example: ")
            && failed.stdout.contains("allowed by: boundary, reader.json Statement[0], line 3"),
        "{}",
        failed.stdout
    );
    check(&["fail.yaml", "unknown.yaml"], 3);
    let all = check(&["fail.yaml", "unknown.yaml", "shape.yaml", "pass.yaml"], 2);
    assert!(all.stdout.contains("pass.yaml\n  pass "), "the others are still run: {}", all.stdout);
    let error = all.log.last().unwrap()["error"].as_str().unwrap();
    assert!(
        error.contains("shape.yaml") && error.contains("never_allow") && error.contains("line 2"),
        "{error}"
    );
    let json = json_of(&place, &["test", "--format", "json", "pass.yaml", "shape.yaml"], 2);
    assert_eq!((&json["files"][0]["passed"], &json["not_run"][0]["file"]), (&json!(1), &json!("shape.yaml")));
    let junit = run(&place, &["test", "--format", "junit", "fail.yaml", "unknown.yaml", "shape.yaml"]);
    assert!(
        junit.stdout.contains("<testsuites tests=\"3\" failures=\"1\" errors=\"2\">"),
        "{}",
        junit.stdout
    );
}

#[test]
fn the_readme_shows_what_is_printed() {
    let root = examples().join("../..");
    let readme = std::fs::read_to_string(root.join("README.md")).unwrap();
    let mut command = Place::new().command(&["policy", "explain", "examples/policies/deployer.json"]);
    let said = said(&command.current_dir(&root).output().unwrap());
    assert_eq!(said.code, 0);
    assert!(readme.contains(&said.stdout), "{}", said.stdout);
}

/// What `docs/guides/policy-tests.md` shows.
#[test]
fn the_worked_example_holds_and_a_hole_in_it_is_found() {
    let place = Place::new();
    for entry in std::fs::read_dir(examples()).unwrap() {
        let path = entry.unwrap().path();
        place.write(
            &format!("p/{}", path.file_name().unwrap().to_str().unwrap()),
            std::fs::read(&path).unwrap(),
        );
    }
    let sound = run(&place, &["test", "--strict", "p/guardrails.test.yaml"]);
    assert_eq!(sound.code, 0, "{}", sound.stdout);
    let guardrails = std::fs::read_to_string(place.path("p/guardrails.json")).unwrap();
    place.write("p/guardrails.json", guardrails.replace("role/break-glass", "role/break-*"));
    let broken = run(&place, &["test", "p/guardrails.test.yaml"]);
    assert_eq!(broken.code, 1);
    let guide = std::fs::read_to_string(examples().join("../../docs/guides/policy-tests.md")).unwrap();
    let failed = broken.stdout.split_once("  fail ").unwrap().1.split_once("\n  pass ").unwrap().0;
    assert!(guide.contains(failed), "{failed}");
    settings().bind(|| {
        assert_snapshot!("example_sound", sound.stdout);
        assert_snapshot!("example_broken", broken.stdout);
    });
}

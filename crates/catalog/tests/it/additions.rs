//! What users add to the catalog, and what they may not.

use std::fs;
use std::path::Path;

use provost_catalog::{Folder, load};
use provost_core::model::Severity;

const POSTURE: &str = "title: t\ndescription: d\nresource_type: AWS::S3::Bucket\nseverity: low\nmessage: m\n\
                       remediation: r\nexpression: resource.Name != ''\n";

fn sigma(name: &str, event: &str) -> String {
    format!(
        "title: T {name}\nname: {name}\nlogsource: {{product: aws, service: cloudtrail}}\nlevel: low\n\
         detection:\n  s:\n    eventName: {event}\n  condition: s\n"
    )
}

fn write(folder: &Path, path: &str, text: &str) {
    let path = folder.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

#[test]
fn a_new_id_adds_and_a_known_one_replaces_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "posture/my-rule.yaml", &format!("id: my-rule\n{POSTURE}"));
    write(folder.path(), "posture/s3-encryption.yaml", &format!("id: s3-encryption\n{POSTURE}"));
    write(folder.path(), "detections/my-event.yml", &sigma("my-event", "X"));
    let plain = load(&[], &[]).unwrap();
    let catalog = load(&[Folder::read(folder.path()).unwrap()], &[]).unwrap();
    assert_eq!(catalog.posture.len(), plain.posture.len() + 1);
    assert_eq!(catalog.detections.len(), plain.detections.len() + 1);
    assert_ne!(catalog.digest, plain.digest);
    let replaced: Vec<_> = catalog.replaced.iter().map(|one| one.id.as_str()).collect();
    assert_eq!(replaced, ["s3-encryption"]);
    let rule = catalog.posture.iter().find(|rule| rule.stamp.id == "s3-encryption").unwrap();
    assert_eq!((rule.severity, rule.title.as_str()), (Severity::Low, "t"));
    assert_eq!(rule.stamp.origin.to_string(), folder.path().display().to_string());
}

#[test]
fn waivers_may_stand_in_a_catalog_folder() {
    let waiver = "waivers:\n  - {id: old, rule: s3-encryption, reason: r, owner: o, expires: 2027-03-31}\n";
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    write(one.path(), "waivers.yaml", waiver);
    write(other.path(), "waivers.yaml", waiver);
    let read = |folder: &tempfile::TempDir| Folder::read(folder.path()).unwrap();
    let catalog = load(&[read(&one)], &[]).unwrap();
    assert_eq!(catalog.waivers.waivers[0].id, "old");
    let error = load(&[read(&one), read(&other)], &[]).unwrap_err().to_string();
    assert!(error.contains("waivers.yaml") && error.contains("is there twice"), "{error}");
}

#[test]
fn an_id_a_framework_has_not_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let rule = |frameworks: &str| format!("id: mine\n{POSTURE}frameworks: {frameworks}\n");
    write(folder.path(), "posture/mine.yaml", &rule("{soc2: [CC6.1], our-own: [anything]}"));
    load(&[Folder::read(folder.path()).unwrap()], &[]).unwrap();
    write(folder.path(), "posture/mine.yaml", &rule("{cis_aws_3: ['9.9']}"));
    let error = load(&[Folder::read(folder.path()).unwrap()], &[]).unwrap_err().to_string();
    assert!(error.contains("posture/mine.yaml") && error.contains("`cis_aws_3` has no `9.9`"), "{error}");
}

#[test]
fn a_mistake_in_a_catalog_folder_names_file_line_and_field() {
    let check = |path: &str, text: &str, expect: &[&str]| {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), path, text);
        let error = load(&[Folder::read(folder.path()).unwrap()], &[]).unwrap_err().to_string();
        for part in expect {
            assert!(error.contains(part), "{error}");
        }
    };
    check("posture/a.yaml", &format!("id: b\n{POSTURE}"), &["posture/a.yaml", "named `b.yaml`"]);
    check("posture/a.yaml", "id: a\ntitel: x\n", &["posture/a.yaml", "titel", "line 2"]);
    let odd = format!("id: a\n{POSTURE}").replace("AWS::S3::Bucket", "AWS::S3::Buckett");
    check("posture/a.yaml", &odd, &["posture/a.yaml", "nothing reads `AWS::S3::Buckett`"]);
    check("detections/a.yml", "title: T\n", &["detections/a.yml", "not a Sigma rule"]);
    check("resources/a.yaml", "type: A\n", &["resources/a.yaml", "missing field"]);
    check("secrets.yaml", "member: []\n", &["secrets.yaml", "member"]);
}

#[test]
fn a_rules_folder_may_hold_anything_and_nothing_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "deep/er/one.yml", &sigma("iam-user-created", "Other"));
    write(folder.path(), "two.yml", &sigma("mine", "X"));
    write(folder.path(), "broken.yml", "title: [");
    write(
        folder.path(),
        "windows.yml",
        &sigma("w", "X").replace("product: aws, service: cloudtrail", "product: windows"),
    );
    write(folder.path(), "unnamed.yml", &sigma("x", "X").replace("name: x\n", ""));
    write(folder.path(), "twice.yml", &format!("{}---\n{}", sigma("twin", "X"), sigma("twin", "Y")));
    fs::write(folder.path().join("latin1.yml"), b"title: \xe9").unwrap();
    write(folder.path(), "readme.md", "not a rule");
    let plain = load(&[], &[]).unwrap();
    let catalog = load(&[], &[Folder::read(folder.path()).unwrap()]).unwrap();
    assert_eq!(catalog.detections.len(), plain.detections.len() + 5);
    for id in ["iam-user-created", "iam-user-created-2", "mine", "t-x", "twin", "twin-2"] {
        assert!(catalog.detections.iter().any(|rule| rule.stamp.id == id), "{id}");
    }
    let not_loaded: Vec<_> =
        catalog.not_loaded.iter().map(|one| (one.file.as_str(), one.is_other_source)).collect();
    assert_eq!(not_loaded, [("latin1.yml", false), ("broken.yml", false), ("windows.yml", true)]);
}

#[test]
fn a_folder_that_is_not_there_is_an_error() {
    assert!(Folder::read(Path::new("/no/such/folder")).unwrap_err().to_string().contains("/no/such/folder"));
}

//! The page that lists every posture rule is the catalog's, word for word.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use provost_catalog::load;
use provost_core::posture::PostureRule;

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/reference/posture-rules.md");

/// Set, it makes the test write the page.
const UPDATE: &str = "PROVOST_UPDATE_REFERENCE";

const HEAD: &str = "\
# Posture rules

Written from `catalog/posture` by the test `the_page_of_posture_rules_is_the_catalogs`; `PROVOST_UPDATE_REFERENCE=1 cargo
nextest run -p provost-catalog reference` writes it anew. What each rule looks at, and why, stands in its file.

The numbers under CIS are those of the CIS AWS Foundations Benchmark 3.0, the words are ours. Its recommendations 1.1, 1.3,
1.21, 2.1.3 and 5.5 are for people to judge, so no rule claims them. SOC 2, ISO 27001 and NIST CSF name the requirement a
rule bears on; meeting it takes more than a rule. Controls are those of production readiness for workloads on Lambda.

## What AWS made moot

Some rules ask for what AWS does by itself today. They stay, because a recording may be older, an emulator knows no better,
and an auditor asks; they say so in their description.

- **`s3-encryption`**: since January 2023 S3 encrypts every new object, whatever the bucket says, and no API answers that a
  bucket has no encryption. The rule can fail on old recordings and emulators only. The one that tells buckets apart today
  is `s3-encryption-uses-kms`.
- **`sqs-encrypted`**: queues made since October 2022 are encrypted with a key of SQS unless somebody says no.
- **`s3-acls-disabled`, `s3-blocks-public-access`**: the defaults of buckets made since April 2023. Older buckets keep what
  they had.
- **`ec2-imdsv2-required`**: most newer images ask for it by themselves; launch templates and older images may not.
";

#[test]
fn the_page_of_posture_rules_is_the_catalogs() {
    let catalog = load(&[], &[]).unwrap();
    let mut by_type: BTreeMap<&str, Vec<&PostureRule>> = BTreeMap::new();
    for rule in &catalog.posture {
        by_type.entry(&rule.resource_type).or_default().push(rule);
    }
    let mut page = HEAD.to_owned();
    write!(page, "\n{} rules speak of {} resource types.\n", catalog.posture.len(), by_type.len()).unwrap();
    for (resource_type, rules) in by_type {
        write!(page, "\n## {resource_type}\n\n| rule | severity | wanted | CIS | SOC 2 | ISO 27001 | NIST CSF | controls |\n").unwrap();
        page.push_str("| --- | --- | --- | --- | --- | --- | --- | --- |\n");
        for rule in rules {
            let ids = |framework: &str| {
                rule.frameworks.get(framework).map(|ids| ids.join(", ")).unwrap_or_default()
            };
            let frameworks = ["cis_aws_3", "soc2", "iso27001", "nist_csf", "controls"].map(ids).join(" | ");
            writeln!(page, "| `{}` | {} | {} | {frameworks} |", rule.stamp.id, rule.severity, rule.title)
                .unwrap();
        }
    }
    if std::env::var_os(UPDATE).is_some() {
        std::fs::write(PAGE, &page).unwrap();
    }
    let written = std::fs::read_to_string(PAGE).unwrap_or_default();
    assert!(
        written == page,
        "docs/reference/posture-rules.md is not what the catalog says; {UPDATE}=1 writes it anew"
    );
}

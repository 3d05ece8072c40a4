//! What findings have in common, whichever format carries them to other tools.

use std::collections::BTreeMap;
use std::io::Write;

use jiff::Timestamp;
use serde_json::Value;

use crate::model::{Arn, Evaluation, GLOBAL_REGION, Severity, Verdict, rfc3339};
use crate::posture::PostureRule;

/// How a finding stands at the moment it is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// The latest assessment says so.
    Open,
    /// It is no finding any more, since then: it was resolved, or the resource is gone.
    Closed(Timestamp),
}

/// The texts of rules, by their ids. A finding of a rule that is not here carries less, not nothing.
#[derive(Debug, Default)]
pub struct RuleTexts<'a>(BTreeMap<&'a str, &'a PostureRule>);

impl<'a> RuleTexts<'a> {
    /// Those of these rules.
    #[must_use]
    pub fn of(rules: &'a [PostureRule]) -> Self {
        Self(rules.iter().map(|rule| (rule.stamp.id.as_str(), rule)).collect())
    }

    pub(super) fn get(&self, evaluation: &Evaluation) -> Option<&'a PostureRule> {
        self.0.get(evaluation.rule.id.as_str()).copied()
    }
}

/// Writes findings as one JSON list, a finding a line, none of them kept in memory.
pub struct FindingList<W: Write> {
    output: W,
    is_first: bool,
}

impl<W: Write> FindingList<W> {
    /// Writes the beginning.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub fn new(mut output: W) -> std::io::Result<Self> {
        write!(output, "[")?;
        Ok(Self { output, is_first: true })
    }

    /// Writes one finding.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub fn finding(&mut self, finding: &Value) -> std::io::Result<()> {
        let separator = if std::mem::take(&mut self.is_first) { "" } else { "," };
        writeln!(self.output, "{separator}")?;
        Ok(serde_json::to_writer(&mut self.output, finding)?)
    }

    /// Writes the end.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub fn finish(mut self) -> std::io::Result<()> {
        let end = if self.is_first { "" } else { "\n" };
        writeln!(self.output, "{end}]")?;
        self.output.flush()
    }
}

/// The id of a finding for other tools: the same in every run, other for every account, region, rule and
/// resource.
#[must_use]
pub fn stable_id(evaluation: &Evaluation) -> String {
    let Evaluation { account, region, .. } = evaluation;
    format!("provost/{account}/{region}/{}", evaluation.finding_id().hex())
}

/// When it was judged.
pub(super) fn judged_at(evaluation: &Evaluation) -> Option<Timestamp> {
    evaluation.evaluation_timestamp.split('#').next()?.parse().ok()
}

/// The same in whole seconds, or what stands there.
pub(super) fn judged_at_text(evaluation: &Evaluation) -> String {
    let text = evaluation.evaluation_timestamp.split('#').next().unwrap_or_default();
    judged_at(evaluation).map_or_else(|| text.to_owned(), rfc3339)
}

/// The partition of a resource: that of its ARN, else that of its region.
pub(super) fn partition(evaluation: &Evaluation) -> String {
    if let Ok(arn) = Arn::parse(&evaluation.resource_id) {
        return arn.partition;
    }
    let of = |prefix: &str| evaluation.region.starts_with(prefix);
    let partition = match () {
        () if of("cn-") => "aws-cn",
        () if of("us-gov-") => "aws-us-gov",
        () if of("us-isob-") => "aws-iso-b",
        () if of("us-iso-") => "aws-iso",
        () if of("eusc-") => "aws-eusc",
        () => "aws",
    };
    partition.to_owned()
}

/// The region, `None` for what has none.
pub(super) fn region(evaluation: &Evaluation) -> Option<&str> {
    Some(evaluation.region.as_str()).filter(|region| *region != GLOBAL_REGION)
}

/// The region that findings on global resources are told in where nobody says which: the one AWS itself keeps
/// what is global of a partition in.
#[must_use]
pub fn home_region(evaluation: &Evaluation) -> &'static str {
    match partition(evaluation).as_str() {
        "aws-cn" => "cn-north-1",
        "aws-us-gov" => "us-gov-west-1",
        "aws-iso" => "us-iso-east-1",
        "aws-iso-b" => "us-isob-east-1",
        "aws-eusc" => "eusc-de-east-1",
        _ => "us-east-1",
    }
}

/// The severity to show: that of the rule where it fails or may fail, else none to speak of.
pub(super) fn severity(evaluation: &Evaluation) -> Severity {
    match evaluation.verdict() {
        Verdict::Fail | Verdict::Unknown(_) => evaluation.severity,
        Verdict::Pass | Verdict::NotApplicable => Severity::Informational,
    }
}

/// What is wanted, as a sentence.
pub(super) fn title<'a>(evaluation: &'a Evaluation, rule: Option<&'a PostureRule>) -> &'a str {
    rule.map_or(evaluation.rule.id.as_str(), |rule| rule.title.as_str())
}

/// What was found, as a sentence.
pub(super) fn found(evaluation: &Evaluation) -> String {
    let reason = evaluation.reason.as_deref().map(str::trim).filter(|reason| !reason.is_empty());
    match evaluation.verdict() {
        Verdict::Pass => "The resource is in the wanted state.".to_owned(),
        Verdict::NotApplicable => "The rule does not speak of this resource.".to_owned(),
        Verdict::Fail => reason.unwrap_or("The resource is not in the wanted state.").to_owned(),
        Verdict::Unknown(_) => match reason {
            Some(reason) => format!("It could not be told: {reason}"),
            None => "It could not be told.".to_owned(),
        },
    }
}

/// A framework of the catalog: how people write its name, and how Security Hub classifies it.
pub(super) struct Framework {
    pub(super) name: String,
    pub(super) classifier: Option<&'static str>,
}

/// The framework of a key in a rule's `frameworks`. One that is not known has its key for a name.
pub(super) fn framework(key: &str) -> Framework {
    let known = |name: &str, classifier| Framework { name: name.to_owned(), classifier: Some(classifier) };
    match key {
        "soc2" => known("SOC 2", "SOC 2"),
        "iso27001" => known("ISO/IEC 27001:2022", "ISO 27001 Controls"),
        "nist_csf" => known("NIST CSF 2.0", "NIST CSF Controls (USA)"),
        "cis_aws_3" => known("CIS AWS Foundations 3.0", "CIS AWS Foundations Benchmark"),
        // The project's own catalogue of controls.
        "controls" => Framework { name: "Production readiness".to_owned(), classifier: None },
        _ => Framework { name: key.to_owned(), classifier: None },
    }
}

/// The text, cut where a format takes no more characters; what is empty is what a format would refuse.
pub(super) fn clipped(text: &str, most: usize) -> String {
    let text = text.trim();
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let kept: String = text.chars().take(most.saturating_sub(3)).collect();
    format!("{}...", kept.trim_end())
}

#[cfg(test)]
pub(super) mod samples {
    //! Findings of every kind, for the tests of each format.

    use super::*;
    use crate::model::{AccountId, Digest, Origin, RuleStamp, WaiverNote};

    pub(in crate::render) const RULE: &str = "
id: s3-encryption
title: S3 bucket has default encryption
description: New objects are encrypted at rest.
resource_type: AWS::S3::Bucket
severity: high
expression: has(resource.ServerSideEncryptionConfiguration)
message: The bucket has no default encryption.
remediation: Set it with put-bucket-encryption.
references: [https://docs.aws.amazon.com/AmazonS3/latest/userguide/default-encryption-faq.html]
frameworks: {soc2: [CC6.1], iso27001: [A.8.24], cis_aws_3: ['2.1.1'], house: [H-1]}
";

    pub(in crate::render) fn rules() -> Vec<PostureRule> {
        vec![PostureRule::parse(RULE, &Origin::BuiltIn).unwrap()]
    }

    pub(in crate::render) fn evaluation(verdict: &str, reason: Option<&str>) -> Evaluation {
        let rule = "s3-encryption";
        let hash = Digest::of(RULE.as_bytes());
        Evaluation {
            schema: Evaluation::SCHEMA,
            resource_id: "arn:aws:s3:::alpha".to_owned(),
            evaluation_timestamp: Evaluation::timestamp_key("2026-11-22T10:00:00.25Z".parse().unwrap(), rule),
            resource_type: "AWS::S3::Bucket".to_owned(),
            account: AccountId::parse("111122223333").unwrap(),
            region: "eu-west-1".to_owned(),
            rule: RuleStamp { id: rule.to_owned(), hash, origin: Origin::BuiltIn },
            severity: Severity::High,
            verdict: verdict.to_owned(),
            reason: reason.map(str::to_owned),
            evidence: vec![Digest::of(b"page")],
            waiver: None,
            execution_id: "0190c7a0-0000-7000-8000-000000000000".to_owned(),
        }
    }

    /// A Fail, a waived one, one whose waiver has expired, what could not be told, a Pass, what the rule does not
    /// speak of; of a rule that is not known and of a list that could not be read.
    pub(in crate::render) fn all() -> Vec<Evaluation> {
        let waived = |expired: bool| Evaluation {
            waiver: Some(WaiverNote {
                id: "w1".to_owned(),
                owner: "bea".to_owned(),
                reason: "legacy".to_owned(),
                expires: "2026-12-31".to_owned(),
                expired,
            }),
            ..evaluation("fail", Some("The bucket has no default encryption."))
        };
        let denied = "s3api get-bucket-encryption: access denied (AccessDenied)";
        vec![
            evaluation("fail", Some("The bucket has no default encryption.")),
            waived(false),
            waived(true),
            evaluation("unknown", Some(denied)),
            evaluation("pass", None),
            evaluation("not_applicable", None),
            Evaluation {
                rule: RuleStamp { id: "gone".to_owned(), ..evaluation("fail", None).rule },
                region: GLOBAL_REGION.to_owned(),
                evidence: Vec::new(),
                ..evaluation("fail", None)
            },
            Evaluation {
                resource_id: "unlisted/111122223333/cn-north-1/AWS::S3::Bucket".to_owned(),
                region: "cn-north-1".to_owned(),
                ..evaluation("unknown", Some("s3api list-buckets: access denied"))
            },
            Evaluation { verdict: "a word of tomorrow".to_owned(), ..evaluation("fail", Some(" ")) },
        ]
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn ids_are_the_same_in_every_run_and_other_elsewhere() {
        let one = samples::evaluation("fail", None);
        let id = stable_id(&one);
        assert!(id.starts_with("provost/111122223333/eu-west-1/") && id.len() < 512, "{id}");
        let later = Evaluation {
            evaluation_timestamp: "2027-01-01T00:00:00Z#s3-encryption".to_owned(),
            execution_id: "another".to_owned(),
            verdict: "pass".to_owned(),
            ..one.clone()
        };
        assert_eq!(stable_id(&later), id);
        assert_ne!(stable_id(&Evaluation { region: "eu-west-2".to_owned(), ..one.clone() }), id);
        assert_ne!(stable_id(&Evaluation { resource_id: "arn:aws:s3:::beta".to_owned(), ..one }), id);
    }

    #[test]
    fn lists_are_json_however_long() {
        for count in [0, 1, 3] {
            let mut output = Vec::new();
            let mut list = FindingList::new(&mut output).unwrap();
            (0..count).for_each(|index| list.finding(&json!({"Id": index})).unwrap());
            list.finish().unwrap();
            let list: Vec<Value> = serde_json::from_slice(&output).unwrap();
            assert_eq!(list.len(), count);
        }
    }

    #[test]
    fn what_is_too_long_is_cut_at_a_character() {
        assert_eq!(clipped(" ab ", 4), "ab");
        assert_eq!(clipped("abcdef", 5), "ab...");
        assert_eq!(clipped(&"ü".repeat(600), 512).chars().count(), 512);
    }

    #[test]
    fn partitions() {
        let of = |id: &str, region: &str| {
            let evaluation = samples::evaluation("fail", None);
            partition(&Evaluation { resource_id: id.to_owned(), region: region.to_owned(), ..evaluation })
        };
        assert_eq!(of("arn:aws-us-gov:s3:::a", "global"), "aws-us-gov");
        assert_eq!(of("unlisted/111122223333/cn-north-1/x", "cn-north-1"), "aws-cn");
        assert_eq!(of("unlisted/111122223333/global/x", "global"), "aws");
    }
}

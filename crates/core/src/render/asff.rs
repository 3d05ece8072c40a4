//! Findings in the AWS Security Finding Format, which Security Hub takes.
//!
//! <https://docs.aws.amazon.com/securityhub/latest/userguide/securityhub-findings-format.html> and the lengths in
//! <https://docs.aws.amazon.com/securityhub/1.0/APIReference/API_AwsSecurityFinding.html> (2026-11-22).

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::finding::{
    RuleTexts, Standing, clipped, found, framework, judged_at_text, partition, region, severity, stable_id,
    title,
};
use crate::model::{Evaluation, Verdict, rfc3339};
use crate::posture::PostureRule;

/// What Security Hub takes: most characters, or most items.
const MOST_TITLE: usize = 256;
const MOST_DESCRIPTION: usize = 1024;
const MOST_RECOMMENDATION: usize = 512;
const MOST_GENERATOR: usize = 512;
const MOST_FIELD: usize = 2048;
const MOST_REQUIREMENTS: usize = 32;
const MOST_REGION: usize = 16;

/// The kind of findings that are not of a named framework.
const BEST_PRACTICES: &str = "Software and Configuration Checks/AWS Security Best Practices";
const STANDARDS: &str = "Software and Configuration Checks/Industry and Regulatory Standards";

/// Partitions that a resource may be said to be of.
const PARTITIONS: [&str; 5] = ["aws", "aws-cn", "aws-us-gov", "aws-us-iso", "aws-us-iso-b"];

/// One finding. `home` is the region that findings of global resources are sent to.
///
/// What could not be told is `NOT_AVAILABLE` with the reason, and so is what the rule does not speak of, which is
/// archived as well, as Security Hub does with its own. A waived Fail stays `FAILED`; its workflow is `SUPPRESSED`.
#[must_use]
pub fn asff(evaluation: &Evaluation, rules: &RuleTexts<'_>, home: &str, standing: Standing) -> Value {
    let rule = rules.get(evaluation);
    let verdict = evaluation.verdict();
    let judged = judged_at_text(evaluation);
    let updated = match standing {
        Standing::Open => judged.clone(),
        Standing::Closed(at) => rfc3339(at),
    };
    let is_archived = standing != Standing::Open || verdict == Verdict::NotApplicable;
    let label = severity(evaluation).as_str().to_ascii_uppercase();
    let severity = json!({"Label": label, "Original": evaluation.severity.as_str()});
    let types = types(rule);
    let account = &evaluation.account;
    let where_sent = region(evaluation).unwrap_or(home);
    let partition = partition(evaluation);
    let mut finding = json!({
        "SchemaVersion": "2018-10-08",
        "Id": stable_id(evaluation),
        "ProductArn": format!("arn:{partition}:securityhub:{where_sent}:{account}:product/{account}/default"),
        "GeneratorId": clipped(&format!("provost/{}", evaluation.rule.id), MOST_GENERATOR),
        "AwsAccountId": account,
        "Types": types,
        "CreatedAt": judged,
        "UpdatedAt": updated,
        "LastObservedAt": judged,
        "Severity": severity,
        "FindingProviderFields": {"Severity": severity, "Types": types},
        "Title": clipped(title(evaluation, rule), MOST_TITLE),
        "Description": description(evaluation, rule),
        "ProductFields": product_fields(evaluation, rule),
        "Resources": [resource(evaluation, &partition)],
        "Compliance": compliance(evaluation, rule, &verdict),
        "Workflow": {"Status": workflow(evaluation, &verdict)},
        "RecordState": if is_archived { "ARCHIVED" } else { "ACTIVE" },
    });
    if let (Some(rule), Some(members)) = (rule, finding.as_object_mut()) {
        let mut recommendation = Map::new();
        put(&mut recommendation, "Text", clipped(&rule.remediation, MOST_RECOMMENDATION));
        if let Some(page) = rule.references.first().filter(|page| page.len() <= MOST_FIELD) {
            put(&mut recommendation, "Url", page.clone());
        }
        if !recommendation.is_empty() {
            members.insert("Remediation".to_owned(), json!({"Recommendation": recommendation}));
        }
    }
    finding
}

/// Puts what is not empty; Security Hub refuses what is.
fn put(members: &mut Map<String, Value>, name: &str, text: String) {
    if !text.trim().is_empty() {
        members.insert(name.to_owned(), Value::String(text));
    }
}

fn description(evaluation: &Evaluation, rule: Option<&PostureRule>) -> String {
    let found = found(evaluation);
    let why = rule.map(|rule| rule.description.trim()).filter(|why| !why.is_empty());
    clipped(&why.map_or_else(|| found.clone(), |why| format!("{found} {why}")), MOST_DESCRIPTION)
}

/// `namespace/category/classifier`, one for each framework Security Hub has a classifier for.
fn types(rule: Option<&PostureRule>) -> Vec<String> {
    let keys = rule.map(|rule| rule.frameworks.keys()).into_iter().flatten();
    let classifiers: BTreeSet<&str> = keys.filter_map(|key| framework(key).classifier).collect();
    let standards = classifiers.into_iter().map(|classifier| format!("{STANDARDS}/{classifier}"));
    std::iter::once(BEST_PRACTICES.to_owned()).chain(standards).collect()
}

fn compliance(evaluation: &Evaluation, rule: Option<&PostureRule>, verdict: &Verdict) -> Value {
    let (status, reason) = match verdict {
        Verdict::Pass => ("PASSED", None),
        Verdict::Fail => ("FAILED", None),
        Verdict::NotApplicable => ("NOT_AVAILABLE", Some("PROVOST_NOT_APPLICABLE")),
        Verdict::Unknown(_) => ("NOT_AVAILABLE", Some("PROVOST_UNKNOWN")),
    };
    let mut compliance = json!({"Status": status});
    if let Some(members) = compliance.as_object_mut() {
        if let Some(code) = reason {
            let description = clipped(&found(evaluation), MOST_FIELD);
            members.insert(
                "StatusReasons".to_owned(),
                json!([{"ReasonCode": code, "Description": description}]),
            );
        }
        let mut requirements = requirements(rule);
        requirements.truncate(MOST_REQUIREMENTS);
        if !requirements.is_empty() {
            members.insert("RelatedRequirements".to_owned(), json!(requirements));
        }
    }
    compliance
}

/// `SOC 2 CC6.1`, in the order of frameworks.
fn requirements(rule: Option<&PostureRule>) -> Vec<String> {
    let frameworks = rule.map(|rule| rule.frameworks.iter()).into_iter().flatten();
    let of = |(key, ids): (&String, &Vec<String>)| {
        let name = framework(key).name;
        ids.iter().map(|id| format!("{name} {id}")).collect::<Vec<_>>()
    };
    frameworks.flat_map(of).collect()
}

/// Security Hub takes it when the finding is new, and leaves it to its users from then on.
fn workflow(evaluation: &Evaluation, verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Fail if evaluation.is_waived() => "SUPPRESSED",
        Verdict::Fail | Verdict::Unknown(_) => "NEW",
        Verdict::Pass | Verdict::NotApplicable => "RESOLVED",
    }
}

/// Everything the format has no member for.
fn product_fields(evaluation: &Evaluation, rule: Option<&PostureRule>) -> BTreeMap<String, String> {
    let waiver = evaluation.waiver.as_ref();
    let digests: Vec<String> = evaluation.evidence.iter().map(ToString::to_string).collect();
    let requirements = requirements(rule);
    let state = |expired: bool| if expired { "expired" } else { "in force" };
    let fields = [
        ("ProviderName", "Provost".to_owned()),
        ("ProviderVersion", env!("CARGO_PKG_VERSION").to_owned()),
        ("provost/rule", evaluation.rule.id.clone()),
        ("provost/rule_hash", evaluation.rule.hash.to_string()),
        ("provost/rule_origin", evaluation.rule.origin.to_string()),
        ("provost/verdict", evaluation.verdict().as_str().to_owned()),
        ("provost/resource_type", evaluation.resource_type.clone()),
        ("provost/execution_id", evaluation.execution_id.clone()),
        ("provost/evidence", digests.join(" ")),
        ("provost/references", rule.map(|rule| rule.references.join(" ")).unwrap_or_default()),
        // Those that RelatedRequirements has no place for.
        ("provost/more_requirements", requirements.get(MOST_REQUIREMENTS..).unwrap_or_default().join(", ")),
        ("provost/waiver", waiver.map(|waiver| waiver.id.clone()).unwrap_or_default()),
        ("provost/waiver_owner", waiver.map(|waiver| waiver.owner.clone()).unwrap_or_default()),
        ("provost/waiver_reason", waiver.map(|waiver| waiver.reason.clone()).unwrap_or_default()),
        ("provost/waiver_expires", waiver.map(|waiver| waiver.expires.clone()).unwrap_or_default()),
        ("provost/waiver_state", waiver.map(|waiver| state(waiver.expired).to_owned()).unwrap_or_default()),
    ];
    let fields = fields.into_iter().map(|(name, text)| (name.to_owned(), clipped(&text, MOST_FIELD)));
    fields.filter(|(_, text)| !text.is_empty()).collect()
}

fn resource(evaluation: &Evaluation, partition: &str) -> Value {
    let mut resource = Map::new();
    put(&mut resource, "Type", resource_type(evaluation).to_owned());
    put(&mut resource, "Id", evaluation.resource_id.clone());
    if PARTITIONS.contains(&partition) {
        put(&mut resource, "Partition", partition.to_owned());
    }
    if let Some(region) = region(evaluation).filter(|region| region.len() <= MOST_REGION) {
        put(&mut resource, "Region", region.to_owned());
    }
    Value::Object(resource)
}

/// The types the format has details for, which are its names for types.
/// <https://docs.aws.amazon.com/securityhub/1.0/APIReference/API_ResourceDetails.html>
const TYPES: [&str; 82] = [
    "AwsAmazonMqBroker",
    "AwsApiGatewayRestApi",
    "AwsApiGatewayStage",
    "AwsApiGatewayV2Api",
    "AwsApiGatewayV2Stage",
    "AwsAppSyncGraphQlApi",
    "AwsAthenaWorkGroup",
    "AwsAutoScalingAutoScalingGroup",
    "AwsAutoScalingLaunchConfiguration",
    "AwsBackupBackupPlan",
    "AwsBackupBackupVault",
    "AwsBackupRecoveryPoint",
    "AwsCertificateManagerCertificate",
    "AwsCloudFormationStack",
    "AwsCloudFrontDistribution",
    "AwsCloudTrailTrail",
    "AwsCloudWatchAlarm",
    "AwsCodeBuildProject",
    "AwsDmsEndpoint",
    "AwsDmsReplicationInstance",
    "AwsDmsReplicationTask",
    "AwsDynamoDbTable",
    "AwsEc2ClientVpnEndpoint",
    "AwsEc2Eip",
    "AwsEc2Instance",
    "AwsEc2LaunchTemplate",
    "AwsEc2NetworkAcl",
    "AwsEc2NetworkInterface",
    "AwsEc2RouteTable",
    "AwsEc2SecurityGroup",
    "AwsEc2Subnet",
    "AwsEc2TransitGateway",
    "AwsEc2Volume",
    "AwsEc2Vpc",
    "AwsEc2VpcEndpointService",
    "AwsEc2VpcPeeringConnection",
    "AwsEc2VpnConnection",
    "AwsEcrRepository",
    "AwsEcsCluster",
    "AwsEcsService",
    "AwsEcsTask",
    "AwsEcsTaskDefinition",
    "AwsEfsAccessPoint",
    "AwsEksCluster",
    "AwsElasticBeanstalkEnvironment",
    "AwsElasticsearchDomain",
    "AwsElbLoadBalancer",
    "AwsElbv2LoadBalancer",
    "AwsEventsEndpoint",
    "AwsEventsEventbus",
    "AwsGuardDutyDetector",
    "AwsIamAccessKey",
    "AwsIamGroup",
    "AwsIamPolicy",
    "AwsIamRole",
    "AwsIamUser",
    "AwsKinesisStream",
    "AwsKmsKey",
    "AwsLambdaFunction",
    "AwsLambdaLayerVersion",
    "AwsMskCluster",
    "AwsNetworkFirewallFirewall",
    "AwsNetworkFirewallFirewallPolicy",
    "AwsNetworkFirewallRuleGroup",
    "AwsOpenSearchServiceDomain",
    "AwsRdsDbCluster",
    "AwsRdsDbClusterSnapshot",
    "AwsRdsDbInstance",
    "AwsRdsDbSnapshot",
    "AwsRdsEventSubscription",
    "AwsRedshiftCluster",
    "AwsRoute53HostedZone",
    "AwsS3AccessPoint",
    "AwsS3AccountPublicAccessBlock",
    "AwsS3Bucket",
    "AwsSageMakerNotebookInstance",
    "AwsSecretsManagerSecret",
    "AwsSnsTopic",
    "AwsSqsQueue",
    "AwsStepFunctionStateMachine",
    "AwsWafv2RuleGroup",
    "AwsWafv2WebAcl",
];

/// What the format calls a type, `Other` where it has no name: `AWS::EC2::VPC` is `AwsEc2Vpc`.
fn resource_type(evaluation: &Evaluation) -> &'static str {
    if evaluation.resource_id.starts_with(crate::model::PLACEHOLDER) {
        return "Other";
    }
    let ours = match evaluation.resource_type.as_str() {
        "AWS::ElasticLoadBalancing::LoadBalancer" => "AwsElbLoadBalancer".to_owned(),
        "AWS::ElasticLoadBalancingV2::LoadBalancer" => "AwsElbv2LoadBalancer".to_owned(),
        "AWS::IAM::ManagedPolicy" => "AwsIamPolicy".to_owned(),
        "AWS::StepFunctions::StateMachine" => "AwsStepFunctionStateMachine".to_owned(),
        name => name.replace("::", ""),
    };
    TYPES.into_iter().find(|name| name.eq_ignore_ascii_case(&ours)).unwrap_or("Other")
}

#[cfg(test)]
mod tests;

use super::super::finding::samples;
use super::*;
use crate::model::Origin;

fn findings() -> Vec<Value> {
    let rules = samples::rules();
    let texts = RuleTexts::of(&rules);
    samples::all().iter().map(|it| asff(it, &texts, "us-east-1", Standing::Open)).collect()
}

#[test]
fn one_of_each_kind() {
    let all = findings();
    let state = |finding: &Value| {
        ["/Compliance/Status", "/Workflow/Status", "/RecordState", "/Severity/Label"]
            .map(|path| finding.pointer(path).and_then(Value::as_str).unwrap().to_owned())
            .join(" ")
    };
    let states: Vec<String> = all.iter().map(state).collect();
    let expect = [
        "FAILED NEW ACTIVE HIGH",
        "FAILED SUPPRESSED ACTIVE HIGH",
        "FAILED NEW ACTIVE HIGH",
        "NOT_AVAILABLE NEW ACTIVE HIGH",
        "PASSED RESOLVED ACTIVE INFORMATIONAL",
        "NOT_AVAILABLE RESOLVED ARCHIVED INFORMATIONAL",
        "FAILED NEW ACTIVE HIGH",
        "NOT_AVAILABLE NEW ACTIVE HIGH",
        "NOT_AVAILABLE NEW ACTIVE HIGH",
    ];
    assert_eq!(states, expect);
    let reason = all[3].pointer("/Compliance/StatusReasons/0").unwrap();
    assert_eq!(
        reason,
        &json!({
            "ReasonCode": "PROVOST_UNKNOWN",
            "Description": "It could not be told: s3api get-bucket-encryption: access denied (AccessDenied)",
        })
    );
    // What is global goes to the region at home, and says of itself no region.
    assert_eq!(
        all[6]["ProductArn"],
        "arn:aws:securityhub:us-east-1:111122223333:product/111122223333/default"
    );
    assert_eq!(all[6].pointer("/Resources/0/Region"), None);
    assert_eq!(
        all[7]["ProductArn"],
        "arn:aws-cn:securityhub:cn-north-1:111122223333:product/111122223333/default"
    );
    let text = serde_json::to_string_pretty(&all[1]).unwrap();
    insta::assert_snapshot!("asff", text.replace(env!("CARGO_PKG_VERSION"), "[version]"));
}

#[test]
fn what_is_closed_is_archived_and_keeps_its_id() {
    let rules = samples::rules();
    let texts = RuleTexts::of(&rules);
    let evaluation = samples::evaluation("fail", None);
    let closed = Standing::Closed("2026-11-23T00:00:00Z".parse().unwrap());
    let open = asff(&evaluation, &texts, "us-east-1", Standing::Open);
    let closed = asff(&evaluation, &texts, "us-east-1", closed);
    assert_eq!((&closed["RecordState"], &open["Id"]), (&json!("ARCHIVED"), &closed["Id"]));
    assert_eq!(
        (&closed["CreatedAt"], &closed["UpdatedAt"]),
        (&open["CreatedAt"], &json!("2026-11-23T00:00:00Z"))
    );
}

#[test]
fn nothing_is_longer_than_security_hub_takes() {
    let long = "ü".repeat(5000);
    let ids: Vec<String> = (0..100).map(|number| format!("X{number}")).collect();
    let text = format!(
        "id: {}\ntitle: {long}\ndescription: {long}\nresource_type: AWS::S3::Bucket\nseverity: low\n\
         expression: has(resource.A)\nmessage: {long}\nremediation: {long}\nreferences: [{long}]\n\
         frameworks: {{soc2: {ids:?}}}\n",
        "a".repeat(600)
    );
    let rules = vec![PostureRule::parse(&text, &Origin::BuiltIn).unwrap()];
    let evaluation = Evaluation {
        rule: rules[0].stamp.clone(),
        region: "a-region-with-a-name-that-is-too-long".to_owned(),
        evidence: vec![rules[0].stamp.hash; 100],
        ..samples::evaluation("unknown", Some(&long))
    };
    let finding = asff(&evaluation, &RuleTexts::of(&rules), "us-east-1", Standing::Open);
    let length = |path: &str| finding.pointer(path).and_then(Value::as_str).unwrap().chars().count();
    assert_eq!(length("/Title"), 256);
    assert_eq!(length("/Description"), 1024);
    assert_eq!(length("/GeneratorId"), 512);
    assert_eq!(length("/Remediation/Recommendation/Text"), 512);
    assert_eq!(finding.pointer("/Remediation/Recommendation/Url"), None);
    assert_eq!(finding.pointer("/Resources/0/Region"), None);
    assert_eq!(finding["Compliance"]["RelatedRequirements"].as_array().unwrap().len(), 32);
    let more = finding["ProductFields"]["provost/more_requirements"].as_str().unwrap();
    assert!(more.starts_with("SOC 2 X32, ") && more.ends_with("SOC 2 X99"), "{more}");
    let fields = finding["ProductFields"].as_object().unwrap();
    assert!(fields.len() <= 50);
    assert!(
        fields.iter().all(|(name, text)| name.len() <= 128 && text.as_str().unwrap().chars().count() <= 2048)
    );
    assert!(finding.to_string().len() < 240 * 1024);
}

#[test]
fn types_have_the_names_of_the_format() {
    let name = |ours: &str| {
        resource_type(&Evaluation { resource_type: ours.to_owned(), ..samples::evaluation("fail", None) })
    };
    assert_eq!(name("AWS::EC2::VPC"), "AwsEc2Vpc");
    assert_eq!(name("AWS::RDS::DBInstance"), "AwsRdsDbInstance");
    assert_eq!(name("AWS::IAM::ManagedPolicy"), "AwsIamPolicy");
    assert_eq!(name("AWS::ElasticLoadBalancingV2::LoadBalancer"), "AwsElbv2LoadBalancer");
    assert_eq!(name("AWS::IAM::PasswordPolicy"), "Other");
    // A list that could not be read is no bucket.
    assert_eq!(resource_type(&samples::all()[7]), "Other");
}

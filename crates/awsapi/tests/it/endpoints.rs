//! Where services are. All 439 services, in 55 regions known and 13 invented, in four variants were held against
//! botocore's evaluation of the rule sets once; here is a sample for good, and what the rule sets do not say.

use std::sync::LazyLock;

use provost_awsapi::Models;
use provost_awsapi::endpoint::s3::{address, is_virtual_hostable};
use provost_awsapi::endpoint::{Endpoint, EndpointError, Wanted, partition, partitions, resolve};

/// Read once for all of a test.
static MODELS: LazyLock<Models> = LazyLock::new(Models::embedded);

/// What is asked for: `fips`, `dual`, both or neither, in words.
fn endpoint(service: &str, operation: &str, region: &str, kind: &str) -> Result<Endpoint, EndpointError> {
    asked(service, operation, region, kind, None)
}

fn asked(
    service: &str,
    operation: &str,
    region: &str,
    kind: &str,
    url: Option<&str>,
) -> Result<Endpoint, EndpointError> {
    let model = MODELS.service(service).ok();
    let metadata = model.as_ref().map(|model| model.metadata());
    resolve(&Wanted {
        service,
        operation,
        endpoint_prefix: metadata.map_or(service, |metadata| &metadata.endpoint_prefix),
        signing_name: metadata.and_then(|metadata| metadata.signing_name.as_deref()),
        region,
        fips: kind.contains("fips"),
        dual_stack: kind.contains("dual"),
        url,
    })
}

/// One line a case: service, region, kind, then host, signing region and signing name, or `refused`. A signing
/// region of `.` is the region asked for.
const CASES: &str = "
iam                 eu-central-1   plain     iam.amazonaws.com us-east-1 iam
iam                 us-new-7       plain     iam.amazonaws.com us-east-1 iam
iam                 aws-global     plain     iam.amazonaws.com us-east-1 iam
iam                 eu-west-1      fips      iam-fips.amazonaws.com us-east-1 iam
iam                 eu-west-1      dual      iam.global.api.aws us-east-1 iam
iam                 cn-north-1     plain     iam.cn-north-1.amazonaws.com.cn . iam
iam                 us-gov-east-1  plain     iam.us-gov.amazonaws.com us-gov-west-1 iam
iam                 us-gov-east-1  fips      iam.us-gov.amazonaws.com us-gov-west-1 iam
iam                 us-iso-east-1  plain     iam.us-iso-east-1.c2s.ic.gov . iam
iam                 eusc-de-east-1 plain     iam.eusc-de-east-1.amazonaws.eu . iam
organizations       eu-west-1      plain     organizations.us-east-1.amazonaws.com us-east-1 organizations
organizations       us-gov-east-1  plain     organizations.us-gov-west-1.amazonaws.com us-gov-west-1 organizations
route53             eu-west-1      plain     route53.amazonaws.com us-east-1 route53
route53             cn-north-1     plain     route53.amazonaws.com.cn cn-northwest-1 route53
cloudfront          ap-south-1     plain     cloudfront.amazonaws.com us-east-1 cloudfront
cloudfront          us-east-1      fips      cloudfront-fips.amazonaws.com us-east-1 cloudfront
shield              eu-west-1      plain     shield.us-east-1.amazonaws.com us-east-1 shield
account             eu-west-1      plain     account.us-east-1.amazonaws.com us-east-1 account
account             cn-north-1     plain     account.cn-northwest-1.amazonaws.com.cn cn-northwest-1 account
support             eu-west-1      plain     support.us-east-1.amazonaws.com us-east-1 support
budgets             eu-west-1      plain     budgets.amazonaws.com us-east-1 budgets
ce                  eu-west-1      plain     ce.us-east-1.amazonaws.com us-east-1 ce
waf                 eu-west-1      plain     waf.amazonaws.com us-east-1 waf
networkmanager      eu-west-1      plain     networkmanager.us-west-2.amazonaws.com us-west-2 networkmanager
artifact            eu-west-1      plain     artifact.us-east-1.amazonaws.com us-east-1 artifact
sts                 eu-west-1      plain     sts.eu-west-1.amazonaws.com . sts
sts                 us-east-1      plain     sts.us-east-1.amazonaws.com . sts
sts                 aws-global     plain     sts.amazonaws.com us-east-1 sts
sts                 us-east-2      fips      sts-fips.us-east-2.amazonaws.com . sts
sts                 us-gov-west-1  fips      sts.us-gov-west-1.amazonaws.com . sts
s3                  us-east-1      plain     s3.us-east-1.amazonaws.com . s3
s3                  aws-global     plain     s3.amazonaws.com us-east-1 s3
s3                  eu-west-1      dual      s3.dualstack.eu-west-1.amazonaws.com . s3
s3                  us-west-2      fips      s3-fips.us-west-2.amazonaws.com . s3
s3                  us-west-2      fips+dual s3-fips.dualstack.us-west-2.amazonaws.com . s3
s3                  cn-north-1     fips      refused
s3control           eu-west-1      plain     s3-control.eu-west-1.amazonaws.com . s3
s3control           us-east-1      fips      s3-control-fips.us-east-1.amazonaws.com . s3
ec2                 eu-west-1      plain     ec2.eu-west-1.amazonaws.com . ec2
ec2                 us-east-1      dual      ec2.us-east-1.api.aws . ec2
ec2                 us-gov-west-1  fips      ec2.us-gov-west-1.amazonaws.com . ec2
ec2                 cn-east-4      plain     ec2.cn-east-4.amazonaws.com.cn . ec2
ec2                 mx-south-3     plain     ec2.mx-south-3.amazonaws.com . ec2
ec2                 mars-1         plain     ec2.mars-1.amazonaws.com . ec2
dynamodb            us-gov-west-1  fips      dynamodb.us-gov-west-1.amazonaws.com . dynamodb
dynamodb            us-east-1      fips      dynamodb-fips.us-east-1.amazonaws.com . dynamodb
lambda              us-east-1      dual      lambda.us-east-1.api.aws . lambda
cloudwatch          us-east-1      plain     monitoring.us-east-1.amazonaws.com . monitoring
cloudwatch          us-gov-west-1  fips      monitoring.us-gov-west-1.amazonaws.com . monitoring
elbv2               eu-west-1      plain     elasticloadbalancing.eu-west-1.amazonaws.com . elasticloadbalancing
ses                 eu-west-1      plain     email.eu-west-1.amazonaws.com . ses
sso-admin           eu-west-1      plain     sso.eu-west-1.amazonaws.com . sso
stepfunctions       us-gov-west-1  fips      states.us-gov-west-1.amazonaws.com . states
timestream-query    us-east-1      plain     query.timestream.us-east-1.amazonaws.com . timestream
logs                us-gov-east-1  fips      logs.us-gov-east-1.amazonaws.com . logs
kms                 us-east-1      fips      kms-fips.us-east-1.amazonaws.com . kms
ecr                 us-east-1      plain     api.ecr.us-east-1.amazonaws.com . ecr
ecr                 us-east-1      dual      ecr.us-east-1.api.aws . ecr
ecr-public          us-east-1      plain     api.ecr-public.us-east-1.amazonaws.com . ecr-public
accessanalyzer      us-east-1      fips      access-analyzer-fips.us-east-1.amazonaws.com . access-analyzer
glue                us-gov-west-1  fips      glue-fips.us-gov-west-1.amazonaws.com . glue
trustedadvisor      eu-west-1      plain     trustedadvisor.eu-west-1.amazonaws.com . trustedadvisor
";

#[test]
fn services_are_where_the_rule_sets_say() {
    let mut count = 0;
    for line in CASES.lines().filter(|line| !line.is_empty()) {
        let words: Vec<&str> = line.split_whitespace().collect();
        let found = endpoint(words[0], "", words[1], words[2]);
        match words[3..] {
            ["refused"] => assert!(matches!(found, Err(EndpointError::Absent { .. })), "{line}: {found:?}"),
            [host, signing_region, signing_name] => {
                let region = if signing_region == "." { words[1] } else { signing_region };
                let expected = Endpoint {
                    url: format!("https://{host}"),
                    signing_region: region.to_owned(),
                    signing_name: signing_name.to_owned(),
                    configured: false,
                };
                assert_eq!(found, Ok(expected), "{line}");
            }
            _ => panic!("{line}"),
        }
        count += 1;
    }
    assert_eq!(count, 62);
}

#[test]
fn every_embedded_service_has_an_endpoint_where_most_things_are() {
    for name in MODELS.names() {
        let found = endpoint(name, "", "us-east-1", "plain");
        let found = found.unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(found.url.starts_with("https://") && !found.signing_name.is_empty(), "{name}: {found:?}");
        assert!(!found.url.contains(['{', '}']), "{name}: {found:?}");
    }
}

#[test]
fn an_operation_may_have_a_host_of_its_own() {
    let host = |operation| endpoint("neptune-graph", operation, "eu-west-1", "plain").unwrap().url;
    assert_eq!(host("GetGraph"), "https://neptune-graph.eu-west-1.amazonaws.com");
    assert_eq!(host("GetQuery"), "https://eu-west-1.neptune-graph.amazonaws.com");
}

#[test]
fn of_a_service_nobody_knows_the_host_is_guessed_and_its_promises_are_not() {
    let host = |region, kind| endpoint("tomorrow", "", region, kind).map(|found| found.url);
    assert_eq!(host("eu-west-1", "plain").unwrap(), "https://tomorrow.eu-west-1.amazonaws.com");
    assert_eq!(host("cn-north-1", "plain").unwrap(), "https://tomorrow.cn-north-1.amazonaws.com.cn");
    assert_eq!(host("eu-west-1", "dual").unwrap(), "https://tomorrow.eu-west-1.api.aws");
    let refused = host("eu-west-1", "fips").unwrap_err();
    assert_eq!(refused.to_string(), "tomorrow has no FIPS endpoint in the region `eu-west-1`");
}

#[test]
fn what_is_no_region_chooses_no_host() {
    for region in ["", "evil.example/", "us-east-1.evil.example", "a b", "-a", "a@b", "ü", "us-east-1#"] {
        let found = endpoint("ec2", "", region, "plain");
        assert!(matches!(found, Err(EndpointError::Region { .. })), "{region}: {found:?}");
    }
}

#[test]
fn a_configured_address_is_taken_as_it_is_and_signed_as_requests_to_aws_are() {
    let url = |url| asked("iam", "", "eu-west-1", "plain", Some(url));
    let found = url("http://127.0.0.1:5000/").unwrap();
    let expected = Endpoint {
        url: "http://127.0.0.1:5000".to_owned(),
        signing_region: "us-east-1".to_owned(),
        signing_name: "iam".to_owned(),
        configured: true,
    };
    assert_eq!(found, expected);
    assert_eq!(found.prefixed("123456789012.").unwrap(), "http://127.0.0.1:5000");
    for good in
        ["https://proxy.example:8443/aws", "http://[::1]:4566", "http://aws_server:5000", "http://localhost"]
    {
        assert_eq!(url(good).unwrap().url, good);
    }
    for bad in [
        "127.0.0.1:5000",
        "ftp://host",
        "http://",
        "http://:80",
        "http://host:port",
        "http://host:70000",
        "http://user:secret@host",
        "http://host/?a=b",
        "http://host#x",
        "http://ho st",
        "http://host\\x",
        "http://[::1",
        "http://[nothing]:80",
    ] {
        let error = url(bad).unwrap_err();
        assert!(matches!(error, EndpointError::Url { .. }), "{bad}: {error:?}");
        assert!(!error.to_string().contains("secret"), "{error}");
    }
}

#[test]
fn fips_and_an_address_of_ones_own_do_not_go_together() {
    let found = asked("iam", "", "eu-west-1", "fips", Some("http://127.0.0.1:5000"));
    assert!(matches!(found, Err(EndpointError::Unpromised { .. })), "{found:?}");
    assert!(asked("iam", "", "eu-west-1", "dual", Some("http://127.0.0.1:5000")).is_ok());
}

#[test]
fn what_goes_before_a_host_is_part_of_a_host_name() {
    let found = endpoint("s3control", "GetPublicAccessBlock", "eu-west-1", "plain").unwrap();
    let url = found.prefixed("123456789012.").unwrap();
    assert_eq!(url, "https://123456789012.s3-control.eu-west-1.amazonaws.com");
    assert_eq!(found.prefixed("data-").unwrap(), "https://data-s3-control.eu-west-1.amazonaws.com");
    for bad in ["", ".", "evil.example/", "a b.", "@.", "a..", "-a."] {
        assert!(matches!(found.prefixed(bad), Err(EndpointError::Prefix { .. })), "{bad}");
    }
}

#[test]
fn regions_belong_to_partitions_those_of_tomorrow_too() {
    for (region, id) in [
        ("us-east-1", "aws"),
        ("ap-nowhere-12", "aws"),
        ("aws-global", "aws"),
        ("mars-1", "aws"),
        ("cn-north-1", "aws-cn"),
        ("aws-cn-global", "aws-cn"),
        ("us-gov-east-1", "aws-us-gov"),
        ("us-gov-south-5", "aws-us-gov"),
        ("us-iso-north-1", "aws-iso"),
        ("us-isob-east-1", "aws-iso-b"),
        ("eu-isoe-west-1", "aws-iso-e"),
        ("us-isof-south-1", "aws-iso-f"),
        ("eusc-de-east-1", "aws-eusc"),
    ] {
        assert_eq!(partition(region).unwrap().id, id, "{region}");
    }
    let partitions = partitions().unwrap();
    assert_eq!(partitions.len(), 8);
    assert!(partitions[0].regions.iter().any(|region| region == "eu-central-1"));
    assert_eq!(partitions[0].dns_suffix, "amazonaws.com");
}

#[test]
fn a_bucket_goes_into_the_host_where_it_can() {
    let aws = endpoint("s3", "GetObject", "eu-west-1", "plain").unwrap();
    let at = |bucket: &str, path: &str, force| {
        let found = address(&aws, bucket, path, force).unwrap();
        format!("{} {}", found.url, found.path)
    };
    let host = "s3.eu-west-1.amazonaws.com";
    assert_eq!(at("logs-1", "/logs-1/a/b", false), format!("https://logs-1.{host} /a/b"));
    assert_eq!(at("logs-1", "/logs-1", false), format!("https://logs-1.{host} /"));
    assert_eq!(at("logs-1", "/logs-1?acl", false), format!("https://logs-1.{host} /?acl"));
    // A key that begins like the bucket stays whole.
    assert_eq!(at("logs-1", "/logs-1/logs-1/x", false), format!("https://logs-1.{host} /logs-1/x"));
    assert_eq!(at("logs-1", "/logs-1/a", true), format!("https://{host} /logs-1/a"));
    assert_eq!(at("my.logs", "/my.logs/a", false), format!("https://{host} /my.logs/a"));
    assert_eq!(at("My_Logs", "/My_Logs/a", false), format!("https://{host} /My_Logs/a"));
    assert_eq!(at("192.168.5.4", "/192.168.5.4/a", false), format!("https://{host} /192.168.5.4/a"));
    // The path does not name the bucket: nothing to move.
    assert_eq!(at("logs", "/logs-1/a", false), format!("https://{host} /logs-1/a"));
}

#[test]
fn an_address_of_ones_own_has_no_name_per_bucket() {
    for url in ["http://127.0.0.1:9000", "http://localhost:9000/s3", "https://minio.example"] {
        let found = asked("s3", "GetObject", "eu-west-1", "plain", Some(url)).unwrap();
        let found = address(&found, "logs", "/logs/a", false).unwrap();
        assert_eq!((found.url.as_str(), found.path.as_str(), found.is_path_style), (url, "/logs/a", true));
    }
}

#[test]
fn buckets_that_cannot_be_addressed_are_refused() {
    let aws = endpoint("s3", "GetObject", "eu-west-1", "plain").unwrap();
    for bucket in [
        "",
        "arn:aws:s3:eu-west-1:123456789012:accesspoint/mine",
        "fast--euw1-az1--x-s3",
        "mine--op-s3",
        "a/b",
        "..",
    ] {
        let found = address(&aws, bucket, &format!("/{bucket}/key"), false);
        assert!(matches!(found, Err(EndpointError::Bucket { .. })), "{bucket}: {found:?}");
    }
    assert!(is_virtual_hostable("abc") && is_virtual_hostable("mine-1234-s3alias"));
    for bucket in ["ab", "Abc", "a.bc", "-abc", "abc-", "a_bc", &"a".repeat(64)] {
        assert!(!is_virtual_hostable(bucket), "{bucket}");
    }
}

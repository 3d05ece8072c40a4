//! The AWS CLI's words: checked against botocore for all its operations once, and the odd ones here for good.

use std::collections::BTreeSet;

use provost_awsapi::Models;
use provost_awsapi::names::{cli_name_of_operation, operation_of_cli, service_of_cli};

#[test]
fn operations_are_written_as_the_cli_writes_them() {
    let known = [
        ("ListUsers", "list-users"),
        ("GetBucketEncryption", "get-bucket-encryption"),
        // Acronyms.
        ("DescribeDBInstances", "describe-db-instances"),
        ("DescribeVpcEndpoints", "describe-vpc-endpoints"),
        ("ListMFADevices", "list-mfa-devices"),
        ("GetSAMLProvider", "get-saml-provider"),
        ("ListOpenIDConnectProviders", "list-open-id-connect-providers"),
        ("GetWebACLForResource", "get-web-acl-for-resource"),
        ("ListTapePools", "list-tape-pools"),
        ("DescribeSSLPolicies", "describe-ssl-policies"),
        ("GetDNSSEC", "get-dnssec"),
        // Several of an acronym, at the end.
        ("ListWebACLs", "list-web-acls"),
        ("DescribeFHIRDatastores", "describe-fhir-datastores"),
        ("DescribeNetworkAcls", "describe-network-acls"),
        ("DescribeVTLDevices", "describe-vtl-devices"),
        // Digits.
        ("ListObjectsV2", "list-objects-v2"),
        ("GetFindingV2", "get-finding-v2"),
        ("DescribeIpv6Pools", "describe-ipv6-pools"),
        ("GetEbsDefaultKmsKeyId", "get-ebs-default-kms-key-id"),
        ("DescribeClassicLinkInstances", "describe-classic-link-instances"),
        ("DescribeS3BucketAssociation", "describe-s3-bucket-association"),
        // Words that are one.
        ("DescribeCachediSCSIVolumes", "describe-cached-iscsi-volumes"),
        ("DescribeStorediSCSIVolumes", "describe-stored-iscsi-volumes"),
        ("ListHITsForQualificationType", "list-hits-for-qualification-type"),
        ("ListHITs", "list-hits"),
        ("ListReviewableHITs", "list-reviewable-hits"),
        ("ExecutePartiQLStatement", "execute-partiql-statement"),
        ("CreateOAuth2Token", "create-oauth2-token"),
        ("RevokeOAuth2TokenWithIAM", "revoke-oauth2-token-with-iam"),
        ("CreateOAuth2TokenWithTokenExchange", "create-o-auth2-token-with-token-exchange"),
        ("GetWhatsAppMessageMedia", "get-whatsapp-message-media"),
        ("GetOTelEnrichment", "get-otel-enrichment"),
        // Already so.
        ("list-users", "list-users"),
        ("", ""),
    ];
    for (operation, cli) in known {
        assert_eq!(cli_name_of_operation(operation), cli, "{operation}");
    }
}

#[test]
fn services_are_called_as_the_models_call_them() {
    for (cli, service) in [
        ("s3api", "s3"),
        ("configservice", "config"),
        ("deploy", "codedeploy"),
        ("s3", "s3"),
        ("iam", "iam"),
        ("elbv2", "elbv2"),
        ("nobody", "nobody"),
    ] {
        assert_eq!(service_of_cli(cli), service);
    }
}

#[test]
fn every_operation_is_found_by_its_word_and_no_two_have_the_same() {
    let models = Models::embedded();
    let names: Vec<String> = models.names().map(str::to_owned).collect();
    for name in &names {
        let service = models.service(name).unwrap();
        let words: BTreeSet<String> = service.operations().map(cli_name_of_operation).collect();
        assert_eq!(words.len(), service.operations().count(), "{name}");
        let first = service.operations().next().unwrap();
        assert_eq!(operation_of_cli(&service, &cli_name_of_operation(first)), Some(first), "{name}");
    }
    let s3 = models.service("s3").unwrap();
    assert_eq!(operation_of_cli(&s3, "get-bucket-acl"), Some("GetBucketAcl"));
    assert_eq!(operation_of_cli(&s3, "get-bucket"), None);
}

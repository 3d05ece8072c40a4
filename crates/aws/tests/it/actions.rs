//! Which IAM actions calls need: the mapping is whole, odd names are right, and the models are covered.

use provost_aws::actions::{Operations, Unmapped};
use provost_awsapi::Models;
use provost_iam::actions::Catalogue;

fn names(service: &str, operation: &str) -> Vec<&'static str> {
    let actions = Operations::embedded().actions(service, operation);
    actions
        .unwrap_or_else(|error| panic!("{service} {operation}: {error}"))
        .iter()
        .map(|it| it.name())
        .collect()
}

#[test]
fn every_action_of_the_mapping_is_one_of_the_catalogue() {
    let operations = Operations::embedded();
    let catalogue = Catalogue::embedded();
    let (mut exceptions, mut unknown) = (0, 0);
    for service in operations.services() {
        for operation in operations.exceptions(service) {
            exceptions += 1;
            match operations.actions(service, operation) {
                Ok(actions) => {
                    assert!(!actions.is_empty());
                    assert!(actions.iter().all(|action| catalogue.action(action.name()).is_some()));
                }
                // A name the catalogue lacks would be an error of this kind too: the generator writes none.
                Err(Unmapped::Newer(_)) => unknown += 1,
                Err(error) => panic!("{service} {operation}: {error}"),
            }
        }
    }
    assert_eq!(operations.date(), "2026-10-24");
    assert_eq!((operations.services().len(), exceptions, unknown), (435, 2926, 11));
}

#[test]
fn operations_that_are_not_named_after_what_they_need() {
    for (service, operation, expected) in [
        ("s3", "ListBuckets", "s3:ListAllMyBuckets"),
        ("s3", "HeadBucket", "s3:ListBucket"),
        ("s3", "ListObjectsV2", "s3:ListBucket"),
        ("s3", "ListObjectVersions", "s3:ListBucketVersions"),
        ("s3", "ListMultipartUploads", "s3:ListBucketMultipartUploads"),
        ("s3", "GetBucketEncryption", "s3:GetEncryptionConfiguration"),
        ("s3", "PutBucketEncryption", "s3:PutEncryptionConfiguration"),
        ("s3", "DeleteBucketEncryption", "s3:PutEncryptionConfiguration"),
        ("s3", "GetBucketReplication", "s3:GetReplicationConfiguration"),
        ("s3", "GetBucketLifecycleConfiguration", "s3:GetLifecycleConfiguration"),
        ("s3", "GetBucketNotificationConfiguration", "s3:GetBucketNotification"),
        ("s3", "GetBucketAccelerateConfiguration", "s3:GetAccelerateConfiguration"),
        ("s3", "GetBucketCors", "s3:GetBucketCORS"),
        ("s3", "GetObjectLockConfiguration", "s3:GetBucketObjectLockConfiguration"),
        ("s3", "GetPublicAccessBlock", "s3:GetBucketPublicAccessBlock"),
        ("s3", "PutPublicAccessBlock", "s3:PutBucketPublicAccessBlock"),
        ("s3", "PutObject", "s3:PutObject"),
        ("s3", "DeleteObjects", "s3:DeleteObject"),
        ("s3", "UploadPart", "s3:PutObject"),
        ("s3control", "GetPublicAccessBlock", "s3:GetAccountPublicAccessBlock"),
        ("s3control", "PutPublicAccessBlock", "s3:PutAccountPublicAccessBlock"),
        ("s3control", "ListAccessPoints", "s3:ListAccessPoints"),
        ("apigateway", "GetRestApis", "apigateway:GET"),
        ("apigateway", "GetStages", "apigateway:GET"),
        ("apigateway", "GetUsagePlans", "apigateway:GET"),
        ("apigatewayv2", "GetApis", "apigateway:GET"),
        ("apigatewayv2", "GetStages", "apigateway:GET"),
        ("lambda", "Invoke", "lambda:InvokeFunction"),
        ("lambda", "ListFunctions", "lambda:ListFunctions"),
        ("elb", "DescribeLoadBalancers", "elasticloadbalancing:DescribeLoadBalancers"),
        ("elbv2", "DescribeListeners", "elasticloadbalancing:DescribeListeners"),
        ("efs", "DescribeFileSystems", "elasticfilesystem:DescribeFileSystems"),
        ("emr", "ListClusters", "elasticmapreduce:ListClusters"),
        ("stepfunctions", "ListStateMachines", "states:ListStateMachines"),
        ("opensearch", "DescribeDomains", "es:DescribeDomains"),
        ("opensearch", "ListDomainNames", "es:ListDomainNames"),
        ("es", "DescribeElasticsearchDomains", "es:DescribeElasticsearchDomains"),
        ("opensearchserverless", "ListCollections", "aoss:ListCollections"),
        ("ses", "ListIdentities", "ses:ListIdentities"),
        ("sesv2", "ListEmailIdentities", "ses:ListEmailIdentities"),
        ("resourcegroupstaggingapi", "GetResources", "tag:GetResources"),
        ("service-quotas", "ListServiceQuotas", "servicequotas:ListServiceQuotas"),
        ("sso-admin", "ListInstances", "sso:ListInstances"),
        ("sso-admin", "DescribePermissionSet", "sso:DescribePermissionSet"),
        ("neptune", "DescribeDBClusters", "rds:DescribeDBClusters"),
        ("docdb", "DescribeDBClusters", "rds:DescribeDBClusters"),
        ("timestream-write", "ListDatabases", "timestream:ListDatabases"),
        ("cloudwatch", "DescribeAlarms", "cloudwatch:DescribeAlarms"),
        ("cloudwatch", "ListTagsForResource", "cloudwatch:ListTagsForResource"),
        ("logs", "DescribeLogGroups", "logs:DescribeLogGroups"),
        ("config", "DescribeConfigurationRecorders", "config:DescribeConfigurationRecorders"),
        ("sqs", "SendMessageBatch", "sqs:SendMessage"),
        ("sqs", "DeleteMessageBatch", "sqs:DeleteMessage"),
        ("sns", "PublishBatch", "sns:Publish"),
        ("dynamodb", "DescribeTable", "dynamodb:DescribeTable"),
        ("dynamodb", "PutItem", "dynamodb:PutItem"),
        ("dynamodb", "TransactGetItems", "dynamodb:GetItem"),
        ("cognito-idp", "ListUserPools", "cognito-idp:ListUserPools"),
        ("accessanalyzer", "ListFindingsV2", "access-analyzer:ListFindings"),
        ("sts", "AssumeRole", "sts:AssumeRole"),
        ("sts", "GetCallerIdentity", "sts:GetCallerIdentity"),
        ("glue", "GetJobs", "glue:GetJobs"),
        ("ssm", "GetAutomationExecution", "ssm:GetAutomationExecution"),
        ("identitystore", "ListUsers", "identitystore:ListUsers"),
        ("bedrock", "ListGuardrails", "bedrock:ListGuardrails"),
        ("codeartifact", "ListRepositories", "codeartifact:ListRepositories"),
        ("elasticbeanstalk", "DescribeEnvironments", "elasticbeanstalk:DescribeEnvironments"),
    ] {
        assert_eq!(names(service, operation), [expected], "{service} {operation}");
    }
}

#[test]
fn calls_that_need_several_actions() {
    for (service, operation, expected) in [
        ("s3", "GetObject", vec!["s3:GetObject", "s3:ListBucket"]),
        ("lambda", "GetFunction", vec!["lambda:GetFunction", "lambda:ListTags"]),
        (
            "dynamodb",
            "TransactWriteItems",
            vec![
                "dynamodb:ConditionCheckItem",
                "dynamodb:DeleteItem",
                "dynamodb:PutItem",
                "dynamodb:UpdateItem",
            ],
        ),
        ("events", "PutTargets", vec!["events:PutTargets", "iam:PassRole"]),
    ] {
        assert_eq!(names(service, operation), expected, "{service} {operation}");
    }
}

#[test]
fn what_nobody_knows_is_not_nothing() {
    let unmapped = |service, operation| Operations::embedded().actions(service, operation).unwrap_err();
    assert_eq!(unmapped("iam2", "ListUsers"), Unmapped::Service("iam2".to_owned()));
    assert_eq!(unmapped("iam", "ListEverything"), Unmapped::Operation("iam:ListEverything".to_owned()));
    // AWS lists no action for it, and there is none of its name.
    assert_eq!(
        unmapped("s3", "ListDirectoryBuckets"),
        Unmapped::Operation("s3:ListDirectoryBuckets".to_owned())
    );
    // There is an action of its name, and yet AWS names one more that the catalogue does not have.
    assert!(matches!(unmapped("ecs", "CreateExpressGatewayService"), Unmapped::Newer(_)));
}

#[test]
fn the_operations_of_the_embedded_models_are_mapped() {
    let models = Models::embedded();
    let operations = Operations::embedded();
    let (mut mapped, mut unmapped) = (0, Vec::new());
    for name in models.names() {
        for operation in models.service(name).unwrap().operations() {
            match operations.actions(name, operation) {
                Ok(_) => mapped += 1,
                Err(_) => unmapped.push(format!("{name}:{operation}")),
            }
        }
    }
    println!("{mapped} operations of the embedded models are mapped, {} are not:", unmapped.len());
    println!("{}", unmapped.join(" "));
    assert_eq!((mapped, unmapped.len()), (4092, 143));
}

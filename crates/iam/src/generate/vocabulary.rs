//! The few names generated cases are made of, so that requests and policies meet.

/// The accounts.
pub(super) const ACCOUNTS: [&str; 3] = ["111122223333", "444455556666", "777788889999"];

/// Things of one kind that can be asked for.
pub(super) struct Target {
    /// What may be done with them.
    pub(super) actions: &'static [&'static str],
    /// Their ARNs, `{account}` standing for the owner.
    pub(super) resources: &'static [&'static str],
    /// Whether they can have a policy.
    pub(super) attach: Attach,
}

/// Whether something can have a policy.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Attach {
    /// It cannot.
    Never,
    /// It can.
    Maybe,
    /// It has one, and nobody gets in without its consent.
    Always,
}

/// What users and roles ask for. The order is known to [`SERVICE_TARGETS`] and [`ANONYMOUS_TARGETS`].
pub(super) const TARGETS: [Target; 15] = [
    Target {
        actions: &["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:GetObjectVersion"],
        resources: &[
            "arn:aws:s3:::reports/red/alice/q1.csv",
            "arn:aws:s3:::reports/blue/bob/q1.csv",
            "arn:aws:s3:::logs/AWSLogs/{account}/a:b.gz",
            "arn:aws:s3:::logs/readme.txt",
        ],
        attach: Attach::Maybe,
    },
    Target {
        actions: &["s3:ListBucket", "s3:GetBucketPolicy", "s3:PutBucketPolicy", "s3:DeleteBucketPolicy"],
        resources: &["arn:aws:s3:::reports", "arn:aws:s3:::logs", "arn:aws:s3:::red"],
        attach: Attach::Maybe,
    },
    Target {
        actions: &["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey", "kms:CreateGrant", "kms:RetireGrant"],
        resources: &[
            "arn:aws:kms:eu-west-1:{account}:key/1234abcd-12ab-34cd-56ef-1234567890ab",
            "arn:aws:kms:us-east-1:{account}:key/mrk-1234abcd12ab34cd56ef1234567890ab",
        ],
        attach: Attach::Always,
    },
    Target {
        actions: &["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"],
        resources: &["arn:aws:iam::{account}:role/target", "arn:aws:iam::{account}:role/red/alice"],
        attach: Attach::Always,
    },
    Target {
        actions: &["sqs:SendMessage", "sqs:ReceiveMessage", "sqs:DeleteMessage"],
        resources: &["arn:aws:sqs:eu-west-1:{account}:orders", "arn:aws:sqs:us-east-1:{account}:red-alice"],
        attach: Attach::Maybe,
    },
    Target {
        actions: &["lambda:InvokeFunction", "lambda:GetFunction", "lambda:UpdateFunctionCode"],
        resources: &[
            "arn:aws:lambda:eu-west-1:{account}:function:pay",
            "arn:aws:lambda:eu-west-1:{account}:function:pay:live",
        ],
        attach: Attach::Maybe,
    },
    Target {
        actions: &["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:BatchGetItem"],
        resources: &[
            "arn:aws:dynamodb:eu-west-1:{account}:table/orders",
            "arn:aws:dynamodb:eu-west-1:{account}:table/orders/index/red",
        ],
        attach: Attach::Maybe,
    },
    Target {
        actions: &["iam:PassRole", "iam:GetRole", "iam:PutRolePolicy", "iam:AttachRolePolicy"],
        resources: &["arn:aws:iam::{account}:role/target", "arn:aws:iam::{account}:role/app"],
        attach: Attach::Never,
    },
    Target {
        actions: &["iam:GetUser", "iam:CreateAccessKey", "iam:PutUserPolicy"],
        resources: &["arn:aws:iam::{account}:user/alice", "arn:aws:iam::{account}:user/team/bob"],
        attach: Attach::Never,
    },
    Target {
        actions: &["ec2:TerminateInstances", "ec2:StartInstances", "ec2:RunInstances"],
        resources: &[
            "arn:aws:ec2:eu-west-1:{account}:instance/i-0123456789abcdef0",
            "arn:aws:ec2:us-east-1:{account}:instance/i-0fedcba9876543210",
        ],
        attach: Attach::Never,
    },
    Target {
        actions: &["s3:ListAllMyBuckets", "ec2:DescribeInstances", "iam:ListUsers", "kms:ListKeys"],
        resources: &["*"],
        attach: Attach::Never,
    },
    Target {
        actions: &["sts:GetCallerIdentity", "sts:GetSessionToken"],
        resources: &["*"],
        attach: Attach::Never,
    },
    // What follows is asked for by those who have no account.
    Target {
        actions: &["sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity", "sts:TagSession"],
        resources: &["arn:aws:iam::{account}:role/target", "arn:aws:iam::{account}:role/red/alice"],
        attach: Attach::Always,
    },
    Target {
        actions: &["sts:AssumeRole"],
        resources: &["arn:aws:iam::{account}:role/target", "arn:aws:iam::{account}:role/app"],
        attach: Attach::Always,
    },
    Target {
        actions: &["s3:GetObject", "s3:PutObject"],
        resources: &["arn:aws:s3:::logs/AWSLogs/{account}/trail.gz", "arn:aws:s3:::logs/public/index.html"],
        attach: Attach::Maybe,
    },
];

/// How often users and roles ask for each target.
pub(super) const TARGET_WEIGHTS: [usize; 12] = [26, 10, 13, 14, 9, 7, 7, 6, 4, 5, 5, 2];

/// Same-account requests for a target that can have no policy are the only ones that can be allowed.
pub(super) const SERVICE_TARGETS: [usize; 5] = [13, 14, 4, 5, 2];
/// What anonymous callers ask for.
pub(super) const ANONYMOUS_TARGETS: [usize; 3] = [14, 1, 4];
/// What identities of a provider ask for.
pub(super) const FEDERATED_TARGET: usize = 12;

/// Service principals.
pub(super) const SERVICES: [&str; 4] =
    ["lambda.amazonaws.com", "cloudtrail.amazonaws.com", "sns.amazonaws.com", "logs.eu-west-1.amazonaws.com"];
/// Providers, `{account}` standing for the owner of the resource.
pub(super) const PROVIDERS: [&str; 3] = [
    "cognito-identity.amazonaws.com",
    "arn:aws:iam::{account}:saml-provider/Corp",
    "arn:aws:iam::{account}:oidc-provider/token.actions.githubusercontent.com",
];

/// How the values of a key are compared.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    Text,
    Number,
    Date,
    Flag,
    Address,
    Arn,
    Binary,
}

/// A condition key and values for it.
pub(super) struct Key {
    pub(super) name: &'static str,
    pub(super) family: Family,
    pub(super) values: &'static [&'static str],
    pub(super) when: When,
}

/// When a key is part of a request.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum When {
    /// Always: AWS sends it.
    Always,
    /// Sometimes, with one value.
    Sometimes,
    /// Sometimes, with any number of values.
    Many,
    /// It follows from the caller and the resource.
    Derived,
}

const fn key(name: &'static str, family: Family, when: When, values: &'static [&'static str]) -> Key {
    Key { name, family, values, when }
}

/// The condition keys.
pub(super) const KEYS: &[Key] = &[
    key("aws:PrincipalTag/team", Family::Text, When::Sometimes, &["red", "blue", "Red", "r*d"]),
    key("aws:ResourceTag/team", Family::Text, When::Sometimes, &["red", "blue", "green"]),
    key("aws:RequestTag/team", Family::Text, When::Sometimes, &["red", "blue", ""]),
    key("aws:PrincipalOrgID", Family::Text, When::Sometimes, &["o-a1b2c3d4e5", "o-zzzzzzzzzz"]),
    key("aws:SourceAccount", Family::Text, When::Sometimes, &ACCOUNTS),
    key("aws:SourceVpce", Family::Text, When::Sometimes, &["vpce-1a2b3c4d", "vpce-99999999"]),
    key("s3:prefix", Family::Text, When::Sometimes, &["red/", "blue/", "", "home/alice", "home/a*"]),
    key(
        "kms:ViaService",
        Family::Text,
        When::Sometimes,
        &["s3.eu-west-1.amazonaws.com", "sqs.eu-west-1.amazonaws.com"],
    ),
    key("sts:ExternalId", Family::Text, When::Sometimes, &["7f3a", "7F3A", "7f3b"]),
    key("iam:PassedToService", Family::Text, When::Sometimes, &["lambda.amazonaws.com", "ec2.amazonaws.com"]),
    key("s3:max-keys", Family::Number, When::Sometimes, &["10", "100", "10.5", "-1", "1000"]),
    key("aws:MultiFactorAuthAge", Family::Number, When::Sometimes, &["0", "60", "3600"]),
    key(
        "aws:TokenIssueTime",
        Family::Date,
        When::Sometimes,
        &["2026-01-01T00:00:00Z", "2026-06-30T23:59:59Z"],
    ),
    key("aws:MultiFactorAuthPresent", Family::Flag, When::Sometimes, &["true", "false"]),
    key("aws:SourceIp", Family::Address, When::Sometimes, &["10.1.2.3", "203.0.113.77", "2001:db8::1"]),
    key(
        "aws:SourceArn",
        Family::Arn,
        When::Sometimes,
        &[
            "arn:aws:s3:::reports",
            "arn:aws:sns:eu-west-1:111122223333:topic",
            "arn:aws:lambda:eu-west-1:444455556666:function:pay",
        ],
    ),
    key("aws:TagKeys", Family::Text, When::Many, &["team", "cost", "Team", "env"]),
    key(
        "aws:PrincipalOrgPaths",
        Family::Text,
        When::Many,
        &["o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/", "o-a1b2c3d4e5/r-ab12/"],
    ),
    key("dynamodb:LeadingKeys", Family::Text, When::Many, &["alice", "bob", "red"]),
    key("aws:CalledVia", Family::Text, When::Many, &["athena.amazonaws.com", "cloudformation.amazonaws.com"]),
    key("aws:CurrentTime", Family::Date, When::Always, &["2026-03-01T12:00:00Z", "2026-11-22T06:30:00Z"]),
    key("aws:EpochTime", Family::Date, When::Always, &["1772366400", "1795329000"]),
    key("aws:SecureTransport", Family::Flag, When::Always, &["true", "false"]),
    key("aws:RequestedRegion", Family::Text, When::Always, &["eu-west-1", "us-east-1"]),
    key("aws:UserAgent", Family::Text, When::Always, &["aws-cli/2.31.0", "console.amazonaws.com"]),
    key("aws:ViaAWSService", Family::Flag, When::Always, &["false", "true"]),
    key(
        "aws:PrincipalArn",
        Family::Arn,
        When::Derived,
        &[
            "arn:aws:iam::111122223333:user/alice",
            "arn:aws:iam::111122223333:role/app",
            "arn:aws:iam::444455556666:role/ops/deploy",
        ],
    ),
    key("aws:PrincipalAccount", Family::Text, When::Derived, &ACCOUNTS),
    key("aws:ResourceAccount", Family::Text, When::Derived, &ACCOUNTS),
    key(
        "aws:PrincipalType",
        Family::Text,
        When::Derived,
        &["User", "AssumedRole", "FederatedUser", "Account"],
    ),
    key("aws:PrincipalIsAWSService", Family::Flag, When::Derived, &["true", "false"]),
    key("aws:PrincipalServiceName", Family::Text, When::Derived, &SERVICES),
    key("aws:username", Family::Text, When::Derived, &["alice", "bob"]),
    key(
        "aws:userid",
        Family::Text,
        When::Derived,
        &["AIDAEXAMPLEUSERALICE", "AROAEXAMPLEROLE00APP:s1", "111122223333"],
    ),
    key("example:Blob", Family::Binary, When::Sometimes, &["QmluYXJ5", "Ymlu", "YmluYQ=="]),
];

//! Makes CloudTrail archives of any size: invented, plausible, the same for the same seed.
//!
//! The mix is that of an account where most calls read: services describing things, roles being assumed,
//! people listing. About one event in a hundred changes identities, logging or exposure.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;

/// Records in one file: about 5 MB of JSON, as a busy trail delivers in five minutes.
const RECORDS_PER_FILE: u64 = 4_000;

/// (source, name, weight in ten thousand)
const CALLS: [(&str, &str, u32); 28] = [
    ("ec2", "DescribeInstances", 1500),
    ("ec2", "DescribeSecurityGroups", 700),
    ("ec2", "DescribeNetworkInterfaces", 800),
    ("sts", "AssumeRole", 2200),
    ("sts", "GetCallerIdentity", 500),
    ("iam", "GetRole", 500),
    ("iam", "ListRoles", 200),
    ("iam", "GetUser", 200),
    ("s3", "GetBucketAcl", 500),
    ("s3", "GetBucketEncryption", 300),
    ("s3", "ListBuckets", 200),
    ("kms", "Decrypt", 900),
    ("logs", "CreateLogStream", 400),
    ("lambda", "ListFunctions20150331", 300),
    ("rds", "DescribeDBInstances", 300),
    ("ssm", "UpdateInstanceInformation", 300),
    ("signin", "ConsoleLogin", 40),
    ("iam", "CreateUser", 10),
    ("iam", "AttachUserPolicy", 15),
    ("iam", "PutUserPolicy", 10),
    ("iam", "CreateAccessKey", 15),
    ("iam", "UpdateAssumeRolePolicy", 10),
    ("cloudtrail", "StopLogging", 5),
    ("ec2", "AuthorizeSecurityGroupIngress", 30),
    ("s3", "PutBucketPolicy", 25),
    ("ec2", "RunInstances", 20),
    ("lambda", "UpdateFunctionCode20150331v2", 15),
    ("secretsmanager", "GetSecretValue", 5),
];

/// A small, fast source of numbers (SplitMix64): the archive needs variety, not secrecy.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    fn key(&mut self, prefix: &str) -> String {
        let letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
        let mut key = prefix.to_owned();
        for _ in 0..16 {
            key.push(char::from(letters[usize::try_from(self.below(32)).unwrap()]));
        }
        key
    }

    fn uuid(&mut self) -> String {
        let (high, low) = (self.next(), self.next());
        format!(
            "{:08x}-{:04x}-4{:03x}-a{:03x}-{:012x}",
            high >> 32,
            high >> 16 & 0xffff,
            high & 0xfff,
            low >> 52,
            low & 0xffff_ffff_ffff
        )
    }
}

/// Writes files of gzipped records until they take `bytes` on disk. Returns them in order.
pub(crate) fn archive(folder: &Path, bytes: u64) -> Vec<PathBuf> {
    std::fs::create_dir_all(folder).unwrap();
    // Two threads, files taken in turn, so that the result is the same whatever the speed.
    let lanes = 2;
    let mut files: Vec<(u64, PathBuf)> = std::thread::scope(|scope| {
        let lane = |lane: u64| {
            scope.spawn(move || {
                let mut made = Vec::new();
                let mut size = 0;
                let mut number = lane;
                while size < bytes / lanes {
                    let path =
                        folder.join(format!("111122223333_CloudTrail_eu-central-1_{number:06}.json.gz"));
                    size += write_file(&path, number);
                    made.push((number, path));
                    number += lanes;
                }
                made
            })
        };
        let threads: Vec<_> = (0..lanes).map(lane).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    files.sort();
    files.into_iter().map(|(_, path)| path).collect()
}

fn write_file(path: &Path, number: u64) -> u64 {
    if let Ok(known) = std::fs::metadata(path) {
        return known.len();
    }
    let beside = path.with_extension("part");
    let mut encoder = GzEncoder::new(BufWriter::new(File::create(&beside).unwrap()), Compression::new(4));
    let mut numbers = Numbers(number.wrapping_mul(0xD134_2543_DE82_EF95));
    encoder.write_all(b"{\"Records\":[").unwrap();
    let mut text = String::new();
    for index in 0..RECORDS_PER_FILE {
        text.clear();
        if index > 0 {
            text.push(',');
        }
        record(&mut text, &mut numbers, number * RECORDS_PER_FILE + index);
        encoder.write_all(text.as_bytes()).unwrap();
    }
    encoder.write_all(b"]}").unwrap();
    encoder.finish().unwrap().flush().unwrap();
    std::fs::rename(&beside, path).unwrap();
    std::fs::metadata(path).unwrap().len()
}

fn record(text: &mut String, numbers: &mut Numbers, index: u64) {
    let mut ticket =
        u32::try_from(numbers.below(u64::from(CALLS.iter().map(|call| call.2).sum::<u32>()))).unwrap();
    let (source, name, _) = *CALLS
        .iter()
        .find(|(_, _, weight)| match ticket.checked_sub(*weight) {
            Some(rest) => {
                ticket = rest;
                false
            }
            None => true,
        })
        .unwrap();
    let user = format!("user.{:03}", numbers.below(120));
    let role = ["AdminAccess", "ReadOnlyAuditor", "DeployPipeline", "LambdaExec"]
        [usize::try_from(numbers.below(4)).unwrap()];
    let time = format!(
        "2026-{:02}-{:02}T{:02}:{:02}:{:02}Z",
        index / 2_419_200 % 12 + 1,
        index / 86_400 % 28 + 1,
        index / 3600 % 24,
        index / 60 % 60,
        index % 60
    );
    let identity = if numbers.below(10) < 7 {
        format!(
            r#"{{"type":"AssumedRole","principalId":"{}:{user}","arn":"arn:aws:sts::111122223333:assumed-role/{role}/{user}","accountId":"111122223333","accessKeyId":"{}","sessionContext":{{"sessionIssuer":{{"type":"Role","principalId":"{}","arn":"arn:aws:iam::111122223333:role/{role}","accountId":"111122223333","userName":"{role}"}},"webIdFederationData":{{}},"attributes":{{"creationDate":"{time}","mfaAuthenticated":"false"}}}}}}"#,
            numbers.key("AROA"),
            numbers.key("ASIA"),
            numbers.key("AROA")
        )
    } else {
        format!(
            r#"{{"type":"IAMUser","principalId":"{}","arn":"arn:aws:iam::111122223333:user/{user}","accountId":"111122223333","accessKeyId":"{}","userName":"{user}"}}"#,
            numbers.key("AIDA"),
            numbers.key("AKIA")
        )
    };
    let failed = numbers.below(100) < 4;
    let error = if failed {
        r#","errorCode":"AccessDenied","errorMessage":"User is not authorized to perform this action because no identity-based policy allows it""#
    } else {
        ""
    };
    let (request, response) = parameters(name, &user, role, numbers);
    let response = if failed { "null".to_owned() } else { response };
    let _ = write!(
        text,
        r#"{{"eventVersion":"1.10","userIdentity":{identity},"eventTime":"{time}","eventSource":"{source}.amazonaws.com","eventName":"{name}","awsRegion":"eu-central-1","sourceIPAddress":"203.0.113.{}","userAgent":"aws-cli/2.17.44 md/awscrt#0.21.2 ua/2.0 os/linux#6.1.102-111.182.amzn2023.x86_64 md/arch#x86_64 lang/python#3.11.9 md/pyimpl#CPython cfg/retry-mode#standard md/installer#exe md/prompt#off md/command#{source}.{name}"{error},"requestParameters":{request},"responseElements":{response},"requestID":"{}","eventID":"{}","readOnly":{},"eventType":"AwsApiCall","managementEvent":true,"recipientAccountId":"111122223333","eventCategory":"Management","tlsDetails":{{"tlsVersion":"TLSv1.3","cipherSuite":"TLS_AES_128_GCM_SHA256","clientProvidedHostHeader":"{source}.eu-central-1.amazonaws.com"}}}}"#,
        numbers.below(256),
        numbers.uuid(),
        numbers.uuid(),
        name.starts_with("Get") || name.starts_with("List") || name.starts_with("Describe"),
    );
}

fn parameters(name: &str, user: &str, role: &str, numbers: &mut Numbers) -> (String, String) {
    let none = || "null".to_owned();
    match name {
        "AssumeRole" => (
            format!(r#"{{"roleArn":"arn:aws:iam::111122223333:role/{role}","roleSessionName":"{user}","durationSeconds":3600}}"#),
            format!(
                r#"{{"credentials":{{"accessKeyId":"{}","sessionToken":"{}{}{}{}","expiration":"Nov 22, 2026 1:00:00 AM"}},"assumedRoleUser":{{"assumedRoleId":"{}:{user}","arn":"arn:aws:sts::111122223333:assumed-role/{role}/{user}"}}}}"#,
                numbers.key("ASIA"), numbers.uuid(), numbers.uuid(), numbers.uuid(), numbers.uuid(), numbers.key("AROA")
            ),
        ),
        "CreateUser" | "GetUser" => (format!(r#"{{"userName":"{user}"}}"#), none()),
        "CreateAccessKey" => (
            format!(r#"{{"userName":"{user}"}}"#),
            format!(r#"{{"accessKey":{{"userName":"{user}","accessKeyId":"{}","status":"Active"}}}}"#, numbers.key("AKIA")),
        ),
        "AttachUserPolicy" => {
            let policy = ["AdministratorAccess", "ReadOnlyAccess", "ViewOnlyAccess"][usize::try_from(numbers.below(3)).unwrap()];
            (format!(r#"{{"userName":"{user}","policyArn":"arn:aws:iam::aws:policy/{policy}"}}"#), none())
        }
        "PutUserPolicy" | "UpdateAssumeRolePolicy" | "PutBucketPolicy" => (
            format!(r#"{{"userName":"{user}","roleName":"{role}","policyName":"inline","policyDocument":"{{\"Version\":\"2012-10-17\",\"Statement\":[{{\"Effect\":\"Allow\",\"Action\":[\"s3:GetObject\"],\"Resource\":\"arn:aws:s3:::bucket-{}/*\"}}]}}"}}"#, numbers.below(999)),
            none(),
        ),
        "AuthorizeSecurityGroupIngress" => {
            let range = if numbers.below(4) == 0 { "0.0.0.0/0" } else { "10.0.0.0/8" };
            (
                format!(r#"{{"groupId":"sg-{:017x}","ipPermissions":{{"items":[{{"ipProtocol":"tcp","fromPort":22,"toPort":22,"groups":{{}},"ipRanges":{{"items":[{{"cidrIp":"{range}"}}]}},"ipv6Ranges":{{}},"prefixListIds":{{}}}}]}}}}"#, numbers.next() >> 4),
                format!(r#"{{"requestId":"{}","_return":true}}"#, numbers.uuid()),
            )
        }
        "ConsoleLogin" => (none(), r#"{"ConsoleLogin":"Success"}"#.to_owned()),
        "DescribeInstances" => (r#"{"instancesSet":{},"filterSet":{"items":[{"name":"instance-state-name","valueSet":{"items":[{"value":"running"}]}}]}}"#.to_owned(), none()),
        _ => (none(), none()),
    }
}

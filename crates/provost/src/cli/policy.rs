//! The command line of `provost policy`.

use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Subcommand, ValueEnum};
use provost_core::policy::{Kind, Question};

use super::{FailOn, Format};

/// The questions.
#[derive(Debug, Subcommand)]
pub(crate) enum PolicyCommand {
    /// What does a policy grant?
    ///
    /// Whether it makes an administrator (a Deny that does not prevent that changes nothing), which
    /// privilege-escalation paths it opens, which services it grants as a whole, which roles it lets pass to
    /// services; for the policy of a resource or a role, whom it lets in. Each with the statements it rests on
    /// and a request that shows it. Then what is wrong with it as it is written.
    #[command(after_help = EXPLAIN)]
    Explain(ExplainArgs),
    /// Is a request allowed, and why?
    ///
    /// Names the layer that blocks, the statements that decide, and what is not known. Give every policy that
    /// has a say: a layer that is not given is taken not to exist, and the answer lists those.
    #[command(after_help = SIMULATE)]
    Simulate(Box<SimulateArgs>),
    /// What does a new version of a policy allow that the old one did not?
    ///
    /// Access gained and access lost, each with a request that one version allows and the other does not.
    #[command(after_help = DIFF)]
    Diff(DiffArgs),
    /// Do policies do what they are there for?
    ///
    /// Runs test files: cases that state how a request must be decided, and promises (`never_allows`) that
    /// are proved for every request there is; a broken one is shown with a request that breaks it.
    /// docs/guides/policy-tests.md describes the format.
    #[command(after_help = TEST)]
    Test(TestArgs),
}

const EXPLAIN: &str = "\
Examples:
  provost policy explain policy.json
  aws iam get-role-policy --role-name app --policy-name main | provost policy explain -
  provost policy explain --format sarif policies/*.json > policies.sarif
  provost policy explain --fail-on admin,escalation,public policies/*.json

Exit codes:
  0  explained, whatever was found
  1  something of --fail-on was found
  2  a file is no policy; the others are still explained
  3  nobody can say whether something of --fail-on is there";

const SIMULATE: &str = "\
Examples:
  provost policy simulate --principal arn:aws:iam::111122223333:role/app --action s3:GetObject \\
    --resource arn:aws:s3:::data/x --identity app.json --scp Root=FullAWSAccess --scp Root=guardrails.json
  provost policy simulate --principal arn:aws:iam::111122223333:user/anna --action iam:CreateUser \\
    --identity anna.json --context aws:MultiFactorAuthPresent=true --unknown aws:SourceIp
  provost policy simulate --scenario request.yaml      # {layers: {...}, request: {...}}

The names FullAWSAccess and RCPFullAWSAccess stand for AWS's own policies wherever a file is named.

Exit codes:
  0  allowed
  1  denied
  2  could not run
  3  undetermined: it depends on what is not known";

const DIFF: &str = "\
Example:
  provost policy diff <(git show main:policy.json) policy.json

Exit codes:
  0  no new access
  1  new access
  2  could not run
  3  nobody can say";

const TEST: &str = "\
A test file:
  layers:
    scps:                        # one entry for each level, the root first
      - [FullAWSAccess, guardrails.json]
  cases:
    - name: nobody leaves the organization
      request:
        principal: arn:aws:iam::111122223333:role/admin
        action: organizations:LeaveOrganization
      expect: explicit_deny      # allow, deny, implicit_deny, explicit_deny, undetermined
      by: DenyLeaving            # a layer (scp[0], boundary, ...) or a statement's Sid
    - name: nobody stops CloudTrail
      never_allows:
        actions: [cloudtrail:StopLogging, cloudtrail:Delete*]
        unless: {ArnLike: {\"aws:PrincipalArn\": \"arn:aws:iam::*:role/break-glass\"}}

Exit codes:
  0  every case passes
  1  a case fails; with --strict also: a statement of an SCP, an RCP or a boundary is needed by none
  2  a file cannot be read or is no test file
  3  nobody can judge a case";

#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// Policy documents; - is standard input.
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) about: About,
    /// How to print what is found.
    #[arg(long, id = "format", value_parser = formats(&["text", "json", "sarif"]), value_name = "FORMAT")]
    pub(crate) format: Option<Format>,
    /// Exit with 1 when one of these is found: admin, escalation, public, cross_account, lint-error.
    #[arg(long, id = "fail_on", value_parser = stops, value_name = "LIST")]
    pub(crate) fail_on: Option<FailOn>,
}

/// What is known of a document beside its text.
#[derive(Debug, Args)]
pub(crate) struct About {
    /// What kind of document it is [default: as its statements show].
    #[arg(long, value_enum, value_name = "KIND")]
    pub(crate) kind: Option<KindName>,
    /// The account the document stands in, twelve digits.
    #[arg(long, value_parser = account, value_name = "ID")]
    pub(crate) account: Option<String>,
}

/// Kinds of policy documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum KindName {
    /// Of users, groups and roles; also SCPs and boundaries.
    Identity,
    /// Of a resource, such as a bucket.
    Resource,
    /// Who may assume a role.
    Trust,
}

impl From<KindName> for Kind {
    fn from(name: KindName) -> Self {
        match name {
            KindName::Identity => Self::Identity,
            KindName::Resource => Self::Resource,
            KindName::Trust => Self::Trust,
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct SimulateArgs {
    /// Who asks: the ARN of a user, a role, a session or a root user, a service, `anonymous`.
    #[arg(long, required_unless_present = "scenario", value_name = "ARN")]
    pub(crate) principal: Option<String>,
    /// What is asked for, as service:Name.
    #[arg(long, required_unless_present = "scenario", value_name = "ACTION")]
    pub(crate) action: Option<String>,
    /// The resource's ARN; * for actions without one.
    #[arg(long, default_value = "*", value_name = "ARN")]
    pub(crate) resource: String,
    /// The account that owns the resource [default: as its ARN says, else the caller's own].
    #[arg(long, value_parser = account, value_name = "ID")]
    pub(crate) resource_account: Option<String>,
    /// A condition key and its value. May be repeated; a key that is repeated has several values.
    #[arg(long, value_parser = pair, value_name = "KEY=VALUE")]
    pub(crate) context: Vec<(String, String)>,
    /// A condition key nobody knows the value of. May be repeated. Keys not listed at all are absent.
    #[arg(long, value_name = "KEY")]
    pub(crate) unknown: Vec<String>,
    /// A policy of the caller or its groups. May be repeated.
    #[arg(long, value_name = "FILE")]
    pub(crate) identity: Vec<String>,
    /// The caller's permission boundary.
    #[arg(long, value_name = "FILE")]
    pub(crate) boundary: Option<String>,
    /// A session policy. May be repeated.
    #[arg(long, value_name = "FILE")]
    pub(crate) session: Vec<String>,
    /// The policy of the resource; for sts:AssumeRole, who may assume the role.
    #[arg(long, value_name = "FILE")]
    pub(crate) resource_policy: Option<String>,
    /// A service control policy and the level it is attached to, the root's first. Files of one level, or
    /// without one, stand side by side. May be repeated.
    #[arg(long, value_name = "[LEVEL=]FILE")]
    pub(crate) scp: Vec<String>,
    /// A resource control policy, likewise.
    #[arg(long, value_name = "[LEVEL=]FILE")]
    pub(crate) rcp: Vec<String>,
    /// The policy of the VPC endpoint the request goes through.
    #[arg(long, value_name = "FILE")]
    pub(crate) endpoint: Option<String>,
    /// The organization's management account, which SCPs and RCPs do not concern.
    #[arg(long, value_parser = account, value_name = "ID")]
    pub(crate) management_account: Option<String>,
    /// The request and its layers as one YAML or JSON file; policies inline, or names of files beside it.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["principal", "action", "resource",
        "resource_account", "context", "unknown", "identity", "boundary", "session", "resource_policy",
        "scp", "rcp", "endpoint", "management_account"])]
    pub(crate) scenario: Option<PathBuf>,
    /// How to print the answer.
    #[arg(long, id = "format", value_parser = formats(&["text", "json"]), value_name = "FORMAT")]
    pub(crate) format: Option<Format>,
}

#[derive(Debug, Args)]
pub(crate) struct DiffArgs {
    /// The old version; - is standard input.
    #[arg(value_name = "OLD")]
    pub(crate) old: PathBuf,
    /// The new version.
    #[arg(value_name = "NEW")]
    pub(crate) new: PathBuf,
    #[command(flatten)]
    pub(crate) about: About,
    /// How to print the difference.
    #[arg(long, id = "format", value_parser = formats(&["text", "json"]), value_name = "FORMAT")]
    pub(crate) format: Option<Format>,
}

#[derive(Debug, Args)]
pub(crate) struct TestArgs {
    /// Test files (YAML).
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// Fail when a statement of an SCP, an RCP or a boundary is needed by no case.
    #[arg(long)]
    pub(crate) strict: bool,
    /// How to print the results.
    #[arg(long, id = "format", value_parser = formats(&["text", "json", "junit"]), value_name = "FORMAT")]
    pub(crate) format: Option<Format>,
}

/// What `policy explain` can be made to stop at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stops {
    pub(crate) name: &'static str,
    pub(crate) question: Question,
}

/// Reads one of these formats. The arguments of `policy` bear the name of the global one, which they replace.
fn formats(names: &'static [&'static str]) -> impl TypedValueParser<Value = Format> {
    PossibleValuesParser::new(names.iter().copied()).map(|name| match name.as_str() {
        "json" => Format::Json,
        "sarif" => Format::Sarif,
        "junit" => Format::Junit,
        _ => Format::Table,
    })
}

fn stops(text: &str) -> Result<FailOn, String> {
    const KNOWN: [Stops; 5] = [
        Stops { name: "admin", question: Question::Admin },
        Stops { name: "escalation", question: Question::Escalation },
        Stops { name: "public", question: Question::Public },
        Stops { name: "cross_account", question: Question::CrossAccount },
        Stops { name: "lint-error", question: Question::LintError },
    ];
    let one = |text: &str| {
        let plain = text.trim().replace('-', "_");
        KNOWN.into_iter().find(|known| known.name.replace('-', "_") == plain).ok_or_else(|| {
            let names: Vec<&str> = KNOWN.iter().map(|known| known.name).collect();
            format!("`{text}` is none of {}", names.join(", "))
        })
    };
    Ok(FailOn::Policy(text.split(',').map(one).collect::<Result<_, _>>()?))
}

fn account(text: &str) -> Result<String, String> {
    let is_account = text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_account { Ok(text.to_owned()) } else { Err("an account id has twelve digits".to_owned()) }
}

fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if key.contains(':') => Ok((key.to_owned(), value.to_owned())),
        _ => Err("a condition key and its value, such as aws:RequestedRegion=eu-central-1".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stops_a_pipeline_is_read_as_people_write_it() {
        let names = |text: &str| match stops(text) {
            Ok(FailOn::Policy(stops)) => stops.iter().map(|it| it.name).collect::<Vec<_>>().join(" "),
            other => format!("{other:?}"),
        };
        assert_eq!(names("admin,cross-account, lint_error"), "admin cross_account lint-error");
        assert!(names("admins").contains("none of admin, escalation"));
        assert!(names("").contains("Err"));
    }

    #[test]
    fn condition_keys_have_a_prefix() {
        assert_eq!(pair("aws:a=b=c"), Ok(("aws:a".to_owned(), "b=c".to_owned())));
        assert!(pair("a=b").is_err() && pair("aws:a").is_err());
    }
}

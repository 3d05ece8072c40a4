//! The command line.

mod policy;
mod posture;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use provost_core::model::{AccountId, Severity};

pub(crate) use policy::{DiffArgs, ExplainArgs, PolicyCommand, SimulateArgs, Stops, TestArgs};
pub(crate) use posture::{PostureArgs, Since};

/// Turns an AWS estate into audit-ready evidence: who has access, what is configured wrong, what just
/// happened, what policies allow.
///
/// Sources give facts, rules judge facts, the ledger keeps verdicts and the evidence for them.
/// What could not be seen is Unknown, and Unknown is never a pass.
///
/// Try it without an AWS account: `provost demo`.
#[derive(Debug, Parser)]
#[command(name = "provost", version, max_term_width = 100, after_help = EXIT_CODES)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXIT_CODES: &str = "\
Exit codes:
  0  done
  1  done, and something is at or above --fail-on (verify: evidence is missing or changed;
     policy: the answer is no: denied, new access, a test that fails)
  2  could not run
  3  done in part: time ran out, something given or a list of a live estate could not be read,
     or (policy) nobody can say
When several are true, 2 goes before 3 and 3 before 1.

Environment:
  LOG_LEVEL               error, warn, info, debug (default: info; warn on a terminal)
  PROVOST_CORRELATION_ID  the correlation id every log line bears (default: a new one)
  NO_COLOR                no colours";

const SCHEDULE: &str = "\
On a schedule:
  Each cycle prints one line, with --format ndjson one JSON object.
  Ctrl-C or SIGTERM ends it at once while it waits; while it works, the job under way stops in order and
  the steps behind it are left out. A second one ends it where it is, and the next run completes that.
  Exit codes after --times: that of all cycles together, 2 before 3 before 1.
  Exit codes after a signal: 0; 3 when it cut a cycle short.";

/// What every command understands.
#[derive(Debug, Args)]
pub(crate) struct Global {
    /// The configuration file [default: provost.yaml if there is one].
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Where facts, verdicts and evidence are kept [default: .provost].
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) store: Option<PathBuf>,
    /// A catalog folder that adds to the built-in one or overrides it by id. May be repeated.
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) catalog: Vec<PathBuf>,
    /// A folder of Sigma rules, such as SigmaHQ's. May be repeated.
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) rules: Vec<PathBuf>,
    /// Waivers and suppressions (YAML).
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) waivers: Option<PathBuf>,
    /// Look at these posture rules alone: an id, or a pattern with * for any text. May be repeated. What is
    /// collected is what they read.
    #[arg(long, global = true, value_name = "RULE")]
    pub(crate) select: Vec<String>,
    /// How to print results.
    #[arg(long, global = true, value_enum, value_name = "FORMAT")]
    pub(crate) format: Option<Format>,
    /// Exit with 1 when an unaccepted Fail or violation is at least this severe.
    #[arg(long, global = true, value_parser = severity, value_name = "SEVERITY")]
    pub(crate) fail_on: Option<FailOn>,
    /// Stop in order after this long, e.g. 90s, 5m, 2h [default: 5m].
    #[arg(long, global = true, value_parser = duration, value_name = "TIME")]
    pub(crate) deadline: Option<std::time::Duration>,
    /// Say more. Twice: even more.
    #[arg(long, short, global = true, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,
    /// How log lines on standard error look [default: text on a terminal, else json].
    #[arg(long, global = true, value_enum, value_name = "FORMAT")]
    pub(crate) log_format: Option<LogStyle>,
}

/// How results are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    Table,
    /// For programs. `detect` and `ndjson` print one object a line.
    Json,
    /// One JSON object a line.
    Ndjson,
    /// For spreadsheets.
    Csv,
    /// One self-contained page.
    Html,
    /// For code hosts: `report posture`, and `policy explain`.
    Sarif,
    /// For build servers: `report posture`, and `policy test`.
    Junit,
    /// For AWS Security Hub, as a list of findings: `report posture`.
    Asff,
    /// For security data lakes, as a list of Compliance Findings (OCSF class 2003): `report posture`.
    Ocsf,
}

/// What makes a command exit with 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum FailOn {
    /// What commands that judge an estate know.
    Severity(Severity),
    /// What `policy explain` knows.
    Policy(Vec<Stops>),
}

impl Global {
    /// The severity of `--fail-on`.
    pub(crate) fn severity(&self) -> Option<Severity> {
        match &self.fail_on {
            Some(FailOn::Severity(severity)) => Some(*severity),
            Some(FailOn::Policy(_)) | None => None,
        }
    }
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogStyle {
    /// One JSON object a line.
    Json,
    /// For people.
    Text,
}

/// The verbs.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the whole cycle on the bundled sample estate; no AWS account needed.
    Demo(DemoArgs),
    /// Write a commented provost.yaml.
    Init(InitArgs),
    /// Read an estate into the store: a live one, or one that was recorded.
    ///
    /// Without --estate the live account of the usual AWS credentials is read, in all its enabled regions;
    /// --org and --role reach further. Nothing is ever changed: every call passes a guard that lets only
    /// harmless reads through. `provost permissions` prints the policy that is needed.
    /// docs/guides/record-an-estate.md shows how to record an estate with the AWS CLI.
    Collect(CollectArgs),
    /// Print the least-privilege IAM policy that reading a live estate takes.
    ///
    /// The policy is JSON, to attach to the user or role that runs the jobs; --format table says which call
    /// needs each action. Reads are permitted everywhere, writes only on what is named.
    #[cfg(feature = "aws")]
    Permissions(PermissionsArgs),
    /// Judge the collected resources against the posture rules.
    Assess,
    /// Judge CloudTrail events against the detection rules.
    ///
    /// Reads {"Records": [...]}, bare lists and one record a line, gzipped or not. Folders are read with all
    /// that is in them. With --format json, one violation a line goes to standard output; what could
    /// not be read goes to standard error as log lines.
    Detect(DetectArgs),
    /// Print what the ledger holds.
    Report(ReportArgs),
    /// Tell people what the latest assessment found that they do not know, and hand its report on.
    ///
    /// One message a run and rule goes to the SNS topic (or the file) under `alerts:` in provost.yaml, and the report
    /// as JSON to the bucket (or the folder) under `reports:`. Findings go to AWS Security Hub where `security_hub:`
    /// says so. `run` does this by itself where any of them is configured.
    /// What was sent is not sent again; what could not be sent is sent now. docs/guides/alerts-and-reports.md says
    /// what is told and when.
    Publish(PublishArgs),
    /// Collect, assess, detect and report, as configured, and publish where that is configured; with --every, again and
    /// again.
    ///
    /// With --every the cycle is run on a schedule until it is stopped or --times is reached. Starts are counted
    /// from the first one, not from the end of a cycle; what comes up while a cycle still runs is left out, and said.
    /// A cycle that fails is logged, and the next one goes on. Each reads configuration, catalog and waivers anew.
    #[command(after_help = SCHEDULE)]
    Run(RunArgs),
    /// Run the cycle on a schedule until stopped: `run --every`, with `every:` of the configuration.
    #[command(after_help = SCHEDULE)]
    Serve(RunArgs),
    /// Check that every finding's evidence is there and unchanged.
    Verify,
    /// Show the rules in force, or run the cases of a catalog folder.
    Rules(RulesArgs),
    /// Ask questions of policies: what they grant, how they decide, what a change gains, what holds.
    ///
    /// Policies are evaluated, never matched as text, and nothing is asked of AWS. What cannot be known is
    /// said to be unknown, with the reason. A policy is read as AWS hands it out: plain, URL-encoded, as a
    /// JSON string, or inside an answer of the AWS CLI.
    #[command(subcommand)]
    Policy(PolicyCommand),
}

#[derive(Debug, Args)]
pub(crate) struct DemoArgs {
    /// Where the reports and the sample estate go.
    #[arg(long, default_value = "provost-demo", value_name = "DIR")]
    pub(crate) out: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct InitArgs {
    /// Replace a provost.yaml that is there.
    #[arg(long)]
    pub(crate) force: bool,
}

#[derive(Debug, Args)]
pub(crate) struct CollectArgs {
    /// What to read [default: every resource type of the catalog].
    #[arg(value_enum)]
    pub(crate) what: Option<CollectWhat>,
    /// A recorded estate, instead of a live one.
    #[arg(long, value_name = "DIR")]
    pub(crate) estate: Option<PathBuf>,
    /// Print the calls that would be made, and make none.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Keep the answers of a live estate in this new folder as well, as a recorded estate without secrets.
    #[cfg(feature = "aws")]
    #[arg(long, value_name = "DIR", conflicts_with_all = ["estate", "dry_run"])]
    pub(crate) record: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) live: LiveArgs,
}

/// What can be read alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum CollectWhat {
    /// IAM users with their groups, policies, MFA devices and keys, and what they may do.
    IamUsers,
}

/// How far into AWS to look.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Live estate")]
pub(crate) struct LiveArgs {
    /// The profile of the AWS configuration.
    #[arg(long, value_name = "NAME")]
    pub(crate) profile: Option<String>,
    /// All active accounts of the organization. Needs --role.
    #[arg(long)]
    pub(crate) org: bool,
    /// The role to assume in each account but the caller's own.
    #[arg(long, value_name = "NAME")]
    pub(crate) role: Option<String>,
    /// What the role's trust policy asks for.
    #[arg(long, value_name = "ID", requires = "role")]
    pub(crate) external_id: Option<String>,
    /// This account alone. May be repeated.
    #[arg(long, value_name = "ID", value_parser = account)]
    pub(crate) account: Vec<AccountId>,
    /// This region alone. May be repeated.
    #[arg(long, value_name = "REGION")]
    pub(crate) region: Vec<String>,
    /// Make no more than this many calls.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) max_calls: Option<u64>,
}

impl LiveArgs {
    /// Whether anything of it was asked for.
    pub(crate) fn is_given(&self) -> bool {
        let Self { profile, org, role, external_id, account, region, max_calls } = self;
        profile.is_some()
            || *org
            || role.is_some()
            || external_id.is_some()
            || !account.is_empty()
            || !region.is_empty()
            || max_calls.is_some()
    }
}

#[cfg(feature = "aws")]
#[derive(Debug, Args)]
pub(crate) struct PermissionsArgs {
    /// For these jobs [default: collect,collect-iam-users,publish]. --select narrows what scan and config-rule read.
    #[arg(long, value_enum, value_delimiter = ',', value_name = "JOB")]
    pub(crate) jobs: Vec<PermissionsJob>,
    /// All accounts of an organization are read. Needs --role.
    #[arg(long, requires = "role")]
    pub(crate) org: bool,
    /// The role that is assumed in each account.
    #[arg(long, value_name = "NAME", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub(crate) role: Option<String>,
    /// The partition the ARNs are of: aws, aws-cn, aws-us-gov, ...
    #[arg(long, value_name = "NAME", default_value = "aws")]
    pub(crate) partition: String,
    /// The DynamoDB table of the inventory, by name or ARN (as the Lambda function has it).
    #[arg(long, value_name = "TABLE", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub(crate) table: Option<String>,
    /// The DynamoDB table of verdicts, by name or ARN, for `scan` and `config-rule`.
    #[arg(long, value_name = "TABLE", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub(crate) history_table: Option<String>,
    /// The object that waivers are read from, for `scan` and `config-rule`: s3://bucket/key.
    #[arg(long, value_name = "URL", value_parser = object)]
    pub(crate) waivers_object: Option<(String, String)>,
    /// The bucket evidence is kept in.
    #[arg(long, value_name = "BUCKET", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub(crate) evidence_bucket: Option<String>,
    /// What the keys of evidence begin with.
    #[arg(long, value_name = "PREFIX", default_value = "", requires = "evidence_bucket")]
    pub(crate) evidence_prefix: String,
    /// The namespace metrics are published in.
    #[arg(long, value_name = "NAME")]
    pub(crate) metrics_namespace: Option<String>,
    /// The SNS topic of alerts, by name or ARN [default: as configured under `alerts:`].
    #[arg(long, value_name = "TOPIC", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub(crate) alerts_topic: Option<String>,
    /// The bucket reports are handed on to [default: as configured under `reports:`].
    #[arg(long, value_name = "BUCKET", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub(crate) reports_bucket: Option<String>,
    /// What the keys of reports begin with.
    #[arg(long, value_name = "PREFIX", default_value = "", requires = "reports_bucket")]
    pub(crate) reports_prefix: String,
    /// Findings go to Security Hub [default: as configured under `security_hub:`].
    #[arg(long)]
    pub(crate) security_hub: bool,
}

/// What permissions are asked for.
#[cfg(feature = "aws")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum PermissionsJob {
    /// `provost collect`.
    Collect,
    /// `provost collect iam-users`.
    CollectIamUsers,
    /// `provost publish`.
    Publish,
    /// The scheduled scan of the Lambda function.
    Scan,
    /// Custom rules of AWS Config, answered by the Lambda function.
    ConfigRule,
}

/// Bucket and key of `s3://bucket/key`.
#[cfg(feature = "aws")]
fn object(text: &str) -> Result<(String, String), String> {
    let place = text.strip_prefix("s3://").and_then(|place| place.split_once('/'));
    let place = place.filter(|(bucket, key)| !bucket.is_empty() && !key.is_empty());
    let (bucket, key) = place.ok_or("it is not like s3://bucket/waivers.yaml")?;
    Ok((bucket.to_owned(), key.to_owned()))
}

#[derive(Debug, Args)]
pub(crate) struct DetectArgs {
    /// Files and folders; - is standard input.
    #[arg(value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    /// How many threads read and judge [default: one per core].
    #[arg(long, value_name = "N")]
    pub(crate) threads: Option<usize>,
}

#[derive(Debug, Args)]
pub(crate) struct ReportArgs {
    /// Of what.
    #[arg(value_enum)]
    pub(crate) kind: ReportKind,
    /// Write to this file instead of standard output.
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// In the posture table, show passes and what does not apply as well; with --since, every row.
    #[arg(long)]
    pub(crate) all: bool,
    #[command(flatten)]
    pub(crate) posture: PostureArgs,
    /// For `access`: the users a Lambda function keeps in this DynamoDB table, instead of those in the store.
    #[cfg(feature = "aws")]
    #[arg(long, value_name = "TABLE")]
    pub(crate) table: Option<String>,
    /// The profile of the AWS configuration, for --table.
    #[cfg(feature = "aws")]
    #[arg(long, value_name = "NAME", requires = "table")]
    pub(crate) profile: Option<String>,
}

/// What can be reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReportKind {
    /// What detection found.
    Violations,
    /// The latest assessment.
    Posture,
    /// IAM users, as last seen.
    Access,
}

#[derive(Debug, Args)]
pub(crate) struct PublishArgs {
    /// Print what would be sent, and send and write nothing.
    #[arg(long)]
    pub(crate) dry_run: bool,
}

#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    /// A recorded estate, instead of a live one. Its AWSLogs folder is detected in.
    #[arg(long, value_name = "DIR")]
    pub(crate) estate: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) live: LiveArgs,
    /// CloudTrail files and folders to detect in, instead of the estate's. May be repeated.
    #[arg(long, value_name = "PATH")]
    pub(crate) events: Vec<PathBuf>,
    /// Where report.html, findings.json, violations.ndjson and iam-users.csv go [default: provost-report].
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Start a cycle this often, e.g. 30m, 6h; `serve` has `every:` of the configuration otherwise.
    #[arg(long, value_parser = duration, value_name = "TIME")]
    pub(crate) every: Option<std::time::Duration>,
    /// End after so many cycles. Needs a schedule.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) times: Option<u64>,
}

#[derive(Debug, Args)]
pub(crate) struct RulesArgs {
    /// Run the cases beside the rules of this catalog folder instead of listing the rules.
    #[arg(long, value_name = "DIR")]
    pub(crate) test: Option<PathBuf>,
    /// Hold the resource types in force, and what the rules read of them, against the shapes of the AWS API.
    #[cfg(feature = "aws")]
    #[arg(long, conflicts_with = "test")]
    pub(crate) lint: bool,
}

fn account(text: &str) -> Result<AccountId, String> {
    AccountId::parse(text).map_err(|_| "twelve digits".to_owned())
}

fn severity(text: &str) -> Result<FailOn, String> {
    Severity::parse(text).map(FailOn::Severity).ok_or_else(|| {
        let known: Vec<_> = Severity::ALL.iter().map(|severity| severity.as_str()).collect();
        format!("one of {}", known.join(", "))
    })
}

/// `90s`, `5m`, `2h`, `1h30m`.
pub(crate) fn duration(text: &str) -> Result<std::time::Duration, String> {
    let parsed: jiff::SignedDuration = text.parse().map_err(|_| "a time such as 90s, 5m or 2h".to_owned())?;
    match std::time::Duration::try_from(parsed) {
        Ok(duration) if !duration.is_zero() => Ok(duration),
        Ok(_) | Err(_) => Err("more than nothing".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn durations_are_read_as_people_write_them() {
        assert_eq!(duration("90s"), Ok(std::time::Duration::from_secs(90)));
        assert_eq!(duration("1h30m"), Ok(std::time::Duration::from_secs(5400)));
        for text in ["", "5", "0s", "-5m", "soon"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }
}

//! Developer commands: `cargo xtask <command>`.
//!
//! They start other programs and say how those ended. What the program itself does is none of their business.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "it is a command for developers, and printing is what it does"
)]

mod aws_actions;
mod aws_models;
mod bench;
mod demo;
mod fuzz;
mod generated;
mod iam_data;
mod iam_differential;
mod package;
mod process;
mod registry;
mod scratch;
mod setup;
mod tally;
mod test;

use std::process::ExitCode;

const HELP: &str = "\
Developer commands for Provost.

Usage: cargo xtask <command>

  setup                     install what the tests need, where it is missing
  test [--fast]             set up and run everything: format, clippy, licenses, tests, fuzz targets;
                            --fast leaves the fuzz targets out
  tidy                      the tests that hold the repository in order, alone
  fuzz <target> [args...]   run a fuzz target until it finds something; args go to libFuzzer
  bench <name> [args...]    run a benchmark of the program or of the engine; args go to it
  aws-models [--all FOLDER] write crates/awsapi/models anew from its pinned source, or every operation of every
                            service to FOLDER; needs Python and a network
  iam-data [--managed FILE] write crates/iam/data anew from its pinned sources, and the policies AWS manages
                            to FILE (target/iam-data/managed-policies.ndjson); needs npm, Python and a network
  aws-actions               write crates/aws/data anew: which IAM actions each operation of AWS needs;
                            needs cargo and a network
  iam-differential [--cases N] [--seed S]
                            compare the policy engine with another evaluator over random cases, and group
                            where they disagree; needs Node.js, npm and, the first time, a network
  package                   build what is handed out, and say where it is and how large

A tool that cannot be installed (no network) is named, and its check is skipped.
Where CI=true is set, that is a failure.";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    let outcome = match words.as_slice() {
        ["setup"] => setup::setup(),
        ["test"] => test::test(false),
        ["test", "--fast"] => test::test(true),
        ["tidy"] => test::tidy(),
        ["fuzz", target, rest @ ..] => fuzz::search(target, rest),
        ["bench", name, rest @ ..] => bench::bench(name, rest),
        ["aws-models", rest @ ..] => aws_models::aws_models(rest),
        ["iam-data", rest @ ..] => iam_data::iam_data(rest),
        ["aws-actions", rest @ ..] => aws_actions::aws_actions(rest),
        ["iam-differential", rest @ ..] => iam_differential::iam_differential(rest),
        ["package"] => package::package(),
        ["help" | "--help" | "-h"] => {
            println!("{HELP}");
            Ok(true)
        }
        _ => {
            eprintln!("{HELP}");
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

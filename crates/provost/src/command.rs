//! One file per verb.

mod assess;
mod collect;
mod demo;
mod detect;
mod formats;
mod init;
#[cfg(feature = "aws")]
mod permissions;
mod policy;
mod publish;
mod report;
mod rules;
mod run;
mod schedule;
mod verify;

use crate::cli::{Cli, Command};
use crate::exit::Exit;
use crate::logging;

/// Starts logging and does what is asked.
pub(crate) fn dispatch(cli: &Cli) -> anyhow::Result<Exit> {
    logging::start(&cli.global)?;
    let global = &cli.global;
    formats::check(&cli.command, global.format)?;
    match &cli.command {
        Command::Demo(args) => demo::demo(global, args),
        Command::Init(args) => init::init(global, args),
        Command::Collect(args) => collect::collect(global, args),
        #[cfg(feature = "aws")]
        Command::Permissions(args) => permissions::permissions(global, args),
        Command::Assess => assess::assess(global),
        Command::Detect(args) => detect::detect(global, args),
        Command::Publish(args) => publish::publish(global, args),
        Command::Report(args) => report::report(global, args),
        Command::Run(args) => run::run(global, args),
        Command::Serve(args) => schedule::serve(global, args),
        Command::Verify => verify::verify(global),
        Command::Rules(args) => rules::rules(global, args),
        Command::Policy(command) => policy::policy(global, command),
    }
}

//! `provost`: wires the ports to the machine it runs on, and starts jobs. No decisions live here.

mod app;
mod cli;
mod command;
mod config;
mod exit;
#[cfg(feature = "aws")]
mod live;
mod logging;
mod outlets;
mod output;
mod progress;
mod stop;

use std::process::ExitCode;

use clap::Parser as _;

use crate::cli::Cli;
use crate::exit::Exit;

fn main() -> ExitCode {
    // Clap's own exit code for wrong usage is 2, which is also ours for "could not run".
    let cli = Cli::parse();
    let exit = match command::dispatch(&cli) {
        Ok(exit) => exit,
        Err(error) => {
            logging::complain(&cli.global, &error);
            Exit::could_not_run()
        }
    };
    exit.code()
}

//! `bootstrap`: what Lambda looks for in the zip, and runs.

use std::process::ExitCode;

fn main() -> ExitCode {
    provost_lambda::main()
}

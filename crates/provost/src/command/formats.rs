//! Which formats a command prints. One it does not is refused before anything is done, not quietly ignored.

use anyhow::bail;

use crate::cli::{Command, Format};

/// The formats that every command knows which prints what it did.
const PLAIN: &[Format] = &[Format::Table, Format::Json, Format::Ndjson];

/// Refuses a format that the command would ignore.
pub(super) fn check(command: &Command, format: Option<Format>) -> anyhow::Result<()> {
    let Some(format) = format else { return Ok(()) };
    let (name, known) = match command {
        Command::Demo(_) => ("demo", PLAIN),
        Command::Init(_) => ("init", PLAIN),
        Command::Collect(_) => ("collect", PLAIN),
        #[cfg(feature = "aws")]
        Command::Permissions(_) => ("permissions", PLAIN),
        Command::Assess => ("assess", PLAIN),
        Command::Publish(_) => ("publish", PLAIN),
        Command::Run(_) => ("run", PLAIN),
        Command::Serve(_) => ("serve", PLAIN),
        Command::Verify => ("verify", PLAIN),
        Command::Rules(_) => ("rules", PLAIN),
        // These know more, each its own, and say so themselves.
        Command::Detect(_) | Command::Report(_) | Command::Policy(_) => return Ok(()),
    };
    if !known.contains(&format) {
        bail!("{name} prints table, json or ndjson; provost report prints more");
    }
    Ok(())
}

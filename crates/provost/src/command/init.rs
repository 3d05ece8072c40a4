//! `provost init`: a configuration to start from.

use std::io::Write as _;
use std::path::PathBuf;

use anyhow::bail;
use serde_json::json;

use crate::cli::{Format, Global, InitArgs};
use crate::config::{FILE_NAME, TEMPLATE};
use crate::exit::Exit;
use crate::output::{Stdout, write_file};

pub(crate) fn init(global: &Global, args: &InitArgs) -> anyhow::Result<Exit> {
    let path = global.config.clone().unwrap_or_else(|| PathBuf::from(FILE_NAME));
    if path.exists() && !args.force {
        bail!("`{}` is there already; --force replaces it", path.display());
    }
    write_file(&path, |output| Ok(output.write_all(TEMPLATE.as_bytes())?))?;
    let mut output = Stdout::new();
    match global.format {
        Some(Format::Json | Format::Ndjson) => writeln!(output, "{}", json!({"written": path}))?,
        Some(
            Format::Table
            | Format::Csv
            | Format::Html
            | Format::Sarif
            | Format::Junit
            | Format::Asff
            | Format::Ocsf,
        )
        | None => {
            writeln!(
                output,
                "Wrote {}. Next: provost demo, provost run, or provost run --estate DIR",
                path.display()
            )?;
        }
    }
    Ok(Exit::done())
}

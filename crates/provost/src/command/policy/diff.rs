//! `provost policy diff`.

use std::io::Write as _;

use provost_core::policy::{Difference, Kind};
use provost_core::render::write_difference;

use super::{document, format_of, named};
use crate::cli::{DiffArgs, Format};
use crate::exit::Exit;
use crate::output::{Stdout, style};

pub(super) fn diff(args: &DiffArgs) -> anyhow::Result<Exit> {
    let format = format_of(args.format, &[Format::Table, Format::Json])?;
    let (old, new) = (document(&args.old)?, document(&args.new)?);
    let report = Difference::of(
        (&named(&args.old), &old),
        (&named(&args.new), &new),
        args.about.kind.map(Kind::from),
        args.about.account.as_deref(),
    );
    let mut output = Stdout::new();
    if format == Format::Json {
        serde_json::to_writer_pretty(&mut output, &report)?;
        writeln!(output)?;
    } else {
        write_difference(&mut output, style(), &report)?;
    }
    output.flush()?;
    Ok(match report.gained.answer {
        "unknown" => Exit::complete(false),
        answer => Exit::answered(answer == "no"),
    })
}

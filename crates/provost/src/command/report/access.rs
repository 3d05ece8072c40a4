//! `provost report access`: who may do what, what is stale, what changed, and what nobody knows.

use std::io::Write;

use anyhow::bail;
use pollster::block_on;
use provost_core::model::LeftOut;
#[cfg(feature = "aws")]
use provost_core::model::Run;
use provost_core::port::{Resources, Scan, Users};
use provost_core::render::{
    ACCESS_COLUMNS, ACCESS_FLEXIBLE, CsvWriter, HtmlReport, Table, access_line, access_notes, not_listed,
    not_listed_json, not_listed_row, scans_json, user_cells, user_columns, user_item, user_json, user_row,
};
use provost_core::review::{NotRead, ReviewCounts, ReviewError, Reviewed, Thresholds, Which, each_reviewed};
use serde_json::json;

use crate::cli::Format;
use crate::output::style;

/// The review of what one store holds.
pub(crate) struct Review<'a> {
    users: &'a dyn Users,
    scans: Vec<Scan>,
    not_read: NotRead,
    thresholds: Thresholds,
}

impl<'a> Review<'a> {
    /// Reads which scans there are. `resources` is where the reasons are kept for what could not be read; a
    /// store without them shows the same users.
    pub(crate) fn of(users: &'a dyn Users, resources: Option<&dyn Resources>) -> anyhow::Result<Self> {
        let scans = block_on(users.scans())?;
        let not_read = match resources {
            Some(resources) => block_on(NotRead::of(resources))?,
            None => NotRead::default(),
        };
        Ok(Self { users, scans, not_read, thresholds: Thresholds::default() })
    }

    /// Reads which scans there are in a table of users alone; the latest run over it says what it lacks.
    #[cfg(feature = "aws")]
    pub(crate) fn of_table(users: &'a dyn Users, latest: Option<&Run>) -> anyhow::Result<Self> {
        let not_read = latest.map(NotRead::of_run).unwrap_or_default();
        Ok(Self { not_read, ..Self::of(users, None)? })
    }

    fn each(
        &self,
        which: Which,
        sink: &mut dyn FnMut(&Reviewed<'_>) -> std::io::Result<()>,
    ) -> Result<(), ReviewError> {
        block_on(each_reviewed(self.users, &self.scans, &self.not_read, &self.thresholds, which, sink))
    }

    /// The accounts whose users could not be listed, or not to the end.
    pub(crate) fn not_listed(&self) -> impl Iterator<Item = LeftOut> {
        self.not_read.not_listed.iter().map(|one| not_listed(one, &self.scans))
    }

    /// Writes the report in any format but that of the page.
    pub(crate) fn write(&self, format: Format, output: &mut dyn Write) -> anyhow::Result<()> {
        match format {
            Format::Table => self.table(output),
            Format::Json => self.json(output),
            Format::Ndjson => self.ndjson(output),
            Format::Csv => self.csv(output),
            Format::Html | Format::Sarif | Format::Junit | Format::Asff | Format::Ocsf => {
                bail!("report prints table, json, ndjson, csv or html")
            }
        }
    }

    fn table(&self, output: &mut dyn Write) -> anyhow::Result<()> {
        if self.scans.is_empty() && self.not_read.not_listed.is_empty() {
            writeln!(
                output,
                "No IAM users are recorded: no scan has come to its end. To read some: provost collect iam-users"
            )?;
            return Ok(());
        }
        let mut table = Table::new(&ACCESS_COLUMNS).flexible(&ACCESS_FLEXIBLE);
        let mut counts = ReviewCounts::new();
        self.each(Which::All, &mut |reviewed| {
            counts.add(reviewed);
            table.row(user_cells(reviewed));
            Ok(())
        })?;
        if !table.is_empty() {
            table.write(output, style())?;
            writeln!(output)?;
        }
        if !self.scans.is_empty() {
            writeln!(output, "{}", access_line(&counts))?;
        }
        for note in access_notes(&counts, &self.scans, &self.thresholds) {
            writeln!(output, "{note}")?;
        }
        for LeftOut { what, why } in self.not_listed() {
            writeln!(output, "{what} ({why})")?;
        }
        Ok(())
    }

    fn csv(&self, output: &mut dyn Write) -> anyhow::Result<()> {
        let mut csv = CsvWriter::new(output, &user_columns())?;
        self.each(Which::All, &mut |reviewed| csv.row(&user_row(reviewed)))?;
        for one in &self.not_read.not_listed {
            csv.row(&not_listed_row(one))?;
        }
        Ok(csv.finish()?)
    }

    /// Users one by one, then what is to be said of all of them.
    fn json(&self, output: &mut dyn Write) -> anyhow::Result<()> {
        let mut counts = ReviewCounts::new();
        let list = |output: &mut dyn Write, name: &str, which, counts: &mut ReviewCounts| {
            write!(output, "\"{name}\":[")?;
            let mut separator = "\n";
            self.each(which, &mut |reviewed| {
                counts.add(reviewed);
                write!(output, "{separator}{}", user_json(reviewed))?;
                separator = ",\n";
                Ok(())
            })?;
            writeln!(output, "\n],")?;
            anyhow::Ok(())
        };
        write!(output, "{{\"schema\":2,")?;
        list(output, "users", Which::Here, &mut counts)?;
        list(output, "gone", Which::Missing, &mut counts)?;
        let not_listed = self.not_read.not_listed.iter().map(|one| not_listed_json(one, &self.scans));
        writeln!(output, "\"not_listed\":{},", not_listed.collect::<serde_json::Value>())?;
        writeln!(output, "\"scans\":{},", scans_json(&self.scans))?;
        writeln!(output, "\"thresholds\":{},", json!(self.thresholds))?;
        writeln!(output, "\"counts\":{}}}", json!(counts))?;
        Ok(())
    }

    /// One user a line, then one line for each account that could not be listed.
    fn ndjson(&self, output: &mut dyn Write) -> anyhow::Result<()> {
        self.each(Which::All, &mut |reviewed| writeln!(output, "{}", user_json(reviewed)))?;
        for one in &self.not_read.not_listed {
            writeln!(output, "{}", json!({"not_listed": not_listed_json(one, &self.scans)}))?;
        }
        Ok(())
    }

    /// Writes the users into the page, and what is to be said of all of them.
    pub(crate) fn items(&self, page: &mut HtmlReport<&mut dyn Write>) -> anyhow::Result<()> {
        let mut list = |name: &str, which| {
            page.list(name)?;
            let mut is_first = true;
            self.each(which, &mut |reviewed| page.item(&user_item(reviewed), std::mem::take(&mut is_first)))?;
            anyhow::Ok(page.end_list()?)
        };
        list("access", Which::Here)?;
        list("access_missing", Which::Missing)?;
        let about = json!({"scans": scans_json(&self.scans), "thresholds": self.thresholds});
        Ok(page.member("access_review", &about)?)
    }
}

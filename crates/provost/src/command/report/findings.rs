//! `provost report posture` in the formats of other tools.

use std::io::Write;

use provost_core::job::report::PostureSummary;
use provost_core::model::{Evaluation, LeftOut};
use provost_core::render::{
    FindingList, PostureJunit, PostureSarif, RuleTexts, Standing, asff, home_region, ocsf,
};

use super::{each_taken, is_complete, scope};
use crate::app::App;
use crate::cli::Format;

/// Writes the findings of an assessment, one after the other.
pub(super) fn write(
    app: &App,
    summary: &PostureSummary,
    format: Format,
    output: &mut dyn Write,
) -> anyhow::Result<()> {
    let rules = RuleTexts::of(&app.catalog.posture);
    let each = |sink: &mut dyn FnMut(&Evaluation) -> std::io::Result<()>| each_taken(app, summary, sink);
    match format {
        Format::Sarif => {
            let (_, mut left_out) = scope(app)?;
            left_out.extend(summary.filter.words().map(|words| LeftOut {
                what: format!("{} verdicts", summary.filtered_out),
                why: format!("a filter is on: {words}"),
            }));
            let is_complete = is_complete(app, summary)?;
            let mut sarif = PostureSarif::new(output, &app.catalog.posture, &left_out, is_complete)?;
            each(&mut |evaluation| sarif.evaluation(evaluation))?;
            sarif.finish()?;
        }
        Format::Junit => {
            let mut junit = PostureJunit::new(output, &summary.counts)?;
            each(&mut |evaluation| junit.evaluation(evaluation, &rules))?;
            junit.finish()?;
        }
        Format::Asff => {
            let mut list = FindingList::new(output)?;
            each(&mut |evaluation| {
                list.finding(&asff(evaluation, &rules, home_region(evaluation), Standing::Open))
            })?;
            list.finish()?;
        }
        Format::Ocsf => {
            let mut list = FindingList::new(output)?;
            each(&mut |evaluation| list.finding(&ocsf(evaluation, &rules, Standing::Open)))?;
            list.finish()?;
        }
        Format::Table | Format::Json | Format::Ndjson | Format::Csv | Format::Html => {}
    }
    Ok(())
}

//! Saying it: to terminals, spreadsheets, programs and browsers.
//!
//! Renderers write to anything that can be written to and hold no list in memory.

mod access;
mod asff;
mod csv;
mod finding;
mod html;
mod junit;
mod left_out;
mod ocsf;
mod policy;
mod posture;
mod posture_junit;
mod posture_sarif;
mod sarif;
mod since;
mod table;

pub use access::{
    ACCESS_COLUMNS, ACCESS_FLEXIBLE, access_line, access_notes, not_listed, not_listed_json, not_listed_row,
    scans_json, user_cells, user_columns, user_item, user_json, user_row,
};
pub use asff::asff;
pub use csv::{CsvWriter, evaluation_columns, evaluation_row, violation_columns, violation_row};
pub use finding::{FindingList, RuleTexts, Standing, home_region, stable_id};
pub use html::{HtmlReport, RuleNote};
pub use junit::write_junit;
pub use left_out::left_out_lines;
pub use ocsf::ocsf;
pub use policy::{write_difference, write_explanation, write_simulation, write_suite};
pub use posture::PostureJson;
pub use posture_junit::PostureJunit;
pub use posture_sarif::PostureSarif;
pub use sarif::write_sarif;
pub use since::{SinceJson, SinceTable, change_columns, change_json, change_row, waivers_due};
pub use table::{Style, Table, counts_line};

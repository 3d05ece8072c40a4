//! Remarks on actions that cannot be about any of the resources they stand beside.

use std::collections::HashMap;

use super::actions::pattern;
use super::{Desk, is_plain, is_star, rules, shown};
use crate::actions::{Action, Catalogue, ResourceType};
use crate::caller::Asked;
use crate::can::Budget;
use crate::can::language::{Found, Glob, Variables, find};
use crate::document::{Matching, Statement};
use crate::pattern::{ArnPattern, Keys, Match, Pattern, Syntax};
use crate::request::Known;
use crate::statement::resource_pattern;

/// What it costs to compare two patterns, next to comparing a pattern with a text.
const COST: usize = 2_000;
/// The format of a bucket's ARN.
const BUCKET: &str = "arn:${Partition}:s3:::${BucketName}";

pub(super) fn look(statement: &Statement, variables: bool, desk: &mut Desk) {
    let (Matching::Only(actions), Some(Matching::Only(resources))) =
        (&statement.actions, &statement.resources)
    else {
        return;
    };
    // What is not compared is taken to fit.
    if resources.is_empty() || resources.iter().any(|text| !is_plain(text)) {
        return;
    }
    let compile = |text: &String| resource_pattern(text, variables);
    let listed: Vec<Pattern> = resources.iter().map(compile).collect();
    if listed.iter().any(Pattern::is_any) {
        return;
    }
    let mut fitting = Fitting { listed: &listed, known: HashMap::new() };
    for text in actions {
        let Some((prefix, name)) = text.split_once(':') else { continue };
        let Some(service) = Catalogue::embedded().service(prefix) else { continue };
        if !name.contains(['*', '?']) {
            if let Some(action) = service.action(name)
                && !fitting.fits(action, desk)
            {
                say(action, desk);
            }
            continue;
        }
        let pattern = pattern(text);
        let mut any = false;
        let mut fits = false;
        if !desk.may_compare(service.actions().len()) {
            return;
        }
        for action in service.actions() {
            if is_star(name) || pattern.matches_plain(action.name()) {
                any = true;
                fits = fitting.fits(action, desk);
                if fits {
                    break;
                }
            }
        }
        if any && !fits {
            let message =
                format!("none of the actions {} takes in can be about any of the resources", shown(text));
            desk.say(rules::CANNOT_MATCH, message);
        }
    }
}

fn say(action: Action, desk: &mut Desk) {
    let mut formats: Vec<&str> = action.resource_types().flat_map(|it| it.arn_formats()).collect();
    let more = formats.len().saturating_sub(3);
    formats.truncate(3);
    let message = if formats.is_empty() {
        format!("{} is about no resource of its own: it needs the resource `*`", shown(action.name()))
    } else {
        let formats: Vec<String> = formats.into_iter().map(shown).collect();
        let more = if more == 0 { String::new() } else { format!(" and {more} more") };
        format!(
            "{} is about {}{more}, which no resource here can be",
            shown(action.name()),
            formats.join(", ")
        )
    };
    desk.say(rules::CANNOT_MATCH, message);
}

/// Whether kinds of resources fit a list.
struct Fitting<'a> {
    listed: &'a [Pattern],
    /// By the format of their ARNs.
    known: HashMap<&'static str, bool>,
}

impl Fitting<'_> {
    /// Whether an action can be about one of the resources; when there is too much to compare, it can.
    fn fits(&mut self, action: Action<'static>, desk: &mut Desk) -> bool {
        let star = action.resource_types().all(|it| !it.required).then_some("*");
        let mut formats = action.resource_types().flat_map(ResourceType::arn_formats).chain(star);
        formats.any(|format| {
            *self.known.entry(format).or_insert_with(|| self.listed.iter().any(|it| is_met(it, format, desk)))
        })
    }
}

/// Whether a pattern takes in a resource of a format.
fn is_met(listed: &Pattern, format: &str, desk: &mut Desk) -> bool {
    let takes_in = |resource: &str| listed.matches(resource, &Nobody) == Match::Is(true);
    if takes_in(&filled(format, "aws", "example")) || !desk.may_compare(COST) {
        return true;
    }
    if format == "*" {
        return false;
    }
    // The parts of a resource's ARN have no colons in them, but for the last.
    let kind = ArnPattern::new(&filled(format, "aws*", "*"), false);
    let kind = Glob::of_arn(&kind, Variables::<Asked>::Widened);
    let glob = |pattern: &Pattern| Glob::of(pattern, Variables::<Asked>::Widened);
    // What has a slash is an object: that buckets have none is not in the format of their ARNs.
    let slash = Pattern::new("*/*", Syntax { wildcards: true, variables: false, fold: false });
    let unwanted: Vec<Glob> = glob(&slash).filter(|_| format == BUCKET).into_iter().collect();
    match (glob(listed), kind) {
        (Some(listed), Some(kind)) => {
            find(&[vec![listed], vec![kind]], &unwanted, &Budget::default()) != Found::Nothing
        }
        _ => true,
    }
}

/// The format of an ARN with something in place of what varies.
fn filled(format: &str, partition: &str, name: &str) -> String {
    let mut filled = String::with_capacity(format.len());
    let mut rest = format;
    while let Some((before, after)) = rest.split_once("${") {
        let (variable, behind) = after.split_once('}').unwrap_or((after, ""));
        filled.push_str(before);
        filled.push_str(if variable == "Partition" { partition } else { name });
        rest = behind;
    }
    filled + rest
}

/// Knows no value of any variable.
struct Nobody;

impl Keys for Nobody {
    fn key(&self, _: &str) -> &Known {
        &Known::Unknown
    }
}

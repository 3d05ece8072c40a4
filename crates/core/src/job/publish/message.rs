//! From news to messages: what a person reads and what a program gets, no larger than may be sent.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Value, json};

use super::Wanted;
use super::news::{Listed, News, RuleNews, Unseen};
use crate::model::{AccountId, Digest, Run, Severity, rfc3339};
use crate::port::{Message, Outgoing};
use crate::waiver::Waiver;

/// The shape of the bodies.
const SCHEMA: u32 = 1;

/// How many resources the text lists; the body lists more.
const MOST_IN_TEXT: usize = 20;

/// How many accounts, regions, rules and reasons are counted one by one.
const MOST_COUNTED: usize = 50;

/// Names and reasons are cut after so many characters.
const MOST_WORDS: usize = 500;

/// What to do is cut after so many.
const MOST_ADVICE: usize = 4_000;

/// All messages about what is new: waivers first, then what cannot be seen, then rules, the worst first.
pub(super) fn compose(
    news: &News,
    wanted: &Wanted<'_>,
    details: Option<&str>,
    most_bytes: usize,
) -> Vec<Outgoing> {
    let sheet = Sheet { run: &news.run, wanted, details, most_bytes, news };
    let mut messages: Vec<Outgoing> =
        news.expired.iter().map(|(waiver, findings)| sheet.waiver_expired(waiver, *findings)).collect();
    if news.unseen.count + news.unseen.not_judged > 0 {
        messages.push(sheet.unseen(&news.unseen));
    }
    let is_told = |rule: &&RuleNews| rule.became > 0 && rule.severity >= wanted.from;
    messages.extend(news.rules.values().filter(is_told).map(|rule| sheet.became(rule)));
    messages.sort_by(|one, other| one.message.id.cmp(&other.message.id));
    messages
}

/// What all messages of a run share.
struct Sheet<'a> {
    run: &'a Run,
    news: &'a News,
    wanted: &'a Wanted<'a>,
    details: Option<&'a str>,
    most_bytes: usize,
}

impl Sheet<'_> {
    fn became(&self, news: &RuleNews) -> Outgoing {
        let id = news.rule.id.as_str();
        let rule = self.wanted.catalog.posture.iter().find(|rule| rule.stamp.id == id);
        let title = rule.map_or(id, |rule| rule.title.as_str());
        let remediation = rule.map(|rule| cut_at(&rule.remediation, MOST_ADVICE));
        let what = resources(news.became);
        let subject =
            format!("[{}] {id}: {what} became non-compliant", news.severity.as_str().to_uppercase());
        let mut text = format!("{id}: {what} became non-compliant\n{}\n\n", cut(title));
        row(&mut text, "Severity", news.severity.as_str());
        row(&mut text, "Since", &self.since());
        row(
            &mut text,
            "Now",
            &format!(
                "{} non-compliant, {} more waived, {} that cannot be told",
                news.failing, news.waived, news.unknown
            ),
        );
        if news.waiver_expired > 0 {
            row(
                &mut text,
                "Waivers",
                &format!("{} of it was accepted by a waiver that has EXPIRED", news.waiver_expired),
            );
        }
        if news.is_other_rule {
            row(&mut text, "Note", "the text of the rule has changed since, which may be why");
        }
        self.places(&mut text, &news.accounts, Some(&news.regions));
        let body = json!({
            "schema": SCHEMA,
            "kind": "non-compliant",
            "rule": news.rule.id,
            "rule_hash": news.rule.hash,
            "rule_origin": news.rule.origin,
            "title": cut(title),
            "severity": news.severity,
            "first": self.news.since.is_none(),
            "became_non_compliant": news.became,
            "by_expired_waiver": news.waiver_expired,
            "rule_changed": news.is_other_rule,
            "non_compliant": news.failing,
            "waived": news.waived,
            "unknown": news.unknown,
            "accounts": counts(news.accounts.iter().map(|(account, count)| (account.as_str(), *count))),
            "regions": counts(news.regions.iter().map(|(region, count)| (region.as_str(), *count))),
            "remediation": remediation,
            "references": rule.map(|rule| &rule.references),
        });
        let remediation = remediation.map(|what| format!("\nWhat to do\n  {}\n", what.trim()));
        let end = remediation.unwrap_or_default() + &self.end();
        let attributes = [("rule", id), ("severity", news.severity.as_str())];
        let list = List { items: &news.listed, all: news.became };
        self.finish(
            "non-compliant",
            rank_of(news.severity),
            id,
            &subject,
            (text, end),
            body,
            Some(list),
            &attributes,
        )
    }

    fn unseen(&self, unseen: &Unseen) -> Outgoing {
        let all = unseen.count + unseen.not_judged;
        let what = if all == 1 { "1 verdict".to_owned() } else { format!("{all} verdicts") };
        let subject = format!("[UNKNOWN] {what} could not be seen");
        let mut text = format!("{what} could not be seen\nUnknown is not compliant: nobody looked.\n\n");
        row(&mut text, "Since", &self.since());
        row(&mut text, "Unknown", &format!("{} that were known before, or are new", unseen.count));
        if unseen.not_judged > 0 {
            let why =
                self.run.statistics.remaining.as_deref().unwrap_or("the assessment did not come to them");
            row(
                &mut text,
                "Not judged",
                &format!("{} that were judged before ({})", unseen.not_judged, cut(why)),
            );
        }
        self.places(&mut text, &unseen.accounts, None);
        for (name, counted) in [("Rules", &unseen.rules), ("Reasons", &unseen.reasons)] {
            let mut counted: Vec<(&String, &u64)> = counted.iter().collect();
            counted.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
            let more = counted.len().saturating_sub(MOST_IN_TEXT);
            if !counted.is_empty() {
                let _ = writeln!(text, "\n{name}");
            }
            for (what, count) in counted.into_iter().take(MOST_IN_TEXT) {
                let _ = writeln!(text, "  {count:>6}  {}", cut(what));
            }
            if more > 0 {
                let _ = writeln!(text, "          and {more} more");
            }
        }
        let body = json!({
            "schema": SCHEMA,
            "kind": "unseen",
            "first": self.news.since.is_none(),
            "unknown": unseen.count,
            "not_judged": unseen.not_judged,
            "severity": unseen.severity,
            "accounts": counts(unseen.accounts.iter().map(|(account, count)| (account.as_str(), *count))),
            "rules": counts(unseen.rules.iter().map(|(rule, count)| (rule.as_str(), *count))),
            "reasons": counts(unseen.reasons.iter().map(|(reason, count)| (reason.as_str(), *count))),
        });
        let severity = unseen.severity.map_or("informational", |severity| severity.as_str());
        let list = List { items: &unseen.listed, all: unseen.count };
        let attributes = [("severity", severity)];
        self.finish("unseen", 1, "", &subject, (text, self.end()), body, Some(list), &attributes)
    }

    fn waiver_expired(&self, waiver: &Waiver, findings: u64) -> Outgoing {
        let id = waiver.id.as_str();
        let subject = format!("[WAIVER EXPIRED] {id}: accepted until {}, and no longer", waiver.expires);
        let mut text =
            format!("The waiver {id} has expired\nWhat it covered counts as non-compliant again.\n\n");
        row(&mut text, "Rule", waiver.rule.as_deref().unwrap_or("any"));
        row(&mut text, "Until", &waiver.expires.to_string());
        row(&mut text, "Accepted by", &cut(&waiver.owner));
        row(&mut text, "Because", &cut(&waiver.reason));
        row(&mut text, "Covers", &format!("{findings} findings that fail now"));
        text.push_str("\nWhat to do\n  Fix them, or have them accepted anew with a later day; then take the entry out or replace it.\n");
        let body = json!({
            "schema": SCHEMA,
            "kind": "waiver-expired",
            "waiver": waiver.id,
            "rule": waiver.rule,
            "expires": waiver.expires.to_string(),
            "owner": cut(&waiver.owner),
            "reason": cut(&waiver.reason),
            "findings": findings,
        });
        let mut outgoing =
            self.finish("waiver-expired", 0, id, &subject, (text, self.end()), body, None, &[]);
        // Told once for each day it expires on, not by every run after that.
        let expires = waiver.expires.to_string();
        outgoing.message.id = ranked(0, &digest(["waiver-expired", id, &expires]));
        let id = json!(outgoing.message.id);
        set(&mut outgoing.message.body, "id", id);
        outgoing
    }

    /// When the assessment was made that people know.
    fn since(&self) -> String {
        match self.news.since {
            Some(since) => rfc3339(since),
            None => "nobody was told before: this is everything that is so".to_owned(),
        }
    }

    fn places(
        &self,
        text: &mut String,
        accounts: &BTreeMap<AccountId, u64>,
        regions: Option<&BTreeMap<String, u64>>,
    ) {
        let listed = |counted: &mut dyn Iterator<Item = (&str, u64)>, all: usize| {
            let first: Vec<String> =
                counted.take(MOST_IN_TEXT).map(|(what, count)| format!("{what} ({count})")).collect();
            let more = all - first.len();
            first.join(", ") + &if more > 0 { format!(" and {more} more") } else { String::new() }
        };
        let mut named = accounts.iter().map(|(account, count)| (account.as_str(), *count));
        row(text, "Accounts", &listed(&mut named, accounts.len()));
        if let Some(regions) = regions {
            let mut named = regions.iter().map(|(region, count)| (region.as_str(), *count));
            row(text, "Regions", &listed(&mut named, regions.len()));
        }
    }

    /// What every text ends with.
    fn end(&self) -> String {
        let mut end = String::from("\n");
        if let Some(details) = self.details {
            row(&mut end, "Details", details);
        }
        row(&mut end, "Assessed", &rfc3339(self.run.started_at));
        row(&mut end, "Run", &self.run.execution_id);
        end
    }

    /// Puts a message together, with as much of the list as fits.
    #[expect(clippy::too_many_arguments, reason = "each is a part of the message")]
    fn finish(
        &self,
        kind: &'static str,
        rank: usize,
        about: &str,
        subject: &str,
        (mut text, end): (String, String),
        mut body: Value,
        list: Option<List<'_>>,
        attributes: &[(&str, &str)],
    ) -> Outgoing {
        let id = ranked(rank, &digest([kind, &self.run.execution_id, about]));
        let members = [
            ("id", json!(id)),
            ("execution_id", json!(self.run.execution_id)),
            ("assessed_at", json!(rfc3339(self.run.started_at))),
            ("complete", json!(self.run.statistics.remaining.is_none())),
            ("details", json!(self.details)),
            ("environment", json!(self.wanted.environment)),
        ];
        if let Some(body) = body.as_object_mut() {
            body.extend(members.into_iter().map(|(name, value)| (name.to_owned(), value)));
        }
        if let Some(list) = list {
            // Room for the numbers behind the lists, and for a line about what is left out.
            let taken = text.len() + end.len() + body.to_string().len() + 200;
            let chosen = list.that_fits(self.most_bytes.saturating_sub(taken));
            let lines: String = chosen.iter().take(MOST_IN_TEXT).map(line).collect();
            let more = list.all - chosen.len().min(MOST_IN_TEXT) as u64;
            if !lines.is_empty() {
                let _ = write!(text, "\nResources\n{lines}");
            }
            if more > 0 {
                let _ = writeln!(text, "  and {more} more that are not listed here");
            }
            let not_listed = list.all - chosen.len() as u64;
            set(&mut body, "resources", json!(chosen));
            set(&mut body, "not_listed", json!(not_listed));
        }
        text.push_str(&end);
        let mut attributes: BTreeMap<String, String> =
            attributes.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        attributes.insert("kind".to_owned(), kind.to_owned());
        attributes.extend(self.wanted.environment.map(|name| ("environment".to_owned(), name.to_owned())));
        let subject = Message::subject_of(subject);
        let mut message = Message { id, subject, text: plain(&text), body, attributes };
        if message.bytes() > self.most_bytes {
            shorten(&mut message, &plain(&end));
        }
        Outgoing {
            schema: Outgoing::SCHEMA,
            found_at: self.run.started_at,
            execution_id: self.run.execution_id.clone(),
            message,
        }
    }
}

/// The first resources of all there are.
struct List<'a> {
    items: &'a [Listed],
    all: u64,
}

impl List<'_> {
    /// The first of them that take no more than so many bytes in text and body together.
    fn that_fits(&self, bytes: usize) -> Vec<Listed> {
        let mut chosen = Vec::new();
        let mut left = bytes;
        for item in self.items {
            let item = Listed { reason: item.reason.as_deref().map(cut), ..item.clone() };
            let in_text = if chosen.len() < MOST_IN_TEXT { line(&item).len() } else { 0 };
            let takes = in_text + serde_json::to_vec(&item).map_or(usize::MAX, |json| json.len() + 1);
            let Some(rest) = left.checked_sub(takes) else { break };
            left = rest;
            chosen.push(item);
        }
        chosen
    }
}

/// A resource as a person reads it.
fn line(listed: &Listed) -> String {
    let Listed { resource_id, account, region, was, rule, reason, waiver, .. } = listed;
    let mut line = format!("  {resource_id}\n    {account}, {region}, was {}", was.replace('_', " "));
    if let Some(rule) = rule {
        let _ = write!(line, ", {rule}");
    }
    if let Some(waiver) = waiver {
        let _ = write!(line, "; waiver {} of {} EXPIRED {}", waiver.id, waiver.owner, waiver.expires);
    }
    line.push('\n');
    if let Some(reason) = reason {
        let _ = writeln!(line, "    {reason}");
    }
    line
}

/// A line of the head: a name and what it is.
fn row(text: &mut String, name: &str, what: &str) {
    // Writing to a String cannot fail.
    let _ = writeln!(text, "{name:<12}{what}");
}

fn resources(count: u64) -> String {
    if count == 1 { "1 resource".to_owned() } else { format!("{count} resources") }
}

/// Counts by name, the first of them, and how many names there are.
fn counts<'a>(counted: impl Iterator<Item = (&'a str, u64)>) -> Value {
    let mut all = 0_u64;
    let mut first = serde_json::Map::new();
    for (name, count) in counted {
        all += 1;
        if first.len() < MOST_COUNTED {
            first.insert(cut(name), json!(count));
        }
    }
    json!({ "distinct": all, "first": first })
}

/// Text that is not endless.
fn cut(text: &str) -> String {
    cut_at(text, MOST_WORDS)
}

fn cut_at(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}...", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

fn set(body: &mut Value, name: &str, value: Value) {
    if let Some(body) = body.as_object_mut() {
        body.insert(name.to_owned(), value);
    }
}

/// Takes out what makes a message too large even without its list: names nobody should have. Numbers stay, and
/// it says that it was shortened. One that is never sent would be worse.
fn shorten(message: &mut Message, end: &str) {
    message.text = format!("{}\n\nThis message was too large, and was shortened.\n{end}", message.subject);
    if let Some(body) = message.body.as_object_mut() {
        body.retain(|_, value| match value {
            Value::Null | Value::Bool(_) | Value::Number(_) => true,
            Value::String(text) => text.len() <= MOST_WORDS,
            Value::Array(_) | Value::Object(_) => false,
        });
        body.insert("shortened".to_owned(), json!(true));
    }
}

/// Without control characters: some mail programs obey them, and each takes six bytes in JSON.
fn plain(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() && letter != '\n' { ' ' } else { letter }).collect()
}

/// What is sent first among the messages of a run: their ids begin with it, and go by it.
fn rank_of(severity: Severity) -> usize {
    2 + Severity::ALL.iter().rev().position(|known| *known == severity).unwrap_or_default()
}

fn ranked(rank: usize, digest: &str) -> String {
    format!("{rank}-{digest}")
}

fn digest<const N: usize>(parts: [&str; N]) -> String {
    Digest::of_parts(parts.iter().map(|part| part.as_bytes())).hex()
}

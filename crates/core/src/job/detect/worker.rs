//! Threads that read inputs and judge their events, each input by one thread.
//!
//! Every input has a short channel of its own, and the channels are handed out in the order of the
//! inputs. So results are in order, and a thread that runs ahead waits instead of piling them up.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};

use crate::detection::{Candidates, DetectionRule, Detector, EventFacts, Matched};
use crate::events::{Item, Record, read_records};
use crate::model::{Digest, EventSourcePosition, Violation};
use crate::port::{EventInput, EventInputs, OpenInput, PortResult};
use crate::redact::Secrets;

/// How many inputs may be opened ahead of the one whose results are being kept.
const INPUTS_AHEAD: usize = 16;
/// How many batches of one input may wait.
const BATCHES_AHEAD: usize = 2;
/// A batch is handed over after so many finds or events.
const FINDS_PER_BATCH: usize = 256;
const EVENTS_PER_BATCH: u64 = 20_000;

/// What one thread found in a part of one input.
#[derive(Default)]
pub(super) struct Batch {
    pub(super) found: Vec<Found>,
    /// The events that were found, each once, secrets replaced.
    pub(super) evidence: Vec<Vec<u8>>,
    pub(super) events: u64,
    pub(super) bytes: u64,
    pub(super) digest_files: u64,
    pub(super) unreadable: Vec<(u64, String)>,
    /// The input was read to where it ends, or as far as it could be.
    pub(super) is_last: bool,
}

/// A violation on its way to the store, with what suppressions ask about.
pub(super) struct Found {
    pub(super) violation: Violation,
    pub(super) facts: EventFacts,
}

/// One input and where its results come from.
pub(super) struct OpenedInput {
    pub(super) name: String,
    pub(super) size: Option<u64>,
    pub(super) batches: Receiver<Batch>,
}

/// What the threads hand over. With this gone, each ends at its next batch; nobody waits for one that is
/// stuck in a read.
pub(super) struct Workers {
    opened: Receiver<PortResult<OpenedInput>>,
}

/// What the threads share.
struct Shared {
    feed: Mutex<Feed>,
    detector: Detector,
    secrets: Arc<Secrets>,
    stop: Arc<AtomicBool>,
}

struct Feed {
    inputs: Box<dyn EventInputs>,
    opened: SyncSender<PortResult<OpenedInput>>,
}

impl Workers {
    pub(super) fn start(
        inputs: Box<dyn EventInputs>,
        detector: Detector,
        secrets: Arc<Secrets>,
        threads: usize,
        stop: Arc<AtomicBool>,
    ) -> Self {
        let (opened, receiver) = sync_channel(INPUTS_AHEAD);
        let feed = Mutex::new(Feed { inputs, opened });
        let shared = Arc::new(Shared { feed, detector, secrets, stop });
        for _ in 0..threads.max(1) {
            let shared = Arc::clone(&shared);
            std::thread::spawn(move || shared.work());
        }
        Self { opened: receiver }
    }

    /// The inputs in order, as their results become available.
    pub(super) fn inputs(&self) -> impl Iterator<Item = PortResult<OpenedInput>> {
        self.opened.iter()
    }
}

impl Shared {
    fn work(&self) {
        let mut candidates = Candidates::default();
        while let Some((input, batches)) = self.next() {
            let EventInput { name, open, .. } = input;
            InputJudge { shared: self, name: &name, batches: &batches, batch: Batch::default() }
                .judge(open, &mut candidates);
        }
    }

    /// The next input. Its channel is announced under the same lock, so that the order is the inputs'.
    fn next(&self) -> Option<(EventInput, SyncSender<Batch>)> {
        let mut feed = self.feed.lock().unwrap_or_else(PoisonError::into_inner);
        if self.stop.load(Ordering::Relaxed) {
            return None;
        }
        match feed.inputs.next() {
            Ok(Some(input)) => {
                let (sender, batches) = sync_channel(BATCHES_AHEAD);
                let opened = OpenedInput { name: input.name.clone(), size: input.size, batches };
                feed.opened.send(Ok(opened)).ok()?;
                Some((input, sender))
            }
            Ok(None) => None,
            Err(error) => {
                let _ = feed.opened.send(Err(error));
                None
            }
        }
    }
}

/// Judges one input.
struct InputJudge<'w> {
    shared: &'w Shared,
    name: &'w str,
    batches: &'w SyncSender<Batch>,
    batch: Batch,
}

impl InputJudge<'_> {
    fn judge(mut self, open: OpenInput, candidates: &mut Candidates) {
        match open() {
            Ok(source) => read_records(source, &mut |item| {
                self.take(item, candidates);
                let full = self.batch.found.len() >= FINDS_PER_BATCH || self.batch.events >= EVENTS_PER_BATCH;
                if full { self.hand_over() } else { ControlFlow::Continue(()) }
            }),
            Err(error) => self.batch.unreadable.push((0, error.to_string())),
        }
        self.batch.is_last = true;
        let _ = self.hand_over();
    }

    fn hand_over(&mut self) -> ControlFlow<()> {
        let batch = std::mem::take(&mut self.batch);
        if self.shared.stop.load(Ordering::Relaxed) || self.batches.send(batch).is_err() {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    }

    fn take(&mut self, item: Item<'_>, candidates: &mut Candidates) {
        match item {
            Item::DigestFile => self.batch.digest_files += 1,
            Item::Unreadable { offset, reason } => self.batch.unreadable.push((offset, reason)),
            Item::Record(record) => {
                self.batch.events += 1;
                self.batch.bytes += record.text.len() as u64;
                match self.shared.detector.judge(&record, candidates) {
                    Ok(None) => {}
                    Ok(Some(matched)) => self.keep(&record, matched),
                    Err(error) => self.batch.unreadable.push((record.offset, error.to_string())),
                }
            }
        }
    }

    fn keep(&mut self, record: &Record<'_>, matched: Matched<'_>) {
        let Matched { mut event, rules, facts: policy } = matched;
        let facts = EventFacts::of(&event);
        let evidence = self.shared.secrets.bytes_to_keep(&mut event, record.text);
        let digest = Digest::of(&evidence);
        let source = EventSourcePosition {
            file: self.name.to_owned(),
            position: record.offset,
            record: record.ordinal,
        };
        for rule in rules {
            let mut violation = violation(rule, &facts, digest, source.clone());
            if let Some(policy) = policy.as_ref().filter(|_| rule.asks_about_policy) {
                violation.facts = policy.to_keep();
            }
            self.batch.found.push(Found { violation, facts: facts.clone() });
        }
        self.batch.evidence.push(evidence);
    }
}

fn violation(
    rule: &DetectionRule,
    facts: &EventFacts,
    evidence: Digest,
    source: EventSourcePosition,
) -> Violation {
    let event_id = facts.event_id.clone().unwrap_or_else(|| evidence.to_string());
    Violation {
        schema: Violation::SCHEMA,
        id: Violation::id_of(
            &rule.stamp.id,
            &event_id,
            facts.account.as_deref(),
            facts.event_time.as_deref(),
        ),
        rule: rule.stamp.clone(),
        title: rule.title.clone(),
        severity: rule.severity,
        action: rule.action,
        outcome: facts.outcome(),
        event_id,
        event_name: facts.event_name.clone(),
        event_source: facts.event_source.clone(),
        event_time: facts.event_time.clone(),
        error_code: facts.error_code.clone(),
        account: facts.account.clone(),
        region: facts.region.clone(),
        principal: facts.principal.clone(),
        source_ip: facts.source_ip.clone(),
        user_agent: facts.user_agent.clone(),
        source,
        evidence,
        facts: BTreeMap::new(),
        suppressed: None,
    }
}

//! From a stream of bytes to records, whatever surrounds them, going on after what is damaged.

use std::io::{BufReader, ErrorKind, Read};
use std::ops::ControlFlow;

use flate2::bufread::MultiGzDecoder;
use serde::de::IgnoredAny;

use super::probe::Probe;
use super::window::Window;

/// The longest record accepted. CloudTrail's own limit is 256 KB for most events and 1 MB for the rest.
pub const MAX_RECORD_BYTES: usize = 32 * 1024 * 1024;

/// What a reader comes across.
#[derive(Debug)]
pub enum Item<'a> {
    /// One record.
    Record(Record<'a>),
    /// A CloudTrail digest file: it has no records.
    DigestFile,
    /// Something between `offset` and the next item could not be read.
    Unreadable {
        /// Byte offset in the decompressed text.
        offset: u64,
        /// What is wrong there.
        reason: String,
    },
}

/// One record as it stands in the file.
#[derive(Debug)]
pub struct Record<'a> {
    /// Its JSON text, checked.
    pub text: &'a [u8],
    /// The members rules are indexed by.
    pub probe: Probe<'a>,
    /// Byte offset in the decompressed text.
    pub offset: u64,
    /// From 1.
    pub ordinal: u64,
}

/// Calls `sink` for everything in `source`, until the end or until `sink` breaks.
///
/// `source` holds `{"Records": [...]}`, a bare list, or records one after the other (a line each or not),
/// gzipped (in any number of members) or plain. Damage is reported as [`Item::Unreadable`] and reading goes
/// on behind it where that is possible.
pub fn read_records(source: impl Read, sink: &mut dyn FnMut(Item<'_>) -> ControlFlow<()>) {
    let mut source = source;
    // Two bytes tell gzip from text. A pipe may hand them out one at a time.
    let mut start = Vec::with_capacity(2);
    if let Err(error) = source.by_ref().take(2).read_to_end(&mut start) {
        let _ = sink(Item::Unreadable { offset: 0, reason: error.to_string() });
        return;
    }
    let is_gzip = start == [0x1f, 0x8b];
    let source = BufReader::with_capacity(64 * 1024, start.as_slice().chain(source));
    let outcome = if is_gzip {
        Reader::new(MultiGzDecoder::new(source), sink).run()
    } else {
        Reader::new(source, sink).run()
    };
    if let Err(Damage { offset, reason }) = outcome {
        let _ = sink(Item::Unreadable { offset, reason });
    }
}

/// The stream ends here, not where it should.
struct Damage {
    offset: u64,
    reason: String,
}

struct Reader<'s, R> {
    window: Window<R>,
    sink: &'s mut dyn FnMut(Item<'_>) -> ControlFlow<()>,
    ordinal: u64,
    /// Nothing but white space so far.
    is_blank: bool,
}

/// Where a value stands, which decides where reading goes on when it is damaged.
#[derive(Clone, Copy)]
enum Place {
    /// In a list: behind the closing brace.
    List,
    /// By itself: at the next line that opens a value.
    Line,
}

/// What became of one JSON value.
enum Step {
    Go,
    Stop,
}

impl<'s, R: Read> Reader<'s, R> {
    fn new(source: R, sink: &'s mut dyn FnMut(Item<'_>) -> ControlFlow<()>) -> Self {
        Self { window: Window::new(source), sink, ordinal: 0, is_blank: true }
    }

    fn damage(&self, error: &std::io::Error) -> Damage {
        let offset = self.window.offset() + self.window.bytes().len() as u64;
        let reason = match error.kind() {
            ErrorKind::UnexpectedEof => "the compressed data ends early".to_owned(),
            ErrorKind::InvalidInput | ErrorKind::InvalidData => {
                format!("the compressed data is damaged: {error}")
            }
            _ => error.to_string(),
        };
        Damage { offset, reason }
    }

    /// Like `?` on a window call, with the place.
    fn at<T>(&self, result: std::io::Result<T>) -> Result<T, Damage> {
        result.map_err(|error| self.damage(&error))
    }

    fn peek_after(&mut self, also: &[u8]) -> Result<Option<u8>, Damage> {
        let peeked = self.window.peek_after(also);
        self.at(peeked)
    }

    fn extend(&mut self) -> Result<bool, Damage> {
        let extended = self.window.extend();
        self.at(extended)
    }

    fn run(&mut self) -> Result<(), Damage> {
        loop {
            // A byte order mark is white space to us.
            let step = match self.peek_after(b",\xef\xbb\xbf")? {
                None if self.is_blank => {
                    let offset = self.window.offset();
                    return Err(Damage { offset, reason: "there is nothing in it".to_owned() });
                }
                None => return Ok(()),
                Some(b'[') => {
                    self.window.consume(1);
                    self.list()?
                }
                Some(b'{') if self.enter_records_list()? => {
                    let step = self.list()?;
                    self.skip_to_end_of_envelope()?;
                    step
                }
                Some(b'{') => self.value(Place::Line)?,
                Some(_) => self.skip_line("this is neither a record nor a list of records")?,
            };
            self.is_blank = false;
            if matches!(step, Step::Stop) {
                return Ok(());
            }
        }
    }

    /// Consumes `{ "Records" : [` if that is what follows, else nothing.
    fn enter_records_list(&mut self) -> Result<bool, Damage> {
        const TOKENS: [&[u8]; 4] = [b"{", b"\"Records\"", b":", b"["];
        let mut ahead = 0;
        for token in TOKENS {
            loop {
                let rest = self.window.bytes().get(ahead..).unwrap_or_default();
                let blank = rest.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
                if rest.len() >= blank + token.len() {
                    if !rest.get(blank..).is_some_and(|rest| rest.starts_with(token)) {
                        return Ok(false);
                    }
                    ahead += blank + token.len();
                    break;
                }
                if !self.extend()? {
                    return Ok(false);
                }
            }
        }
        self.window.consume(ahead);
        Ok(true)
    }

    /// The rest of `{"Records": [...]` after its list: further members, then `}`.
    fn skip_to_end_of_envelope(&mut self) -> Result<(), Damage> {
        match self.peek_after(b"")? {
            None => self.ends_early("the closing brace is missing"),
            Some(b'}') => {
                self.window.consume(1);
                Ok(())
            }
            Some(_) => {
                let offset = self.window.offset();
                let mut has_more = false;
                let closed = self.skip_balanced(1, &mut |bytes| {
                    has_more |= memchr::memmem::find(bytes, b"\"Records\"").is_some();
                })?;
                if has_more {
                    self.report(offset, "the envelope has a second `Records`, which was not read");
                }
                if closed { Ok(()) } else { self.ends_early("the closing brace is missing") }
            }
        }
    }

    fn ends_early<T>(&self, what: &str) -> Result<T, Damage> {
        let offset = self.window.offset() + self.window.bytes().len() as u64;
        Err(Damage { offset, reason: format!("the text ends early: {what}") })
    }

    /// The elements of a list up to its `]`.
    fn list(&mut self) -> Result<Step, Damage> {
        loop {
            let step = match self.peek_after(b",")? {
                None => return self.ends_early("the list of records is not closed"),
                Some(b']') => {
                    self.window.consume(1);
                    return Ok(Step::Go);
                }
                Some(_) => self.value(Place::List)?,
            };
            if matches!(step, Step::Stop) {
                return Ok(Step::Stop);
            }
        }
    }

    /// One JSON value at the window's start: a record, a digest file, an envelope, or damage.
    fn value(&mut self, place: Place) -> Result<Step, Damage> {
        loop {
            let bytes = self.window.bytes();
            let mut values = serde_json::Deserializer::from_slice(bytes).into_iter::<Probe<'_>>();
            match values.next() {
                Some(Ok(probe)) => {
                    let length = values.byte_offset();
                    let text = bytes.get(..length).unwrap_or_default();
                    let offset = self.window.offset();
                    let flow = if probe.is_digest {
                        (self.sink)(Item::DigestFile)
                    } else if probe.is_envelope {
                        Self::envelope(self.sink, text, offset, &mut self.ordinal)
                    } else if !probe.is_record() {
                        (self.sink)(unreadable(offset, NO_RECORD))
                    } else {
                        self.ordinal += 1;
                        (self.sink)(Item::Record(Record { text, probe, offset, ordinal: self.ordinal }))
                    };
                    self.window.consume(length);
                    return Ok(if flow.is_break() { Step::Stop } else { Step::Go });
                }
                Some(Err(error)) if error.is_eof() => {
                    if self.window.bytes().len() > MAX_RECORD_BYTES {
                        let reason = format!("a record is longer than {MAX_RECORD_BYTES} bytes");
                        return Err(Damage { offset: self.window.offset(), reason });
                    }
                    if self.window.ended() || !self.extend()? {
                        let reason = "the text ends inside a record";
                        return match place {
                            Place::List => {
                                Err(Damage { offset: self.window.offset(), reason: reason.to_owned() })
                            }
                            // A torn line may have swallowed sound ones.
                            Place::Line => self.skip_line(reason),
                        };
                    }
                }
                Some(Err(error)) => return self.skip_damaged(&error, place),
                None => return Ok(Step::Go),
            }
        }
    }

    /// Reports a value that is not a record and goes on behind it.
    fn skip_damaged(&mut self, error: &serde_json::Error, place: Place) -> Result<Step, Damage> {
        let offset = self.window.offset();
        // Sound JSON of another kind (null, a text, a number) is stepped over as a whole.
        let mut other = serde_json::Deserializer::from_slice(self.window.bytes()).into_iter::<IgnoredAny>();
        if matches!(other.next(), Some(Ok(_))) {
            let length = other.byte_offset();
            self.window.consume(length);
            return Ok(self.report(offset, "this is not a record but another JSON value"));
        }
        // serde_json's own text repeats the place in its own terms; ours is the offset.
        let reason = format!("not JSON: {}", error.to_string().split(" at line ").next().unwrap_or_default());
        if matches!(place, Place::List) && self.window.bytes().first() == Some(&b'{') {
            self.window.consume(1);
            let closed = self.skip_balanced(1, &mut |_| {})?;
            let step = self.report(offset, &reason);
            if closed { Ok(step) } else { self.ends_early("a damaged record has no end") }
        } else {
            self.skip_line(&reason)
        }
    }

    fn report(&mut self, offset: u64, reason: &str) -> Step {
        match (self.sink)(Item::Unreadable { offset, reason: reason.to_owned() }) {
            ControlFlow::Continue(()) => Step::Go,
            ControlFlow::Break(()) => Step::Stop,
        }
    }

    /// Reports the window's start and consumes up to the next line that opens a value.
    fn skip_line(&mut self, reason: &str) -> Result<Step, Damage> {
        let offset = self.window.offset();
        loop {
            let bytes = self.window.bytes();
            let opens = |end: &usize| matches!(bytes.get(end + 1), Some(b'{' | b'['));
            if let Some(end) = memchr::memchr_iter(b'\n', bytes).find(opens) {
                self.window.consume(end + 1);
                break;
            }
            // The last byte stays: it may be the line break before such a line.
            let all_but_one = bytes.len().saturating_sub(1);
            self.window.consume(all_but_one);
            if !self.extend()? {
                self.window.consume(self.window.bytes().len());
                break;
            }
        }
        Ok(self.report(offset, reason))
    }

    /// Consumes up to and with the brace that closes `depth` open ones, showing what is skipped. Returns
    /// whether it was found.
    fn skip_balanced(&mut self, mut depth: usize, skipped: &mut dyn FnMut(&[u8])) -> Result<bool, Damage> {
        let (mut in_text, mut escaped) = (false, false);
        loop {
            let mut end = None;
            for (index, &byte) in self.window.bytes().iter().enumerate() {
                match byte {
                    _ if escaped => escaped = false,
                    b'\\' if in_text => escaped = true,
                    // JSON text cannot hold a bare line break: the text was never closed.
                    b'\n' if in_text => in_text = false,
                    b'"' => in_text = !in_text,
                    b'{' if !in_text => depth += 1,
                    b'}' if !in_text => {
                        depth -= 1;
                        if depth == 0 {
                            end = Some(index + 1);
                            break;
                        }
                    }
                    _ => {}
                }
            }
            let consumed = end.unwrap_or(self.window.bytes().len());
            skipped(self.window.bytes().get(..consumed).unwrap_or_default());
            self.window.consume(consumed);
            if end.is_some() {
                return Ok(true);
            }
            if !self.extend()? {
                return Ok(false);
            }
        }
    }

    /// An envelope whose `Records` is not its first member: small enough to be in memory as a whole.
    fn envelope(
        sink: &mut dyn FnMut(Item<'_>) -> ControlFlow<()>,
        text: &[u8],
        offset: u64,
        ordinal: &mut u64,
    ) -> ControlFlow<()> {
        let Ok(Envelope { records }) = serde_json::from_slice(text) else {
            return sink(unreadable(offset, "an envelope whose `Records` cannot be read, or is there twice"));
        };
        for record in records {
            let text = record.get();
            match serde_json::from_str::<Probe<'_>>(text) {
                Ok(probe) if probe.is_record() => {
                    *ordinal += 1;
                    sink(Item::Record(Record { text: text.as_bytes(), probe, offset, ordinal: *ordinal }))?;
                }
                Ok(_) => sink(unreadable(offset, NO_RECORD))?,
                Err(_) => sink(unreadable(offset, "this is not a record but another JSON value"))?,
            }
        }
        ControlFlow::Continue(())
    }
}

/// `{"Records": [...]}` with other members before the list.
#[derive(serde::Deserialize)]
struct Envelope<'a> {
    #[serde(borrow, rename = "Records")]
    records: Vec<&'a serde_json::value::RawValue>,
}

const NO_RECORD: &str =
    "a JSON object that is no CloudTrail record: it has neither `eventName` nor `eventSource`";

/// Reasons are ours, without a word of the text: they are logged.
fn unreadable(offset: u64, reason: &str) -> Item<'static> {
    Item::Unreadable { offset, reason: reason.to_owned() }
}

#[cfg(test)]
mod tests;

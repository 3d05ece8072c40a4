//! A sliding window over a stream of bytes.

use std::io::{BufRead as _, BufReader, ErrorKind, Read};

/// How much is read at a time, where there is so much.
const STEP: usize = 256 * 1024;

/// From this length on a window at least doubles before it is looked at again, so that a record of many
/// megabytes is not scanned anew for every step.
const LONG: usize = 1024 * 1024;

/// The part of a stream that is in memory.
pub(super) struct Window<R> {
    source: BufReader<R>,
    buffer: Vec<u8>,
    start: usize,
    /// Offset in the stream of the first byte of the window.
    offset: u64,
    ended: bool,
}

impl<R: Read> Window<R> {
    pub(super) fn new(source: R) -> Self {
        let source = BufReader::with_capacity(STEP, source);
        Self { source, buffer: Vec::with_capacity(STEP), start: 0, offset: 0, ended: false }
    }

    /// The bytes in memory that are not consumed yet.
    pub(super) fn bytes(&self) -> &[u8] {
        self.buffer.get(self.start..).unwrap_or_default()
    }

    /// Where they stand in the stream.
    pub(super) fn offset(&self) -> u64 {
        self.offset
    }

    /// Whether the stream holds nothing beyond the window.
    pub(super) fn ended(&self) -> bool {
        self.ended
    }

    pub(super) fn consume(&mut self, count: usize) {
        self.start += count;
        self.offset += count as u64;
    }

    /// Reads on with what the stream has to give now, so that a pipe is judged as it comes; returns whether
    /// there was more.
    pub(super) fn extend(&mut self) -> std::io::Result<bool> {
        self.buffer.drain(..self.start);
        self.start = 0;
        let before = self.buffer.len();
        let enough = if before < LONG { before + 1 } else { before * 2 };
        while !self.ended && self.buffer.len() < enough {
            match self.source.fill_buf() {
                Ok([]) => self.ended = true,
                Ok(bytes) => {
                    self.buffer.extend_from_slice(bytes);
                    let count = bytes.len();
                    self.source.consume(count);
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => {
                    self.ended = true;
                    return Err(error);
                }
            }
        }
        Ok(self.buffer.len() > before)
    }

    /// The next byte that is neither white space nor in `also`, without consuming it.
    pub(super) fn peek_after(&mut self, also: &[u8]) -> std::io::Result<Option<u8>> {
        loop {
            let skip = |byte: &u8| byte.is_ascii_whitespace() || also.contains(byte);
            match self.bytes().iter().position(|byte| !skip(byte)) {
                Some(count) => {
                    self.consume(count);
                    return Ok(self.bytes().first().copied());
                }
                None => {
                    let all = self.bytes().len();
                    self.consume(all);
                    if !self.extend()? {
                        return Ok(None);
                    }
                }
            }
        }
    }
}

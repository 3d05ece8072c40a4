//! A sliding window over a stream of bytes.

use std::io::{ErrorKind, Read};

/// How much is read at a time.
const STEP: usize = 256 * 1024;

/// The part of a stream that is in memory.
pub(super) struct Window<R> {
    source: R,
    buffer: Vec<u8>,
    start: usize,
    /// Offset in the stream of the first byte of the window.
    offset: u64,
    ended: bool,
}

impl<R: Read> Window<R> {
    pub(super) fn new(source: R) -> Self {
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

    /// Reads on; returns whether there was more. The window grows when nothing of it was consumed.
    pub(super) fn extend(&mut self) -> std::io::Result<bool> {
        if self.ended {
            return Ok(false);
        }
        self.buffer.drain(..self.start);
        self.start = 0;
        let step = STEP.max(self.buffer.len());
        let read = (&mut self.source).take(step as u64).read_to_end(&mut self.buffer);
        match read {
            Ok(count) => {
                self.ended = count < step;
                Ok(count > 0)
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => Ok(true),
            Err(error) => {
                self.ended = true;
                Err(error)
            }
        }
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

//! Any bytes given as an event file are answered: with records that are JSON, or with where the damage is.

#![no_main]

use std::io::{Read, Write as _};
use std::ops::ControlFlow;

use flate2::Compression;
use flate2::write::GzEncoder;
use libfuzzer_sys::fuzz_target;
use provost_core::events::{Item, read_records};
use serde::de::IgnoredAny;

/// What one reading gave.
#[derive(Debug, Default, PartialEq)]
struct Reading {
    records: Vec<(u64, u64, Vec<u8>)>,
    digest_files: u64,
    damage: Vec<(u64, String)>,
    last_offset: u64,
}

fn read(source: impl Read) -> Reading {
    let mut reading = Reading::default();
    let mut before = 0;
    read_records(source, &mut |item| {
        match item {
            Item::Record(record) => {
                let sound = serde_json::from_slice::<IgnoredAny>(record.text);
                assert!(
                    sound.is_ok(),
                    "a record that is not JSON: {:?}",
                    String::from_utf8_lossy(record.text)
                );
                assert_eq!(record.ordinal, reading.records.len() as u64 + 1, "records are counted from 1");
                assert!(record.offset >= before, "offset {} after {before}", record.offset);
                before = record.offset;
                reading.records.push((record.ordinal, record.offset, record.text.to_vec()));
            }
            Item::DigestFile => reading.digest_files += 1,
            Item::Unreadable { offset, reason } => {
                assert!(offset >= before, "offset {offset} after {before}");
                assert!(!reason.is_empty(), "damage without a reason");
                before = offset;
                reading.damage.push((offset, reason));
            }
        }
        ControlFlow::Continue(())
    });
    reading.last_offset = before;
    reading
}

/// Hands out a few bytes at a time, as a pipe may.
struct Piecemeal<'a> {
    rest: &'a [u8],
    piece: usize,
}

impl Read for Piecemeal<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let length = self.piece.min(self.rest.len()).min(buffer.len());
        let (now, later) = self.rest.split_at(length);
        buffer[..length].copy_from_slice(now);
        self.rest = later;
        Ok(length)
    }
}

fuzz_target!(|bytes: &[u8]| {
    let whole = read(bytes);
    if !bytes.starts_with(&[0x1f, 0x8b]) {
        assert!(whole.last_offset <= bytes.len() as u64, "an offset behind the end of the input");
        // Compressed or not, it is the same file.
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(bytes).expect("a Vec takes all bytes");
        let compressed = encoder.finish().expect("a Vec takes all bytes");
        let unpacked = read(compressed.as_slice());
        // Where damage begins and what it looks like may depend on how the bytes arrive; that there is some does not.
        assert_eq!(unpacked.damage.is_empty(), whole.damage.is_empty(), "gzip hides or makes damage");
        if whole.damage.is_empty() {
            assert_eq!(unpacked, whole, "gzip changes what is read");
        }
    }
    if whole.damage.is_empty() {
        // What is sound reads the same however it arrives.
        let piece = 1 + bytes.len() % 7;
        assert_eq!(
            read(Piecemeal { rest: bytes, piece }),
            whole,
            "pieces of {piece} bytes change what is read"
        );
    }
});

//! A zip of executables, the same bytes for the same programs.
//!
//! Lambda compares the digest of what is uploaded; a date or a mode that differs from build to build would be an
//! update of the function each time. The structures are those of
//! <https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT>, looked at 2026-11-22.

use std::io::Write as _;

use anyhow::Context as _;
use flate2::write::DeflateEncoder;
use flate2::{Compression, Crc};

/// 1980-01-01, the first day a zip knows.
const DATE: u16 = 1 << 5 | 1;

/// Made by version 3.0 of the format, on Unix: the attributes of entries are modes.
const MADE_BY_UNIX: u16 = 3 << 8 | 30;

/// Whoever unpacks must know directories and deflate.
const NEEDS: u16 = 20;

/// Deflated.
const METHOD: u16 = 8;

/// A file that everybody may read and run, and its owner write.
const MODE: u32 = 0o100_755 << 16;

/// A file to pack.
pub(crate) struct Executable<'p> {
    /// Its name in the zip.
    pub(crate) name: &'p str,
    /// What is in it.
    pub(crate) bytes: &'p [u8],
}

/// Packs them in the order given.
///
/// # Errors
/// When something is too large for a zip of the old kind: 4 GB, 65,535 files.
pub(crate) fn zip(files: &[Executable<'_>]) -> anyhow::Result<Vec<u8>> {
    let mut packed = Vec::new();
    let mut directory = Vec::new();
    for file in files {
        let at = number(packed.len())?;
        let entry = entry(file)?;
        packed.extend(b"PK\x03\x04");
        packed.extend(&entry.head);
        packed.extend(file.name.as_bytes());
        packed.extend(&entry.deflated);

        directory.extend(b"PK\x01\x02");
        directory.extend(MADE_BY_UNIX.to_le_bytes());
        directory.extend(&entry.head);
        // No comment, the first disk, no internal attributes.
        directory.extend([0; 6]);
        directory.extend(MODE.to_le_bytes());
        directory.extend(at.to_le_bytes());
        directory.extend(file.name.as_bytes());
    }
    let (at, length) = (number(packed.len())?, number(directory.len())?);
    let count = u16::try_from(files.len()).context("too many files for a zip")?;
    packed.extend(directory);
    packed.extend(b"PK\x05\x06");
    // This disk and that of the directory: the first.
    packed.extend([0; 4]);
    packed.extend(count.to_le_bytes());
    packed.extend(count.to_le_bytes());
    packed.extend(length.to_le_bytes());
    packed.extend(at.to_le_bytes());
    // No comment.
    packed.extend([0; 2]);
    Ok(packed)
}

/// A file as it is packed.
struct Entry {
    /// What stands both before the file and in the directory.
    head: Vec<u8>,
    deflated: Vec<u8>,
}

fn entry(file: &Executable<'_>) -> anyhow::Result<Entry> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(file.bytes)?;
    let deflated = encoder.finish()?;
    let mut crc = Crc::new();
    crc.update(file.bytes);
    let mut head = Vec::new();
    head.extend(NEEDS.to_le_bytes());
    // No flags: sizes are known, names are ASCII.
    head.extend(0_u16.to_le_bytes());
    head.extend(METHOD.to_le_bytes());
    // Midnight.
    head.extend(0_u16.to_le_bytes());
    head.extend(DATE.to_le_bytes());
    head.extend(crc.sum().to_le_bytes());
    head.extend(number(deflated.len())?.to_le_bytes());
    head.extend(number(file.bytes.len())?.to_le_bytes());
    head.extend(u16::try_from(file.name.len()).context("too long a name for a zip")?.to_le_bytes());
    // No extra fields.
    head.extend(0_u16.to_le_bytes());
    Ok(Entry { head, deflated })
}

fn number(length: usize) -> anyhow::Result<u32> {
    u32::try_from(length).context("too large for a zip")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test stops at the first thing that is not as it should be")]

    use std::process::Command;

    use super::*;
    use crate::process::output;
    use crate::scratch::Scratch;

    const READER: &str = r#"
import stat, sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as packed:
    assert packed.testzip() is None
    for entry in packed.infolist():
        mode = stat.filemode(entry.external_attr >> 16)
        print(entry.filename, mode, entry.date_time[:3], packed.read(entry).decode())
"#;

    #[test]
    fn another_reader_finds_what_was_packed() {
        if !crate::process::succeeds(Command::new("python3").arg("--version")) {
            println!("SKIPPED the zip: python3, which reads it, is not here");
            return;
        }
        let files = [
            Executable { name: "bootstrap", bytes: b"#!/bin/sh" },
            Executable { name: "b/empty", bytes: b"" },
        ];
        let packed = zip(&files).unwrap();
        assert_eq!(packed, zip(&files).unwrap());
        let scratch = Scratch::new().unwrap();
        let path = scratch.path().join("packed.zip");
        std::fs::write(&path, packed).unwrap();
        let said = output(Command::new("python3").args(["-c", READER]).arg(&path)).unwrap();
        assert_eq!(said, "bootstrap -rwxr-xr-x (1980, 1, 1) #!/bin/sh\nb/empty -rwxr-xr-x (1980, 1, 1) \n");
    }
}

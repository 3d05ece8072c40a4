//! Which versions of the C library a program needs, read from the program itself.
//!
//! A program linked here may ask for symbols that the C library of the system it is handed out to does not have
//! yet; it then ends before its first instruction. The sections read are those of the Linux Standard Base:
//! <https://refspecs.linuxbase.org/LSB_5.0.0/LSB-Core-generic/LSB-Core-generic/symversion.html>, looked at
//! 2026-11-22.

use anyhow::{Context as _, ensure};

/// A version of the C library.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Version(pub(crate) u32, pub(crate) u32);

impl std::fmt::Display for Version {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "GLIBC_{}.{}", self.0, self.1)
    }
}

impl Version {
    /// Of `GLIBC_2.2.5`, 2.2: the third number never decided anything since.
    fn parse(text: &str) -> Option<Self> {
        let mut numbers = text.strip_prefix("GLIBC_")?.split('.');
        Some(Self(numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
    }
}

/// A version that is needed, and for which symbols.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Need {
    pub(crate) version: Version,
    pub(crate) symbols: Vec<String>,
}

impl std::fmt::Display for Need {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} for {}", self.version, self.symbols.join(" "))
    }
}

// Types of sections.
const DYNAMIC_SYMBOLS: u32 = 11;
const VERSIONS_NEEDED: u32 = 0x6fff_fffe;
const VERSIONS_OF_SYMBOLS: u32 = 0x6fff_ffff;

/// The bit of a symbol's version that says it is hidden.
const HIDDEN: u16 = 0x8000;

/// A section: what it is, where its strings are, and its bytes.
struct Section<'e> {
    kind: u32,
    link: usize,
    bytes: &'e [u8],
}

/// The versions of the C library that a program needs, in no particular order; none for one that is linked
/// statically.
pub(crate) fn needs(elf: &[u8]) -> anyhow::Result<Vec<Need>> {
    let sections = sections(elf)?;
    let of_kind = |kind| sections.iter().find(|section| section.kind == kind);
    let Some(needed) = of_kind(VERSIONS_NEEDED) else { return Ok(Vec::new()) };
    let strings = |section: &Section<'_>| {
        sections.get(section.link).map(|strings| strings.bytes).context("a section without its strings")
    };
    let names = strings(needed)?;
    let mut needs: Vec<(u16, Need)> = Vec::new();
    let mut library = 0;
    loop {
        let at = |offset| library + offset;
        let mut version = library + u32_at(needed.bytes, at(8))?;
        for _ in 0..u16_at(needed.bytes, at(2))? {
            let index = u16_at(needed.bytes, version + 6)? & !HIDDEN;
            let name = text_at(names, u32_at(needed.bytes, version + 8)?)?;
            if let Some(version) = Version::parse(name) {
                needs.push((index, Need { version, symbols: Vec::new() }));
            } else {
                // `GLIBC_ABI_DT_RELR` and its kin are no numbers, and new.
                ensure!(!name.starts_with("GLIBC_ABI"), "it needs `{name}` of the C library");
            }
            version += u32_at(needed.bytes, version + 12)?;
        }
        match u32_at(needed.bytes, at(12))? {
            0 => break,
            next => library += next,
        }
    }
    let symbols = of_kind(DYNAMIC_SYMBOLS).context("no dynamic symbols")?;
    let versions = of_kind(VERSIONS_OF_SYMBOLS).context("no versions of symbols")?;
    let names = strings(symbols)?;
    for (number, symbol) in symbols.bytes.chunks_exact(24).enumerate() {
        let index = u16_at(versions.bytes, number * 2)? & !HIDDEN;
        if let Some((_, need)) = needs.iter_mut().find(|(known, _)| *known == index) {
            need.symbols.push(text_at(names, u32_at(symbol, 0)?)?.to_owned());
        }
    }
    Ok(needs.into_iter().map(|(_, need)| need).collect())
}

/// The sections of a 64-bit little-endian program: x86-64 and arm64 on Linux.
fn sections(elf: &[u8]) -> anyhow::Result<Vec<Section<'_>>> {
    ensure!(elf.starts_with(b"\x7fELF\x02\x01"), "it is no 64-bit little-endian ELF");
    let table = u64_at(elf, 0x28)?;
    let entry = usize::from(u16_at(elf, 0x3a)?);
    let count = usize::from(u16_at(elf, 0x3c)?);
    let sections = (0..count).map(|number| {
        let at = table + number * entry;
        let kind = u32::try_from(u32_at(elf, at + 4)?)?;
        let (offset, size) = (u64_at(elf, at + 0x18)?, u64_at(elf, at + 0x20)?);
        // A section of zeros (type 8) has a size and no bytes.
        let bytes = if kind == 8 { None } else { elf.get(offset..offset.saturating_add(size)) };
        Ok(Section { kind, link: u32_at(elf, at + 0x28)?, bytes: bytes.unwrap_or_default() })
    });
    sections.collect()
}

fn bytes_at<const N: usize>(bytes: &[u8], at: usize) -> anyhow::Result<[u8; N]> {
    let found = bytes.get(at..at.saturating_add(N)).and_then(|found| found.try_into().ok());
    found.with_context(|| format!("it ends before byte {at}"))
}

fn u16_at(bytes: &[u8], at: usize) -> anyhow::Result<u16> {
    Ok(u16::from_le_bytes(bytes_at(bytes, at)?))
}

fn u32_at(bytes: &[u8], at: usize) -> anyhow::Result<usize> {
    Ok(usize::try_from(u32::from_le_bytes(bytes_at(bytes, at)?))?)
}

fn u64_at(bytes: &[u8], at: usize) -> anyhow::Result<usize> {
    Ok(usize::try_from(u64::from_le_bytes(bytes_at(bytes, at)?))?)
}

/// The text that begins there and ends with a zero.
fn text_at(strings: &[u8], at: usize) -> anyhow::Result<&str> {
    let text = strings.get(at..).and_then(|rest| rest.split(|byte| *byte == 0).next());
    Ok(std::str::from_utf8(text.context("a name outside of its strings")?)?)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test stops at the first thing that is not as it should be")]

    use super::*;

    #[test]
    fn versions_compare_as_numbers() {
        let parse = |text| Version::parse(text).unwrap();
        assert!(parse("GLIBC_2.9") < parse("GLIBC_2.34") && parse("GLIBC_2.36") > Version(2, 34));
        assert_eq!(parse("GLIBC_2.2.5"), Version(2, 2));
        assert_eq!(Version::parse("GCC_3.0"), None);
        assert_eq!(Version::parse("GLIBC_PRIVATE"), None);
    }

    /// This test is such a program itself.
    #[cfg(all(
        target_os = "linux",
        target_env = "gnu",
        target_endian = "little",
        target_pointer_width = "64"
    ))]
    #[test]
    fn what_a_program_needs_is_read_with_the_symbols() {
        let program = std::fs::read(std::env::current_exe().unwrap()).unwrap();
        let needs = needs(&program).unwrap();
        let main = "__libc_start_main".to_owned();
        assert!(needs.iter().any(|need| need.symbols.contains(&main)), "{needs:?}");
        assert!(
            needs.iter().all(|need| need.version > Version(2, 0) && !need.symbols.is_empty()),
            "{needs:?}"
        );
        for cut in [0, 5, 64, program.len() / 2] {
            assert!(super::needs(program.get(..cut).unwrap()).is_err(), "cut at {cut}");
        }
    }
}

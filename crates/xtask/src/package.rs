//! `cargo xtask package`: the program and the Lambda function as they are handed out.

mod glibc;
mod zip;

use std::io::Write as _;
use std::path::Path;

use anyhow::Context as _;
use flate2::Compression;
use flate2::write::GzEncoder;

use crate::process::{cargo, run, target_directory};

/// The profile of what is handed out, and the folder cargo puts it in.
const PROFILE: &str = "dist";

/// What Lambda looks for in the zip, and runs.
const BOOTSTRAP: &str = "bootstrap";

/// The C library of Lambda's `provided.al2023`.
/// <https://docs.aws.amazon.com/linux/al2023/ug/compare-with-al2.html>, looked at 2026-11-22.
const GLIBC_OF_LAMBDA: glibc::Version = glibc::Version(2, 34);

/// The command.
pub(crate) fn package() -> anyhow::Result<bool> {
    let folder = target_directory()?.join(PROFILE);
    Ok(program(&folder)? && function(&folder)?)
}

/// The program people start.
fn program(folder: &Path) -> anyhow::Result<bool> {
    if !run(&mut cargo(&["build", "--profile", PROFILE, "--locked", "-p", "provost"]))? {
        return Ok(false);
    }
    let path = folder.join(format!("provost{}", std::env::consts::EXE_SUFFIX));
    let program = read(&path)?;
    // Whoever downloads it asks for this size.
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    gzip.write_all(&program)?;
    let compressed = gzip.finish()?;
    println!("{}: {}, {} gzipped", path.display(), size(program.len()), size(compressed.len()));
    Ok(true)
}

/// The function Lambda starts, for the architecture of this machine.
fn function(folder: &Path) -> anyhow::Result<bool> {
    if std::env::consts::OS != "linux" {
        println!("SKIPPED the Lambda function: Lambda runs Linux, and a program for it is built on Linux");
        return Ok(true);
    }
    if !run(&mut cargo(&["build", "--profile", PROFILE, "--locked", "-p", "provost-lambda"]))? {
        return Ok(false);
    }
    let path = folder.join(BOOTSTRAP);
    let program = read(&path)?;
    let needs = glibc::needs(&program).with_context(|| format!("read `{}` as ELF", path.display()))?;
    let newer: Vec<String> =
        needs.iter().filter(|need| need.version > GLIBC_OF_LAMBDA).map(ToString::to_string).collect();
    anyhow::ensure!(
        newer.is_empty(),
        "`{}` needs a newer C library than Lambda's {GLIBC_OF_LAMBDA}: {}; build it on an older system",
        path.display(),
        newer.join(", ")
    );
    let newest = needs.iter().map(|need| need.version).max();
    println!(
        "{}: {}, needs {} (Lambda has {GLIBC_OF_LAMBDA}), {}",
        path.display(),
        size(program.len()),
        newest.map_or_else(|| "no GLIBC".to_owned(), |version| version.to_string()),
        std::env::consts::ARCH,
    );
    let packed = zip::zip(&[zip::Executable { name: BOOTSTRAP, bytes: &program }])?;
    let path = folder.join("provost-lambda.zip");
    std::fs::write(&path, &packed).with_context(|| format!("write `{}`", path.display()))?;
    println!("{}: {}", path.display(), size(packed.len()));
    Ok(true)
}

fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    std::fs::read(path).with_context(|| format!("read `{}`", path.display()))
}

/// `12.3 MB`.
fn size(bytes: usize) -> String {
    format!("{}.{} MB", bytes / 1_000_000, bytes / 100_000 % 10)
}

#[cfg(test)]
mod tests {
    use super::size;

    #[test]
    fn sizes_are_read_at_a_glance() {
        assert_eq!([size(12_345_678), size(99_999), size(1_000_000)], ["12.3 MB", "0.0 MB", "1.0 MB"]);
    }
}

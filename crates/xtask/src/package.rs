//! `cargo xtask package`: the program as it is handed out.

use std::io::Write;

use anyhow::Context as _;
use flate2::Compression;
use flate2::write::GzEncoder;

use crate::process::{cargo, run, target_directory};

/// The command.
pub(crate) fn package() -> anyhow::Result<bool> {
    if !run(&mut cargo(&["build", "--profile", "dist", "--locked", "-p", "provost"]))? {
        return Ok(false);
    }
    let name = format!("provost{}", std::env::consts::EXE_SUFFIX);
    let path = target_directory()?.join("dist").join(name);
    let program = std::fs::read(&path).with_context(|| format!("read `{}`", path.display()))?;
    // Whoever downloads it asks for this size.
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    gzip.write_all(&program)?;
    let compressed = gzip.finish()?;
    println!("{}: {}, {} gzipped", path.display(), size(program.len()), size(compressed.len()));
    Ok(true)
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

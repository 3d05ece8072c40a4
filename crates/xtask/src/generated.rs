//! Generated data: compressed and written the same way by every generator.

use std::io::Write as _;
use std::path::Path;

use anyhow::Context as _;
use flate2::Compression;
use flate2::write::GzEncoder;

use crate::process::root;

/// As gzip, without a time, so that the same text gives the same bytes.
pub(crate) fn compress(text: &str) -> anyhow::Result<Vec<u8>> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    gzip.write_all(text.as_bytes())?;
    Ok(gzip.finish()?)
}

/// Writes a file, makes its folder if need be, and says how large it is.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).with_context(|| format!("make the folder `{}`", folder.display()))?;
    }
    std::fs::write(path, bytes).with_context(|| format!("write `{}`", path.display()))?;
    println!("{}: {} bytes", path.strip_prefix(root()).unwrap_or(path).display(), bytes.len());
    Ok(())
}

//! Writing to standard output and to files.

use std::fs::File;
use std::io::{BufWriter, ErrorKind, IsTerminal as _, Write};
use std::path::Path;

use anyhow::Context as _;
use provost_core::render::Style;

/// Standard output. When whoever reads it goes away (`| head`), what remains is written nowhere and the
/// job still does its work.
#[derive(Debug)]
pub(crate) struct Stdout {
    inner: BufWriter<std::io::Stdout>,
    gone: bool,
}

impl Stdout {
    pub(crate) fn new() -> Self {
        Self { inner: BufWriter::new(std::io::stdout()), gone: false }
    }

    fn forgive<T>(&mut self, result: std::io::Result<T>, otherwise: T) -> std::io::Result<T> {
        match result {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => {
                self.gone = true;
                Ok(otherwise)
            }
            other => other,
        }
    }
}

impl Write for Stdout {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if self.gone {
            return Ok(bytes.len());
        }
        let written = self.inner.write(bytes);
        self.forgive(written, bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        if self.gone {
            return Ok(());
        }
        let flushed = self.inner.flush();
        self.forgive(flushed, ())
    }
}

impl Drop for Stdout {
    fn drop(&mut self) {
        let _ = self.flush();
    }
}

/// How standard output can be written to.
pub(crate) fn style() -> Style {
    let terminal = std::io::stdout().is_terminal();
    let colour = terminal && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let columns = std::env::var("COLUMNS").ok().and_then(|text| text.parse().ok());
    Style { colour, width: terminal.then(|| columns.unwrap_or(120)) }
}

/// Writes a file so that it is there whole or not at all.
pub(crate) fn write_file(
    path: &Path,
    write: impl FnOnce(&mut BufWriter<&File>) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let named = || format!("write `{}`", path.display());
    let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder).with_context(named)?;
    let file = tempfile::Builder::new().prefix(".provost-").tempfile_in(folder).with_context(named)?;
    let mut output = BufWriter::new(file.as_file());
    write(&mut output).with_context(named)?;
    output.flush().with_context(named)?;
    drop(output);
    readable(file.as_file()).with_context(named)?;
    file.persist(path).with_context(named)?;
    Ok(())
}

/// Reports are to be handed on: like any file one makes, not private like the store.
#[cfg(unix)]
fn readable(file: &File) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    file.set_permissions(std::fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn readable(_: &File) -> std::io::Result<()> {
    Ok(())
}

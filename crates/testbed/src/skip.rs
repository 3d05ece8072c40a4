//! What tests leave out, said so that nobody takes it for done.

use std::io::Write as _;

/// Says on standard error, and to the test command, that a test is left out, and why.
///
/// `what` is what the test command counts by (`AWS emulator`); it contains no `: `.
#[expect(clippy::print_stderr, reason = "whoever reads the output of a test must see what it did not do")]
pub fn skip(what: &str, reason: &str) {
    tell(what, reason);
    eprintln!("SKIPPED {what}: {reason}");
}

/// Says to the test command that a test that can be left out ran.
pub fn ran(what: &str) {
    tell(what, "ran");
}

/// The test command names a file in `PROVOST_SKIPS` and reads a line for each test from it.
fn tell(what: &str, state: &str) {
    if let Some(path) = std::env::var_os("PROVOST_SKIPS") {
        let line = format!("{what}: {}\n", state.replace(['\r', '\n'], " "));
        let file = std::fs::OpenOptions::new().append(true).create(true).open(path);
        // In one piece, because other tests write to the same file at the same time.
        let written = file.and_then(|mut file| file.write_all(line.as_bytes()));
        written.expect("the file that PROVOST_SKIPS names can be written");
    }
}

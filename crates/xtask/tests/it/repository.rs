//! The repository, as its tests see it.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Its root.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap()
}

/// The text of a file, its path seen from the root.
pub(crate) fn text(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// What a command says when it is started in the root.
pub(crate) fn output(program: &str, args: &[&str]) -> String {
    let output = Command::new(program).args(args).current_dir(root()).output().unwrap();
    assert!(output.status.success(), "{program} {args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// What cargo says.
pub(crate) fn cargo(args: &[&str]) -> String {
    output(env!("CARGO"), args)
}

/// Every file that git knows or would add, seen from the root, in order.
///
/// Without git (a source archive), every file but what is built.
pub(crate) fn files() -> Vec<String> {
    let git = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
    let mut files = match Command::new("git").args(git).current_dir(root()).output() {
        Ok(output) if output.status.success() => {
            let listed = String::from_utf8(output.stdout).unwrap();
            let there = listed.split_terminator('\0').filter(|path| root().join(path).is_file());
            there.map(str::to_owned).collect()
        }
        Ok(_) | Err(_) => {
            let mut files = Vec::new();
            walk(root(), &mut files);
            files
        }
    };
    files.sort();
    files.dedup();
    assert!(files.len() > 100, "{} files are not this repository", files.len());
    files
}

fn walk(folder: &Path, files: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_file() {
            let inside: PathBuf = path.strip_prefix(root()).unwrap().to_owned();
            files.push(inside.to_string_lossy().replace('\\', "/"));
        } else if ![".git", "target", ".provost", "provost-demo", "corpus", "artifacts"]
            .contains(&name.as_str())
        {
            walk(&path, files);
        }
    }
}

/// The problems of every file, each as a line; none is what a tidy test wants to see.
pub(crate) fn assert_none(problems: &[String]) {
    assert!(problems.is_empty(), "\n{}\n", problems.join("\n"));
}

/// Says aloud that a test did not run, and why.
pub(crate) fn skipped(what: &str, reason: &str) {
    eprintln!("SKIPPED {what}: {reason}");
    if let Some(path) = std::env::var_os("PROVOST_SKIPS") {
        let mut file = std::fs::OpenOptions::new().append(true).create(true).open(path).unwrap();
        writeln!(file, "{what}: {reason}").unwrap();
    }
}

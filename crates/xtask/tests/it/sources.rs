//! How source files are named, begun and sized, and what no file may say.

use crate::repository::{assert_none, files, root, text};

/// A file longer than this says why.
const LONG: usize = 700;

#[test]
fn no_source_file_is_long_without_a_reason() {
    let mut problems = Vec::new();
    for path in files().iter().filter(|path| path.ends_with(".rs")) {
        let text = text(path);
        let lines = text.lines().count();
        let has_reason = text.lines().any(|line| {
            line.strip_prefix("//! Long because: ").is_some_and(|reason| !reason.trim().is_empty())
        });
        if lines > LONG && !has_reason {
            problems
                .push(format!("{path} has {lines} lines: look for a seam, or say `//! Long because: ...`"));
        }
    }
    assert_none(&problems);
}

#[test]
fn files_are_named_after_their_idea() {
    let nameless = ["utils.rs", "util.rs", "helpers.rs", "helper.rs", "common.rs", "shared.rs", "misc.rs"];
    let is_nameless = |path: &&String| path.rsplit('/').next().is_some_and(|name| nameless.contains(&name));
    let problems: Vec<String> =
        files().iter().filter(is_nameless).map(|path| format!("{path} is named after nothing")).collect();
    assert_none(&problems);
}

#[test]
fn source_files_begin_with_why_they_exist() {
    let mut problems = Vec::new();
    for path in files() {
        let parts: Vec<&str> = path.split('/').collect();
        let ["crates", _, "src", .., name] = parts.as_slice() else { continue };
        if name.ends_with(".rs") && *name != "tests.rs" && !text(&path).starts_with("//! ") {
            problems.push(format!("{path} does not begin with `//! `"));
        }
    }
    assert_none(&problems);
}

#[test]
fn nothing_names_the_machine_it_was_written_on() {
    // In two parts, so that this file is none of those it looks for.
    let needles: [&[u8]; 4] = [
        concat!("/wo", "rk/main").as_bytes(),
        concat!("/wo", "rk/shared").as_bytes(),
        concat!("/ro", "ot/").as_bytes(),
        concat!("/home/", "runner").as_bytes(),
    ];
    let mut problems = Vec::new();
    for path in files() {
        let bytes = std::fs::read(root().join(&path)).unwrap();
        for needle in needles {
            if bytes.windows(needle.len()).any(|window| window == needle) {
                problems.push(format!("{path} contains {}", String::from_utf8_lossy(needle)));
            }
        }
    }
    assert_none(&problems);
}

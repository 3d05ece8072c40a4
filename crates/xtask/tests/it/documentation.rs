//! Documentation names only what exists.

use std::collections::BTreeSet;
use std::path::Path;

use crate::repository::{assert_none, files, root, text};

/// A name in back-ticks that begins so is a path of the repository.
const FOLDERS: [&str; 9] =
    ["crates/", "catalog/", "docs/", "examples/", "fixtures/", "fuzz/", ".ci/", ".cargo/", ".github/"];

/// So is one of these.
const ROOT_FILES: [&str; 10] = [
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE",
    "README.md",
    "SECURITY.md",
    "clippy.toml",
    "deny.toml",
    "rustfmt.toml",
];

/// Every page. The changelog tells of the past, in which other files existed.
fn pages() -> Vec<String> {
    files().into_iter().filter(|path| path.ends_with(".md") && path != "CHANGELOG.md").collect()
}

/// A page without its blocks of code, line by line with numbers from 1.
fn prose(text: &str) -> Vec<(usize, &str)> {
    let mut in_block = false;
    let mut lines = Vec::new();
    for (index, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            in_block = !in_block;
        } else if !in_block {
            lines.push((index + 1, line));
        }
    }
    lines
}

/// What stands in back-ticks, and what stands outside of them.
fn split_code(line: &str) -> (Vec<&str>, String) {
    let parts: Vec<&str> = line.split('`').collect();
    let code = parts.iter().skip(1).step_by(2).copied().collect();
    let outside = parts.iter().step_by(2).copied().collect::<Vec<_>>().join("``");
    (code, outside)
}

fn is_path(name: &str) -> bool {
    let is_pattern = name.contains(['<', '>', '*', '{', '}', '$', ' ', '…']) || name.contains("...");
    !is_pattern && (FOLDERS.iter().any(|folder| name.starts_with(folder)) || ROOT_FILES.contains(&name))
}

/// The targets of `[text](target)`.
fn links(outside: &str) -> Vec<&str> {
    let targets = outside.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    let is_relative =
        |target: &&str| !target.contains("://") && !target.starts_with('#') && !target.starts_with("mailto:");
    targets.map(|target| target.split([' ', '#']).next().unwrap_or_default()).filter(is_relative).collect()
}

#[test]
fn every_path_it_names_exists() {
    let mut problems = Vec::new();
    let mut count = 0;
    for page in pages() {
        for (number, line) in prose(&text(&page)) {
            let (code, outside) = split_code(line);
            for name in code.into_iter().filter(|name| is_path(name)) {
                count += 1;
                // Whether there is a README is the last test's question.
                if !root().join(name).exists() && name != "README.md" {
                    problems.push(format!("{page}:{number}: `{name}` does not exist"));
                }
            }
            for target in links(&outside) {
                count += 1;
                let from = Path::new(&page).parent().unwrap_or(Path::new(""));
                if !root().join(from).join(target).exists() {
                    problems.push(format!("{page}:{number}: the link to {target} leads nowhere"));
                }
            }
        }
    }
    assert!(count > 50, "{count} paths and links");
    assert_none(&problems);
}

#[test]
fn paths_and_links_are_told_from_other_text() {
    let line = "see `crates/core`, `catalog/<id>.yaml`, `cargo test` and [a page](guides/a.md#part), [b](https://b) `[c](d)`";
    let (code, outside) = split_code(line);
    assert_eq!(code.into_iter().filter(|name| is_path(name)).collect::<Vec<_>>(), ["crates/core"]);
    assert_eq!(links(&outside), ["guides/a.md"]);
    assert_eq!(prose("a\n```bash\nb\n```\nc"), [(1, "a"), (5, "c")]);
}

/// `docs/architecture.md` says which test holds what; the tests must be there.
#[test]
fn every_test_the_architecture_names_exists() {
    let sources: String = files()
        .iter()
        .filter(|path| path.ends_with(".rs"))
        .map(|path| text(path))
        .collect::<Vec<_>>()
        .join("\n");
    let functions: BTreeSet<&str> = sources
        .split("fn ")
        .skip(1)
        .map(|rest| {
            rest.split(|letter: char| !letter.is_alphanumeric() && letter != '_').next().unwrap_or_default()
        })
        .collect();
    let mut problems = Vec::new();
    let mut count = 0;
    for (number, line) in prose(&text("docs/architecture.md")) {
        let Some((_, holders)) = line.split_once("Held by ") else { continue };
        for name in split_code(holders).0.into_iter().filter(|name| !name.contains(['/', '.'])) {
            count += 1;
            if !functions.contains(name) {
                problems.push(format!("docs/architecture.md:{number}: there is no test `{name}`"));
            }
        }
    }
    assert!(count > 10, "{count} tests are named");
    assert_none(&problems);
}

/// One line of reason for each direct dependency, as `docs/decisions/dependencies.md` promises.
#[test]
fn every_direct_dependency_has_its_reason() {
    let manifest = text("Cargo.toml");
    let wanted: BTreeSet<&str> = manifest
        .lines()
        .skip_while(|line| *line != "[workspace.dependencies]")
        .skip(1)
        .take_while(|line| !line.starts_with('['))
        .filter_map(|line| line.split_once(" = "))
        .map(|(name, _)| name)
        .filter(|name| !name.starts_with("provost-"))
        .collect();
    let page = text("docs/decisions/dependencies.md");
    let given: BTreeSet<&str> = page
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once("` | "))
        .map(|(name, _)| name)
        .collect();
    assert!(wanted.len() > 10);
    assert_eq!(given, wanted, "left: docs/decisions/dependencies.md, right: Cargo.toml");
}

#[test]
fn the_front_page_is_there() {
    assert!(root().join("README.md").is_file());
}

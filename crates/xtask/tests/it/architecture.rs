//! The arrows between crates are those of the table in `docs/architecture.md`, and what thinks touches nothing.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::repository::{assert_none, cargo, text};

type Arrows = BTreeMap<String, BTreeSet<String>>;

/// Crates that reach files, networks, processes or runtimes; a name ending in `*` stands for all that begin so.
const WORLD: [&str; 18] = [
    "async-std",
    "aws-*",
    "curl",
    "curl-sys",
    "hyper",
    "libsqlite3-sys",
    "mio",
    "mysql*",
    "nix",
    "postgres*",
    "reqwest",
    "rusqlite",
    "rustls",
    "smol",
    "socket2",
    "tokio*",
    "ureq",
    "walkdir",
];

fn metadata() -> Value {
    serde_json::from_str(&cargo(&["metadata", "--no-deps", "--offline", "--format-version", "1"])).unwrap()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap()
}

/// The arrows in the manifests. One for tests or builds is an arrow as well.
fn in_manifests(metadata: &Value) -> Arrows {
    let name = |value: &Value| value["name"].as_str().unwrap().to_owned();
    let ours: BTreeSet<String> = list(&metadata["packages"]).iter().map(name).collect();
    let arrows = |package: &Value| {
        let all: BTreeSet<String> = list(&package["dependencies"]).iter().map(name).collect();
        (name(package), all.intersection(&ours).cloned().collect())
    };
    list(&metadata["packages"]).iter().map(arrows).collect()
}

/// The table whose first column is headed `crate` and whose second is headed `may depend on`.
fn in_table(document: &str) -> Arrows {
    let rows = document.lines().skip_while(|line| !line.starts_with("| crate | may depend on |"));
    let rows = rows.skip(2).take_while(|line| line.starts_with('|'));
    let names = |cell: &str| cell.split('`').skip(1).step_by(2).map(str::to_owned).collect::<BTreeSet<_>>();
    let arrows = rows.map(|row| {
        let cells: Vec<&str> = row.split('|').collect();
        let crates = names(cells[1]);
        assert_eq!(crates.len(), 1, "one crate in the first column of: {row}");
        (crates.into_iter().next().unwrap(), names(cells[2]))
    });
    arrows.collect()
}

#[test]
fn the_arrows_are_those_of_the_table() {
    let arrows = in_manifests(&metadata());
    assert!(arrows.len() > 5);
    assert_eq!(
        in_table(&text("docs/architecture.md")),
        arrows,
        "left: docs/architecture.md, right: the manifests. A new arrow is a design change."
    );
}

#[test]
fn the_table_is_read_as_it_is_written() {
    let table = "text\n| crate | may depend on | held by |\n| --- | --- | --- |\n\
                 | `a` | nothing of ours | `x` |\n| `b` | `a`, `c` | |\n\n| `d` | `a` | |\n";
    let set = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<BTreeSet<String>>();
    let expect = [("a".to_owned(), set(&[])), ("b".to_owned(), set(&["a", "c"]))];
    assert_eq!(in_table(table), Arrows::from(expect));
}

/// Not even through others.
#[test]
fn what_thinks_reaches_nothing_of_the_world() {
    let mut problems = Vec::new();
    for thinking in ["provost-iam", "provost-core"] {
        let tree = [
            "tree",
            "--locked",
            "--offline",
            "-p",
            thinking,
            "-e",
            "normal",
            "--prefix",
            "none",
            "-f",
            "{p}",
        ];
        let tree = cargo(&tree);
        let reached: BTreeSet<&str> = tree.lines().filter_map(|line| line.split(' ').next()).collect();
        assert!(reached.contains("serde_json"), "{thinking}: {tree}");
        for name in reached {
            let is_it = |world: &&&str| match world.strip_suffix('*') {
                Some(beginning) => name.starts_with(beginning),
                None => name == **world,
            };
            if let Some(world) = WORLD.iter().find(is_it) {
                problems.push(format!("{thinking} reaches {name} ({world})"));
            }
        }
    }
    assert_none(&problems);
}

#[test]
fn what_thinks_is_told_so_by_clippy() {
    for thinking in ["iam", "core"] {
        let rules = text(&format!("crates/{thinking}/clippy.toml"));
        for forbidden in ["Timestamp::now", "env::var", "fs::read", "fs::write", "process::exit", "TcpStream"]
        {
            assert!(rules.contains(forbidden), "crates/{thinking}/clippy.toml allows {forbidden}");
        }
    }
}

//! `cargo xtask bench`: one benchmark of the program.

use anyhow::{Context as _, bail};

use crate::process::{cargo, root, run};

/// Where benchmarks are, and what each package needs to build its own.
const PLACES: [(&str, &str, &[&str]); 2] =
    [("provost", "crates/provost/benches", &[]), ("provost-iam", "crates/iam/benches", &["--all-features"])];

/// The command.
pub(crate) fn bench(name: &str, args: &[&str]) -> anyhow::Result<bool> {
    let mut known = Vec::new();
    for (package, place, features) in PLACES {
        let folder = root().join(place);
        let entries = std::fs::read_dir(&folder).with_context(|| format!("read `{}`", folder.display()))?;
        for entry in entries {
            if let Some(found) = entry?.path().file_stem().map(|name| name.to_string_lossy().into_owned()) {
                known.push((found, package, features));
            }
        }
    }
    known.sort();
    let Some((_, package, features)) = known.iter().find(|(bench, ..)| bench == name) else {
        let names: Vec<&str> = known.iter().map(|(bench, ..)| bench.as_str()).collect();
        bail!("there is no benchmark `{name}`, only {}", names.join(", "));
    };
    let bench = ["bench", "--locked", "-p", package, "--bench", name];
    run(cargo(&bench).args(*features).arg("--").args(args))
}

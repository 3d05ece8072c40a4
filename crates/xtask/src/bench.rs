//! `cargo xtask bench`: one benchmark of the program.

use anyhow::{Context as _, bail};

use crate::process::{cargo, root, run};

/// The command.
pub(crate) fn bench(name: &str, args: &[&str]) -> anyhow::Result<bool> {
    let folder = root().join("crates/provost/benches");
    let entries = std::fs::read_dir(&folder).with_context(|| format!("read `{}`", folder.display()))?;
    let mut known = Vec::new();
    for entry in entries {
        known.extend(entry?.path().file_stem().map(|name| name.to_string_lossy().into_owned()));
    }
    known.sort();
    if !known.iter().any(|bench| bench == name) {
        bail!("there is no benchmark `{name}`, only {}", known.join(", "));
    }
    run(cargo(&["bench", "--locked", "-p", "provost", "--bench", name, "--"]).args(args))
}

//! The Python environment of the emulator of AWS, which some tests start (`fixtures/aws-server`).

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context as _;
use sha2::{Digest as _, Sha256};

use crate::process::{root, run, succeeds, target_directory};

/// What the tests that need it are counted by.
pub(crate) const NAME: &str = "AWS emulator";

/// Names the environment to the tests, or to us another one, which is then used as it is.
pub(crate) const VENV: &str = "PROVOST_AWS_SERVER_VENV";

const REQUIREMENTS: &str = "fixtures/aws-server/requirements.txt";

/// In the environment, what was installed in it.
const STAMP: &str = "requirements.sha256";

/// The environment, installed if it is missing or not that of today's requirements; or why there is none.
pub(crate) fn ensure() -> anyhow::Result<Result<PathBuf, String>> {
    if let Some(named) = std::env::var_os(VENV) {
        return Ok(Ok(PathBuf::from(named)));
    }
    let folder = target_directory()?.join("aws-server-venv");
    let requirements =
        std::fs::read(root().join(REQUIREMENTS)).with_context(|| format!("read `{REQUIREMENTS}`"))?;
    let wanted: String = Sha256::digest(&requirements).iter().map(|byte| format!("{byte:02x}")).collect();
    if is_complete(&folder, &wanted) {
        return Ok(Ok(folder));
    }
    if !succeeds(Command::new("python3").arg("--version")) {
        return Ok(Err("python3 is not here".to_owned()));
    }
    println!("The Python environment of the {NAME} is missing or stale and will be installed.");
    remove(&folder)?;
    if !run(Command::new("python3").args(["-m", "venv"]).arg(&folder))? {
        remove(&folder)?;
        return Ok(Err("`python3 -m venv` failed".to_owned()));
    }
    if !run(&mut install(&folder))? {
        // Half an environment would be found by the tests.
        remove(&folder)?;
        return Ok(Err("its Python packages could not be installed".to_owned()));
    }
    std::fs::write(folder.join(STAMP), wanted).with_context(|| format!("write to `{}`", folder.display()))?;
    Ok(Ok(folder))
}

/// Exactly what the file names, none of which may run anything while it is installed.
fn install(folder: &Path) -> Command {
    let mut pip = Command::new(folder.join("bin/python"));
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input", "--no-deps"]);
    pip.args(["--only-binary", ":all:", "--requirement", REQUIREMENTS]).current_dir(root());
    pip
}

fn is_complete(folder: &Path, wanted: &str) -> bool {
    let stamp = std::fs::read_to_string(folder.join(STAMP));
    // The Python that made it may be gone since.
    stamp.is_ok_and(|stamp| stamp == wanted)
        && succeeds(Command::new(folder.join("bin/python")).arg("--version"))
}

fn remove(folder: &Path) -> anyhow::Result<()> {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("remove `{}`", folder.display()))
        }
        Ok(()) | Err(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_package_is_pinned() {
        let text = std::fs::read_to_string(root().join(REQUIREMENTS)).unwrap();
        let packages: Vec<&str> =
            text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
        assert!(packages.len() > 20, "{packages:?}");
        let is_pinned = |line: &&str| line.split_once("==").is_some_and(|(_, version)| !version.is_empty());
        assert_eq!(packages.iter().find(|line| !is_pinned(line)), None);
    }

    #[test]
    fn an_environment_without_its_stamp_is_not_complete() {
        assert!(!is_complete(&root().join("fixtures"), "0"));
    }
}

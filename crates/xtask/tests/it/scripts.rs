//! Scripts that nobody compiles, and versions that are written twice.

use std::process::Command;

use crate::repository::{assert_none, files, root, skipped, text};

#[test]
fn every_shell_script_parses() {
    if Command::new("bash").arg("--version").output().is_err() {
        return skipped("bash", "it is not here to check the shell scripts");
    }
    let mut problems = Vec::new();
    let mut count = 0;
    for path in files() {
        let bytes = std::fs::read(root().join(&path)).unwrap();
        let first = bytes.split(|&byte| byte == b'\n').next().unwrap_or_default();
        let first = String::from_utf8_lossy(first);
        let is_script = path.ends_with(".sh") || (first.starts_with("#!") && first.contains("sh"));
        if !is_script {
            continue;
        }
        count += 1;
        let checked = Command::new("bash").args(["-n", &path]).current_dir(root()).output().unwrap();
        if !checked.status.success() {
            problems.push(String::from_utf8_lossy(&checked.stderr).into_owned());
        }
        #[cfg(unix)]
        if std::os::unix::fs::PermissionsExt::mode(
            &std::fs::metadata(root().join(&path)).unwrap().permissions(),
        ) & 0o111
            == 0
        {
            problems.push(format!("{path} cannot be executed"));
        }
    }
    assert!(count >= 2, "{count} scripts");
    assert_none(&problems);
}

#[test]
fn continuous_integration_uses_the_version_of_rust_we_promise() {
    let version = |path: &str, key: &str| {
        let text = text(path);
        let line = text.lines().find_map(|line| line.trim().strip_prefix(key).map(str::to_owned));
        line.unwrap_or_else(|| panic!("{path} has no {key}")).trim_matches([' ', '"', '=', ':']).to_owned()
    };
    assert_eq!(version(".github/workflows/ci.yml", "RUST_VERSION:"), version("Cargo.toml", "rust-version"));
}

#[test]
fn continuous_integration_runs_what_the_readme_says() {
    assert!(text(".ci/run").lines().any(|line| line == "exec cargo xtask test"));
    assert!(text(".github/workflows/ci.yml").contains("run: .ci/run"));
    assert!(text("README.md").contains("cargo xtask test"));
}

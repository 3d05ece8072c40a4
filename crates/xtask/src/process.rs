//! Starting other programs from the root of the repository.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::Context as _;

/// The root of the repository.
pub(crate) fn root() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here)
}

/// The cargo that runs us.
pub(crate) fn cargo(args: &[&str]) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(args).current_dir(root());
    command
}

/// Shows the command, runs it, and says whether it succeeded.
pub(crate) fn run(command: &mut Command) -> anyhow::Result<bool> {
    let line = written(command);
    println!("$ {line}");
    Ok(command.status().with_context(|| format!("start `{line}`"))?.success())
}

/// Whether a command succeeds, whatever it says.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// What a command says on standard output.
pub(crate) fn output(command: &mut Command) -> anyhow::Result<String> {
    let line = written(command);
    let output = command.stderr(Stdio::inherit()).output().with_context(|| format!("start `{line}`"))?;
    anyhow::ensure!(output.status.success(), "`{line}` failed");
    String::from_utf8(output.stdout).with_context(|| format!("the output of `{line}`"))
}

/// Where cargo puts what it builds.
pub(crate) fn target_directory() -> anyhow::Result<PathBuf> {
    let metadata = output(&mut cargo(&["metadata", "--no-deps", "--format-version", "1"]))?;
    let metadata: serde_json::Value =
        serde_json::from_str(&metadata).context("the output of `cargo metadata`")?;
    let path = metadata.get("target_directory").and_then(serde_json::Value::as_str);
    path.map(PathBuf::from).context("`cargo metadata` names no target directory")
}

/// Whether this is continuous integration, where nothing may be skipped for want of a tool.
pub(crate) fn is_ci() -> bool {
    std::env::var("CI").is_ok_and(|value| value == "true")
}

/// The command as one would type it.
fn written(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_stem().unwrap_or_default().to_string_lossy();
    let args = command.get_args().map(|arg| arg.to_string_lossy());
    std::iter::once(program).chain(args).collect::<Vec<_>>().join(" ")
}

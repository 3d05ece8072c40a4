//! The two evaluators: ours as an example program, the other as a process of Node.js.

use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, bail, ensure};
use serde_json::{Map, Value};

use crate::process::{cargo, root, run, succeeds};

/// Where the files of the other evaluator's process are, seen from the root.
const FOLDER: &str = "crates/xtask/iam-differential";

/// Both, ready to be asked.
pub(super) struct Evaluators {
    ours: PathBuf,
    package: PathBuf,
}

/// A case with both answers.
#[derive(Debug, Clone)]
pub(super) struct Judged {
    /// The case, with what our side adds to it.
    pub(super) case: Value,
    /// Our answer.
    pub(super) ours: String,
    /// The other's answer, or why there is none.
    pub(super) theirs: Result<String, String>,
}

impl Judged {
    pub(super) fn is_disagreement(&self) -> bool {
        self.theirs.as_ref().is_ok_and(|theirs| *theirs != self.ours)
    }
}

impl Evaluators {
    /// Builds ours and installs the other under `target`, which is cargo's directory.
    pub(super) fn prepare(target: &Path) -> anyhow::Result<Option<Self>> {
        for program in ["node", "npm"] {
            ensure!(
                succeeds(Command::new(program).arg("--version")),
                "there is no `{program}`: the other evaluator needs Node.js 20 or newer and npm"
            );
        }
        let package = target.join("iam-differential/package");
        install(&package)?;
        let mut build = cargo(&["build", "--release", "--locked", "-p", "provost-iam"]);
        if !run(build.args(["--features", "assurance", "--example", "differential"]))? {
            return Ok(None);
        }
        let program = format!("release/examples/differential{}", std::env::consts::EXE_SUFFIX);
        Ok(Some(Self { ours: target.join(program), package }))
    }

    /// Cases of these seeds with our answers.
    pub(super) fn emit(&self, seed: u64, cases: u64) -> anyhow::Result<Vec<Value>> {
        let mut command = Command::new(&self.ours);
        command.args(["emit", "--cases", &cases.to_string(), "--seed", &seed.to_string()]);
        converse(&mut command, &[])
    }

    /// The same cases, which may be changed ones, with both answers.
    ///
    /// The other evaluator leaves out condition keys that AWS does not send with an action. Both are asked
    /// without them.
    pub(super) fn judge(&self, cases: &[Value]) -> anyhow::Result<Vec<Judged>> {
        let ours = self.ask_ours(cases)?;
        let mut judged = Vec::with_capacity(ours.len());
        let (mut again, mut places) = (Vec::new(), Vec::new());
        for (case, answer) in ours.iter().zip(self.ask_theirs(&ours)?) {
            if let Some(fewer) = without_keys(case, answer.get("ignored")) {
                places.push(judged.len());
                again.push(fewer);
            }
            judged.push(Judged::new(case.clone(), &answer));
        }
        if !again.is_empty() {
            let ours = self.ask_ours(&again)?;
            let answers = self.ask_theirs(&ours)?;
            for ((place, case), answer) in places.into_iter().zip(ours).zip(answers) {
                if let Some(slot) = judged.get_mut(place) {
                    *slot = Judged::new(case, &answer);
                }
            }
        }
        Ok(judged)
    }

    fn ask_ours(&self, cases: &[Value]) -> anyhow::Result<Vec<Value>> {
        let answers = converse(Command::new(&self.ours).arg("judge"), cases)?;
        ensure!(answers.len() == cases.len(), "our side gave {} answers for {}", answers.len(), cases.len());
        Ok(answers)
    }

    fn ask_theirs(&self, cases: &[Value]) -> anyhow::Result<Vec<Value>> {
        let mut node = Command::new("node");
        let answers = converse(node.arg("oracle.mjs").current_dir(&self.package), cases)?;
        ensure!(answers.len() == cases.len(), "the other gave {} answers for {}", answers.len(), cases.len());
        Ok(answers)
    }
}

impl Judged {
    fn new(case: Value, answer: &Value) -> Self {
        let text = |value: &Value, name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
        let theirs = match (text(&case, "error"), text(answer, "theirs")) {
            (Some(error), _) => Err(error),
            (None, Some(theirs)) => Ok(theirs),
            (None, None) => Err(text(answer, "refused").unwrap_or_default()),
        };
        Self { ours: text(&case, "ours").unwrap_or_default(), theirs, case }
    }
}

/// The case without the condition keys of this list, if it is there and names any.
fn without_keys(case: &Value, keys: Option<&Value>) -> Option<Value> {
    let keys: Vec<&str> = keys?.as_array()?.iter().filter_map(Value::as_str).collect();
    let mut fewer = case.clone();
    let context: &mut Map<String, Value> = fewer.pointer_mut("/request/context")?.as_object_mut()?;
    let before = context.len();
    context.retain(|name, _| !keys.iter().any(|key| key.eq_ignore_ascii_case(name)));
    (context.len() < before).then_some(fewer)
}

/// Installs the package in its pinned versions, unless it is there.
fn install(package: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(package).context("make a folder for the other evaluator")?;
    let mut is_new = !package.join("node_modules").is_dir();
    for name in ["oracle.mjs", "package.json"] {
        let from = root().join(FOLDER).join(name);
        let text = std::fs::read(&from).with_context(|| format!("read `{}`", from.display()))?;
        let to = package.join(name);
        if std::fs::read(&to).is_ok_and(|there| there == text) {
            continue;
        }
        is_new |= name == "package.json";
        std::fs::write(&to, text).with_context(|| format!("write `{}`", to.display()))?;
    }
    if !is_new {
        return Ok(());
    }
    let mut npm = Command::new("npm");
    // Nothing of the packages is run while they are installed.
    npm.args(["install", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]);
    if !run(npm.current_dir(package))? {
        // What is there in part is not taken for the whole next time.
        let _ = std::fs::remove_dir_all(package.join("node_modules"));
        bail!("npm could not install the other evaluator: is there a network, and does its registry answer?");
    }
    Ok(())
}

/// Writes values to a program, each in a line, and reads its lines.
fn converse(command: &mut Command, lines: &[Value]) -> anyhow::Result<Vec<Value>> {
    let name = command.get_program().to_string_lossy().into_owned();
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().with_context(|| format!("start `{name}`"))?;
    let input = child.stdin.take().context("a pipe to it")?;
    let written = std::thread::scope(|scope| {
        // It may answer before it has read everything: the pipe must be written while it is read.
        let writer = scope.spawn(move || -> std::io::Result<()> {
            let mut input = BufWriter::new(input);
            for line in lines {
                writeln!(input, "{line}")?;
            }
            input.flush()
        });
        let output = child.wait_with_output();
        (writer.join(), output)
    });
    let (writer, output) = written;
    let output = output.with_context(|| format!("read what `{name}` says"))?;
    ensure!(output.status.success(), "`{name}` failed");
    match writer {
        Ok(outcome) => outcome.with_context(|| format!("write to `{name}`"))?,
        Err(_) => bail!("writing to `{name}` failed"),
    }
    let text = String::from_utf8(output.stdout).with_context(|| format!("what `{name}` says"))?;
    text.lines()
        .map(|line| serde_json::from_str(line).with_context(|| format!("a line of `{name}`")))
        .collect()
}

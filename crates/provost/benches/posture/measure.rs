//! What a program takes: CPU time and memory, of it alone.
//!
//! The system tells a parent what all its children took together. So the benchmark starts itself once more for each
//! program, and that one has a single child.

use std::process::{Command, Stdio};

use nix::sys::resource::{UsageWho, getrusage};
use serde_json::{Value, json};

/// The first argument of the process between.
const BETWEEN: &str = "--measure";

/// What one program took.
#[derive(Debug)]
pub(crate) struct Taken {
    /// How it ended.
    pub(crate) code: i64,
    /// Seconds of CPU time, its own and that of its children.
    pub(crate) cpu: f64,
    /// Seconds on the clock.
    pub(crate) wall: f64,
    /// The most memory it held, in MB.
    pub(crate) peak: f64,
    /// What it printed.
    pub(crate) said: String,
}

/// Runs a command as the process between, if that is what this process is. Then there is nothing else to do.
pub(crate) fn is_between() -> bool {
    let mut args = std::env::args_os().skip(1);
    if args.next().is_none_or(|first| first != BETWEEN) {
        return false;
    }
    let began = std::time::Instant::now();
    let program = args.next().unwrap();
    let output = Command::new(program).args(args).stderr(Stdio::inherit()).output().unwrap();
    let wall = began.elapsed().as_secs_f64();
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).unwrap();
    let seconds = |time: nix::sys::time::TimeVal| time.tv_sec() as f64 + time.tv_usec() as f64 / 1e6;
    let cpu = seconds(usage.user_time()) + seconds(usage.system_time());
    // The kernel counts in KiB.
    let peak = usage.max_rss() as f64 / 1024.0;
    let code = output.status.code().unwrap_or(-1);
    println!("{}", json!([code, cpu, wall, peak, String::from_utf8_lossy(&output.stdout)]));
    true
}

/// Runs a command, with its environment and folder, to its end.
pub(crate) fn measure(command: &Command) -> Taken {
    let mut between = Command::new(std::env::current_exe().unwrap());
    between.arg(BETWEEN).arg(command.get_program()).args(command.get_args());
    if let Some(folder) = command.get_current_dir() {
        between.current_dir(folder);
    }
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => between.env(name, value),
            None => between.env_remove(name),
        };
    }
    let output = between.stdin(Stdio::null()).stderr(Stdio::inherit()).output().unwrap();
    let told: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    let [code, cpu, wall, peak, said] = told.try_into().unwrap();
    let number = |value: Value| value.as_f64().unwrap();
    Taken {
        code: code.as_i64().unwrap(),
        cpu: number(cpu),
        wall: number(wall),
        peak: number(peak),
        said: said.as_str().unwrap().to_owned(),
    }
}

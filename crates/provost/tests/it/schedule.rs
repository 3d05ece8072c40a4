//! Cycle after cycle: `run --every` and `serve`.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::support::{Place, lines, sample_estate};

fn time(line: &Value, member: &str) -> Timestamp {
    line[member].as_str().unwrap().parse().unwrap()
}

#[test]
fn cycles_follow_each_other_and_each_is_told() {
    let place = Place::new();
    let estate = sample_estate();
    let estate = estate.to_str().unwrap();
    let args = ["run", "--estate", estate, "--every", "1s", "--times", "2", "--format", "ndjson"];
    let said = place.run(&args);
    let cycles = lines(&said.stdout);
    assert_eq!(cycles.iter().map(|it| it["cycle"].as_u64().unwrap()).collect::<Vec<_>>(), [1, 2]);
    // The sample has damage on purpose.
    assert_eq!(said.code, 3);
    for cycle in &cycles {
        assert_eq!(cycle["exit"], 3, "{cycle}");
        assert!(
            cycle["counts"]["compliant"].as_u64().unwrap() > 0
                && cycle["runs"].as_array().unwrap().len() == 3
        );
    }
    // The next start lies on the schedule, a whole number of seconds behind the first; the last has none.
    assert!(time(&cycles[0], "next_at") > time(&cycles[0], "started_at"));
    assert!(time(&cycles[1], "started_at") >= time(&cycles[0], "next_at"));
    assert_eq!(cycles[1]["next_at"], json!(null));
    let since = place.done(&["report", "posture", "--since", "last"]);
    assert!(since.contains("Nothing changed") && since.contains("TREND"), "{since}");

    let plain = place.run(&["run", "--estate", estate, "--every", "1s", "--times", "1"]);
    assert_eq!((plain.code, plain.stdout.lines().count()), (3, 1), "{}", plain.stdout);
    assert!(plain.stdout.contains(" cycle 1: ") && plain.stdout.contains("exit 3"), "{}", plain.stdout);
}

#[test]
fn a_cycle_that_fails_is_told_and_the_next_goes_on() {
    let place = Place::new();
    let said = place.run(&["run", "--estate", "e", "--every", "1s", "--times", "2", "--format", "ndjson"]);
    let cycles = lines(&said.stdout);
    assert_eq!((said.code, cycles.len()), (2, 2));
    assert!(cycles.iter().all(|cycle| cycle["exit"] == 2 && cycle["error"].is_string()), "{cycles:?}");
    let logged = said.log.iter().filter(|line| line["message"] == "A cycle failed; the next goes on.");
    assert_eq!(logged.count(), 2);
}

#[test]
fn serving_needs_a_schedule_and_finds_it_in_the_configuration() {
    let place = Place::new();
    let why = |args: &[&str]| {
        let said = place.run(args);
        assert_eq!(said.code, 2, "{args:?}");
        said.log.iter().filter_map(|line| line.get("error")?.as_str()).collect::<String>()
    };
    assert!(why(&["serve"]).contains("Set `every: 6h` in provost.yaml"));
    assert!(why(&["run", "--estate", "e", "--times", "2"]).contains("--times needs --every"));
    place.write("provost.yaml", "every: soon\n");
    assert!(why(&["serve"]).contains("every `soon` is not a time such as"));
    place.write("provost.yaml", "every: 1s\nevents: [events.json]\n");
    place.write("events.json", "{\"Records\": []}");
    let said = place.run(&["serve", "--times", "2", "--format", "ndjson"]);
    assert_eq!((said.code, lines(&said.stdout).len()), (0, 2), "{}", said.stdout);
}

#[cfg(unix)]
fn terminate(process: &std::process::Child) {
    let status = std::process::Command::new("kill").args(["-TERM", &process.id().to_string()]).status();
    assert!(status.unwrap().success());
}

#[cfg(unix)]
#[test]
fn a_signal_ends_it_while_it_waits() {
    let place = Place::new();
    place.write("events.json", "{\"Records\": []}");
    let args = ["serve", "--every", "10h", "--events", "events.json", "--format", "ndjson"];
    let mut process = place.command(&args).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut output = BufReader::new(process.stdout.take().unwrap());
    let mut first = String::new();
    output.read_line(&mut first).unwrap();
    assert_eq!(lines(&first)[0]["exit"], 0);
    terminate(&process);
    assert_eq!(process.wait().unwrap().code(), Some(0));
}

#[cfg(unix)]
#[test]
fn a_signal_in_a_cycle_ends_it_between_two_steps() {
    let place = Place::new();
    let estate = sample_estate();
    let args = ["serve", "--every", "10h", "--estate", estate.to_str().unwrap(), "--format", "ndjson"];
    let mut process = place.command(&args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut log = BufReader::new(process.stderr.take().unwrap());
    let mut line = String::new();
    while !line.contains("Job started.") {
        line.clear();
        assert!(log.read_line(&mut line).unwrap() > 0, "it said nothing of a job");
    }
    terminate(&process);
    let drained = std::thread::spawn(move || std::io::copy(&mut log, &mut std::io::sink()));
    let output = process.wait_with_output().unwrap();
    drained.join().unwrap().unwrap();
    let cycle = lines(&String::from_utf8(output.stdout).unwrap()).remove(0);
    assert_eq!(cycle["next_at"], json!(null));
    // A machine that runs the whole cycle before the signal arrives has nothing to cut short.
    if output.status.code() == Some(3) {
        let in_part = cycle["in_part"].to_string();
        assert!(in_part.contains("stopped by a signal before"), "{in_part}");
    } else {
        assert_eq!(output.status.code(), Some(0));
    }
    // What was written is whole, and the next run goes on from there.
    place.done(&["verify"]);
    assert_eq!(place.run(&["run", "--estate", estate.to_str().unwrap()]).code, 3);
}

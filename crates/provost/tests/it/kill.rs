//! Killed at any moment, a run leaves a store that opens and that the next run completes.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use rusqlite::Connection;
use serde_json::Value;

use crate::support::{Place, files_under, lines, sample_estate, user_created};

const KILLS: u32 = 60;

/// What a store holds, without the times and names that differ from run to run.
#[derive(Debug, PartialEq)]
struct Held {
    resources: BTreeMap<String, Value>,
    users: BTreeSet<String>,
    violations: BTreeMap<String, Value>,
    waivers: BTreeSet<String>,
    evidence: BTreeSet<String>,
    objects: BTreeMap<String, Vec<u8>>,
}

fn without(mut item: Value, members: &[&str]) -> Value {
    for member in members {
        item.as_object_mut().unwrap().remove(*member);
    }
    item
}

fn rows(store: &Connection, sql: &str) -> Vec<(String, String)> {
    let mut statement = store.prepare(sql).unwrap();
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    rows.map(Result::unwrap).collect()
}

fn held(folder: &Path) -> Held {
    let store = Connection::open(folder.join("provost.db")).unwrap();
    let items = |sql: &str, volatile: &[&str]| -> BTreeMap<String, Value> {
        let parse =
            |(key, item): (String, String)| (key, without(serde_json::from_str(&item).unwrap(), volatile));
        rows(&store, sql).into_iter().map(parse).collect()
    };
    let keys = |sql: &str| rows(&store, sql).into_iter().map(|(key, item)| format!("{key} {item}")).collect();
    Held {
        resources: items("SELECT id, item FROM resources", &[]),
        users: keys("SELECT user_name, item FROM users"),
        violations: items("SELECT id, item FROM violations", &[]),
        waivers: keys("SELECT id, item FROM waivers"),
        evidence: keys("SELECT digest, '' FROM evidence"),
        objects: files_under(&folder.join("evidence"))
            .into_iter()
            .filter(|(path, _)| !path.starts_with(folder.join("evidence/incoming")))
            .map(|(path, bytes)| (path.file_name().unwrap().to_str().unwrap().to_owned(), bytes))
            .collect(),
    }
}

/// The verdicts of every assessment in the history, by its time.
fn assessments(folder: &Path) -> BTreeMap<String, BTreeMap<String, Value>> {
    let store = Connection::open(folder.join("provost.db")).unwrap();
    let mut found: BTreeMap<String, BTreeMap<String, Value>> = BTreeMap::new();
    for (key, item) in
        rows(&store, "SELECT resource_id || ' ' || evaluation_timestamp, item FROM evaluations")
    {
        let (rest, rule) = key.rsplit_once('#').unwrap();
        let (resource, time) = rest.rsplit_once(' ').unwrap();
        let item = without(serde_json::from_str(&item).unwrap(), &["evaluation_timestamp", "execution_id"]);
        found.entry(time.to_owned()).or_default().insert(format!("{resource}#{rule}"), item);
    }
    found
}

#[test]
fn sixty_kills_later_the_store_is_that_of_an_uninterrupted_run() {
    let place = Place::new();
    let estate = sample_estate();
    let args = |store: &'static str| {
        ["run", "--estate", estate.to_str().unwrap(), "--store", store, "--out", "out"].map(str::to_owned)
    };
    let run = |store: &'static str| {
        let args = args(store);
        place
            .command(&args.each_ref().map(String::as_str))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap()
    };
    let began = std::time::Instant::now();
    assert_eq!(run("calm").wait().unwrap().code(), Some(3), "the sample has a damaged file");
    let whole = began.elapsed();

    // Spread over the whole of a run, in an order that leaps about; each is killed wherever it then is.
    let mut killed = 0;
    let mut attempts = 0;
    while killed < KILLS {
        attempts += 1;
        assert!(attempts < 20 * KILLS, "runs end before they can be killed");
        let share = f64::from(attempts * 37 % 100) / 100.0;
        let mut child = run("stormy");
        std::thread::sleep(Duration::from_secs_f64(whole.as_secs_f64() * share));
        child.kill().unwrap();
        killed += u32::from(child.wait().unwrap().code().is_none());
    }
    assert_eq!(run("stormy").wait().unwrap().code(), Some(3), "no lock of the dead holds the living up");

    let (calm, stormy) = (place.path("calm"), place.path("stormy"));
    assert_eq!(held(&stormy), held(&calm));
    let expect = assessments(&calm).into_values().next().unwrap();
    let found = assessments(&stormy);
    for (time, verdicts) in &found {
        assert_eq!(verdicts, &expect, "the assessment of {time} is whole");
    }
    let store = Connection::open(stormy.join("provost.db")).unwrap();
    let open: i64 =
        store.query_row("SELECT count(*) FROM runs WHERE status = 'running'", [], |row| row.get(0)).unwrap();
    assert_eq!(open, 0, "every run that was begun was completed");
    let sound: String = store.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(sound, "ok");
    drop(store);
    assert!(place.done(&["verify", "--store", "stormy"]).contains("0 missing, 0 changed"));
}

/// What a killed detection had already recorded is told again by the one that completes it.
#[test]
fn a_detection_that_completes_a_killed_one_tells_everything() {
    let place = Place::new();
    let events: String = (0..12_000).map(|n| format!("{}\n", user_created(&format!("e-{n}")))).collect();
    place.write("events.ndjson", events);
    let args = ["detect", "events.ndjson", "--format", "json"];
    let mut child = place.command(&args).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    // Nobody reads on after the first byte, so it cannot get far before it is killed.
    let mut told = child.stdout.take().unwrap();
    told.read_exact(&mut [0; 1]).unwrap();
    child.kill().unwrap();
    assert_eq!(child.wait().unwrap().code(), None, "it was killed");
    drop(told);
    let store = Connection::open(place.path(".provost/provost.db")).unwrap();
    let count = |sql: &str| store.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
    let recorded = count("SELECT count(*) FROM violations");
    assert!(0 < recorded && recorded < 12_000, "{recorded}");
    assert_eq!(lines(&place.done(&args)).len(), 12_000);
    assert_eq!(count("SELECT count(*) FROM violations"), 12_000);
    assert_eq!(count("SELECT count(*) FROM runs"), 1, "it was the same run");
}

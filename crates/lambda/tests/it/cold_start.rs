//! How long the function takes until it can take an event. Printed, not asserted: it is a figure of the machine.

use std::time::{Duration, Instant};

use provost_testbed::LambdaRuntime;

use crate::function::Process;

const STARTS: usize = 20;

#[test]
fn the_time_of_a_cold_start_is_known() {
    let mut times: Vec<Duration> = (0..STARTS).map(|_| one()).collect();
    times.sort_unstable();
    eprintln!("cold start, from exec to the first request for an event, {STARTS} starts:");
    eprintln!("  least {:?}, median {:?}, most {:?}", times[0], times[STARTS / 2], times[STARTS - 1]);
}

/// From starting the process to its asking for an event.
fn one() -> Duration {
    let runtime = LambdaRuntime::start(Vec::new());
    let began = Instant::now();
    let process = Process::start(&runtime, &[("DYNAMODB_TABLE_NAME", "users")]);
    let asked = loop {
        if let Some(asked) = runtime.first_asked() {
            break asked;
        }
        assert!(began.elapsed() < Duration::from_secs(60), "it asks for no event");
        std::thread::sleep(Duration::from_millis(1));
    };
    let lines = process.end();
    assert!(lines.is_empty(), "a start has nothing to say: {lines:?}");
    asked.duration_since(began)
}

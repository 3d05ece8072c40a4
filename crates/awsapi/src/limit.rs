//! How many calls are in flight at once, and how all of them slow down when AWS asks one of them to.
//!
//! AWS counts requests per account, region and service, so a throttled call is news for every other call to the
//! same place. Each place (service and region) has one limit that all clones of a client share: it grows slowly
//! while calls succeed, is halved by a throttle, and lets nothing start for a moment after one.
//!
//! Why not the runtime's adaptive retry mode: it starts from a measured rate, and a cold client has measured
//! nothing. One throttle then costs seconds (8 s before the second attempt when we looked, 2026-11), and every
//! later call of the process pays again. Standard retries with this limit around them lose one short pause.
//!
//! A call holds its place in the limit while it waits to be tried again, so throttled calls make room for
//! nobody: the number of calls in flight falls by itself when retries pile up.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::Instant;

/// The limits of a client and all its clones.
#[derive(Debug)]
pub(crate) struct Limits {
    most: usize,
    pause: Pause,
    places: Mutex<HashMap<(String, String), Arc<Limit>>>,
}

/// How long nothing starts after a throttle: doubled while throttles follow each other, up to the longest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Pause {
    pub(crate) first: Duration,
    pub(crate) longest: Duration,
}

impl Limits {
    /// At most `most` calls at once per service and region, at least one.
    pub(crate) fn new(most: usize, pause: Pause) -> Self {
        Self { most: most.max(1), pause, places: Mutex::default() }
    }

    /// The limit of a place.
    pub(crate) fn of(&self, service: &str, region: &str) -> Arc<Limit> {
        let mut places = locked(&self.places);
        let place = (service.to_owned(), region.to_owned());
        Arc::clone(places.entry(place).or_insert_with(|| Arc::new(Limit::new(self.most, self.pause))))
    }
}

/// The limit of one service in one region.
#[derive(Debug)]
pub(crate) struct Limit {
    most: f64,
    pause: Pause,
    state: Mutex<State>,
    /// Told once for every call that may now look again.
    room: Notify,
}

#[derive(Debug)]
struct State {
    in_flight: usize,
    /// How many may be in flight; a fraction grows until it is one more.
    allowed: f64,
    /// Throttles since the last success that started after one.
    streak: u32,
    /// Nothing starts before this.
    resume: Option<Instant>,
}

/// What a call that wants to start is told.
#[derive(Debug, PartialEq, Eq)]
enum Entry {
    Go,
    Full,
    Until(Instant),
}

impl Limit {
    fn new(most: usize, pause: Pause) -> Self {
        // No more than 2^32 calls at once: the figure is exact as a float.
        let most = f64::from(u32::try_from(most).unwrap_or(u32::MAX));
        let state = State { in_flight: 0, allowed: most, streak: 0, resume: None };
        Self { most, pause, state: Mutex::new(state), room: Notify::new() }
    }

    /// Waits until one more call may start; it counts until the ticket is dropped.
    pub(crate) async fn enter(self: Arc<Self>) -> Ticket {
        loop {
            // Taken before looking, so that room made in between is not missed.
            let room = self.room.notified();
            let now = Instant::now();
            match self.try_enter(now) {
                Entry::Go => {
                    // One notice may have been for two places: pass on what is left.
                    self.room.notify_one();
                    return Ticket { limit: Arc::clone(&self), started: now };
                }
                Entry::Full => room.await,
                Entry::Until(resume) => {
                    // The notice that woke this call, if one did, must not end with it should its caller give up
                    // during the pause. Nobody spins: each who gets the notice sleeps as well.
                    self.room.notify_one();
                    tokio::time::sleep_until(resume).await;
                }
            }
        }
    }

    fn try_enter(&self, now: Instant) -> Entry {
        let mut state = locked(&self.state);
        match state.resume {
            Some(resume) if now < resume => return Entry::Until(resume),
            _ => {}
        }
        // The fraction of a place is no place yet. At least one call may always run.
        if state.in_flight > 0 && places(state.in_flight) + 1.0 > state.allowed {
            return Entry::Full;
        }
        state.in_flight += 1;
        Entry::Go
    }

    /// AWS asked a call to slow down: all calls to this place do. What was already in flight when the pause
    /// began tells nothing new, so it does not count again.
    fn throttled(&self, now: Instant) {
        let mut state = locked(&self.state);
        if state.resume.is_some_and(|resume| now < resume) {
            return;
        }
        let pause = self.pause.first.saturating_mul(1_u32.checked_shl(state.streak).unwrap_or(u32::MAX));
        state.streak = state.streak.saturating_add(1);
        state.allowed = (state.allowed / 2.0).max(1.0);
        state.resume = now.checked_add(pause.min(self.pause.longest));
    }

    /// A call that started at `started` got an answer: a little more may be tried.
    fn succeeded(&self, started: Instant) {
        let mut state = locked(&self.state);
        // An answer to what was asked before the pause says nothing about the time after it.
        if state.resume.is_none_or(|resume| started >= resume) {
            state.streak = 0;
            state.allowed = (state.allowed + 1.0 / state.allowed).min(self.most);
        }
    }

    fn leave(&self) {
        locked(&self.state).in_flight -= 1;
        self.room.notify_one();
    }
}

/// A call in flight.
#[derive(Debug)]
pub(crate) struct Ticket {
    limit: Arc<Limit>,
    started: Instant,
}

impl Ticket {
    /// AWS throttled an attempt of this call.
    pub(crate) fn throttled(&self) {
        self.limit.throttled(Instant::now());
    }

    /// The call got an answer that asks for nothing.
    pub(crate) fn succeeded(&self) {
        self.limit.succeeded(self.started);
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.limit.leave();
    }
}

fn places(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAUSE: Pause = Pause { first: Duration::from_millis(250), longest: Duration::from_secs(2) };

    fn fill(limit: &Limit, now: Instant) -> usize {
        (0..100).take_while(|_| limit.try_enter(now) == Entry::Go).count()
    }

    #[test]
    fn a_throttle_halves_the_limit_and_lets_nothing_start_for_a_moment() {
        let limit = Limit::new(8, PAUSE);
        let start = Instant::now();
        assert_eq!(fill(&limit, start), 8);
        limit.throttled(start);
        for _ in 0..8 {
            limit.leave();
        }
        assert_eq!(limit.try_enter(start), Entry::Until(start + PAUSE.first));
        assert_eq!(fill(&limit, start + PAUSE.first), 4);
    }

    #[test]
    fn throttles_of_what_was_in_flight_count_once() {
        let limit = Limit::new(8, PAUSE);
        let start = Instant::now();
        for _ in 0..8 {
            limit.throttled(start + Duration::from_millis(1));
        }
        assert_eq!(fill(&limit, start + Duration::from_secs(1)), 4);
    }

    #[test]
    fn the_pause_doubles_up_to_the_longest_and_one_call_is_always_allowed() {
        let limit = Limit::new(8, PAUSE);
        let mut now = Instant::now();
        let mut pauses = Vec::new();
        for _ in 0..6 {
            limit.throttled(now);
            let Entry::Until(resume) = limit.try_enter(now) else { panic!("there is a pause") };
            pauses.push((resume - now).as_millis());
            now = resume;
        }
        assert_eq!(pauses, [250, 500, 1000, 2000, 2000, 2000]);
        assert_eq!(fill(&limit, now), 1);
    }

    #[test]
    fn successes_bring_the_limit_back_slowly_and_not_beyond_the_most() {
        let limit = Limit::new(8, PAUSE);
        let start = Instant::now();
        limit.throttled(start);
        let later = start + PAUSE.first;
        limit.succeeded(start);
        assert_eq!(locked(&limit.state).allowed, 4.0, "an answer to an earlier question is no news");
        limit.succeeded(later);
        assert_eq!(locked(&limit.state).allowed, 4.25);
        for _ in 0..100 {
            limit.succeeded(later);
        }
        assert_eq!(fill(&limit, later), 8);
    }

    #[test]
    fn every_place_has_its_own_limit() {
        let limits = Limits::new(4, PAUSE);
        let now = Instant::now();
        limits.of("iam", "us-east-1").throttled(now);
        assert!(matches!(limits.of("iam", "us-east-1").try_enter(now), Entry::Until(_)));
        assert_eq!(limits.of("iam", "eu-west-1").try_enter(now), Entry::Go);
        assert_eq!(limits.of("ec2", "us-east-1").try_enter(now), Entry::Go);
    }

    #[tokio::test]
    async fn all_who_wait_get_in_and_never_more_than_allowed() {
        let limits = Arc::new(Limits::new(3, PAUSE));
        let running = Arc::new(Mutex::new((0_usize, 0_usize)));
        let tasks: Vec<_> = (0..200)
            .map(|_| {
                let (limits, running) = (Arc::clone(&limits), Arc::clone(&running));
                tokio::spawn(async move {
                    let ticket = limits.of("iam", "us-east-1").enter().await;
                    {
                        let mut running = locked(&running);
                        running.0 += 1;
                        running.1 = running.1.max(running.0);
                    }
                    tokio::task::yield_now().await;
                    locked(&running).0 -= 1;
                    ticket.succeeded();
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        assert_eq!(*locked(&running), (0, 3));
    }

    #[tokio::test]
    async fn one_who_gives_up_waiting_does_not_take_the_room_of_another() {
        let limit = Arc::new(Limit::new(1, PAUSE));
        let ticket = Arc::clone(&limit).enter().await;
        let first = tokio::spawn(Arc::clone(&limit).enter());
        let second = tokio::spawn(Arc::clone(&limit).enter());
        tokio::task::yield_now().await;
        drop(ticket);
        first.abort();
        let _ = first.await;
        second.await.unwrap();
    }

    #[tokio::test]
    async fn one_who_gives_up_in_a_pause_does_not_take_the_room_of_another() {
        let moment = Duration::from_millis(100);
        let limit = Arc::new(Limit::new(1, Pause { first: moment, longest: moment }));
        let ticket = Arc::clone(&limit).enter().await;
        let first = tokio::spawn(Arc::clone(&limit).enter());
        let second = tokio::spawn(Arc::clone(&limit).enter());
        tokio::task::yield_now().await;
        ticket.throttled();
        drop(ticket);
        // The first is told of the room, and finds the pause.
        tokio::task::yield_now().await;
        first.abort();
        let _ = first.await;
        tokio::time::timeout(Duration::from_secs(30), second).await.unwrap().unwrap();
    }
}

//! Being asked to stop, by Ctrl-C or SIGTERM, and waiting until then.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use anyhow::Context as _;
use async_trait::async_trait;
use jiff::Timestamp;
use provost_core::port::Clock;
use provost_local::SystemClock;

/// What a process ends with that a signal ended: 128 and the number of SIGINT.
const AT_ONCE: i32 = 130;

/// Whether somebody asked to stop. The default is never asked.
#[derive(Debug, Clone, Default)]
pub(crate) struct Stop {
    asked: Arc<AtomicBool>,
}

impl Stop {
    /// Listens from now on. The second time somebody asks, the process ends where it is: what is written is
    /// whole, and the next run completes what was begun.
    pub(crate) fn listen() -> anyhow::Result<(Self, Alarm)> {
        let stop = Self::default();
        let (sender, receiver) = channel();
        let asked = Arc::clone(&stop.asked);
        ctrlc::set_handler(move || {
            if asked.swap(true, Ordering::SeqCst) {
                std::process::exit(AT_ONCE);
            }
            // Who waits is told; where nobody does, the flag is enough.
            let _ = sender.send(());
        })
        .context("listen for Ctrl-C and SIGTERM")?;
        Ok((stop, Alarm { receiver }))
    }

    /// Whether it was asked for.
    pub(crate) fn is_asked(&self) -> bool {
        self.asked.load(Ordering::SeqCst)
    }
}

/// The time of this machine, which is up as soon as somebody asks to stop: jobs then end in order.
#[async_trait]
impl Clock for Stop {
    fn now(&self) -> Timestamp {
        SystemClock.now()
    }

    fn is_up(&self) -> bool {
        self.is_asked()
    }

    async fn sleep(&self, duration: Duration) {
        SystemClock.sleep(duration).await;
    }
}

/// Waits, and wakes when somebody asks to stop.
#[derive(Debug)]
pub(crate) struct Alarm {
    receiver: Receiver<()>,
}

impl Alarm {
    /// Returns after this long, or as soon as somebody asks to stop.
    pub(crate) fn wait(&self, duration: Duration) {
        let _ = self.receiver.recv_timeout(duration);
    }
}

//! Progress bars on a terminal; nothing elsewhere.

use std::io::IsTerminal as _;
use std::sync::{Mutex, PoisonError};

use indicatif::{ProgressBar, ProgressStyle};
use provost_core::port::Progress;

/// A bar on standard error, if that is a terminal.
#[derive(Debug)]
pub(crate) struct TerminalProgress {
    visible: bool,
    bar: Mutex<Option<ProgressBar>>,
}

impl TerminalProgress {
    pub(crate) fn new() -> Self {
        Self { visible: std::io::stderr().is_terminal(), bar: Mutex::new(None) }
    }

    fn with(&self, act: impl FnOnce(&mut Option<ProgressBar>)) {
        act(&mut self.bar.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

impl Progress for TerminalProgress {
    fn begin(&self, what: &str, steps: Option<u64>) {
        if !self.visible {
            return;
        }
        let (bar, template) = match steps {
            Some(steps) => (ProgressBar::new(steps), "{msg} {wide_bar} {percent}% {eta}"),
            None => (ProgressBar::new_spinner(), "{msg} {spinner} {pos}"),
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.set_message(what.to_owned());
        self.with(|slot| *slot = Some(bar));
    }

    fn advance(&self, steps: u64) {
        self.with(|slot| slot.iter().for_each(|bar| bar.inc(steps)));
    }

    fn end(&self) {
        self.with(|slot| slot.take().iter().for_each(ProgressBar::finish_and_clear));
    }
}

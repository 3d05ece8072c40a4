//! Where alerts and reports go, as configured: files, or AWS.

use provost_core::port::{FindingHub, Notifier, Reports};
use provost_local::{FileNotifier, FolderReports};

use crate::config::Config;

/// The file of alerts in its folder.
const ALERTS: &str = "alerts.ndjson";

/// What is configured, opened.
pub(crate) struct Outlets {
    file: Option<FileNotifier>,
    folder: Option<FolderReports>,
    #[cfg(feature = "aws")]
    live: Option<crate::live::Outlets>,
}

/// Whether anything is published at all.
pub(crate) fn is_configured(config: &Config) -> bool {
    config.alerts.is_some() || config.reports.is_some() || config.security_hub.is_some()
}

impl Outlets {
    /// Opens what is configured. Nothing is written yet.
    pub(crate) fn open(config: &Config, ask_nothing: bool) -> anyhow::Result<Self> {
        #[cfg(feature = "aws")]
        let (live, topic, bucket) = {
            let live = crate::live::Outlets::open(config, ask_nothing)?;
            let has = |it: Option<&crate::live::Outlets>| {
                it.map_or((false, false), |it| (it.notifier.is_some(), it.reports.is_some()))
            };
            let (topic, bucket) = has(live.as_ref());
            (live, topic, bucket)
        };
        #[cfg(not(feature = "aws"))]
        let (topic, bucket) = without_aws(config, ask_nothing)?;
        // Whoever says neither where nor in which environment gets files beside the other reports.
        let file = config.alerts.as_ref().filter(|_| !topic).map(|alerts| {
            let folder = alerts.folder.as_ref().unwrap_or(&config.out);
            FileNotifier::new(&folder.join(ALERTS))
        });
        let folder = config
            .reports
            .as_ref()
            .filter(|_| !bucket)
            .map(|reports| FolderReports::new(reports.folder.as_ref().unwrap_or(&config.out).clone()));
        Ok(Self {
            file,
            folder,
            #[cfg(feature = "aws")]
            live,
        })
    }

    /// Who tells people.
    pub(crate) fn notifier(&self) -> Option<&dyn Notifier> {
        #[cfg(feature = "aws")]
        if let Some(notifier) = self.live.as_ref().and_then(|live| live.notifier.as_ref()) {
            return Some(notifier);
        }
        self.file.as_ref().map(|file| file as &dyn Notifier)
    }

    /// Where reports go.
    pub(crate) fn reports(&self) -> Option<&dyn Reports> {
        #[cfg(feature = "aws")]
        if let Some(reports) = self.live.as_ref().and_then(|live| live.reports.as_ref()) {
            return Some(reports);
        }
        self.folder.as_ref().map(|folder| folder as &dyn Reports)
    }

    /// Where findings are handed over.
    #[cfg_attr(not(feature = "aws"), expect(clippy::unused_self, reason = "without AWS there is no hub"))]
    pub(crate) fn hub(&self) -> Option<&dyn FindingHub> {
        #[cfg(feature = "aws")]
        if let Some(hub) = self.live.as_ref().and_then(|live| live.hub.as_ref()) {
            return Some(hub);
        }
        None
    }

    /// Does something that waits for them.
    pub(crate) fn with<T>(&self, work: impl FnOnce(&Self) -> T) -> T {
        #[cfg(feature = "aws")]
        if let Some(live) = &self.live {
            return live.with(|| work(self));
        }
        work(self)
    }
}

#[cfg(not(feature = "aws"))]
fn without_aws(config: &Config, _: bool) -> anyhow::Result<(bool, bool)> {
    let topic = config.alerts.as_ref().is_some_and(|alerts| alerts.topic.is_some());
    let bucket = config.reports.as_ref().is_some_and(|reports| reports.bucket.is_some());
    anyhow::ensure!(
        config.security_hub.is_none(),
        "this build knows no AWS, and so no `security_hub`; provost report posture --format asff writes a file"
    );
    anyhow::ensure!(
        !topic && !bucket,
        "this build knows no AWS: under `alerts` and `reports` give a folder instead of a topic or bucket"
    );
    Ok((false, false))
}

//! The ports of this machine, opened, and the jobs started over them.

use std::path::Path;

use anyhow::{Context as _, anyhow, bail};
use pollster::block_on;
use provost_catalog::Folder;
use provost_core::catalog::Catalog;
use provost_core::job::{Execution, Finished, JobError, Order, Runner, Work};
use provost_core::model::{Digest, JobName};
use provost_core::waiver::WaiverFile;
use provost_local::{FileArchive, SqliteStore, TextfileMetrics, UuidIds};
use tracing::{info, warn};

use crate::cli::Global;
use crate::config::Config;
use crate::progress::TerminalProgress;
use crate::stop::Stop;

/// Everything a command needs.
pub(crate) struct App {
    pub(crate) config: Config,
    pub(crate) catalog: Catalog,
    pub(crate) waivers: WaiverFile,
    pub(crate) store: SqliteStore,
    pub(crate) archive: FileArchive,
    pub(crate) progress: TerminalProgress,
    /// Whether somebody asked to stop, for whoever works in several steps.
    pub(crate) stop: Stop,
    metrics: TextfileMetrics,
}

impl App {
    /// Reads the configuration and opens everything it names.
    pub(crate) fn open(global: &Global) -> anyhow::Result<Self> {
        Self::with(Config::load(global)?)
    }

    /// Like `open`, for commands that read what others wrote: a store that is not there is an error.
    pub(crate) fn open_existing(global: &Global) -> anyhow::Result<Self> {
        let config = Config::load(global)?;
        if !config.store.join("provost.db").is_file() {
            bail!(
                "there is no store in `{}`; name one with --store, or run provost collect first",
                config.store.display()
            );
        }
        Self::with(config)
    }

    /// Opens everything a configuration names.
    pub(crate) fn with(config: Config) -> anyhow::Result<Self> {
        let catalog = load_catalog(&config)?;
        let waivers = match &config.waivers {
            Some(path) => read_waivers(path)?,
            None => WaiverFile::default(),
        };
        let waivers =
            waivers.with(catalog.waivers.clone()).context("waivers of the file and of the catalog")?;
        let known = |id: &str| {
            catalog.posture.iter().any(|rule| rule.stamp.id == id)
                || catalog.unselected.iter().any(|rule| rule == id)
                || catalog.detections.iter().any(|rule| rule.stamp.id == id)
        };
        for entry in waivers.waivers.iter().chain(&waivers.suppressions) {
            if let Some(rule) = entry.rule.as_deref().filter(|rule| !known(rule)) {
                warn!(waiver = entry.id.as_str(), rule, "A waiver names a rule there is not.");
            }
        }
        let store = SqliteStore::open(&config.store)?;
        let archive = FileArchive::open(&config.store.join("evidence"))?;
        let metrics = TextfileMetrics::new(&config.store.join("metrics"));
        Ok(Self {
            config,
            catalog,
            waivers,
            store,
            archive,
            progress: TerminalProgress::new(),
            stop: Stop::default(),
            metrics,
        })
    }

    /// The same, asked to stop through `stop`.
    pub(crate) fn stopped_by(self, stop: &Stop) -> Self {
        Self { stop: stop.clone(), ..self }
    }

    /// Runs a job to its end.
    pub(crate) fn run<T>(
        &self,
        job: JobName,
        scope: &str,
        input: Digest,
        work: impl AsyncFnOnce(&Execution<'_>) -> Result<(Work, T), JobError>,
    ) -> Result<Finished<T>, JobError> {
        let runner = Runner {
            clock: &self.stop,
            ids: &UuidIds,
            locks: &self.store,
            runs: &self.store,
            metrics: &self.metrics,
            retention: Some((&self.store, &self.archive)),
        };
        let deadline = self.config.deadline;
        let order = Order { job, scope: scope.to_owned(), input, catalog: self.catalog.digest, deadline };
        block_on(runner.run(order, work))
    }
}

/// The built-in catalog with the user's additions; what could not be loaded is said aloud.
pub(crate) fn load_catalog(config: &Config) -> anyhow::Result<Catalog> {
    let folders = |paths: &[std::path::PathBuf]| {
        paths.iter().map(|path| Folder::read(path)).collect::<Result<Vec<_>, _>>()
    };
    let additions = folders(&config.catalog)?;
    let rules = folders(&config.rules)?;
    let mut catalog = provost_catalog::load(&additions, &rules).context("the catalog")?;
    for replaced in &catalog.replaced {
        info!(rule = replaced.id.as_str(), file = replaced.by.as_str(), "A built-in file is replaced.");
    }
    for refused in catalog.not_loaded.iter().filter(|refused| !refused.is_other_source) {
        warn!(file = refused.file.as_str(), reason = refused.reason.as_str(), "A rule could not be loaded.");
    }
    let others = catalog.not_loaded.iter().filter(|refused| refused.is_other_source).count();
    if others > 0 {
        info!(count = others, "Rules about other sources than CloudTrail were left alone.");
    }
    if !config.select.is_empty() {
        catalog.select(&config.select).map_err(|pattern| {
            anyhow!(
                "there is no posture rule `{pattern}`; `provost rules` lists them, and * stands for any text"
            )
        })?;
    }
    for (id, values) in &config.parameters {
        let rule = catalog.posture.iter_mut().find(|rule| &rule.stamp.id == id);
        if rule.is_none() && catalog.unselected.contains(id) {
            continue;
        }
        let rule = rule.with_context(|| {
            format!("configuration: `parameters` names the rule `{id}`, which there is not")
        })?;
        rule.set_parameters(values).context("configuration: `parameters`")?;
    }
    Ok(catalog)
}

fn read_waivers(path: &Path) -> anyhow::Result<WaiverFile> {
    let named = || format!("waivers `{}`", path.display());
    let text = std::fs::read_to_string(path).with_context(named)?;
    WaiverFile::parse(&text).with_context(named)
}

//! Metrics as files for Prometheus' node exporter.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use provost_core::model::Run;
use provost_core::port::{Metric, Metrics, PortResult, Unit};

use crate::{private_folder, unavailable};

/// One file per job, replaced as a whole when the job ends, in the text format of Prometheus.
/// <https://github.com/prometheus/node_exporter#textfile-collector>
#[derive(Debug)]
pub struct TextfileMetrics {
    folder: PathBuf,
}

impl TextfileMetrics {
    /// Metrics in this folder, made when the first run ends.
    #[must_use]
    pub fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned() }
    }
}

#[async_trait]
impl Metrics for TextfileMetrics {
    async fn publish(&self, run: &Run, metrics: &[Metric]) -> PortResult<()> {
        private_folder(&self.folder)?;
        let path = self.folder.join(format!("{}.prom", run.job));
        let mut text = String::new();
        for metric in metrics {
            let unit = match metric.unit {
                Unit::Count => "",
                Unit::Seconds => "_seconds",
            };
            let name = format!("provost_{}_{}{unit}", run.job, metric.name);
            // Writing to a String cannot fail.
            let _ = writeln!(text, "# TYPE {name} gauge\n{name} {}", metric.value);
        }
        let replace = || -> std::io::Result<()> {
            let mut file = tempfile::NamedTempFile::new_in(&self.folder)?;
            std::io::Write::write_all(&mut file, text.as_bytes())?;
            file.persist(&path)?;
            Ok(())
        };
        replace().map_err(|error| unavailable("write the metrics", &path, &error))
    }
}

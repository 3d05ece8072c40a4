//! Where an invocation writes, and what it writes with. Connected for each invocation anew: a budget of calls is for
//! one of them.

use std::sync::Arc;

use provost_aws::cloudwatch::CloudWatchMetrics;
use provost_aws::dynamo::{DynamoEvaluations, DynamoStore};
use provost_aws::guard::{Sink, Source};
use provost_aws::s3_archive::S3Archive;
use provost_aws::{Access, Client, connect, read_object};
use provost_core::port::{Archive, Metrics};
use provost_core::waiver::WaiverFile;

use crate::clock::TokioClock;
use crate::environment::{Environment, Evidence, Waivers};
use crate::failure::Failure;
use crate::switched_off::{NoArchive, NoMetrics};

/// What one invocation reads with, and where it writes. There are two clients, so that what reads can write nothing,
/// and a budget that is spent holds up no record of what was read.
pub(crate) struct Places {
    pub(crate) reader: Client,
    pub(crate) writer: Client,
    pub(crate) archive: Box<dyn Archive>,
    pub(crate) metrics: Box<dyn Metrics>,
}

impl Places {
    /// Connects, with what one job writes to beside evidence and metrics.
    pub(crate) async fn connect(environment: &Environment, mut sinks: Vec<Sink>) -> Self {
        let Environment { evidence, metrics, most_calls, waivers, .. } = environment;
        let reader = connect(Access { most_calls: *most_calls, ..Access::default() }).await;
        if let Some(Evidence { bucket, prefix }) = evidence.clone() {
            sinks.push(Sink::Objects { bucket, prefix });
        }
        sinks.extend(metrics.iter().cloned().map(Sink::Namespace));
        let sources = match waivers {
            Waivers::Here(_) => Vec::new(),
            Waivers::Object { bucket, key } => {
                vec![Source::Objects { bucket: bucket.clone(), prefix: key.clone() }]
            }
        };
        let writer = connect(Access { sinks, sources, ..Access::default() }).await;
        let archive: Box<dyn Archive> = match evidence {
            Some(Evidence { bucket, prefix }) => Box::new(S3Archive::new(
                writer.clone(),
                bucket.as_str(),
                prefix.as_str(),
                Arc::new(TokioClock),
            )),
            None => Box::new(NoArchive),
        };
        let metrics: Box<dyn Metrics> = match metrics {
            Some(namespace) => Box::new(CloudWatchMetrics::new(writer.clone(), namespace.as_str())),
            None => Box::new(NoMetrics),
        };
        Self { reader, writer, archive, metrics }
    }

    /// Users, with locks and runs.
    pub(crate) fn inventory(&self, table: &str) -> DynamoStore {
        DynamoStore::new(self.writer.clone(), table, Arc::new(TokioClock))
    }

    /// Locks and runs beside the verdicts.
    pub(crate) fn beside_history(&self, table: &str) -> DynamoStore {
        DynamoStore::in_history(self.writer.clone(), table, Arc::new(TokioClock))
    }

    /// The verdicts.
    pub(crate) fn history(&self, table: &str) -> DynamoEvaluations {
        DynamoEvaluations::new(self.writer.clone(), table, Arc::new(TokioClock))
    }

    /// Who accepted what, as it is now.
    pub(crate) async fn waivers(&self, waivers: &Waivers) -> Result<WaiverFile, Failure> {
        let (bucket, key) = match waivers {
            Waivers::Here(file) => return Ok(file.clone()),
            Waivers::Object { bucket, key } => (bucket, key),
        };
        let wrong = |why: String| Failure::configuration(&anyhow::anyhow!("`PROVOST_WAIVERS`: {why}"));
        let bytes = read_object(&self.writer, bucket, key).await.map_err(|error| wrong(error.to_string()))?;
        let text =
            std::str::from_utf8(&bytes).map_err(|error| wrong(format!("s3://{bucket}/{key}: {error}")))?;
        WaiverFile::parse(text).map_err(|error| wrong(format!("s3://{bucket}/{key}: {error}")))
    }
}

//! The table of endpoints that the generator of the models made, and how an entry is found in it.

use std::collections::HashMap;
use std::sync::{LazyLock, OnceLock};

use serde::Deserialize;
use serde_json::value::RawValue;

use super::EndpointError;
use crate::models::embedded::ENDPOINTS;
use crate::models::inflated;

static TABLE: LazyLock<Result<Table, String>> = LazyLock::new(|| {
    let text = inflated(ENDPOINTS).map_err(|error| error.to_string())?;
    serde_json::from_slice(&text).map_err(|error| error.to_string())
});

/// The table, read when it is first needed.
pub(super) fn table() -> Result<&'static Table, EndpointError> {
    TABLE.as_ref().map_err(|why| EndpointError::Table { why: why.clone() })
}

/// Partitions, and where each service is in them.
#[derive(Debug, Deserialize)]
pub(super) struct Table {
    pub(super) partitions: Vec<Partition>,
    services: HashMap<String, Entry>,
}

/// A service's place, read when somebody asks for that service.
#[derive(Debug, Deserialize)]
#[serde(from = "Box<RawValue>")]
struct Entry {
    text: Box<RawValue>,
    place: OnceLock<Result<Place, String>>,
}

impl From<Box<RawValue>> for Entry {
    fn from(text: Box<RawValue>) -> Self {
        Self { text, place: OnceLock::new() }
    }
}

/// A part of AWS that shares nothing with the others: `aws`, `aws-cn`, `aws-us-gov`, ...
#[derive(Debug, Deserialize)]
pub struct Partition {
    /// The word in ARNs.
    pub id: String,
    /// How its host names end.
    #[serde(rename = "dns")]
    pub dns_suffix: String,
    /// How those of dual-stack endpoints end.
    #[serde(rename = "dual")]
    pub dual_stack_dns_suffix: String,
    /// What stands before the word and the number of its regions: `us-gov` of `us-gov-west-1`.
    #[serde(rename = "begins")]
    region_begins: Vec<String>,
    /// Its regions known today, and pseudo regions such as `aws-global`.
    pub regions: Vec<String>,
}

/// Where a service is.
#[derive(Debug, Deserialize)]
struct Place {
    #[serde(flatten)]
    hosts: Hosts,
    /// Operations with hosts of their own.
    #[serde(default)]
    others: Vec<Others>,
}

#[derive(Debug, Deserialize)]
struct Others {
    operations: Vec<String>,
    #[serde(flatten)]
    hosts: Hosts,
}

/// The most particular wins: region, partition, usual.
#[derive(Debug, Deserialize)]
struct Hosts {
    usual: Four,
    #[serde(default)]
    partitions: HashMap<String, Four>,
    #[serde(default)]
    regions: HashMap<String, Four>,
}

/// Plain, FIPS, dual-stack, both; nothing where there is no such endpoint.
#[derive(Debug, Deserialize)]
pub(super) struct Four([Option<Outcome>; 4]);

/// A host, with blanks; or a host, the signing region and the signing name, which are empty where the usual
/// holds.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Outcome {
    Host(String),
    Signed(String, String, String),
}

impl Table {
    pub(super) fn partition(&self, region: &str) -> Result<&Partition, EndpointError> {
        let partition = self.partitions.iter().find(|partition| partition.has(region));
        let partition = partition.or(self.partitions.first());
        partition.ok_or_else(|| EndpointError::Table { why: "it has no partitions".to_owned() })
    }

    /// Nothing for a service that the table does not have.
    pub(super) fn outcomes(
        &self,
        service: &str,
        operation: &str,
        partition: &Partition,
        region: &str,
    ) -> Result<Option<&Four>, EndpointError> {
        let Some(entry) = self.services.get(service) else { return Ok(None) };
        let read = || serde_json::from_str::<Place>(entry.text.get()).map_err(|error| error.to_string());
        let place = entry.place.get_or_init(read).as_ref();
        let place = place.map_err(|why| EndpointError::Table { why: format!("{service}: {why}") })?;
        let has_own = |others: &&Others| others.operations.iter().any(|other| other == operation);
        let hosts = place.others.iter().find(has_own).map_or(&place.hosts, |others| &others.hosts);
        let particular = hosts.regions.get(region).or_else(|| hosts.partitions.get(&partition.id));
        Ok(Some(particular.unwrap_or(&hosts.usual)))
    }
}

impl Partition {
    /// Whether a region is one of its own, today or by its name.
    fn has(&self, region: &str) -> bool {
        let is_named = |begin: &String| {
            let rest = region.strip_prefix(begin.as_str()).and_then(|rest| rest.strip_prefix('-'));
            rest.and_then(|rest| rest.split_once('-')).is_some_and(|(word, number)| {
                let is_word = |part: u8| part.is_ascii_alphanumeric() || part == b'_';
                !word.is_empty()
                    && word.bytes().all(is_word)
                    && !number.is_empty()
                    && number.bytes().all(|digit| digit.is_ascii_digit())
            })
        };
        self.regions.iter().any(|known| known == region) || self.region_begins.iter().any(is_named)
    }
}

impl Four {
    pub(super) fn of(&self, fips: bool, dual_stack: bool) -> Option<&Outcome> {
        let [plain, with_fips, with_dual_stack, with_both] = &self.0;
        let outcome = match (fips, dual_stack) {
            (false, false) => plain,
            (true, false) => with_fips,
            (false, true) => with_dual_stack,
            (true, true) => with_both,
        };
        outcome.as_ref()
    }

    pub(super) fn plain(&self) -> Option<&Outcome> {
        self.of(false, false)
    }
}

impl Outcome {
    /// The host, its blanks filled.
    pub(super) fn host(&self, region: &str, partition: &Partition) -> String {
        let (Self::Host(host) | Self::Signed(host, ..)) = self;
        host.replace("{region}", region)
            .replace("{dns}", &partition.dns_suffix)
            .replace("{dual}", &partition.dual_stack_dns_suffix)
    }

    pub(super) fn signing_region(&self) -> Option<&str> {
        match self {
            Self::Host(_) => None,
            Self::Signed(_, region, _) => Some(region),
        }
    }

    pub(super) fn signing_name(&self) -> Option<&str> {
        match self {
            Self::Host(_) => None,
            Self::Signed(.., name) => Some(name),
        }
    }
}

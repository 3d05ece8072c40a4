//! Where a service is: its host in a region, and what a request to it is signed for.
//!
//! AWS publishes a rule set per service. The generator of the models evaluates them all, for every partition,
//! region and variant, and here the outcome is looked up. A region that is not known yet gets what the rules
//! say of a region they do not know, in the partition its name belongs to.

pub mod s3;
mod table;

use crate::endpoint::table::{Four, Outcome, table};

pub use table::Partition;

/// What an endpoint is wanted for.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// The service by its name in the public models.
    pub service: &'a str,
    /// The operation by its API name: a few have hosts of their own.
    pub operation: &'a str,
    /// What the service's model says of its host names and signatures.
    pub endpoint_prefix: &'a str,
    /// The name in signatures, where it is not the prefix.
    pub signing_name: Option<&'a str>,
    /// The region, or a pseudo region such as `aws-global`.
    pub region: &'a str,
    /// Whether only validated cryptography will do.
    pub fips: bool,
    /// Whether the host must be reachable over IPv6 too.
    pub dual_stack: bool,
    /// An address that was configured, which goes before all that.
    pub url: Option<&'a str>,
}

/// Where to send a request, and what to sign it for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// Scheme, host, port if there is one, path if a configured address has one; no slash at the end.
    pub url: String,
    /// The region in the signature. Of global services it is one region of the partition.
    pub signing_region: String,
    /// The service in the signature.
    pub signing_name: String,
    /// Whether the address was configured. Such an address is taken as it is: nothing goes before its host.
    pub configured: bool,
}

/// Why there is no endpoint.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EndpointError {
    /// A host name cannot hold it.
    #[error("`{region}` is not the name of a region")]
    Region {
        /// What was given as a region.
        region: String,
    },
    /// The service has none of the kind in that region. FIPS is a promise, so another kind is no substitute.
    #[error("{service} has no {kind} in the region `{region}`")]
    Absent {
        /// The service.
        service: String,
        /// The region.
        region: String,
        /// The kind of endpoint, as people say it.
        kind: &'static str,
    },
    /// FIPS was asked for together with an address of one's own, of which nobody knows what it does.
    #[error("FIPS endpoints are asked for, but the configured address `{url}` of {service} promises none")]
    Unpromised {
        /// The service.
        service: String,
        /// The address.
        url: String,
    },
    /// A configured address that is none.
    #[error("`{url}` is not an address of a service: {why}")]
    Url {
        /// The address.
        url: String,
        /// What is wrong.
        why: &'static str,
    },
    /// A bucket that a request cannot be addressed to.
    #[error("the bucket `{bucket}` cannot be addressed: {why}")]
    Bucket {
        /// The bucket as it was given.
        bucket: String,
        /// What is wrong.
        why: &'static str,
    },
    /// What goes before a host is no part of a host name.
    #[error("`{prefix}` cannot stand before a host name")]
    Prefix {
        /// What was to go before the host.
        prefix: String,
    },
    /// The table of endpoints that the program carries cannot be read.
    #[error("the table of endpoints is damaged: {why}")]
    Table {
        /// What is wrong.
        why: String,
    },
}

/// Finds the endpoint.
///
/// # Errors
/// When the region is no region, when the service has no endpoint of that kind there, or when a configured
/// address is no address.
pub fn resolve(wanted: &Wanted<'_>) -> Result<Endpoint, EndpointError> {
    let Wanted { service, operation, region, .. } = *wanted;
    if !is_host_label(region) {
        return Err(EndpointError::Region { region: region.to_owned() });
    }
    let table = table()?;
    let partition = table.partition(region)?;
    let outcomes = table.outcomes(service, operation, partition, region)?;
    let signing_name = wanted.signing_name.unwrap_or(wanted.endpoint_prefix);
    let endpoint = |url: String, signs: Option<&Outcome>, configured: bool| {
        let said = |text: Option<&str>, usual: &str| {
            text.filter(|text| !text.is_empty()).unwrap_or(usual).to_owned()
        };
        Endpoint {
            url,
            signing_region: said(signs.and_then(Outcome::signing_region), region),
            signing_name: said(signs.and_then(Outcome::signing_name), signing_name),
            configured,
        }
    };
    if let Some(url) = wanted.url {
        if wanted.fips {
            return Err(EndpointError::Unpromised { service: service.to_owned(), url: url.to_owned() });
        }
        let url = Address::parse(url)?.to_string();
        // Signed as requests to AWS are: the address may be a proxy that only passes them on.
        return Ok(endpoint(url, outcomes.and_then(Four::plain), true));
    }
    let absent = || EndpointError::Absent {
        service: service.to_owned(),
        region: region.to_owned(),
        kind: kind(wanted.fips, wanted.dual_stack),
    };
    let Some(outcomes) = outcomes else {
        // A service that came after the table. What its host is called can be guessed, what it promises not.
        if wanted.fips {
            return Err(absent());
        }
        let end = if wanted.dual_stack { &partition.dual_stack_dns_suffix } else { &partition.dns_suffix };
        return Ok(endpoint(format!("https://{}.{region}.{end}", wanted.endpoint_prefix), None, false));
    };
    let outcome = outcomes.of(wanted.fips, wanted.dual_stack).ok_or_else(absent)?;
    Ok(endpoint(format!("https://{}", outcome.host(region, partition)), Some(outcome), false))
}

/// The partition a region belongs to; of a region that belongs to none, the first: `aws`.
///
/// # Errors
/// When the table of endpoints cannot be read.
pub fn partition(region: &str) -> Result<&'static Partition, EndpointError> {
    table()?.partition(region)
}

/// All partitions, with the regions known today.
///
/// # Errors
/// When the table of endpoints cannot be read.
pub fn partitions() -> Result<&'static [Partition], EndpointError> {
    Ok(&table()?.partitions)
}

impl Endpoint {
    /// Its URL with an operation's prefix before the host, `123456789012.`; a configured address stays as it is.
    ///
    /// # Errors
    /// When the prefix is no part of a host name: what a user wrote must not choose the host.
    pub fn prefixed(&self, prefix: &str) -> Result<String, EndpointError> {
        let labels = prefix.strip_suffix('.').unwrap_or(prefix);
        // A prefix may end within a label: `data-`.
        if !labels.split('.').all(|label| is_host_label(label.trim_end_matches('-'))) {
            return Err(EndpointError::Prefix { prefix: prefix.to_owned() });
        }
        if self.configured {
            return Ok(self.url.clone());
        }
        let address = Address::parse(&self.url)?;
        Ok(Address { host: &format!("{prefix}{}", address.host), ..address }.to_string())
    }
}

/// The parts of an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Address<'u> {
    pub(crate) scheme: &'u str,
    /// A name, an IPv4 address, or an IPv6 address in brackets.
    pub(crate) host: &'u str,
    pub(crate) port: Option<u16>,
    /// Empty, or with a slash at its beginning and none at its end.
    pub(crate) path: &'u str,
}

impl<'u> Address<'u> {
    pub(crate) fn parse(url: &'u str) -> Result<Self, EndpointError> {
        let wrong = |why| EndpointError::Url { url: shown(url), why };
        let (scheme, rest) = url.split_once("://").ok_or_else(|| wrong("it has no `https://`"))?;
        if !matches!(scheme, "http" | "https") {
            return Err(wrong("it is neither http nor https"));
        }
        let slash = rest.find('/').unwrap_or(rest.len());
        let (authority, path) = rest.split_at(slash);
        if authority.contains('@') {
            return Err(wrong("it names a user"));
        }
        if url.contains(['?', '#', '\\']) || url.chars().any(|part| part.is_whitespace() || part.is_control())
        {
            return Err(wrong("it has more than a scheme, a host, a port and a path"));
        }
        let end_of_host = authority.rfind(']').unwrap_or(0);
        let colon = authority.rfind(':').filter(|colon| *colon > end_of_host || end_of_host == 0);
        let (host, port) = match colon {
            None => (authority, None),
            Some(colon) => {
                let (host, port) = authority.split_at(colon);
                let port = port.trim_start_matches(':').parse();
                (host, Some(port.map_err(|_| wrong("its port is no number up to 65535"))?))
            }
        };
        if !is_host(host) {
            return Err(wrong("it names no host"));
        }
        Ok(Self { scheme, host, port, path: path.trim_end_matches('/') })
    }
}

impl std::fmt::Display for Address<'_> {
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(to, "{}://{}", self.scheme, self.host)?;
        if let Some(port) = self.port {
            write!(to, ":{port}")?;
        }
        to.write_str(self.path)
    }
}

/// An address for a message, without a password that somebody wrote into it.
fn shown(url: &str) -> String {
    url.rsplit_once('@').map_or_else(|| url.to_owned(), |(_, host)| format!("...@{host}"))
}

fn is_host(host: &str) -> bool {
    let bracketed = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    match bracketed {
        Some(inner) => inner.parse::<std::net::Ipv6Addr>().is_ok(),
        // Names of containers have underscores.
        None => !host.is_empty() && host.split('.').all(|label| is_host_label(&label.replace('_', "-"))),
    }
}

/// Whether a part of a host name is one: letters, digits and hyphens, at most 63, no hyphen at an end.
fn is_host_label(label: &str) -> bool {
    (1..=63).contains(&label.len())
        && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        && !label.starts_with('-')
        && !label.ends_with('-')
}

fn kind(fips: bool, dual_stack: bool) -> &'static str {
    match (fips, dual_stack) {
        (false, false) => "endpoint",
        (true, false) => "FIPS endpoint",
        (false, true) => "dual-stack endpoint",
        (true, true) => "endpoint that is both FIPS and dual-stack",
    }
}

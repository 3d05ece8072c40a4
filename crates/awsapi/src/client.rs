//! The client: the one door through which every call goes.
//!
//! A call is looked up in its model, shown to the gate, checked against its shape, charged to the budget, held
//! back while its place is slowing down, signed, sent, tried again, and its answer read. All clones of a client,
//! also those of other regions and roles, share the gate, the budget, the limits and the tally.

pub(crate) mod address;
mod answer;
mod body;
mod builder;
mod checksum;
mod credentials;
mod failure;
mod read;
mod role;
mod send;

pub use builder::{ClientBuilder, Retries};
pub use read::is_read;

use crate::gate::Gate;
use crate::limit::{Limits, Ticket};
use crate::model::{Auth, Operation, Pagination, Service};
use crate::tally::Counter;
use crate::{Call, Error, ErrorKind, Models, Pages, Reply, Tally, serialize};
use answer::Reading;
use aws_config::SdkConfig;
use aws_runtime::service_clock_skew::ServiceClockSkewInterceptor;
use aws_smithy_runtime::client::retries::RetryPartition;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_runtime_api::client::interceptors::SharedInterceptor;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::sdk_ua_metadata::FrameworkMetadata;
use credentials::Signer;
use failure::{Failure, is_expired};
use send::Outgoing;
use serde_json::Value;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A client of AWS. Cheap to clone; clones share everything but what they say they change.
#[derive(Clone)]
pub struct Client {
    core: Arc<Core>,
    /// Addresses, time and sleep; its region and credentials are not used, the ones below are.
    config: Arc<SdkConfig>,
    signer: Arc<Signer>,
    region: Option<Arc<str>>,
}

/// What all clones of a client share.
pub(crate) struct Core {
    models: Models,
    gate: Arc<dyn Gate>,
    limits: Limits,
    counter: Arc<Counter>,
    budget: Option<u64>,
    spent: AtomicU64,
    retries: Retries,
    timeouts: TimeoutConfig,
    http: SharedHttpClient,
    most_bytes: u64,
    /// The program in the user agent.
    program: Option<FrameworkMetadata>,
    /// What to do about credentials that are missing.
    advice: String,
    /// The clock of each service, as far as it is off ours.
    skews: Mutex<HashMap<String, SharedInterceptor>>,
    /// Where buckets turned out to be.
    bucket_regions: Mutex<HashMap<String, String>>,
    partitions: Mutex<HashMap<(String, String, u64), RetryPartition>>,
}

impl Client {
    /// A client with the addresses, credentials and region of this configuration.
    pub fn builder(config: SdkConfig) -> ClientBuilder {
        ClientBuilder::new(config)
    }

    /// Calls one operation. What AWS asks to be tried again is tried again.
    ///
    /// # Errors
    /// Whatever is not the output of the operation; see [`ErrorKind`].
    pub async fn call(&self, call: &Call) -> Result<Reply, Error> {
        let answered = self.answer(call).await;
        match &answered {
            Ok(reply) => tracing::debug!(
                service = %call.service,
                operation = %call.operation,
                region = self.region_of(call),
                status = reply.status,
                request_id = reply.request_id.as_deref(),
                "AWS answered."
            ),
            // Not its message: that may name people and what they have.
            Err(kind) => tracing::debug!(
                service = %call.service,
                operation = %call.operation,
                region = self.region_of(call),
                code = kind.word(),
                "The call gave no output."
            ),
        }
        answered.map_err(|kind| self.error(call, kind))
    }

    /// The pages of an operation, one call each.
    pub fn pages(&self, call: Call) -> Pages {
        Pages::new(self.clone(), call)
    }

    /// All pages as one output, merged as the AWS CLI merges them: no tokens, lists and numbers added up. Of an
    /// operation that does not page, its output as it is.
    ///
    /// # Errors
    /// As [`Client::call`], of the first page that fails; and [`ErrorKind::Loop`]. Part of a list is no list.
    pub async fn all(&self, call: &Call) -> Result<Value, Error> {
        let Some(pagination) = self.pagination(call)? else { return Ok(self.call(call).await?.value) };
        let mut merged = crate::pages::merge::Merged::new(&pagination);
        let mut pages = self.pages(call.clone());
        while let Some(page) = pages.next().await {
            merged.add(page?.reply.value);
        }
        Ok(merged.finish())
    }

    /// The same client, asking this region.
    #[must_use]
    pub fn in_region(&self, region: &str) -> Self {
        Self { region: Some(Arc::from(region)), ..self.clone() }
    }

    /// The region it asks when a call names none.
    pub fn region(&self) -> Option<&str> {
        self.region.as_deref()
    }

    /// The models it knows.
    pub fn models(&self) -> &Models {
        &self.core.models
    }

    /// What it and all its clones have asked so far.
    pub fn tally(&self) -> Tally {
        self.core.counter.tally()
    }

    /// An error of a call, with its name and place.
    pub(crate) fn error(&self, call: &Call, kind: ErrorKind) -> Error {
        Error {
            service: call.service.clone(),
            operation: call.operation.clone(),
            region: self.region_of(call).map(str::to_owned),
            kind,
        }
    }

    /// How an operation pages, if it does.
    pub(crate) fn pagination(&self, call: &Call) -> Result<Option<Pagination>, Error> {
        let service = self.service(call).map_err(|kind| self.error(call, kind))?;
        let operation = operation(&service, call).map_err(|kind| self.error(call, kind))?;
        Ok(operation.pagination.clone().or_else(|| implied(&service, operation)))
    }

    fn region_of<'c>(&'c self, call: &'c Call) -> Option<&'c str> {
        call.region.as_deref().or(self.region())
    }

    fn service(&self, call: &Call) -> Result<Arc<Service>, ErrorKind> {
        self.core.models.service(&call.service).map_err(|error| ErrorKind::Model { why: error.to_string() })
    }

    async fn answer(&self, call: &Call) -> Result<Reply, ErrorKind> {
        let service = self.service(call)?;
        let operation = operation(&service, call)?;
        if let Auth::Other(scheme) = &operation.auth {
            let why =
                format!("`{}` is authorized by `{scheme}`, which this client does not do", call.operation);
            return Err(ErrorKind::Model { why });
        }
        let region = self.region_of(call).ok_or_else(no_region)?;
        let asked = Call { region: Some(region.to_owned()), ..call.clone() };
        self.core.gate.admit(&asked).map_err(|why| ErrorKind::Refused { why })?;

        let input = checksum::asked_for(operation, asked.input);
        let mut request = serialize::serialize(&service, operation, &input)
            .map_err(|error| ErrorKind::Input { path: error.path, why: error.why })?;
        checksum::add(operation, &input, &mut request)?;
        let endpoint = address::endpoint(&self.config, &service, call, region);
        let endpoint = endpoint.map_err(unknown_place)?;
        address::address(&endpoint, &call.service, &input, &request).map_err(unknown_place)?;
        // From here on it is sent.
        self.core.spend()?;

        let label: Arc<str> = format!("{}:{}", call.service, call.operation).into();
        self.core.counter.call(&label);
        let ticket = Arc::new(self.core.limits.of(&call.service, &endpoint.signing_region).enter().await);
        let attempts =
            Attempts { client: self, call, service: &service, input: &input, region, label, ticket: &ticket };
        let answered = attempts.run(request).await;
        if answered.as_ref().err().is_none_or(|failure| failure.is_answer() && !failure.is_throttle()) {
            ticket.succeeded();
        }
        answered.map_err(|failure| failure.kind)
    }
}

/// The requests of one call: the first, and those that a redirect or expired credentials make necessary. The
/// runtime's retries are inside each of them.
struct Attempts<'a> {
    client: &'a Client,
    call: &'a Call,
    service: &'a Arc<Service>,
    input: &'a Value,
    region: &'a str,
    label: Arc<str>,
    ticket: &'a Arc<Ticket>,
}

impl Attempts<'_> {
    async fn run(&self, request: serialize::Request) -> Result<Reply, Failure> {
        let core = &self.client.core;
        let bucket = match self.call.service.as_str() {
            "s3" => self.input.get("Bucket").and_then(Value::as_str),
            _ => None,
        };
        let known = bucket.and_then(|bucket| core.bucket_region(bucket));
        let mut region = known.unwrap_or_else(|| self.region.to_owned());
        let (mut moved, mut renewed) = (false, false);
        loop {
            let resolver = self.client.signer.resolver();
            let generation = resolver.as_ref().map_or(0, |resolver| resolver.generation);
            let outgoing =
                self.outgoing(&region, resolver, &request).map_err(|kind| Failure::new(kind, false, None))?;
            let failure = match outgoing.send(request.clone()).await {
                Ok(reply) => {
                    if let (Some(bucket), true) = (bucket, moved) {
                        core.remember_bucket(bucket, &region);
                    }
                    return Ok(reply);
                }
                Err(failure) => failure,
            };
            // An error of the place that S3 named says that the bucket is there, unless it names another.
            if let (Some(bucket), true) =
                (bucket, moved && failure.is_answer() && !failure.redirects(&region))
            {
                core.remember_bucket(bucket, &region);
            }
            if let (true, Some(other), false) = (bucket.is_some(), &failure.bucket_region, moved)
                && *other != region
            {
                region.clone_from(other);
                moved = true;
            } else if is_expired(&failure.kind) && !renewed {
                self.client.signer.renew(generation).await;
                renewed = true;
            } else {
                return Err(failure.told(&core.advice));
            }
        }
    }

    fn outgoing(
        &self,
        region: &str,
        resolver: Option<credentials::Resolver>,
        request: &serialize::Request,
    ) -> Result<Outgoing<'_>, ErrorKind> {
        let Client { core, config, signer, .. } = self.client;
        let (call, service) = (self.call, self.service);
        let operation = operation(service, call)?;
        let endpoint = address::endpoint(config, service, call, region).map_err(unknown_place)?;
        let place = address::address(&endpoint, &call.service, self.input, request).map_err(unknown_place)?;
        Ok(Outgoing {
            core,
            config,
            signer,
            resolver,
            operation,
            operation_name: call.operation.clone(),
            is_read: is_read(operation),
            reading: Reading::new(service, &call.operation, self.input, call.service == "s3"),
            signs_as_s3: service.metadata().signature_version.as_deref() == Some("s3v4")
                || call.service == "s3",
            label: Arc::clone(&self.label),
            service_name: call.service.clone(),
            url: place.url,
            target: place.target,
            region: region.to_owned(),
            signing_region: endpoint.signing_region,
            signing_name: endpoint.signing_name,
            ticket: Arc::clone(self.ticket),
        })
    }
}

impl Core {
    /// Charges one call to the budget.
    fn spend(&self) -> Result<(), ErrorKind> {
        let Some(most) = self.budget else { return Ok(()) };
        let spent = self
            .spent
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |spent| (spent < most).then_some(spent + 1));
        spent.map(|_| ()).map_err(|_| ErrorKind::Budget { most })
    }

    fn skew(&self, service: &str) -> SharedInterceptor {
        let mut skews = locked(&self.skews);
        let new = || SharedInterceptor::new(ServiceClockSkewInterceptor::new());
        skews.entry(service.to_owned()).or_insert_with(new).clone()
    }

    fn partition(&self, service: &str, region: &str, signer: u64) -> RetryPartition {
        let mut partitions = locked(&self.partitions);
        let name = format!("{service}/{region}/{signer}");
        let place = (service.to_owned(), region.to_owned(), signer);
        partitions.entry(place).or_insert_with(|| RetryPartition::custom(name).build()).clone()
    }

    fn bucket_region(&self, bucket: &str) -> Option<String> {
        locked(&self.bucket_regions).get(bucket).cloned()
    }

    fn remember_bucket(&self, bucket: &str, region: &str) {
        locked(&self.bucket_regions).insert(bucket.to_owned(), region.to_owned());
    }
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client").field("region", &self.region).finish_non_exhaustive()
    }
}

fn operation<'s>(service: &'s Service, call: &Call) -> Result<&'s Operation, ErrorKind> {
    service.operation(&call.operation).ok_or_else(|| ErrorKind::Model {
        why: match crate::names::operation_of_cli(service, &call.operation) {
            Some(name) => {
                format!("`{}` has no operation `{}`; did you mean `{name}`?", call.service, call.operation)
            }
            None => format!("`{}` has no operation `{}`", call.service, call.operation),
        },
    })
}

fn unknown_place(error: crate::endpoint::EndpointError) -> ErrorKind {
    ErrorKind::Endpoint { why: error.to_string() }
}

fn no_region() -> ErrorKind {
    let why = "no region is known: set AWS_REGION, or `region` in the profile of the AWS configuration files";
    ErrorKind::Endpoint { why: why.to_owned() }
}

/// Some operations page and no model says how (`wafv2 ListWebACLs` hands out a marker with every answer). Where a token
/// has the same name in the request and in the answer, it is the one to give back.
fn implied(service: &Service, operation: &Operation) -> Option<Pagination> {
    const TOKENS: [&str; 3] = ["NextToken", "nextToken", "NextMarker"];
    let (input, output) = (operation.input.as_ref()?, operation.output.as_ref()?);
    let has = |at, name: &str| service.member_names(at).any(|member| member == name);
    let token = TOKENS.into_iter().find(|token| has(input, token) && has(output, token))?;
    Some(Pagination {
        input_token: vec![token.into()],
        output_token: vec![token.into()],
        result_key: Vec::new(),
        more_results: None,
        limit_key: None,
        non_aggregate_keys: Vec::new(),
    })
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

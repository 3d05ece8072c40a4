//! Which IAM actions a call needs: the step from an operation of a model to the words of a policy.
//!
//! The two differ more often than one would think: `s3:ListBuckets` needs `s3:ListAllMyBuckets`, every read of API
//! Gateway needs `apigateway:GET`, Elastic Load Balancing has two models and one prefix. `data/SOURCES.md` says
//! where the knowledge comes from; every action it names is one of the catalogue in `provost-iam`.

mod read;

use std::collections::BTreeMap;
use std::sync::OnceLock;

use provost_iam::actions::{Action, Catalogue};

/// Every service of the public models, with what its operations need.
#[derive(Debug)]
pub struct Operations {
    date: String,
    services: BTreeMap<String, Service>,
}

/// A service of the models.
#[derive(Debug)]
struct Service {
    /// What its IAM actions begin with.
    prefix: String,
    /// Operations whose name alone does not say what they need. `None`: nobody can say yet.
    operations: BTreeMap<String, Option<Vec<String>>>,
}

/// Why nobody can say what a call needs. It is refused then, and no policy can be written for it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unmapped {
    /// The models have no such service.
    #[error("no service of the name `{0}` is known")]
    Service(String),
    /// The service is known, the operation is not, and no action has its name.
    #[error("which IAM action it needs is not known, and there is none of the name `{0}`")]
    Operation(String),
    /// It needs an action that the catalogue of actions is too old for.
    #[error("it needs an IAM action that the catalogue of {0} does not have yet")]
    Newer(String),
}

impl Operations {
    /// The mapping this program was built with, decompressed by whoever asks first.
    #[must_use]
    pub fn embedded() -> &'static Self {
        static EMBEDDED: OnceLock<Operations> = OnceLock::new();
        #[expect(clippy::expect_used, reason = "the data is part of the program, and a test reads all of it")]
        EMBEDDED.get_or_init(|| {
            read::read(include_bytes!("../data/operations.txt.gz")).expect("the embedded mapping is whole")
        })
    }

    /// The day it is of, as AWS dates it: `2026-10-24`.
    #[must_use]
    pub fn date(&self) -> &str {
        &self.date
    }

    /// The services, by the names of the public models, in order.
    pub fn services(&self) -> impl ExactSizeIterator<Item = &str> {
        self.services.keys().map(String::as_str)
    }

    /// What the IAM actions of a service begin with: `elasticloadbalancing` for `elbv2`.
    #[must_use]
    pub fn prefix(&self, service: &str) -> Option<&str> {
        self.services.get(service).map(|service| service.prefix.as_str())
    }

    /// The operations of a service that need something else than the action of their own name.
    pub fn exceptions(&self, service: &str) -> impl Iterator<Item = &str> {
        self.services
            .get(service)
            .into_iter()
            .flat_map(|service| service.operations.keys().map(String::as_str))
    }

    /// The actions that a call of this operation can need, never none, in the order of their names.
    ///
    /// AWS lists what a call can be asked for whatever its input: a caller who leaves out tags may need less.
    ///
    /// # Errors
    /// Nobody knows. That is not the same as none.
    pub fn actions(&self, service: &str, operation: &str) -> Result<Vec<Action<'static>>, Unmapped> {
        let known = self.services.get(service).ok_or_else(|| Unmapped::Service(service.to_owned()))?;
        let catalogue = Catalogue::embedded();
        match known.operations.get(operation) {
            Some(Some(names)) => {
                let actions: Option<Vec<Action<'static>>> =
                    names.iter().map(|name| catalogue.action(name)).collect();
                let actions = actions.filter(|actions| !actions.is_empty());
                actions.ok_or_else(|| Unmapped::Newer(catalogue.date().to_owned()))
            }
            Some(None) => Err(Unmapped::Newer(catalogue.date().to_owned())),
            None => {
                let name = format!("{}:{operation}", known.prefix);
                let action = catalogue.action(&name).ok_or(Unmapped::Operation(name))?;
                Ok(vec![action])
            }
        }
    }
}

//! What is asked: a caller, an action, a resource and the context AWS would send with them.

use std::collections::BTreeMap;

use crate::principal::{Principal, is_account};

/// One request, as AWS would judge it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Who asks.
    pub principal: Principal,
    /// `service:Name`, in any case.
    pub action: String,
    /// The ARN asked for, or `*` for an action that names none.
    pub resource: String,
    /// The account that owns the resource, twelve digits, where the ARN does not tell.
    pub resource_account: Option<String>,
    /// The condition keys sent with it.
    pub context: Context,
}

/// Condition keys and what is known of them. Keys are kept in lower case.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Context {
    keys: BTreeMap<String, Known>,
    /// Whether a key that is not listed is unknown instead of absent.
    pub unlisted_is_unknown: bool,
}

/// What is known of one condition key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Known {
    /// Sent, with these values.
    Values(Vec<String>),
    /// Not sent.
    Absent,
    /// Nobody can say.
    Unknown,
}

/// Sent with every request, so never absent (the availability named at each key in AWS's list of global keys,
/// looked up 2026-11-22). Those of them that follow from the caller are derived before this list is asked.
const ALWAYS_SENT: &[&str] = &[
    "aws:currenttime",
    "aws:epochtime",
    "aws:principalaccount",
    "aws:principaltype",
    "aws:requestedregion",
    "aws:resourceaccount",
    "aws:securetransport",
    "aws:useragent",
    "aws:userid",
    "aws:viaawsservice",
];

impl Context {
    /// A context in which nothing is listed.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Lists a key. The latest word on a key counts.
    pub fn set(&mut self, key: &str, known: Known) {
        self.keys.insert(key.to_ascii_lowercase(), known);
    }

    /// Lists a key with one value.
    pub fn set_value(&mut self, key: &str, value: &str) {
        self.set(key, Known::Values(vec![value.to_owned()]));
    }

    /// What is listed under a key, in any case.
    #[must_use]
    pub fn listed(&self, key: &str) -> Option<&Known> {
        if key.bytes().any(|byte| byte.is_ascii_uppercase()) {
            self.keys.get(&key.to_ascii_lowercase())
        } else {
            self.keys.get(key)
        }
    }

    /// Everything listed, keys in lower case and in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Known)> {
        self.keys.iter().map(|(key, known)| (key.as_str(), known))
    }

    /// What a key that is not listed is taken for.
    #[must_use]
    pub fn unlisted(&self, key: &str) -> &'static Known {
        if self.unlisted_is_unknown || ALWAYS_SENT.iter().any(|sent| sent.eq_ignore_ascii_case(key)) {
            &Known::Unknown
        } else {
            &Known::Absent
        }
    }
}

impl Request {
    /// The account that owns the resource, as far as the request tells: what it says, the account in the
    /// ARN, `aws:ResourceAccount`, and for the resource `*` the caller's own.
    #[must_use]
    pub fn owner(&self) -> Option<&str> {
        if let Some(account) = &self.resource_account {
            return Some(account);
        }
        if let Some(account) = self.resource.split(':').nth(4).filter(|part| is_account(part)) {
            return Some(account);
        }
        if let Some(Known::Values(values)) = self.context.listed("aws:resourceaccount")
            && let [account] = values.as_slice()
        {
            return Some(account);
        }
        if self.resource == "*" { self.principal.account() } else { None }
    }

    /// The context with the keys that follow from the caller and the resource.
    ///
    /// What the request lists goes before what is derived.
    #[must_use]
    pub fn full_context(&self) -> Context {
        let mut full = self.context.clone();
        let mut derive = |key: &str, value: Option<String>, otherwise: Option<Known>| {
            if let Some(known) = value.map(|value| Known::Values(vec![value])).or(otherwise) {
                full.keys.entry(key.to_owned()).or_insert(known);
            }
        };
        let principal = &self.principal;
        let is_service = matches!(principal, Principal::Service { .. });
        derive("aws:principalarn", principal.principal_arn(), Some(Known::Absent));
        let account = match principal {
            Principal::Anonymous => Some("anonymous".to_owned()),
            _ => principal.account().map(str::to_owned),
        };
        derive("aws:principalaccount", account, None);
        derive("aws:principaltype", principal.principal_type().map(str::to_owned), None);
        let signed = !matches!(principal, Principal::Anonymous | Principal::Federated { .. });
        derive("aws:principalisawsservice", signed.then(|| is_service.to_string()), Some(Known::Absent));
        let service = match principal {
            Principal::Service { name } => Some(name.clone()),
            _ => None,
        };
        derive("aws:principalservicename", service, Some(Known::Absent));
        let (username, userid) = match principal {
            Principal::User { arn, .. } => (arn.rsplit('/').next().map(str::to_owned), None),
            Principal::Root { account, .. } => (None, Some(account.clone())),
            Principal::Anonymous => (None, Some("anonymous".to_owned())),
            _ => (None, None),
        };
        derive("aws:username", username, Some(Known::Absent));
        derive("aws:userid", userid, None);
        derive("aws:resourceaccount", self.owner().map(str::to_owned), None);
        full
    }
}

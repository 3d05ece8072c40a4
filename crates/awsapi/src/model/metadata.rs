//! What holds for every operation of a service: its protocol, its names and how it is signed.

/// The language a service speaks over HTTP.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Protocol {
    /// One address, the operation in a header, JSON both ways (awsJson 1.0 and 1.1).
    Json,
    /// An address for each operation, JSON bodies (restJson1).
    RestJson,
    /// A form as request, XML as answer (awsQuery).
    Query,
    /// The same with EC2's own names and envelope (ec2Query).
    Ec2,
    /// An address for each operation, XML bodies (restXml).
    RestXml,
}

impl Protocol {
    /// The protocol by the name it has in the models.
    pub(crate) fn of(name: &str) -> Option<Self> {
        match name {
            "json" => Some(Self::Json),
            "rest-json" => Some(Self::RestJson),
            "query" => Some(Self::Query),
            "ec2" => Some(Self::Ec2),
            "rest-xml" => Some(Self::RestXml),
            _ => None,
        }
    }

    /// Whether bodies are JSON, in requests and answers alike; else answers are XML, requests XML or forms.
    pub(crate) fn uses_json(self) -> bool {
        match self {
            Self::Json | Self::RestJson => true,
            Self::Query | Self::Ec2 | Self::RestXml => false,
        }
    }
}

/// What holds for a whole service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Metadata {
    /// The version of the API, `2010-05-08`.
    pub api_version: Box<str>,
    /// The first label of its host names.
    pub endpoint_prefix: Box<str>,
    /// The protocol this client speaks with it: the model's own, or the first one it supports.
    pub protocol: Protocol,
    /// The service's name in configuration and user agents, `CloudWatch Logs`.
    pub service_id: Box<str>,
    /// The name in the scope of a signature; when absent it is [`Metadata::endpoint_prefix`].
    pub signing_name: Option<Box<str>>,
    /// What stands before the operation's name in `X-Amz-Target`.
    pub target_prefix: Option<Box<str>>,
    /// `1.0` or `1.1` for awsJson.
    pub json_version: Option<Box<str>>,
    /// `v4`, `s3v4`, `bearer`, ...
    pub signature_version: Option<Box<str>>,
    /// Whether errors carry the code they had when the service spoke awsQuery.
    pub query_compatible: bool,
}

impl Metadata {
    /// Whether this is the service of that id, as in [`Metadata::service_id`].
    pub(crate) fn is(&self, service_id: &str) -> bool {
        self.service_id.as_ref() == service_id
    }
}

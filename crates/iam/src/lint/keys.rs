//! Condition keys that exist: AWS's global ones, those of services, and those of identity providers.

use std::collections::{BTreeSet, HashMap};
use std::sync::OnceLock;

use crate::actions::Catalogue;

/// Keys every service has, and whether they have several values
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>, looked up
/// 2026-11-22). Those that end in `/` are followed by a name. Keys of other services than `aws` are among them:
/// role sessions carry them wherever they go.
const GLOBAL: &[(&str, bool)] = &[
    ("aws:AssumedRoot", false),
    ("aws:CalledVia", true),
    ("aws:CalledViaAWSMCP", false),
    ("aws:CalledViaFirst", false),
    ("aws:CalledViaLast", false),
    ("aws:ChatbotSourceArn", false),
    ("aws:CurrentTime", false),
    ("aws:Ec2InstanceSourcePrivateIPv4", false),
    ("aws:Ec2InstanceSourceVpc", false),
    ("aws:EpochTime", false),
    ("aws:FederatedProvider", false),
    ("aws:IsMcpServiceAction", false),
    ("aws:MultiFactorAuthAge", false),
    ("aws:MultiFactorAuthPresent", false),
    ("aws:PrincipalAccount", false),
    ("aws:PrincipalArn", false),
    ("aws:PrincipalIsAWSService", false),
    ("aws:PrincipalOrgID", false),
    ("aws:PrincipalOrgPaths", true),
    ("aws:PrincipalServiceName", false),
    ("aws:PrincipalServiceNamesList", true),
    ("aws:PrincipalTag/", false),
    ("aws:PrincipalType", false),
    ("aws:RequestTag/", false),
    ("aws:RequestedRegion", false),
    ("aws:ResourceAccount", false),
    ("aws:ResourceOrgID", false),
    ("aws:ResourceOrgPaths", true),
    ("aws:ResourceTag/", false),
    ("aws:SecureTransport", false),
    ("aws:SignInSessionArn", false),
    ("aws:SourceAccount", false),
    ("aws:SourceArn", false),
    ("aws:SourceIdentity", false),
    ("aws:SourceIp", false),
    ("aws:SourceOrgID", false),
    ("aws:SourceOrgPaths", true),
    // The default policies of SNS topics and SQS queues have it.
    ("aws:SourceOwner", false),
    ("aws:SourceVpc", false),
    ("aws:SourceVpcArn", false),
    ("aws:SourceVpce", false),
    ("aws:TagKeys", true),
    ("aws:TokenIssueTime", false),
    ("aws:UserAgent", false),
    ("aws:ViaAWSMCPService", false),
    ("aws:ViaAWSService", false),
    ("aws:VpcSourceIp", false),
    ("aws:VpceAccount", false),
    ("aws:VpceOrgID", false),
    ("aws:VpceOrgPaths", true),
    ("aws:referer", false),
    ("aws:userid", false),
    ("aws:username", false),
    ("codebuild:BuildArn", false),
    ("codebuild:ProjectArn", false),
    ("ec2:RoleDelivery", false),
    ("ec2:SourceInstanceArn", false),
    ("glue:CredentialIssuingService", false),
    ("glue:RoleAssumedBy", false),
    ("identitystore:UserId", false),
    ("lambda:SourceFunctionArn", false),
    ("ssm:SourceInstanceArn", false),
];

/// A condition key that exists.
#[derive(Debug, Default)]
pub(super) struct Key {
    /// Every service has it.
    pub(super) global: bool,
    /// The services that have it, by prefix.
    pub(super) services: BTreeSet<&'static str>,
    /// Whether it has several values, where nobody says otherwise.
    pub(super) multivalued: Option<bool>,
}

/// All keys.
pub(super) struct Keys {
    /// By name in lower case.
    exact: HashMap<String, Key>,
    /// By what comes before the part that varies, in lower case.
    families: HashMap<String, Key>,
    names: BTreeSet<&'static str>,
}

impl Keys {
    pub(super) fn all() -> &'static Self {
        static ALL: OnceLock<Keys> = OnceLock::new();
        ALL.get_or_init(Self::read)
    }

    fn read() -> Self {
        let mut all = Self { exact: HashMap::new(), families: HashMap::new(), names: BTreeSet::new() };
        for (name, multivalued) in GLOBAL {
            let key = all.entry(name);
            key.global = true;
            key.multivalued = Some(*multivalued);
        }
        for service in Catalogue::embedded().services() {
            for condition_key in service.condition_keys() {
                let key = all.entry(condition_key.name);
                key.services.insert(service.prefix);
                key.multivalued.get_or_insert(condition_key.multivalued);
            }
        }
        all
    }

    fn entry(&mut self, name: &'static str) -> &mut Key {
        let varies = name.find(['$', '<']).or(name.find("tag-key"));
        let fixed = varies.and_then(|end| name.get(..end));
        let family = fixed.or(Some(name).filter(|name| name.ends_with('/')));
        match family {
            // A key that begins with what varies would take in every key there is.
            Some(before) if before.contains(':') => {
                self.families.entry(before.to_ascii_lowercase()).or_default()
            }
            _ => {
                self.names.insert(name);
                self.exact.entry(name.to_ascii_lowercase()).or_default()
            }
        }
    }

    /// A key by its name, in any case.
    pub(super) fn get(&self, name: &str) -> Option<&Key> {
        let lower = name.to_ascii_lowercase();
        let varies = |(place, _): (usize, &str)| {
            self.families.get(lower.get(..=place)?).filter(|_| place + 1 < lower.len())
        };
        self.exact.get(&lower).or_else(|| lower.match_indices(['/', ':', '.']).find_map(varies))
    }

    /// Names that somebody may have meant.
    pub(super) fn names(&self) -> impl Iterator<Item = &'static str> {
        self.names.iter().copied()
    }
}

/// Whether it is a key of an identity provider: a claim behind the provider's host name, or an attribute of
/// SAML.
pub(super) fn is_of_a_provider(name: &str) -> bool {
    match name.rsplit_once(':') {
        Some((provider, claim)) => {
            !claim.is_empty() && (provider.contains('.') || provider.eq_ignore_ascii_case("saml"))
        }
        None => false,
    }
}

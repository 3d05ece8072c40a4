//! Who asks: the kinds of caller AWS tells apart, read from the ways people write them.

/// Who makes a request.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Principal {
    /// The root user of an account.
    Root {
        /// Twelve digits.
        account: String,
        /// `aws`, `aws-cn`, `aws-us-gov`, ...
        partition: String,
    },
    /// An IAM user.
    User {
        /// `arn:aws:iam::111122223333:user/path/name`.
        arn: String,
        /// Twelve digits.
        account: String,
    },
    /// A session of a role.
    Role {
        /// The role's own ARN: `arn:aws:iam::111122223333:role/path/name`.
        arn: String,
        /// Twelve digits.
        account: String,
        /// The session's name, where it is known.
        session: Option<String>,
    },
    /// A federated user of `GetFederationToken`.
    FederatedUser {
        /// `arn:aws:sts::111122223333:federated-user/name`.
        arn: String,
        /// Twelve digits.
        account: String,
        /// The ARN of the IAM user it comes from, where it is known.
        issuer: Option<String>,
    },
    /// An identity of a SAML or OIDC provider that has no role yet.
    Federated {
        /// The provider's ARN, or a name such as `cognito-identity.amazonaws.com`.
        provider: String,
    },
    /// An AWS service that acts on its own behalf.
    Service {
        /// `cloudtrail.amazonaws.com`.
        name: String,
    },
    /// Somebody who did not sign the request.
    Anonymous,
}

/// A text that names no caller.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` names no caller: give the ARN of a user, a role, an assumed role or a federated user, \
     an account's root ARN, a service such as `lambda.amazonaws.com`, a provider's ARN, or `anonymous`"
)]
pub struct PrincipalError(pub String);

impl Principal {
    /// Reads a caller from text: an ARN, an account id (its root user), a service or `anonymous`.
    ///
    /// An `assumed-role` ARN does not carry the role's path; the role is taken to have none.
    ///
    /// # Errors
    /// [`PrincipalError`] repeats the text.
    pub fn parse(text: &str) -> Result<Self, PrincipalError> {
        let wrong = || PrincipalError(text.to_owned());
        if text == "*" || text.eq_ignore_ascii_case("anonymous") {
            return Ok(Self::Anonymous);
        }
        if is_account(text) {
            return Ok(Self::Root { account: text.to_owned(), partition: "aws".to_owned() });
        }
        let parts: Vec<&str> = text.splitn(6, ':').collect();
        let &["arn", partition, service, "", account, resource] = parts.as_slice() else {
            let service = text.to_ascii_lowercase();
            let known = service.ends_with(".amazonaws.com") || service.ends_with(".amazonaws.com.cn");
            return if known && !text.contains([':', '/', '*']) {
                Ok(Self::Service { name: text.to_owned() })
            } else {
                Err(wrong())
            };
        };
        if !is_account(account) || resource.contains('*') {
            return Err(wrong());
        }
        let (arn, account) = (text.to_owned(), account.to_owned());
        let (kind, name) = resource.split_once('/').unwrap_or((resource, ""));
        match (service, kind) {
            ("iam", "root") if name.is_empty() => Ok(Self::Root { account, partition: partition.to_owned() }),
            ("iam", "user") if !name.is_empty() => Ok(Self::User { arn, account }),
            ("iam", "role") if !name.is_empty() => Ok(Self::Role { arn, account, session: None }),
            ("iam", "oidc-provider" | "saml-provider") => Ok(Self::Federated { provider: arn }),
            ("sts", "federated-user") if !name.is_empty() => {
                Ok(Self::FederatedUser { arn, account, issuer: None })
            }
            ("sts", "assumed-role") => {
                let (role, session) = name.split_once('/').ok_or_else(wrong)?;
                Ok(Self::Role {
                    arn: format!("arn:{partition}:iam::{account}:role/{role}"),
                    account,
                    session: Some(session.to_owned()),
                })
            }
            _ => Err(wrong()),
        }
    }

    /// The account the caller belongs to; services, federated identities and anonymous callers have none.
    #[must_use]
    pub fn account(&self) -> Option<&str> {
        match self {
            Self::Root { account, .. }
            | Self::User { account, .. }
            | Self::Role { account, .. }
            | Self::FederatedUser { account, .. } => Some(account),
            Self::Federated { .. } | Self::Service { .. } | Self::Anonymous => None,
        }
    }

    /// Whether it is a session of a service-linked role, which SCPs and RCPs do not concern.
    #[must_use]
    pub fn is_service_linked(&self) -> bool {
        matches!(self, Self::Role { arn, .. } if arn.contains(":role/aws-service-role/"))
    }

    /// The ARN that `aws:PrincipalArn` carries.
    #[must_use]
    pub fn principal_arn(&self) -> Option<String> {
        match self {
            Self::Root { account, partition } => Some(format!("arn:{partition}:iam::{account}:root")),
            Self::User { arn, .. } | Self::Role { arn, .. } | Self::FederatedUser { arn, .. } => {
                Some(arn.clone())
            }
            Self::Federated { .. } | Self::Service { .. } | Self::Anonymous => None,
        }
    }

    /// The ARN of the session of a role, where its name is known.
    #[must_use]
    pub fn session_arn(&self) -> Option<String> {
        let Self::Role { arn, account, session: Some(session) } = self else { return None };
        let partition = arn.split(':').nth(1)?;
        let name = arn.rsplit('/').next()?;
        Some(format!("arn:{partition}:sts::{account}:assumed-role/{name}/{session}"))
    }

    /// What `aws:PrincipalType` says of it. Nothing is documented for services and federated identities.
    #[must_use]
    pub fn principal_type(&self) -> Option<&'static str> {
        match self {
            Self::Root { .. } => Some("Account"),
            Self::User { .. } => Some("User"),
            Self::Role { .. } => Some("AssumedRole"),
            Self::FederatedUser { .. } => Some("FederatedUser"),
            Self::Anonymous => Some("Anonymous"),
            Self::Federated { .. } | Self::Service { .. } => None,
        }
    }
}

impl std::fmt::Display for Principal {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Root { account, partition } => write!(out, "arn:{partition}:iam::{account}:root"),
            Self::User { arn, .. } | Self::FederatedUser { arn, .. } => out.write_str(arn),
            Self::Role { arn, .. } => out.write_str(&self.session_arn().unwrap_or_else(|| arn.clone())),
            Self::Federated { provider } => out.write_str(provider),
            Self::Service { name } => out.write_str(name),
            Self::Anonymous => out.write_str("anonymous"),
        }
    }
}

/// Whether a text is an account id: twelve digits.
#[must_use]
pub fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

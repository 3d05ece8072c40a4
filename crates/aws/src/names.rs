//! What Provost's own things on AWS are called: `<what>-<environment suffix>`, and the tags they bear.

/// The names of one environment, as the compliance scanner's specification gives them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Names {
    suffix: String,
}

/// Why a suffix is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "the environment suffix `{0}` cannot be part of a bucket's name: take 1 to 24 lower-case letters, digits and \
     single hyphens between them, such as `dev`"
)]
pub struct InvalidSuffix(pub String);

/// The longest suffix: with the longest name before it, a bucket's name stays below 63 characters.
const MOST: usize = 24;

impl Names {
    /// The names that end with this suffix.
    ///
    /// # Errors
    /// [`InvalidSuffix`], when the name of a bucket cannot end so.
    pub fn of(suffix: &str) -> Result<Self, InvalidSuffix> {
        let is_name = provost_core::model::is_kebab_case(suffix) && suffix.len() <= MOST;
        if is_name { Ok(Self { suffix: suffix.to_owned() }) } else { Err(InvalidSuffix(suffix.to_owned())) }
    }

    /// The SNS topic of alerts: `compliance-alerts-dev`.
    #[must_use]
    pub fn alerts_topic(&self) -> String {
        self.name("compliance-alerts")
    }

    /// The DynamoDB table of the history of verdicts: `compliance-history-dev`.
    #[must_use]
    pub fn history_table(&self) -> String {
        self.name("compliance-history")
    }

    /// The bucket of reports: `compliance-reports-dev`.
    #[must_use]
    pub fn reports_bucket(&self) -> String {
        self.name("compliance-reports")
    }

    /// The bucket AWS Config delivers to: `config-delivery-dev`.
    #[must_use]
    pub fn config_delivery_bucket(&self) -> String {
        self.name("config-delivery")
    }

    /// The recorder of AWS Config: `config-recorder-dev`.
    #[must_use]
    pub fn config_recorder(&self) -> String {
        self.name("config-recorder")
    }

    /// Any other: `ec2-tag-checker-dev`.
    #[must_use]
    pub fn name(&self, what: &str) -> String {
        format!("{what}-{}", self.suffix)
    }

    /// The tags of everything that is made for Provost. `ManagedBy` is whatever tool makes it (`Pulumi`).
    #[must_use]
    pub fn tags(environment: &str, managed_by: &str) -> [(&'static str, String); 3] {
        [
            ("Environment", environment.to_owned()),
            ("Compliance", "Required".to_owned()),
            ("ManagedBy", managed_by.to_owned()),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_specification() {
        let names = Names::of("dev").unwrap();
        let all = [
            names.alerts_topic(),
            names.history_table(),
            names.reports_bucket(),
            names.config_delivery_bucket(),
            names.config_recorder(),
            names.name("ec2-tag-checker"),
        ];
        let expect = [
            "compliance-alerts-dev",
            "compliance-history-dev",
            "compliance-reports-dev",
            "config-delivery-dev",
            "config-recorder-dev",
            "ec2-tag-checker-dev",
        ];
        assert_eq!(all, expect);
        let tags = Names::tags("Production", "Pulumi").map(|(name, value)| format!("{name}: {value}"));
        assert_eq!(tags, ["Environment: Production", "Compliance: Required", "ManagedBy: Pulumi"]);
    }

    #[test]
    fn a_suffix_is_part_of_a_buckets_name() {
        for suffix in ["", "Dev", "dev_1", "-dev", "a--b", "ä", "a.b", "aaaaaaaaaaaaaaaaaaaaaaaaa"] {
            assert!(Names::of(suffix).is_err(), "{suffix}");
        }
        assert!(Names::of("pr-4711").is_ok());
    }
}

//! The resources an action can be about, from the action catalogue.

use crate::actions::Catalogue;
use crate::decide::closed_by_default;
use crate::pattern::{ArnPattern, Keys, Match, Pattern, Syntax, parts};
use crate::request::Known;

/// One kind of resource an action can be about.
#[derive(Debug, Clone)]
pub(crate) struct Kind {
    /// All of them. Their parts are those of an ARN, so a name in one part stays in it.
    pub(crate) pattern: ArnPattern,
    /// One of them, with ordinary names.
    pub(crate) sample: String,
    /// Nobody reaches it without its own policy's consent.
    pub(crate) closed: bool,
}

impl Kind {
    /// Whether a resource is of this kind.
    pub(crate) fn takes_in(&self, resource: &str) -> bool {
        struct NoKeys;
        impl Keys for NoKeys {
            fn key(&self, _: &str) -> &Known {
                &Known::Unknown
            }
        }
        self.pattern.matches(resource, parts(resource).as_ref(), &NoKeys) == Match::Is(true)
    }
}

/// The kinds of resources an action can be about, in an account.
///
/// An action the catalogue does not have can be about anything.
pub(crate) fn kinds(action: &str, partition: &str, account: Option<&str>) -> Vec<Kind> {
    let Some(known) = Catalogue::embedded().action(action) else {
        let anything = |text: &str, sample: &str| Kind {
            pattern: ArnPattern::new(text, false),
            sample: sample.to_owned(),
            closed: closed_by_default(action, sample),
        };
        return vec![anything("*", "*")];
    };
    let mut kinds = Vec::new();
    let mut any_required = false;
    for resource_type in known.resource_types() {
        any_required |= resource_type.required;
        for format in resource_type.arn_formats() {
            let sample = fill(format, partition, account.unwrap_or("111122223333"), "us-east-1", "example");
            kinds.push(Kind {
                pattern: ArnPattern::new(&fill(format, partition, account.unwrap_or("*"), "*", "*"), false),
                closed: closed_by_default(&action.to_ascii_lowercase(), &sample),
                sample,
            });
        }
    }
    if !any_required {
        // The resource is `*` itself then, not anything.
        let star = Pattern::new("*", Syntax { wildcards: false, variables: false, fold: false });
        kinds.push(Kind { pattern: ArnPattern::Whole(star), sample: "*".to_owned(), closed: false });
    }
    kinds
}

/// The partitions resources of AWS are in.
const PARTITIONS: [&str; 3] = ["aws", "aws-cn", "aws-us-gov"];

/// Whether an action can be about a resource, as far as the action catalogue tells.
#[must_use]
pub fn can_be_about(action: &str, resource: &str) -> bool {
    PARTITIONS.iter().flat_map(|partition| kinds(action, partition, None)).any(|kind| kind.takes_in(resource))
}

/// The sample of an action's first kind of resource, with a name of one's choice.
pub(crate) fn sample(action: &str, partition: &str, account: &str, name: &str) -> Option<String> {
    let known = Catalogue::embedded().action(action)?;
    let format = known.resource_types().next()?.arn_formats().next()?;
    Some(fill(format, partition, account, "us-east-1", name))
}

/// Replaces the variable parts of an ARN's format.
fn fill(format: &str, partition: &str, account: &str, region: &str, name: &str) -> String {
    let mut filled = String::with_capacity(format.len() + 16);
    let mut rest = format;
    while let Some((before, after)) = rest.split_once("${") {
        filled.push_str(before);
        let (variable, behind) = after.split_once('}').unwrap_or((after, ""));
        filled.push_str(match variable {
            "Partition" => partition,
            "Account" => account,
            "Region" => region,
            _ => name,
        });
        rest = behind;
    }
    filled.push_str(rest);
    filled
}

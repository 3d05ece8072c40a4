//! Remarks on `Principal` and `NotPrincipal`.

use super::{Desk, rules, shown};
use crate::document::{Matching, Principals, Statement};
use crate::principals::{Entry, Named};

pub(super) fn look(statement: &Statement, desk: &mut Desk) {
    let Some(element) = &statement.principals else { return };
    let (Matching::Only(Principals::Listed(pairs)) | Matching::AllBut(Principals::Listed(pairs))) = element
    else {
        return;
    };
    for ((kind, value), entry) in pairs.iter().zip(&Named::new(element).entries) {
        match entry {
            Entry::Odd if kind == "AWS" && value.contains(['*', '?']) => desk.say(
                rules::PRINCIPAL_WILDCARD,
                format!(
                    "{} has a wildcard, which principals do not have except as `*` alone; \
                     allow the account and restrict it by `aws:PrincipalArn`",
                    shown(value)
                ),
            ),
            Entry::Odd => {
                let message = format!("{} is no principal of the kind {}", shown(value), shown(kind));
                desk.say(rules::UNREADABLE_PRINCIPAL, message);
            }
            Entry::UniqueId(_) => desk.say(
                rules::DELETED_PRINCIPAL,
                format!(
                    "{} is a unique id, which stands where a user or role was named that has been deleted; \
                     one that is made anew under the old name does not get it back",
                    shown(value)
                ),
            ),
            Entry::Everyone
            | Entry::EveryService
            | Entry::EveryFederated
            | Entry::Account(_)
            | Entry::Arn(_)
            | Entry::Service(_)
            | Entry::Federated(_)
            | Entry::Canonical => {}
        }
    }
}

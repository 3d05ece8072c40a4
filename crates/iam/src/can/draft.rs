//! A context in the making: what is known of a request, what was found for it, and whose name it may bear.

use std::collections::BTreeMap;

use crate::caller::Asked;
use crate::can::keys::{Literal, Solved, solve};
use crate::can::{Budget, Query};
use crate::condition::Test;
use crate::facts::must;
use crate::pattern::Keys;
use crate::principal::Principal;
use crate::request::{Known, Request};
use crate::truth::Truth;

/// A caller that may have any name.
pub(super) struct Anyone {
    /// Its ARN up to the name: `arn:aws:iam::111122223333:role/`.
    head: String,
    is_user: bool,
}

const CALLER: &str = "aws:principalarn";
const NAME: &str = "aws:username";

impl Anyone {
    pub(super) fn of(query: &Query) -> Option<Self> {
        let (Principal::User { arn, .. } | Principal::Role { arn, .. }) = query.principal else {
            return None;
        };
        let (head, _) = arn.split_once('/')?;
        let is_user = matches!(query.principal, Principal::User { .. });
        query.any_name.then(|| Self { head: format!("{head}/"), is_user })
    }

    /// Finds a name that the conditions about the caller allow, and sets the keys that follow from it.
    pub(super) fn name(
        &self,
        by_key: &BTreeMap<&str, Vec<Literal>>,
        draft: &mut Draft,
        budget: &Budget,
    ) -> Solved {
        let mut template = format!("{}?*", self.head);
        if let Some(literals) = by_key.get(NAME).filter(|_| self.is_user) {
            match solve(literals, false, draft, budget) {
                Solved::Known(Known::Values(values)) if values.len() == 1 => {
                    template = format!("{}{}", self.head, values.concat());
                }
                Solved::Nothing => return Solved::Nothing,
                Solved::Known(_) | Solved::Unclear => return Solved::Unclear,
            }
        }
        let Some(literals) = by_key.get(CALLER) else {
            if template.ends_with("?*") {
                return Solved::Known(Known::Absent);
            }
            return self.set(template, draft);
        };
        let own = must("ArnLike", CALLER, &template);
        let own = Test::new(&own.condition, false, false);
        let mut literals = literals.clone();
        literals.push(Literal { test: &own, holds: true });
        match solve(&literals, false, draft, budget) {
            Solved::Known(Known::Values(values)) if values.len() == 1 => {
                let shortest = values.concat();
                let longer = format!("{shortest}example");
                let known = Known::Values(vec![longer.clone()]);
                let pleasant = shortest.ends_with(['/', '-', '_', '.'])
                    && literals.iter().all(|it| it.test.holds_for(&known, draft) == Truth::from(it.holds));
                self.set(if pleasant { longer } else { shortest }, draft)
            }
            // A name that was found first may be one the ARN cannot have.
            Solved::Nothing if template.ends_with("?*") => Solved::Nothing,
            Solved::Known(_) | Solved::Nothing | Solved::Unclear => Solved::Unclear,
        }
    }

    pub(super) fn set(&self, arn: String, draft: &mut Draft) -> Solved {
        if self.is_user {
            let name = arn.rsplit('/').next().unwrap_or_default().to_owned();
            draft.set(NAME, Known::Values(vec![name]));
        }
        let known = Known::Values(vec![arn]);
        draft.set(CALLER, known.clone());
        Solved::Known(known)
    }
}

/// A context in the making.
pub(super) struct Draft<'a> {
    asked: &'a Asked<'a>,
    anyone: Option<&'a Anyone>,
    set: BTreeMap<String, Known>,
}

impl<'a> Draft<'a> {
    pub(super) fn new(asked: &'a Asked<'a>, anyone: Option<&'a Anyone>) -> Self {
        Self { asked, anyone, set: BTreeMap::new() }
    }

    pub(super) fn set(&mut self, key: &str, known: Known) {
        self.set.insert(key.to_owned(), known);
    }

    /// Whether a key follows from the caller or the resource's account.
    pub(super) fn is_derived(&self, key: &str) -> bool {
        let is_name = |anyone: &Anyone| key == CALLER || key == NAME && anyone.is_user;
        self.asked.has(key) && !self.anyone.is_some_and(is_name)
    }

    pub(super) fn is_fixed(&self, key: &str) -> bool {
        self.is_derived(key) || self.set.contains_key(key)
    }

    pub(super) fn request(self, like: &Request, resource: String) -> Request {
        let mut request = Request { resource, ..like.clone() };
        for (key, known) in self.set {
            match (&mut request.principal, known) {
                (Principal::User { arn, .. } | Principal::Role { arn, .. }, Known::Values(values))
                    if self.anyone.is_some() && key == CALLER =>
                {
                    *arn = values.concat();
                }
                (Principal::User { .. }, _) if self.anyone.is_some() && key == NAME => {}
                (_, known) => request.context.set(&key, known),
            }
        }
        request
    }
}

impl Keys for Draft<'_> {
    fn key(&self, key: &str) -> &Known {
        self.set.get(key).unwrap_or_else(|| self.asked.key(key))
    }
}

/// Whether a key about the caller is what the question is about, so that no other caller would do.
pub(super) fn is_asked_for(key: &str) -> bool {
    matches!(
        key,
        "aws:principalaccount"
            | "aws:resourceaccount"
            | "aws:principalisawsservice"
            | "aws:principalservicename"
    )
}

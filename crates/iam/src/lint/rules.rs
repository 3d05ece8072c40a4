//! Every kind of remark there is, in the order remarks on one statement are made.

use super::Severity::{self, Error, Note, Warning};

/// A kind of remark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// Kebab-case; never reused, never changed.
    pub id: &'static str,
    /// How much such a remark weighs.
    pub severity: Severity,
    /// What it is about, in a few words.
    pub title: &'static str,
}

const fn rule(id: &'static str, severity: Severity, title: &'static str) -> Rule {
    Rule { id, severity, title }
}

pub(super) const UNKNOWN_VERSION: Rule = rule("unknown-version", Error, "A `Version` AWS does not have");
pub(super) const MISSING_VERSION: Rule = rule("missing-version", Note, "No `Version`");
pub(super) const EMPTY_STATEMENT_LIST: Rule = rule("empty-statement-list", Warning, "No statements");
pub(super) const TOO_LARGE: Rule = rule("too-large", Note, "Larger than a quota of IAM");
pub(super) const NOT_EVERYTHING: Rule =
    rule("not-everything-looked-at", Note, "More to look at than is looked at");
pub(super) const DUPLICATE_SID: Rule = rule("duplicate-sid", Error, "A `Sid` that stands twice");
pub(super) const SID_CHARSET: Rule = rule("sid-charset", Error, "A `Sid` with other than letters and digits");
pub(super) const MISPLACED_ELEMENT: Rule =
    rule("misplaced-element", Error, "An element this kind of policy does not have, or one it lacks");
pub(super) const PRINCIPAL_WILDCARD: Rule =
    rule("principal-wildcard-in-arn", Error, "A wildcard inside a principal's ARN");
pub(super) const UNREADABLE_PRINCIPAL: Rule = rule("unreadable-principal", Error, "A principal that is none");
pub(super) const DELETED_PRINCIPAL: Rule = rule("deleted-principal", Warning, "A principal that was deleted");
pub(super) const NOT_PRINCIPAL: Rule = rule("not-principal-in-allow", Warning, "`NotPrincipal` in an Allow");
pub(super) const WILDCARD_PRINCIPAL: Rule =
    rule("wildcard-principal-without-condition", Warning, "Everyone is allowed, without a condition");
pub(super) const NOT_ACTION: Rule = rule(
    "not-action-in-allow-with-wildcard-resource",
    Warning,
    "`NotAction` in an Allow about every resource",
);
pub(super) const PASS_ROLE: Rule =
    rule("pass-role-any-service", Warning, "Any role may be passed to any service");
pub(super) const UNKNOWN_SERVICE: Rule = rule("unknown-service", Error, "A service AWS does not have");
pub(super) const UNKNOWN_ACTION: Rule = rule("unknown-action", Error, "An action AWS does not have");
pub(super) const CANNOT_MATCH: Rule =
    rule("action-cannot-match-resource", Warning, "An action that none of the resources can fit");
pub(super) const OLD_VERSION: Rule =
    rule("variable-in-old-version", Warning, "A variable in a version that has none");
pub(super) const UNDEFAULTED: Rule =
    rule("deny-with-undefaulted-variable", Warning, "A Deny with a variable that may have no value");
pub(super) const UNKNOWN_OPERATOR: Rule = rule("unknown-operator", Error, "An operator AWS does not have");
pub(super) const UNREADABLE_VALUE: Rule = rule("unreadable-value", Error, "A value the operator cannot read");
pub(super) const UNKNOWN_KEY: Rule =
    rule("unknown-condition-key", Warning, "A condition key the actions do not have");
pub(super) const SET_MISSING: Rule =
    rule("set-operator-missing", Warning, "A key with several values, compared like one with one");
pub(super) const SET_ON_SINGLE: Rule =
    rule("set-operator-on-single-value", Warning, "A key with one value, compared like one with several");
pub(super) const FOR_ALL_VALUES: Rule =
    rule("for-all-values-in-allow", Warning, "`ForAllValues` in an Allow holds where the key is absent");
pub(super) const NEVER_MATTERS: Rule =
    rule("statement-never-matters", Warning, "An Allow the document would be the same without");

/// All of them.
pub const RULES: &[Rule] = &[
    UNKNOWN_VERSION,
    MISSING_VERSION,
    EMPTY_STATEMENT_LIST,
    TOO_LARGE,
    NOT_EVERYTHING,
    DUPLICATE_SID,
    SID_CHARSET,
    MISPLACED_ELEMENT,
    PRINCIPAL_WILDCARD,
    UNREADABLE_PRINCIPAL,
    DELETED_PRINCIPAL,
    NOT_PRINCIPAL,
    WILDCARD_PRINCIPAL,
    NOT_ACTION,
    PASS_ROLE,
    UNKNOWN_SERVICE,
    UNKNOWN_ACTION,
    CANNOT_MATCH,
    OLD_VERSION,
    UNDEFAULTED,
    UNKNOWN_OPERATOR,
    UNREADABLE_VALUE,
    UNKNOWN_KEY,
    SET_MISSING,
    SET_ON_SINGLE,
    FOR_ALL_VALUES,
    NEVER_MATTERS,
];

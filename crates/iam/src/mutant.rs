//! Deliberate mistakes, one at a time, to see whether the comparison with the slow evaluator notices them.
//!
//! Each stands at the one place where the engine decides the matter. Without the feature `assurance` none of
//! them can be switched on, and the compiler leaves nothing of them.

macro_rules! mutants {
    ($($(#[doc = $what:literal])* $name:ident,)*) => {
        /// A mistake the engine could make.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[cfg_attr(not(feature = "assurance"), expect(unreachable_pub, reason = "tests of the feature see it"))]
        pub enum Mutant {
            $($(#[doc = $what])* $name,)*
        }

        #[cfg(feature = "assurance")]
        impl Mutant {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name,)*];
        }
    };
}

mutants! {
    /// A permission boundary limits nothing.
    BoundaryIgnored,
    /// Session policies limit nothing.
    SessionIgnored,
    /// Only the first level of SCPs must allow.
    OneScpLevelSuffices,
    /// SCPs concern the management account.
    ScpsBindTheManagementAccount,
    /// SCPs and RCPs concern service-linked roles.
    ServiceLinkedRolesAreBound,
    /// RCPs concern the management account's resources.
    RcpsBindTheManagementAccount,
    /// RCPs concern services that do not support them.
    RcpsBindEveryService,
    /// An endpoint policy need not allow.
    EndpointIgnored,
    /// Across accounts the identity side alone suffices.
    OneSideSuffices,
    /// Consent to the account is a grant to everybody in it.
    AccountGrantIsDirect,
    /// A grant to a role passes its boundary and session policies by.
    RoleGrantIsDirect,
    /// KMS keys and roles open without their own policy.
    ClosedIsOpen,
    /// The root user assumes roles.
    RootAssumesRoles,
    /// The root user cannot mend its bucket's policy.
    RootLockedOut,
    /// A federated user needs no session policy.
    FederatedUserInheritsAll,
    /// A layer that could not be read is empty.
    UnreadIsEmpty,
    /// A Deny that may apply does not.
    UnknownDenyVanishes,
    /// An Allow that may apply does.
    UnknownAllowCounts,
    /// `GetCallerIdentity` can be denied.
    CallerIdentityDenied,
    /// Whoever owns the resource, it is the caller's account.
    OwnerIsTheCaller,
    /// `NotAction` is `Action`.
    NotActionIsAction,
    /// `NotResource` is `Resource`.
    NotResourceIsResource,
    /// Incomplete ARNs are taken as they are.
    IncompleteArnsStay,
    /// Variables are plain text.
    VariablesArePlain,
    /// Documents of the old version have variables.
    OldVersionHasVariables,
    /// A Deny with a variable without a value vanishes.
    VoidDenyVanishes,
    /// Defaults of variables are not used.
    DefaultsIgnored,
    /// Statements AWS would have refused are left out.
    MalformedVanishes,
    /// An absent key makes a negated operator false.
    AbsentIsNeverNegated,
    /// `IfExists` means nothing.
    IfExistsIgnored,
    /// `ForAllValues` is false without values.
    ForAllValuesNeedsOne,
    /// `ForAnyValue` is `ForAllValues`.
    ForAnyValueIsAll,
    /// An operator nobody knows does not match.
    UnknownOperatorIsFalse,
    /// Several values without a set operator match if one does.
    SeveralValuesMatchAnyhow,
    /// A value that cannot be read does not match.
    UnreadableIsFalse,
    /// `...LessThanEquals` is `...LessThan`.
    LessOrEqualIsLess,
    /// A range of addresses is one bit too wide.
    RangesTooWide,
    /// `ArnLike` compares the whole text.
    ArnsAsWhole,
    /// `StringEquals` has no regard to case.
    CaseFolded,
    /// Who is listed in part by `NotPrincipal` is not denied.
    ListedInPartIsListed,
    /// `NotPrincipal` spares whoever has a boundary, if listed.
    BoundedAreSpared,
    /// A session is not its role.
    SessionIsNotItsRole,
    /// Anonymous callers are not everyone.
    AnonymousIsNobody,
    /// A wildcard inside a principal matches nobody.
    OddPrincipalIsNobody,
}

#[cfg(feature = "assurance")]
mod switch {
    use std::cell::Cell;

    use super::Mutant;

    thread_local! {
        static ON: Cell<Option<Mutant>> = const { Cell::new(None) };
    }

    /// Lets the engine make a mistake while something runs on this thread.
    pub fn with<T>(mutant: Mutant, run: impl FnOnce() -> T) -> T {
        ON.with(|on| on.set(Some(mutant)));
        let done = run();
        ON.with(|on| on.set(None));
        done
    }

    pub(crate) fn on(mutant: Mutant) -> bool {
        ON.with(Cell::get) == Some(mutant)
    }
}

#[cfg(feature = "assurance")]
pub(crate) use switch::on;
#[cfg(feature = "assurance")]
pub use switch::with;

/// Whether the engine is to make a mistake: never, in what is handed out.
#[cfg(not(feature = "assurance"))]
#[inline]
pub(crate) const fn on(_: Mutant) -> bool {
    false
}

//! Remarks on ways of allowing that give more than they seem to.

use super::{Desk, is_star, resources_of, rules, texts};
use crate::can::is_free;
use crate::document::{Effect, Matching, Principals, Statement};
use crate::facts::Kind;

pub(super) fn look(statement: &Statement, kind: Kind, desk: &mut Desk) {
    if statement.effect != Effect::Allow {
        return;
    }
    match (&statement.principals, kind) {
        (Some(Matching::AllBut(_)), _) => desk.say(
            rules::NOT_PRINCIPAL,
            "`NotPrincipal` allows everyone who is not listed, people without credentials included; \
             list whom it is for"
                .to_owned(),
        ),
        (Some(Matching::Only(principals)), Kind::Resource | Kind::Trust) => {
            everyone(principals, statement, desk)
        }
        (Some(Matching::Only(_)), Kind::Identity) | (None, _) => {}
    }
    let everywhere = match &statement.resources {
        Some(Matching::Only(texts)) => texts.iter().any(|text| is_star(text)),
        Some(Matching::AllBut(_)) => true,
        None => false,
    };
    if everywhere && matches!(statement.actions, Matching::AllBut(_)) {
        desk.say(
            rules::NOT_ACTION,
            "`NotAction` allows every action that is not listed, of services AWS does not have yet as well"
                .to_owned(),
        );
    }
    pass_role(statement, desk);
}

fn everyone(principals: &Principals, statement: &Statement, desk: &mut Desk) {
    let is_everyone = match principals {
        Principals::Everyone => true,
        Principals::Listed(pairs) => pairs.iter().any(|(kind, value)| kind == "AWS" && value == "*"),
    };
    // What a caller chooses freely with each request keeps nobody out.
    let holds_nobody_back =
        statement.conditions.iter().all(|condition| is_free(&condition.key.to_ascii_lowercase()));
    if is_everyone && holds_nobody_back {
        desk.say(
            rules::WILDCARD_PRINCIPAL,
            "everyone is allowed, in every account, and no condition says who; \
             name the principals, or ask for `aws:PrincipalOrgID`, `aws:SourceAccount` or the like"
                .to_owned(),
        );
    }
}

fn pass_role(statement: &Statement, desk: &mut Desk) {
    let asks = |key: &str| statement.conditions.iter().any(|it| it.key.eq_ignore_ascii_case(key));
    if asks("iam:PassedToService") || matches!(statement.resources, Some(Matching::AllBut(_)) | None) {
        return;
    }
    let Matching::Only(_) = statement.actions else { return };
    // Whoever allows everything does not mean this action.
    let passes = |text: &String| {
        text.len() < 100 && !is_star(text) && crate::can::actions::pattern(text).matches_plain("iam:passrole")
    };
    let any_role = |text: &String| is_star(text) || text.ends_with(":role/*") || text.ends_with(":*");
    if texts(&statement.actions).iter().any(passes) && resources_of(statement).iter().any(any_role) {
        desk.say(
            rules::PASS_ROLE,
            "every role may be passed to every service, and with it its permissions; \
             name the roles, and the service in `iam:PassedToService`"
                .to_owned(),
        );
    }
}

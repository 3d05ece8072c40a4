//! Remarks on policy variables.

use super::{Desk, resources_of, rules, shown};
use crate::document::{Effect, Statement};
use crate::pattern::{Syntax, Token, tokens};
use crate::request::{Context, Known};

pub(super) fn look(statement: &Statement, has_variables: bool, desk: &mut Desk) {
    let values = statement.conditions.iter().flat_map(|condition| &condition.values);
    for text in resources_of(statement).iter().chain(values).filter(|text| text.contains("${")) {
        if !has_variables {
            desk.say(
                rules::OLD_VERSION,
                format!(
                    "{} is taken letter for letter: only version `2012-10-17` has variables",
                    shown(text)
                ),
            );
        } else if statement.effect == Effect::Deny {
            undefaulted(text, desk);
        }
    }
}

fn undefaulted(text: &str, desk: &mut Desk) {
    for token in tokens(text, Syntax { wildcards: true, variables: true, fold: false }) {
        let Token::Variable(variable) = token else { continue };
        // What AWS sends with every request always has a value.
        let is_sent = *Context::new().unlisted(&variable.key) == Known::Unknown;
        if variable.default.is_none() && !is_sent {
            let key = shown(&variable.key);
            desk.say(
                rules::UNDEFAULTED,
                format!(
                    "where {key} has no value, AWS may take the whole Deny for void; \
                     give it a default in {}: `${{key, 'default'}}`",
                    shown(text)
                ),
            );
        }
    }
}

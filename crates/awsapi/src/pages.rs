//! The pages of a list, one after the other, until AWS says that there is no more.
//!
//! How an operation pages is data (`Pagination`): which members of its output hold the next token, which members
//! of its input take it, which member may deny that there is more. Every page is a call of its own: the gate is
//! asked, the budget is charged, and its input is kept, so that it can be recorded.

pub(crate) mod merge;
pub(crate) mod path;

use crate::model::Pagination;
use crate::{Call, Client, Error, ErrorKind, Reply};
use serde_json::{Map, Value};
use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};

/// The pages of an operation. One that does not page has a single page.
pub struct Pages {
    client: Client,
    call: Call,
    state: State,
    /// Pages so far.
    count: u64,
    /// The tokens so far, as hashes: they are long, and lists are too.
    seen: HashSet<u64>,
    hasher: RandomState,
}

enum State {
    /// Nothing was asked yet.
    Start,
    /// There is more.
    More(Pagination),
    /// There is more, but it cannot be had.
    Broken(ErrorKind),
    /// The last page was given, or an error.
    End,
}

/// One page: what was asked for it, and the answer.
#[derive(Debug, Clone, PartialEq)]
pub struct PageReply {
    /// The input of this page, its token included.
    pub input: Value,
    /// The answer.
    pub reply: Reply,
}

impl Pages {
    pub(crate) fn new(client: Client, call: Call) -> Self {
        let (seen, hasher) = (HashSet::new(), RandomState::new());
        Self { client, call, state: State::Start, count: 0, seen, hasher }
    }

    /// The next page; `None` after the last one, and after an error.
    ///
    /// A token in the call's own input is where the list starts, and its limit is the size of a page; neither is
    /// changed.
    pub async fn next(&mut self) -> Option<Result<PageReply, Error>> {
        // An error, or a caller who stops listening in between, ends the list.
        let pagination = match std::mem::replace(&mut self.state, State::End) {
            State::Start => match self.client.pagination(&self.call) {
                Ok(pagination) => pagination,
                Err(error) => return Some(Err(error)),
            },
            State::More(pagination) => Some(pagination),
            State::Broken(kind) => return Some(Err(self.client.error(&self.call, kind))),
            State::End => return None,
        };
        let reply = match self.client.call(&self.call).await {
            Ok(reply) => reply,
            Err(error) => return Some(Err(error)),
        };
        self.count += 1;
        let input = self.call.input.clone();
        if let Some(pagination) = pagination {
            self.state = match self.turn(&pagination, &reply) {
                Ok(true) => State::More(pagination),
                Ok(false) => State::End,
                // The page itself is good. A list that is not known to be complete ends with an error.
                Err(kind) => State::Broken(kind),
            };
        }
        Some(Ok(PageReply { input, reply }))
    }

    /// Puts the tokens of a page into the input of the next one; says whether there is one.
    fn turn(&mut self, pagination: &Pagination, reply: &Reply) -> Result<bool, ErrorKind> {
        let page = &reply.value;
        let more = pagination.more_results.as_deref();
        let more = more.map(|more| path::find(more, page).is_some_and(path::says_more));
        if more == Some(false) {
            return Ok(false);
        }
        let tokens: Vec<Option<&Value>> = pagination
            .output_token
            .iter()
            .map(|token| path::find(token, page).filter(|token| path::says_more(token)))
            .collect();
        if tokens.iter().all(Option::is_none) {
            // Without a word on it, no token means no more.
            return if more.is_none() { Ok(false) } else { Err(no_token(reply)) };
        }
        let hash = self.hasher.hash_one(format!("{tokens:?}"));
        if !self.seen.insert(hash) {
            return Err(ErrorKind::Loop { pages: self.count });
        }
        if self.call.input.is_null() {
            self.call.input = Value::Object(Map::new());
        }
        let Some(input) = self.call.input.as_object_mut() else { return Ok(false) };
        for (member, token) in pagination.input_token.iter().zip(tokens) {
            match token {
                Some(token) => input.insert(member.to_string(), token.clone()),
                None => input.remove(member.as_ref()),
            };
        }
        Ok(true)
    }
}

fn no_token(reply: &Reply) -> ErrorKind {
    ErrorKind::Unreadable {
        status: reply.status,
        why: "it says that there is more, but not how to ask for it".to_owned(),
        request_id: reply.request_id.clone(),
    }
}

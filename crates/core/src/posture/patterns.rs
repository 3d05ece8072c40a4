//! Regular expressions in rules, compiled once.
//!
//! CEL's own `matches` compiles its pattern anew at every call, which took more of an assessment's time than all the
//! rest of the rules. So when a rule is loaded, its calls of `matches` are redirected to a function that remembers.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use cel::common::ast::{CallExpr, EntryExpr, Expr};
use cel::{Context, ExecutionError, IdedExpr, Value};
use regex::Regex;

/// The function a rule says, in what it cannot do as well.
const SAID: &str = "matches";

/// The function it gets. No rule can write that name.
const REDIRECTED: &str = "@matches";

/// How many patterns are remembered at a time: rules have fewer, but a pattern can also come from a document.
const REMEMBERED: usize = 512;

/// Patterns that were compiled.
#[derive(Debug, Default)]
struct Patterns {
    known: Mutex<HashMap<String, Arc<Regex>>>,
}

/// Adds the function that remembers.
pub(super) fn add_to(context: &mut Context<'static, 'static>) {
    let patterns = Patterns::default();
    let added = context
        .add_function(REDIRECTED, move |text: Value, pattern: Value| patterns.matches(&text, &pattern));
    debug_assert!(added.is_ok(), "CEL's standard library has no such function");
}

/// Redirects every call of `matches` in an expression.
pub(super) fn redirect(expression: &mut IdedExpr) {
    match &mut expression.expr {
        Expr::Unspecified | Expr::Ident(_) | Expr::Literal(_) => {}
        Expr::Select(select) => redirect(&mut select.operand),
        Expr::Call(call) => {
            call.target.iter_mut().for_each(|target| redirect(target));
            call.args.iter_mut().for_each(redirect);
            redirect_call(call);
        }
        Expr::List(list) => list.elements.iter_mut().for_each(redirect),
        Expr::Map(map) => map.entries.iter_mut().for_each(|entry| redirect_entry(&mut entry.expr)),
        Expr::Struct(made) => made.entries.iter_mut().for_each(|entry| redirect_entry(&mut entry.expr)),
        Expr::Comprehension(comprehension) => {
            let comprehension = comprehension.as_mut();
            redirect(&mut comprehension.iter_range);
            redirect(&mut comprehension.accu_init);
            redirect(&mut comprehension.loop_cond);
            redirect(&mut comprehension.loop_step);
            redirect(&mut comprehension.result);
        }
    }
}

/// `text.matches(pattern)` and `matches(text, pattern)` become one.
fn redirect_call(call: &mut CallExpr) {
    let given = call.args.len() + usize::from(call.target.is_some());
    if call.func_name == SAID && given == 2 {
        REDIRECTED.clone_into(&mut call.func_name);
        if let Some(target) = call.target.take() {
            call.args.insert(0, *target);
        }
    }
}

fn redirect_entry(entry: &mut EntryExpr) {
    match entry {
        EntryExpr::StructField(field) => redirect(&mut field.value),
        EntryExpr::MapEntry(entry) => {
            redirect(&mut entry.key);
            redirect(&mut entry.value);
        }
    }
}

impl Patterns {
    fn matches(&self, text: &Value, pattern: &Value) -> Result<bool, ExecutionError> {
        let (Value::String(text), Value::String(pattern)) = (text, pattern) else {
            return Err(ExecutionError::function_error(SAID, "it compares texts"));
        };
        Ok(self.compiled(pattern)?.is_match(text))
    }

    fn compiled(&self, pattern: &str) -> Result<Arc<Regex>, ExecutionError> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(compiled) = known.get(pattern) {
            return Ok(Arc::clone(compiled));
        }
        let compiled = Regex::new(pattern)
            .map_err(|_| ExecutionError::function_error(SAID, "this is no regular expression"))?;
        let compiled = Arc::new(compiled);
        if known.len() >= REMEMBERED {
            known.clear();
        }
        known.insert(pattern.to_owned(), Arc::clone(&compiled));
        Ok(compiled)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn both(source: &str) -> [Result<Value, ExecutionError>; 2] {
        let mut context = Context::default();
        add_to(&mut context);
        let program = cel::Program::compile(source).unwrap();
        let mut redirected = program.expression().clone();
        redirect(&mut redirected);
        assert_ne!(&redirected, program.expression(), "{source}");
        [program.execute(&context), context.resolve(&redirected)]
    }

    #[test]
    fn what_is_redirected_answers_as_before_wherever_it_stands() {
        for source in [
            "'arn:aws:s3:::logs'.matches('^arn:aws[a-z-]*:s3:::')",
            "matches('abc', 'b')",
            "'abc'.matches('^b')",
            "'é'.matches('^\\\\w$')",
            "['a', 'b'].exists(x, x.matches('^b$')) && !['a', 'b'].all(x, x.matches('^b$'))",
            "{'k': 'a'.matches('a')}.k ? 'x'.matches('x') : 'x'.matches('y')",
            "['a'.matches('a')] == [true]",
            "['a', 'b'].filter(x, x.matches('a')).map(x, x.matches('b'))",
        ] {
            let [before, after] = both(source);
            assert!(before.is_ok(), "{source}: {before:?}");
            assert_eq!(before, after, "{source}");
        }
        for source in ["'a'.matches('(')", "'a'.matches(1)", "matches(1, 'a')"] {
            assert!(both(source).iter().all(Result::is_err), "{source}");
        }
    }

    #[test]
    fn patterns_are_remembered_and_not_without_end() {
        let patterns = Patterns::default();
        let first = patterns.compiled("a").unwrap();
        assert!(Arc::ptr_eq(&first, &patterns.compiled("a").unwrap()));
        for number in 0..2 * REMEMBERED {
            patterns.compiled(&format!("a{number}")).unwrap();
        }
        assert!(patterns.known.lock().unwrap().len() <= REMEMBERED);
    }
}

//! Which paths of the resource a CEL expression reads.

use std::collections::BTreeSet;

use cel::IdedExpr;
use cel::common::ast::{EntryExpr, Expr, LiteralValue, operators};

/// The dotted paths under the variable `resource` that an expression names, `""` where it takes the whole
/// document. Lists are transparent: `resource.Tags.exists(t, t.Key == "x")` reads `Tags[]`, which is the list without
/// what is in it, and `Tags.Key`.
///
/// An index that is not a literal reads everything below what it indexes.
#[must_use]
pub fn reads(expression: &IdedExpr) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    visit(expression, &mut vec![("resource".to_owned(), String::new())], &mut found);
    found
}

/// Names bound to a path of the resource, innermost last. A name bound to something else hides one.
type Bound = Vec<(String, String)>;

/// Marks a name that is bound to no path.
const NO_PATH: &str = "\0";

fn visit(expression: &IdedExpr, bound: &mut Bound, found: &mut BTreeSet<String>) {
    if let Some(path) = path_of(expression, bound, found) {
        found.insert(path);
        return;
    }
    match &expression.expr {
        Expr::Unspecified | Expr::Ident(_) | Expr::Literal(_) => {}
        Expr::Select(select) => visit(&select.operand, bound, found),
        Expr::Call(call) => {
            for part in call.target.as_deref().into_iter().chain(&call.args) {
                visit(part, bound, found);
            }
        }
        Expr::List(list) => list.elements.iter().for_each(|part| visit(part, bound, found)),
        Expr::Map(map) => map.entries.iter().for_each(|entry| visit_entry(&entry.expr, bound, found)),
        Expr::Struct(made) => made.entries.iter().for_each(|entry| visit_entry(&entry.expr, bound, found)),
        Expr::Comprehension(comprehension) => {
            let path = match path_of(&comprehension.iter_range, bound, found) {
                // Which elements there are; what of them is read, the body says.
                Some(path) => {
                    found.insert(format!("{path}[]"));
                    path
                }
                None => {
                    visit(&comprehension.iter_range, bound, found);
                    NO_PATH.to_owned()
                }
            };
            visit(&comprehension.accu_init, bound, found);
            let depth = bound.len();
            bound.push((comprehension.iter_var.clone(), path.clone()));
            bound.extend(comprehension.iter_var2.iter().map(|name| (name.clone(), path.clone())));
            bound.push((comprehension.accu_var.clone(), NO_PATH.to_owned()));
            for part in [&comprehension.loop_cond, &comprehension.loop_step, &comprehension.result] {
                visit(part, bound, found);
            }
            bound.truncate(depth);
        }
    }
}

fn visit_entry(entry: &EntryExpr, bound: &mut Bound, found: &mut BTreeSet<String>) {
    match entry {
        EntryExpr::StructField(field) => visit(&field.value, bound, found),
        EntryExpr::MapEntry(entry) => {
            visit(&entry.key, bound, found);
            visit(&entry.value, bound, found);
        }
    }
}

/// The path an expression is, if it is one. What its indexes read is added to `found`.
fn path_of(expression: &IdedExpr, bound: &mut Bound, found: &mut BTreeSet<String>) -> Option<String> {
    match &expression.expr {
        Expr::Ident(name) => {
            let (_, path) = bound.iter().rev().find(|(other, _)| other == name)?;
            (path != NO_PATH).then(|| path.clone())
        }
        Expr::Select(select) => Some(join(&path_of(&select.operand, bound, found)?, &select.field)),
        Expr::Call(call) if is_index(&call.func_name) => {
            let [indexed, index] = call.args.as_slice() else { return None };
            let path = path_of(indexed, bound, found)?;
            match &index.expr {
                Expr::Literal(LiteralValue::String(key)) => Some(join(&path, key.inner())),
                Expr::Literal(_) => Some(path),
                _ => {
                    visit(index, bound, found);
                    Some(path)
                }
            }
        }
        _ => None,
    }
}

fn is_index(function: &str) -> bool {
    [operators::INDEX, operators::OPT_INDEX, operators::OPT_SELECT].contains(&function)
}

fn join(path: &str, field: &str) -> String {
    if path.is_empty() { field.to_owned() } else { format!("{path}.{field}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_to_name_a_path() {
        let check = |source: &str, expect: &[&str]| {
            let program = cel::Program::compile(source).unwrap();
            let found = reads(program.expression());
            assert_eq!(found.iter().map(String::as_str).collect::<Vec<_>>(), expect, "{source}");
        };
        check("resource.A.B == 1", &["A.B"]);
        check("has(resource.A.B)", &["A.B"]);
        check("resource['A']['B c'] == 1", &["A.B c"]);
        check("resource.A[0].B == 1", &["A.B"]);
        check("resource.A[resource.I].B == 1", &["A.B", "I"]);
        check("size(resource.A) > 0 && !(resource.B in params.list)", &["A", "B"]);
        check("resource.Tags.exists(t, t.Key == 'x' && has(t.Value))", &["Tags.Key", "Tags.Value", "Tags[]"]);
        check("params.tags.all(k, resource.Tags.exists(t, t.Key == k))", &["Tags.Key", "Tags[]"]);
        check("resource.A.all(a, a.B.all(b, b.C == a.D))", &["A.B.C", "A.B[]", "A.D", "A[]"]);
        check("resource.A.map(resource, resource.B)", &["A.B", "A[]"]);
        check("resource.A.filter(a, a.B == 1).size() > 0", &["A", "A.B", "A[]"]);
        check("size(resource.A.B) > 0", &["A.B"]);
        check("params.A.all(resource, resource.B)", &[]);
        check("f(resource)", &[""]);
        check("{'a': resource.A}.a == [resource.B]", &["A", "B"]);
        check("params.x == 1", &[]);
        check("resource.A.startsWith(resource.B)", &["A", "B"]);
    }
}

//! Whether AWS has the calls that a resource type names, and whether documents will have what rules read of them.
//!
//! The catalog's files are data, and a slip of the pen in one would only show as verdicts that are unknown, or as a
//! member that is never there and looks unset. So every name is held against the shapes of the API.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use provost_awsapi::model::{Ref, Step};
use provost_awsapi::{Call, Gate as _, Models, Service, names};
use provost_core::collect::{Each, Follow, ListCall, Per, ResourceType};
use serde_json::{Map, Value};

use crate::guard::WriteGuard;

/// What is wrong with a resource type and with what rules read of its documents (dotted paths); empty if nothing.
#[must_use]
pub fn check_type<'r>(
    models: &Models,
    resource_type: &ResourceType,
    reads: impl IntoIterator<Item = (&'r str, &'r str)>,
) -> Vec<String> {
    let mut check = Check { models, resource_type, document: Document::default(), problems: Vec::new() };
    check.lists();
    check.follows();
    check.names();
    for (rule, path) in reads {
        if let Err(member) = check.document.walk(path) {
            check.problems.push(format!("the rule `{rule}` reads `{path}`, and no document has `{member}`"));
        }
    }
    check.problems
}

struct Check<'c> {
    models: &'c Models,
    resource_type: &'c ResourceType,
    document: Document,
    problems: Vec<String>,
}

/// What stands somewhere in a document.
#[derive(Debug, Clone)]
enum Node {
    /// What a service's shape says.
    Shape(Arc<Service>, Ref),
    /// An object with one text.
    Wrapped(String),
    /// JSON that nobody describes.
    Free,
    /// Text, a number, true or false.
    Plain,
}

/// A document to come: what its root may be, and what calls put where.
#[derive(Debug, Default)]
struct Document {
    roots: Vec<Node>,
    put: BTreeMap<String, Node>,
}

impl Document {
    /// Follows a dotted path; `Err` has the part of it that leads nowhere.
    fn walk(&self, path: &str) -> Result<Vec<Node>, String> {
        let mut nodes = self.roots.clone();
        let mut gone = String::new();
        for step in path.split('.').map(|step| step.trim_end_matches("[]")).filter(|step| !step.is_empty()) {
            if !gone.is_empty() {
                gone.push('.');
            }
            gone.push_str(step);
            let mut next: Vec<Node> = self.put.get(&gone).cloned().into_iter().collect();
            next.extend(nodes.iter().filter_map(|node| inside(node, step)));
            // A rule may go through all values of a map without a word on their keys.
            next.extend(nodes.iter().filter_map(map_value).filter_map(|value| inside(&value, step)));
            if next.is_empty() {
                return Err(gone);
            }
            nodes = next;
        }
        Ok(nodes)
    }
}

fn map_value(node: &Node) -> Option<Node> {
    let Node::Shape(service, at) = node else { return None };
    service.map_value(at).map(|value| Node::Shape(Arc::clone(service), value.clone()))
}

/// What stands at a name inside; lists are stepped into by themselves.
fn inside(node: &Node, name: &str) -> Option<Node> {
    match node {
        Node::Free => Some(Node::Free),
        Node::Plain => None,
        Node::Wrapped(member) => (member == name).then_some(Node::Plain),
        Node::Shape(service, at) => match service.step(at, name) {
            Step::To(place) => Some(Node::Shape(Arc::clone(service), place.clone())),
            Step::Free => Some(Node::Free),
            Step::Nothing => None,
        },
    }
}

impl Check<'_> {
    fn lists(&mut self) {
        let resource_type = self.resource_type;
        for list in &resource_type.list {
            if let Some(each) = &list.each {
                self.parents(each);
            }
            let Some((service, operation)) = self.call((&list.service, &list.operation)) else { continue };
            let asked: Vec<&str> = list.ask.iter().map(String::as_str).collect();
            self.input((&service, &operation), &list.with, &asked);
            self.admitted(&list.service, &operation, &list.with);
            let Some(root) = self.root_of(list, &service, &operation) else { continue };
            if let Some(mark) = &list.mark {
                self.document.put.insert(mark.clone(), Node::Plain);
                continue;
            }
            if let Some(missing) = list.gives.iter().find(|member| inside(&root, member).is_none()) {
                self.problem(
                    &list.operation,
                    &format!("`gives` names `{missing}`, which its items do not have"),
                );
            }
            self.document.roots.push(root);
        }
    }

    /// What a list's items are, or the one document.
    fn root_of(&mut self, list: &ListCall, service: &Arc<Service>, operation: &str) -> Option<Node> {
        let path = if self.resource_type.single { list.take.as_deref() } else { list.items.as_deref() };
        self.taken(service, operation, path, &list.wrap)
    }

    fn parents(&mut self, each: &Each) {
        let Some((service, operation)) = self.call((&each.service, &each.operation)) else { return };
        self.input((&service, &operation), &each.with, &[]);
        self.admitted(&each.service, &operation, &each.with);
        if let Some(parent) = self.taken(&service, &operation, Some(&each.items), &each.wrap) {
            if inside(&parent, &each.key).is_none() {
                self.problem(&each.operation, &format!("its items have no `{}`", each.key));
            }
            self.document.put.insert(each.into.clone(), parent);
        }
    }

    fn follows(&mut self) {
        let resource_type = self.resource_type;
        for derived in &resource_type.derived {
            self.document.put.insert(derived.member().to_owned(), Node::Free);
        }
        for follow in &resource_type.follow {
            let Some((service, operation)) = self.call((&follow.service, &follow.operation)) else {
                continue;
            };
            let ask = follow.ask.iter().map(|ask| ask.strip_suffix("[]").unwrap_or(ask));
            self.input((&service, &operation), &follow.with, &ask.collect::<Vec<_>>());
            self.admitted(&follow.service, &operation, &follow.with);
            let taken = if follow.decode.is_some() {
                Some(Node::Free)
            } else {
                self.taken(&service, &operation, follow.take.as_deref(), &follow.wrap)
            };
            if let Some(taken) = taken {
                if let Some(missing) = follow.pick.keys().find(|member| inside(&taken, member).is_none()) {
                    self.problem(&operation, &format!("`pick`: what is taken has no `{missing}`"));
                }
                self.document.put.insert(follow.into.replace("[].", "."), taken);
            }
        }
    }

    /// The service and the API's name of the operation, if there is one.
    fn call(&mut self, (service, operation): (&str, &str)) -> Option<(Arc<Service>, Arc<str>)> {
        let model = match self.models.service(names::service_of_cli(service)) {
            Ok(model) => model,
            Err(error) => {
                self.problems.push(format!("{service} {operation}: {error}"));
                return None;
            }
        };
        let name = names::operation_of_cli(&model, operation).map(str::to_owned);
        let found = name.and_then(|name| model.operation(&name)).map(|found| Arc::clone(&found.name));
        let Some(found) = found else {
            self.problems.push(format!("there is no operation `{service} {operation}`"));
            return None;
        };
        Some((model, found))
    }

    /// Whether the guard lets such a call through.
    fn admitted(&mut self, service: &str, operation: &str, with: &Map<String, Value>) {
        let call = Call::new(names::service_of_cli(service), operation, Value::Object(with.clone()));
        if let Err(why) = WriteGuard::default().admit(&call) {
            self.problems.push(why);
        }
    }

    /// Whether an operation takes these parameters, and gets those it must have.
    fn input(&mut self, (service, name): (&Service, &str), with: &Map<String, Value>, asked: &[&str]) {
        let Some(operation) = service.operation(name) else { return };
        let given: BTreeSet<&str> = with.keys().map(String::as_str).chain(asked.iter().copied()).collect();
        let Some(input) = &operation.input else {
            if let Some(name) = given.first() {
                self.problem(&operation.name, &format!("it takes no `{name}`"));
            }
            return;
        };
        let known: BTreeSet<&str> = service.member_names(input).collect();
        let unknown = given.difference(&known).map(|name| format!("it takes no `{name}`"));
        let required = service.required_members(input).filter(|name| !given.contains(name));
        let problems: Vec<String> =
            unknown.chain(required.map(|name| format!("it needs `{name}`"))).collect();
        problems.iter().for_each(|problem| self.problem(&operation.name, problem));
    }

    /// What stands at a path such as `Reservations[].Instances[]`, `Table.Status` or `clusters[0]` of an answer.
    fn taken(
        &mut self,
        service: &Arc<Service>,
        operation: &str,
        path: Option<&str>,
        wrap: &BTreeMap<String, String>,
    ) -> Option<Node> {
        let Some(output) = service.operation(operation).and_then(|found| found.output.as_ref()) else {
            self.problem(operation, "it answers with nothing");
            return None;
        };
        let mut at = output.clone();
        let mut last = "";
        for step in path.unwrap_or_default().split('.').filter(|step| !step.is_empty()) {
            let member = step.strip_suffix("[]").or_else(|| step.strip_suffix("[0]")).unwrap_or(step);
            last = member;
            at = match service.step(&at, member) {
                Step::To(place) => place.clone(),
                Step::Free => return Some(Node::Free),
                Step::Nothing => {
                    self.problem(operation, &format!("its answer has no `{member}`"));
                    return None;
                }
            };
        }
        let texts = |at: &Ref| service.element(at).is_some_and(|element| service.is_text(element));
        if let Some(member) = wrap.get(last).filter(|_| texts(&at)) {
            return Some(Node::Wrapped(member.clone()));
        }
        // A whole answer is taken, with lists of texts in it.
        for (list, member) in wrap {
            match service.step(&at, list) {
                Step::To(place) if texts(place) => {
                    self.document.put.insert(list.clone(), Node::Wrapped(member.clone()));
                }
                _ => self.problem(operation, &format!("`wrap`: its answer has no list of texts `{list}`")),
            }
        }
        Some(Node::Shape(Arc::clone(service), at))
    }

    /// Whether documents have what the type itself takes from them.
    fn names(&mut self) {
        let resource_type = self.resource_type;
        let mut wanted: Vec<(&str, String)> = Vec::new();
        wanted.extend(resource_type.key.iter().map(|key| ("key", key.clone())));
        wanted.extend(resource_type.names_of_arn().map(|name| ("arn", name.to_owned())));
        for follow in &resource_type.follow {
            wanted.extend(names_of(follow));
        }
        for (field, path) in wanted {
            if let Err(member) = self.document.walk(&path) {
                self.problems.push(format!("`{field}`: no document has `{member}`"));
            }
        }
    }

    fn problem(&mut self, operation: &str, problem: &str) {
        self.problems.push(format!("{operation}: {problem}"));
    }
}

/// The names in braces that are members of a document.
fn template_names(template: &str) -> impl Iterator<Item = &str> {
    let inside = template.split('{').skip(1).filter_map(|part| part.split('}').next());
    inside
        .map(|name| name.split('|').next().unwrap_or(name))
        .filter(|name| !["account", "region", "partition"].contains(name))
}

/// The paths of the document that a follow-up call goes by.
fn names_of(follow: &Follow) -> Vec<(&'static str, String)> {
    let mut names = Vec::new();
    if let Per::Member(member) = &follow.per {
        names.push(("per", member.replace("[].", ".")));
    }
    for template in follow.pick.values() {
        names.extend(template_names(template).map(|name| ("pick", name.to_owned())));
    }
    for when in &follow.when {
        let paths = when.unread.iter().chain(when.is.keys()).chain(when.is_not.keys());
        names.extend(paths.map(|path| ("when", path.clone())));
    }
    names
}

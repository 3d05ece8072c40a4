//! What a policy document grants, as one report: the facts, what each rests on, and lint.

use std::collections::BTreeMap;

use provost_iam::Effect;
use provost_iam::actions::Catalogue;
use provost_iam::can::Answer;
use provost_iam::escalation::{DecidedBy, Gains, reviewed};
use provost_iam::facts::{Facts, Kind, PathFound, Setting};
use provost_iam::lint::{Severity, lint};
use serde::Serialize;

use super::answer::{conditions, reason, witness};
use super::attribution::parts;
use super::{Document, Lines, Witness};

/// What a document grants.
#[derive(Debug, Clone, Serialize)]
pub struct Explanation {
    /// The file, as it was named.
    pub file: String,
    /// What the document was taken out of, outermost first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unwrapped: Vec<String>,
    /// What it was taken for: `identity`, `resource` or `trust`.
    pub kind: &'static str,
    /// The account it stands in, if that was said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// Whether it makes an administrator: `yes`, `yes_if`, `no` or `unknown`.
    pub grants_admin: &'static str,
    /// Whether it lets in principals of other accounts.
    pub cross_account: &'static str,
    /// Whether it lets in anybody.
    pub public: &'static str,
    /// Whether it trusts a provider without a word on which of its identities.
    pub federated_without_subject: &'static str,
    /// Escalation paths it opens by itself, by id.
    pub escalation: Vec<&'static str>,
    /// Those that depend on a target.
    pub capabilities: Vec<&'static str>,
    /// Those nobody can decide.
    pub undecided: Vec<&'static str>,
    /// What each fact depends on that is `yes_if`.
    pub conditions: BTreeMap<&'static str, Vec<String>>,
    /// Why nobody can say, for each fact that is `unknown`.
    pub reasons: BTreeMap<&'static str, String>,
    /// A request that shows each fact that is `yes` or `yes_if`.
    pub witnesses: BTreeMap<&'static str, Witness>,
    /// The paths in detail.
    pub paths: Vec<PathReport>,
    /// The principals of other accounts it lets in.
    pub trusted: Vec<TrustedReport>,
    /// The providers it trusts so.
    pub federated: Vec<String>,
    /// Services it grants as a whole, by prefix.
    pub services: Vec<&'static str>,
    /// It grants nearly every service there is.
    pub services_nearly_all: bool,
    /// The roles it allows to pass to services.
    pub pass_role: PassRoleReport,
    /// Every statement, and what it takes part in.
    pub statements: Vec<StatementReport>,
    /// What is wrong or doubtful about the document as it is written.
    pub lint: Vec<LintRemark>,
    /// The day the catalogue of actions is of.
    pub actions_dated: String,
    /// The day the escalation paths were last looked through.
    pub paths_reviewed: &'static str,
}

/// An escalation path that is, or may be, open.
#[derive(Debug, Clone, Serialize)]
pub struct PathReport {
    /// Its id.
    pub id: &'static str,
    /// What is done.
    pub title: &'static str,
    /// `escalation`, `capability` or `undecided`.
    pub is: &'static str,
    /// `everything`, `principal` or `role`.
    pub gains: &'static str,
    /// `policy` or `target`.
    pub decided_by: &'static str,
    /// `yes`, `yes_if` or `unknown`.
    pub answer: &'static str,
    /// What it depends on.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<String>,
    /// Why nobody can say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The document narrows the resources of a step that would decide the path.
    pub narrowed: bool,
    /// The actions it takes.
    pub actions: Vec<&'static str>,
    /// A request for one of its steps that is allowed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub witness: Option<Witness>,
    /// Where it is described.
    pub references: &'static [String],
}

/// A principal of another account that is let in.
#[derive(Debug, Clone, Serialize)]
pub struct TrustedReport {
    /// As the document names it; `*` for everyone.
    pub principal: String,
    /// Its account, unless it is everyone.
    pub account: Option<String>,
    /// `yes`, `yes_if` or `unknown`.
    pub answer: &'static str,
    /// What it depends on.
    pub conditions: Vec<String>,
    /// An external id is asked for.
    pub external_id: bool,
    /// It must belong to an organization.
    pub organization: bool,
}

/// The roles a document allows to pass to services.
#[derive(Debug, Clone, Serialize)]
pub struct PassRoleReport {
    /// `yes`, `yes_if`, `no` or `unknown`.
    pub answer: &'static str,
    /// On what, as the document writes it.
    pub resources: Vec<String>,
    /// What it depends on.
    pub conditions: Vec<String>,
}

/// A statement.
#[derive(Debug, Clone, Serialize)]
pub struct StatementReport {
    /// Which, from 0.
    pub index: usize,
    /// Its `Sid`.
    pub sid: Option<String>,
    /// `Allow` or `Deny`.
    pub effect: &'static str,
    /// Its first and last line.
    pub lines: Lines,
    /// The facts that rest on it.
    pub facts: Vec<&'static str>,
    /// The escalation paths that rest on it.
    pub paths: Vec<&'static str>,
}

/// A remark of lint.
#[derive(Debug, Clone, Serialize)]
pub struct LintRemark {
    /// Kebab-case.
    pub id: &'static str,
    /// `error`, `warning` or `note`.
    pub severity: &'static str,
    /// Which statement, from 0; none if it is about the whole document.
    pub statement: Option<usize>,
    /// Its first and last line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lines: Option<Lines>,
    /// What is wrong or doubtful.
    pub message: String,
}

/// A question a pipeline can be made to stop at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Question {
    /// Does it grant administrator?
    Admin,
    /// Does it open an escalation path?
    Escalation,
    /// Does it let in anybody?
    Public,
    /// Does it let in another account?
    CrossAccount,
    /// Has lint an error?
    LintError,
}

impl Explanation {
    /// Explains a document.
    #[must_use]
    pub fn of(file: &str, document: &Document, kind: Option<Kind>, account: Option<&str>) -> Self {
        let policy = document.policy();
        let facts = Facts::of(policy, &Setting { kind, account });
        let parts = parts(policy, &facts);
        let mut report = Self {
            file: file.to_owned(),
            unwrapped: document.unwrapped.clone(),
            kind: facts.kind.as_str(),
            account: account.map(str::to_owned),
            grants_admin: facts.grants_admin.as_str(),
            cross_account: facts.trust.answer.as_str(),
            public: facts.public.as_str(),
            federated_without_subject: facts.federation.answer.as_str(),
            escalation: ids(&facts.escalations.escalation),
            capabilities: ids(&facts.escalations.capabilities),
            undecided: ids(&facts.escalations.undecided),
            conditions: BTreeMap::new(),
            reasons: BTreeMap::new(),
            witnesses: BTreeMap::new(),
            paths: Vec::new(),
            trusted: Vec::new(),
            federated: facts.federation.providers.clone(),
            services: facts.services.services.clone(),
            services_nearly_all: facts.services.nearly_all,
            pass_role: PassRoleReport {
                answer: facts.pass_role.answer.as_str(),
                resources: facts.pass_role.resources.clone(),
                conditions: conditions(&facts.pass_role.answer),
            },
            statements: Vec::new(),
            lint: Vec::new(),
            actions_dated: Catalogue::embedded().date().to_owned(),
            paths_reviewed: reviewed(),
        };
        report.fact("grants_admin", &facts.grants_admin);
        report.fact("cross_account", &facts.trust.answer);
        report.fact("public", &facts.public);
        report.fact("federated_without_subject", &facts.federation.answer);
        report.fact("pass_role", &facts.pass_role.answer);
        for (is, found) in [
            ("escalation", &facts.escalations.escalation),
            ("capability", &facts.escalations.capabilities),
            ("undecided", &facts.escalations.undecided),
        ] {
            report.paths.extend(found.iter().map(|it| PathReport::of(is, it)));
        }
        report.trusted.extend(facts.trust.others.iter().map(|trusted| TrustedReport {
            principal: trusted.principal.clone(),
            account: trusted.account.clone(),
            answer: trusted.answer.as_str(),
            conditions: conditions(&trusted.answer),
            external_id: trusted.external_id,
            organization: trusted.organization,
        }));
        report.statements.extend(policy.statements.iter().enumerate().map(|(index, statement)| {
            let part = parts.get(&index).cloned().unwrap_or_default();
            StatementReport {
                index,
                sid: statement.sid.clone(),
                effect: match statement.effect {
                    Effect::Allow => "Allow",
                    Effect::Deny => "Deny",
                },
                lines: document.lines(index),
                facts: part.facts.into_iter().collect(),
                paths: part.paths.into_iter().collect(),
            }
        }));
        report.lint.extend(lint(policy, facts.kind).into_iter().map(|remark| LintRemark {
            id: remark.id,
            severity: match remark.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
                Severity::Note => "note",
            },
            statement: remark.statement,
            lines: remark.statement.map(|statement| document.lines(statement)),
            message: remark.message,
        }));
        report
    }

    fn fact(&mut self, name: &'static str, answer: &Answer) {
        let depends = conditions(answer);
        if !depends.is_empty() {
            self.conditions.insert(name, depends);
        }
        if let Some(reason) = reason(answer) {
            self.reasons.insert(name, reason);
        }
        if let Some(shown) = witness(answer) {
            self.witnesses.insert(name, shown);
        }
    }

    /// Whether a question is answered with yes; `None`: nobody can say.
    #[must_use]
    pub fn answers(&self, question: Question) -> Option<bool> {
        let fact = |word: &str| match word {
            "unknown" => None,
            word => Some(word != "no"),
        };
        match question {
            Question::Admin => fact(self.grants_admin),
            Question::Public => fact(self.public),
            Question::CrossAccount => fact(self.cross_account),
            Question::Escalation if self.escalation.is_empty() && !self.undecided.is_empty() => None,
            Question::Escalation => Some(!self.escalation.is_empty()),
            Question::LintError => Some(self.lint.iter().any(|remark| remark.severity == "error")),
        }
    }
}

impl PathReport {
    fn of(is: &'static str, found: &PathFound) -> Self {
        let path = found.path;
        let mut actions: Vec<&'static str> = Vec::new();
        for step in &path.steps {
            if !actions.contains(&step.action.as_str()) {
                actions.push(&step.action);
            }
        }
        Self {
            id: &path.id,
            title: &path.title,
            is,
            gains: match path.gains {
                Gains::Everything => "everything",
                Gains::Principal => "principal",
                Gains::Role => "role",
            },
            decided_by: match path.decided_by {
                DecidedBy::Policy => "policy",
                DecidedBy::Target => "target",
            },
            answer: found.answer.as_str(),
            conditions: conditions(&found.answer),
            reason: reason(&found.answer),
            narrowed: found.narrowed,
            actions,
            witness: witness(&found.answer),
            references: &path.references,
        }
    }
}

fn ids(found: &[PathFound]) -> Vec<&'static str> {
    found.iter().map(|it| it.path.id.as_str()).collect()
}

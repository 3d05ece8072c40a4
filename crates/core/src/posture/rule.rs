//! One posture rule, loaded and compiled.

use std::collections::{BTreeMap, BTreeSet};

use cel::{IdedExpr, Program};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::paths::reads;
use super::patterns;
use crate::model::{Digest, Origin, RuleStamp, Severity, is_kebab_case};

/// A wanted state of one resource type.
#[derive(Debug)]
pub struct PostureRule {
    /// Id, hash and origin.
    pub stamp: RuleStamp,
    /// The wanted state as a sentence.
    pub title: String,
    /// Why it is wanted.
    pub description: String,
    /// For example `AWS::S3::Bucket`.
    pub resource_type: String,
    /// How bad a Fail is.
    pub severity: Severity,
    /// What a Fail says.
    pub message: String,
    /// What to do about it.
    pub remediation: String,
    /// AWS pages.
    pub references: Vec<String>,
    /// Framework → requirement ids.
    pub frameworks: BTreeMap<String, Vec<String>>,
    /// The values `params` has in the expressions.
    pub parameters: BTreeMap<String, Value>,
    pub(super) applies: Option<Condition>,
    pub(super) expression: Condition,
    pub(super) absent: Vec<(String, AbsentMeans)>,
}

/// A compiled expression and the paths it reads.
#[derive(Debug)]
pub(super) struct Condition {
    pub(super) expression: IdedExpr,
    pub(super) reads: BTreeSet<String>,
}

/// What it means that AWS says a member is not set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AbsentMeans {
    /// The wanted state.
    Pass,
    /// Not the wanted state.
    Fail,
    /// The rule does not speak of such a resource.
    NotApplicable,
}

/// Why a posture rule was not loaded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PostureRuleError {
    /// Not YAML, or not of this shape; the text names line and field.
    #[error("{0}")]
    Shape(String),
    /// A field's value cannot be used.
    #[error("`{field}` {problem}")]
    Field {
        /// Which.
        field: String,
        /// What is wrong.
        problem: String,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleFile {
    id: String,
    title: String,
    description: String,
    resource_type: String,
    severity: Severity,
    #[serde(default)]
    parameters: BTreeMap<String, Value>,
    #[serde(default)]
    applies: Option<String>,
    #[serde(default)]
    absent: BTreeMap<String, AbsentMeans>,
    expression: String,
    message: String,
    remediation: String,
    #[serde(default)]
    references: Vec<String>,
    #[serde(default)]
    frameworks: BTreeMap<String, Vec<String>>,
}

impl PostureRule {
    /// Loads one rule file.
    ///
    /// # Errors
    /// [`PostureRuleError`] names the line or the field.
    pub fn parse(text: &str, origin: &Origin) -> Result<Self, PostureRuleError> {
        let file: RuleFile =
            yaml_serde::from_str(text).map_err(|error| PostureRuleError::Shape(error.to_string()))?;
        let wrong =
            |field: &str, problem: String| PostureRuleError::Field { field: field.to_owned(), problem };
        if !is_kebab_case(&file.id) {
            return Err(wrong("id", format!("`{}` is not kebab-case", file.id)));
        }
        let expression =
            Condition::compile(&file.expression).map_err(|problem| wrong("expression", problem))?;
        if expression.reads.is_empty() {
            return Err(wrong(
                "expression",
                "reads nothing of `resource`, so it says nothing about one".to_owned(),
            ));
        }
        let applies = file.applies.as_deref().map(Condition::compile).transpose();
        let mut absent = Vec::new();
        for (path, means) in file.absent {
            let inner = path.strip_prefix("resource.").ok_or_else(|| {
                wrong("absent", format!("`{path}` is no path of the resource; it begins with `resource.`"))
            })?;
            absent.push((inner.to_owned(), means));
        }
        Ok(Self {
            stamp: RuleStamp { id: file.id, hash: Digest::of(text.as_bytes()), origin: origin.clone() },
            title: file.title,
            description: file.description,
            resource_type: file.resource_type,
            severity: file.severity,
            message: file.message,
            remediation: file.remediation,
            references: file.references,
            frameworks: file.frameworks,
            parameters: file.parameters,
            applies: applies.map_err(|problem| wrong("applies", problem))?,
            expression,
            absent,
        })
    }

    /// The dotted paths of a document that decide: `""` is all of it.
    pub fn reads(&self) -> impl Iterator<Item = &str> {
        let conditions = self.applies.iter().chain(std::iter::once(&self.expression));
        let read = conditions.flat_map(|condition| condition.reads.iter().map(String::as_str));
        read.chain(self.absent.iter().map(|(path, _)| path.as_str()))
    }

    /// Replaces parameters by the user's. The rule's hash stays; the run's configuration has the values.
    ///
    /// # Errors
    /// When the rule has no parameter of that name.
    pub fn set_parameters(&mut self, values: &BTreeMap<String, Value>) -> Result<(), PostureRuleError> {
        for (name, value) in values {
            let Some(current) = self.parameters.get_mut(name) else {
                let known: Vec<_> = self.parameters.keys().map(String::as_str).collect();
                let problem =
                    format!("is no parameter of `{}` (it has: {})", self.stamp.id, known.join(", "));
                return Err(PostureRuleError::Field { field: name.clone(), problem });
            };
            *current = value.clone();
        }
        Ok(())
    }
}

impl Condition {
    fn compile(source: &str) -> Result<Self, String> {
        let program = Program::compile(source).map_err(|errors| format!("is not CEL: {errors}"))?;
        let reads = reads(program.expression());
        let mut expression = program.expression().clone();
        patterns::redirect(&mut expression);
        Ok(Self { expression, reads })
    }
}

//! How a resource type is read, as the catalog's `resources/*.yaml` say it.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::template::{is_place, names};
use crate::model::Unread;

mod check;
mod narrowed;

/// One resource type.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResourceType {
    /// For example `AWS::S3::Bucket`.
    #[serde(rename = "type")]
    pub name: String,
    /// For people.
    pub title: String,
    /// Whether it lives in regions.
    pub scope: Scope,
    /// The member that names an item in its account and region. Not for `single`.
    #[serde(default)]
    pub key: Option<String>,
    /// There is exactly one per account (or region): the answer itself is the document.
    #[serde(default)]
    pub single: bool,
    /// Its lists also show what belongs to other accounts, as trails of an organization do.
    #[serde(default)]
    pub cross_account: bool,
    /// The ARN, a template over the item's members and `{partition}`, `{region}`, `{account}`.
    pub arn: String,
    /// The calls that list it. The first is the main one, further ones are merged by `key`.
    pub list: Vec<ListCall>,
    /// The calls that complete the document.
    #[serde(default)]
    pub follow: Vec<Follow>,
    /// Members that no call gives: Provost finds them out itself.
    #[serde(default)]
    pub derived: Vec<Derived>,
    /// What is not asked for, because nobody would read it; see [`ResourceType::narrowed`].
    #[serde(skip)]
    pub unasked: Vec<Unread>,
}

/// A member that Provost finds out from several resources.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum Derived {
    /// Of an IAM user: what all its policies come to, those of its groups and its boundary included.
    Access,
}

impl Derived {
    /// The member's name.
    #[must_use]
    pub fn member(self) -> &'static str {
        match self {
            Self::Access => "Access",
        }
    }
}

/// Where a resource type lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// Asked once per account.
    Global,
    /// Asked in every region.
    Regional,
}

/// A call that lists resources.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListCall {
    /// For types that live inside another: the call is made once for each of these.
    #[serde(default)]
    pub each: Option<Each>,
    /// With `each`: the API's name for what is asked for, the parent's `key`.
    #[serde(default)]
    pub ask: Option<String>,
    /// The CLI's service.
    pub service: String,
    /// The CLI's operation.
    pub operation: String,
    /// What the call is given, by the API's names. `{account}`, `{region}` and `{partition}` are filled in.
    #[serde(default)]
    pub with: Map<String, Value>,
    /// Where the items stand in the answer: `Reservations[].Instances[]`.
    #[serde(default)]
    pub items: Option<String>,
    /// Lists of plain texts by their member: each text becomes an object with it as this member.
    #[serde(default)]
    pub wrap: BTreeMap<String, String>,
    /// The call takes a filter that leaves the list out, and may have been recorded with it: an answer without
    /// the list is not damaged, it does not tell.
    #[serde(default)]
    pub filtered: bool,
    /// For `single`: the member of the answer that is the document.
    #[serde(default)]
    pub take: Option<String>,
    /// The members only this call gives. If it cannot be read, they are unread.
    #[serde(default)]
    pub gives: Vec<String>,
    /// This call adds no items: those it shows get this member as `true`, the others as `false`.
    #[serde(default)]
    pub mark: Option<String>,
    /// The error codes that mean "not set" (`single`) or "there are none", and only those.
    #[serde(default)]
    pub not_set: Vec<String>,
    /// An answer without the list means that there are none.
    #[serde(default)]
    pub empty_means_not_set: bool,
}

/// The things that a type lives inside of, such as the APIs that have stages.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Each {
    /// The CLI's service.
    pub service: String,
    /// The CLI's operation.
    pub operation: String,
    /// What the call is given, as in `list`.
    #[serde(default)]
    pub with: Map<String, Value>,
    /// Where the parents stand in the answer.
    pub items: String,
    /// As in `list`.
    #[serde(default)]
    pub wrap: BTreeMap<String, String>,
    /// The member that names a parent.
    pub key: String,
    /// The member of an item that becomes its parent.
    pub into: String,
    /// The error codes that mean "there are none".
    #[serde(default)]
    pub not_set: Vec<String>,
    /// An answer without the list means that there are none.
    #[serde(default)]
    pub empty_means_not_set: bool,
}

/// A call that completes a document.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Follow {
    /// The member it becomes; `List[].Member` puts it into each element of a list.
    pub into: String,
    /// The CLI's service.
    pub service: String,
    /// The CLI's operation.
    pub operation: String,
    /// What it is asked for.
    pub per: Per,
    /// The API's name for what it is asked for: `Bucket`; `Clusters[]` where the API takes a list. With `per` a
    /// member.
    #[serde(default)]
    pub ask: Option<String>,
    /// What else the call is given, as in `list`; `{Member}` is filled in from the document, or the element.
    #[serde(default)]
    pub with: Map<String, Value>,
    /// Where it is asked, a template too; where the resource is, if nothing is said.
    #[serde(default)]
    pub region: Option<String>,
    /// A document without the member it is asked or picked by is complete without it: the member is not set.
    #[serde(default)]
    pub optional: bool,
    /// It is asked only where one of these holds; always if there are none. Where none holds, the member is
    /// not set.
    #[serde(default)]
    pub when: Vec<When>,
    /// The member of the answer to take, a path such as `Table.Status` or `clusters[0]`; none: all of it.
    #[serde(default)]
    pub take: Option<String>,
    /// Lists of plain texts in what is taken, as in `list`.
    #[serde(default)]
    pub wrap: BTreeMap<String, String>,
    /// Of the list that is taken, the elements alone whose members are these, templates too: what is asked once for
    /// a whole region is shared out.
    #[serde(default)]
    pub pick: BTreeMap<String, String>,
    /// The error codes that mean "not set", and only those.
    #[serde(default)]
    pub not_set: Vec<String>,
    /// The CLI prints nothing at all when nothing is set.
    #[serde(default)]
    pub empty_means_not_set: bool,
    /// How to read the answer where it is not plain JSON.
    #[serde(default)]
    pub decode: Option<Decode>,
    /// With `decode`: the item's member that names its row.
    #[serde(rename = "match", default)]
    pub match_member: Option<String>,
    /// With `decode`: the row's name, the same for all.
    #[serde(default)]
    pub match_value: Option<String>,
}

/// What must hold of a document for a call to be asked: all of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct When {
    /// This path could not be read.
    #[serde(default)]
    pub unread: Option<String>,
    /// These paths have these values.
    #[serde(default)]
    pub is: BTreeMap<String, Value>,
    /// These paths have other values, or none.
    #[serde(default)]
    pub is_not: BTreeMap<String, Value>,
}

/// What a follow-up call is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "String")]
pub enum Per {
    /// Once per account.
    Account,
    /// Once per region.
    Region,
    /// Once per resource, named by this member; `List[].Member`: once per element of a list.
    Member(String),
}

impl From<String> for Per {
    fn from(text: String) -> Self {
        match text.as_str() {
            "account" => Self::Account,
            "region" => Self::Region,
            _ => Self::Member(text),
        }
    }
}

/// Ways an answer is wrapped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Decode {
    /// The IAM credential report.
    CredentialReport,
}

impl ResourceType {
    /// Reads a catalog file.
    ///
    /// # Errors
    /// The text names line and field.
    pub fn parse(text: &str) -> Result<Self, String> {
        let parsed: Self = yaml_serde::from_str(text).map_err(|error| error.to_string())?;
        parsed.check()?;
        Ok(parsed)
    }

    /// The members of an item that its ARN is made of.
    pub fn names_of_arn(&self) -> impl Iterator<Item = &str> {
        names(&self.arn).filter(|name| !is_place(name))
    }

    /// The calls that list it, those that list what it lives inside of included: service and operation.
    pub fn list_calls(&self) -> impl Iterator<Item = (&str, &str)> {
        self.list.iter().map(|list| match &list.each {
            Some(each) => (each.service.as_str(), each.operation.as_str()),
            None => (list.service.as_str(), list.operation.as_str()),
        })
    }
}

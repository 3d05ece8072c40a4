//! The partitions of AWS: which regions are theirs, those of tomorrow too.
//!
//! The package says by a regular expression which regions belong to a partition. All of them have one form,
//! `^(us|eu)\-\w+\-\d+$`: some beginnings, a word, a number. We keep the beginnings and refuse any other form.

use anyhow::{Context as _, bail};
use serde_json::{Map, Value, json};

/// How every expression ends.
const END: &str = r"\-\w+\-\d+$";

/// One partition.
pub(super) struct Partition {
    pub(super) id: String,
    outputs: Map<String, Value>,
    /// What stands before the word and the number of a region: `us-gov`.
    begins: Vec<String>,
    /// The regions known today, and pseudo regions such as `aws-global`.
    pub(super) regions: Vec<String>,
}

/// All of them. The first is asked for regions that belong to none.
pub(super) struct Partitions {
    pub(super) all: Vec<Partition>,
}

impl Partitions {
    pub(super) fn read(document: &Value) -> anyhow::Result<Self> {
        let list = document.get("partitions").and_then(Value::as_array).context("there are no partitions")?;
        let all: anyhow::Result<Vec<Partition>> = list.iter().map(Partition::read).collect();
        Ok(Self { all: all? })
    }

    /// The partition a region belongs to.
    pub(super) fn of(&self, region: &str) -> anyhow::Result<&Partition> {
        let mut all = self.all.iter();
        all.find(|partition| partition.has(region)).or(self.all.first()).context("there are no partitions")
    }

    /// For the program: what it needs to place a region and to end a host name.
    pub(super) fn document(&self) -> Value {
        let one = |partition: &Partition| {
            json!({
                "id": partition.id,
                "dns": partition.dns(),
                "dual": partition.dual(),
                "begins": partition.begins,
                "regions": partition.regions,
            })
        };
        self.all.iter().map(one).collect()
    }
}

impl Partition {
    fn read(document: &Value) -> anyhow::Result<Self> {
        let text = |name: &str| document.get(name).and_then(Value::as_str);
        let id = text("id").context("a partition has an id")?.to_owned();
        let expression = text("regionRegex").context("a partition has an expression of its regions")?;
        let begins = begins(expression).with_context(|| format!("the regions of {id}: `{expression}`"))?;
        let mut outputs = document.get("outputs").and_then(Value::as_object).cloned().unwrap_or_default();
        outputs.insert("name".to_owned(), Value::String(id.clone()));
        let regions = document.get("regions").and_then(Value::as_object);
        let regions = regions.into_iter().flat_map(Map::keys).cloned().collect();
        Ok(Self { id, outputs, begins, regions })
    }

    /// What `aws.partition` gives to the rules.
    pub(super) fn outputs(&self) -> Value {
        Value::Object(self.outputs.clone())
    }

    /// How its host names end, and how those for dual-stack end.
    pub(super) fn dns(&self) -> &str {
        self.outputs.get("dnsSuffix").and_then(Value::as_str).unwrap_or_default()
    }

    pub(super) fn dual(&self) -> &str {
        self.outputs.get("dualStackDnsSuffix").and_then(Value::as_str).unwrap_or_default()
    }

    /// A region that is not there yet, to ask what the rules say of such.
    pub(super) fn invented(&self) -> String {
        format!("{}-nowhere-9", self.begins.first().map_or("", String::as_str))
    }

    fn has(&self, region: &str) -> bool {
        let is_of = |begin: &String| {
            let rest = region.strip_prefix(begin.as_str()).and_then(|rest| rest.strip_prefix('-'));
            rest.and_then(|rest| rest.split_once('-')).is_some_and(|(word, number)| {
                let is_word = |part: char| part.is_ascii_alphanumeric() || part == '_';
                let is_number = !number.is_empty() && number.bytes().all(|digit| digit.is_ascii_digit());
                !word.is_empty() && word.chars().all(is_word) && is_number
            })
        };
        self.regions.iter().any(|known| known == region) || self.begins.iter().any(is_of)
    }
}

/// The beginnings an expression allows.
fn begins(expression: &str) -> anyhow::Result<Vec<String>> {
    let inner = expression.strip_prefix('^').and_then(|rest| rest.strip_suffix(END));
    let inner = inner.context("it has another form")?.replace(r"\-", "-");
    let begins: Vec<String> = match inner.split_once('(') {
        None => vec![inner],
        Some((before, rest)) => {
            let (choices, after) = rest.split_once(')').context("a parenthesis is not closed")?;
            choices.split('|').map(|choice| format!("{before}{choice}{after}")).collect()
        }
    };
    let is_plain = |begin: &String| begin.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if !begins.iter().all(is_plain) {
        bail!("it has another form");
    }
    Ok(begins)
}

//! Reads the catalogue from its compressed text, which `crates/xtask/src/iam_data/layout.rs` writes.
//!
//! Everything is checked on the way, so that the catalogue itself needs no errors: a number that leads nowhere,
//! a line too few, an action out of order end the reading.

use std::io::Read as _;
use std::ops::Range;
use std::str::Lines;

use flate2::read::GzDecoder;

use super::tables::{Lists, OPTIONAL, Strings};
use super::{Catalogue, Levels, ServiceRow, ValueType, regardless_of_case};

/// Why data is not a catalogue.
#[derive(Debug, thiserror::Error)]
pub(super) enum ReadError {
    /// Not what gzip made of a text.
    #[error("the catalogue does not decompress")]
    Compression(#[source] std::io::Error),
    /// A line is missing or says something else.
    #[error("line {line} of the catalogue is not {expected}")]
    Line { line: usize, expected: &'static str },
}

/// Reads a whole catalogue.
pub(super) fn read(compressed: &[u8]) -> Result<Catalogue, ReadError> {
    let mut text = String::new();
    GzDecoder::new(compressed).read_to_string(&mut text).map_err(ReadError::Compression)?;
    parse(&text)
}

fn parse(text: &str) -> Result<Catalogue, ReadError> {
    let mut reader = Reader { lines: text.lines(), line: 0 };
    let head = reader.next("the head")?;
    reader.holds(head.ends_with(" Format 1."), "format 1")?;
    let date = reader.next("the date")?.strip_prefix("date ");
    let date = reader.some(date, "the date")?.to_owned();
    let services = reader.services()?;
    let last = services.last();
    let resources_end = last.map_or(0, |row| row.resource_types.end);
    let actions_end = last.map_or(0, |row| row.actions.end);

    let (mut condition_keys, mut value_types) = (Strings::default(), Vec::new());
    for _ in 0..reader.section("condition keys")? {
        let (key, kind) = reader.pair("a condition key and its type")?;
        condition_keys.push(&[key]);
        value_types.push(reader.some(value_type(kind), "a type of values we know")?);
    }
    let (mut resource_types, mut arn_formats) = (Strings::default(), Strings::default());
    for _ in 0..reader.exactly("resource types", resources_end)? {
        let (name, arns) = reader.pair("a resource type and its ARN")?;
        resource_types.push(&[name]);
        arn_formats.push(&[arns]);
    }
    let actions = reader.actions(&services, actions_end)?;
    let mut dependent_actions = Strings::default();
    for _ in 0..reader.section("dependent actions")? {
        dependent_actions.push(&[reader.next("a dependent action")?]);
    }

    let mut keys_of_services = Lists::default();
    for _ in 0..reader.exactly("condition keys of services", services.len())? {
        reader.list(&mut keys_of_services, |number| (number < condition_keys.len()).then_some(number))?;
    }
    // From here on, keys are numbered within their service.
    let key = |service: usize, number: usize| {
        keys_of_services.get(service).get(number).map(|key| usize::from(*key))
    };
    let mut keys_of_resource_types = Lists::default();
    reader.exactly("condition keys of resource types", resources_end)?;
    for (index, service) in services.iter().enumerate() {
        for _ in service.resource_types.clone() {
            reader.list(&mut keys_of_resource_types, |number| key(index, number))?;
        }
    }
    let levels = reader.levels(&services)?;
    let mut resource_types_of_actions = Lists::default();
    reader.exactly("resource types of actions", actions_end)?;
    for service in &services {
        for _ in service.actions.clone() {
            let Range { start, end } = service.resource_types;
            reader
                .list(&mut resource_types_of_actions, |number| Some(start + number).filter(|it| *it < end))?;
        }
    }
    let mut keys_of_actions = Lists::default();
    reader.exactly("condition keys of actions", actions_end)?;
    for (index, service) in services.iter().enumerate() {
        for _ in service.actions.clone() {
            reader.list(&mut keys_of_actions, |number| key(index, number))?;
        }
    }
    let mut dependents_of_actions = Lists::default();
    for _ in 0..reader.exactly("dependent actions of actions", actions_end)? {
        reader.list(&mut dependents_of_actions, |number| {
            (number < dependent_actions.len()).then_some(number)
        })?;
    }
    let ended = reader.lines.next().is_none();
    reader.holds(ended, "the last")?;

    let mut catalogue = Catalogue {
        date,
        services,
        condition_keys,
        value_types,
        resource_types,
        arn_formats,
        actions,
        levels,
        dependent_actions,
        keys_of_services,
        keys_of_resource_types,
        resource_types_of_actions,
        keys_of_actions,
        dependents_of_actions,
    };
    catalogue.shrink();
    Ok(catalogue)
}

impl Catalogue {
    /// Gives back what growing buffers took too much: the catalogue stays for as long as the program.
    fn shrink(&mut self) {
        let strings = [
            &mut self.condition_keys,
            &mut self.resource_types,
            &mut self.arn_formats,
            &mut self.actions,
            &mut self.dependent_actions,
        ];
        strings.into_iter().for_each(Strings::shrink);
        let lists = [
            &mut self.keys_of_services,
            &mut self.keys_of_resource_types,
            &mut self.resource_types_of_actions,
            &mut self.keys_of_actions,
            &mut self.dependents_of_actions,
        ];
        lists.into_iter().for_each(Lists::shrink);
    }
}

struct Reader<'t> {
    lines: Lines<'t>,
    /// The number of the line read last, from 1.
    line: usize,
}

impl<'t> Reader<'t> {
    fn next(&mut self, expected: &'static str) -> Result<&'t str, ReadError> {
        self.line += 1;
        let line = self.lines.next();
        self.some(line, expected)
    }

    fn some<T>(&self, value: Option<T>, expected: &'static str) -> Result<T, ReadError> {
        value.ok_or(ReadError::Line { line: self.line, expected })
    }

    fn holds(&self, is: bool, expected: &'static str) -> Result<(), ReadError> {
        self.some(is.then_some(()), expected)
    }

    fn pair(&mut self, expected: &'static str) -> Result<(&'t str, &'t str), ReadError> {
        let pair = self.next(expected)?.split_once('\t');
        self.some(pair, expected)
    }

    /// The head of a section, and how many lines it has.
    fn section(&mut self, name: &'static str) -> Result<usize, ReadError> {
        let head = self.next(name)?.strip_prefix("= ").and_then(|head| head.split_once(": "));
        let count = head.filter(|(found, _)| *found == name).and_then(|(_, count)| count.parse().ok());
        self.some(count, name)
    }

    /// The head of a section that must have so many lines.
    fn exactly(&mut self, name: &'static str, count: usize) -> Result<usize, ReadError> {
        let found = self.section(name)?;
        self.holds(found == count, name)?;
        Ok(count)
    }

    fn services(&mut self) -> Result<Vec<ServiceRow>, ReadError> {
        let expected = "a service";
        let mut services: Vec<ServiceRow> = Vec::new();
        let (mut resource_types, mut actions) = (0..0, 0..0);
        for _ in 0..self.section("services")? {
            let columns: Vec<&str> = self.next(expected)?.split('\t').collect();
            let [prefix, name, rcp, resources_count, actions_count] = columns.as_slice() else {
                return Err(ReadError::Line { line: self.line, expected });
            };
            let (resources_count, actions_count) = (resources_count.parse().ok(), actions_count.parse().ok());
            let resources_count: usize = self.some(resources_count, expected)?;
            let actions_count: usize = self.some(actions_count, expected)?;
            resource_types = resource_types.end..resource_types.end + resources_count;
            actions = actions.end..actions.end + actions_count;
            let in_order =
                services.last().is_none_or(|before| regardless_of_case(&before.prefix, prefix).is_lt());
            self.holds(in_order, "a service that follows the one before")?;
            services.push(ServiceRow {
                prefix: (*prefix).to_owned(),
                name: (*name).to_owned(),
                supports_rcp: *rcp == "rcp",
                resource_types: resource_types.clone(),
                actions: actions.clone(),
            });
        }
        Ok(services)
    }

    fn actions(&mut self, services: &[ServiceRow], count: usize) -> Result<Strings, ReadError> {
        let mut actions = Strings::default();
        self.exactly("actions", count)?;
        for service in services {
            let mut before = "";
            for _ in service.actions.clone() {
                let name = self.next("an action")?;
                let in_order = regardless_of_case(before, name).is_lt();
                self.holds(in_order, "an action that follows the one before")?;
                actions.push(&[&service.prefix, ":", name]);
                before = name;
            }
        }
        Ok(actions)
    }

    /// A line for each service, a letter for each action.
    fn levels(&mut self, services: &[ServiceRow]) -> Result<Vec<Levels>, ReadError> {
        let expected = "a letter for each action";
        let mut levels = Vec::new();
        self.exactly("levels of actions", services.len())?;
        for service in services {
            let letters = self.next(expected)?.bytes();
            self.holds(letters.len() == service.actions.len(), expected)?;
            for letter in letters {
                let bits = letter.checked_sub(b'@').and_then(Levels::from_bits);
                levels.push(self.some(bits, expected)?);
            }
        }
        Ok(levels)
    }

    /// Numbers with spaces between them; what each stands for is asked. A `?` after one says that it is optional.
    fn list(
        &mut self,
        lists: &mut Lists,
        stands_for: impl Fn(usize) -> Option<usize>,
    ) -> Result<(), ReadError> {
        let expected = "a list of numbers that lead somewhere";
        let line = self.next(expected)?;
        for word in line.split_terminator(' ') {
            let (digits, flag) = word.strip_suffix('?').map_or((word, 0), |digits| (digits, OPTIONAL));
            let number =
                digits.parse().ok().and_then(&stands_for).and_then(|number| u16::try_from(number).ok());
            let number = self.some(number.filter(|number| number & OPTIONAL == 0), expected)?;
            lists.add(number | flag);
        }
        lists.end();
        Ok(())
    }
}

/// The type of a condition key's values, and whether there can be several.
fn value_type(kind: &str) -> Option<(ValueType, bool)> {
    let (kind, multivalued) = kind.strip_prefix("ArrayOf").map_or((kind, false), |kind| (kind, true));
    let value_type = match kind {
        "ARN" => ValueType::Arn,
        "Bool" => ValueType::Bool,
        "Date" => ValueType::Date,
        "IPAddress" => ValueType::IpAddress,
        "Numeric" => ValueType::Numeric,
        "String" => ValueType::String,
        _ => return None,
    };
    Some((value_type, multivalued))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: &str = "\
Generated by hand. Format 1.
date 2026-01-02
= services: 2
a\tService A\trcp\t1\t2
b\tService B\t\t0\t1
= condition keys: 2
a:Key\tString
aws:Tags\tArrayOfString
= resource types: 1
thing\tarn:a\tarn:b
= actions: 3
DoIt
Get
Go
= dependent actions: 1
b:Go
= condition keys of services: 2
0 1
1
= condition keys of resource types: 1
1
= levels of actions: 2
XB
H
= resource types of actions: 3
0
0?

= condition keys of actions: 3
0 1

0
= dependent actions of actions: 3
0


";

    #[test]
    fn a_small_catalogue_is_read() {
        let catalogue = parse(SMALL).unwrap();
        let action = catalogue.action("A:doit").unwrap();
        assert_eq!(
            (action.name(), action.levels().to_string()),
            ("a:DoIt", "Write, Permissions management".to_owned())
        );
        assert_eq!(action.condition_keys().collect::<Vec<_>>(), ["a:Key", "aws:Tags"]);
        assert_eq!(action.dependent_actions().collect::<Vec<_>>(), ["b:Go"]);
        let resource = action.resource_types().next().unwrap();
        assert_eq!(resource.arn_formats().collect::<Vec<_>>(), ["arn:a", "arn:b"]);
        assert!(
            resource.required
                && !catalogue.action("a:Get").unwrap().resource_types().next().unwrap().required
        );
        // The only key of this service is numbered 0 there.
        assert_eq!(catalogue.action("b:Go").unwrap().condition_keys().collect::<Vec<_>>(), ["aws:Tags"]);
        assert_eq!(catalogue.action("b:Go").unwrap().service().unwrap().name, "Service B");
    }

    #[test]
    fn damage_is_an_error_that_names_the_line() {
        let check = |from: &str, to: &str, line: usize| {
            let damaged = SMALL.replacen(from, to, 1);
            assert_ne!(damaged, SMALL);
            let error = parse(&damaged).unwrap_err().to_string();
            assert!(error.starts_with(&format!("line {line} ")), "{from} as {to}: {error}");
        };
        check("Format 1", "Format 2", 1);
        check("date", "day", 2);
        check("services: 2", "services: 3", 6);
        check("\t1\t2\n", "\t1\t3\n", 11);
        check("\nb\t", "\nA\t", 5);
        check("ArrayOfString", "ArrayOfAnything", 8);
        check("DoIt", "Hat", 13);
        check("= dependent actions:", "= dependents:", 15);
        check("XB", "X@", 23);
        check("XB", "X", 23);
        check("\n0?\n", "\n1?\n", 27);
        check("\n0?\n", "\n?\n", 27);
        check("\n0?\n", "\n32768?\n", 27);
        check("\n0 1\n\n", "\n0  1\n\n", 30);
        check("\n\n\n", "\n\n", 36);
        assert!(parse(&format!("{SMALL}more\n")).is_err());
    }

    #[test]
    fn a_file_that_lost_or_changed_bytes_is_an_error() {
        let whole = include_bytes!("../../data/actions.txt.gz");
        assert!(read(whole).is_ok());
        for length in [0, 1, 10, 1000, whole.len() / 2, whole.len() - 1] {
            assert!(read(&whole[..length]).is_err(), "{length} bytes");
        }
        for place in (10..whole.len()).step_by(9973) {
            let mut changed = whole.to_vec();
            changed[place] ^= 0x10;
            assert!(read(&changed).is_err(), "byte {place}");
        }
    }
}

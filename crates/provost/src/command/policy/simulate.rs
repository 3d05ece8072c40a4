//! `provost policy simulate`.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use provost_core::policy::{
    Files, LayersText, LevelText, NamedLevel, OneOrMany, PrincipalText, RequestText, Scenario, Unlisted,
    simulate as ask,
};
use provost_core::render::write_simulation;
use serde_json::Value;

use super::{format_of, read};
use crate::cli::{Format, SimulateArgs};
use crate::exit::Exit;
use crate::output::{Stdout, style};

pub(super) fn simulate(args: &SimulateArgs) -> anyhow::Result<Exit> {
    let format = format_of(args.format, &[Format::Table, Format::Json])?;
    let (scenario, folder) = match &args.scenario {
        Some(path) => {
            let text = read(path)?;
            let scenario = Scenario::parse(&text);
            let scenario = scenario.map_err(|error| anyhow::anyhow!("`{}`: {error}", path.display()))?;
            (scenario, path.parent().map(Path::to_owned).unwrap_or_default())
        }
        None => (written(args)?, PathBuf::new()),
    };
    let mut beside = |name: &str| read(&folder.join(name)).map_err(|error| format!("{error:#}"));
    let report = ask(&scenario, &mut Files::new(&mut beside))?;
    let mut output = Stdout::new();
    if format == Format::Json {
        serde_json::to_writer_pretty(&mut output, &report)?;
        writeln!(output)?;
    } else {
        write_simulation(&mut output, style(), &report)?;
    }
    output.flush()?;
    Ok(match report.decision {
        "undetermined" => Exit::complete(false),
        decision => Exit::answered(decision == "allow"),
    })
}

/// The scenario that the arguments describe.
fn written(args: &SimulateArgs) -> anyhow::Result<Scenario> {
    let names = |files: &[String]| OneOrMany(files.iter().cloned().map(Value::String).collect());
    let some = |files: &[String]| (!files.is_empty()).then(|| names(files));
    let one = |file: &Option<String>| file.as_ref().map(|file| names(std::slice::from_ref(file)));
    let mut context: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for (key, value) in &args.context {
        context.entry(key.clone()).or_default().push(Value::String(value.clone()));
    }
    let missing = "name a --principal and an --action, or a --scenario";
    Ok(Scenario {
        layers: LayersText {
            identity: names(&args.identity),
            boundary: one(&args.boundary),
            session: some(&args.session),
            resource: one(&args.resource_policy),
            scps: levels(&args.scp),
            rcps: levels(&args.rcp),
            endpoint: one(&args.endpoint),
            management_account: args.management_account.clone(),
            unread: BTreeMap::new(),
        },
        request: RequestText {
            principal: PrincipalText::Text(args.principal.clone().context(missing)?),
            action: args.action.clone().context(missing)?,
            resource: args.resource.clone(),
            resource_account: args.resource_account.clone(),
            context: context.into_iter().map(|(key, values)| (key, Value::Array(values))).collect(),
            unknown: args.unknown.clone(),
            unlisted: Unlisted::Absent,
        },
    })
}

/// The levels, in the order they are first named. Files without a level stand on one of their own.
fn levels(files: &[String]) -> Vec<LevelText> {
    let mut levels: Vec<(Option<&str>, Vec<Value>)> = Vec::new();
    for text in files {
        let (name, file) = match text.split_once('=') {
            Some((name, file)) if !Path::new(text).exists() => (Some(name), file),
            _ => (None, text.as_str()),
        };
        let file = Value::String(file.to_owned());
        match levels.iter_mut().find(|(known, _)| *known == name) {
            Some((_, files)) => files.push(file),
            None => levels.push((name, vec![file])),
        }
    }
    levels
        .into_iter()
        .map(|(name, files)| match name {
            Some(name) => LevelText::Named(NamedLevel { name: name.to_owned(), policies: OneOrMany(files) }),
            None => LevelText::Plain(OneOrMany(files)),
        })
        .collect()
}

//! From files to a catalog.

use std::collections::{BTreeMap, BTreeSet};

use provost_core::catalog::{Catalog, Replaced};
use provost_core::collect::ResourceType;
use provost_core::detection::{DetectionRule, NotLoaded, load_sigma};
use provost_core::model::{Digest, Origin};
use provost_core::posture::PostureRule;
use provost_core::redact::Secrets;
use provost_core::waiver::WaiverFile;
use serde::Deserialize;

use crate::folder::{Folder, SourceFile};

/// Why there is no catalog.
#[derive(Debug, thiserror::Error)]
pub enum CatalogError {
    /// A file of a catalog folder is not what it should be. A `--rules` folder never causes this.
    #[error("{origin}: {file}: {problem}")]
    File {
        /// Built-in, or which folder.
        origin: Origin,
        /// The file inside it.
        file: String,
        /// What is wrong, with line or field.
        problem: String,
    },
}

/// Loads the built-in catalog, the user's additions in order, and Sigma rules from any folder.
///
/// A catalog folder must be sound; a rules folder may hold anything, and what cannot be loaded of it is
/// reported in the result.
///
/// # Errors
/// [`CatalogError`] names origin, file and place.
pub fn load(additions: &[Folder], rules: &[Folder]) -> Result<Catalog, CatalogError> {
    let mut loading = Loading::default();
    loading.add(&Folder::built_in())?;
    for folder in additions {
        loading.add(folder)?;
    }
    for folder in rules {
        loading.add_rules(folder);
    }
    loading.check_types()?;
    loading.check_frameworks()?;
    Ok(loading.finish())
}

/// A framework's ids, as `frameworks/*.yaml` lists them.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Framework {
    id: String,
    #[expect(dead_code, reason = "it tells people what the file is")]
    title: String,
    ids: Vec<String>,
}

#[derive(Default)]
struct Loading {
    resource_types: BTreeMap<String, (ResourceType, Origin)>,
    posture: BTreeMap<String, PostureRule>,
    /// The ids there are, by framework.
    frameworks: BTreeMap<String, BTreeSet<String>>,
    detections: BTreeMap<String, DetectionRule>,
    waivers: WaiverFile,
    secrets: Secrets,
    digests: BTreeSet<Digest>,
    replaced: Vec<Replaced>,
    not_loaded: Vec<NotLoaded>,
}

impl Loading {
    fn add(&mut self, folder: &Folder) -> Result<(), CatalogError> {
        if let Some((file, why)) = folder.unreadable.first() {
            let origin = folder.files.first().map_or(Origin::BuiltIn, |file| file.origin.clone());
            return Err(CatalogError::File { origin, file: file.clone(), problem: why.clone() });
        }
        for file in folder.under("resources/") {
            let parsed = ResourceType::parse(&file.text).map_err(|problem| wrong(file, problem))?;
            let id = parsed.name.clone();
            self.note(file);
            if self.resource_types.insert(id.clone(), (parsed, file.origin.clone())).is_some() {
                self.replace(file, id)?;
            }
        }
        for file in folder.under("frameworks/") {
            let framework: Framework =
                yaml_serde::from_str(&file.text).map_err(|error| wrong(file, error.to_string()))?;
            named_like(file, &framework.id)?;
            self.note(file);
            self.frameworks.entry(framework.id).or_default().extend(framework.ids);
        }
        for file in folder.under("posture/") {
            let rule = PostureRule::parse(&file.text, &file.origin)
                .map_err(|error| wrong(file, error.to_string()))?;
            named_like(file, &rule.stamp.id)?;
            let id = rule.stamp.id.clone();
            self.note(file);
            if self.posture.insert(id.clone(), rule).is_some() {
                self.replace(file, id)?;
            }
        }
        for file in folder.under("detections/") {
            let loaded = load_sigma(&file.path, &file.text, &file.origin);
            if let Some(refused) = loaded.not_loaded.first() {
                return Err(wrong(file, refused.reason.clone()));
            }
            self.note(file);
            for rule in loaded.rules {
                named_like(file, &rule.stamp.id)?;
                let id = rule.stamp.id.clone();
                if self.detections.insert(id.clone(), rule).is_some() {
                    self.replace(file, id)?;
                }
            }
        }
        for file in folder.under("waivers.y") {
            let waivers = WaiverFile::parse(&file.text).map_err(|error| wrong(file, error.to_string()))?;
            self.note(file);
            let known = std::mem::take(&mut self.waivers);
            self.waivers = known.with(waivers).map_err(|error| wrong(file, error.to_string()))?;
        }
        for file in folder.under("secrets.y") {
            let secrets = Secrets::parse(&file.text).map_err(|problem| wrong(file, problem))?;
            self.note(file);
            self.secrets.extend(secrets);
        }
        Ok(())
    }

    /// Adds Sigma rules of unknown quality. A rule called like another one gets a number behind its name,
    /// so that none is lost; one whose text is already in force is not added twice.
    fn add_rules(&mut self, folder: &Folder) {
        let unreadable = folder.unreadable.iter();
        self.not_loaded.extend(unreadable.map(|(file, why)| NotLoaded {
            file: file.clone(),
            reason: why.clone(),
            is_other_source: false,
        }));
        for file in folder.files.iter().filter(|file| !crate::folder::is_cases(&file.path)) {
            let loaded = load_sigma(&file.path, &file.text, &file.origin);
            self.not_loaded.extend(loaded.not_loaded);
            for mut rule in loaded.rules {
                let plain = rule.stamp.id.clone();
                let mut number = 2;
                while self
                    .detections
                    .get(&rule.stamp.id)
                    .is_some_and(|known| known.stamp.hash != rule.stamp.hash)
                {
                    rule.stamp.id = format!("{plain}-{number}");
                    number += 1;
                }
                self.digests.insert(rule.stamp.hash);
                self.detections.entry(rule.stamp.id.clone()).or_insert(rule);
            }
        }
    }

    fn note(&mut self, file: &SourceFile) {
        self.digests.insert(Digest::of_parts([file.path.as_bytes(), file.text.as_bytes()]));
    }

    /// Records a replacement; two files of one folder with one id are a mistake.
    fn replace(&mut self, file: &SourceFile, id: String) -> Result<(), CatalogError> {
        if file.origin == Origin::BuiltIn {
            return Err(wrong(file, format!("`{id}` is there twice")));
        }
        self.replaced.push(Replaced { id, by: format!("{}/{}", file.origin, file.path) });
        Ok(())
    }

    /// A rule about a type nobody reads would never judge anything, and look like one that finds nothing.
    fn check_types(&self) -> Result<(), CatalogError> {
        match self.posture.values().find(|rule| !self.resource_types.contains_key(&rule.resource_type)) {
            Some(rule) => Err(CatalogError::File {
                origin: rule.stamp.origin.clone(),
                file: format!("posture/{}.yaml", rule.stamp.id),
                problem: format!("`resource_type`: nothing reads `{}`", rule.resource_type),
            }),
            None => Ok(()),
        }
    }

    /// An id there is not would claim a requirement that nobody has. A framework nobody listed is the user's own.
    fn check_frameworks(&self) -> Result<(), CatalogError> {
        for rule in self.posture.values() {
            for (framework, ids) in &rule.frameworks {
                let Some(known) = self.frameworks.get(framework) else { continue };
                if let Some(id) = ids.iter().find(|id| !known.contains(*id)) {
                    return Err(CatalogError::File {
                        origin: rule.stamp.origin.clone(),
                        file: format!("posture/{}.yaml", rule.stamp.id),
                        problem: format!("`frameworks`: `{framework}` has no `{id}`"),
                    });
                }
            }
        }
        Ok(())
    }

    fn finish(self) -> Catalog {
        let digests: Vec<String> = self.digests.iter().map(ToString::to_string).collect();
        Catalog {
            resource_types: self.resource_types.into_values().map(|(parsed, _)| parsed).collect(),
            posture: self.posture.into_values().collect(),
            unselected: Vec::new(),
            detections: self.detections.into_values().collect(),
            waivers: self.waivers,
            secrets: self.secrets,
            digest: Digest::of_parts(digests.iter().map(String::as_bytes)),
            replaced: self.replaced,
            not_loaded: self.not_loaded,
        }
    }
}

fn wrong(file: &SourceFile, problem: String) -> CatalogError {
    CatalogError::File { origin: file.origin.clone(), file: file.path.clone(), problem }
}

/// A rule's file is named for it, so that `ls` is the table of contents.
fn named_like(file: &SourceFile, id: &str) -> Result<(), CatalogError> {
    let name = file.path.rsplit('/').next().and_then(|name| name.rsplit_once('.')).map(|(stem, _)| stem);
    if name == Some(id) {
        return Ok(());
    }
    Err(wrong(file, format!("it holds `{id}`, so it must be named `{id}.yaml` (detections: `{id}.yml`)")))
}

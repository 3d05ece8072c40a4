//! Where catalog files come from: the binary, or a folder.

use std::path::{Path, PathBuf};

use include_dir::{Dir, include_dir};
use provost_core::model::Origin;
use walkdir::WalkDir;

static BUILT_IN: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../../catalog");

/// One file of a catalog.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceFile {
    /// Its path inside its folder, `/` between parts.
    pub path: String,
    /// Its text.
    pub text: String,
    /// Built-in, or which folder.
    pub origin: Origin,
}

/// The files of one catalog folder, in order of path.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Folder {
    /// The YAML files.
    pub files: Vec<SourceFile>,
    /// YAML files that cannot be read, and why.
    pub unreadable: Vec<(String, String)>,
}

/// Why a folder could not be read.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// It is not there or not a folder.
    #[error("`{}` is not a folder", .0.display())]
    NotAFolder(PathBuf),
    /// Something in it cannot be read.
    #[error("reading `{}`: {why}", path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// What the system said.
        why: String,
    },
}

impl Folder {
    /// The catalog embedded in the binary.
    #[must_use]
    pub fn built_in() -> Self {
        let mut files = Vec::new();
        collect_embedded(&BUILT_IN, &mut files);
        files.sort_by(|left, right| left.path.cmp(&right.path));
        Self { files, unreadable: Vec::new() }
    }

    /// Reads the YAML files of a folder and the folders in it.
    ///
    /// # Errors
    /// [`FolderError`] names the path.
    pub fn read(path: &Path) -> Result<Self, FolderError> {
        if !path.is_dir() {
            return Err(FolderError::NotAFolder(path.to_owned()));
        }
        let origin = Origin::Folder(path.display().to_string());
        let mut files = Vec::new();
        let mut unreadable = Vec::new();
        for entry in WalkDir::new(path).sort_by_file_name() {
            let entry = entry.map_err(|error| FolderError::Unreadable {
                path: error.path().unwrap_or(path).to_owned(),
                why: error.to_string(),
            })?;
            if !entry.file_type().is_file() || !is_yaml(entry.path()) {
                continue;
            }
            let inside = entry.path().strip_prefix(path).unwrap_or(entry.path());
            let parts: Vec<_> = inside.components().map(|part| part.as_os_str().to_string_lossy()).collect();
            let text = match std::fs::read_to_string(entry.path()) {
                Ok(text) => text,
                Err(error) => {
                    unreadable.push((parts.join("/"), error.to_string()));
                    continue;
                }
            };
            files.push(SourceFile { path: parts.join("/"), text, origin: origin.clone() });
        }
        Ok(Self { files, unreadable })
    }

    /// The files under a folder inside, without the cases that stand beside rules.
    pub fn under<'f>(&'f self, inside: &'f str) -> impl Iterator<Item = &'f SourceFile> {
        self.files.iter().filter(move |file| file.path.starts_with(inside) && !is_cases(&file.path))
    }

    /// The cases beside a rule file.
    #[must_use]
    pub fn cases_of(&self, rule: &SourceFile) -> Option<&SourceFile> {
        let (stem, _) = rule.path.rsplit_once('.')?;
        let path = format!("{stem}.cases.yaml");
        self.files.iter().find(|file| file.path == path)
    }
}

fn collect_embedded(folder: &Dir<'_>, files: &mut Vec<SourceFile>) {
    for file in folder.files().filter(|file| is_yaml(file.path())) {
        if let Some(text) = file.contents_utf8() {
            let path = file.path().to_string_lossy().replace('\\', "/");
            files.push(SourceFile { path, text: text.to_owned(), origin: Origin::BuiltIn });
        }
    }
    folder.dirs().for_each(|inner| collect_embedded(inner, files));
}

fn is_yaml(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml")
}

pub(crate) fn is_cases(path: &str) -> bool {
    path.ends_with(".cases.yaml") || path.ends_with(".cases.yml")
}

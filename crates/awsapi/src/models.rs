//! Where the models of services come from: out of the program, or out of a folder of the user's.
//!
//! The program carries the operations that read of many services, and a few that write
//! (`crates/awsapi/models/SOURCES.md` lists them). A service is inflated and read when it is first asked for,
//! because reading all of them takes longer than most commands run.

mod kept;

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use flate2::read::GzDecoder;

use crate::model::{ModelError, Service};
use crate::names::near;

pub(crate) mod embedded {
    //! The table of what the program carries.
    include!("../models/index.rs");
}

use embedded::EMBEDDED;

/// A model may not be larger than this, inflated. The largest of AWS, of EC2, has four million bytes.
const MOST_BYTES: u64 = 256 * 1024 * 1024;

/// The models of AWS services. Clones share what they have read.
#[derive(Debug, Clone, Default)]
pub struct Models {
    sources: Arc<Sources>,
    read: Arc<Mutex<BTreeMap<String, Arc<Service>>>>,
}

/// What there is besides what the program carries.
#[derive(Debug, Default)]
struct Sources {
    /// Files by the service they describe.
    files: BTreeMap<String, PathBuf>,
    /// A folder that could not be listed, and why.
    unlisted: Option<(PathBuf, String)>,
}

impl Models {
    /// Those the program carries.
    pub fn embedded() -> Self {
        Self::default()
    }

    /// With the files of a folder before those of the program: `<service>.json`, or the same compressed as
    /// `<service>.json.gz`. Both what `cargo xtask aws-models --all` writes and a `service-2.json` of botocore
    /// are read; the latter has no paginators. A folder that cannot be listed is an error of every service
    /// asked for later, so that nobody believes to use files that nobody read.
    ///
    /// A file may add to a service that the program carries, and leave out, but not change what a gate has been
    /// asked about. Operations are sent under their key; a `name` beside it does not count. The protocol, the
    /// target prefix, the endpoint prefix, the signing name and the service id must be the program's own. So must,
    /// for operations the program has too, `http.method`, `http.requestUri`, the host prefix and the places of the
    /// input's members; a new member may not take the place of a known one, nor one that tells operations apart.
    /// Else the service is an error that names file, operation and member. New operations and new members are
    /// welcome: a gate refuses what it does not know.
    #[must_use]
    pub fn with_folder(self, path: &Path) -> Self {
        let sources = match files(path) {
            Ok(files) => Sources { files, unlisted: None },
            Err(error) => {
                Sources { files: BTreeMap::new(), unlisted: Some((path.to_owned(), error.to_string())) }
            }
        };
        Self { sources: Arc::new(sources), read: Arc::default() }
    }

    /// A service by its name in the public models (`s3`, `config`, `elbv2`).
    ///
    /// # Errors
    /// When there is no such service (the error names those that resemble it), or when a file of the user's
    /// cannot be read (the error names it, and the line).
    pub fn service(&self, name: &str) -> Result<Arc<Service>, ModelError> {
        // Held while a service is read, so that two that ask at once do not read it twice.
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(service) = read.get(name) {
            return Ok(Arc::clone(service));
        }
        let service = Arc::new(self.load(name)?);
        read.insert(name.to_owned(), Arc::clone(&service));
        Ok(service)
    }

    /// The names of all services there are models of, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let embedded = EMBEDDED.iter().map(|(name, _)| *name);
        let files = self.sources.files.keys().map(String::as_str);
        embedded.chain(files).collect::<std::collections::BTreeSet<&str>>().into_iter()
    }

    fn load(&self, name: &str) -> Result<Service, ModelError> {
        if let Some((path, why)) = &self.sources.unlisted {
            return Err(ModelError::File { path: path.display().to_string(), why: why.clone() });
        }
        if let Some(path) = self.sources.files.get(name) {
            let file = |why: String| ModelError::File { path: path.display().to_string(), why };
            let json = text(path).map_err(|error| file(error.to_string()))?;
            let service = Service::parse(&json).map_err(|error| file(error.to_string()))?;
            let known = carried(name).transpose()?;
            return match known.and_then(|known| kept::changed(&known, &service)) {
                Some(why) => Err(file(why)),
                None => Ok(service),
            };
        }
        carried(name).unwrap_or_else(|| {
            let near = near(name, self.names());
            Err(ModelError::Unknown { name: name.to_owned(), near })
        })
    }
}

/// A service that the program carries.
fn carried(name: &str) -> Option<Result<Service, ModelError>> {
    let place = EMBEDDED.binary_search_by(|(embedded, _)| (*embedded).cmp(name)).ok()?;
    let (_, compressed) = EMBEDDED.get(place)?;
    let json = inflated(compressed).map_err(|error| ModelError::Unreadable { why: error.to_string() });
    Some(json.and_then(|json| Service::parse(&json)))
}

/// The files of a folder that are models by their names.
fn files(folder: &Path) -> std::io::Result<BTreeMap<String, PathBuf>> {
    let mut files = BTreeMap::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
        if let Some(service) = name.strip_suffix(".json") {
            files.insert(service.to_owned(), path);
        } else if let Some(service) = name.strip_suffix(".json.gz") {
            // The file that is not compressed is the one somebody has edited.
            files.entry(service.to_owned()).or_insert(path);
        }
    }
    Ok(files)
}

fn text(path: &Path) -> std::io::Result<Vec<u8>> {
    let bytes = std::fs::read(path)?;
    if path.extension().is_some_and(|extension| extension == "gz") { inflated(&bytes) } else { Ok(bytes) }
}

/// The text of a compressed file.
pub(crate) fn inflated(compressed: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut text = Vec::with_capacity(compressed.len().saturating_mul(10));
    let read = GzDecoder::new(compressed).take(MOST_BYTES + 1).read_to_end(&mut text)?;
    if read as u64 > MOST_BYTES {
        return Err(std::io::Error::other(format!("it has more than {MOST_BYTES} bytes inflated")));
    }
    Ok(text)
}

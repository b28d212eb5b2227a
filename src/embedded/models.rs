//! Models by the names that suites give them.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::manifest::{Kind, Manifest};
use super::recognise::{FileKind, kind_of, only};
use super::store::Store;
use super::{Embedder, LateInteraction, ModelError, Nli, Reranker, StaticTable};

/// Loads models from the store, from files, and the one that ships.
///
/// A name is `default` (the table of token vectors that ships), a name in the store, or `file:PATH` (a folder,
/// a `.gguf`, or a table).
#[derive(Debug, Clone)]
pub struct Models {
    store: Store,
}

/// Where a model lies, and what is known about it.
struct Found {
    folder: PathBuf,
    /// The file itself where `file:` named one.
    file: Option<PathBuf>,
    manifest: Manifest,
    name: String,
}

impl Models {
    /// Over the store in a home folder; see [`home`].
    #[must_use]
    pub fn open(home: &Path) -> Self {
        Self {
            store: Store::new(home),
        }
    }

    /// The store.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// An embedder by name.
    ///
    /// # Errors
    /// Fails when there is none of that name, it is of another kind, or its files are broken.
    pub fn embedder(&self, name: &str) -> Result<Arc<dyn Embedder>, ModelError> {
        if name == "default" {
            return Ok(Arc::new(StaticTable::shipped()?));
        }
        let found = self.find(name)?;
        match found.manifest.kind {
            Kind::StaticTable => Ok(Arc::new(StaticTable::read(&found.single(FileKind::Table)?)?)),
            #[cfg(feature = "models")]
            Kind::Embedder => {
                let identity = found.identity();
                let embedder = super::BertEmbedder::load(&found.folder, identity, found.manifest.settings)?;
                Ok(Arc::new(embedder))
            }
            kind => Err(wrong_kind(name, kind, "an embedder")),
        }
    }

    /// A reranker by name: a cross-encoder, or late interaction over an embedder (`default` too).
    ///
    /// # Errors
    /// As [`Self::embedder`].
    pub fn reranker(&self, name: &str) -> Result<Arc<dyn Reranker>, ModelError> {
        #[cfg(feature = "models")]
        if name != "default" {
            let found = self.find(name)?;
            if found.manifest.kind == Kind::CrossEncoder {
                let identity = found.identity();
                return Ok(Arc::new(super::CrossEncoder::load(
                    &found.folder,
                    identity,
                    found.manifest.settings,
                )?));
            }
        }
        let weights = Arc::new(StaticTable::shipped()?);
        Ok(Arc::new(LateInteraction::new(self.embedder(name)?, weights)))
    }

    /// An inference model by name.
    ///
    /// # Errors
    /// As [`Self::embedder`].
    pub fn nli(&self, name: &str) -> Result<Arc<dyn Nli>, ModelError> {
        let found = self.find(name)?;
        match found.manifest.kind {
            #[cfg(feature = "models")]
            Kind::Nli => {
                let identity = found.identity();
                Ok(Arc::new(super::NliModel::load(
                    &found.folder,
                    identity,
                    found.manifest.settings,
                )?))
            }
            kind => Err(wrong_kind(name, kind, "an inference model")),
        }
    }

    /// A chat model by name.
    ///
    /// # Errors
    /// As [`Self::embedder`].
    #[cfg(feature = "models")]
    pub fn gguf(&self, name: &str) -> Result<Arc<super::GgufModel>, ModelError> {
        let found = self.find(name)?;
        match found.manifest.kind {
            Kind::Chat => {
                let file = found.single(FileKind::Gguf)?;
                Ok(Arc::new(super::GgufModel::load(&file, found.identity())?))
            }
            kind => Err(wrong_kind(name, kind, "a chat model")),
        }
    }

    fn find(&self, name: &str) -> Result<Found, ModelError> {
        if name == "default" {
            return Err(ModelError::new(
                "default is a table of token vectors and can embed and rerank only",
            ));
        }
        let Some(path) = name.strip_prefix("file:") else {
            let (folder, manifest) = self.store.open(name)?;
            return Ok(Found {
                folder,
                file: None,
                manifest,
                name: name.to_owned(),
            });
        };
        let path = PathBuf::from(path);
        let (folder, file, kind) = if path.is_dir() {
            let kind = kind_of(&path)?;
            (path, None, kind)
        } else {
            let kind = match FileKind::of(&path)? {
                FileKind::Gguf => Kind::Chat,
                FileKind::Table => Kind::StaticTable,
                _ => {
                    return Err(ModelError::new(format!(
                        "{name}: `file:` takes the folder of a model, a .gguf or a table of token vectors"
                    )));
                }
            };
            (path.parent().unwrap_or(Path::new(".")).to_owned(), Some(path), kind)
        };
        let weights = file
            .clone()
            .or_else(|| Some(folder.join("model.safetensors")).filter(|path| path.is_file()));
        let files = weights.map(|path| {
            let (size, sha256) = super::add::hash_of(&path)
                .map_err(|error| ModelError::new(format!("cannot read {}: {error}", path.display())))?;
            Ok::<_, ModelError>(super::manifest::StoredFile {
                name: "weights".to_owned(),
                size,
                sha256,
            })
        });
        let manifest = Manifest::new(kind, name.to_owned(), files.transpose()?.into_iter().collect());
        Ok(Found {
            folder,
            file,
            manifest,
            name: name.to_owned(),
        })
    }
}

impl Found {
    /// The one file of a model that is one file.
    fn single(&self, kind: FileKind) -> Result<PathBuf, ModelError> {
        let found = match &self.file {
            Some(file) => Some(file.clone()),
            None => only(&self.folder, kind)?,
        };
        found.ok_or_else(|| ModelError::new(format!("{} has lost its file; add it again", self.name)))
    }

    #[cfg(feature = "models")]
    fn identity(&self) -> String {
        format!("{}:{}", self.name, self.manifest.fingerprint())
    }
}

fn wrong_kind(name: &str, kind: Kind, wanted: &str) -> ModelError {
    if cfg!(not(feature = "models")) {
        return ModelError::new(format!(
            "{name} is a {}, which this program was built without (cargo feature `models`)",
            kind.label()
        ));
    }
    ModelError::new(format!("{name} is a {} and not {wanted}", kind.label()))
}

/// The folder that holds what aisys keeps: `AISYS_HOME`, else `aisys` in the platform's folder for data
/// (`XDG_DATA_HOME`, `~/.local/share`; on macOS `~/Library/Application Support`; on Windows `LOCALAPPDATA`).
///
/// # Errors
/// Fails when the environment names no home.
pub fn home(variable: impl Fn(&str) -> Option<String>) -> Result<PathBuf, ModelError> {
    let set = |name: &str| variable(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    if let Some(home) = set("AISYS_HOME") {
        return Ok(home);
    }
    let data = if cfg!(windows) {
        set("LOCALAPPDATA")
    } else if cfg!(target_os = "macos") {
        set("HOME").map(|home| home.join("Library/Application Support"))
    } else {
        // The XDG specification 0.8: what is not absolute is ignored.
        set("XDG_DATA_HOME")
            .filter(|data| data.is_absolute())
            .or_else(|| set("HOME").map(|home| home.join(".local/share")))
    };
    data.map(|data| data.join("aisys"))
        .ok_or_else(|| ModelError::new("no home folder is known; say where models lie by AISYS_HOME"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_home_comes_from_the_environment() {
        let of = |pairs: &[(&str, &str)]| {
            let pairs: Vec<(String, String)> = pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
            home(move |name| {
                pairs
                    .iter()
                    .find(|(key, _)| key == name)
                    .map(|(_, value)| value.clone())
            })
        };
        assert_eq!(
            of(&[("AISYS_HOME", "/a"), ("HOME", "/h")]).unwrap(),
            PathBuf::from("/a")
        );
        if cfg!(target_os = "linux") {
            assert_eq!(of(&[("HOME", "/h")]).unwrap(), PathBuf::from("/h/.local/share/aisys"));
            assert_eq!(
                of(&[("XDG_DATA_HOME", "/d"), ("HOME", "/h")]).unwrap(),
                PathBuf::from("/d/aisys")
            );
        }
        assert!(of(&[]).unwrap_err().message.contains("AISYS_HOME"));
    }

    #[test]
    fn names_lead_to_models_and_wrong_ones_are_told() {
        let home = tempfile::tempdir().unwrap();
        let models = Models::open(home.path());
        assert_eq!(models.embedder("default").unwrap().dimensions(), 256);
        let scores = models
            .reranker("default")
            .unwrap()
            .score("red car", &["a red car", "the sea"])
            .unwrap();
        assert!(scores[0] > scores[1], "{scores:?}");
        let message = |error: Result<Arc<dyn Embedder>, ModelError>| error.err().unwrap().message;
        assert!(message(models.embedder("minilm")).contains("aisys models pull minilm"));
        assert!(message(models.embedder("../x")).contains("no name"));
        let table = home.path().join("t");
        std::fs::write(&table, StaticTable::write(&[("a".to_owned(), vec![1.0, 0.0])]).unwrap()).unwrap();
        let named = format!("file:{}", table.display());
        assert_eq!(models.embedder(&named).unwrap().dimensions(), 2);
        assert!(models.nli(&named).err().unwrap().message.contains("static table"));
        assert!(
            models
                .nli("default")
                .err()
                .unwrap()
                .message
                .contains("embed and rerank")
        );
    }
}

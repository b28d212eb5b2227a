//! What the store knows about one model: the `manifest.json` beside its files.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::ModelError;
use super::files::read_limited;
use super::settings::Settings;

/// The name of the file.
pub(super) const MANIFEST: &str = "manifest.json";
/// Its form; an older program refuses a newer one.
const FORMAT: u32 = 1;
const LARGEST: u64 = 1 << 20;

/// What a model can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Texts to vectors: a transformer.
    Embedder,
    /// Texts to vectors: a table of token vectors.
    StaticTable,
    /// Query and passage to a score.
    CrossEncoder,
    /// Premise and hypothesis to entailment, neutral, contradiction.
    Nli,
    /// A conversation to an answer.
    Chat,
}

impl Kind {
    /// What it is called in lists and errors.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Embedder => "embedder",
            Self::StaticTable => "static table",
            Self::CrossEncoder => "cross-encoder",
            Self::Nli => "inference model",
            Self::Chat => "chat model",
        }
    }
}

/// One file of a model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoredFile {
    /// Its path in the model's folder, with `/`.
    pub name: String,
    /// Its bytes.
    pub size: u64,
    /// Their SHA-256, in hexadecimal.
    pub sha256: String,
}

/// One model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The form of this file.
    pub format: u32,
    /// What it can do.
    pub kind: Kind,
    /// Where it came from.
    pub source: String,
    /// Its licence, when it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub licence: Option<String>,
    /// Whether every file's hash was known beforehand and is right. Otherwise the hashes are those of the
    /// first download.
    pub verified: bool,
    /// What its own files do not say.
    #[serde(default)]
    pub settings: Settings,
    /// Its files.
    pub files: Vec<StoredFile>,
}

impl Manifest {
    /// A manifest in this program's form.
    pub(super) fn new(kind: Kind, source: String, files: Vec<StoredFile>) -> Self {
        Self {
            format: FORMAT,
            kind,
            source,
            licence: None,
            verified: false,
            settings: Settings::default(),
            files,
        }
    }

    /// Reads the manifest of a model's folder.
    ///
    /// # Errors
    /// Fails when it cannot be read or has another form.
    pub(super) fn read(folder: &Path) -> Result<Self, ModelError> {
        let path = folder.join(MANIFEST);
        let bytes = read_limited(&path, LARGEST)?;
        let wrong = |what: &dyn std::fmt::Display| {
            ModelError::new(format!(
                "{} cannot be read: {what}; remove the model and add it again",
                path.display()
            ))
        };
        let manifest: Self = serde_json::from_slice(&bytes).map_err(|error| wrong(&error))?;
        if manifest.format != FORMAT {
            return Err(wrong(&format!("its form {} is not {FORMAT}", manifest.format)));
        }
        Ok(manifest)
    }

    /// Writes it into a model's folder.
    ///
    /// # Errors
    /// Fails when the disk does.
    pub(super) fn write(&self, folder: &Path) -> Result<(), ModelError> {
        let path = folder.join(MANIFEST);
        let fail = |error: &dyn std::fmt::Display| ModelError::new(format!("cannot write {}: {error}", path.display()));
        let mut text = serde_json::to_vec_pretty(self).map_err(|error| fail(&error))?;
        text.push(b'\n');
        std::fs::write(&path, text).map_err(|error| fail(&error))
    }

    /// All bytes of the model.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.files.iter().map(|file| file.size).sum()
    }

    /// What identifies its weights: the first of its largest file's hash.
    pub(super) fn fingerprint(&self) -> &str {
        let largest = self.files.iter().max_by_key(|file| file.size);
        largest.and_then(|file| file.sha256.get(..16)).unwrap_or_default()
    }
}

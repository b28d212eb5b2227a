//! What kind of model a folder holds, told by content.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use super::ModelError;
use super::files::read_json;
use super::manifest::Kind;
use super::static_table::MAGIC as TABLE;

/// The first bytes of a GGUF file.
const GGUF: &[u8; 4] = b"GGUF";

/// What one file is, by its first bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FileKind {
    Gguf,
    Table,
    /// A zip archive, as Python wheels are.
    Zip,
    /// Eight bytes of length and JSON: weights in safetensors.
    Safetensors,
    Other,
}

impl FileKind {
    /// Looks at a file.
    ///
    /// # Errors
    /// Fails when it cannot be read.
    pub(super) fn of(path: &Path) -> Result<Self, ModelError> {
        let fail = |error: std::io::Error| ModelError::new(format!("cannot read {}: {error}", path.display()));
        let mut first = Vec::new();
        File::open(path)
            .map_err(fail)?
            .take(16)
            .read_to_end(&mut first)
            .map_err(fail)?;
        Ok(if first.starts_with(GGUF) {
            Self::Gguf
        } else if first.starts_with(TABLE) {
            Self::Table
        } else if first.starts_with(b"PK\x03\x04") {
            Self::Zip
        } else if first.get(8) == Some(&b'{') {
            Self::Safetensors
        } else {
            Self::Other
        })
    }
}

/// The kind of the model in a folder, and its only file where it is one file alone.
///
/// # Errors
/// Fails when the folder holds no model that is known.
pub(super) fn kind_of(folder: &Path) -> Result<Kind, ModelError> {
    if folder.join("config.json").is_file() {
        return kind_by_config(folder);
    }
    if only(folder, FileKind::Gguf)?.is_some() {
        return Ok(Kind::Chat);
    }
    if only(folder, FileKind::Table)?.is_some() {
        return Ok(Kind::StaticTable);
    }
    Err(ModelError::new(format!(
        "{} holds no model: neither a config.json with model.safetensors and tokenizer.json, nor a .gguf, nor a \
         table of `aisys models distill`",
        folder.display()
    )))
}

/// The one file of a kind in a folder.
///
/// # Errors
/// Fails when the folder cannot be read, or holds several.
pub(super) fn only(folder: &Path, kind: FileKind) -> Result<Option<PathBuf>, ModelError> {
    let fail = |error: std::io::Error| ModelError::new(format!("cannot read {}: {error}", folder.display()));
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(fail)? {
        let path = entry.map_err(fail)?.path();
        if path.is_file() && FileKind::of(&path)? == kind {
            found.push(path);
        }
    }
    found.sort();
    match found.as_slice() {
        [] => Ok(None),
        [one] => Ok(Some(one.clone())),
        several => Err(ModelError::new(format!(
            "{} holds {} such files; name one of them ({})",
            folder.display(),
            several.len(),
            several
                .iter()
                .filter_map(|path| path.file_name()?.to_str())
                .collect::<Vec<_>>()
                .join(", ")
        ))),
    }
}

fn kind_by_config(folder: &Path) -> Result<Kind, ModelError> {
    let path = folder.join("config.json");
    let config = read_json(&path)?;
    for needed in ["model.safetensors", "tokenizer.json"] {
        if !folder.join(needed).is_file() {
            return Err(ModelError::new(format!(
                "{} has no {needed} beside config.json",
                folder.display()
            )));
        }
    }
    let named = config["architectures"]
        .as_array()
        .and_then(|names| names.first()?.as_str());
    let architecture = named.unwrap_or_default();
    let labels = config["id2label"].as_object().map_or(0, serde_json::Map::len);
    if architecture.ends_with("ForSequenceClassification") {
        return match labels {
            0 | 1 => Ok(Kind::CrossEncoder),
            _ => Ok(Kind::Nli),
        };
    }
    match architecture {
        "BertModel" | "RobertaModel" | "XLMRobertaModel" | "BertForMaskedLM" | "RobertaForMaskedLM" => {
            Ok(Kind::Embedder)
        }
        other => Err(ModelError::new(format!(
            "{}: an architecture {other:?} is not known (known: BERT, RoBERTa and XLM-RoBERTa encoders, and their and \
             DeBERTa-v2's sequence classification; chat models come as GGUF)",
            path.display()
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(files: &[(&str, &[u8])]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, bytes) in files {
            std::fs::write(folder.path().join(name), bytes).unwrap();
        }
        folder
    }

    fn kind(config: &str) -> Result<Kind, ModelError> {
        let files: [(&str, &[u8]); 3] = [
            ("config.json", config.as_bytes()),
            ("model.safetensors", b""),
            ("tokenizer.json", b"{}"),
        ];
        kind_of(folder(&files).path())
    }

    #[test]
    fn configs_tell_the_kind() {
        assert_eq!(kind(r#"{"architectures": ["BertModel"]}"#), Ok(Kind::Embedder));
        let one = r#"{"architectures": ["BertForSequenceClassification"], "id2label": {"0": "LABEL_0"}}"#;
        assert_eq!(kind(one), Ok(Kind::CrossEncoder));
        let three =
            r#"{"architectures": ["DebertaV2ForSequenceClassification"], "id2label": {"0": "a", "1": "b", "2": "c"}}"#;
        assert_eq!(kind(three), Ok(Kind::Nli));
        assert!(
            kind(r#"{"architectures": ["T5Model"]}"#)
                .unwrap_err()
                .message
                .contains("T5Model")
        );
        assert!(kind("{").unwrap_err().message.contains("no JSON"));
    }

    #[test]
    fn single_files_are_told_by_their_first_bytes() {
        assert_eq!(kind_of(folder(&[("x.bin", b"GGUF\x03")]).path()), Ok(Kind::Chat));
        assert_eq!(kind_of(folder(&[("x", b"aisysTab")]).path()), Ok(Kind::StaticTable));
        assert!(kind_of(folder(&[("x.gguf", b"nothing")]).path()).is_err());
        let two = folder(&[("a.gguf", b"GGUF"), ("b.gguf", b"GGUF")]);
        assert!(kind_of(two.path()).unwrap_err().message.contains("a.gguf, b.gguf"));
        let parts = folder(&[("config.json", b"{}")]);
        assert!(kind_of(parts.path()).unwrap_err().message.contains("model.safetensors"));
    }
}

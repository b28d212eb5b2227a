//! How an encoder's states become vectors: pooling, limits, and the words before a query.

use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::ModelError;
use super::files::{read_json, read_json_if_there};

/// How the states of a text's tokens become one vector.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Pooling {
    /// Their mean, special tokens included.
    Mean,
    /// The first token's.
    Cls,
}

/// What the model's files do not say, or say elsewhere.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// How tokens are pooled; `None`: as the model's files say, else by their mean.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pooling: Option<Pooling>,
    /// At most so many tokens; `None`: as the model's files say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_tokens: Option<usize>,
    /// What goes before a query (E5: `query: `).
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub query_prefix: String,
    /// What goes before a passage (E5: `passage: `).
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub passage_prefix: String,
}

impl Settings {
    /// Fills what is open from the files that sentence-transformers writes beside a model: `modules.json`,
    /// the pooling's `config.json`, `sentence_bert_config.json`, `config_sentence_transformers.json`.
    ///
    /// # Errors
    /// Fails when such a file is broken or asks for a pooling that is not known.
    pub(super) fn complete(mut self, folder: &Path) -> Result<Self, ModelError> {
        if self.pooling.is_none() {
            self.pooling = pooling(folder)?;
        }
        if self.max_tokens.is_none() {
            let config = read_json_if_there(&folder.join("sentence_bert_config.json"))?.unwrap_or_default();
            self.max_tokens = config["max_seq_length"]
                .as_u64()
                .and_then(|most| usize::try_from(most).ok());
        }
        let prompts = read_json_if_there(&folder.join("config_sentence_transformers.json"))?
            .map(|config| config["prompts"].clone())
            .unwrap_or_default();
        let prompt = |names: &[&str]| {
            let found = names.iter().find_map(|name| prompts[*name].as_str());
            found.unwrap_or_default().to_owned()
        };
        if self.query_prefix.is_empty() {
            self.query_prefix = prompt(&["query"]);
        }
        if self.passage_prefix.is_empty() {
            self.passage_prefix = prompt(&["passage", "document"]);
        }
        Ok(self)
    }
}

fn pooling(folder: &Path) -> Result<Option<Pooling>, ModelError> {
    let modules = read_json_if_there(&folder.join("modules.json"))?.unwrap_or_default();
    let module = modules.as_array().into_iter().flatten().find(|module| {
        let kind = module["type"].as_str().unwrap_or_default();
        kind.ends_with(".Pooling")
    });
    // The path comes from a file that may be anyone's: only a plain name is followed.
    let named = module.and_then(|module| module["path"].as_str());
    let inside = named.filter(|name| !name.is_empty() && !name.contains(['/', '\\', ':']) && !name.starts_with('.'));
    let path = folder.join(inside.unwrap_or("1_Pooling")).join("config.json");
    if !path.is_file() {
        return Ok(None);
    }
    let config = read_json(&path)?;
    let asks = |key: &str| config[key] == Value::Bool(true);
    // The newer form names the mode, the older one has a switch for each.
    let mode = config["pooling_mode"].as_str().unwrap_or_default();
    let cls = asks("pooling_mode_cls_token") || mode == "cls";
    let mean = asks("pooling_mode_mean_tokens") || mode == "mean";
    match (cls, mean) {
        (true, false) => Ok(Some(Pooling::Cls)),
        (false, true) => Ok(Some(Pooling::Mean)),
        _ => Err(ModelError::new(format!(
            "{}: this pooling is not known (known: mean of the tokens, or the first token)",
            path.display()
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        folder
    }

    #[test]
    fn the_files_of_sentence_transformers_are_heeded() {
        let model = folder(&[
            (
                "modules.json",
                r#"[{"type": "sentence_transformers.models.Pooling", "path": "pool"}]"#,
            ),
            (
                "pool/config.json",
                r#"{"pooling_mode_cls_token": true, "pooling_mode_mean_tokens": false}"#,
            ),
            ("sentence_bert_config.json", r#"{"max_seq_length": 256}"#),
            (
                "config_sentence_transformers.json",
                r#"{"prompts": {"query": "q: ", "document": "d: "}}"#,
            ),
        ]);
        let settings = Settings::default().complete(model.path()).unwrap();
        let expected = Settings {
            pooling: Some(Pooling::Cls),
            max_tokens: Some(256),
            query_prefix: "q: ".to_owned(),
            passage_prefix: "d: ".to_owned(),
        };
        assert_eq!(settings, expected);
    }

    #[test]
    fn what_is_set_stays_and_what_is_unknown_is_said() {
        let model = folder(&[("1_Pooling/config.json", r#"{"pooling_mode_max_tokens": true}"#)]);
        let error = Settings::default().complete(model.path()).unwrap_err();
        assert!(error.message.contains("pooling is not known"), "{error}");
        let set = Settings {
            pooling: Some(Pooling::Mean),
            ..Settings::default()
        };
        assert_eq!(set.clone().complete(model.path()).unwrap(), set);
    }

    #[test]
    fn a_path_out_of_the_folder_is_not_followed() {
        let model = folder(&[
            ("m/modules.json", r#"[{"type": "x.Pooling", "path": "../out"}]"#),
            ("out/config.json", r#"{"pooling_mode": "cls"}"#),
        ]);
        let settings = Settings::default().complete(&model.path().join("m")).unwrap();
        assert_eq!(settings.pooling, None);
    }
}

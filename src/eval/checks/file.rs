//! Files that checks name.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::source::{Data, Node, SourceFile, parse_yaml};

/// A file that a check reads may have this many bytes.
const MAX_BYTES: u64 = 16 << 20;

/// The path of a `file://` reference (without that prefix), from the suite's folder.
pub(super) fn locate(base: &Path, path: &str) -> PathBuf {
    base.join(path)
}

/// The text of a file.
///
/// # Errors
/// Says which file cannot be read, and why.
pub(super) fn read_text(base: &Path, path: &str) -> Result<String, String> {
    let path = locate(base, path);
    let shown = path.display();
    let size = std::fs::metadata(&path)
        .map_err(|error| format!("{shown}: {error}"))?
        .len();
    if size > MAX_BYTES {
        return Err(format!("{shown} has {size} bytes; a check's file may have {MAX_BYTES}"));
    }
    std::fs::read_to_string(&path).map_err(|error| format!("{shown}: {error}"))
}

/// The value in a file: `.json`, `.yaml` and `.yml` are read as such, `.txt` is text without the white space
/// around it; promptfoo 0.121.20 refuses others, and so do we.
///
/// # Errors
/// Says which file cannot be read, and why.
pub(super) fn read_value(base: &Path, path: &str) -> Result<Value, String> {
    let text = read_text(base, path)?;
    match Path::new(path).extension().and_then(|extension| extension.to_str()) {
        Some("json" | "yaml" | "yml") => yaml_value(&text).map_err(|error| format!("{path}: {error}")),
        Some("txt") => Ok(Value::String(text.trim().to_owned())),
        _ => Err(format!(
            "`file://{path}` must end in .json, .yaml, .yml, .txt, .js, .mjs, .cjs, .ts or .py"
        )),
    }
}

/// A YAML text as a value; an empty text is null.
///
/// # Errors
/// Says why the text is not YAML.
pub(super) fn yaml_value(text: &str) -> Result<Value, String> {
    let documents = parse_yaml(&SourceFile::new("", text)).map_err(|error| error.to_string())?;
    match documents.as_slice() {
        [] => Ok(Value::Null),
        [document] => Ok(json_of(document)),
        _ => Err("one YAML document was expected, and there are several".to_owned()),
    }
}

/// A node as JSON; of a key that stands twice the last counts.
pub(super) fn json_of(node: &Node) -> Value {
    match &node.data {
        Data::Null => Value::Null,
        Data::Bool(value) => Value::Bool(*value),
        Data::Int(value) => Value::from(*value),
        Data::Float(value) => serde_json::Number::from_f64(*value).map_or(Value::Null, Value::Number),
        Data::Str(text) => Value::String(text.clone()),
        Data::Seq(items) => Value::Array(items.iter().map(json_of).collect()),
        Data::Map(map) => Value::Object(
            map.entries
                .iter()
                .map(|entry| (entry.key.text.clone(), json_of(&entry.value)))
                .collect(),
        ),
    }
}

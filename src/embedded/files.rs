//! Reading a model's files: whole, within limits, with errors that name the file.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use serde_json::Value;

use super::ModelError;

/// A `config.json` or `tokenizer.json` is smaller: the largest known, of 250,000 tokens, has 17 MB.
pub(super) const LARGEST_JSON: u64 = 128 << 20;

/// The bytes of a file that has at most `limit` of them.
///
/// # Errors
/// Fails when it cannot be read or is larger.
pub(super) fn read_limited(path: &Path, limit: u64) -> Result<Vec<u8>, ModelError> {
    let fail = |error: std::io::Error| ModelError::new(format!("cannot read {}: {error}", path.display()));
    let file = File::open(path).map_err(fail)?;
    let size = file.metadata().map_err(fail)?.len();
    if size > limit {
        return Err(ModelError::new(format!(
            "{} has {size} bytes, more than the {limit} that are read",
            path.display()
        )));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or(0));
    file.take(limit).read_to_end(&mut bytes).map_err(fail)?;
    Ok(bytes)
}

/// A JSON file.
///
/// # Errors
/// Fails when it cannot be read or is no JSON.
pub(super) fn read_json(path: &Path) -> Result<Value, ModelError> {
    let bytes = read_limited(path, LARGEST_JSON)?;
    serde_json::from_slice(&bytes).map_err(|error| ModelError::new(format!("{} is no JSON: {error}", path.display())))
}

/// A JSON file that may be absent.
///
/// # Errors
/// Fails when it is there and cannot be read.
pub(super) fn read_json_if_there(path: &Path) -> Result<Option<Value>, ModelError> {
    if path.is_file() {
        read_json(path).map(Some)
    } else {
        Ok(None)
    }
}

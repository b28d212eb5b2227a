//! How much is read: a corpus is foreign input.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use super::CorpusError;

/// The largest single document (a manual of 64 MB of text is none that people wrote).
pub(super) const MOST_DOCUMENT_BYTES: u64 = 64 * 1024 * 1024;
/// The largest HTML page: its tree takes some 30 times its size.
pub(super) const MOST_HTML_BYTES: u64 = 16 * 1024 * 1024;
/// The largest file that holds many documents, queries, judgements or a run.
pub(crate) const MOST_COLLECTION_BYTES: u64 = 4 * 1024 * 1024 * 1024;
/// The most documents of one corpus: passages are numbered with 32 bits.
pub(super) const MOST_DOCUMENTS: usize = 10_000_000;

/// The whole file, when it is no larger than `most` bytes.
pub(crate) fn read_bytes(path: &Path, most: u64) -> Result<Vec<u8>, CorpusError> {
    let failed = |error: std::io::Error| CorpusError::new(path, format!("cannot be read: {error}"));
    let file = File::open(path).map_err(failed)?;
    let size = file.metadata().map_err(failed)?.len();
    let too_large = || CorpusError::new(path, format!("larger than {} MB, the most that is read", most >> 20));
    if size > most {
        return Err(too_large());
    }
    let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or(0));
    file.take(most + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > most {
        return Err(too_large());
    }
    Ok(bytes)
}

/// The bytes as UTF-8 without a byte-order mark; else the line that holds the first wrong byte.
pub(crate) fn utf8(path: &Path, bytes: Vec<u8>) -> Result<String, CorpusError> {
    let mut text = String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let line = 1 + memchr::memchr_iter(b'\n', &error.as_bytes()[..valid]).count();
        CorpusError::at(path, line, "not UTF-8 text: convert the file, or leave it out")
    })?;
    if text.starts_with('\u{feff}') {
        text.drain(..'\u{feff}'.len_utf8());
    }
    Ok(text)
}

/// The whole file as text.
pub(crate) fn read_text(path: &Path, most: u64) -> Result<String, CorpusError> {
    utf8(path, read_bytes(path, most)?)
}

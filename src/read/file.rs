//! One file: its text within limits, its documents, and the readers that know them.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::source::{Node, SourceFile};
use crate::system::prices::Prices;
use crate::system::{Dialect, System};

use super::code::is_code;
use super::discover::{Candidate, is_env};
use super::embedded::embedded;
use super::{Document, Overlay, READERS, ReadError, code, env, litellm, recognise};

/// A configuration larger than this is refused: the largest real one that we know has 200 kB.
const MOST_CONFIG_BYTES: u64 = 10 * 1024 * 1024;
/// Source code larger than this is generated or bundled, and is not read.
const MOST_CODE_BYTES: u64 = 2 * 1024 * 1024;

/// What came of one file.
#[derive(Debug, Default)]
pub(super) struct FileRead {
    /// The file.
    pub path: PathBuf,
    /// What it holds, once for each document that was recognised.
    pub dialects: Vec<Dialect>,
    /// Its own system.
    pub system: System,
    /// Files that it includes.
    pub includes: Vec<PathBuf>,
    /// What could not be read.
    pub errors: Vec<ReadError>,
}

/// Reads one file.
pub(super) fn read(candidate: &Candidate, prices: &Prices, overlay: &Overlay) -> FileRead {
    let path = &candidate.path;
    let most = if is_code(path) {
        MOST_CODE_BYTES
    } else {
        MOST_CONFIG_BYTES
    };
    let bytes = match overlay.get(path) {
        Some(text) => Ok(text.clone().into_bytes()),
        None => File::open(path).and_then(|file| bounded(file, most)),
    };
    finish(path, bytes, most, candidate.named, prices)
}

/// Reads a file whose bytes are at hand.
pub(super) fn read_bytes(path: &Path, bytes: Vec<u8>, prices: &Prices) -> FileRead {
    finish(path, Ok(bytes), MOST_CONFIG_BYTES, true, prices)
}

/// Reads the standard input, whose notation its text tells.
pub(super) fn read_stdin(prices: &Prices) -> FileRead {
    let bytes = bounded(io::stdin().lock(), MOST_CONFIG_BYTES);
    finish(Path::new("<stdin>"), bytes, MOST_CONFIG_BYTES, true, prices)
}

/// All bytes up to one past the limit, so that whoever asked sees that there are more.
fn bounded(from: impl Read, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(most + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn finish(path: &Path, bytes: io::Result<Vec<u8>>, most: u64, named: bool, prices: &Prices) -> FileRead {
    let mut read = FileRead {
        path: path.to_owned(),
        ..FileRead::default()
    };
    let bytes = match bytes {
        Ok(bytes) => bytes,
        Err(error) => {
            read.errors.push(ReadError::io(path, &error, named));
            return read;
        }
    };
    if bytes.len() as u64 > most {
        let message = format!("larger than {} MB, which no configuration is", most / 1_048_576);
        // A data file that lies about is no error; one that was named, or holds our words, is.
        let ours = named || std::str::from_utf8(&bytes[..4_096]).is_ok_and(|head| recognise::marks(head) == Some(true));
        if ours {
            read.errors.push(ReadError::new(path, message, named));
        }
        return read;
    }
    match String::from_utf8(bytes) {
        Ok(text) => documents(text, named, prices, &mut read),
        Err(error) => {
            let valid = error.utf8_error().valid_up_to();
            let line = 1 + memchr::memchr_iter(b'\n', &error.as_bytes()[..valid]).count();
            let head = String::from_utf8_lossy(error.as_bytes());
            if named || recognise::marks(&head) == Some(true) {
                let message = format!("not UTF-8 text: line {line} holds a byte that no character has");
                read.errors.push(ReadError::new(path, message, named));
            }
        }
    }
    read
}

fn documents(text: String, named: bool, prices: &Prices, read: &mut FileRead) {
    let path = read.path.clone();
    if is_env(&path) {
        let system = env::read(&SourceFile::new(&path, text));
        if !system.variables.set.is_empty() {
            read.dialects.push(Dialect::Env);
            read.system.absorb(system);
        }
        return;
    }
    if is_code(&path) {
        if !code::may_call(&text) {
            return;
        }
        if let Some(system) = code::read(&SourceFile::new(&path, text), prices) {
            read.dialects.push(Dialect::Code);
            read.system.absorb(system);
        }
        return;
    }
    let marks = recognise::marks(&text);
    if marks.is_none() && !named {
        return;
    }
    let file = SourceFile::new(&path, text);
    let notation = recognise::notation(&path, file.text());
    let roots = match recognise::parse(&file, notation) {
        Ok(roots) => roots,
        Err(error) => {
            let template = file.text().contains("{{");
            if named || (marks == Some(true) && !template) {
                read.errors.push(ReadError::parse(&path, error, true));
            } else if marks == Some(true) {
                let mut error = ReadError::parse(&path, error, false);
                error.message = format!("a template that is no YAML before it is rendered ({})", error.message);
                read.errors.push(error);
            }
            return;
        }
    };
    let document = Document {
        file: Arc::clone(&file),
        roots,
        prices,
    };
    recognised(document, read);
    if read.dialects.is_empty() && named {
        let message = format!("not recognised as any of: {}", super::looked_for());
        read.errors.push(ReadError::new(&path, message, true));
    }
}

/// Hands a document, and those inside it, to the readers that know them.
fn recognised(document: Document<'_>, read: &mut FileRead) {
    let inner: Vec<Node> = document
        .roots
        .iter()
        .flat_map(|root| {
            let (found, errors) = embedded(root);
            let path = &read.path;
            let errors = errors.into_iter().map(|error| ReadError::parse(path, error, true));
            read.errors.extend(errors.collect::<Vec<_>>());
            found
        })
        .collect();
    for root in inner {
        known(
            Document {
                file: Arc::clone(&document.file),
                roots: vec![root],
                prices: document.prices,
            },
            read,
        );
    }
    known(document, read);
}

fn known(document: Document<'_>, read: &mut FileRead) {
    let Some(reader) = READERS.iter().find(|reader| (reader.recognises)(&document)) else {
        return;
    };
    if reader.dialect == Dialect::Litellm {
        read.includes.extend(litellm::includes(&document));
    }
    let mut system = (reader.read)(&document);
    system.documents.extend(document.roots);
    if !read.dialects.contains(&reader.dialect) {
        read.dialects.push(reader.dialect);
    }
    read.system.absorb(system);
}

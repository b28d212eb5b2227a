//! Files to a system: what is there, what each file is, and one file per dialect that reads it.
//!
//! `discover.rs` finds files, `recognise.rs` tells what they are by their content, `link.rs` joins
//! what belongs together. A reader never fails as a whole: what it cannot read becomes a remark or
//! an error with a place, and the other files are still read.

pub mod aisys;
pub mod bifrost;
pub(crate) mod checks;
mod code;
pub mod compose;
mod discover;
mod document;
mod embedded;
mod env;
pub mod envoy;
mod error;
mod fields;
mod file;
mod form_error;
pub mod helicone;
mod images;
mod interpolate;
pub mod kong;
pub mod kubernetes;
mod link;
pub mod litellm;
pub mod portkey;
pub mod promptfoo;
mod recognise;
mod secret_values;
pub mod tensorzero;
#[cfg(test)]
mod testing;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use crate::system::prices::Prices;
use crate::system::{Dialect, System};

pub use document::{Document, Reader};
pub use error::ReadError;
pub use fields::Fields;
pub use form_error::FormError;
pub use recognise::{READERS, looked_for};

use file::FileRead;

/// What came of reading.
#[derive(Debug, Default)]
pub struct Reading {
    /// Everything as one system.
    pub system: System,
    /// How many files of each dialect were read.
    pub dialects: BTreeMap<Dialect, usize>,
    /// Files that were looked at.
    pub looked_at: usize,
    /// Files that could not be read.
    pub errors: Vec<ReadError>,
    /// Every file that was read, for watching.
    pub files: Vec<PathBuf>,
}

/// Texts that stand for what is on the disk: fixes are tried on them before anything is written.
pub type Overlay = HashMap<PathBuf, String>;

/// Reads all files of the named paths into one system. A folder is searched as git sees it; `-` is
/// the standard input.
#[must_use]
pub fn read(paths: &[PathBuf], prices: &Prices) -> Reading {
    read_over(paths, prices, &Overlay::new())
}

/// The same with other texts in place of some files'.
#[must_use]
pub fn read_over(paths: &[PathBuf], prices: &Prices, overlay: &Overlay) -> Reading {
    let found = discover::discover(paths, code::is_code);
    let mut reads: Vec<FileRead> = match found.candidates.as_slice() {
        // One file needs no second thread, and starting one costs more than reading.
        [only] => vec![file::read(only, prices, overlay)],
        many => many
            .par_iter()
            .map(|candidate| file::read(candidate, prices, overlay))
            .collect(),
    };
    if found.stdin {
        reads.push(file::read_stdin(prices));
    }
    let looked_at = reads.len();
    join(reads, found.errors, looked_at)
}

/// Reads one file whose bytes are at hand, as if it had been named: its name tells only how it is
/// written.
#[must_use]
pub fn read_bytes(path: &Path, bytes: Vec<u8>, prices: &Prices) -> Reading {
    join(vec![file::read_bytes(path, bytes, prices)], Vec::new(), 1)
}

/// Joins what was read side by side. A file that another one includes was read there.
fn join(reads: Vec<FileRead>, errors: Vec<ReadError>, looked_at: usize) -> Reading {
    let included: HashSet<PathBuf> = reads
        .iter()
        .flat_map(|read| &read.includes)
        .map(|path| real(path))
        .collect();
    let mut reading = Reading {
        looked_at,
        errors,
        ..Reading::default()
    };
    reading.system.reserve(reads.iter().map(|read| &read.system));
    for read in reads {
        if !included.is_empty() && included.contains(&real(&read.path)) {
            continue;
        }
        reading.errors.extend(read.errors);
        if read.dialects.is_empty() {
            continue;
        }
        for dialect in read.dialects {
            *reading.dialects.entry(dialect).or_default() += 1;
        }
        reading.files.push(read.path);
        reading.system.absorb(read.system);
    }
    link::link(&mut reading.system);
    reading
}

/// A path that two spellings of it share.
fn real(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}

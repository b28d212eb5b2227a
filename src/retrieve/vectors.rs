//! Vectors on disk, so that no text is embedded twice by one model.
//!
//! One file per model, only ever appended to: a header with the model's identity and the vectors' length,
//! then records of a text's hash, its vector and a checksum. A run that is killed keeps what it had
//! embedded; a record that is torn or damaged ends the file, and what follows is embedded again.
//!
//! ```text
//! "AISYSVEC" version:u32 dimensions:u32 length:u32 identity   (little endian)
//! { hash:16 bytes  vector:dimensions × f32  checksum:u64 }*
//! ```

use std::collections::HashMap;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::rng::fnv;

const MAGIC: &[u8; 8] = b"AISYSVEC";
const VERSION: u32 = 1;
const HASH_BYTES: usize = 16;
const SUM_BYTES: usize = 8;

/// What a text is known by.
pub(super) type TextHash = [u8; HASH_BYTES];

pub(super) fn text_hash(text: &str) -> TextHash {
    let mut hash = [0; HASH_BYTES];
    hash.copy_from_slice(&Sha256::digest(text.as_bytes())[..HASH_BYTES]);
    hash
}

/// The stored vectors of one model.
pub(super) struct Vectors {
    /// `None` when another process writes the file now: then nothing new is stored.
    file: Option<File>,
    dimensions: usize,
    known: HashMap<TextHash, Vec<f32>>,
}

impl Vectors {
    /// Opens or makes the file of a model; one that belongs to another model or version is begun anew.
    ///
    /// # Errors
    /// Fails when the folder or the file cannot be written or read.
    pub(super) fn open(folder: &Path, identity: &str, dimensions: usize) -> io::Result<Self> {
        std::fs::create_dir_all(folder)?;
        let name = format!("vectors-{:016x}.bin", fnv(identity.as_bytes()));
        let path = folder.join(name);
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)?;
        let locked = match file.try_lock() {
            Ok(()) => true,
            Err(TryLockError::WouldBlock) => false,
            Err(TryLockError::Error(error)) => return Err(error),
        };
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        let header = header(identity, dimensions);
        let (known, good) = match bytes.strip_prefix(header.as_slice()) {
            Some(records) => {
                let (known, length) = read_records(records, dimensions);
                (known, header.len() + length)
            }
            None => (HashMap::new(), 0),
        };
        if locked && good < bytes.len().max(1) {
            file.set_len(good as u64)?;
        }
        if locked && good == 0 {
            file.rewind()?;
            file.write_all(&header)?;
        }
        file.seek(SeekFrom::End(0))?;
        Ok(Self {
            file: locked.then_some(file),
            dimensions,
            known,
        })
    }

    /// A text's vector, when it is stored.
    pub(super) fn get(&self, hash: &TextHash) -> Option<&[f32]> {
        self.known.get(hash).map(Vec::as_slice)
    }

    /// Appends vectors.
    ///
    /// # Errors
    /// Fails when the file cannot be written.
    pub(super) fn add(&mut self, new: &[(TextHash, Vec<f32>)]) -> io::Result<()> {
        let Some(file) = &mut self.file else {
            return Ok(());
        };
        let mut bytes = Vec::with_capacity(new.len() * record_bytes(self.dimensions));
        for (hash, vector) in new {
            let start = bytes.len();
            bytes.extend_from_slice(hash);
            bytes.extend(vector.iter().flat_map(|number| number.to_le_bytes()));
            let sum = fnv(&bytes[start..]);
            bytes.extend_from_slice(&sum.to_le_bytes());
        }
        file.write_all(&bytes)
    }
}

const fn record_bytes(dimensions: usize) -> usize {
    HASH_BYTES + dimensions * 4 + SUM_BYTES
}

fn header(identity: &str, dimensions: usize) -> Vec<u8> {
    let number = |number: usize| u32::try_from(number).unwrap_or(u32::MAX).to_le_bytes();
    let mut header = MAGIC.to_vec();
    header.extend_from_slice(&VERSION.to_le_bytes());
    header.extend_from_slice(&number(dimensions));
    header.extend_from_slice(&number(identity.len()));
    header.extend_from_slice(identity.as_bytes());
    header
}

/// The records up to the first that is not whole, and how many bytes they take.
fn read_records(bytes: &[u8], dimensions: usize) -> (HashMap<TextHash, Vec<f32>>, usize) {
    let mut known = HashMap::new();
    let mut good = 0;
    for record in bytes.chunks_exact(record_bytes(dimensions)) {
        let (body, sum) = record.split_at(record.len() - SUM_BYTES);
        if fnv(body).to_le_bytes() != sum {
            break;
        }
        let (hash, vector) = body.split_at(HASH_BYTES);
        let Ok(hash) = TextHash::try_from(hash) else { break };
        let (numbers, _) = vector.as_chunks::<4>();
        known.insert(hash, numbers.iter().map(|number| f32::from_le_bytes(*number)).collect());
        good += record.len();
    }
    (known, good)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored(folder: &Path, identity: &str, texts: &[&str]) -> Vec<Option<Vec<f32>>> {
        let vectors = Vectors::open(folder, identity, 2).unwrap();
        texts
            .iter()
            .map(|text| vectors.get(&text_hash(text)).map(<[f32]>::to_vec))
            .collect()
    }

    #[test]
    fn vectors_come_back_and_damage_costs_only_what_follows() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        {
            let mut vectors = Vectors::open(folder, "m", 2).unwrap();
            let new = [(text_hash("a"), vec![1.0, 0.5]), (text_hash("b"), vec![0.25, -1.0])];
            vectors.add(&new[..1]).unwrap();
            vectors.add(&new[1..]).unwrap();
        }
        assert_eq!(
            stored(folder, "m", &["a", "b", "c"]),
            [Some(vec![1.0, 0.5]), Some(vec![0.25, -1.0]), None]
        );
        assert_eq!(stored(folder, "other", &["a"]), [None]);
        let path = folder.join(format!("vectors-{:016x}.bin", fnv(b"m")));
        let mut bytes = std::fs::read(&path).unwrap();
        let at = bytes.len() - 12;
        bytes[at] ^= 1;
        std::fs::write(&path, &bytes).unwrap();
        assert_eq!(stored(folder, "m", &["a", "b"]), [Some(vec![1.0, 0.5]), None]);
        std::fs::write(&path, b"AISYSVECnonsense").unwrap();
        assert_eq!(stored(folder, "m", &["a"]), [None]);
        Vectors::open(folder, "m", 2)
            .unwrap()
            .add(&[(text_hash("a"), vec![3.0, 4.0])])
            .unwrap();
        assert_eq!(stored(folder, "m", &["a"]), [Some(vec![3.0, 4.0])]);
    }

    #[test]
    fn a_second_writer_reads_and_stores_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let first = Vectors::open(folder.path(), "m", 2).unwrap();
        let mut second = Vectors::open(folder.path(), "m", 2).unwrap();
        second.add(&[(text_hash("a"), vec![1.0, 0.0])]).unwrap();
        drop((first, second));
        assert_eq!(stored(folder.path(), "m", &["a"]), [None]);
    }
}

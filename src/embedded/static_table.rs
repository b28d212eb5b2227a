//! The embedder that ships: one vector for each piece of a word, a text is the sum of its pieces' vectors.
//!
//! After Arora, Liang and Ma, "A Simple but Tough-to-Beat Baseline for Sentence Embeddings" (2017), with
//! vectors distilled from all-MiniLM-L6-v2. `static/README.md` says how the table is made.

use std::borrow::Cow;
use std::path::Path;
use std::sync::OnceLock;

use sha2::{Digest, Sha256};

use super::files::read_limited;
use super::traits::TokenVectors;
use super::vector::normalise;
use super::wordpiece::WordPiece;
use super::{Embedder, ModelError};
use crate::store::hex;

/// The table in this program.
static SHIPPED: &[u8] = include_bytes!("static/table.bin");

/// The first bytes of a table's file.
pub(super) const MAGIC: &[u8; 8] = b"aisysTab";
/// The version of the form below.
const VERSION: u32 = 1;
/// Magic, version, rows, dimensions, bytes of the vocabulary.
const HEADER: usize = 24;
/// No table is larger: it would not be for this.
const LARGEST: u64 = 256 << 20;

/// A table of token vectors.
///
/// Its file, whole numbers and floats with the low byte first: the magic; as 32-bit numbers the version, the
/// rows, the dimensions and the vocabulary's bytes; the vocabulary, one piece a line, without a last line
/// end; for each row a 32-bit float, its scale; for each row its dimensions as signed bytes. A vector is
/// bytes × scale, and its length is the weight of the piece.
pub struct StaticTable {
    bytes: Cow<'static, [u8]>,
    rows: usize,
    dimensions: usize,
    /// Where the scales begin, and the values.
    scales: usize,
    values: usize,
    /// Made when the first text comes: many runs load the table and embed nothing.
    pieces: OnceLock<WordPiece>,
    name: String,
    /// Of all its bytes; computed when it is asked for, because a table starts in less time than it takes.
    hash: OnceLock<String>,
    usual: OnceLock<f32>,
}

impl StaticTable {
    /// The table that ships.
    ///
    /// # Errors
    /// Fails when this program was built with a broken one.
    pub fn shipped() -> Result<Self, ModelError> {
        Self::parse(Cow::Borrowed(SHIPPED), "default")
    }

    /// Reads a table that `aisys models distill` wrote.
    ///
    /// # Errors
    /// Fails when the file cannot be read or is no table.
    pub fn read(path: &Path) -> Result<Self, ModelError> {
        let bytes = read_limited(path, LARGEST)?;
        Self::parse(Cow::Owned(bytes), "static")
            .map_err(|error| ModelError::new(format!("{}: {error}", path.display())))
    }

    /// From a file's bytes.
    pub(super) fn parse(bytes: Cow<'static, [u8]>, name: &str) -> Result<Self, ModelError> {
        let broken = |what: &str| ModelError::new(format!("no table of token vectors: {what}"));
        if !bytes.starts_with(MAGIC) || bytes.len() < HEADER {
            return Err(broken("it does not begin like one"));
        }
        let number = |at: usize| read_u32(&bytes, 8 + 4 * at) as usize;
        let (version, rows, dimensions, vocabulary_bytes) = (number(0), number(1), number(2), number(3));
        if version != VERSION as usize {
            return Err(broken(&format!("its form {version} is not known (known: {VERSION})")));
        }
        if rows == 0 || dimensions == 0 || dimensions > 4_096 {
            return Err(broken(&format!("{rows} rows of {dimensions} dimensions")));
        }
        // Each of the four is below 2^32, so that nothing overflows in 64 bits.
        let expected = HEADER as u64 + vocabulary_bytes as u64 + rows as u64 * (4 + dimensions as u64);
        if expected != bytes.len() as u64 {
            return Err(broken(&format!(
                "it has {} bytes where {expected} were promised",
                bytes.len()
            )));
        }
        let scales = HEADER + vocabulary_bytes;
        let vocabulary = std::str::from_utf8(&bytes[HEADER..scales]).map_err(|_| broken("its words are no UTF-8"))?;
        if vocabulary.split('\n').count() != rows {
            return Err(broken("it has not one word for each row"));
        }
        Ok(Self {
            rows,
            dimensions,
            scales,
            values: scales + 4 * rows,
            pieces: OnceLock::new(),
            name: name.to_owned(),
            hash: OnceLock::new(),
            usual: OnceLock::new(),
            bytes,
        })
    }

    /// Writes a table: `rows` are the pieces with their vectors, all of one length.
    ///
    /// # Errors
    /// Fails when there is nothing to write, or too much.
    pub(super) fn write(rows: &[(String, Vec<f32>)]) -> Result<Vec<u8>, ModelError> {
        let vocabulary = rows
            .iter()
            .map(|(piece, _)| piece.as_str())
            .collect::<Vec<_>>()
            .join("\n");
        let dimensions = rows.first().map_or(0, |(_, vector)| vector.len());
        let mut bytes = MAGIC.to_vec();
        for number in [VERSION as usize, rows.len(), dimensions, vocabulary.len()] {
            let number = u32::try_from(number).map_err(|_| ModelError::new("the table is too large"))?;
            bytes.extend_from_slice(&number.to_le_bytes());
        }
        bytes.extend_from_slice(vocabulary.as_bytes());
        let scales: Vec<f32> = rows.iter().map(|(_, vector)| scale_of(vector)).collect();
        for scale in &scales {
            bytes.extend_from_slice(&scale.to_le_bytes());
        }
        for ((_, vector), scale) in rows.iter().zip(&scales) {
            #[expect(
                clippy::cast_possible_truncation,
                reason = "the scale brings it between -127 and 127"
            )]
            bytes.extend(vector.iter().map(|x| ((x / scale).round() as i8).to_le_bytes()[0]));
        }
        Ok(bytes)
    }

    /// The pieces in the order of their rows.
    pub fn vocabulary(&self) -> impl Iterator<Item = &str> {
        std::str::from_utf8(&self.bytes[HEADER..self.scales])
            .unwrap_or_default()
            .split('\n')
    }

    fn pieces(&self) -> &WordPiece {
        self.pieces.get_or_init(|| WordPiece::new(self.vocabulary()))
    }

    /// How much a piece counts: the length of its vector beside the mean length. What the table does not know
    /// counts 1.
    #[must_use]
    pub fn weight(&self, piece: &str) -> f32 {
        // Other tokenizers mark the beginning of a word; here a word is written plainly.
        let plain = piece.trim_start_matches(['\u{2581}', '\u{120}']).to_lowercase();
        let number = self.pieces().number(piece).or_else(|| self.pieces().number(&plain));
        number.map_or(1.0, |number| self.length(number) / self.mean_length())
    }

    /// The length of a row's vector.
    fn length(&self, number: u32) -> f32 {
        let (scale, values) = self.row(number);
        let squares: u32 = values.map(|x| u32::from(x.unsigned_abs()).pow(2)).sum();
        #[expect(clippy::cast_precision_loss, reason = "a sum of some hundred squares below 2^14")]
        let length = (squares as f32).sqrt();
        scale * length
    }

    /// The mean length of all vectors; computed when it is asked for, as the hash is.
    fn mean_length(&self) -> f32 {
        *self.usual.get_or_init(|| {
            let rows = 0..u32::try_from(self.rows).unwrap_or(u32::MAX);
            #[expect(clippy::cast_precision_loss, reason = "a count of rows")]
            let mean = rows.map(|number| self.length(number)).sum::<f32>() / self.rows as f32;
            if mean > 0.0 { mean } else { 1.0 }
        })
    }

    /// A row's scale and numbers. `number` comes from the vocabulary, which has as many lines as rows.
    fn row(&self, number: u32) -> (f32, impl Iterator<Item = i8>) {
        let at = (number as usize).min(self.rows - 1);
        let scale = f32::from_bits(read_u32(&self.bytes, self.scales + 4 * at));
        let begin = self.values + at * self.dimensions;
        let values = self.bytes[begin..begin + self.dimensions].iter();
        (scale, values.map(|byte| i8::from_le_bytes([*byte])))
    }

    /// The sum of the vectors of a text's pieces.
    fn sum(&self, text: &str) -> Vec<f32> {
        let mut sum = vec![0.0_f32; self.dimensions];
        for number in self.pieces().encode(text).into_iter().flatten() {
            let (scale, values) = self.row(number);
            for (x, value) in sum.iter_mut().zip(values) {
                *x += scale * f32::from(value);
            }
        }
        sum
    }
}

impl Embedder for StaticTable {
    fn identity(&self) -> String {
        let hash = self.hash.get_or_init(|| hex(&Sha256::digest(&self.bytes)[..8]));
        format!("{}:{hash}", self.name)
    }

    fn is_contextual(&self) -> bool {
        false
    }

    fn dimensions(&self) -> usize {
        self.dimensions
    }

    fn embed(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, ModelError> {
        let vectors = texts.iter().map(|text| {
            let mut vector = self.sum(text);
            normalise(&mut vector);
            vector
        });
        Ok(vectors.collect())
    }

    fn embed_tokens(&self, texts: &[&str]) -> Result<Vec<TokenVectors>, ModelError> {
        let names: Vec<&str> = self.vocabulary().collect();
        let tokens = texts.iter().map(|text| {
            let numbers = self.pieces().encode(text).into_iter().flatten();
            let vectors = numbers.map(|number| {
                let (scale, values) = self.row(number);
                let mut vector: Vec<f32> = values.map(|value| scale * f32::from(value)).collect();
                normalise(&mut vector);
                (names[number as usize].to_owned(), vector)
            });
            vectors.collect()
        });
        Ok(tokens.collect())
    }
}

/// What brings the largest number of a vector to 127; 1 for zeros.
fn scale_of(vector: &[f32]) -> f32 {
    let largest = vector.iter().fold(0.0_f32, |most, x| most.max(x.abs()));
    if largest > 0.0 && largest.is_finite() {
        largest / 127.0
    } else {
        1.0
    }
}

fn read_u32(bytes: &[u8], at: usize) -> u32 {
    let four = bytes.get(at..at + 4).and_then(|four| four.try_into().ok());
    u32::from_le_bytes(four.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn small() -> Vec<u8> {
        let rows = [
            ("cat", [0.6, 0.8]),
            ("dog", [0.8, 0.6]),
            ("##s", [0.0, 0.1]),
            ("the", [0.01, 0.0]),
        ];
        let rows: Vec<(String, Vec<f32>)> = rows
            .iter()
            .map(|(word, vector)| ((*word).to_owned(), vector.to_vec()))
            .collect();
        StaticTable::write(&rows).unwrap()
    }

    fn cosine(left: &[f32], right: &[f32]) -> f32 {
        super::super::vector::dot(left, right)
    }

    #[test]
    fn a_text_is_the_sum_of_its_pieces() {
        let table = StaticTable::parse(Cow::Owned(small()), "small").unwrap();
        let vectors = table.embed(&["The cats!", "cat", "xyz", ""]).unwrap();
        // (0.01 + 0.6, 0.8 + 0.1) over its length.
        let length = (0.61_f32 * 0.61 + 0.9 * 0.9).sqrt();
        assert!((vectors[0][0] - 0.61 / length).abs() < 0.01, "{vectors:?}");
        assert!((vectors[1][0] - 0.6).abs() < 0.01);
        assert_eq!(vectors[2], [0.0, 0.0]);
        assert_eq!(vectors[3], [0.0, 0.0]);
        // The lengths are 1, 1, 0.1 and 0.01: 0.5275 in the mean.
        assert!((table.weight("cat") - 1.0 / 0.5275).abs() < 0.01);
        assert!((table.weight("##s") - 0.1 / 0.5275).abs() < 0.01);
        assert!((table.weight("\u{120}The") - 0.01 / 0.5275).abs() < 0.01);
        assert_eq!(table.weight("unheard"), 1.0);
    }

    #[test]
    fn tokens_come_with_unit_vectors() {
        let table = StaticTable::parse(Cow::Owned(small()), "small").unwrap();
        let tokens = table.embed_tokens(&["dogs xyz the"]).unwrap();
        let names: Vec<&str> = tokens[0].iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["dog", "##s", "the"]);
        assert!(
            tokens[0]
                .iter()
                .all(|(_, vector)| (cosine(vector, vector) - 1.0).abs() < 1e-5)
        );
    }

    #[test]
    fn broken_tables_are_refused() {
        let whole = small();
        for length in 0..whole.len() {
            assert!(StaticTable::parse(Cow::Owned(whole[..length].to_vec()), "cut").is_err());
        }
        for at in 8..HEADER {
            let mut wrong = whole.clone();
            wrong[at] ^= 0xff;
            assert!(StaticTable::parse(Cow::Owned(wrong), "wrong").is_err(), "byte {at}");
        }
    }

    #[test]
    fn the_shipped_table_knows_what_is_alike() {
        assert!(SHIPPED.len() <= 8_000_000);
        let table = StaticTable::shipped().unwrap();
        let vectors = table
            .embed(&[
                "How do I reset my password?",
                "I forgot my login credentials and want to change them",
                "The aircraft's wing generates lift",
            ])
            .unwrap();
        assert!(cosine(&vectors[0], &vectors[1]) > cosine(&vectors[0], &vectors[2]) + 0.2);
        assert!(table.weight("the") < table.weight("aerodynamics"));
    }
}

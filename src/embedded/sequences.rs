//! Texts as the numbers that an encoder reads: tokens, truncation, batches of like length.

use std::path::Path;

use candle_core::{Device, Tensor};
use tokenizers::{EncodeInput, Encoding, Tokenizer, TruncationDirection, TruncationParams, TruncationStrategy};

use super::ModelError;
use super::files::{LARGEST_JSON, read_limited};

/// Tokens in one batch, padding included. More gain nothing on a processor and take memory.
const TOKENS_OF_A_BATCH: usize = 4_096;

/// The tokenizer of a model, which cuts what is too long for it.
pub(super) struct Sequences {
    tokenizer: Tokenizer,
    padding: u32,
}

/// Texts of like length, each filled up to the longest.
pub(super) struct Batch {
    /// Tokens, text after text.
    pub(super) ids: Vec<u32>,
    /// Of each token, which text of a pair it belongs to.
    pub(super) types: Vec<u32>,
    /// The length of each text, without padding.
    pub(super) lengths: Vec<usize>,
    /// The length of the longest.
    pub(super) width: usize,
}

impl Sequences {
    /// Reads `tokenizer.json`. Its own padding and truncation are put aside for `longest` tokens.
    ///
    /// # Errors
    /// Fails when it cannot be read.
    pub(super) fn read(path: &Path, longest: usize) -> Result<Self, ModelError> {
        let bytes = read_limited(path, LARGEST_JSON)?;
        let wrong = |error: tokenizers::Error| {
            ModelError::new(format!("{} is no tokenizer that can be read: {error}", path.display()))
        };
        let mut tokenizer = Tokenizer::from_bytes(bytes).map_err(wrong)?;
        // Fewer tokens than the special ones and one of text make no model.
        if longest < 4 {
            return Err(ModelError::new(format!(
                "a model of at most {longest} tokens reads no text"
            )));
        }
        let padding = tokenizer.get_padding().map_or(0, |padding| padding.pad_id);
        tokenizer.with_padding(None);
        let truncation = TruncationParams {
            max_length: longest,
            strategy: TruncationStrategy::LongestFirst,
            stride: 0,
            direction: TruncationDirection::Right,
        };
        tokenizer.with_truncation(Some(truncation)).map_err(wrong)?;
        Ok(Self { tokenizer, padding })
    }

    /// The tokens of texts, or of pairs.
    ///
    /// # Errors
    /// Fails when the tokenizer does.
    pub(super) fn encode<'s, E>(&self, inputs: Vec<E>) -> Result<Vec<Encoding>, ModelError>
    where
        E: Into<EncodeInput<'s>> + Send,
    {
        self.tokenizer
            .encode_batch(inputs, true)
            .map_err(|error| ModelError::new(format!("the tokenizer failed: {error}")))
    }

    /// All tokens with their numbers, in order.
    pub(super) fn vocabulary(&self) -> Vec<(u32, String)> {
        let vocabulary = self.tokenizer.get_vocab(false);
        let mut tokens: Vec<(u32, String)> = vocabulary.into_iter().map(|(token, number)| (number, token)).collect();
        tokens.sort();
        tokens
    }

    /// A text's tokens with BERT's special ones around it.
    pub(super) fn framed(&self, text: Vec<u32>) -> Vec<u32> {
        let special = |token| self.tokenizer.token_to_id(token);
        special("[CLS]")
            .into_iter()
            .chain(text)
            .chain(special("[SEP]"))
            .collect()
    }

    /// The encodings in batches of like length, each with the places that its texts came from.
    pub(super) fn batches(&self, encodings: &[Encoding]) -> Vec<(Vec<usize>, Batch)> {
        let ids: Vec<&[u32]> = encodings.iter().map(Encoding::get_ids).collect();
        let types: Vec<&[u32]> = encodings.iter().map(Encoding::get_type_ids).collect();
        batches(&ids, &types, self.padding)
    }
}

/// Sequences of tokens, grouped by length: the longest first, so that memory grows no more later.
pub(super) fn batches(ids: &[&[u32]], types: &[&[u32]], padding: u32) -> Vec<(Vec<usize>, Batch)> {
    let mut order: Vec<usize> = (0..ids.len()).collect();
    order.sort_by_key(|at| (std::cmp::Reverse(ids[*at].len()), *at));
    let mut found = Vec::new();
    let mut rest = order.as_slice();
    while let Some(longest) = rest.first() {
        let width = ids[*longest].len().max(1);
        let count = (TOKENS_OF_A_BATCH / width).clamp(1, rest.len());
        let (these, others) = rest.split_at(count);
        rest = others;
        let mut batch = Batch {
            ids: Vec::with_capacity(count * width),
            types: Vec::with_capacity(count * width),
            lengths: Vec::with_capacity(count),
            width,
        };
        for at in these {
            let length = ids[*at].len();
            batch.ids.extend_from_slice(ids[*at]);
            batch.ids.resize(batch.ids.len() + width - length, padding);
            batch.types.extend_from_slice(types[*at]);
            batch.types.resize(batch.types.len() + width - length, 0);
            batch.lengths.push(length);
        }
        found.push((these.to_vec(), batch));
    }
    found
}

impl Batch {
    /// How many texts.
    pub(super) fn texts(&self) -> usize {
        self.lengths.len()
    }

    /// What is added to attention scores: the least number for padding, texts × 1 × 1 × tokens. `None` when
    /// there is no padding.
    ///
    /// # Errors
    /// Fails when memory does.
    pub(super) fn mask(&self) -> candle_core::Result<Option<Tensor>> {
        if self.lengths.iter().all(|length| *length == self.width) {
            return Ok(None);
        }
        let mut mask = vec![0.0_f32; self.texts() * self.width];
        for (row, length) in mask.chunks_exact_mut(self.width).zip(&self.lengths) {
            row[*length..].fill(f32::MIN / 2.0);
        }
        Tensor::from_vec(mask, (self.texts(), 1, 1, self.width), &Device::Cpu).map(Some)
    }

    /// One for each token and zero for padding, texts × tokens: what `DeBERTa` reads.
    ///
    /// # Errors
    /// Fails when memory does.
    pub(super) fn attention(&self) -> candle_core::Result<Tensor> {
        let mut mask = vec![0_u32; self.texts() * self.width];
        for (row, length) in mask.chunks_exact_mut(self.width).zip(&self.lengths) {
            row[..*length].fill(1);
        }
        Tensor::from_vec(mask, (self.texts(), self.width), &Device::Cpu)
    }
}

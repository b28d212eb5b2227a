//! Sentence embedders of the BERT family: all-MiniLM-L6-v2, BGE, E5 and their kin.

use std::path::Path;

use candle_core::Tensor;
use tokenizers::Encoding;

use super::encoder::{Encoder, Shape};
use super::files::read_json;
use super::sequences::{Batch, Sequences, batches};
use super::settings::{Pooling, Settings};
use super::traits::TokenVectors;
use super::vector::normalise;
use super::weights::Weights;
use super::{Embedder, ModelError};

/// An encoder, its tokenizer, and how states become vectors.
///
/// Its vectors are those of sentence-transformers 5 for the same files, to a cosine of 0.9999 and better
/// (tests below).
pub struct BertEmbedder {
    encoder: Encoder,
    sequences: Sequences,
    settings: Settings,
    pooling: Pooling,
    identity: String,
}

impl BertEmbedder {
    /// Loads `config.json`, `tokenizer.json` and `model.safetensors` of a folder.
    ///
    /// # Errors
    /// Fails when one is missing or broken, or the model is of another kind.
    pub fn load(folder: &Path, identity: String, settings: Settings) -> Result<Self, ModelError> {
        let shape = Shape::read(&read_json(&folder.join("config.json"))?)?;
        let settings = settings.complete(folder)?;
        let longest = settings.max_tokens.unwrap_or(usize::MAX).min(shape.longest());
        let sequences = Sequences::read(&folder.join("tokenizer.json"), longest)?;
        let weights = Weights::read(&folder.join("model.safetensors"))?;
        Ok(Self {
            encoder: Encoder::read(&weights, shape)?,
            sequences,
            pooling: settings.pooling.unwrap_or(Pooling::Mean),
            settings,
            identity,
        })
    }

    /// The pieces of the vocabulary with their numbers, in order; special and unused ones are left out.
    pub(super) fn pieces(&self) -> Vec<(u32, String)> {
        let mut pieces = self.sequences.vocabulary();
        pieces.retain(|(_, piece)| piece.len() == 1 || !(piece.starts_with('[') && piece.ends_with(']')));
        pieces
    }

    /// Unit vectors of texts that are given by their tokens' numbers, without the special ones.
    ///
    /// # Errors
    /// Fails when the model does.
    pub(super) fn embed_ids(&self, texts: Vec<Vec<u32>>) -> Result<Vec<Vec<f32>>, ModelError> {
        let texts: Vec<Vec<u32>> = texts.into_iter().map(|text| self.sequences.framed(text)).collect();
        let ids: Vec<&[u32]> = texts.iter().map(Vec::as_slice).collect();
        let zeros = vec![0; ids.iter().map(|text| text.len()).max().unwrap_or(0)];
        let types: Vec<&[u32]> = ids.iter().map(|text| &zeros[..text.len()]).collect();
        self.vectors(texts.len(), &batches(&ids, &types, 0))
    }

    fn encode(&self, prefix: &str, texts: &[&str]) -> Result<Vec<Encoding>, ModelError> {
        let inputs: Vec<String> = texts.iter().map(|text| format!("{prefix}{text}")).collect();
        self.sequences.encode(inputs)
    }

    fn pooled(&self, prefix: &str, texts: &[&str]) -> Result<Vec<Vec<f32>>, ModelError> {
        let encodings = self.encode(prefix, texts)?;
        self.vectors(texts.len(), &self.sequences.batches(&encodings))
    }

    fn vectors(&self, count: usize, batches: &[(Vec<usize>, Batch)]) -> Result<Vec<Vec<f32>>, ModelError> {
        let mut vectors = vec![Vec::new(); count];
        for (places, batch) in batches {
            let states = self.encoder.forward(batch)?;
            for ((at, place), length) in places.iter().enumerate().zip(&batch.lengths) {
                let mut vector = self.pool(&states.get(at)?, *length)?;
                normalise(&mut vector);
                vectors[*place] = vector;
            }
        }
        Ok(vectors)
    }

    fn pool(&self, states: &Tensor, length: usize) -> Result<Vec<f32>, ModelError> {
        let pooled = match self.pooling {
            Pooling::Mean => states.narrow(0, 0, length)?.mean(0)?,
            Pooling::Cls => states.get(0)?,
        };
        Ok(pooled.to_vec1()?)
    }
}

impl Embedder for BertEmbedder {
    fn identity(&self) -> String {
        self.identity.clone()
    }

    fn dimensions(&self) -> usize {
        self.encoder.shape.hidden
    }

    fn embed(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, ModelError> {
        self.pooled(&self.settings.passage_prefix, texts)
    }

    fn embed_queries(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, ModelError> {
        self.pooled(&self.settings.query_prefix, texts)
    }

    fn embed_tokens(&self, texts: &[&str]) -> Result<Vec<TokenVectors>, ModelError> {
        let encodings = self.encode("", texts)?;
        let mut found = vec![TokenVectors::new(); texts.len()];
        for (places, batch) in self.sequences.batches(&encodings) {
            let states = self.encoder.forward(&batch)?;
            for (at, place) in places.iter().enumerate() {
                let encoding = &encodings[*place];
                let rows = states.get(at)?.to_vec2::<f32>()?;
                let tokens = encoding
                    .get_tokens()
                    .iter()
                    .zip(encoding.get_special_tokens_mask())
                    .zip(rows);
                found[*place] = tokens
                    .filter(|((_, special), _)| **special == 0)
                    .map(|((token, _), mut vector)| {
                        normalise(&mut vector);
                        (token.clone(), vector)
                    })
                    .collect();
            }
        }
        Ok(found)
    }
}

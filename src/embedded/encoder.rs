//! Transformer encoders of the BERT family: BERT itself and `RoBERTa`, which counts positions otherwise.
//!
//! Devlin et al., "BERT" (2019); Liu et al., "`RoBERTa`" (2019). Own code where candle-transformers has
//! some, because half the time of its encoders goes where this one saves it: one multiplication for query,
//! key and value, masks only where a batch has padding, and the operations of `kernels.rs`.

use candle_core::{D, Device, Result, Tensor};
use candle_nn::ops::layer_norm;
use serde_json::Value;

use super::ModelError;
use super::kernels::{gelu, softmax};
use super::sequences::Batch;
use super::weights::Weights;

/// Which counting of positions, and which names of tensors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    Bert,
    Roberta,
}

impl Family {
    /// By `model_type` of `config.json`.
    pub(super) fn of(model_type: &str) -> Option<Self> {
        match model_type {
            "bert" => Some(Self::Bert),
            "roberta" | "xlm-roberta" => Some(Self::Roberta),
            _ => None,
        }
    }

    const fn prefix(self) -> &'static str {
        match self {
            Self::Bert => "bert.",
            Self::Roberta => "roberta.",
        }
    }
}

/// The sizes that `config.json` gives.
#[derive(Debug, Clone)]
pub(super) struct Shape {
    pub(super) family: Family,
    pub(super) hidden: usize,
    layers: usize,
    heads: usize,
    inner: usize,
    vocabulary: usize,
    positions: usize,
    types: usize,
    epsilon: f32,
    padding: u32,
}

/// No encoder of this family has more layers or numbers a layer; beyond it, a config is broken or hostile.
const MOST: u64 = 1_000_000;

impl Shape {
    /// Reads the sizes.
    ///
    /// # Errors
    /// Fails when one is missing or impossible, or the model is of another kind.
    pub(super) fn read(config: &Value) -> std::result::Result<Self, ModelError> {
        let model_type = config["model_type"].as_str().unwrap_or("bert");
        let Some(family) = Family::of(model_type) else {
            return Err(ModelError::new(format!(
                "config.json: an encoder of the kind {model_type} is not known (known: bert, roberta, xlm-roberta)"
            )));
        };
        let activation = config["hidden_act"].as_str().unwrap_or("gelu");
        if activation != "gelu" {
            return Err(ModelError::new(format!(
                "config.json: hidden_act {activation} is not known (known: gelu)"
            )));
        }
        let position_kind = config["position_embedding_type"].as_str().unwrap_or("absolute");
        if position_kind != "absolute" {
            return Err(ModelError::new(format!(
                "config.json: position_embedding_type {position_kind} is not known (known: absolute)"
            )));
        }
        let number = |key: &str| size_of(config, key);
        let shape = Self {
            family,
            hidden: number("hidden_size")?,
            layers: number("num_hidden_layers")?,
            heads: number("num_attention_heads")?,
            inner: number("intermediate_size")?,
            vocabulary: number("vocab_size")?,
            positions: number("max_position_embeddings")?,
            types: number("type_vocab_size")?,
            #[expect(clippy::cast_possible_truncation, reason = "an epsilon")]
            epsilon: config["layer_norm_eps"].as_f64().unwrap_or(1e-12) as f32,
            padding: config["pad_token_id"]
                .as_u64()
                .and_then(|id| u32::try_from(id).ok())
                .unwrap_or(match family {
                    Family::Bert => 0,
                    Family::Roberta => 1,
                }),
        };
        if !shape.hidden.is_multiple_of(shape.heads) {
            return Err(ModelError::new(format!(
                "config.json: hidden_size {} is no multiple of num_attention_heads {}",
                shape.hidden, shape.heads
            )));
        }
        Ok(shape)
    }

    /// How many tokens a text may have, special ones included.
    pub(super) fn longest(&self) -> usize {
        self.positions.saturating_sub(self.first_position())
    }

    /// `RoBERTa` counts from the padding's number plus one.
    fn first_position(&self) -> usize {
        match self.family {
            Family::Bert => 0,
            Family::Roberta => self.padding as usize + 1,
        }
    }
}

/// A size from `config.json`.
///
/// # Errors
/// Fails when it is missing, zero or beyond all sense.
pub(super) fn size_of(config: &Value, key: &str) -> std::result::Result<usize, ModelError> {
    let value = config[key].as_u64().filter(|size| (1..=MOST).contains(size));
    value.and_then(|size| usize::try_from(size).ok()).ok_or_else(|| {
        ModelError::new(format!(
            "config.json: {key} is {}, not a size from 1 to {MOST}",
            config[key]
        ))
    })
}

/// An encoder ready to run.
pub(super) struct Encoder {
    pub(super) shape: Shape,
    words: Tensor,
    positions: Tensor,
    types: Tensor,
    norm: Norm,
    layers: Vec<Layer>,
}

struct Layer {
    attention_in: Linear,
    attention_out: Linear,
    attention_norm: Norm,
    inner: Linear,
    outer: Linear,
    norm: Norm,
}

/// `x · W + b`.
pub(super) struct Linear {
    weight: Tensor,
    bias: Tensor,
}

impl Linear {
    pub(super) fn read(weights: &Weights, name: &str, from: usize, to: usize) -> std::result::Result<Self, ModelError> {
        Ok(Self {
            weight: weights.get(&format!("{name}.weight"), &[to, from])?.t()?,
            bias: weights.get(&format!("{name}.bias"), &[to])?,
        })
    }

    /// One layer whose output is that of several, one after the other.
    fn joined(parts: &[Self]) -> Result<Self> {
        let weights: Vec<&Tensor> = parts.iter().map(|part| &part.weight).collect();
        let biases: Vec<&Tensor> = parts.iter().map(|part| &part.bias).collect();
        Ok(Self {
            weight: Tensor::cat(&weights, 1)?,
            bias: Tensor::cat(&biases, 0)?,
        })
    }

    /// Of rows.
    pub(super) fn forward(&self, rows: &Tensor) -> Result<Tensor> {
        rows.matmul(&self.weight)?.broadcast_add(&self.bias)
    }
}

struct Norm {
    weight: Tensor,
    bias: Tensor,
    epsilon: f32,
}

impl Norm {
    fn read(weights: &Weights, name: &str, shape: &Shape) -> std::result::Result<Self, ModelError> {
        Ok(Self {
            weight: weights.get(&format!("{name}.weight"), &[shape.hidden])?,
            bias: weights.get(&format!("{name}.bias"), &[shape.hidden])?,
            epsilon: shape.epsilon,
        })
    }

    fn forward(&self, rows: &Tensor) -> Result<Tensor> {
        layer_norm(rows, &self.weight, &self.bias, self.epsilon)
    }
}

impl Layer {
    fn read(weights: &Weights, name: &str, shape: &Shape) -> std::result::Result<Self, ModelError> {
        let square = |part: &str| Linear::read(weights, &format!("{name}.{part}"), shape.hidden, shape.hidden);
        let in_parts = [
            square("attention.self.query")?,
            square("attention.self.key")?,
            square("attention.self.value")?,
        ];
        Ok(Self {
            attention_in: Linear::joined(&in_parts)?,
            attention_out: square("attention.output.dense")?,
            attention_norm: Norm::read(weights, &format!("{name}.attention.output.LayerNorm"), shape)?,
            inner: Linear::read(
                weights,
                &format!("{name}.intermediate.dense"),
                shape.hidden,
                shape.inner,
            )?,
            outer: Linear::read(weights, &format!("{name}.output.dense"), shape.inner, shape.hidden)?,
            norm: Norm::read(weights, &format!("{name}.output.LayerNorm"), shape)?,
        })
    }
}

impl Encoder {
    /// Builds it from weights; tensors may be named with or without the family's prefix.
    ///
    /// # Errors
    /// Fails when a tensor is missing or has another shape than `config.json` promises.
    pub(super) fn read(weights: &Weights, shape: Shape) -> std::result::Result<Self, ModelError> {
        let prefix = if weights.has(&format!("{}embeddings.word_embeddings.weight", shape.family.prefix())) {
            shape.family.prefix()
        } else {
            ""
        };
        let table = |name: &str, rows: usize| {
            weights.get(
                &format!("{prefix}embeddings.{name}_embeddings.weight"),
                &[rows, shape.hidden],
            )
        };
        let layers = (0..shape.layers).map(|at| Layer::read(weights, &format!("{prefix}encoder.layer.{at}"), &shape));
        Ok(Self {
            words: table("word", shape.vocabulary)?,
            positions: table("position", shape.positions)?,
            types: table("token_type", shape.types)?,
            norm: Norm::read(weights, &format!("{prefix}embeddings.LayerNorm"), &shape)?,
            layers: layers.collect::<std::result::Result<_, _>>()?,
            shape,
        })
    }

    /// The last layer's states: texts × tokens × hidden.
    ///
    /// # Errors
    /// Fails when the batch does not fit the model.
    pub(super) fn forward(&self, batch: &Batch) -> std::result::Result<Tensor, ModelError> {
        if batch.width > self.shape.longest() {
            return Err(ModelError::new(format!(
                "a text of {} tokens is longer than the model's {}",
                batch.width,
                self.shape.longest()
            )));
        }
        let largest = batch.ids.iter().max().copied().unwrap_or(0) as usize;
        if largest >= self.shape.vocabulary {
            return Err(ModelError::new(format!(
                "tokenizer.json has a token {largest}, but the model only {} of them",
                self.shape.vocabulary
            )));
        }
        Ok(self.run(batch)?)
    }

    fn run(&self, batch: &Batch) -> Result<Tensor> {
        let (texts, width, hidden) = (batch.texts(), batch.width, self.shape.hidden);
        let device = &Device::Cpu;
        let first = u32::try_from(self.shape.first_position()).unwrap_or(0);
        let places = u32::try_from(width).unwrap_or(0);
        let positions = self
            .positions
            .index_select(&Tensor::arange(first, first + places, device)?, 0)?;
        // A model with one type of token gives it to both texts of a pair.
        let last_type = u32::try_from(self.shape.types - 1).unwrap_or(0);
        let types: Vec<u32> = batch.types.iter().map(|of| (*of).min(last_type)).collect();
        let words = self
            .words
            .index_select(&Tensor::from_slice(&batch.ids, texts * width, device)?, 0)?;
        let types = self
            .types
            .index_select(&Tensor::from_vec(types, texts * width, device)?, 0)?;
        let states = (words + types)?
            .reshape((texts, width, hidden))?
            .broadcast_add(&positions)?;
        let mut states = self.norm.forward(&states.reshape((texts * width, hidden))?)?;
        let mask = batch.mask()?;
        for layer in &self.layers {
            states = self.layer(layer, &states, mask.as_ref(), (texts, width))?;
        }
        states.reshape((texts, width, hidden))
    }

    /// One layer over rows of texts × tokens.
    fn layer(&self, layer: &Layer, rows: &Tensor, mask: Option<&Tensor>, size: (usize, usize)) -> Result<Tensor> {
        let (texts, width) = size;
        let (heads, of_head) = (self.shape.heads, self.shape.hidden / self.shape.heads);
        // texts × tokens × (query, key, value) × heads × numbers, turned so that each head's lie together.
        let joined = layer
            .attention_in
            .forward(rows)?
            .reshape((texts, width, 3, heads, of_head))?
            .permute((2, 0, 3, 1, 4))?
            .contiguous()?;
        let (query, key, value) = (joined.get(0)?, joined.get(1)?, joined.get(2)?);
        let mut scores = query.matmul(&key.transpose(D::Minus1, D::Minus2)?)?;
        if let Some(mask) = mask {
            scores = scores.broadcast_add(mask)?;
        }
        #[expect(clippy::cast_precision_loss, reason = "a head has few numbers")]
        let scale = 1.0 / (of_head as f32).sqrt();
        let context = softmax(&scores, scale)?
            .matmul(&value)?
            .transpose(1, 2)?
            .contiguous()?
            .reshape((texts * width, heads * of_head))?;
        let attended = (layer.attention_out.forward(&context)? + rows)?;
        let attended = layer.attention_norm.forward(&attended)?;
        let inner = gelu(&layer.inner.forward(&attended)?)?;
        let outer = (layer.outer.forward(&inner)? + &attended)?;
        layer.norm.forward(&outer)
    }
}

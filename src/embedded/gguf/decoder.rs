//! The transformer that writes: llama and its kin.
//!
//! Touvron et al., "Llama 2" (2023): root-mean-square norms, rotary positions, gated layers, few heads for
//! keys and values. Qwen2 adds a bias to query, key and value; Qwen3 a norm to query and key. Own code
//! where candle-transformers has one for each, because those read a prompt seven times as slowly (see
//! `matrix.rs`), end at 4,096 tokens, and cannot be stopped within a prompt.

use std::sync::Arc;

use candle_core::quantized::QTensor;
use candle_core::quantized::gguf_file::Content;
use candle_core::{D, Device, Result, Tensor};
use candle_nn::kv_cache::KvCache;
use candle_nn::ops::rms_norm;
use candle_nn::rotary_emb::{rope, rope_i};

use super::super::ModelError;
use super::super::kernels::{silu, softmax};
use super::matrix::{Matrix, ReadSeek, Source};
use super::metadata::Metadata;

/// Tokens of a prompt that are read at once; between them the caller may stop.
const CHUNK: usize = 128;
/// Longer windows are cut: the tables of positions and the memory for keys grow with it.
const LONGEST_WINDOW: usize = 32_768;

/// No model knows more tokens.
const MOST_WORDS: usize = 4 << 20;

/// A model ready to run.
pub(super) struct Decoder {
    sizes: Sizes,
    words: Arc<QTensor>,
    layers: Vec<Layer>,
    norm: Tensor,
    output: Matrix,
    cos: Tensor,
    sin: Tensor,
}

struct Sizes {
    hidden: usize,
    layers: usize,
    heads: usize,
    /// Heads of keys and values; each serves `heads / shared` heads of queries.
    shared: usize,
    of_head: usize,
    inner: usize,
    vocabulary: usize,
    window: usize,
    epsilon: f32,
    /// Whether a head's numbers turn in pairs side by side (llama), or half a head apart (qwen).
    side_by_side: bool,
}

struct Layer {
    norm: Tensor,
    query: Matrix,
    key: Matrix,
    value: Matrix,
    query_norm: Option<Tensor>,
    key_norm: Option<Tensor>,
    out: Matrix,
    inner_norm: Tensor,
    gate: Matrix,
    up: Matrix,
    down: Matrix,
}

/// What has been read and written so far: keys and values of each layer.
pub(super) struct State {
    caches: Vec<KvCache>,
    length: usize,
}

impl Sizes {
    fn read(content: &Content, metadata: &Metadata<'_>) -> std::result::Result<Self, ModelError> {
        let side_by_side = match metadata.architecture.as_str() {
            "llama" => true,
            "qwen2" | "qwen3" => false,
            other => {
                return Err(ModelError::new(format!(
                    "a model of the architecture {other:?} is not known (known: llama, qwen2, qwen3)"
                )));
            }
        };
        if metadata
            .size_if_there("expert_count")
            .is_ok_and(|experts| experts.is_some())
        {
            return Err(ModelError::new("a mixture of experts is not known"));
        }
        if let Some(scaling) = metadata.word("rope.scaling.type").filter(|scaling| *scaling != "none") {
            return Err(ModelError::new(format!(
                "rope.scaling.type {scaling} is not known (known: none)"
            )));
        }
        let hidden = metadata.size("embedding_length")?;
        let heads = metadata.size("attention.head_count")?;
        let shared = metadata.size_if_there("attention.head_count_kv")?.unwrap_or(heads);
        let of_head = metadata
            .size_if_there("attention.key_length")?
            .unwrap_or(hidden / heads);
        let rotated = metadata.size_if_there("rope.dimension_count")?.unwrap_or(of_head);
        if !heads.is_multiple_of(shared) || of_head == 0 || !of_head.is_multiple_of(2) || rotated != of_head {
            return Err(ModelError::new(format!(
                "{heads} heads of {of_head} numbers, {rotated} of them turned, and {shared} heads of keys do not fit together"
            )));
        }
        let words = content
            .tensor_infos
            .get("token_embd.weight")
            .map(|info| info.shape.dims().to_vec());
        let vocabulary = words.and_then(|dims| dims.first().copied()).unwrap_or(0);
        if !(1..=MOST_WORDS).contains(&vocabulary) {
            return Err(ModelError::new(format!(
                "token_embd.weight has {vocabulary} rows, not from 1 to {MOST_WORDS}"
            )));
        }
        Ok(Self {
            hidden,
            layers: metadata.size("block_count")?,
            heads,
            shared,
            of_head,
            inner: metadata.size("feed_forward_length")?,
            vocabulary,
            window: metadata
                .size_if_there("context_length")?
                .unwrap_or(2_048)
                .min(LONGEST_WINDOW),
            epsilon: metadata.float("attention.layer_norm_rms_epsilon").unwrap_or(1e-5),
            side_by_side,
        })
    }
}

impl Layer {
    fn read(source: &mut Source<'_>, at: usize, sizes: &Sizes) -> Result<Self> {
        let (hidden, inner) = (sizes.hidden, sizes.inner);
        let (queries, keys) = (sizes.heads * sizes.of_head, sizes.shared * sizes.of_head);
        let name = |part: &str| format!("blk.{at}.{part}");
        Ok(Self {
            norm: source.floats(&name("attn_norm.weight"), hidden)?,
            query: Matrix::read(source, &name("attn_q"), hidden, queries)?,
            key: Matrix::read(source, &name("attn_k"), hidden, keys)?,
            value: Matrix::read(source, &name("attn_v"), hidden, keys)?,
            query_norm: source.floats_if_there(&name("attn_q_norm.weight"), sizes.of_head)?,
            key_norm: source.floats_if_there(&name("attn_k_norm.weight"), sizes.of_head)?,
            out: Matrix::read(source, &name("attn_output"), queries, hidden)?,
            inner_norm: source.floats(&name("ffn_norm.weight"), hidden)?,
            gate: Matrix::read(source, &name("ffn_gate"), hidden, inner)?,
            up: Matrix::read(source, &name("ffn_up"), hidden, inner)?,
            down: Matrix::read(source, &name("ffn_down"), inner, hidden)?,
        })
    }
}

impl Decoder {
    /// Builds it from a file's tensors.
    ///
    /// # Errors
    /// Fails when a value or tensor is missing, cut short, or of another shape.
    pub(super) fn read(
        content: &Content,
        metadata: &Metadata<'_>,
        reader: &mut dyn ReadSeek,
    ) -> std::result::Result<Self, ModelError> {
        let sizes = Sizes::read(content, metadata)?;
        let mut source = Source { content, reader };
        let words = Arc::new(source.quantised("token_embd.weight", &[sizes.vocabulary, sizes.hidden])?);
        // Small models write with the table that they read with.
        let output = if source.has("output.weight") {
            Matrix::read(&mut source, "output", sizes.hidden, sizes.vocabulary)?
        } else {
            Matrix::new(words.clone(), None)?
        };
        let layers = (0..sizes.layers)
            .map(|at| Layer::read(&mut source, at, &sizes))
            .collect::<Result<_>>()?;
        let norm = source.floats("output_norm.weight", sizes.hidden)?;
        let half = sizes.of_head / 2;
        let slower = source.floats_if_there("rope_freqs.weight", half)?;
        let slower = slower.map(|factors| factors.to_vec1::<f32>()).transpose()?;
        let (cos, sin) = rotations(
            &sizes,
            metadata.float("rope.freq_base").unwrap_or(10_000.0),
            slower.as_deref(),
        )?;
        Ok(Self {
            sizes,
            words,
            layers,
            norm,
            output,
            cos,
            sin,
        })
    }

    /// How many tokens prompt and answer may have together.
    pub(super) fn window(&self) -> usize {
        self.sizes.window
    }

    /// Nothing read yet.
    pub(super) fn start(&self) -> State {
        let cache = || KvCache::new(2, 512);
        State {
            caches: (0..self.sizes.layers).map(|_| cache()).collect(),
            length: 0,
        }
    }

    /// Reads a prompt and gives the scores of what may follow; `None` when `go_on` said no between two pieces.
    ///
    /// # Errors
    /// Fails when the model does.
    pub(super) fn prompt(
        &self,
        state: &mut State,
        tokens: &[u32],
        go_on: &mut dyn FnMut() -> bool,
    ) -> std::result::Result<Option<Vec<f32>>, ModelError> {
        let mut scores = None;
        for chunk in tokens.chunks(CHUNK) {
            if !go_on() {
                return Ok(None);
            }
            scores = Some(self.run(state, chunk)?);
        }
        Ok(scores)
    }

    /// Adds one token and gives the scores of what may follow.
    ///
    /// # Errors
    /// Fails when the model does.
    pub(super) fn next(&self, state: &mut State, token: u32) -> std::result::Result<Vec<f32>, ModelError> {
        Ok(self.run(state, &[token])?)
    }

    fn run(&self, state: &mut State, tokens: &[u32]) -> Result<Vec<f32>> {
        if tokens.iter().any(|token| *token as usize >= self.sizes.vocabulary) {
            candle_core::bail!(
                "the tokenizer has more tokens than the model's {}",
                self.sizes.vocabulary
            );
        }
        let count = tokens.len();
        let mask = Self::mask(count, state.length)?;
        let ids = Tensor::from_slice(tokens, count, &Device::Cpu)?;
        let mut states = self.words.embedding(&ids)?.reshape((count, self.sizes.hidden))?;
        for (layer, cache) in self.layers.iter().zip(&mut state.caches) {
            let normed = rms_norm(&states, &layer.norm, self.sizes.epsilon)?;
            states = (self.attend(layer, cache, &normed, mask.as_ref(), state.length)? + states)?;
            let normed = rms_norm(&states, &layer.inner_norm, self.sizes.epsilon)?;
            let inner = (silu(&layer.gate.forward(&normed)?)? * layer.up.forward(&normed)?)?;
            states = (layer.down.forward(&inner)? + states)?;
        }
        state.length += count;
        let last = states.narrow(0, count - 1, 1)?.contiguous()?;
        let last = rms_norm(&last, &self.norm, self.sizes.epsilon)?;
        self.output.forward(&last)?.flatten_all()?.to_vec1()
    }

    fn attend(
        &self,
        layer: &Layer,
        cache: &mut KvCache,
        rows: &Tensor,
        mask: Option<&Tensor>,
        before: usize,
    ) -> Result<Tensor> {
        let Sizes {
            heads, shared, of_head, ..
        } = self.sizes;
        let count = rows.dim(0)?;
        // One text × heads × tokens × numbers.
        let split = |all: Tensor, heads: usize, norm: Option<&Tensor>| -> Result<Tensor> {
            let split = all.reshape((1, count, heads, of_head))?.transpose(1, 2)?.contiguous()?;
            match norm {
                Some(norm) => rms_norm(&split, norm, self.sizes.epsilon),
                None => Ok(split),
            }
        };
        let query = split(layer.query.forward(rows)?, heads, layer.query_norm.as_ref())?;
        let key = split(layer.key.forward(rows)?, shared, layer.key_norm.as_ref())?;
        let value = split(layer.value.forward(rows)?, shared, None)?;
        let (query, key) = (self.turn(&query, before)?, self.turn(&key, before)?);
        let (keys, values) = cache.append(&key, &value)?;
        // The heads of queries that share keys lie together, so that keys need not be copied for each.
        let group = heads / shared;
        let query = query.reshape((1, shared, group * count, of_head))?;
        let mut scores = query.matmul(&keys.transpose(D::Minus1, D::Minus2)?)?;
        if let Some(mask) = mask {
            let total = before + count;
            scores = scores
                .reshape((shared, group, count, total))?
                .broadcast_add(mask)?
                .reshape((1, shared, group * count, total))?;
        }
        #[expect(clippy::cast_precision_loss, reason = "a head has few numbers")]
        let scale = 1.0 / (of_head as f32).sqrt();
        let context = softmax(&scores, scale)?
            .matmul(&values)?
            .reshape((heads, count, of_head))?
            .transpose(0, 1)?
            .contiguous()?
            .reshape((count, heads * of_head))?;
        layer.out.forward(&context)
    }

    /// Turns each pair of numbers by its token's place: Su et al., "`RoFormer`" (2021).
    fn turn(&self, heads: &Tensor, before: usize) -> Result<Tensor> {
        let count = heads.dim(2)?;
        let (cos, sin) = (self.cos.narrow(0, before, count)?, self.sin.narrow(0, before, count)?);
        if self.sizes.side_by_side {
            rope_i(heads, &cos, &sin)
        } else {
            rope(heads, &cos, &sin)
        }
    }

    /// What keeps a token from seeing those after it: tokens × all tokens so far.
    fn mask(count: usize, before: usize) -> Result<Option<Tensor>> {
        if count == 1 {
            return Ok(None);
        }
        let total = before + count;
        let mut mask = vec![0.0_f32; count * total];
        for (at, row) in mask.chunks_exact_mut(total).enumerate() {
            row[before + at + 1..].fill(f32::MIN / 2.0);
        }
        Tensor::from_vec(mask, (count, total), &Device::Cpu).map(Some)
    }
}

/// The cosine and sine of every place's turn, for each pair of a head's numbers. `slower` divides the speed
/// of each pair (Llama 3.1 and later).
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "places and pairs are small numbers"
)]
fn rotations(sizes: &Sizes, base: f32, slower: Option<&[f32]>) -> Result<(Tensor, Tensor)> {
    let half = sizes.of_head / 2;
    let speeds: Vec<f64> = (0..half)
        .map(|pair| {
            let speed = 1.0 / libm::pow(f64::from(base), 2.0 * pair as f64 / sizes.of_head as f64);
            speed
                / slower
                    .and_then(|factors| factors.get(pair))
                    .map_or(1.0, |factor| f64::from(*factor))
        })
        .collect();
    let table = |of: fn(f64) -> f64| {
        let places = 0..sizes.window;
        let values = places.flat_map(|place| speeds.iter().map(move |speed| of(place as f64 * speed) as f32));
        Tensor::from_vec(values.collect(), (sizes.window, half), &Device::Cpu)
    };
    Ok((table(libm::cos)?, table(libm::sin)?))
}

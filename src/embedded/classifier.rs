//! Encoders that judge a pair of texts: one number (a cross-encoder) or one for each label (inference).

use std::path::Path;

use candle_core::Tensor;
use candle_transformers::models::debertav2::{Config as DebertaConfig, DebertaV2SeqClassificationModel};
use serde_json::Value;

use super::ModelError;
use super::encoder::{Encoder, Family, Linear, Shape, size_of};
use super::files::read_json;
use super::sequences::{Batch, Sequences};
use super::settings::Settings;
use super::weights::Weights;

/// A model that gives one or more numbers for a pair of texts.
pub(super) struct PairClassifier {
    body: Body,
    sequences: Sequences,
    /// The labels by their place among the outputs, in small letters.
    pub(super) labels: Vec<String>,
}

enum Body {
    /// Our own encoder, a layer with tanh, the outputs: BERT's pooler, or `RoBERTa`'s head.
    Encoder(Box<(Encoder, Linear, Linear)>),
    /// `DeBERTa` v2 and v3, as candle has it.
    Deberta(Box<DebertaV2SeqClassificationModel>),
}

impl PairClassifier {
    /// Loads `config.json`, `tokenizer.json` and `model.safetensors` of a folder.
    ///
    /// # Errors
    /// Fails when one is missing or broken, or the model is of another kind.
    pub(super) fn load(folder: &Path, settings: Settings) -> Result<Self, ModelError> {
        let config = read_json(&folder.join("config.json"))?;
        let labels = labels(&config);
        let settings = settings.complete(folder)?;
        let weights = Weights::read(&folder.join("model.safetensors"))?;
        let (body, longest) = if config["model_type"] == "deberta-v2" {
            deberta(&config, weights, labels.len())?
        } else {
            encoder(&config, &weights, labels.len())?
        };
        let longest = settings.max_tokens.unwrap_or(usize::MAX).min(longest);
        Ok(Self {
            body,
            sequences: Sequences::read(&folder.join("tokenizer.json"), longest)?,
            labels,
        })
    }

    /// The outputs for each pair, in order. A pair that is too long loses the end of its longer text.
    ///
    /// # Errors
    /// Fails when the model does.
    pub(super) fn outputs(&self, pairs: &[(&str, &str)]) -> Result<Vec<Vec<f32>>, ModelError> {
        let inputs: Vec<(String, String)> = pairs.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
        let encodings = self.sequences.encode(inputs)?;
        let mut outputs = vec![Vec::new(); pairs.len()];
        for (places, batch) in self.sequences.batches(&encodings) {
            let rows = self.forward(&batch)?.to_vec2::<f32>()?;
            for (place, row) in places.into_iter().zip(rows) {
                if row.iter().any(|x| !x.is_finite()) {
                    return Err(ModelError::new(
                        "the model's output is no number: its weights are broken",
                    ));
                }
                outputs[place] = row;
            }
        }
        Ok(outputs)
    }

    fn forward(&self, batch: &Batch) -> Result<Tensor, ModelError> {
        match &self.body {
            Body::Encoder(parts) => {
                let (encoder, dense, out) = parts.as_ref();
                let first = encoder.forward(batch)?.narrow(1, 0, 1)?.squeeze(1)?.contiguous()?;
                Ok(out.forward(&dense.forward(&first)?.tanh()?)?)
            }
            Body::Deberta(model) => {
                let size = (batch.texts(), batch.width);
                let device = &candle_core::Device::Cpu;
                let ids = Tensor::from_slice(&batch.ids, size, device)?;
                let types = Tensor::from_slice(&batch.types, size, device)?;
                Ok(model.forward(&ids, Some(types), Some(batch.attention()?))?)
            }
        }
    }
}

/// The labels in the order of `id2label`; a model without them has as many as `num_labels`, unnamed.
fn labels(config: &Value) -> Vec<String> {
    let Some(named) = config["id2label"].as_object().filter(|named| !named.is_empty()) else {
        let count = config["num_labels"].as_u64().unwrap_or(1).clamp(1, 1_000);
        return (0..count).map(|at| format!("label_{at}")).collect();
    };
    let mut numbered: Vec<(u64, String)> = named
        .iter()
        .map(|(id, label)| {
            let label = label.as_str().unwrap_or_default().to_lowercase();
            (id.parse().unwrap_or(u64::MAX), label)
        })
        .collect();
    numbered.sort();
    numbered.into_iter().map(|(_, label)| label).collect()
}

fn encoder(config: &Value, weights: &Weights, outputs: usize) -> Result<(Body, usize), ModelError> {
    let shape = Shape::read(config)?;
    let (longest, hidden) = (shape.longest(), shape.hidden);
    let (dense, out) = match shape.family {
        Family::Bert => ("bert.pooler.dense", "classifier"),
        Family::Roberta => ("classifier.dense", "classifier.out_proj"),
    };
    let dense = Linear::read(weights, dense, hidden, hidden)?;
    let out = Linear::read(weights, out, hidden, outputs)?;
    let encoder = Encoder::read(weights, shape)?;
    Ok((Body::Encoder(Box::new((encoder, dense, out))), longest))
}

fn deberta(config: &Value, weights: Weights, outputs: usize) -> Result<(Body, usize), ModelError> {
    // candle stops the program at these two instead of failing.
    if config["conv_kernel_size"].as_u64().unwrap_or(0) > 0 {
        return Err(ModelError::new(
            "config.json: DeBERTa with a convolution (conv_kernel_size) is not known; use a v3 model",
        ));
    }
    if config["z_steps"].as_u64().unwrap_or(0) > 1 {
        return Err(ModelError::new(
            "config.json: DeBERTa with z_steps above 1 is not known",
        ));
    }
    for key in [
        "hidden_size",
        "num_hidden_layers",
        "num_attention_heads",
        "intermediate_size",
        "vocab_size",
    ] {
        size_of(config, key)?;
    }
    let longest = size_of(config, "max_position_embeddings")?;
    let wrong = |error: &dyn std::fmt::Display| ModelError::new(format!("this DeBERTa cannot be loaded: {error}"));
    let mut config = config.clone();
    // Newer configs leave out what older readers need.
    let named: serde_json::Map<String, Value> = labels(&config)
        .into_iter()
        .enumerate()
        .map(|(at, label)| (at.to_string(), label.into()))
        .collect();
    config["id2label"] = named.into();
    for (key, value) in [
        ("pooler_hidden_size", config["hidden_size"].clone()),
        ("pooler_dropout", 0.into()),
        ("pooler_hidden_act", "gelu".into()),
    ] {
        if config[key].is_null() {
            config[key] = value;
        }
    }
    let parsed: DebertaConfig = serde_json::from_value(config).map_err(|error| wrong(&error))?;
    if weights.has("classifier.weight") {
        weights.get("classifier.weight", &[outputs, parsed.hidden_size])?;
    }
    let builder = weights.builder().pp("deberta");
    let model = DebertaV2SeqClassificationModel::load(builder, &parsed, None).map_err(|error| wrong(&error))?;
    Ok((Body::Deberta(Box::new(model)), longest))
}

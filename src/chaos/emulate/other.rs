//! Answers that are no conversation: vectors, models, counts.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::Call;
use crate::chaos::live::{Dialect, Operation, tokens};
use crate::clock;
use crate::rng::{Chance, fnv};
use crate::wire::{EmbeddingReply, Message, Usage, embedding_reply_to_json};

/// The models that each API lists. Any other is answered too: faults say what is gone.
const MODELS: &[(Dialect, &[&str])] = &[
    (
        Dialect::Openai,
        &[
            "gpt-4o",
            "gpt-4o-mini",
            "gpt-5",
            "gpt-5-mini",
            "text-embedding-3-small",
            "text-embedding-3-large",
        ],
    ),
    (Dialect::Azure, &["gpt-4o", "gpt-4o-mini"]),
    (
        Dialect::Anthropic,
        &["claude-opus-4-1", "claude-sonnet-4-5", "claude-haiku-4-5"],
    ),
    (
        Dialect::Gemini,
        &["gemini-2.5-pro", "gemini-2.5-flash", "gemini-embedding-001"],
    ),
    (Dialect::Ollama, &["llama3.2:latest", "qwen2.5:7b"]),
];
/// The most numbers of a vector.
const MOST_DIMENSIONS: u32 = 8_192;
/// How many coordinates a word moves.
const SPREAD: usize = 24;

/// The answer of a call that is no conversation.
#[must_use]
pub(super) fn answer(call: &Call, is_anthropic: bool) -> Value {
    let dialect = if is_anthropic { Dialect::Anthropic } else { call.dialect };
    match call.operation {
        Operation::Embed => vectors(call),
        Operation::CountTokens if call.dialect == Dialect::Gemini => json!({ "totalTokens": call.prompt_tokens }),
        Operation::CountTokens => json!({ "input_tokens": call.prompt_tokens }),
        Operation::Models => models(dialect),
        Operation::Model => model(dialect, &call.request.model),
        Operation::Version => json!({ "version": "0.12.6" }),
        Operation::Chat | Operation::Generate => Value::Null,
    }
}

fn models(dialect: Dialect) -> Value {
    let names = MODELS
        .iter()
        .find(|(it, _)| *it == dialect)
        .map_or(&[][..], |(_, names)| names);
    let all: Vec<Value> = names.iter().map(|name| model(dialect, name)).collect();
    match dialect {
        Dialect::Gemini | Dialect::Ollama => json!({ "models": all }),
        Dialect::Anthropic => {
            json!({ "data": all, "has_more": false, "first_id": names.first(), "last_id": names.last() })
        }
        _ => json!({ "object": "list", "data": all }),
    }
}

fn model(dialect: Dialect, name: &str) -> Value {
    match dialect {
        Dialect::Gemini => json!({
            "name": format!("models/{name}"), "version": "001", "displayName": name,
            "inputTokenLimit": 1_048_576, "outputTokenLimit": 65_536,
            "supportedGenerationMethods": ["generateContent", "countTokens", "embedContent"],
        }),
        Dialect::Anthropic => json!({
            "type": "model", "id": name, "display_name": name, "created_at": "2025-09-29T00:00:00Z",
        }),
        Dialect::Ollama => json!({
            "name": name, "model": name, "modified_at": "2025-09-29T00:00:00Z", "size": 2_019_393_189_u64,
            "digest": format!("{:016x}", fnv(name.as_bytes())),
            "details": { "format": "gguf", "family": "llama", "parameter_size": "3.2B", "quantization_level": "Q4_K_M" },
        }),
        _ => json!({ "id": name, "object": "model", "created": 1_715_367_049, "owned_by": "system" }),
    }
}

fn vectors(call: &Call) -> Value {
    let usual = match call.dialect {
        Dialect::Gemini => 3_072,
        Dialect::Ollama => 768,
        _ if call.request.model.contains("large") => 3_072,
        _ => 1_536,
    };
    let dimensions = call.dimensions.unwrap_or(usual).clamp(1, MOST_DIMENSIONS);
    let vectors: Vec<Vec<f32>> = call
        .request
        .messages
        .iter()
        .map(|message| vector(&Message::plain(message), dimensions))
        .collect();
    let counted = call
        .request
        .messages
        .iter()
        .map(|message| tokens::count(&message.plain()))
        .sum();
    match call.dialect {
        Dialect::Gemini if call.is_batch => {
            json!({ "embeddings": vectors.iter().map(|it| json!({ "values": it })).collect::<Vec<_>>() })
        }
        Dialect::Gemini => json!({ "embedding": { "values": vectors.first() } }),
        Dialect::Ollama => json!({
            "model": call.request.model, "embeddings": vectors, "total_duration": 1_000_000, "load_duration": 1_000,
            "prompt_eval_count": counted, "created_at": clock::rfc3339(clock::unix_seconds()),
        }),
        _ => {
            let mut value = embedding_reply_to_json(&EmbeddingReply {
                model: call.request.model.clone(),
                vectors: if call.wants_base64 {
                    vec![Vec::new(); vectors.len()]
                } else {
                    vectors.clone()
                },
                usage: Some(Usage {
                    input_tokens: counted,
                    ..Usage::default()
                }),
            });
            if call.wants_base64 {
                for (row, vector) in value["data"].as_array_mut().into_iter().flatten().zip(&vectors) {
                    let bytes: Vec<u8> = vector.iter().flat_map(|it| it.to_le_bytes()).collect();
                    row["embedding"] = STANDARD.encode(bytes).into();
                }
            }
            value
        }
    }
}

/// A text's vector of length one: each word moves some coordinates, so that texts with the same words are near.
fn vector(text: &str, dimensions: u32) -> Vec<f32> {
    let length = usize::try_from(dimensions).unwrap_or(1);
    let mut vector = vec![0.0_f32; length];
    for word in text
        .split(|letter: char| !letter.is_alphanumeric())
        .filter(|word| !word.is_empty())
    {
        let mut chance = Chance::numbered(0, fnv(word.to_lowercase().as_bytes()), 0);
        for _ in 0..SPREAD {
            let at = chance.below(length);
            vector[at] += if chance.coin() { 1.0 } else { -1.0 };
        }
    }
    let norm = vector.iter().map(|it| it * it).sum::<f32>().sqrt();
    if norm == 0.0 {
        vector[0] = 1.0;
    } else {
        for it in &mut vector {
            *it /= norm;
        }
    }
    vector
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_with_the_same_words_are_near() {
        let dot = |a: &str, b: &str| {
            vector(a, 256)
                .iter()
                .zip(vector(b, 256))
                .map(|(a, b)| a * b)
                .sum::<f32>()
        };
        assert!((dot("how long is a refund", "how long is a refund") - 1.0).abs() < 1e-5);
        assert!(dot("how long is a refund", "how long does a refund take") > 0.5);
        assert!(dot("how long is a refund", "weather in Oslo") < 0.3);
        assert!((vector("", 8)[0] - 1.0).abs() < f32::EPSILON);
    }
}

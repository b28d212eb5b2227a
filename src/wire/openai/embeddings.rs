//! Embeddings.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::error::in_body;
use super::reply::usage_from_json;
use crate::wire::json::{count, items, object, owned, put, take_cap, take_text, take_texts};
use crate::wire::{EmbeddingReply, EmbeddingRequest, WireError};

/// The most vectors and numbers of a vector that are read.
const MAX_TEXTS: u64 = 65_536;
const MAX_DIMENSIONS: usize = 65_536;

/// A request's JSON.
#[must_use]
pub fn embedding_request_to_json(request: &EmbeddingRequest) -> Value {
    let mut map = Map::new();
    map.insert("model".into(), request.model.clone().into());
    map.insert("input".into(), request.texts.clone().into());
    map.insert("encoding_format".into(), "float".into());
    put(&mut map, "dimensions", request.dimensions);
    Value::Object(map)
}

/// A request of its JSON.
///
/// # Errors
/// Fails when it has no texts.
pub fn embedding_request_from_json(value: Value) -> Result<EmbeddingRequest, WireError> {
    let mut map = object(value, "a JSON object as the request")?;
    let texts = take_texts(&mut map, "input");
    if texts.is_empty() {
        return Err(WireError::expected("`input`, a text or an array of texts"));
    }
    Ok(EmbeddingRequest {
        model: take_text(&mut map, "model").unwrap_or_default(),
        texts,
        dimensions: take_cap(&mut map, "dimensions"),
    })
}

/// A reply's JSON.
#[must_use]
pub fn embedding_reply_to_json(reply: &EmbeddingReply) -> Value {
    let data: Vec<Value> = (reply.vectors.iter().enumerate())
        .map(|(index, vector)| json!({ "object": "embedding", "index": index, "embedding": vector }))
        .collect();
    let tokens = reply.usage.map_or(0, |usage| usage.input_tokens);
    json!({
        "object": "list",
        "data": data,
        "model": reply.model,
        "usage": { "prompt_tokens": tokens, "total_tokens": tokens },
    })
}

/// A reply of its JSON: floats, or little-endian 32-bit floats in base64.
///
/// # Errors
/// Fails on an error in the body, and on vectors that are missing or of different lengths.
pub fn embedding_reply_from_json(value: &Value) -> Result<EmbeddingReply, WireError> {
    if let Some(error) = in_body(value) {
        return Err(error.into());
    }
    let mut rows: Vec<(u64, Vec<f32>)> = Vec::new();
    for (at, row) in (0..MAX_TEXTS).zip(items(value, "data")) {
        let vector = match row.get("embedding") {
            Some(Value::Array(numbers)) => numbers.iter().map(number).collect::<Option<Vec<f32>>>(),
            Some(Value::String(text)) => from_base64(text),
            _ => None,
        };
        let vector = vector
            .filter(|vector| !vector.is_empty() && vector.len() <= MAX_DIMENSIONS)
            .ok_or_else(|| WireError::expected("`data[].embedding`, an array of numbers"))?;
        rows.push((count(row, "index").unwrap_or(at), vector));
    }
    rows.sort_by_key(|(index, _)| *index);
    let vectors: Vec<Vec<f32>> = rows.into_iter().map(|(_, vector)| vector).collect();
    if vectors.is_empty() || vectors.iter().any(|vector| vector.len() != vectors[0].len()) {
        return Err(WireError::expected("`data` with vectors of one length"));
    }
    Ok(EmbeddingReply {
        model: owned(value, "model"),
        vectors,
        usage: value.get("usage").and_then(usage_from_json),
    })
}

#[expect(clippy::cast_possible_truncation, reason = "vectors are 32-bit everywhere")]
fn number(value: &Value) -> Option<f32> {
    value.as_f64().map(|it| it as f32).filter(|it| it.is_finite())
}

fn from_base64(text: &str) -> Option<Vec<f32>> {
    let bytes = STANDARD.decode(text).ok()?;
    let (fours, rest) = bytes.as_chunks::<4>();
    let vector: Vec<f32> = fours.iter().map(|four| f32::from_le_bytes(*four)).collect();
    (rest.is_empty() && vector.iter().all(|it| it.is_finite())).then_some(vector)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors_come_in_their_order_as_numbers_or_base64() {
        // 1.0 and -2.0 in little-endian bytes: 0000803f 000000c0.
        let reply = embedding_reply_from_json(&json!({
            "data": [
                { "index": 1, "embedding": "AACAPwAAAMA=" },
                { "index": 0, "embedding": [0.5, 0.25] },
            ],
            "model": "text-embedding-3-small",
            "usage": { "prompt_tokens": 4, "total_tokens": 4 },
        }))
        .unwrap();
        assert_eq!(reply.vectors, [[0.5, 0.25], [1.0, -2.0]]);
        assert_eq!(reply.usage.unwrap().input_tokens, 4);
        assert_eq!(embedding_reply_from_json(&embedding_reply_to_json(&reply)), Ok(reply));
    }

    #[test]
    fn wrong_vectors_are_refused() {
        for wrong in [
            json!({ "data": [] }),
            json!({ "data": [{ "embedding": [1.0] }, { "embedding": [1.0, 2.0] }] }),
            json!({ "data": [{ "embedding": "AAA" }] }),
            json!({ "error": { "message": "no" } }),
        ] {
            assert!(embedding_reply_from_json(&wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn requests_round_trip() {
        let request = EmbeddingRequest {
            model: "m".into(),
            texts: vec!["a".into(), "b".into()],
            dimensions: Some(256),
        };
        assert_eq!(
            embedding_request_from_json(embedding_request_to_json(&request)),
            Ok(request)
        );
    }
}

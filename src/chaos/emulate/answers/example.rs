//! The smallest JSON that a schema allows, near enough: for tools that must be called and answers of a form.

use serde_json::{Map, Value, json};

/// How deep a schema is followed.
const DEPTH: usize = 12;

/// An example of a JSON Schema.
#[must_use]
pub(super) fn of(schema: &Value) -> Value {
    example(schema, schema, DEPTH)
}

fn example(schema: &Value, root: &Value, depth: usize) -> Value {
    if depth == 0 {
        return Value::Null;
    }
    if let Some(target) = schema.get("$ref").and_then(Value::as_str) {
        let found = target.strip_prefix('#').and_then(|pointer| root.pointer(pointer));
        return found.map_or(Value::Null, |it| example(it, root, depth - 1));
    }
    for key in ["const", "default"] {
        if let Some(value) = schema.get(key) {
            return value.clone();
        }
    }
    for key in ["enum", "examples"] {
        if let Some(first) = schema.get(key).and_then(|it| it.get(0)) {
            return first.clone();
        }
    }
    for key in ["anyOf", "oneOf", "allOf"] {
        if let Some(first) = schema.get(key).and_then(|it| it.get(0)) {
            return example(first, root, depth - 1);
        }
    }
    let kind = schema.get("type").map(|kind| kind.get(0).unwrap_or(kind));
    // Gemini writes types in capitals.
    let kind = kind.and_then(Value::as_str).unwrap_or("object").to_ascii_lowercase();
    match kind.as_str() {
        "string" => string(schema),
        "integer" => schema
            .get("minimum")
            .filter(|it| it.is_i64())
            .cloned()
            .unwrap_or(json!(1)),
        "number" => schema
            .get("minimum")
            .filter(|it| it.is_number())
            .cloned()
            .unwrap_or(json!(1.5)),
        "boolean" => json!(true),
        "null" => Value::Null,
        "array" => {
            let items = schema.get("items").unwrap_or(&Value::Null);
            let count = schema.get("minItems").and_then(Value::as_u64).unwrap_or(1).min(16);
            (0..count).map(|_| example(items, root, depth - 1)).collect()
        }
        _ => {
            let mut map = Map::new();
            for (name, inner) in schema
                .get("properties")
                .and_then(Value::as_object)
                .into_iter()
                .flatten()
            {
                map.insert(name.clone(), example(inner, root, depth - 1));
            }
            Value::Object(map)
        }
    }
}

fn string(schema: &Value) -> Value {
    match schema.get("format").and_then(Value::as_str) {
        Some("date") => json!("2026-11-24"),
        Some("date-time") => json!("2026-11-24T12:00:00Z"),
        Some("email") => json!("someone@example.com"),
        Some("uri") => json!("https://example.com/"),
        Some("uuid") => json!("00000000-0000-4000-8000-000000000000"),
        _ => {
            let least = schema.get("minLength").and_then(Value::as_u64).unwrap_or(0).min(4_096);
            let text = "text".repeat(usize::try_from(least.div_ceil(4).max(1)).unwrap_or(1));
            json!(text)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn examples_are_valid() {
        let schema = json!({
            "type": "object",
            "properties": {
                "city": { "type": "string", "minLength": 6 },
                "unit": { "enum": ["C", "F"] },
                "days": { "type": "integer", "minimum": 3 },
                "near": { "type": "array", "items": { "$ref": "#/$defs/place" }, "minItems": 2 },
                "note": { "anyOf": [{ "type": "null" }, { "type": "string" }] },
            },
            "required": ["city", "unit", "days", "near", "note"],
            "$defs": { "place": { "type": "object", "properties": { "lat": { "type": "number" } }, "required": ["lat"] } },
        });
        assert!(jsonschema::is_valid(&schema, &of(&schema)), "{}", of(&schema));
        let endless = json!({ "$ref": "#" });
        assert_eq!(of(&endless), Value::Null);
    }
}

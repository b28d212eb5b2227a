//! Nodes as plain JSON values and back.

use serde_json::{Map as JsonMap, Value};

use super::file::Place;
use super::node::{Data, Entry, Key, Map, Node};

impl Node {
    /// The value without its places. Of a key that stands twice the last one is kept; a number that JSON
    /// cannot write (infinity) becomes null.
    #[must_use]
    pub fn to_json(&self) -> Value {
        match &self.data {
            Data::Null => Value::Null,
            Data::Bool(value) => Value::Bool(*value),
            Data::Int(value) => Value::from(*value),
            Data::Float(value) => Value::from(*value),
            Data::Str(text) => Value::String(text.clone()),
            Data::Seq(items) => items.iter().map(Self::to_json).collect(),
            Data::Map(map) => {
                let entries = map.entries.iter();
                let entries = entries.map(|entry| (entry.key.text.clone(), entry.value.to_json()));
                Value::Object(entries.collect::<JsonMap<_, _>>())
            }
        }
    }

    /// A value all of whose parts stand at one place: a row of a file that is not parsed into nodes.
    #[must_use]
    pub fn from_json(value: &Value, place: &Place) -> Self {
        let data = match value {
            Value::Null => Data::Null,
            Value::Bool(value) => Data::Bool(*value),
            Value::Number(number) => match number.as_i64() {
                Some(whole) => Data::Int(whole),
                None => Data::Float(number.as_f64().unwrap_or(f64::INFINITY)),
            },
            Value::String(text) => Data::Str(text.clone()),
            Value::Array(items) => Data::Seq(items.iter().map(|item| Self::from_json(item, place)).collect()),
            Value::Object(map) => {
                let entry = |(key, value): (&String, &Value)| Entry {
                    key: Key {
                        text: key.clone(),
                        place: place.clone(),
                    },
                    value: Self::from_json(value, place),
                };
                Data::Map(Map {
                    entries: map.iter().map(entry).collect(),
                })
            }
        };
        Self {
            data,
            place: place.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{SourceFile, Span};

    #[test]
    fn a_value_survives_both_ways() {
        let value = serde_json::json!({"a": [1, -2, 0.5, true, null, "x"], "b": {"c": {}}});
        let place = SourceFile::new("x", "x").place(Span::new(0, 1));
        assert_eq!(Node::from_json(&value, &place).to_json(), value);
    }
}

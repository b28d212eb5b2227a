//! Short ways through foreign JSON: what is not there, or of another kind, is `None`.

use serde_json::{Map, Value};

use super::{Content, WireError};

/// A text field.
pub(super) fn text<'a>(value: &'a Value, key: &str) -> Option<&'a str> {
    value.get(key)?.as_str()
}

/// A text field of its own, empty when it is not there.
pub(super) fn owned(value: &Value, key: &str) -> String {
    text(value, key).unwrap_or_default().to_owned()
}

/// A count.
pub(super) fn count(value: &Value, key: &str) -> Option<u64> {
    let number = value.get(key)?;
    number.as_u64().or_else(|| {
        let number = number.as_f64().filter(|it| *it >= 0.0)?;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "some servers write counts as 12.0; a cast saturates"
        )]
        Some(number as u64)
    })
}

/// The items of an array field; none when it is not there.
pub(super) fn items<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// An object, or an error that says what was expected.
pub(super) fn object(value: Value, what: &str) -> Result<Map<String, Value>, WireError> {
    match value {
        Value::Object(map) => Ok(map),
        _ => Err(WireError::expected(what)),
    }
}

/// Takes a cap of tokens out of an object.
pub(super) fn take_cap(map: &mut Map<String, Value>, key: &str) -> Option<u32> {
    map.remove(key)?
        .as_u64()
        .map(|cap| u32::try_from(cap).unwrap_or(u32::MAX))
}

/// Takes a number out of an object.
pub(super) fn take_number(map: &mut Map<String, Value>, key: &str) -> Option<f64> {
    map.remove(key)?.as_f64()
}

/// Takes a flag out of an object; `false` when it is not there.
pub(super) fn take_flag(map: &mut Map<String, Value>, key: &str) -> bool {
    map.remove(key).and_then(|it| it.as_bool()).unwrap_or(false)
}

/// Takes a text, or an array of them.
pub(super) fn take_texts(map: &mut Map<String, Value>, key: &str) -> Vec<String> {
    match map.remove(key) {
        Some(Value::String(text)) => vec![text],
        Some(Value::Array(items)) => items
            .into_iter()
            .filter_map(|item| item.as_str().map(ToOwned::to_owned))
            .collect(),
        _ => Vec::new(),
    }
}

/// Takes a text out of an object.
pub(super) fn take_text(map: &mut Map<String, Value>, key: &str) -> Option<String> {
    match map.remove(key) {
        Some(Value::String(text)) => Some(text),
        _ => None,
    }
}

/// Puts a value in when there is one.
pub(super) fn put(map: &mut Map<String, Value>, key: &str, value: Option<impl Into<Value>>) {
    if let Some(value) = value {
        map.insert(key.to_owned(), value.into());
    }
}

/// Further fields over an object: an object among them is laid over the object that is there.
pub(super) fn lay_over(map: &mut Map<String, Value>, extra: &Map<String, Value>) {
    for (key, value) in extra {
        match (map.get_mut(key), value) {
            (Some(Value::Object(inner)), Value::Object(more)) => lay_over(inner, more),
            _ => {
                map.insert(key.clone(), value.clone());
            }
        }
    }
}

/// The object that a tool's arguments are, for APIs that want one; broken arguments stand under
/// `input`, so that nothing that the model said is lost.
pub(super) fn arguments_object(arguments: &str) -> Value {
    if arguments.trim().is_empty() {
        return Value::Object(Map::new());
    }
    match serde_json::from_str(arguments) {
        Ok(Value::Object(map)) => Value::Object(map),
        _ => serde_json::json!({ "input": arguments }),
    }
}

/// Kind and base64 of a `data:` address.
pub(super) fn data_url(url: &str) -> Option<(&str, &str)> {
    url.strip_prefix("data:")?.split_once(";base64,")
}

/// A piece of plain text, unless it is empty.
pub(super) fn plain(text: &str) -> Vec<Content> {
    if text.is_empty() {
        Vec::new()
    } else {
        vec![Content::Text(text.to_owned())]
    }
}

//! Error bodies that are not an API's own: gateways, proxies and web servers answer too.

use http::HeaderMap;
use serde_json::Value;

use super::headers::{retry_after, retry_in_text};
use super::{ApiError, json};

/// Letters of a foreign body that an error shows.
const SHOWN: usize = 300;

/// The error of an answer whose status is not 200. `read` reads the API's own form of body; what it
/// does not know is shown as text.
pub(super) fn from_http(
    status: u16,
    headers: &HeaderMap,
    body: &[u8],
    now: f64,
    read: impl Fn(&Value) -> Option<ApiError>,
) -> ApiError {
    let value: Option<Value> = serde_json::from_slice(body).ok();
    let known = value.as_ref().and_then(|it| read(it).or_else(|| anybody(it)));
    let mut error = known.unwrap_or_else(|| ApiError {
        status,
        kind: "http".to_owned(),
        code: None,
        message: shown(&String::from_utf8_lossy(&body[..body.len().min(8_192)])),
        retry_after: None,
    });
    error.status = status;
    error.retry_after = retry_after(headers, now)
        .or(error.retry_after)
        .or_else(|| retry_in_text(&error.message));
    error
}

/// `{"error": "text"}`, `{"message": …}`, `{"detail": …}`: `FastAPI`, vLLM, Ollama and many gateways.
pub(super) fn anybody(value: &Value) -> Option<ApiError> {
    let error = value.get("error").filter(|it| !it.is_null());
    let inner = error.filter(|it| it.is_object()).unwrap_or(value);
    let message = error
        .and_then(Value::as_str)
        .or_else(|| json::text(inner, "message"))
        .or_else(|| json::text(inner, "detail"))
        .map(shown)
        .or_else(|| Some(shown(&error.or_else(|| value.get("detail"))?.to_string())))?;
    Some(ApiError {
        status: 200,
        kind: json::text(inner, "type").unwrap_or("error").to_owned(),
        code: code(inner),
        message,
        retry_after: None,
    })
}

/// `code`, a text or a number.
pub(super) fn code(value: &Value) -> Option<String> {
    match value.get("code")? {
        Value::String(code) => Some(code.clone()),
        Value::Number(code) => Some(code.to_string()),
        _ => None,
    }
}

/// The first letters, white space folded, tags of HTML left out.
pub(super) fn shown(text: &str) -> String {
    let mut out = String::new();
    let mut letters = 0;
    let mut in_tag = false;
    let html = text.trim_start().starts_with('<');
    for letter in text.chars() {
        if html && letter == '<' {
            in_tag = true;
        }
        if !in_tag {
            let letter = if letter.is_whitespace() { ' ' } else { letter };
            if !(letter == ' ' && (out.is_empty() || out.ends_with(' '))) {
                out.push(letter);
                letters += 1;
            }
        }
        if html && letter == '>' {
            in_tag = false;
        }
        if letters >= SHOWN {
            out.push('…');
            break;
        }
    }
    let out = out.trim_end();
    if out.is_empty() {
        "(no text)".to_owned()
    } else {
        out.to_owned()
    }
}

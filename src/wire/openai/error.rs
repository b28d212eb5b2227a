//! Errors.

use serde_json::{Value, json};

use crate::wire::ApiError;
use crate::wire::api_error::{anybody, code};
use crate::wire::json::{owned, text};

/// The API's own form of body; Azure adds `innererror`, whose code is the more exact one.
pub(in crate::wire) fn from_body(value: &Value) -> Option<ApiError> {
    let error = value.get("error").filter(|it| it.is_object())?;
    let inner = error.pointer("/innererror/code").and_then(Value::as_str);
    let mut code = code(error);
    if inner == Some("ResponsibleAIPolicyViolation") {
        code = Some("content_filter".to_owned());
    }
    let mut message = owned(error, "message");
    // OpenRouter: what the provider behind it said.
    if let Some(raw) = error.pointer("/metadata/raw").and_then(Value::as_str) {
        let raw = crate::wire::api_error::shown(raw);
        message = format!("{message}: {raw}");
    }
    Some(ApiError {
        status: 200,
        kind: text(error, "type").unwrap_or("error").to_owned(),
        code,
        message,
        retry_after: None,
    })
}

/// An error where an answer should be: `OpenRouter` and gateways send one with status 200, its number
/// in `code`.
pub(super) fn in_body(value: &Value) -> Option<ApiError> {
    value.get("error").filter(|it| !it.is_null())?;
    let mut error = from_body(value).or_else(|| anybody(value))?;
    if let Some(status) = error.code.as_deref().and_then(|code| code.parse().ok())
        && (400..600).contains(&status)
    {
        error.status = status;
    }
    Some(error)
}

pub(in crate::wire) fn to_json(error: &ApiError) -> Value {
    json!({
        "error": {
            "message": error.message,
            "type": error.kind,
            "param": Value::Null,
            "code": error.code,
        }
    })
}

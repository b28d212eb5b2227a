//! Transforms: what is checked, made out of the answer.

use serde_json::Value;

use super::super::case::Case;
use super::{call, context, javascript};
use crate::eval::judges::JudgeError;

/// What a transform makes of the answer. It must give something.
pub(in super::super) async fn transform(case: &Case<'_>, code: &str, what: &str) -> Result<Value, JudgeError> {
    let given = if let Some(path) = code.strip_prefix("file://") {
        let arguments = vec![case.output.clone(), context::of(case)];
        call(case, path, "get_transform", arguments).await?
    } else {
        let body = if code.contains('\n') {
            code.to_owned()
        } else {
            format!("return {code}")
        };
        javascript::run(case, &body, "output", case.output.clone())
            .await?
            .map(|given| given.value)
    };
    match given {
        Ok(Value::Null) => Err(case.fault(format!("the {what} gave nothing"))),
        Ok(value) => Ok(value),
        Err(thrown) => Err(case.fault(format!("the {what} threw {thrown}"))),
    }
}

/// The context that a `contextTransform` makes of the answer: one text, or several.
pub(in super::super) async fn transform_context(case: &Case<'_>, code: &str) -> Result<Value, JudgeError> {
    transform(case, code, "context transform").await
}

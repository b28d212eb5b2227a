//! What a script is told beside the answer, in the shape of promptfoo 0.121.20.

use serde_json::{Map, Value, json};

use super::super::case::Case;
use super::super::limits::finish_word;

/// `context` of an assertion: `prompt`, `vars`, `test`, `provider`, `providerResponse`, `config`.
pub(super) fn of(case: &Case<'_>) -> Value {
    let exhibit = case.exhibit;
    let reply = &exhibit.reply;
    let mut response = Map::new();
    response.insert("output".to_owned(), case.output.clone());
    response.insert("cached".to_owned(), Value::Bool(false));
    response.insert("latencyMs".to_owned(), json!(reply.latency_ms));
    if let Some(cost) = reply.cost_usd {
        response.insert("cost".to_owned(), json!(cost));
    }
    if let Some(finish) = &reply.chat.finish {
        response.insert("finishReason".to_owned(), json!(finish_word(finish)));
    }
    if let Some(raw) = &reply.raw {
        response.insert("raw".to_owned(), raw.clone());
    }
    if let Some(usage) = reply.chat.usage {
        response.insert(
            "tokenUsage".to_owned(),
            json!({
                "prompt": usage.input_tokens,
                "completion": usage.output_tokens,
                "total": usage.input_tokens + usage.output_tokens,
                "cached": usage.cached_input_tokens,
            }),
        );
    }
    let mut context = Map::new();
    context.insert("prompt".to_owned(), json!(exhibit.prompt));
    context.insert("vars".to_owned(), Value::Object(exhibit.variables.clone()));
    context.insert(
        "test".to_owned(),
        json!({"vars": exhibit.variables, "description": exhibit.case}),
    );
    context.insert(
        "provider".to_owned(),
        json!({"id": exhibit.variant, "label": exhibit.variant}),
    );
    context.insert("providerResponse".to_owned(), Value::Object(response));
    if let Some(config) = &case.check.config {
        context.insert("config".to_owned(), config.clone());
    }
    Value::Object(context)
}

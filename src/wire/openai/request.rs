//! Requests.

use serde_json::{Map, Value, json};

use crate::wire::json::{object, owned, plain, put, take_cap, take_flag, take_number, take_text, take_texts, text};
use crate::wire::{ChatRequest, Content, Message, ResponseFormat, Role, Tool, ToolCall, ToolChoice, WireError};

/// Beginnings of the models that refuse `max_tokens` and want `max_completion_tokens` (`OpenAI`'s API
/// reference, 2026). Other servers know only the older name.
const REASONING: &[&str] = &["o1", "o3", "o4", "gpt-5"];

pub(in crate::wire) fn to_json(request: &ChatRequest) -> Value {
    let mut map = Map::new();
    map.insert("model".into(), request.model.clone().into());
    map.insert(
        "messages".into(),
        request.messages.iter().map(message_to_json).collect(),
    );
    let bare = request.model.rsplit('/').next().unwrap_or_default();
    let cap = if REASONING.iter().any(|name| bare.starts_with(name)) {
        "max_completion_tokens"
    } else {
        "max_tokens"
    };
    put(&mut map, cap, request.max_output_tokens);
    put(&mut map, "temperature", request.temperature);
    put(&mut map, "top_p", request.top_p);
    if !request.stop.is_empty() {
        map.insert("stop".into(), request.stop.clone().into());
    }
    put(&mut map, "seed", request.seed);
    if !request.tools.is_empty() {
        map.insert("tools".into(), request.tools.iter().map(tool_to_json).collect());
    }
    put(
        &mut map,
        "tool_choice",
        request.tool_choice.as_ref().map(tool_choice_to_json),
    );
    put(
        &mut map,
        "response_format",
        request.response_format.as_ref().map(format_to_json),
    );
    if request.stream {
        map.insert("stream".into(), true.into());
        map.insert("stream_options".into(), json!({ "include_usage": true }));
    }
    for (key, value) in &request.extra {
        map.insert(key.clone(), value.clone());
    }
    Value::Object(map)
}

pub(in crate::wire) fn from_json(value: Value) -> Result<ChatRequest, WireError> {
    let mut map = object(value, "a JSON object as the request")?;
    let Some(Value::Array(messages)) = map.remove("messages") else {
        return Err(WireError::expected("`messages`, an array"));
    };
    let newer_cap = take_cap(&mut map, "max_completion_tokens");
    let tools = match map.remove("tools") {
        Some(Value::Array(tools)) => tools.iter().map(tool_from_json).collect::<Result<_, _>>()?,
        _ => Vec::new(),
    };
    let stream = take_flag(&mut map, "stream");
    if map.get("stream_options") == Some(&json!({ "include_usage": true })) {
        map.remove("stream_options");
    }
    Ok(ChatRequest {
        model: take_text(&mut map, "model").unwrap_or_default(),
        messages: messages.iter().map(message_from_json).collect::<Result<_, _>>()?,
        max_output_tokens: newer_cap.or(take_cap(&mut map, "max_tokens")),
        temperature: take_number(&mut map, "temperature"),
        top_p: take_number(&mut map, "top_p"),
        stop: take_texts(&mut map, "stop"),
        seed: map.remove("seed").and_then(|seed| seed.as_i64()),
        tools,
        tool_choice: map.remove("tool_choice").as_ref().and_then(tool_choice_from_json),
        response_format: map.remove("response_format").as_ref().and_then(format_from_json),
        stream,
        extra: map,
    })
}

fn message_to_json(message: &Message) -> Value {
    let mut map = Map::new();
    let role = match message.role {
        Role::System => "system",
        Role::User => "user",
        Role::Assistant => "assistant",
        Role::Tool => "tool",
    };
    map.insert("role".into(), role.into());
    let content = match message.content.as_slice() {
        [] if !message.tool_calls.is_empty() => Value::Null,
        [] => "".into(),
        [Content::Text(text)] => text.as_str().into(),
        pieces => pieces.iter().map(piece_to_json).collect(),
    };
    map.insert("content".into(), content);
    if !message.tool_calls.is_empty() {
        map.insert(
            "tool_calls".into(),
            message.tool_calls.iter().map(call_to_json).collect(),
        );
    }
    put(&mut map, "tool_call_id", message.tool_call_id.clone());
    put(&mut map, "name", message.name.clone());
    Value::Object(map)
}

fn message_from_json(value: &Value) -> Result<Message, WireError> {
    let role = match text(value, "role") {
        Some("system" | "developer") => Role::System,
        Some("user") => Role::User,
        Some("assistant") => Role::Assistant,
        Some("tool" | "function") => Role::Tool,
        _ => {
            return Err(WireError::expected(
                "`role`, one of system, developer, user, assistant, tool",
            ));
        }
    };
    let content = match value.get("content") {
        Some(Value::String(text)) => plain(text),
        Some(Value::Array(pieces)) => pieces.iter().map(piece_from_json).collect(),
        None | Some(Value::Null) => Vec::new(),
        Some(_) => return Err(WireError::expected("`content`, a text or an array of parts")),
    };
    let calls = value.get("tool_calls").and_then(Value::as_array);
    Ok(Message {
        role,
        content,
        tool_calls: calls.map_or_else(Vec::new, |calls| calls.iter().map(call_from_json).collect()),
        tool_call_id: text(value, "tool_call_id").map(ToOwned::to_owned),
        name: text(value, "name").map(ToOwned::to_owned),
    })
}

fn piece_to_json(piece: &Content) -> Value {
    match piece {
        Content::Text(text) => json!({ "type": "text", "text": text }),
        Content::Image(url) => json!({ "type": "image_url", "image_url": { "url": url } }),
        Content::Other(value) => value.clone(),
    }
}

fn piece_from_json(value: &Value) -> Content {
    match text(value, "type") {
        Some("text") if text(value, "text").is_some() => Content::Text(owned(value, "text")),
        Some("image_url") => match value.pointer("/image_url/url").and_then(Value::as_str) {
            Some(url) => Content::Image(url.to_owned()),
            None => Content::Other(value.clone()),
        },
        _ => Content::Other(value.clone()),
    }
}

pub(super) fn call_to_json(call: &ToolCall) -> Value {
    json!({
        "id": call.id,
        "type": "function",
        "function": { "name": call.name, "arguments": call.arguments },
    })
}

pub(super) fn call_from_json(value: &Value) -> ToolCall {
    let function = value.get("function").unwrap_or(&Value::Null);
    ToolCall {
        id: owned(value, "id"),
        name: owned(function, "name"),
        arguments: match function.get("arguments") {
            Some(Value::String(text)) => text.clone(),
            // Some servers (Ollama among them) write the object itself.
            Some(other) if !other.is_null() => other.to_string(),
            _ => String::new(),
        },
    }
}

pub(in crate::wire) fn tool_to_json(tool: &Tool) -> Value {
    let mut function = Map::new();
    function.insert("name".into(), tool.name.clone().into());
    put(&mut function, "description", tool.description.clone());
    function.insert("parameters".into(), tool.parameters.clone());
    json!({ "type": "function", "function": function })
}

pub(in crate::wire) fn tool_from_json(value: &Value) -> Result<Tool, WireError> {
    let function = value
        .get("function")
        .ok_or_else(|| WireError::expected("`function` in a tool"))?;
    Ok(Tool {
        name: owned(function, "name"),
        description: text(function, "description").map(ToOwned::to_owned),
        parameters: function.get("parameters").cloned().unwrap_or(Value::Null),
    })
}

fn tool_choice_to_json(choice: &ToolChoice) -> Value {
    match choice {
        ToolChoice::Auto => "auto".into(),
        ToolChoice::None => "none".into(),
        ToolChoice::Required => "required".into(),
        ToolChoice::Named(name) => json!({ "type": "function", "function": { "name": name } }),
    }
}

fn tool_choice_from_json(value: &Value) -> Option<ToolChoice> {
    match value.as_str() {
        Some("auto") => Some(ToolChoice::Auto),
        Some("none") => Some(ToolChoice::None),
        Some("required" | "any") => Some(ToolChoice::Required),
        Some(_) => None,
        None => {
            let name = value.pointer("/function/name")?.as_str()?;
            Some(ToolChoice::Named(name.to_owned()))
        }
    }
}

fn format_to_json(format: &ResponseFormat) -> Value {
    match format {
        ResponseFormat::Json => json!({ "type": "json_object" }),
        ResponseFormat::Schema { name, schema } => json!({
            "type": "json_schema",
            "json_schema": { "name": name, "schema": schema, "strict": true },
        }),
    }
}

fn format_from_json(value: &Value) -> Option<ResponseFormat> {
    match text(value, "type")? {
        "json_object" => Some(ResponseFormat::Json),
        "json_schema" => {
            let inner = value.get("json_schema")?;
            Some(ResponseFormat::Schema {
                name: owned(inner, "name"),
                schema: inner.get("schema")?.clone(),
            })
        }
        _ => None,
    }
}

//! Requests. System messages stand in a field of their own; results of tools are blocks of the user's
//! messages; an output cap is a must; there is no seed, and no JSON without a schema.

use serde_json::{Map, Value, json};

use crate::wire::json::{
    arguments_object, data_url, items, lay_over, object, owned, plain, put, take_cap, take_flag, take_number,
    take_text, take_texts, text,
};
use crate::wire::turns::turns_to_json;
use crate::wire::{ChatRequest, Content, Message, ResponseFormat, Role, Tool, ToolCall, ToolChoice, WireError};

/// The output cap when none is set: the API refuses a request without one.
const DEFAULT_CAP: u32 = 4_096;

pub(in crate::wire) fn to_json(request: &ChatRequest) -> Value {
    let mut map = Map::new();
    map.insert("model".into(), request.model.clone().into());
    map.insert(
        "max_tokens".into(),
        request.max_output_tokens.unwrap_or(DEFAULT_CAP).into(),
    );
    let system: Vec<&Message> = request.messages.iter().filter(|it| it.role == Role::System).collect();
    match system.as_slice() {
        [] => {}
        [one] if matches!(one.content.as_slice(), [Content::Text(_)]) => {
            map.insert("system".into(), one.plain().into());
        }
        many => {
            let blocks = many.iter().flat_map(|message| &message.content).map(block_to_json);
            map.insert("system".into(), blocks.collect());
        }
    }
    map.insert("messages".into(), messages_to_json(&request.messages).into());
    put(&mut map, "temperature", request.temperature);
    put(&mut map, "top_p", request.top_p);
    if !request.stop.is_empty() {
        map.insert("stop_sequences".into(), request.stop.clone().into());
    }
    if !request.tools.is_empty() {
        map.insert("tools".into(), request.tools.iter().map(tool_to_json).collect());
    }
    put(
        &mut map,
        "tool_choice",
        request.tool_choice.as_ref().map(choice_to_json),
    );
    if let Some(ResponseFormat::Schema { schema, .. }) = &request.response_format {
        let format = json!({ "type": "json_schema", "schema": schema });
        map.insert("output_config".into(), json!({ "format": format }));
    }
    if request.stream {
        map.insert("stream".into(), true.into());
    }
    lay_over(&mut map, &request.extra);
    Value::Object(map)
}

pub(in crate::wire) fn from_json(value: Value) -> Result<ChatRequest, WireError> {
    let mut map = object(value, "a JSON object as the request")?;
    let mut messages = Vec::new();
    match map.remove("system") {
        Some(Value::String(text)) => messages.push(Message::text(Role::System, text)),
        Some(Value::Array(blocks)) => messages.push(Message {
            content: blocks.iter().map(block_from_json).collect(),
            ..Message::text(Role::System, "")
        }),
        _ => {}
    }
    let Some(Value::Array(rest)) = map.remove("messages") else {
        return Err(WireError::expected("`messages`, an array"));
    };
    for message in &rest {
        message_from_json(message, &mut messages)?;
    }
    let response_format = take_format(&mut map);
    let tools = match map.remove("tools") {
        Some(Value::Array(tools)) => tools.iter().map(tool_from_json).collect(),
        _ => Vec::new(),
    };
    let stream = take_flag(&mut map, "stream");
    Ok(ChatRequest {
        model: take_text(&mut map, "model").unwrap_or_default(),
        messages,
        max_output_tokens: take_cap(&mut map, "max_tokens"),
        temperature: take_number(&mut map, "temperature"),
        top_p: take_number(&mut map, "top_p"),
        stop: take_texts(&mut map, "stop_sequences"),
        seed: None,
        tools,
        tool_choice: map.remove("tool_choice").as_ref().and_then(choice_from_json),
        response_format,
        stream,
        extra: map,
    })
}

fn messages_to_json(messages: &[Message]) -> Vec<Value> {
    let result = |message: &Message| {
        json!({
            "type": "tool_result",
            "tool_use_id": message.tool_call_id,
            "content": message.plain(),
        })
    };
    turns_to_json(messages, result, |message| match message.content.as_slice() {
        [Content::Text(text)] if message.tool_calls.is_empty() => text.as_str().into(),
        pieces => {
            let calls = message.tool_calls.iter().map(call_to_json);
            pieces.iter().map(block_to_json).chain(calls).collect()
        }
    })
}

fn message_from_json(value: &Value, out: &mut Vec<Message>) -> Result<(), WireError> {
    let role = match text(value, "role") {
        Some("user") => Role::User,
        Some("assistant") => Role::Assistant,
        Some("system") => Role::System,
        _ => return Err(WireError::expected("`role`, user or assistant")),
    };
    if let Some(text) = text(value, "content") {
        out.push(Message {
            content: plain(text),
            ..Message::text(role, "")
        });
        return Ok(());
    }
    let mut message = Message {
        content: Vec::new(),
        ..Message::text(role, "")
    };
    let blocks = items(value, "content");
    let mut results = 0;
    for block in blocks {
        match text(block, "type") {
            Some("tool_use") => message.tool_calls.push(call_from_json(block)),
            Some("tool_result") => {
                results += 1;
                let said = block.get("content").map(result_text).unwrap_or_default();
                out.push(Message {
                    content: plain(&said),
                    tool_call_id: text(block, "tool_use_id").map(ToOwned::to_owned),
                    ..Message::text(Role::Tool, "")
                });
            }
            _ => message.content.push(block_from_json(block)),
        }
    }
    if results == 0 || !message.content.is_empty() || !message.tool_calls.is_empty() {
        out.push(message);
    }
    Ok(())
}

fn result_text(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        Value::Array(blocks) => blocks.iter().filter_map(|block| text(block, "text")).collect(),
        _ => String::new(),
    }
}

fn block_to_json(piece: &Content) -> Value {
    match piece {
        Content::Text(text) => json!({ "type": "text", "text": text }),
        Content::Image(url) => {
            let source = match data_url(url) {
                Some((kind, data)) => json!({ "type": "base64", "media_type": kind, "data": data }),
                None => json!({ "type": "url", "url": url }),
            };
            json!({ "type": "image", "source": source })
        }
        Content::Other(value) => value.clone(),
    }
}

fn block_from_json(value: &Value) -> Content {
    match text(value, "type") {
        // A block with a cache mark or citations is more than its text.
        Some("text") if value.as_object().is_some_and(|map| map.len() == 2) => Content::Text(owned(value, "text")),
        Some("image") => {
            let source = value.get("source").unwrap_or(&Value::Null);
            match (text(source, "url"), text(source, "media_type"), text(source, "data")) {
                (Some(url), ..) => Content::Image(url.to_owned()),
                (None, Some(kind), Some(data)) => Content::Image(format!("data:{kind};base64,{data}")),
                _ => Content::Other(value.clone()),
            }
        }
        _ => Content::Other(value.clone()),
    }
}

pub(super) fn call_to_json(call: &ToolCall) -> Value {
    json!({
        "type": "tool_use",
        "id": call.id,
        "name": call.name,
        "input": arguments_object(&call.arguments),
    })
}

pub(super) fn call_from_json(value: &Value) -> ToolCall {
    ToolCall {
        id: owned(value, "id"),
        name: owned(value, "name"),
        arguments: value.get("input").map_or_else(String::new, Value::to_string),
    }
}

fn tool_to_json(tool: &Tool) -> Value {
    let mut map = Map::new();
    map.insert("name".into(), tool.name.clone().into());
    put(&mut map, "description", tool.description.clone());
    map.insert("input_schema".into(), tool.parameters.clone());
    Value::Object(map)
}

fn tool_from_json(value: &Value) -> Tool {
    Tool {
        name: owned(value, "name"),
        description: text(value, "description").map(ToOwned::to_owned),
        parameters: value.get("input_schema").cloned().unwrap_or(Value::Null),
    }
}

fn choice_to_json(choice: &ToolChoice) -> Value {
    match choice {
        ToolChoice::Auto => json!({ "type": "auto" }),
        ToolChoice::None => json!({ "type": "none" }),
        ToolChoice::Required => json!({ "type": "any" }),
        ToolChoice::Named(name) => json!({ "type": "tool", "name": name }),
    }
}

fn choice_from_json(value: &Value) -> Option<ToolChoice> {
    match text(value, "type")? {
        "auto" => Some(ToolChoice::Auto),
        "none" => Some(ToolChoice::None),
        "any" => Some(ToolChoice::Required),
        "tool" => Some(ToolChoice::Named(owned(value, "name"))),
        _ => None,
    }
}

/// Takes the schema out; what else stands beside it stays.
fn take_format(map: &mut Map<String, Value>) -> Option<ResponseFormat> {
    let schema = map.get("output_config")?.pointer("/format/schema")?.clone();
    let config = map.get_mut("output_config")?.as_object_mut()?;
    config.remove("format");
    if config.is_empty() {
        map.remove("output_config");
    }
    Some(ResponseFormat::Schema {
        name: "answer".into(),
        schema,
    })
}

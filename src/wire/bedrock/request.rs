//! Requests. Model and streaming are in the address. There is no seed, no JSON without a schema, and no way
//! to forbid tools but to leave them out.

use serde_json::{Map, Value, json};

use crate::wire::json::{
    arguments_object, data_url, items, lay_over, object, owned, plain, put, take_cap, take_number, take_texts, text,
};
use crate::wire::turns::turns_to_json;
use crate::wire::{ChatRequest, Content, Message, ResponseFormat, Role, Tool, ToolCall, ToolChoice, WireError};

pub(in crate::wire) fn to_json(request: &ChatRequest) -> Value {
    let mut map = Map::new();
    map.insert("messages".into(), messages_to_json(&request.messages).into());
    let system: Vec<Value> = (request.messages.iter())
        .filter(|message| message.role == Role::System)
        .flat_map(|message| message.content.iter().map(block_to_json))
        .collect();
    if !system.is_empty() {
        map.insert("system".into(), system.into());
    }
    let mut config = Map::new();
    put(&mut config, "maxTokens", request.max_output_tokens);
    put(&mut config, "temperature", request.temperature);
    put(&mut config, "topP", request.top_p);
    if !request.stop.is_empty() {
        config.insert("stopSequences".into(), request.stop.clone().into());
    }
    if !config.is_empty() {
        map.insert("inferenceConfig".into(), config.into());
    }
    if !request.tools.is_empty() && request.tool_choice != Some(ToolChoice::None) {
        let mut tools = Map::new();
        tools.insert("tools".into(), request.tools.iter().map(tool_to_json).collect());
        put(
            &mut tools,
            "toolChoice",
            request.tool_choice.as_ref().map(choice_to_json),
        );
        map.insert("toolConfig".into(), tools.into());
    }
    if let Some(ResponseFormat::Schema { name, schema }) = &request.response_format {
        // The schema is a text here.
        let schema = json!({ "name": name, "schema": schema.to_string() });
        let format = json!({ "type": "json_schema", "structure": { "jsonSchema": schema } });
        map.insert("outputConfig".into(), json!({ "textFormat": format }));
    }
    lay_over(&mut map, &request.extra);
    Value::Object(map)
}

pub(in crate::wire) fn from_json(value: Value) -> Result<ChatRequest, WireError> {
    let mut map = object(value, "a JSON object as the request")?;
    let mut messages = Vec::new();
    if let Some(Value::Array(blocks)) = map.remove("system") {
        messages.push(Message {
            content: blocks.iter().map(block_from_json).collect(),
            ..Message::text(Role::System, "")
        });
    }
    let Some(Value::Array(rest)) = map.remove("messages") else {
        return Err(WireError::expected("`messages`, an array"));
    };
    for message in &rest {
        message_from_json(message, &mut messages)?;
    }
    let mut config = match map.remove("inferenceConfig") {
        Some(Value::Object(config)) => config,
        _ => Map::new(),
    };
    let tools = map.remove("toolConfig").unwrap_or(Value::Null);
    let format = map
        .get("outputConfig")
        .and_then(|it| it.pointer("/textFormat/structure/jsonSchema"));
    let response_format = format.and_then(|format| {
        Some(ResponseFormat::Schema {
            name: owned(format, "name"),
            schema: serde_json::from_str(text(format, "schema")?).ok()?,
        })
    });
    if response_format.is_some() {
        map.remove("outputConfig");
    }
    let request = ChatRequest {
        model: String::new(),
        messages,
        max_output_tokens: take_cap(&mut config, "maxTokens"),
        temperature: take_number(&mut config, "temperature"),
        top_p: take_number(&mut config, "topP"),
        stop: take_texts(&mut config, "stopSequences"),
        seed: None,
        tools: items(&tools, "tools").iter().filter_map(tool_from_json).collect(),
        tool_choice: tools.get("toolChoice").and_then(choice_from_json),
        response_format,
        stream: false,
        extra: Map::new(),
    };
    if !config.is_empty() {
        map.insert("inferenceConfig".into(), config.into());
    }
    Ok(ChatRequest { extra: map, ..request })
}

fn messages_to_json(messages: &[Message]) -> Vec<Value> {
    let result = |message: &Message| {
        json!({ "toolResult": {
            "toolUseId": message.tool_call_id.clone().unwrap_or_default(),
            "content": [{ "text": message.plain() }],
        } })
    };
    turns_to_json(messages, result, |message| {
        let calls = message.tool_calls.iter().map(call_to_json);
        message.content.iter().map(block_to_json).chain(calls).collect()
    })
}

fn message_from_json(value: &Value, out: &mut Vec<Message>) -> Result<(), WireError> {
    let role = match text(value, "role") {
        Some("user") => Role::User,
        Some("assistant") => Role::Assistant,
        _ => return Err(WireError::expected("`role`, user or assistant")),
    };
    let mut message = Message {
        content: Vec::new(),
        ..Message::text(role, "")
    };
    let mut results = 0;
    for block in items(value, "content") {
        if let Some(call) = block.get("toolUse") {
            message.tool_calls.push(call_from_json(call));
        } else if let Some(result) = block.get("toolResult") {
            results += 1;
            let said: String = items(result, "content").iter().map(said).collect();
            out.push(Message {
                content: plain(&said),
                tool_call_id: text(result, "toolUseId").map(ToOwned::to_owned),
                ..Message::text(Role::Tool, "")
            });
        } else {
            message.content.push(block_from_json(block));
        }
    }
    if results == 0 || !message.content.is_empty() || !message.tool_calls.is_empty() {
        out.push(message);
    }
    Ok(())
}

/// A piece of a tool's result: text, or JSON.
fn said(block: &Value) -> String {
    match (text(block, "text"), block.get("json")) {
        (Some(text), _) => text.to_owned(),
        (None, Some(json)) => json.to_string(),
        (None, None) => String::new(),
    }
}

fn block_to_json(piece: &Content) -> Value {
    match piece {
        Content::Text(text) => json!({ "text": text }),
        Content::Image(url) => match data_url(url) {
            Some((kind, data)) => {
                let format = kind.strip_prefix("image/").unwrap_or(kind);
                json!({ "image": { "format": format, "source": { "bytes": data } } })
            }
            // Bedrock fetches from S3 alone.
            None => json!({ "image": { "format": "png", "source": { "s3Location": { "uri": url } } } }),
        },
        Content::Other(value) => value.clone(),
    }
}

fn block_from_json(value: &Value) -> Content {
    if let Some(text) = text(value, "text") {
        return Content::Text(text.to_owned());
    }
    let image = value.get("image").unwrap_or(&Value::Null);
    if let (Some(format), Some(data)) = (
        text(image, "format"),
        image.pointer("/source/bytes").and_then(Value::as_str),
    ) {
        return Content::Image(format!("data:image/{format};base64,{data}"));
    }
    match image.pointer("/source/s3Location/uri").and_then(Value::as_str) {
        Some(url) => Content::Image(url.to_owned()),
        None => Content::Other(value.clone()),
    }
}

pub(super) fn call_to_json(call: &ToolCall) -> Value {
    json!({ "toolUse": {
        "toolUseId": call.id,
        "name": call.name,
        "input": arguments_object(&call.arguments),
    } })
}

pub(super) fn call_from_json(value: &Value) -> ToolCall {
    ToolCall {
        id: owned(value, "toolUseId"),
        name: owned(value, "name"),
        arguments: value.get("input").map_or_else(|| "{}".to_owned(), Value::to_string),
    }
}

fn tool_to_json(tool: &Tool) -> Value {
    let mut map = Map::new();
    map.insert("name".into(), tool.name.clone().into());
    put(&mut map, "description", tool.description.clone());
    map.insert("inputSchema".into(), json!({ "json": tool.parameters }));
    json!({ "toolSpec": map })
}

fn tool_from_json(value: &Value) -> Option<Tool> {
    let spec = value.get("toolSpec")?;
    Some(Tool {
        name: owned(spec, "name"),
        description: text(spec, "description").map(ToOwned::to_owned),
        parameters: spec.pointer("/inputSchema/json").cloned().unwrap_or(Value::Null),
    })
}

fn choice_to_json(choice: &ToolChoice) -> Value {
    match choice {
        ToolChoice::Auto | ToolChoice::None => json!({ "auto": {} }),
        ToolChoice::Required => json!({ "any": {} }),
        ToolChoice::Named(name) => json!({ "tool": { "name": name } }),
    }
}

fn choice_from_json(value: &Value) -> Option<ToolChoice> {
    let map = value.as_object()?;
    if let Some(tool) = map.get("tool") {
        return Some(ToolChoice::Named(owned(tool, "name")));
    }
    if map.contains_key("any") {
        return Some(ToolChoice::Required);
    }
    map.contains_key("auto").then_some(ToolChoice::Auto)
}

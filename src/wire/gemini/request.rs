//! Requests. Model and streaming are in the address.

use serde_json::{Map, Value, json};

use crate::wire::json::{
    arguments_object, data_url, items, lay_over, object, owned, plain, put, take_cap, take_number, take_text,
    take_texts, text,
};
use crate::wire::{ChatRequest, Content, Message, ResponseFormat, Role, Tool, ToolCall, ToolChoice, WireError};

pub(in crate::wire) fn to_json(request: &ChatRequest) -> Value {
    let mut map = Map::new();
    let system: Vec<Value> = (request.messages.iter())
        .filter(|message| message.role == Role::System)
        .flat_map(|message| message.content.iter().map(part_to_json))
        .collect();
    if !system.is_empty() {
        map.insert("systemInstruction".into(), json!({ "parts": system }));
    }
    map.insert("contents".into(), contents(&request.messages).into());
    let mut config = Map::new();
    put(&mut config, "maxOutputTokens", request.max_output_tokens);
    put(&mut config, "temperature", request.temperature);
    put(&mut config, "topP", request.top_p);
    put(&mut config, "seed", request.seed);
    if !request.stop.is_empty() {
        config.insert("stopSequences".into(), request.stop.clone().into());
    }
    if let Some(format) = &request.response_format {
        config.insert("responseMimeType".into(), "application/json".into());
        if let ResponseFormat::Schema { schema, .. } = format {
            config.insert("responseJsonSchema".into(), schema.clone());
        }
    }
    if !config.is_empty() {
        map.insert("generationConfig".into(), config.into());
    }
    if !request.tools.is_empty() {
        let tools: Vec<Value> = request.tools.iter().map(tool_to_json).collect();
        map.insert("tools".into(), json!([{ "functionDeclarations": tools }]));
    }
    if let Some(choice) = &request.tool_choice {
        map.insert(
            "toolConfig".into(),
            json!({ "functionCallingConfig": choice_to_json(choice) }),
        );
    }
    lay_over(&mut map, &request.extra);
    Value::Object(map)
}

pub(in crate::wire) fn from_json(value: Value) -> Result<ChatRequest, WireError> {
    let mut map = object(value, "a JSON object as the request")?;
    let mut messages = Vec::new();
    let system = map
        .remove("systemInstruction")
        .or_else(|| map.remove("system_instruction"));
    if let Some(system) = system {
        messages.push(Message {
            content: items(&system, "parts").iter().map(part_from_json).collect(),
            ..Message::text(Role::System, "")
        });
    }
    match map.remove("contents") {
        Some(Value::Array(contents)) => {
            for content in &contents {
                content_from_json(content, &mut messages)?;
            }
        }
        Some(content @ Value::Object(_)) => content_from_json(&content, &mut messages)?,
        _ => return Err(WireError::expected("`contents`, an array")),
    }
    let mut config = match map.remove("generationConfig") {
        Some(Value::Object(config)) => config,
        _ => Map::new(),
    };
    let schema = config
        .remove("responseJsonSchema")
        .or_else(|| config.remove("responseSchema"));
    let mime = take_text(&mut config, "responseMimeType");
    let response_format = match (schema, mime.as_deref()) {
        (Some(schema), _) => Some(ResponseFormat::Schema {
            name: "answer".into(),
            schema,
        }),
        (None, Some("application/json")) => Some(ResponseFormat::Json),
        _ => None,
    };
    let tools = match map.remove("tools") {
        Some(Value::Array(tools)) => (tools.iter())
            .flat_map(|tool| items(tool, "functionDeclarations"))
            .map(tool_from_json)
            .collect(),
        _ => Vec::new(),
    };
    let choice = map.remove("toolConfig");
    let request = ChatRequest {
        model: String::new(),
        messages,
        max_output_tokens: take_cap(&mut config, "maxOutputTokens"),
        temperature: take_number(&mut config, "temperature"),
        top_p: take_number(&mut config, "topP"),
        stop: take_texts(&mut config, "stopSequences"),
        seed: config.remove("seed").and_then(|seed| seed.as_i64()),
        tools,
        tool_choice: choice
            .as_ref()
            .and_then(|it| choice_from_json(it.get("functionCallingConfig")?)),
        response_format,
        stream: false,
        extra: Map::new(),
    };
    if !config.is_empty() {
        map.insert("generationConfig".into(), config.into());
    }
    Ok(ChatRequest { extra: map, ..request })
}

/// Turns. The results of one turn's calls stand together, as the API wants them.
fn contents(messages: &[Message]) -> Vec<Value> {
    let mut out: Vec<Value> = Vec::new();
    let mut after_result = false;
    for message in messages.iter().filter(|message| message.role != Role::System) {
        if message.role == Role::Tool {
            let part = result_to_json(message);
            let together = out.last_mut().filter(|_| after_result);
            match together
                .and_then(|last| last.get_mut("parts"))
                .and_then(Value::as_array_mut)
            {
                Some(parts) => parts.push(part),
                None => out.push(json!({ "role": "user", "parts": [part] })),
            }
            after_result = true;
            continue;
        }
        after_result = false;
        let role = if message.role == Role::Assistant {
            "model"
        } else {
            "user"
        };
        let calls = message.tool_calls.iter().map(call_to_json);
        let parts: Vec<Value> = message.content.iter().map(part_to_json).chain(calls).collect();
        out.push(json!({ "role": role, "parts": parts }));
    }
    out
}

fn content_from_json(value: &Value, out: &mut Vec<Message>) -> Result<(), WireError> {
    let role = match text(value, "role") {
        Some("user" | "function") | None => Role::User,
        Some("model") => Role::Assistant,
        Some(_) => return Err(WireError::expected("`role`, user or model")),
    };
    let mut message = Message {
        content: Vec::new(),
        ..Message::text(role, "")
    };
    let mut results = 0;
    for part in items(value, "parts") {
        if let Some(call) = part.get("functionCall") {
            message.tool_calls.push(call_from_json(call));
        } else if let Some(result) = part.get("functionResponse") {
            results += 1;
            out.push(result_from_json(result));
        } else {
            message.content.push(part_from_json(part));
        }
    }
    if results == 0 || !message.content.is_empty() || !message.tool_calls.is_empty() {
        out.push(message);
    }
    Ok(())
}

fn part_to_json(piece: &Content) -> Value {
    match piece {
        Content::Text(text) => json!({ "text": text }),
        Content::Image(url) => match data_url(url) {
            Some((kind, data)) => json!({ "inlineData": { "mimeType": kind, "data": data } }),
            None => json!({ "fileData": { "fileUri": url } }),
        },
        Content::Other(value) => value.clone(),
    }
}

fn part_from_json(value: &Value) -> Content {
    if let Some(text) = text(value, "text").filter(|_| value.as_object().is_some_and(|map| map.len() == 1)) {
        return Content::Text(text.to_owned());
    }
    let inline = value.get("inlineData").unwrap_or(&Value::Null);
    if let (Some(kind), Some(data)) = (text(inline, "mimeType"), text(inline, "data")) {
        return Content::Image(format!("data:{kind};base64,{data}"));
    }
    match value.pointer("/fileData/fileUri").and_then(Value::as_str) {
        Some(url) => Content::Image(url.to_owned()),
        None => Content::Other(value.clone()),
    }
}

/// The API wants an object: a text that is none stands under `result`.
fn result_to_json(message: &Message) -> Value {
    let plain = message.plain();
    let response = match serde_json::from_str(&plain) {
        Ok(Value::Object(map)) => Value::Object(map),
        _ => json!({ "result": plain }),
    };
    let mut map = Map::new();
    put(&mut map, "id", message.tool_call_id.clone());
    map.insert("name".into(), message.name.clone().unwrap_or_default().into());
    map.insert("response".into(), response);
    json!({ "functionResponse": map })
}

fn result_from_json(value: &Value) -> Message {
    let response = value.get("response").unwrap_or(&Value::Null);
    let only_text = response.as_object().is_some_and(|map| map.len() == 1);
    let said = match text(response, "result").filter(|_| only_text) {
        Some(text) => text.to_owned(),
        None => response.to_string(),
    };
    Message {
        content: plain(&said),
        tool_call_id: text(value, "id").map(ToOwned::to_owned),
        name: text(value, "name").filter(|it| !it.is_empty()).map(ToOwned::to_owned),
        ..Message::text(Role::Tool, "")
    }
}

pub(super) fn call_to_json(call: &ToolCall) -> Value {
    let mut map = Map::new();
    if !call.id.is_empty() {
        map.insert("id".into(), call.id.clone().into());
    }
    map.insert("name".into(), call.name.clone().into());
    map.insert("args".into(), arguments_object(&call.arguments));
    json!({ "functionCall": map })
}

pub(super) fn call_from_json(value: &Value) -> ToolCall {
    ToolCall {
        id: owned(value, "id"),
        name: owned(value, "name"),
        arguments: value.get("args").map_or_else(|| "{}".to_owned(), Value::to_string),
    }
}

fn tool_to_json(tool: &Tool) -> Value {
    let mut map = Map::new();
    map.insert("name".into(), tool.name.clone().into());
    put(&mut map, "description", tool.description.clone());
    map.insert("parametersJsonSchema".into(), tool.parameters.clone());
    Value::Object(map)
}

fn tool_from_json(value: &Value) -> Tool {
    let parameters = value.get("parametersJsonSchema").or_else(|| value.get("parameters"));
    Tool {
        name: owned(value, "name"),
        description: text(value, "description").map(ToOwned::to_owned),
        parameters: parameters.cloned().unwrap_or(Value::Null),
    }
}

fn choice_to_json(choice: &ToolChoice) -> Value {
    match choice {
        ToolChoice::Auto => json!({ "mode": "AUTO" }),
        ToolChoice::None => json!({ "mode": "NONE" }),
        ToolChoice::Required => json!({ "mode": "ANY" }),
        ToolChoice::Named(name) => json!({ "mode": "ANY", "allowedFunctionNames": [name] }),
    }
}

fn choice_from_json(value: &Value) -> Option<ToolChoice> {
    Some(match (text(value, "mode")?, items(value, "allowedFunctionNames")) {
        ("ANY", [name]) => ToolChoice::Named(name.as_str()?.to_owned()),
        ("ANY", _) => ToolChoice::Required,
        ("NONE", _) => ToolChoice::None,
        _ => ToolChoice::Auto,
    })
}

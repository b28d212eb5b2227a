//! Requests: `input` is a text or a list of items.

use serde_json::{Map, Value, json};

use crate::wire::json::{items, object, owned, plain, put, take_cap, take_flag, take_number, take_text, text};
use crate::wire::{ChatRequest, Content, Message, ResponseFormat, Role, Tool, ToolCall, ToolChoice, WireError};

/// A request's JSON. Stop texts and seeds have no field here.
#[must_use]
pub fn to_json(request: &ChatRequest) -> Value {
    let mut map = Map::new();
    map.insert("model".into(), request.model.clone().into());
    map.insert("input".into(), request.messages.iter().flat_map(items_of).collect());
    put(&mut map, "max_output_tokens", request.max_output_tokens);
    put(&mut map, "temperature", request.temperature);
    put(&mut map, "top_p", request.top_p);
    if !request.tools.is_empty() {
        map.insert("tools".into(), request.tools.iter().map(tool_to_json).collect());
    }
    put(
        &mut map,
        "tool_choice",
        request.tool_choice.as_ref().map(choice_to_json),
    );
    if let Some(format) = &request.response_format {
        let format = match format {
            ResponseFormat::Json => json!({ "type": "json_object" }),
            ResponseFormat::Schema { name, schema } => {
                json!({ "type": "json_schema", "name": name, "schema": schema, "strict": true })
            }
        };
        map.insert("text".into(), json!({ "format": format }));
    }
    if request.stream {
        map.insert("stream".into(), true.into());
    }
    for (key, value) in &request.extra {
        map.insert(key.clone(), value.clone());
    }
    Value::Object(map)
}

/// A request of its JSON.
///
/// # Errors
/// Fails when it has no `input`, and on items without a known role.
pub fn from_json(value: Value) -> Result<ChatRequest, WireError> {
    let mut map = object(value, "a JSON object as the request")?;
    let mut messages = Vec::new();
    if let Some(instructions) = take_text(&mut map, "instructions") {
        messages.push(Message::text(Role::System, instructions));
    }
    match map.remove("input") {
        Some(Value::String(text)) => messages.push(Message::text(Role::User, text)),
        Some(Value::Array(input)) => {
            for item in &input {
                item_from_json(item, &mut messages)?;
            }
        }
        _ => return Err(WireError::expected("`input`, a text or an array of items")),
    }
    let tools = match map.remove("tools") {
        Some(Value::Array(tools)) => (tools.iter())
            .filter(|tool| text(tool, "type") == Some("function"))
            .map(|tool| Tool {
                name: owned(tool, "name"),
                description: text(tool, "description").map(ToOwned::to_owned),
                parameters: tool.get("parameters").cloned().unwrap_or(Value::Null),
            })
            .collect(),
        _ => Vec::new(),
    };
    let format = map.remove("text");
    Ok(ChatRequest {
        model: take_text(&mut map, "model").unwrap_or_default(),
        messages,
        max_output_tokens: take_cap(&mut map, "max_output_tokens"),
        temperature: take_number(&mut map, "temperature"),
        top_p: take_number(&mut map, "top_p"),
        tools,
        tool_choice: map.remove("tool_choice").as_ref().and_then(choice_from_json),
        response_format: format.as_ref().and_then(|it| format_from_json(it.get("format")?)),
        stream: take_flag(&mut map, "stream"),
        extra: map,
        ..ChatRequest::default()
    })
}

/// A message is one item, each of its tool calls one more.
fn items_of(message: &Message) -> Vec<Value> {
    if message.role == Role::Tool {
        let output = message.plain();
        return vec![json!({ "type": "function_call_output", "call_id": message.tool_call_id, "output": output })];
    }
    let (role, kind) = match message.role {
        Role::System => ("system", "input_text"),
        Role::Assistant => ("assistant", "output_text"),
        Role::User | Role::Tool => ("user", "input_text"),
    };
    let pieces: Vec<Value> = (message.content.iter())
        .map(|piece| match piece {
            Content::Text(text) => json!({ "type": kind, "text": text }),
            Content::Image(url) => json!({ "type": "input_image", "image_url": url }),
            Content::Other(value) => value.clone(),
        })
        .collect();
    let mut items = Vec::new();
    if !pieces.is_empty() {
        items.push(json!({ "role": role, "content": pieces }));
    }
    items.extend(message.tool_calls.iter().map(
        |call| json!({ "type": "function_call", "call_id": call.id, "name": call.name, "arguments": call.arguments }),
    ));
    items
}

fn item_from_json(item: &Value, out: &mut Vec<Message>) -> Result<(), WireError> {
    match text(item, "type") {
        Some("function_call") => {
            let call = ToolCall {
                id: owned(item, "call_id"),
                name: owned(item, "name"),
                arguments: owned(item, "arguments"),
            };
            match out.last_mut().filter(|message| message.role == Role::Assistant) {
                Some(message) => message.tool_calls.push(call),
                None => out.push(Message {
                    content: Vec::new(),
                    tool_calls: vec![call],
                    ..Message::text(Role::Assistant, "")
                }),
            }
            return Ok(());
        }
        Some("function_call_output") => {
            let output = item.get("output").unwrap_or(&Value::Null);
            let said = output.as_str().map_or_else(|| output.to_string(), ToOwned::to_owned);
            out.push(Message {
                content: plain(&said),
                tool_call_id: text(item, "call_id").map(ToOwned::to_owned),
                ..Message::text(Role::Tool, "")
            });
            return Ok(());
        }
        Some("message") | None => {}
        // Reasoning and calls of the provider's own tools carry nothing that is said.
        Some(_) => return Ok(()),
    }
    let role = match text(item, "role") {
        Some("system" | "developer") => Role::System,
        Some("user") => Role::User,
        Some("assistant") => Role::Assistant,
        _ => return Err(WireError::expected("`role`, one of system, developer, user, assistant")),
    };
    let content = match item.get("content") {
        Some(Value::String(text)) => plain(text),
        _ => items(item, "content").iter().map(piece_from_json).collect(),
    };
    out.push(Message {
        content,
        ..Message::text(role, "")
    });
    Ok(())
}

fn piece_from_json(piece: &Value) -> Content {
    match (text(piece, "type"), text(piece, "text"), text(piece, "image_url")) {
        (Some("input_text" | "output_text"), Some(text), _) => Content::Text(text.to_owned()),
        (Some("input_image"), _, Some(url)) => Content::Image(url.to_owned()),
        _ => Content::Other(piece.clone()),
    }
}

fn tool_to_json(tool: &Tool) -> Value {
    let mut map = Map::new();
    map.insert("type".into(), "function".into());
    map.insert("name".into(), tool.name.clone().into());
    put(&mut map, "description", tool.description.clone());
    map.insert("parameters".into(), tool.parameters.clone());
    Value::Object(map)
}

fn choice_to_json(choice: &ToolChoice) -> Value {
    match choice {
        ToolChoice::Auto => "auto".into(),
        ToolChoice::None => "none".into(),
        ToolChoice::Required => "required".into(),
        ToolChoice::Named(name) => json!({ "type": "function", "name": name }),
    }
}

fn choice_from_json(value: &Value) -> Option<ToolChoice> {
    match value.as_str() {
        Some("auto") => Some(ToolChoice::Auto),
        Some("none") => Some(ToolChoice::None),
        Some("required") => Some(ToolChoice::Required),
        Some(_) => None,
        None => Some(ToolChoice::Named(text(value, "name")?.to_owned())),
    }
}

fn format_from_json(value: &Value) -> Option<ResponseFormat> {
    match text(value, "type")? {
        "json_object" => Some(ResponseFormat::Json),
        "json_schema" => Some(ResponseFormat::Schema {
            name: owned(value, "name"),
            schema: value.get("schema")?.clone(),
        }),
        _ => None,
    }
}

//! Requests.

use serde_json::{Map, Value, json};

use crate::wire::json::{
    arguments_object, data_url, items, lay_over, object, owned, plain, put, take_cap, take_flag, take_number,
    take_text, take_texts, text,
};
use crate::wire::{ChatRequest, Content, Message, ResponseFormat, Role, ToolCall, WireError, openai};

pub(in crate::wire) fn to_json(request: &ChatRequest) -> Value {
    let mut options = Map::new();
    put(&mut options, "num_predict", request.max_output_tokens);
    put(&mut options, "temperature", request.temperature);
    put(&mut options, "top_p", request.top_p);
    put(&mut options, "seed", request.seed);
    if !request.stop.is_empty() {
        options.insert("stop".into(), request.stop.clone().into());
    }
    let mut map = Map::new();
    map.insert("model".into(), request.model.clone().into());
    map.insert(
        "messages".into(),
        request.messages.iter().map(message_to_json).collect(),
    );
    if !request.tools.is_empty() {
        map.insert("tools".into(), request.tools.iter().map(openai::tool_to_json).collect());
    }
    match &request.response_format {
        Some(ResponseFormat::Json) => {
            map.insert("format".into(), "json".into());
        }
        Some(ResponseFormat::Schema { schema, .. }) => {
            map.insert("format".into(), schema.clone());
        }
        None => {}
    }
    if !options.is_empty() {
        map.insert("options".into(), options.into());
    }
    // Left out, it would be true.
    map.insert("stream".into(), request.stream.into());
    lay_over(&mut map, &request.extra);
    Value::Object(map)
}

pub(in crate::wire) fn from_json(value: Value) -> Result<ChatRequest, WireError> {
    let mut map = object(value, "a JSON object as the request")?;
    let Some(Value::Array(messages)) = map.remove("messages") else {
        return Err(WireError::expected("`messages`, an array"));
    };
    let mut options = match map.remove("options") {
        Some(Value::Object(options)) => options,
        _ => Map::new(),
    };
    let tools = match map.remove("tools") {
        Some(Value::Array(tools)) => tools.iter().map(openai::tool_from_json).collect::<Result<_, _>>()?,
        _ => Vec::new(),
    };
    let response_format = match map.remove("format") {
        Some(Value::String(word)) if word == "json" => Some(ResponseFormat::Json),
        Some(schema @ Value::Object(_)) => Some(ResponseFormat::Schema {
            name: "answer".into(),
            schema,
        }),
        _ => None,
    };
    let request = ChatRequest {
        model: take_text(&mut map, "model").unwrap_or_default(),
        messages: messages.iter().map(message_from_json).collect::<Result<_, _>>()?,
        max_output_tokens: take_cap(&mut options, "num_predict"),
        temperature: take_number(&mut options, "temperature"),
        top_p: take_number(&mut options, "top_p"),
        stop: take_texts(&mut options, "stop"),
        seed: options.remove("seed").and_then(|seed| seed.as_i64()),
        tools,
        tool_choice: None,
        response_format,
        stream: map.get("stream").is_none() || take_flag(&mut map, "stream"),
        extra: Map::new(),
    };
    map.remove("stream");
    if !options.is_empty() {
        map.insert("options".into(), options.into());
    }
    Ok(ChatRequest { extra: map, ..request })
}

fn message_to_json(message: &Message) -> Value {
    let role = match message.role {
        Role::System => "system",
        Role::User => "user",
        Role::Assistant => "assistant",
        Role::Tool => "tool",
    };
    let mut map = Map::new();
    map.insert("role".into(), role.into());
    map.insert("content".into(), message.plain().into());
    let images: Vec<&str> = (message.content.iter())
        .filter_map(|piece| match piece {
            Content::Image(url) => Some(data_url(url).map_or(url.as_str(), |(_, data)| data)),
            Content::Text(_) | Content::Other(_) => None,
        })
        .collect();
    if !images.is_empty() {
        map.insert("images".into(), images.into());
    }
    if !message.tool_calls.is_empty() {
        map.insert(
            "tool_calls".into(),
            message.tool_calls.iter().map(call_to_json).collect(),
        );
    }
    put(&mut map, "tool_name", message.name.clone());
    put(&mut map, "tool_call_id", message.tool_call_id.clone());
    Value::Object(map)
}

fn message_from_json(value: &Value) -> Result<Message, WireError> {
    let role = match text(value, "role") {
        Some("system") => Role::System,
        Some("user") => Role::User,
        Some("assistant") => Role::Assistant,
        Some("tool") => Role::Tool,
        _ => return Err(WireError::expected("`role`, one of system, user, assistant, tool")),
    };
    let mut content = plain(text(value, "content").unwrap_or_default());
    let images = items(value, "images").iter().filter_map(Value::as_str);
    content.extend(images.map(|data| Content::Image(format!("data:image/png;base64,{data}"))));
    Ok(Message {
        role,
        content,
        tool_calls: items(value, "tool_calls").iter().map(call_from_json).collect(),
        tool_call_id: text(value, "tool_call_id").map(ToOwned::to_owned),
        name: text(value, "tool_name").map(ToOwned::to_owned),
    })
}

pub(super) fn call_to_json(call: &ToolCall) -> Value {
    let function = json!({ "name": call.name, "arguments": arguments_object(&call.arguments) });
    if call.id.is_empty() {
        json!({ "function": function })
    } else {
        json!({ "id": call.id, "function": function })
    }
}

pub(super) fn call_from_json(value: &Value) -> ToolCall {
    let function = value.get("function").unwrap_or(&Value::Null);
    ToolCall {
        id: owned(value, "id"),
        name: owned(function, "name"),
        arguments: function.get("arguments").map_or_else(String::new, |it| {
            it.as_str().map_or_else(|| it.to_string(), ToOwned::to_owned)
        }),
    }
}

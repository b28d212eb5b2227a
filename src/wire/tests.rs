//! What holds for all APIs: both directions agree, any split of a stream gives the same answer, and foreign
//! bytes never panic.

use http::HeaderMap;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::*;

fn word() -> impl Strategy<Value = String> {
    "[a-zA-Zäß0-9 .,{}\"\\\\\n]{1,12}"
}

fn name() -> impl Strategy<Value = String> {
    "[a-z_]{1,8}"
}

fn call() -> impl Strategy<Value = ToolCall> {
    (name(), name(), word()).prop_map(|(id, name, value)| ToolCall {
        id,
        name,
        arguments: json!({ "city": value }).to_string(),
    })
}

fn message() -> impl Strategy<Value = Message> {
    let text = || prop::collection::vec(word().prop_map(Content::Text), 1..3);
    prop_oneof![
        (text(), any::<bool>()).prop_map(|(mut content, image)| {
            if image {
                content.push(Content::Image("data:image/png;base64,aGFsbG8=".into()));
            }
            Message {
                content,
                ..Message::text(Role::User, "")
            }
        }),
        (text(), prop::collection::vec(call(), 0..2)).prop_map(|(content, tool_calls)| Message {
            content,
            tool_calls,
            ..Message::text(Role::Assistant, "")
        }),
        (word(), name(), name()).prop_map(|(text, id, tool)| Message {
            tool_call_id: Some(id),
            name: Some(tool),
            ..Message::text(Role::Tool, text)
        }),
    ]
}

fn choice() -> impl Strategy<Value = ToolChoice> {
    prop_oneof![
        Just(ToolChoice::Auto),
        Just(ToolChoice::None),
        Just(ToolChoice::Required),
        name().prop_map(ToolChoice::Named),
    ]
}

fn format() -> impl Strategy<Value = ResponseFormat> {
    prop_oneof![
        Just(ResponseFormat::Json),
        Just(ResponseFormat::Schema {
            name: "answer".into(),
            schema: json!({ "type": "object", "properties": { "score": { "type": "integer" } } }),
        }),
    ]
}

prop_compose! {
    fn request()(
        system in prop::option::of(word()),
        mut messages in prop::collection::vec(message(), 1..5),
        cap in prop::option::of(1_u32..5_000),
        temperature in prop::option::of(prop_oneof![Just(0.0), Just(0.7), Just(1.0)]),
        stop in prop::collection::vec(word(), 0..3),
        seed in prop::option::of(any::<i64>()),
        tools in prop::collection::vec((name(), prop::option::of(word())), 0..3),
        choice in prop::option::of(choice()),
        format in prop::option::of(format()),
        extra in any::<bool>(),
    ) -> ChatRequest {
        if let Some(system) = system {
            messages.insert(0, Message::text(Role::System, system));
        }
        ChatRequest {
            model: "some-model".into(),
            messages,
            max_output_tokens: cap,
            temperature,
            top_p: temperature,
            stop,
            seed,
            tools: tools.into_iter().map(|(name, description)| Tool {
                name,
                description,
                parameters: json!({ "type": "object", "properties": {} }),
            }).collect(),
            tool_choice: choice,
            response_format: format,
            stream: extra,
            extra: if extra { Map::from_iter([("metadata".into(), json!({ "a": [1, 2.5, null] }))]) } else { Map::new() },
        }
    }
}

prop_compose! {
    fn reply()(
        text in "[a-zA-Zäß日 .\n\r\"{}]{0,40}",
        calls in prop::collection::vec(call(), 0..3),
        length in any::<bool>(),
        input in 0_u64..1_000_000,
        output in 0_u64..1_000_000,
        cached in 0_u64..1_000,
    ) -> ChatReply {
        let finish = if length { Finish::Length } else if calls.is_empty() { Finish::Stop } else { Finish::ToolCalls };
        ChatReply {
            id: "id-1".into(),
            model: "some-model".into(),
            text,
            refusal: None,
            tool_calls: calls,
            finish: Some(finish),
            usage: Some(Usage {
                input_tokens: input + cached,
                output_tokens: output,
                cached_input_tokens: cached,
            }),
        }
    }
}

/// What an API has no field for comes back empty.
fn as_far_as_known(api: Api, mut request: ChatRequest) -> ChatRequest {
    let in_address = matches!(api, Api::Gemini | Api::Bedrock);
    if in_address {
        request.model.clear();
        request.stream = false;
    }
    if matches!(api, Api::Anthropic | Api::Bedrock) {
        request.seed = None;
        request.response_format = request.response_format.filter(|it| *it != ResponseFormat::Json);
        for message in &mut request.messages {
            message.name = None;
        }
    }
    if api == Api::Anthropic {
        request.max_output_tokens = request.max_output_tokens.or(Some(4_096));
    }
    if api == Api::Bedrock {
        if request.tool_choice == Some(ToolChoice::None) {
            request.tools.clear();
        }
        if request.tools.is_empty() {
            request.tool_choice = None;
        }
    }
    if api == Api::Ollama {
        request.tool_choice = None;
        for message in &mut request.messages {
            let images: Vec<Content> = (message.content.iter())
                .filter(|piece| matches!(piece, Content::Image(_)))
                .cloned()
                .collect();
            message.content = std::iter::once(Content::Text(message.plain())).chain(images).collect();
        }
    }
    request
}

fn reply_as_far_as_known(api: Api, mut reply: ChatReply) -> ChatReply {
    match api {
        Api::Bedrock => {
            reply.id.clear();
            reply.model.clear();
        }
        Api::Ollama => {
            reply.id.clear();
            if let Some(usage) = &mut reply.usage {
                usage.cached_input_tokens = 0;
            }
        }
        Api::Openai | Api::Anthropic | Api::Gemini => {}
    }
    reply
}

fn stream_of(api: Api, chunks: &[Chunk]) -> Vec<u8> {
    let mut encoder = api.encoder(1);
    let mut frames: Vec<Frame> = chunks.iter().flat_map(|chunk| encoder.encode(chunk)).collect();
    frames.extend(encoder.end());
    frames.iter().flat_map(|frame| api.framing().write(frame)).collect()
}

fn read(api: Api, bytes: &[u8], cuts: &[usize]) -> Result<(ChatReply, bool), WireError> {
    let mut reader = api.framing().reader();
    let mut frames = Vec::new();
    let mut rest = bytes;
    for cut in cuts {
        let (piece, more) = rest.split_at((*cut).min(rest.len()));
        reader.push(piece, &mut frames).unwrap();
        rest = more;
    }
    reader.push(rest, &mut frames).unwrap();
    reader.finish(&mut frames);
    let mut decoder = api.decoder();
    let mut assembly = Assembly::default();
    for frame in &frames {
        for chunk in decoder.decode(frame)? {
            assembly.push(chunk);
        }
    }
    Ok((assembly.finish(), decoder.ended()))
}

proptest! {
    #[test]
    fn a_server_reads_what_a_client_writes(request in request()) {
        for api in Api::ALL {
            let read = api.request_from_json(api.request_to_json(&request)).unwrap();
            prop_assert_eq!(&read, &as_far_as_known(api, request.clone()), "{}", api.name());
        }
    }

    #[test]
    fn a_client_reads_what_a_server_writes(reply in reply()) {
        for api in Api::ALL {
            let read = api.reply_from_json(&api.reply_to_json(&reply, 1)).unwrap();
            prop_assert_eq!(read, reply_as_far_as_known(api, reply.clone()), "{}", api.name());
        }
    }

    #[test]
    fn any_split_of_a_stream_gives_the_same_answer(
        reply in reply(),
        letters in 1_usize..9,
        cuts in prop::collection::vec(0_usize..60, 0..40),
    ) {
        for api in Api::ALL {
            let bytes = stream_of(api, &reply.chunks(letters));
            let (read, ended) = read(api, &bytes, &cuts).unwrap();
            prop_assert!(ended);
            prop_assert_eq!(read, reply_as_far_as_known(api, reply.clone()), "{}", api.name());
        }
    }

    #[test]
    fn a_cut_stream_never_looks_whole(reply in reply(), letters in 1_usize..9, cut in 0.0..1.0_f64) {
        for api in Api::ALL {
            let chunks = reply.chunks(letters);
            let body = stream_of(api, &chunks[..chunks.len() - 1]);
            // The writer's own end mark is left out.
            let end: usize = api.encoder(1).end().iter().map(|frame| api.framing().write(frame).len()).sum();
            let body = &body[..body.len() - end];
            #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "short")]
            let length = (body.len() as f64 * cut) as usize;
            if let Ok((_, ended)) = read(api, &body[..length], &[]) {
                prop_assert!(!ended, "{}", api.name());
            }
        }
    }

    #[test]
    fn foreign_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..300), text in "[\\x00-\\x7fä]{0,200}") {
        for api in Api::ALL {
            for bytes in [bytes.as_slice(), text.as_bytes()] {
                let mut reader = api.framing().reader();
                let mut frames = Vec::new();
                let _ = reader.push(bytes, &mut frames);
                reader.finish(&mut frames);
                let mut decoder = api.decoder();
                for frame in &frames {
                    let _ = decoder.decode(frame);
                }
                let _ = api.error_from_http(400, &HeaderMap::new(), bytes, 0.0);
            }
        }
    }

    #[test]
    fn foreign_json_never_panics(value in json_like()) {
        for api in Api::ALL {
            let _ = api.request_from_json(value.clone());
            let _ = api.reply_from_json(&value);
            let mut decoder = api.decoder();
            for name in ["", "contentBlockDelta", "contentBlockStart", "messageStop", "metadata", "xException"] {
                let _ = decoder.decode(&Frame::named(name, value.to_string()));
            }
            let _ = api.error_from_http(429, &HeaderMap::new(), value.to_string().as_bytes(), 0.0);
            let _ = embedding_reply_from_json(&value);
            let _ = embedding_request_from_json(value.clone());
        }
    }
}

/// JSON of the APIs' own words, in wrong places.
fn json_like() -> impl Strategy<Value = Value> {
    let keys = prop::sample::select(vec![
        "choices",
        "message",
        "messages",
        "content",
        "delta",
        "tool_calls",
        "function",
        "arguments",
        "index",
        "error",
        "type",
        "role",
        "candidates",
        "parts",
        "functionCall",
        "promptFeedback",
        "blockReason",
        "usage",
        "usageMetadata",
        "output",
        "done",
        "contents",
        "generationConfig",
        "tools",
        "data",
        "embedding",
        "input",
        "details",
        "code",
        "contentBlockIndex",
        "start",
        "toolUse",
        "system",
        "content_block",
        "output_config",
    ]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        prop::sample::select(vec![
            "user",
            "assistant",
            "text",
            "tool_use",
            "tool_result",
            "input_json_delta",
            "message_start",
            "content_block_delta",
            "error",
            "stop",
            "",
            "image_url",
            "data:;base64,",
        ])
        .prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 60, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::vec((keys.clone(), inner), 0..6)
                .prop_map(|fields| Value::Object(fields.into_iter().map(|(key, it)| (key.to_owned(), it)).collect())),
        ]
    })
}

mod known;

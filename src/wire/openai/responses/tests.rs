//! Round trips, and the order of a stream's events.

use serde_json::json;

use super::*;
use crate::wire::{
    Assembly, ChatReply, ChatRequest, Decode as _, Encode as _, Finish, Message, Role, Tool, ToolCall, ToolChoice,
    Usage,
};

fn reply() -> ChatReply {
    ChatReply {
        id: "resp_1".into(),
        model: "gpt-5".into(),
        text: "Seven days, then.".into(),
        tool_calls: vec![ToolCall {
            id: "call_1".into(),
            name: "look_up".into(),
            arguments: "{\"order\":12}".into(),
        }],
        finish: Some(Finish::ToolCalls),
        usage: Some(Usage {
            input_tokens: 12,
            output_tokens: 5,
            cached_input_tokens: 2,
        }),
        ..ChatReply::default()
    }
}

#[test]
fn answers_come_back_whole_and_in_pieces() {
    let reply = reply();
    assert_eq!(
        responses_reply_from_json(&responses_reply_to_json(&reply, 7)),
        Ok(reply.clone())
    );
    let mut encoder = ResponsesEncoder::new(7);
    let frames: Vec<_> = reply.chunks(5).iter().flat_map(|chunk| encoder.encode(chunk)).collect();
    let mut decoder = ResponsesDecoder::default();
    let mut assembly = Assembly::default();
    for frame in &frames {
        decoder
            .decode(frame)
            .unwrap()
            .into_iter()
            .for_each(|chunk| assembly.push(chunk));
    }
    assert!(decoder.ended());
    assert_eq!(assembly.finish(), reply);
    let mut names: Vec<&str> = frames.iter().map(|frame| frame.name.as_str()).collect();
    names.dedup();
    // The order of events as the API reference's example of a streamed answer has it.
    assert_eq!(
        names,
        [
            "response.created",
            "response.in_progress",
            "response.output_item.added",
            "response.content_part.added",
            "response.output_text.delta",
            "response.output_text.done",
            "response.content_part.done",
            "response.output_item.done",
            "response.output_item.added",
            "response.function_call_arguments.delta",
            "response.function_call_arguments.done",
            "response.output_item.done",
            "response.completed",
        ]
    );
}

#[test]
fn requests_come_back_and_texts_are_taken_as_input() {
    let request = ChatRequest {
        model: "gpt-5".into(),
        messages: vec![
            Message::text(Role::System, "Be brief."),
            Message::text(Role::User, "How long?"),
            Message {
                tool_calls: reply().tool_calls,
                ..Message::text(Role::Assistant, "Let me see.")
            },
            Message {
                tool_call_id: Some("call_1".into()),
                ..Message::text(Role::Tool, "7")
            },
        ],
        max_output_tokens: Some(20),
        tools: vec![Tool {
            name: "look_up".into(),
            description: None,
            parameters: json!({ "type": "object" }),
        }],
        tool_choice: Some(ToolChoice::Named("look_up".into())),
        stream: true,
        ..ChatRequest::default()
    };
    assert_eq!(
        responses_request_from_json(responses_request_to_json(&request)),
        Ok(request)
    );
    let short = responses_request_from_json(json!({ "model": "m", "input": "hi", "instructions": "x" })).unwrap();
    assert_eq!(short.messages[1], Message::text(Role::User, "hi"));
    assert!(responses_request_from_json(json!({ "model": "m" })).is_err());
}

#[test]
fn failures_in_an_answer_are_errors() {
    let failed = json!({ "output": [], "status": "failed", "error": { "code": "server_error", "message": "no" } });
    assert!(responses_reply_from_json(&failed).is_err());
    let mut encoder = ResponsesEncoder::new(0);
    let error = crate::wire::ApiError {
        status: 200,
        kind: "server_error".into(),
        code: None,
        message: "no".into(),
        retry_after: None,
    };
    let frame = encoder.error(&error).remove(0);
    assert!(ResponsesDecoder::default().decode(&frame).is_err());
}

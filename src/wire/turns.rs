//! Conversations as Anthropic and Bedrock write them: turns of `user` and `assistant`, with the results of tools as
//! blocks of the user's.

use serde_json::{Value, json};

use super::{Message, Role};

/// The turns of a conversation without its system messages. Tools' results that follow one another are one user's
/// turn: the APIs want them together. `result` is the block of a tool's result, `content` what another message holds.
pub(super) fn turns_to_json(
    messages: &[Message],
    result: impl Fn(&Message) -> Value,
    content: impl Fn(&Message) -> Value,
) -> Vec<Value> {
    let mut out: Vec<Value> = Vec::new();
    let mut after_result = false;
    for message in messages.iter().filter(|message| message.role != Role::System) {
        if message.role == Role::Tool {
            let block = result(message);
            let together = out.last_mut().filter(|_| after_result);
            let blocks = together.and_then(|last| last.get_mut("content"));
            match blocks.and_then(Value::as_array_mut) {
                Some(blocks) => blocks.push(block),
                None => out.push(json!({ "role": "user", "content": [block] })),
            }
        } else {
            let is_assistant = message.role == Role::Assistant;
            let role = if is_assistant { "assistant" } else { "user" };
            out.push(json!({ "role": role, "content": content(message) }));
        }
        after_result = message.role == Role::Tool;
    }
    out
}

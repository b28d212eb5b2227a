//! Answers out of recorded calls (`store/cassette.rs`): of the same conversation with the same model, or else of
//! the same question.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::path::Path;

use serde_json::Value;

use super::Said;
use crate::chaos::emulate::Call;
use crate::store::{Cassette, CassetteError, Recording};
use crate::wire::{ChatReply, ChatRequest, Message};

/// Recorded answers by what was asked.
#[derive(Debug, Default)]
pub struct Recordings {
    by_conversation: HashMap<String, Said>,
    by_question: HashMap<String, Said>,
}

impl Recordings {
    /// Reads a cassette.
    ///
    /// # Errors
    /// Fails when it cannot be read.
    pub fn open(path: &Path) -> Result<Self, CassetteError> {
        let mut found = Self::default();
        for recording in Cassette::open(path)?.recordings() {
            found.add(&recording);
        }
        Ok(found)
    }

    fn add(&mut self, recording: &Recording) {
        let request = recording.call.get("request").cloned();
        let request = request.and_then(|it| serde_json::from_value::<ChatRequest>(it).ok());
        let reply = recording.outcome.pointer("/reply/chat").cloned();
        let reply = reply.and_then(|it| serde_json::from_value::<ChatReply>(it).ok());
        let (Some(request), Some(reply)) = (request, reply) else {
            return;
        };
        let model = recording
            .provider
            .get("model")
            .and_then(Value::as_str)
            .unwrap_or(&request.model);
        let said = Said {
            text: reply.text,
            refusal: reply.refusal,
            tool_calls: reply.tool_calls,
            finish: reply.finish,
            usage: reply.usage,
        };
        self.by_question
            .insert(conversation("", &request.messages), said.clone());
        self.by_conversation
            .insert(conversation(model, &request.messages), said);
    }

    /// The answer to a call, when it is recorded.
    #[must_use]
    pub fn answer(&self, call: &Call) -> Option<Said> {
        let messages = &call.request.messages;
        let exact = self.by_conversation.get(&conversation(&call.request.model, messages));
        exact
            .or_else(|| self.by_question.get(&conversation("", messages)))
            .cloned()
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.by_conversation.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.by_conversation.is_empty()
    }
}

fn conversation(model: &str, messages: &[Message]) -> String {
    let mut key = model.to_owned();
    for message in messages {
        key.push('\u{1}');
        let _ = write!(key, "{:?}\u{2}{}", message.role, message.plain());
    }
    key
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::tests::call;
    use super::*;

    #[test]
    fn a_recorded_question_gets_its_answer() {
        let messages = json!([{ "role": "user", "content": [{ "text": "How long?" }] }]);
        let mut recordings = Recordings::default();
        recordings.add(&Recording {
            key: "k".into(),
            provider: json!({ "model": "gpt-4o" }),
            call: json!({ "request": { "model": "", "messages": messages } }),
            outcome: json!({ "reply": { "chat": {
                "id": "1", "model": "gpt-4o", "text": "Seven days.", "finish": "stop",
                "usage": { "input_tokens": 4, "output_tokens": 3 },
            } } }),
        });
        let ask = |text: &str| call(&json!({ "model": "other", "messages": [{ "role": "user", "content": text }] }));
        let said = recordings.answer(&ask("How long?")).unwrap();
        assert_eq!(
            (said.text.as_str(), said.usage.unwrap().input_tokens),
            ("Seven days.", 4)
        );
        assert_eq!(recordings.answer(&ask("How short?")), None);
    }
}

//! A request of any API as one kind of call.

use serde_json::{Value, json};

use crate::chaos::CallFacts;
use crate::chaos::live::{Asked, Decision, Dialect, Director, Endpoint, Operation, RequestHead, tokens};
use crate::wire::{ChatRequest, Content, Message, Role, WireError, responses_request_from_json};

/// The header by which a client asks for an answer of so many tokens.
pub(super) const TOKENS_HEADER: &str = "x-aisys-tokens";

/// One call.
#[derive(Debug, Clone)]
pub struct Call {
    /// The API.
    pub dialect: Dialect,
    /// What is asked for.
    pub operation: Operation,
    /// Whether a stream is one JSON array.
    pub is_array: bool,
    /// The conversation. Embeddings have their texts as messages.
    pub request: ChatRequest,
    /// Whether a stream tells its usage.
    pub wants_usage: bool,
    /// Whether vectors are wanted in base64.
    pub wants_base64: bool,
    /// The length of vectors that is asked for.
    pub dimensions: Option<u32>,
    /// Whether vectors were asked for in a batch (Gemini).
    pub is_batch: bool,
    /// The tokens of the prompt.
    pub prompt_tokens: u64,
    /// The tokens of the answer that a header asks for.
    pub asked_tokens: Option<u32>,
}

impl Call {
    /// Reads a call.
    ///
    /// # Errors
    /// Fails on a body that is no request of the API.
    pub fn read(endpoint: &Endpoint<'_>, headers: &[(&str, &str)], body: &[u8]) -> Result<Self, WireError> {
        let dialect = endpoint.dialect;
        let mut call = Self {
            dialect,
            operation: endpoint.operation,
            is_array: endpoint.is_array,
            request: ChatRequest::default(),
            wants_usage: dialect != Dialect::Openai && dialect != Dialect::Azure,
            wants_base64: false,
            dimensions: None,
            is_batch: false,
            prompt_tokens: 0,
            asked_tokens: header(headers, TOKENS_HEADER).and_then(|it| it.parse().ok()),
        };
        if !matches!(
            endpoint.operation,
            Operation::Models | Operation::Model | Operation::Version
        ) {
            let value: Value = serde_json::from_slice(body)
                .map_err(|error| WireError::Malformed(format!("the body is no JSON: {error}")))?;
            call.take(value)?;
        }
        if !endpoint.model.is_empty() {
            call.request.model = percent_decoded(endpoint.model);
        }
        call.request.stream |= endpoint.streamed;
        call.prompt_tokens = tokens::of_prompt(&call.request);
        Ok(call)
    }

    fn take(&mut self, mut value: Value) -> Result<(), WireError> {
        self.wants_usage |= value.pointer("/stream_options/include_usage") == Some(&json!(true));
        self.request = match (self.operation, self.dialect) {
            (Operation::Embed, _) => {
                self.wants_base64 = value.get("encoding_format") == Some(&json!("base64"));
                let places = [
                    "/dimensions",
                    "/outputDimensionality",
                    "/requests/0/outputDimensionality",
                ];
                let asked = places.iter().find_map(|place| value.pointer(place));
                self.dimensions = asked.and_then(Value::as_u64).and_then(|it| u32::try_from(it).ok());
                self.is_batch = value.get("requests").is_some_and(Value::is_array);
                embedding(&value)?
            }
            (Operation::Generate, _) => generate(&mut value)?,
            (Operation::CountTokens, Dialect::Gemini) => {
                let inner = value.get_mut("generateContentRequest").map(Value::take);
                self.dialect.api().request_from_json(inner.unwrap_or(value))?
            }
            (_, Dialect::Responses) => responses_request_from_json(value)?,
            _ => self.dialect.api().request_from_json(value)?,
        };
        Ok(())
    }

    /// All text of the prompt, a line for each message.
    #[must_use]
    pub fn prompt(&self) -> String {
        let texts: Vec<String> = self.request.messages.iter().map(Message::plain).collect();
        texts.join("\n")
    }

    /// Decides about the call: `provider` and `host` are what faults know its server by, and `prompt`
    /// is its [`prompt`](Self::prompt).
    #[must_use]
    pub fn decide(
        &self,
        director: &Director,
        head: &RequestHead<'_>,
        endpoint: &Endpoint<'_>,
        provider: &str,
        host: &str,
        prompt: &str,
    ) -> Decision {
        let lower: Vec<(String, &str)> = head
            .headers
            .iter()
            .map(|(name, value)| (name.to_ascii_lowercase(), *value))
            .collect();
        let headers: Vec<(&str, &str)> = lower.iter().map(|(name, value)| (name.as_str(), *value)).collect();
        let facts = CallFacts {
            number: 0,
            provider,
            model: &self.request.model,
            region: endpoint.region,
            account: account(&headers, head.target),
            host,
            deployment: &self.request.model,
            route: "",
            path: head.target,
            prompt,
            headers: &headers,
            streamed: self.request.stream,
        };
        director.decide(&Asked {
            facts,
            dialect: self.dialect,
            prompt_tokens: self.prompt_tokens,
        })
    }

    /// What the user said last.
    #[must_use]
    pub fn question(&self) -> String {
        let last = self
            .request
            .messages
            .iter()
            .rev()
            .find(|message| message.role == Role::User);
        last.map(Message::plain).unwrap_or_default()
    }
}

/// A header's value; names are compared in any case.
#[must_use]
pub fn header<'h>(headers: &[(&'h str, &'h str)], name: &str) -> Option<&'h str> {
    headers
        .iter()
        .find(|(key, _)| key.eq_ignore_ascii_case(name))
        .map(|(_, value)| *value)
}

/// The key that was sent: what tells accounts apart. It is shown nowhere.
fn account<'h>(headers: &[(&'h str, &'h str)], target: &'h str) -> &'h str {
    let sent = ["x-api-key", "api-key", "x-goog-api-key"]
        .iter()
        .find_map(|name| header(headers, name));
    sent.or_else(|| header(headers, "authorization").map(|it| it.trim_start_matches("Bearer ")))
        .or_else(|| target.split(['?', '&']).find_map(|it| it.strip_prefix("key=")))
        .unwrap_or_default()
}

/// Ollama's bare prompt.
fn generate(value: &mut Value) -> Result<ChatRequest, WireError> {
    let take = |value: &mut Value, key: &str| {
        value
            .get_mut(key)
            .map(Value::take)
            .and_then(|it| it.as_str().map(ToOwned::to_owned))
    };
    let Some(prompt) = take(value, "prompt") else {
        return Err(WireError::Malformed("expected `prompt`, a text".to_owned()));
    };
    let mut messages = Vec::new();
    messages.extend(take(value, "system").map(|it| json!({ "role": "system", "content": it })));
    messages.push(json!({ "role": "user", "content": prompt }));
    value["messages"] = messages.into();
    crate::wire::Api::Ollama.request_from_json(value.take())
}

/// The texts of a call for vectors, each as a message: `OpenAI`'s and Ollama's `input`, Gemini's `content`.
fn embedding(value: &Value) -> Result<ChatRequest, WireError> {
    let texts: Vec<String> = match value.get("input") {
        Some(Value::String(text)) => vec![text.clone()],
        Some(Value::Array(items)) if items.iter().all(Value::is_string) => {
            items.iter().filter_map(Value::as_str).map(ToOwned::to_owned).collect()
        }
        // Tokens instead of text: what they say is not known here, but they are told apart.
        Some(Value::Array(items)) if items.iter().all(Value::is_number) => vec![Value::from(items.clone()).to_string()],
        Some(Value::Array(items)) => items.iter().map(ToString::to_string).collect(),
        _ => gemini_texts(value),
    };
    if texts.is_empty() {
        return Err(WireError::Malformed(
            "expected `input`, a text or an array of texts".to_owned(),
        ));
    }
    let model = value.get("model").and_then(Value::as_str).unwrap_or_default();
    let message = |text| Message {
        content: vec![Content::Text(text)],
        ..Message::text(Role::User, "")
    };
    Ok(ChatRequest {
        model: model.trim_start_matches("models/").to_owned(),
        messages: texts.into_iter().map(message).collect(),
        ..ChatRequest::default()
    })
}

fn gemini_texts(value: &Value) -> Vec<String> {
    let text = |value: &Value| {
        let parts = value.pointer("/content/parts")?.as_array()?;
        Some(
            parts
                .iter()
                .filter_map(|part| part.get("text")?.as_str())
                .collect::<String>(),
        )
    };
    match value.get("requests").and_then(Value::as_array) {
        Some(requests) => requests.iter().filter_map(text).collect(),
        None => text(value).into_iter().collect(),
    }
}

/// A part of a path with its `%3A` and their like undone.
fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let code = after.get(..2).filter(|_| *first == b'%');
        let code = code.and_then(|hex| u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok());
        bytes.push(code.unwrap_or(*first));
        rest = if code.is_some() { &after[2..] } else { after };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(target: &str, body: &Value) -> Call {
        let endpoint = Endpoint::of("POST", target).unwrap();
        Call::read(&endpoint, &[("X-Aisys-Tokens", "9")], body.to_string().as_bytes()).unwrap()
    }

    #[test]
    fn calls_of_all_kinds_are_read() {
        let chat = read(
            "/v1/chat/completions",
            &json!({
                "model": "gpt-4o", "stream": true, "stream_options": { "include_usage": true },
                "messages": [{ "role": "system", "content": "Be brief." }, { "role": "user", "content": "How long?" }],
            }),
        );
        assert!(chat.wants_usage && chat.request.stream);
        assert_eq!(
            (chat.question().as_str(), chat.prompt().as_str()),
            ("How long?", "Be brief.\nHow long?")
        );
        // 3 + 3 words and marks, 3 for each message and 3 for the answer.
        assert_eq!((chat.prompt_tokens, chat.asked_tokens), (15, Some(9)));
        let bedrock = read(
            "/model/anthropic.claude%3A0/converse-stream",
            &json!({
                "messages": [{ "role": "user", "content": [{ "text": "hi" }] }],
            }),
        );
        assert_eq!(
            (bedrock.request.model.as_str(), bedrock.request.stream),
            ("anthropic.claude:0", true)
        );
        let generate = read("/api/generate", &json!({ "model": "m", "prompt": "hi", "system": "s" }));
        assert_eq!((generate.prompt().as_str(), generate.request.stream), ("s\nhi", true));
        let vectors = read(
            "/v1/embeddings",
            &json!({ "model": "e", "input": ["a", "b"], "encoding_format": "base64" }),
        );
        assert_eq!((vectors.request.messages.len(), vectors.wants_base64), (2, true));
        let batch = read(
            "/v1beta/models/e:batchEmbedContents",
            &json!({
                "requests": [{ "model": "models/e", "content": { "parts": [{ "text": "a" }] } }],
            }),
        );
        assert!(batch.is_batch);
    }

    #[test]
    fn what_is_no_request_is_an_error() {
        let endpoint = Endpoint::of("POST", "/v1/chat/completions").unwrap();
        assert!(Call::read(&endpoint, &[], b"{").is_err());
        assert!(Call::read(&endpoint, &[], b"{\"model\": \"m\"}").is_err());
    }
}

//! A provider for tests that gives the replies of a script, and keeps the calls.

use std::sync::{Arc, Mutex};

use futures_util::future::BoxFuture;
use serde_json::{Value, json};

use crate::provider::{Call, CallError, CallErrorKind, Provider, Reply};
use crate::wire::{ChatReply, Finish};

use super::{Exhibit, Tools};

/// Gives one reply after the other, then fails.
pub(in crate::eval) struct Scripted {
    name: String,
    replies: Mutex<Vec<Result<ChatReply, CallErrorKind>>>,
    pub(in crate::eval) calls: Mutex<Vec<Call>>,
}

impl Scripted {
    pub(in crate::eval) fn new(name: &str, replies: &[&str]) -> Arc<Self> {
        Self::of(name, replies.iter().map(|text| Ok(chat(text))).collect())
    }

    pub(in crate::eval) fn of(name: &str, mut replies: Vec<Result<ChatReply, CallErrorKind>>) -> Arc<Self> {
        replies.reverse();
        Arc::new(Self {
            name: name.to_owned(),
            replies: Mutex::new(replies),
            calls: Mutex::default(),
        })
    }

    /// All texts of all calls' messages.
    pub(in crate::eval) fn sent(&self) -> Vec<String> {
        let calls = self.calls.lock().unwrap();
        let texts = calls.iter().map(|call| {
            let messages = call.request.messages.iter();
            messages.map(crate::wire::Message::plain).collect::<Vec<_>>().join("\n")
        });
        texts.collect()
    }
}

impl Provider for Scripted {
    fn name(&self) -> &str {
        &self.name
    }

    fn identity(&self) -> Value {
        json!({"scripted": self.name})
    }

    fn call<'a>(&'a self, call: &'a Call) -> BoxFuture<'a, Result<Reply, CallError>> {
        self.calls.lock().unwrap().push(call.clone());
        let next = self
            .replies
            .lock()
            .unwrap()
            .pop()
            .unwrap_or(Err(CallErrorKind::NoRecording));
        let answer = next.map(reply).map_err(|kind| CallError {
            kind,
            provider: self.name.clone(),
            message: "scripted".to_owned(),
            status: None,
            retry_after: None,
            attempts: 1,
        });
        Box::pin(async move { answer })
    }
}

pub(in crate::eval) fn chat(text: &str) -> ChatReply {
    ChatReply {
        id: String::new(),
        model: "scripted".to_owned(),
        text: text.to_owned(),
        refusal: None,
        tool_calls: Vec::new(),
        finish: Some(Finish::Stop),
        usage: None,
    }
}

fn reply(chat: ChatReply) -> Reply {
    Reply {
        chat,
        latency_ms: 1.0,
        first_token_ms: None,
        cost_usd: None,
        attempts: 1,
        raw: None,
        trace: None,
    }
}

/// Tools whose default judge model is a script.
pub(in crate::eval) fn tools(model: &Arc<Scripted>) -> Tools {
    Tools {
        default_model: Some(model.clone()),
        ..Tools::default()
    }
}

/// An answer to a question, beside passages.
pub(in crate::eval) fn exhibit(question: &str, answer: &str, passages: &[&str]) -> Exhibit {
    let passage = |(at, text): (usize, &&str)| crate::retrieve::Passage {
        id: format!("doc.md#{}", at + 1),
        document: "doc.md".to_owned(),
        headings: Vec::new(),
        text: (*text).to_owned(),
        bytes: 0..text.len(),
    };
    Exhibit {
        case: "case".to_owned(),
        variant: "base".to_owned(),
        question: question.to_owned(),
        prompt: question.to_owned(),
        answer: answer.to_owned(),
        reply: reply(chat(answer)),
        passages: passages.iter().enumerate().map(passage).collect(),
        reference: None,
        variables: serde_json::Map::new(),
    }
}

/// Runs a future that never waits.
pub(in crate::eval) fn now<T>(future: impl Future<Output = T>) -> T {
    futures_util::FutureExt::now_or_never(future).expect("a scripted judge never waits")
}

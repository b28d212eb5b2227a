//! Answers without a model: the passages' sentences that best answer the question, or that there are none.
//!
//! It is the default where no key is: deterministic, free, and never wrong about what the documents say,
//! only at times about which of it was meant.

mod score;
mod sentences;
mod words;

use std::sync::Arc;

use futures_util::future::BoxFuture;
use serde_json::{Value, json};

use super::{Call, CallError, CallErrorKind, Provider, Reply};
use crate::embedded::Embedder;
use crate::wire::{ChatReply, Finish, Message, Role, Usage};

/// What it says when the passages do not answer.
pub const NO_ANSWER: &str = "I don't know: the documents do not answer this.";

/// Changes when answers may change, so that recordings of older ones are told apart.
const VERSION: u32 = 1;

/// The provider `extractive`.
pub struct Extractive {
    name: String,
    embedder: Option<Arc<dyn Embedder>>,
}

impl Extractive {
    /// With an embedder, meaning counts beside words.
    #[must_use]
    pub fn new(name: String, embedder: Option<Arc<dyn Embedder>>) -> Self {
        Self { name, embedder }
    }

    /// The answer to a question from passages, best first.
    ///
    /// # Errors
    /// Fails when the embedder does.
    pub fn answer(&self, question: &str, passages: &[String]) -> Result<String, CallError> {
        let sentences = sentences::split(passages);
        let meanings = match &self.embedder {
            Some(embedder) if !sentences.is_empty() => Some(
                meanings(embedder.as_ref(), question, &sentences).map_err(|message| CallError {
                    kind: CallErrorKind::Command,
                    provider: self.name.clone(),
                    message,
                    status: None,
                    retry_after: None,
                    attempts: 1,
                })?,
            ),
            _ => None,
        };
        let chosen = score::choose(question, &sentences, meanings.as_deref());
        if chosen.is_empty() {
            return Ok(NO_ANSWER.to_owned());
        }
        let texts: Vec<&str> = chosen.iter().map(|at| sentences[*at].text.as_str()).collect();
        Ok(texts.join(" "))
    }
}

/// How near each sentence's meaning is to the question's: the cosine, from -1 to 1.
fn meanings(embedder: &dyn Embedder, question: &str, sentences: &[sentences::Sentence]) -> Result<Vec<f32>, String> {
    let mut texts = vec![question];
    texts.extend(sentences.iter().map(|sentence| sentence.text.as_str()));
    let vectors = embedder.embed(&texts).map_err(|error| error.to_string())?;
    let (first, rest) = vectors.split_first().ok_or("the embedder gave no vectors")?;
    Ok(rest
        .iter()
        .map(|vector| vector.iter().zip(first).map(|(a, b)| a * b).sum())
        .collect())
}

impl Provider for Extractive {
    fn name(&self) -> &str {
        &self.name
    }

    fn identity(&self) -> Value {
        let embedder = self.embedder.as_ref().map(|it| it.identity());
        json!({ "api": "extractive", "version": VERSION, "embedder": embedder })
    }

    fn call<'a>(&'a self, call: &'a Call) -> BoxFuture<'a, Result<Reply, CallError>> {
        Box::pin(async move {
            let last = || {
                call.request
                    .messages
                    .iter()
                    .rev()
                    .find(|it| it.role == Role::User)
                    .map(Message::plain)
            };
            let question = if call.question.is_empty() {
                last().unwrap_or_default()
            } else {
                call.question.clone()
            };
            let text = self.answer(&question, &call.passages)?;
            Ok(Reply {
                chat: ChatReply {
                    id: String::new(),
                    model: "extractive".to_owned(),
                    text,
                    finish: Some(Finish::Stop),
                    usage: Some(Usage::default()),
                    ..ChatReply::default()
                },
                // Repeatable: what it took is below what is worth a number.
                latency_ms: 0.0,
                first_token_ms: None,
                cost_usd: Some(0.0),
                attempts: 1,
                raw: None,
                trace: None,
            })
        })
    }
}

#[cfg(test)]
mod tests;

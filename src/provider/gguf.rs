//! A chat model in this process, as a provider.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde_json::{Value, json};

use super::{Call, CallError, CallErrorKind, Provider, Reply};
use crate::clock::Moment;
use crate::embedded::{Generated, GgufModel, ModelError};
use crate::wire::{ChatReply, Usage};

/// Tokens of an answer when the call sets no cap.
const MAX_TOKENS: u32 = 512;

/// Runs a [`GgufModel`]. It works on a thread of its own, so that other calls go on meanwhile, and stops
/// between two tokens when the deadline passes or nobody waits any more.
pub struct GgufProvider {
    name: String,
    model: Arc<GgufModel>,
    deadline: Option<Duration>,
}

impl GgufProvider {
    /// A provider of this name. `deadline` is the longest that a call may take.
    #[must_use]
    pub fn new(name: impl Into<String>, model: Arc<GgufModel>, deadline: Option<Duration>) -> Self {
        Self {
            name: name.into(),
            model,
            deadline,
        }
    }

    fn error(&self, kind: CallErrorKind, message: impl Into<String>) -> CallError {
        CallError {
            kind,
            provider: self.name.clone(),
            message: message.into(),
            status: None,
            retry_after: None,
            attempts: 1,
        }
    }
}

/// Tells the thread that nobody waits any more.
struct Hangup(Arc<AtomicBool>);

impl Drop for Hangup {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// What the thread brings back.
struct Outcome {
    generated: Result<Generated, ModelError>,
    first_token_ms: Option<f64>,
    late: bool,
}

impl Provider for GgufProvider {
    fn name(&self) -> &str {
        &self.name
    }

    fn identity(&self) -> Value {
        json!({"api": "gguf", "model": self.model.identity()})
    }

    fn call<'a>(&'a self, call: &'a Call) -> BoxFuture<'a, Result<Reply, CallError>> {
        async move {
            let begin = Moment::now();
            let hung_up = Arc::new(AtomicBool::new(false));
            let _hangup = Hangup(hung_up.clone());
            let (model, call, deadline) = (self.model.clone(), call.clone(), self.deadline);
            let work = move || answer(&model, &call, begin, deadline, &hung_up);
            let outcome = tokio::task::spawn_blocking(work)
                .await
                .map_err(|error| self.error(CallErrorKind::Server, format!("the model's thread ended: {error}")))?;
            let latency_ms = milliseconds(begin.elapsed());
            if outcome.late {
                let message = format!("no whole answer within {deadline:?}; ask for fewer tokens or allow more time");
                return Err(self.error(CallErrorKind::Timeout, message));
            }
            let generated = outcome.generated.map_err(|error| {
                let too_long = error.message.starts_with("the prompt has ");
                let kind = if too_long {
                    CallErrorKind::ContextLength
                } else {
                    CallErrorKind::BadRequest
                };
                self.error(kind, error.message)
            })?;
            Ok(reply(&self.model, generated, latency_ms, outcome.first_token_ms))
        }
        .boxed()
    }
}

/// Generates until the end, the deadline, or until nobody waits.
fn answer(model: &GgufModel, call: &Call, begin: Moment, deadline: Option<Duration>, hung_up: &AtomicBool) -> Outcome {
    let request = &call.request;
    let (mut first_token_ms, mut late) = (None, false);
    // Repeats of one call are other draws; without a temperature they are the same.
    let seed = request
        .seed
        .unwrap_or(0)
        .cast_unsigned()
        .wrapping_add(u64::from(call.repeat));
    let mut written = String::new();
    let mut watch = |piece: &str| {
        if !piece.is_empty() && first_token_ms.is_none() {
            first_token_ms = Some(milliseconds(begin.elapsed()));
        }
        written.push_str(piece);
        late = deadline.is_some_and(|most| begin.elapsed() >= most);
        let stopped = request
            .stop
            .iter()
            .any(|stop| !stop.is_empty() && written.contains(stop));
        !late && !stopped && !hung_up.load(Ordering::Relaxed)
    };
    let most = request.max_output_tokens.unwrap_or(MAX_TOKENS) as usize;
    let temperature = request.temperature.unwrap_or(0.0);
    let mut generated = model.generate(&request.messages, most, temperature, seed, &mut watch);
    if let Ok(generated) = &mut generated {
        // A stop text ends the answer before it.
        let ends = request
            .stop
            .iter()
            .filter(|stop| !stop.is_empty())
            .filter_map(|stop| generated.text.find(stop));
        if let Some(end) = ends.min() {
            generated.text.truncate(end);
            generated.finish = Some(crate::wire::Finish::Stop);
        }
    }
    Outcome {
        generated,
        first_token_ms,
        late,
    }
}

fn reply(model: &GgufModel, generated: Generated, latency_ms: f64, first_token_ms: Option<f64>) -> Reply {
    Reply {
        chat: ChatReply {
            id: String::new(),
            model: model.identity().to_owned(),
            text: generated.text,
            refusal: None,
            tool_calls: Vec::new(),
            finish: generated.finish,
            usage: Some(Usage {
                input_tokens: generated.input_tokens as u64,
                output_tokens: generated.output_tokens as u64,
                cached_input_tokens: 0,
            }),
        },
        latency_ms,
        first_token_ms,
        // It runs on the user's own machine.
        cost_usd: Some(0.0),
        attempts: 1,
        raw: None,
        trace: None,
    }
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1_000.0
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::wire::{ChatRequest, Finish, Message, Role};

    /// The small model has more than eight tokens to say to it.
    const QUESTION: &str = "How do I reset my password?";

    fn provider(deadline: Option<Duration>) -> GgufProvider {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/models/llama.gguf");
        let model = GgufModel::load(&path, "tiny:0".to_owned()).unwrap();
        GgufProvider::new("local", Arc::new(model), deadline)
    }

    fn ask(text: &str) -> Call {
        Call {
            request: ChatRequest {
                messages: vec![Message::text(Role::User, text)],
                max_output_tokens: Some(8),
                ..ChatRequest::default()
            },
            ..Call::default()
        }
    }

    fn run(provider: &GgufProvider, call: &Call) -> Result<Reply, CallError> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(provider.call(call))
    }

    #[test]
    fn it_answers_like_any_provider() {
        let reply = run(&provider(None), &ask(QUESTION)).unwrap();
        assert!(!reply.chat.text.is_empty());
        assert_eq!(reply.chat.finish, Some(Finish::Length));
        assert_eq!(reply.chat.usage.unwrap().output_tokens, 8);
        assert_eq!((reply.cost_usd, reply.attempts), (Some(0.0), 1));
        assert!(reply.first_token_ms.unwrap() <= reply.latency_ms);
        assert_eq!(provider(None).identity()["model"], "tiny:0");
    }

    #[test]
    fn repeats_with_a_temperature_are_other_draws() {
        let drawn = |repeat| {
            let mut call = ask(QUESTION);
            call.request.temperature = Some(1.5);
            call.repeat = repeat;
            run(&provider(None), &call).unwrap().chat.text
        };
        assert_eq!(drawn(0), drawn(0));
        assert_ne!(drawn(0), drawn(1));
    }

    #[test]
    fn a_stop_text_ends_the_answer_before_it() {
        let whole = run(&provider(None), &ask(QUESTION)).unwrap().chat.text;
        let stop: String = whole.chars().skip(2).take(1).collect();
        let mut call = ask(QUESTION);
        call.request.stop = vec![stop.clone()];
        let reply = run(&provider(None), &call).unwrap();
        assert_eq!(reply.chat.text, whole[..whole.find(&stop).unwrap()]);
        assert_eq!(reply.chat.finish, Some(Finish::Stop));
    }

    #[test]
    fn deadlines_and_long_prompts_are_told_apart() {
        let late = run(&provider(Some(Duration::ZERO)), &ask(QUESTION)).unwrap_err();
        assert_eq!(late.kind, CallErrorKind::Timeout);
        let long = run(&provider(None), &ask(&"wing ".repeat(2_000))).unwrap_err();
        assert_eq!(long.kind, CallErrorKind::ContextLength);
    }
}

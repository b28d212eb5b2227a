//! Calls from and to a cassette.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::secrets::Secrets;
use super::{Call, CallError, CallErrorKind, Provider, Reply};
use crate::store::{Cassette, Recording, key};

/// What a cassette is for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CassetteMode {
    /// Every call is made once and recorded, over what was recorded before.
    Record,
    /// No call is made: what is not recorded is an error.
    Replay,
    /// What is not recorded is made and recorded.
    #[default]
    Auto,
    /// Every call is made, and none recorded.
    Off,
}

/// What came of a call, as it is recorded.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Outcome {
    Reply(Box<Reply>),
    Error(CallError),
}

/// A provider whose calls are recorded.
pub struct Recorded {
    inner: Arc<dyn Provider>,
    /// The inner provider's, which does not change.
    identity: Value,
    cassette: Arc<Cassette>,
    mode: CassetteMode,
    secrets: Secrets,
    /// Calls that are being made, by key: the same one waits and takes the recording.
    flights: Mutex<HashMap<String, Arc<tokio::sync::Mutex<()>>>>,
}

impl Recorded {
    /// Wraps a provider.
    #[must_use]
    pub fn new(inner: Arc<dyn Provider>, cassette: Arc<Cassette>, mode: CassetteMode, secrets: Secrets) -> Self {
        Self {
            identity: inner.identity(),
            inner,
            cassette,
            mode,
            secrets,
            flights: Mutex::default(),
        }
    }

    fn recording(&self, key: &str) -> Option<Result<Reply, CallError>> {
        match serde_json::from_value(self.cassette.outcome(key)?).ok()? {
            Outcome::Reply(reply) => Some(Ok(*reply)),
            Outcome::Error(error) => Some(Err(CallError {
                provider: self.inner.name().to_owned(),
                ..error
            })),
        }
    }

    /// Whether a recording answers this call in this mode.
    fn may_use(&self, key: &str) -> bool {
        self.mode != CassetteMode::Record || self.cassette.is_fresh(key)
    }

    async fn make(&self, call: &Call) -> Result<Reply, CallError> {
        if self.mode == CassetteMode::Off {
            return self.inner.call(call).await.map_err(|error| self.redacted(error));
        }
        let call_json = serde_json::to_value(call).unwrap_or_default();
        let key = key(&self.identity, &call_json);
        if let Some(outcome) = Some(())
            .filter(|()| self.may_use(&key))
            .and_then(|()| self.recording(&key))
        {
            return outcome;
        }
        if self.mode == CassetteMode::Replay {
            return Err(self.no_recording(call));
        }
        let flight = Arc::clone(self.flights().entry(key.clone()).or_default());
        let guard = flight.lock().await;
        let outcome = match Some(())
            .filter(|()| self.may_use(&key))
            .and_then(|()| self.recording(&key))
        {
            Some(outcome) => outcome,
            None => self.made(call, &key, call_json).await,
        };
        drop(guard);
        self.flights().remove(&key);
        outcome
    }

    async fn made(&self, call: &Call, key: &str, call_json: Value) -> Result<Reply, CallError> {
        let outcome = match self.inner.call(call).await {
            Ok(reply) => Outcome::Reply(Box::new(reply)),
            Err(error) if is_final(error.kind) => Outcome::Error(error),
            Err(error) => return Err(self.redacted(error)),
        };
        let recording = Recording {
            key: key.to_owned(),
            provider: self.identity.clone(),
            call: call_json,
            outcome: serde_json::to_value(&outcome).unwrap_or_default(),
        };
        // A disk that is full costs the recording and not the answer; the cassette remembers the problem.
        let _ = self.cassette.add(&recording, |line| self.secrets.redact(line));
        // What is returned is what a replay will return, to the last bit.
        self.recording(key).unwrap_or(match outcome {
            Outcome::Reply(reply) => Ok(*reply),
            Outcome::Error(error) => Err(error),
        })
    }

    /// Servers quote in errors what they were sent.
    fn redacted(&self, error: CallError) -> CallError {
        CallError {
            message: self.secrets.redact(error.message),
            ..error
        }
    }

    fn no_recording(&self, call: &Call) -> CallError {
        let what: String = if call.question.is_empty() {
            call.request
                .messages
                .last()
                .map(crate::wire::Message::plain)
                .unwrap_or_default()
        } else {
            call.question.clone()
        };
        let what: String = what.chars().take(80).collect();
        CallError {
            kind: CallErrorKind::NoRecording,
            provider: self.inner.name().to_owned(),
            message: format!(
                "no recording of {what:?} in {}; record it with --cassettes auto",
                self.cassette.path().display()
            ),
            status: None,
            retry_after: None,
            attempts: 0,
        }
    }

    fn flights(&self) -> std::sync::MutexGuard<'_, HashMap<String, Arc<tokio::sync::Mutex<()>>>> {
        self.flights.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Errors that the same call will meet again, and that are not the outside's fault.
const fn is_final(kind: CallErrorKind) -> bool {
    matches!(
        kind,
        CallErrorKind::ContextLength | CallErrorKind::ContentFilter | CallErrorKind::BadRequest
    )
}

impl Provider for Recorded {
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn identity(&self) -> Value {
        self.identity.clone()
    }

    fn call<'a>(&'a self, call: &'a Call) -> BoxFuture<'a, Result<Reply, CallError>> {
        Box::pin(self.make(call))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use serde_json::json;

    use super::*;
    use crate::wire::{ChatReply, Finish};

    struct Counting {
        calls: AtomicU32,
        fails: Option<CallErrorKind>,
    }

    impl Provider for Counting {
        fn name(&self) -> &'static str {
            "counting"
        }

        fn identity(&self) -> Value {
            json!({ "api": "counting" })
        }

        fn call<'a>(&'a self, call: &'a Call) -> BoxFuture<'a, Result<Reply, CallError>> {
            Box::pin(async move {
                let count = self.calls.fetch_add(1, Ordering::SeqCst);
                tokio::task::yield_now().await;
                match self.fails {
                    Some(kind) => Err(CallError {
                        kind,
                        provider: "counting".into(),
                        message: "no; your key was sk-secret-123456".into(),
                        status: None,
                        retry_after: None,
                        attempts: 1,
                    }),
                    None => Ok(Reply {
                        chat: ChatReply {
                            text: format!("{} {count} sk-secret-123456", call.question),
                            finish: Some(Finish::Stop),
                            ..ChatReply::default()
                        },
                        latency_ms: 12.345,
                        first_token_ms: None,
                        cost_usd: Some(0.000_123_456),
                        attempts: 1,
                        raw: None,
                        trace: None,
                    }),
                }
            })
        }
    }

    fn recorded(path: &std::path::Path, mode: CassetteMode, fails: Option<CallErrorKind>) -> (Recorded, Arc<Counting>) {
        let inner = Arc::new(Counting {
            calls: AtomicU32::new(0),
            fails,
        });
        let secrets = Secrets::default();
        secrets.add("sk-secret-123456");
        let cassette = Arc::new(Cassette::open(path).unwrap());
        (
            Recorded::new(Arc::clone(&inner) as Arc<dyn Provider>, cassette, mode, secrets),
            inner,
        )
    }

    fn ask(question: &str, repeat: u32) -> Call {
        Call {
            question: question.into(),
            repeat,
            ..Call::default()
        }
    }

    #[tokio::test]
    async fn a_replay_is_the_recording_to_the_byte_and_holds_no_secret() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("c.jsonl");
        let (first, inner) = recorded(&path, CassetteMode::Auto, None);
        let answer = first.call(&ask("q", 0)).await.unwrap();
        assert_eq!(first.call(&ask("q", 0)).await.unwrap(), answer);
        assert_ne!(first.call(&ask("q", 1)).await.unwrap(), answer);
        assert_eq!(inner.calls.load(Ordering::SeqCst), 2);
        let (second, inner) = recorded(&path, CassetteMode::Replay, None);
        assert_eq!(second.call(&ask("q", 0)).await.unwrap(), answer);
        let missing = second.call(&ask("other", 0)).await.unwrap_err();
        assert_eq!(missing.kind, CallErrorKind::NoRecording);
        assert_eq!(inner.calls.load(Ordering::SeqCst), 0);
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(!text.contains("sk-secret"), "{text}");
        assert_eq!(second.cassette.stale().len(), 1);
    }

    #[tokio::test]
    async fn the_same_call_in_flight_is_made_once_in_every_recording_mode() {
        for mode in [CassetteMode::Auto, CassetteMode::Record] {
            let folder = tempfile::tempdir().unwrap();
            let (provider, inner) = recorded(&folder.path().join("c.jsonl"), mode, None);
            let call = ask("q", 0);
            let all = futures_util::future::join_all((0..20).map(|_| provider.call(&call))).await;
            assert_eq!(inner.calls.load(Ordering::SeqCst), 1, "{mode:?}");
            assert!(all.iter().all(|it| it == &all[0]));
        }
    }

    #[tokio::test]
    async fn final_errors_are_recorded_and_passing_ones_are_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("c.jsonl");
        let (provider, _) = recorded(&path, CassetteMode::Auto, Some(CallErrorKind::ContextLength));
        let error = provider.call(&ask("long", 0)).await.unwrap_err();
        let (provider, _) = recorded(&path, CassetteMode::Auto, Some(CallErrorKind::RateLimited));
        provider.call(&ask("q", 0)).await.unwrap_err();
        let (replay, _) = recorded(&path, CassetteMode::Replay, None);
        assert_eq!(replay.call(&ask("long", 0)).await.unwrap_err(), error);
        assert_eq!(
            replay.call(&ask("q", 0)).await.unwrap_err().kind,
            CallErrorKind::NoRecording
        );
    }

    #[tokio::test]
    async fn recording_anew_takes_the_place_of_the_old() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("c.jsonl");
        for mode in [CassetteMode::Auto, CassetteMode::Record] {
            let (provider, inner) = recorded(&path, mode, None);
            provider.call(&ask("q", 0)).await.unwrap();
            assert_eq!(inner.calls.load(Ordering::SeqCst), 1);
        }
        assert_eq!(Cassette::open(&path).unwrap().len(), 1);
    }
}

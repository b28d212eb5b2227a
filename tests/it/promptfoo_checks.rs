//! Our verdicts beside promptfoo's, assertion by assertion.
//!
//! `benches/promptfoo_record.mjs` puts what promptfoo 0.121.20 says into the fixture. Where we differ on purpose the
//! line says so in `differs`, with what we say in `ours`; `docs/eval-promptfoo.md` explains each such reason.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use aisys::embedded::{Embedder, ModelError};
use aisys::eval::checks::Check;
use aisys::eval::judges::{Exhibit, Judge, JudgeError, JudgeErrorKind, Tools, Verdict};
use aisys::provider::{Call, CallError, Provider, Reply};
use aisys::source::{SourceFile, parse_yaml};
use aisys::wire::{ChatReply, Finish, ToolCall};
use futures_util::future::BoxFuture;
use serde_json::{Value, json};

use crate::support::root;

/// A judge model that answers from a list; the last answer again and again.
struct Scripted {
    replies: Vec<String>,
    calls: AtomicUsize,
}

impl Provider for Scripted {
    fn name(&self) -> &'static str {
        "scripted"
    }

    fn identity(&self) -> Value {
        json!("scripted")
    }

    fn call<'a>(&'a self, _: &'a Call) -> BoxFuture<'a, Result<Reply, CallError>> {
        let at = self.calls.fetch_add(1, Ordering::Relaxed).min(self.replies.len() - 1);
        let reply = reply(&self.replies[at]);
        Box::pin(async move { Ok(reply) })
    }
}

fn reply(text: &str) -> Reply {
    Reply {
        chat: ChatReply {
            id: String::new(),
            model: "m".to_owned(),
            text: text.to_owned(),
            refusal: None,
            tool_calls: Vec::new(),
            finish: None,
            usage: None,
        },
        latency_ms: 100.0,
        first_token_ms: None,
        cost_usd: None,
        attempts: 1,
        raw: None,
        trace: None,
    }
}

/// Counts of the letters a to z.
struct Letters;

impl Embedder for Letters {
    fn identity(&self) -> String {
        "letters".to_owned()
    }

    fn dimensions(&self) -> usize {
        26
    }

    fn embed(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, ModelError> {
        Ok(texts
            .iter()
            .map(|text| {
                let mut counts = [0.0_f32; 26];
                for byte in text.to_lowercase().bytes().filter(u8::is_ascii_lowercase) {
                    counts[usize::from(byte - b'a')] += 1.0;
                }
                let length = counts
                    .iter()
                    .map(|count| count * count)
                    .sum::<f32>()
                    .sqrt()
                    .max(f32::MIN_POSITIVE);
                counts.iter().map(|count| count / length).collect()
            })
            .collect())
    }

    fn embed_tokens(&self, _: &[&str]) -> Result<Vec<Vec<(String, Vec<f32>)>>, ModelError> {
        Ok(Vec::new())
    }
}

fn exhibit(line: &Value) -> Exhibit {
    let output = &line["output"];
    let mut reply = reply("");
    reply.latency_ms = line["latency_ms"].as_f64().unwrap_or(100.0);
    reply.cost_usd = line["cost"].as_f64();
    reply.chat.finish = line["finish"].as_str().map(|word| match word {
        "stop" => Finish::Stop,
        "tool_calls" => Finish::ToolCalls,
        other => Finish::Other(other.to_owned()),
    });
    let calls = output
        .as_array()
        .filter(|items| items.iter().any(|item| item["function"]["arguments"].is_string()));
    let answer = match (output, calls) {
        (Value::String(text), _) => text.clone(),
        (_, Some(calls)) => {
            reply.chat.tool_calls = calls
                .iter()
                .map(|call| ToolCall {
                    id: "1".to_owned(),
                    name: call["function"]["name"].as_str().unwrap().to_owned(),
                    arguments: call["function"]["arguments"].as_str().unwrap().to_owned(),
                })
                .collect();
            String::new()
        }
        (other, None) => {
            reply.raw = Some(other.clone());
            other.to_string()
        }
    };
    reply.chat.text.clone_from(&answer);
    Exhibit {
        case: "case".to_owned(),
        variant: "target".to_owned(),
        question: String::new(),
        prompt: line["prompt"].as_str().unwrap_or("the prompt").to_owned(),
        answer,
        reply,
        passages: Vec::new(),
        reference: None,
        variables: line["vars"].as_object().cloned().unwrap_or_default(),
    }
}

fn tools(line: &Value) -> Tools {
    let replies: Vec<String> = line["replies"].as_array().map_or_else(
        || vec![String::new()],
        |replies| replies.iter().map(|reply| reply.as_str().unwrap().to_owned()).collect(),
    );
    let judge = Scripted {
        replies,
        calls: AtomicUsize::new(0),
    };
    Tools {
        models: BTreeMap::new(),
        default_model: Some(Arc::new(judge)),
        embedder: Some(Arc::new(Letters)),
        nli: None,
        seed: 0,
    }
}

fn check(line: &Value) -> Result<Check, String> {
    let mut assertion = line["assertion"].clone();
    if let Some(config) = line.get("config") {
        assertion["config"] = config.clone();
    }
    let file = SourceFile::new("suite.yaml", assertion.to_string());
    let nodes = parse_yaml(&file).map_err(|error| error.to_string())?;
    Check::from_promptfoo(&nodes[0]).map_err(|error| error.to_string())
}

async fn verdict(line: &Value) -> Result<Verdict, JudgeError> {
    let check = check(line).map_err(|message| JudgeError {
        kind: JudgeErrorKind::Setup,
        message,
    })?;
    check.judge(&exhibit(line), &tools(line)).await
}

/// What we say in the fixture's words.
fn ours(said: &Result<Verdict, JudgeError>) -> Value {
    match said {
        Ok(verdict) => json!({"pass": verdict.pass, "score": (verdict.score * 1e6).round() / 1e6}),
        Err(error) => json!({"error": match error.kind {
            JudgeErrorKind::Unparseable => "unparseable",
            JudgeErrorKind::Setup => "setup",
            JudgeErrorKind::Call(_) => "call",
        }}),
    }
}

fn agrees(said: &Value, recorded: &Value) -> bool {
    match (said["pass"].as_bool(), recorded["pass"].as_bool()) {
        (Some(own), Some(theirs)) => {
            let score = |value: &Value| value["score"].as_f64().unwrap_or(f64::NAN);
            own == theirs && (score(said) - score(recorded)).abs() < 1e-5
        }
        (None, None) => said.get("error").is_some() && recorded.get("error").is_some(),
        _ => false,
    }
}

#[test]
fn verdicts_are_those_of_promptfoo() {
    let text = std::fs::read_to_string(root("fixtures/promptfoo/assertions.jsonl")).unwrap();
    let pages = std::fs::read_to_string(root("docs/eval-promptfoo.md")).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    let mut wrong = Vec::new();
    let mut lines = 0;
    for (at, line) in text.lines().enumerate() {
        let line: Value = serde_json::from_str(line).unwrap();
        let said = runtime.block_on(verdict(&line));
        let own = ours(&said);
        lines += 1;
        let recorded = &line["promptfoo"];
        let expected = match line["differs"].as_str() {
            Some(reason) => {
                assert!(
                    pages.contains(reason),
                    "docs/eval-promptfoo.md does not explain: {reason}"
                );
                assert!(!agrees(&own, recorded), "line {}: no difference any more", at + 1);
                &line["ours"]
            }
            None => recorded,
        };
        if !agrees(&own, expected) {
            let why = said.map_or_else(|error| error.message, |verdict| verdict.reason);
            wrong.push(format!(
                "{}: {} on {}\n    promptfoo {recorded}\n    ours {own}: {why}",
                at + 1,
                line["assertion"],
                line["output"]
            ));
        }
    }
    assert!(lines > 200, "only {lines} assertions");
    assert!(
        wrong.is_empty(),
        "{} of {lines} differ:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

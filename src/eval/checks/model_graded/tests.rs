//! A judge model that answers from a list, and what comes of its answers.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use futures_util::future::BoxFuture;
use serde_json::{Value, json};

use crate::eval::checks::{Check, select_best};
use crate::eval::judges::{Exhibit, Judge as _, JudgeErrorKind, Tools};
use crate::provider::{Call, CallError, CallErrorKind, Provider, Reply};
use crate::source::{SourceFile, parse_yaml};
use crate::wire::{ChatReply, Finish};

struct Scripted {
    replies: Mutex<Vec<Result<&'static str, CallErrorKind>>>,
    asked: Mutex<Vec<String>>,
}

impl Provider for Scripted {
    fn name(&self) -> &'static str {
        "scripted"
    }

    fn identity(&self) -> Value {
        json!("scripted")
    }

    fn call<'a>(&'a self, call: &'a Call) -> BoxFuture<'a, Result<Reply, CallError>> {
        let asked: Vec<_> = call.request.messages.iter().map(crate::wire::Message::plain).collect();
        self.asked.lock().unwrap().push(asked.join("\n---\n"));
        let answer = self.replies.lock().unwrap().remove(0);
        Box::pin(async move {
            answer.map(reply).map_err(|kind| CallError {
                kind,
                provider: "scripted".to_owned(),
                message: "no".to_owned(),
                status: None,
                retry_after: None,
                attempts: 1,
            })
        })
    }
}

fn reply(text: &str) -> Reply {
    Reply {
        chat: ChatReply {
            id: String::new(),
            model: String::new(),
            text: text.to_owned(),
            refusal: None,
            tool_calls: Vec::new(),
            finish: Some(Finish::Stop),
            usage: None,
        },
        latency_ms: 1.0,
        first_token_ms: None,
        cost_usd: None,
        attempts: 1,
        raw: None,
        trace: None,
    }
}

fn exhibit(answer: &str) -> Exhibit {
    Exhibit {
        case: "c".to_owned(),
        variant: "v".to_owned(),
        question: "Where?".to_owned(),
        prompt: "Say where.".to_owned(),
        answer: answer.to_owned(),
        reply: reply(answer),
        passages: Vec::new(),
        reference: None,
        variables: json!({"name": "Ada"}).as_object().unwrap().clone(),
    }
}

fn judge(replies: Vec<Result<&'static str, CallErrorKind>>) -> (Arc<Scripted>, Tools) {
    let model = Arc::new(Scripted {
        replies: Mutex::new(replies),
        asked: Mutex::default(),
    });
    let tools = Tools {
        models: BTreeMap::from([("strict".to_owned(), Arc::clone(&model) as Arc<dyn Provider>)]),
        default_model: Some(Arc::clone(&model) as Arc<dyn Provider>),
        ..Tools::default()
    };
    (model, tools)
}

fn check(yaml: &str) -> Check {
    Check::from_promptfoo(&parse_yaml(&SourceFile::new("suite.yaml", yaml)).unwrap()[0]).unwrap()
}

#[tokio::test]
async fn a_reply_without_a_verdict_is_asked_for_once_more() {
    let (model, tools) = judge(vec![
        Ok("It seems good."),
        Ok(r#"{"reason": "r", "pass": true, "score": 0.9}"#),
    ]);
    let verdict = check("{type: llm-rubric, value: 'greets {{ name }}'}")
        .judge(&exhibit("Hi"), &tools)
        .await
        .unwrap();
    assert_eq!((verdict.pass, verdict.score), (true, 0.9));
    let asked = model.asked.lock().unwrap();
    assert!(
        asked[0].contains("greets Ada") && asked[0].contains("<Output>\nHi"),
        "{}",
        asked[0]
    );
    assert!(
        asked[1].contains("It seems good.") && asked[1].contains("Reply once more"),
        "{}",
        asked[1]
    );
}

#[tokio::test]
async fn a_judge_without_a_verdict_is_an_error_and_never_a_pass_nor_a_0() {
    let kinds = [
        "{type: llm-rubric, value: x}",
        "{type: not-llm-rubric, value: x}",
        "{type: model-graded-closedqa, value: x}",
        "{type: factuality, value: x}",
        "{type: g-eval, value: x}",
        "{type: context-recall, value: x}",
        "{type: conversation-relevance}",
    ];
    for kind in kinds {
        let (_, tools) = judge(vec![Ok("hm"), Ok("")]);
        let error = check(kind).judge(&exhibit("Hi"), &tools).await.unwrap_err();
        assert_eq!(error.kind, JudgeErrorKind::Unparseable, "{kind}: {error}");
    }
}

#[tokio::test]
async fn a_score_alone_is_no_verdict_unless_a_threshold_makes_it_one() {
    let low = r#"{"reason": "bad", "score": 0.1}"#;
    let (_, tools) = judge(vec![Ok(low), Ok(low)]);
    let error = check("{type: llm-rubric, value: x}")
        .judge(&exhibit("Hi"), &tools)
        .await
        .unwrap_err();
    assert_eq!(error.kind, JudgeErrorKind::Unparseable);
    let (_, tools) = judge(vec![Ok(low)]);
    let verdict = check("{type: llm-rubric, value: x, threshold: 0.5}")
        .judge(&exhibit("Hi"), &tools)
        .await
        .unwrap();
    assert!(!verdict.pass);
}

#[tokio::test]
async fn a_call_that_fails_is_the_judge_s_error() {
    let (_, tools) = judge(vec![Err(CallErrorKind::ContextLength)]);
    let error = check("{type: llm-rubric, value: x, provider: strict}")
        .judge(&exhibit("Hi"), &tools)
        .await
        .unwrap_err();
    assert!(
        matches!(&error.kind, JudgeErrorKind::Call(call) if call.kind == CallErrorKind::ContextLength),
        "{error}"
    );
}

#[tokio::test]
async fn what_is_not_set_up_is_named() {
    let (_, tools) = judge(Vec::new());
    for (yaml, named) in [
        ("{type: llm-rubric, value: 'greets {{ nmae }}'}", "`nmae`"),
        ("{type: llm-rubric, value: x, provider: none}", "strict"),
        (
            "{type: llm-rubric, value: x, rubricPrompt: 'Judge {{ nothing }}'}",
            "`nothing`",
        ),
        (
            "{type: context-recall, value: x, rubricPrompt: 'file://none.txt'}",
            "none.txt",
        ),
    ] {
        let error = check(yaml).judge(&exhibit("Hi"), &tools).await.unwrap_err();
        assert_eq!(error.kind, JudgeErrorKind::Setup);
        assert!(
            error.message.contains(named) && error.message.contains("suite.yaml:1:1"),
            "{error}"
        );
    }
    let error = check("{type: llm-rubric, value: x}")
        .judge(&exhibit("Hi"), &Tools::default())
        .await
        .unwrap_err();
    assert_eq!(error.kind, JudgeErrorKind::Setup);
}

#[tokio::test]
async fn the_best_is_picked_by_its_index() {
    let (model, tools) = judge(vec![Ok("Text 7"), Ok("The index is 1.")]);
    let check = check("{type: select-best, value: 'most friendly to {{ name }}'}");
    let verdicts = select_best(&check, &[exhibit("Hm"), exhibit("Hello!")], &tools)
        .await
        .unwrap();
    assert_eq!(
        verdicts.iter().map(|verdict| verdict.pass).collect::<Vec<_>>(),
        [false, true]
    );
    assert!(model.asked.lock().unwrap()[0].contains("friendly to Ada"));
    assert!(select_best(&check, &[exhibit("Hm")], &tools).await.is_err());
}

//! A judge model that answers from a list, and what comes of its answers.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::json;

use crate::eval::checks::{Check, select_best};
use crate::eval::judges::scripted::{self, Scripted};
use crate::eval::judges::{Exhibit, Judge as _, JudgeErrorKind, Tools};
use crate::provider::{CallErrorKind, Provider};
use crate::source::{SourceFile, parse_yaml};
use crate::wire::Finish;

fn exhibit(answer: &str) -> Exhibit {
    Exhibit {
        prompt: "Say where.".to_owned(),
        variables: json!({"name": "Ada"}).as_object().unwrap().clone(),
        ..scripted::exhibit("Where?", answer, &[])
    }
}

fn judge(replies: Vec<Result<&str, CallErrorKind>>) -> (Arc<Scripted>, Tools) {
    let replies = replies.into_iter().map(|reply| reply.map(scripted::chat)).collect();
    let model = Scripted::of("scripted", replies);
    let tools = Tools {
        models: BTreeMap::from([("strict".to_owned(), Arc::clone(&model) as Arc<dyn Provider>)]),
        ..scripted::tools(&model)
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
    let asked = model.sent();
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
async fn a_refusal_is_no_verdict_whatever_its_words_look_like() {
    let refused = |finish, refusal: Option<&str>| {
        let mut reply = scripted::chat(r#"{"reason": "r", "pass": true, "score": 1}"#);
        (reply.finish, reply.refusal) = (Some(finish), refusal.map(str::to_owned));
        reply
    };
    for (finish, refusal) in [(Finish::Stop, Some("no")), (Finish::Refusal, None)] {
        let reply = refused(finish, refusal);
        let model = Scripted::of("scripted", vec![Ok(reply.clone()), Ok(reply)]);
        let rubric = check("{type: llm-rubric, value: x}");
        let error = rubric
            .judge(&exhibit("Hi"), &scripted::tools(&model))
            .await
            .unwrap_err();
        assert_eq!(error.kind, JudgeErrorKind::Unparseable);
        assert!(
            error.message.contains("refused") && error.message.contains("suite.yaml:1:1"),
            "{error}"
        );
    }
    let filtered = refused(Finish::ContentFilter, None);
    let model = Scripted::of("scripted", vec![Ok(filtered)]);
    let rubric = check("{type: llm-rubric, value: x}");
    let error = rubric
        .judge(&exhibit("Hi"), &scripted::tools(&model))
        .await
        .unwrap_err();
    assert!(matches!(error.kind, JudgeErrorKind::Call(_)), "{error}");
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
    assert!(model.sent()[0].contains("friendly to Ada"));
    assert!(select_best(&check, &[exhibit("Hm")], &tools).await.is_err());
}

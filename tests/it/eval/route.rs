//! A route of an `aisys.yaml` as the model of a suite: what its users would get.

use std::time::Duration;

use aisys::wire::Api;

use super::{Lab, Server, refused, right};
use crate::mock::{Answer, Piece};

/// A system of two local deployments with a degraded answer.
fn system(primary: &Server, fallback: &Server, route: &str) -> String {
    format!(
        "version: 1
deadline: 5s
providers:
  a: {{api: openai, endpoint: {:?}}}
  b: {{api: openai, endpoint: {:?}}}
models:
  strong: [{{provider: a, model: gpt-4o-mini}}]
  light: [{{provider: b, model: gpt-4o-mini}}]
routes:
  assistant: {{use: strong, fallback: [light], degraded: 'It is later than 000, 001 or 002.', {route}}}
  batch: {{use: light, degraded: 'no'}}
",
        primary.mock.url("/v1"),
        fallback.mock.url("/v1"),
    )
}

fn suite(cases: usize, model: &str) -> String {
    super::numbered(cases, model, "")
}

const LONG: &str = "{route: assistant, system: system/aisys.yaml}";

#[test]
fn the_fallback_answers_for_a_primary_that_is_down_and_the_row_says_so() {
    let primary = Server::start(|_| refused(503, "server_error", "overloaded"));
    let fallback = Server::answering();
    let lab = Lab::with(&suite(3, LONG));
    lab.write(
        "system/aisys.yaml",
        &system(&primary, &fallback, "retries: {attempts: 0}"),
    );
    lab.eval(&["suite.yaml", "-j", "1", "-o", "a.csv"])
        .expect(0, &["3 cases, 3 answers", "route.first_choice"]);
    let light = "light → b/gpt-4o-mini";
    assert_eq!(lab.column("a.csv", "answered_by"), [light; 3]);
    for way in lab.column("a.csv", "way") {
        assert!(
            way.contains("strong → a/gpt-4o-mini: overloaded (503") && way.contains(light),
            "{way}"
        );
    }
    assert_eq!(lab.column("a.csv", "route.degraded"), ["0"; 3]);
    assert_eq!((primary.mock.count(), fallback.mock.count()), (3, 3));
    // Tokens, money and time are the route's.
    for column in ["latency_ms", "cost_usd", "input_tokens", "output_tokens"] {
        assert!(
            lab.column("a.csv", column).iter().all(|cell| !cell.is_empty()),
            "{column}"
        );
    }
}

type Fault = Box<dyn Fn() -> Answer + Send + Sync>;

#[test]
fn every_way_of_failing_leads_on() {
    let empty = || Answer::chat(Api::Openai, "");
    let html = || Answer {
        headers: vec![("content-type".to_owned(), "text/html".to_owned())],
        pieces: vec![Piece::Bytes("<html>busy</html>".into())],
        ..Answer::chat(Api::Openai, "")
    };
    let cut = || Answer {
        pieces: vec![Piece::Bytes("{\"choices\": [".into()), Piece::Break],
        ..Answer::chat(Api::Openai, "")
    };
    let silent = || Answer {
        silent: true,
        ..Answer::chat(Api::Openai, "")
    };
    let limited = || {
        let mut answer = refused(429, "rate_limit_exceeded", "slow down");
        answer.headers.push(("retry-after".to_owned(), "20".to_owned()));
        answer
    };
    let faults: [(&str, Fault); 6] = [
        ("empty", Box::new(empty)),
        ("html", Box::new(html)),
        ("cut", Box::new(cut)),
        ("silent", Box::new(silent)),
        ("limited", Box::new(limited)),
        ("key", Box::new(|| refused(401, "invalid_api_key", "no such key"))),
    ];
    for (name, fault) in faults {
        let primary = Server::start(move |_| fault());
        let fallback = Server::answering();
        let lab = Lab::with(&suite(1, LONG));
        // The silent one is given up after its share of the deadline.
        let text = system(&primary, &fallback, "retries: {attempts: 0}").replace("deadline: 5s", "deadline: 2s");
        lab.write("system/aisys.yaml", &text);
        lab.eval(&["suite.yaml", "-o", "a.csv"]).expect(0, &[]);
        assert_eq!(lab.column("a.csv", "answered_by"), ["light → b/gpt-4o-mini"], "{name}");
    }
}

#[test]
fn with_everything_down_the_degraded_answer_is_the_answer_and_marked() {
    let dead = Server::start(|_| refused(500, "server_error", "broken"));
    let lab = Lab::with(&suite(3, "route:system/aisys.yaml#assistant"));
    lab.write("system/aisys.yaml", &system(&dead, &dead, ""));
    lab.eval(&["suite.yaml", "-o", "a.csv"]).expect(0, &["route.degraded"]);
    assert_eq!(lab.column("a.csv", "answered_by"), ["(degraded answer)"; 3]);
    assert_eq!(lab.column("a.csv", "answer"), ["It is later than 000, 001 or 002."; 3]);
    // A gate can bound it.
    lab.write(
        "suite.yaml",
        &format!("{}gate: {{route.degraded: \"<= 0.1\"}}\n", suite(3, LONG)),
    );
    lab.eval(&["suite.yaml"]).expect(1, &["route.degraded"]);
}

#[test]
fn without_a_degraded_answer_the_row_tells_the_whole_way() {
    let dead = Server::start(|_| refused(500, "server_error", "broken"));
    let lab = Lab::with(&suite(1, LONG));
    let text =
        system(&dead, &dead, "retries: {attempts: 0}").replace("degraded: 'It is later than 000, 001 or 002.', ", "");
    lab.write("system/aisys.yaml", &text);
    lab.eval(&["suite.yaml"]).expect(
        3,
        &[
            "assistant: nobody answered",
            "strong → a/gpt-4o-mini: broken (500",
            "light → b/gpt-4o-mini",
        ],
    );
}

#[test]
fn what_does_not_exist_is_told_at_its_place() {
    let server = Server::answering();
    let wrong: &[(&str, &[&str])] = &[
        (
            "{route: asistant, system: system/aisys.yaml}",
            &[
                "there is no route `asistant`; did you mean `assistant`?",
                "suite.yaml:2:29",
                "^^^^^^^^",
            ],
        ),
        (
            "route:system/aisys.yaml#bacth",
            &["did you mean `batch`?", "suite.yaml:2:21"],
        ),
        (
            "route:system/aisys.yaml",
            &["which route is meant?", "`assistant`, `batch`"],
        ),
        (
            "route:nowhere.yaml#a",
            &["nowhere.yaml", "there is no such file", "suite.yaml:2:21"],
        ),
        ("route:suite.yaml#a", &["is no aisys.yaml with routes"]),
        (
            "{route: assistant, sytem: x}",
            &["`sytem`; did you mean `system`?", "suite.yaml:2:40"],
        ),
        ("{route: assistant}", &["a route needs its `system`"]),
    ];
    for (model, words) in wrong {
        let lab = Lab::with(&suite(1, model));
        lab.write("system/aisys.yaml", &system(&server, &server, ""));
        lab.eval(&["suite.yaml"]).expect(2, words);
    }
    // What `serve` would refuse is refused at its own place.
    let lab = Lab::with(&suite(1, LONG));
    lab.write("system/aisys.yaml", &system(&server, &server, "fallbck: [light]"));
    lab.eval(&["suite.yaml"]).expect(2, &["`fallbck`", "aisys.yaml:10:"]);
    assert_eq!(server.mock.count(), 0);
}

#[test]
fn answers_are_recorded_with_their_way_and_the_budget_holds() {
    let primary = Server::start(|_| refused(503, "server_error", "overloaded"));
    let fallback = Server::answering();
    let lab = Lab::with(&suite(3, LONG));
    lab.write(
        "system/aisys.yaml",
        &system(&primary, &fallback, "retries: {attempts: 0}"),
    );
    let record = [
        "suite.yaml",
        "--cassettes",
        "auto",
        "--cassette-dir",
        "tapes",
        "-o",
        "a.csv",
    ];
    lab.eval(&record).expect(0, &[]);
    let called = fallback.mock.count();
    let replay = [
        "suite.yaml",
        "--cassettes",
        "replay",
        "--cassette-dir",
        "tapes",
        "-o",
        "b.csv",
    ];
    lab.eval(&replay).expect(0, &[]);
    assert_eq!(fallback.mock.count(), called);
    assert_eq!(lab.read("a.csv"), lab.read("b.csv"));
    assert_eq!(lab.column("b.csv", "answered_by"), ["light → b/gpt-4o-mini"; 3]);
    // The budget stops the route before a call that would exceed it.
    lab.write("suite.yaml", &suite(40, LONG));
    lab.eval(&["suite.yaml", "-j", "2", "--max-cost", "0.00000001"])
        .expect(3, &["--max-cost"]);
    assert_eq!(fallback.mock.count(), called);
}

#[test]
fn a_slow_answer_is_waited_for_no_longer_than_its_share() {
    let primary = Server::start(|seen| Answer {
        latency: Duration::from_secs(30),
        ..right(seen)
    });
    let lab = Lab::with(&suite(1, LONG));
    let text = system(&primary, &primary, "").replace("deadline: 5s", "deadline: 1s");
    lab.write("system/aisys.yaml", &text);
    lab.eval(&["suite.yaml", "-o", "a.csv"]).expect(0, &[]);
    assert_eq!(lab.column("a.csv", "answered_by"), ["(degraded answer)"]);
}

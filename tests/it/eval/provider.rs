//! Providers that misbehave: what is asked again, what counts for the candidate, and what decides nothing.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use aisys::wire::Api;

use crate::mock::{Answer, Piece, Seen};

use super::{Lab, Server, numbered, refused, right};

/// One that gives every question these answers first, and then the right one.
fn after_faults(faults: Vec<Answer>) -> Server {
    let counts: Mutex<BTreeMap<String, usize>> = Mutex::default();
    Server::start(move |seen| {
        let mut counts = counts.lock().unwrap();
        let count = counts.entry(seen.last_text()).or_default();
        *count += 1;
        faults.get(*count - 1).cloned().unwrap_or_else(|| right(seen))
    })
}

fn half() -> Answer {
    Answer::stream(Api::Openai, "It is 000, or 001, or 002.").cut(3, Some(Piece::Break))
}

#[test]
fn a_storm_of_refusals_ends_with_every_question_answered() {
    let busy = refused(429, "rate_limit_exceeded", "slow down").with("retry-after", "0");
    let server = after_faults(vec![busy.clone(), busy]);
    let lab = Lab::with(&numbered(
        20,
        &server.model(""),
        "gate: {pass: \">= 1\", answered: \">= 1\"}\n",
    ));
    lab.eval(&["suite.yaml", "-o", "a.csv"])
        .expect(0, &["20 cases, 20 answers", "yes: the gate holds"]);
    assert_eq!(lab.column("a.csv", "status"), ["passed"; 20]);
    assert_eq!(server.mock.count(), 60);
}

#[test]
fn what_may_pass_is_asked_again_and_half_a_stream_is_never_an_answer() {
    for fault in [
        refused(503, "overloaded", "later"),
        refused(500, "server_error", "oops"),
        Answer::new(200, "application/json", "<html>a gateway</html>"),
    ] {
        let server = after_faults(vec![fault]);
        let lab = Lab::with(&numbered(3, &server.model(""), "gate: {pass: \">= 1\"}\n"));
        lab.eval(&["suite.yaml"]).expect(0, &["3 cases, 3 answers"]);
        assert_eq!(server.mock.count(), 6);
    }
    let streamed = |seen: &Seen| {
        let number: String = seen.last_text().chars().filter(char::is_ascii_digit).collect();
        Answer::stream(Api::Openai, &format!("It is {number}."))
    };
    // It breaks off, or ends as if that were all: asked again once, and then given up.
    for cut in [half(), Answer::stream(Api::Openai, "It is 001.").cut(2, None)] {
        let server = Server::start(move |seen| {
            if seen.last_text().contains("001") {
                cut.clone()
            } else {
                streamed(seen)
            }
        });
        let lab = Lab::with(&numbered(3, &server.model(", stream: true, max_attempts: 2"), ""));
        lab.eval(&["suite.yaml", "-o", "a.csv"])
            .expect(3, &["1 answer is missing because the outside failed"]);
        assert_eq!(lab.column("a.csv", "status"), ["passed", "error", "passed"]);
        assert_eq!(lab.column("a.csv", "answer"), ["It is 000.", "", "It is 002."]);
        assert_eq!(server.mock.count(), 4);
    }
}

#[test]
fn a_provider_that_hangs_decides_nothing_and_resume_asks_what_is_missing() {
    let healed = Arc::new(AtomicBool::new(false));
    let server = Server::start({
        let healed = Arc::clone(&healed);
        move |seen| {
            let lost = seen.last_text().contains('7') && !healed.load(Ordering::SeqCst);
            if lost { Answer::hang() } else { right(seen) }
        }
    });
    let model = server.model(", timeout_seconds: 3, max_attempts: 1");
    let lab = Lab::with(&numbered(20, &model, "gate: {pass: \">= 1\"}\n"));
    let words = [
        "undecided: 2 answers are missing because the outside failed",
        "no whole answer within 3.0 s",
        "run 1 is kept",
        "--resume",
    ];
    lab.eval(&["suite.yaml", "-o", "a.csv"]).expect(3, &words);
    assert_eq!(
        lab.column("a.csv", "status")
            .iter()
            .filter(|status| *status == "passed")
            .count(),
        18
    );
    assert_eq!(server.mock.count(), 20);
    lab.eval(&["list"]).expect(0, &["undecided"]);
    healed.store(true, Ordering::SeqCst);
    lab.eval(&["suite.yaml", "--resume", "-o", "a.csv"])
        .expect(0, &["going on with run 1", "yes: the gate holds"]);
    assert_eq!(lab.column("a.csv", "status"), ["passed"; 20]);
    let mut again = server.asked().split_off(20);
    again.sort();
    assert_eq!(again, ["What is number 007?", "What is number 017?"]);
}

#[test]
fn a_prompt_that_does_not_fit_and_a_filter_are_the_candidates_failures_and_are_graded_by_nobody() {
    let server = Server::start(|seen| match seen.last_text().as_str() {
        text if text.contains("001") => refused(
            400,
            "context_length_exceeded",
            "This model's maximum context length is 001 tokens",
        ),
        text if text.contains("002") => refused(400, "content_filter", "refused by the policy, see 002"),
        _ => right(seen),
    });
    let lab = Lab::with(&numbered(
        4,
        &server.model(""),
        "gate: {answered: \">= 0.9\", pass: \">= 0.9\"}\n",
    ));
    let words = [
        "answered >= 0.9: does not hold, it is 0.500",
        "pass >= 0.9: does not hold, it is 0.500",
    ];
    lab.eval(&["suite.yaml", "-o", "a.csv"]).expect(1, &words);
    assert_eq!(lab.column("a.csv", "status"), ["passed", "error", "error", "passed"]);
    assert_eq!(lab.column("a.csv", "answer"), ["It is 000.", "", "", "It is 003."]);
    assert_eq!(server.mock.count(), 4);
}

/// A suite whose judge is the mock too, behind another path.
fn judged(server: &Server) -> String {
    let judge = server
        .model(", max_attempts: 1")
        .replace("/v1", "/judge/v1")
        .replace("name: mock", "name: judge");
    numbered(
        3,
        &server.model(""),
        &format!("judge: {{model: {judge}, rubric: [relevant]}}\n"),
    )
}

#[test]
fn a_judge_that_talks_garbage_or_cannot_be_reached_is_an_error_of_the_judge_alone() {
    for (fault, calls) in [
        (Answer::chat(Api::Openai, "Lovely! 10/10, would read again."), 6),
        (refused(500, "server_error", "oops"), 3),
        (refused(400, "context_length_exceeded", "maximum context length"), 3),
    ] {
        let server = Server::start(move |seen| {
            if seen.path.starts_with("/judge") {
                fault.clone()
            } else {
                right(seen)
            }
        });
        let lab = Lab::with(&judged(&server));
        let words = ["3 judgements failed and count neither as passed nor as failed"];
        let ran = lab.eval(&["suite.yaml", "-o", "a.csv"]).expect(0, &words);
        assert!(!ran.out.contains("relevant  "), "{}", ran.out);
        assert_eq!(lab.column("a.csv", "status"), ["passed"; 3]);
        assert!(
            lab.column("a.csv", "judge_errors")
                .iter()
                .all(|why| why.contains("judge"))
        );
        assert!(!lab.csv("a.csv")[0].iter().any(|(column, _)| column == "relevant"));
        assert_eq!(
            server
                .mock
                .seen()
                .iter()
                .filter(|seen| seen.path.starts_with("/judge"))
                .count(),
            calls
        );
        // A gate on what no judge could measure does not hold by itself.
        lab.eval(&["suite.yaml", "--set", "gate.relevant='>= 0.5'"])
            .expect(3, &["nothing measured `relevant`"]);
    }
}

#[test]
fn a_judge_is_heard_where_it_says_something() {
    let verdict = |score| format!("```json\n{{\"relevant\": {{\"reason\": \"so\", \"score\": {score}}}}}\n```");
    let server = Server::start(move |seen| {
        // Asked again, the answer stands further up in the conversation.
        let asked = String::from_utf8_lossy(&seen.body).into_owned();
        match seen.path.starts_with("/judge") {
            true if asked.contains("It is 002") => Answer::chat(Api::Openai, "no idea"),
            true if asked.contains("It is 001") => Answer::chat(Api::Openai, &verdict(1)),
            true => Answer::chat(Api::Openai, &verdict(5)),
            false => right(seen),
        }
    });
    let lab = Lab::with(&judged(&server));
    lab.eval(&["suite.yaml", "-o", "a.csv"])
        .expect(0, &["1 judgement failed"]);
    let relevant = lab.column("a.csv", "relevant");
    assert_eq!(relevant[..2], ["1", "0"], "{relevant:?}");
    assert_eq!(relevant[2], "");
}

#[test]
fn the_run_stops_before_the_call_that_would_cost_too_much() {
    let server = Server::answering();
    let text = numbered(60, &server.model(""), "").replace("generation: {", "generation: {max_output_tokens: 5, ");
    let lab = Lab::with(&text);
    let limit = 0.0001;
    let words = ["undecided", "--max-cost", "run 1 is kept", "--resume"];
    lab.eval(&["suite.yaml", "-j", "4", "--max-cost", "0.0001", "-o", "a.csv"])
        .expect(3, &words);
    let spent: f64 = lab
        .column("a.csv", "cost_usd")
        .iter()
        .map(|cost| cost.parse::<f64>().unwrap())
        .sum();
    // Every call that was paid for is in the report, and the next one would not have fitted.
    let called = server.mock.count();
    assert_eq!(lab.csv("a.csv").len(), called);
    assert!(
        called < 60 && spent <= limit && spent > limit / 2.0,
        "{called} calls for {spent}"
    );
    lab.eval(&["suite.yaml", "--resume", "-o", "a.csv"])
        .expect(0, &["60 cases, 60 answers"]);
    assert_eq!(server.mock.count(), 60);
}

#[test]
fn a_key_that_is_not_set_is_named_and_nothing_is_asked() {
    let server = Server::answering();
    let lab = Lab::with(&numbered(2, &server.model(", key: MY_SHOP_KEY"), ""));
    lab.eval(&["suite.yaml"])
        .expect(3, &["MY_SHOP_KEY is not set in the environment", "undecided"]);
    assert_eq!(server.mock.count(), 0);
}

#[test]
fn no_key_reaches_a_file_or_an_output() {
    const KEY: &str = "sk-not-for-anybodys-eyes-42";
    // A server that says in answers and errors what it was sent.
    let server = Server::start(|seen| {
        let header = seen.header("authorization").to_owned();
        match seen.last_text().as_str() {
            text if text.contains("001") => refused(401, "invalid_api_key", &format!("wrong key: {header}")),
            text if text.contains("002") => refused(400, "invalid_request_error", &format!("bad header {header}")),
            text => Answer::chat(Api::Openai, &format!("{text} {header}")),
        }
    });
    let lab = Lab::with(&numbered(4, &server.model(""), ""));
    let files = ["a.csv", "a.json", "a.jsonl", "a.xml", "a.html", "a.md", "a.sarif"];
    let mut arguments = vec![
        "suite.yaml",
        "--cassettes",
        "record",
        "--save",
        "a.run.json",
        "--verbose",
    ];
    arguments.extend(files.iter().flat_map(|file| ["-o", *file]));
    let output = lab.command(&arguments).env("OPENAI_API_KEY", KEY).output().unwrap();
    assert_eq!(output.status.code(), Some(3));
    assert!(
        server
            .mock
            .seen()
            .iter()
            .all(|seen| seen.header("authorization") == format!("Bearer {KEY}"))
    );
    let holds = |bytes: &[u8]| bytes.windows(KEY.len()).any(|window| window == KEY.as_bytes());
    assert!(!holds(&output.stdout) && !holds(&output.stderr), "{output:?}");
    let mut read = 0;
    let mut folders = vec![lab.path("")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            read += 1;
            assert!(!holds(&std::fs::read(&path).unwrap()), "{}", path.display());
        }
    }
    assert!(read > files.len() + 3, "{read} files");
    assert!(lab.read("cassettes/numbers.jsonl").contains("(secret)"));
}

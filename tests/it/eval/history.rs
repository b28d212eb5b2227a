//! Runs of the past: listed, shown, compared; the audit of suites; decisions before the end.

use aisys::wire::Api;

use crate::mock::Answer;

use super::{Lab, Server, numbered, right, same_bytes};

/// A suite whose answers are wrong for the questions that a threshold leaves out.
fn partly(cases: usize, right_below: usize, gate: &str) -> (Lab, Server) {
    let server = Server::start(move |seen| {
        let number: String = seen.last_text().chars().filter(char::is_ascii_digit).collect();
        if number.parse::<usize>().unwrap() < right_below {
            right(seen)
        } else {
            Answer::chat(Api::Openai, "I cannot tell.")
        }
    });
    let lab = Lab::with(&numbered(cases, &server.model(""), gate));
    (lab, server)
}

#[test]
fn runs_are_listed_shown_and_compared() {
    let (lab, _server) = partly(30, 27, "gate: {pass: \">= 0.8\"}\n");
    let worse = "extends: suite.yaml\ngeneration: {prompt: \"{{ question }} Hint: 99\"}\n";
    lab.write("worse.yaml", worse);
    lab.eval(&["list"]).expect(0, &["no runs in .aisys yet"]);
    let first = lab
        .eval(&["suite.yaml"])
        .expect(0, &["yes: the gate holds", "kept as run 1"]);
    lab.eval(&["worse.yaml"]).expect(
        1,
        &[
            "no: the gate does not hold",
            "pass is worse by 90.0 points",
            "against run 1",
        ],
    );
    let list = lab
        .eval(&["list"])
        .expect(0, &["numbers", "30 cases: pass 0.900", "30 cases: pass 0.000"]);
    let lines: Vec<&str> = list.out.lines().collect();
    assert!(
        lines[1].contains("failed") && lines[2].contains("passed"),
        "the newest first:\n{}",
        list.out
    );
    assert_eq!(lab.eval(&["list", "--most", "1"]).out.lines().count(), 2);
    lab.eval(&["list", "--suite", "other"]).expect(0, &["no runs in"]);
    // Shown again it says what it said.
    let shown = lab.eval(&["show", "1"]).expect(0, &[]);
    assert_eq!(shown.out.lines().last(), first.out.lines().last());
    lab.eval(&["show", "last", "-o", "shown.csv"])
        .expect(1, &["pass is worse by 90.0 points"]);
    assert_eq!(lab.csv("shown.csv").len(), 30);
    // The other way round it is better, and the gate of the later one holds.
    lab.eval(&["compare", "2", "1"])
        .expect(0, &["pass is better by 90.0 points", "against run 2"]);
    lab.eval(&["compare", "1", "2"])
        .expect(1, &["pass is worse by 90.0 points", "against run 1"]);
}

#[test]
fn a_run_is_held_against_the_one_that_is_named() {
    let (lab, _server) = partly(30, 27, "");
    lab.write(
        "worse.yaml",
        "extends: suite.yaml\ngeneration: {prompt: \"{{ question }} Hint: 99\"}\n",
    );
    lab.eval(&["suite.yaml"]).expect(0, &[]);
    lab.eval(&["worse.yaml", "--against", "none"])
        .expect(0, &["nothing speaks against it"]);
    // Told, but not gated: the suite does not ask for it.
    lab.eval(&["worse.yaml", "--against", "1"])
        .expect(0, &["pass is worse by 90.0 points", "against run 1"]);
    lab.eval(&["suite.yaml", "--against", "2"])
        .expect(0, &["pass is better by 90.0 points", "against run 2"]);
    lab.eval(&["worse.yaml", "--against", "1", "--set", "gate.against=last-passing"])
        .expect(1, &["against run 1"]);
}

#[test]
fn variants_are_compared_with_the_first() {
    let (lab, _server) = partly(
        30,
        30,
        "variants: [{name: base}, {name: hinted, generation: {prompt: \"{{ question }} Hint: 99\"}}]\n",
    );
    let ran = lab
        .eval(&["suite.yaml", "-o", "a.csv"])
        .expect(0, &["× 2 variants, 60 answers", "hinted", "worse by 100.0 points"]);
    assert!(ran.out.contains("beside base"), "{}", ran.out);
    let only = lab
        .eval(&["suite.yaml", "--variant", "hinted", "-o", "b.csv"])
        .expect(0, &["30 answers"]);
    assert!(!only.out.contains("base"), "{}", only.out);
}

#[test]
fn an_early_decision_saves_calls_is_that_of_the_whole_run_and_is_the_same_at_any_concurrency() {
    for (right_below, code) in [(40, 1), (200, 0)] {
        let (lab, server) = partly(200, right_below, "gate: {pass: \">= 0.8\"}\n");
        let tape = ["suite.yaml", "-o", "a.csv", "--cassettes"];
        lab.eval(&[&tape[..], &["record", "--home", "whole"]].concat())
            .expect(code, &["200 answers"]);
        let early = |more: &[&str]| lab.eval(&[&tape[..], &["replay", "--stop-early"], more].concat());
        let one =
            early(&["-j", "1", "--home", "one"]).expect(code, &["decided after ", " of 200 answers", "answers saved"]);
        std::fs::rename(lab.path("a.csv"), lab.path("one.csv")).unwrap();
        let many = early(&["-j", "16", "--home", "many"]);
        assert_eq!((one.code, &one.out), (many.code, &many.out));
        same_bytes(&lab.path("one.csv"), &lab.path("a.csv"));
        // No call is made that is not needed.
        let before = server.mock.count();
        lab.eval(&["suite.yaml", "--stop-early", "-j", "1", "--home", "live"])
            .expect(code, &[]);
        let (made, needed) = (server.mock.count() - before, lab.csv("a.csv").len());
        assert!(made <= needed + 1 && needed < 150, "{made} calls for {needed} answers");
    }
}

#[test]
fn the_audit_of_a_suite_tells_what_is_wrong_with_it() {
    let suite = "suite: s\ncorpus: docs\nretrieval: {kind: bm25}\ncases:\n\
        \x20 - {id: good, ask: How long is the window?, relevant: {returns.md: 2}, expect: [{contains: \"30\"}]}\n";
    let lab = Lab::with(suite);
    lab.write("docs/returns.md", "# Returns\n\nThe window is 30 days.\n");
    lab.eval(&["check", "suite.yaml"]).expect(0, &["1 suites, 1 cases"]);
    lab.write(
        "suite.yaml",
        &format!("{suite}  - {{id: torn, ask: What?, expect: [{{contains: \"60\"}}, {{not_contains: \"60\"}}]}}\n"),
    );
    lab.eval(&["check", "suite.yaml"])
        .expect(1, &["contradictory-expectations", "torn", "suite.yaml:6:10"]);
    lab.eval(&["check", "suite.yaml", "--exit-zero", "-o", "a.sarif"])
        .expect(0, &[]);
    assert!(lab.read("a.sarif").contains("contradictory-expectations"));
    lab.write(
        "suite.yaml",
        &format!("{suite}  - {{id: lost, ask: Where?, relevant: {{refunds.md: 1}}}}\n"),
    );
    lab.eval(&["check", "suite.yaml"])
        .expect(1, &["missing-passage", "refunds.md", "suite.yaml:6:"]);
}

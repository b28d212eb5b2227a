//! Recorded calls: a replay needs no model and gives the same bytes.

use super::{Lab, Server, numbered, same_bytes};

const FILES: [&str; 4] = ["a.csv", "a.json", "a.xml", "a.html"];

/// Arguments of a run that writes every kind of report, with a home of its own.
fn arguments<'a>(mode: &'a str, home: &'a str) -> Vec<&'a str> {
    let mut arguments = vec!["suite.yaml", "--cassettes", mode, "--home", home];
    arguments.extend(FILES.iter().flat_map(|file| ["-o", *file]));
    arguments
}

#[test]
fn what_was_recorded_is_replayed_without_the_model_to_the_byte() {
    let server = Server::answering();
    let lab = Lab::with(&numbered(
        12,
        &server.model(""),
        "repeats: 2\ngate: {pass: \">= 1\", p95_ms: \"< 600000\"}\n",
    ));
    let recorded = lab.eval(&arguments("record", "one")).expect(0, &["24 answers"]);
    for file in FILES {
        std::fs::rename(lab.path(file), lab.path(&format!("recorded-{file}"))).unwrap();
    }
    assert_eq!(server.mock.count(), 24);
    drop(server);
    for mode in ["replay", "auto"] {
        let replayed = lab.eval(&arguments(mode, mode));
        assert_eq!(replayed, recorded);
        for file in FILES {
            same_bytes(&lab.path(file), &lab.path(&format!("recorded-{file}")));
        }
    }
}

#[test]
fn a_replay_names_what_is_not_recorded_and_calls_nobody() {
    let server = Server::answering();
    let lab = Lab::with(&numbered(3, &server.model(""), ""));
    lab.eval(&["suite.yaml", "--cassettes", "auto"]).expect(0, &[]);
    lab.write("suite.yaml", &numbered(4, &server.model(""), ""));
    let words = [
        "no recording of \"What is number 003?\"",
        "cassettes/numbers.jsonl",
        "--cassettes auto",
        "1 answer is missing",
    ];
    lab.eval(&["suite.yaml", "--cassettes", "replay", "--home", "fresh"])
        .expect(3, &words);
    assert_eq!(server.mock.count(), 3);
    // Only the missing one is made.
    lab.eval(&["suite.yaml", "--cassettes", "auto", "--home", "fresh"])
        .expect(0, &[]);
    assert_eq!(server.asked().split_off(3), ["What is number 003?"]);
}

#[test]
fn recordings_that_nothing_asked_for_are_told_and_recording_anew_asks_again() {
    let server = Server::answering();
    let lab = Lab::with(&numbered(4, &server.model(""), ""));
    lab.eval(&["suite.yaml", "--cassettes", "record"]).expect(0, &[]);
    lab.write("suite.yaml", &numbered(2, &server.model(""), ""));
    let words = [
        "2 recordings were not asked for in",
        "numbers.jsonl",
        "What is number 00",
    ];
    lab.eval(&["suite.yaml", "--cassettes", "replay"]).expect(0, &words);
    lab.eval(&["suite.yaml", "--cassettes", "record"]).expect(0, &[]);
    assert_eq!(server.mock.count(), 6);
    // Off neither plays nor writes.
    let before = lab.read("cassettes/numbers.jsonl");
    lab.eval(&["suite.yaml"]).expect(0, &[]);
    assert_eq!(server.mock.count(), 8);
    assert_eq!(lab.read("cassettes/numbers.jsonl"), before);
}

#[test]
fn a_cassette_that_is_none_or_broken_is_told_with_its_line() {
    let server = Server::answering();
    let lab = Lab::with(&numbered(2, &server.model(""), ""));
    lab.write("cassettes/numbers.jsonl", "{\"cases\": 3}\n");
    lab.eval(&["suite.yaml", "--cassettes", "auto"])
        .expect(3, &["numbers.jsonl:1:1: not a cassette"]);
    std::fs::remove_file(lab.path("cassettes/numbers.jsonl")).unwrap();
    lab.eval(&["suite.yaml", "--cassettes", "auto"]).expect(0, &[]);
    let text = lab.read("cassettes/numbers.jsonl").replacen("{\"key\"", "{key", 1);
    lab.write("cassettes/numbers.jsonl", &text);
    lab.eval(&["suite.yaml", "--cassettes", "auto"])
        .expect(3, &["numbers.jsonl:2:1: a broken recording"]);
}

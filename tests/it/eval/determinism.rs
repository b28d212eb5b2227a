//! The same input and seed give the same bytes, whatever ran beside what.

use crate::support::root;

use super::{Lab, Server, numbered, right, same_bytes};

const FILES: [&str; 5] = ["a.csv", "a.json", "a.xml", "a.html", "a.sarif"];

/// Runs a suite with every report at two concurrencies, and holds both to the same bytes.
fn same_at_any_concurrency(lab: &Lab, suite: &str, more: &[&str]) {
    let run = |count: &str| {
        let mut arguments = vec![suite, "-j", count, "--home", count];
        arguments.extend(FILES.iter().flat_map(|file| ["-o", *file]));
        lab.eval(&[&arguments[..], more].concat())
    };
    let one = run("1").expect(0, &["wrote a.csv"]);
    for file in FILES {
        std::fs::rename(lab.path(file), lab.path(&format!("one-{file}"))).unwrap();
    }
    assert_eq!(run("16"), one);
    for file in FILES {
        same_bytes(&lab.path(file), &lab.path(&format!("one-{file}")));
    }
}

#[test]
fn answers_of_this_process_do_not_depend_on_what_runs_beside_them() {
    let lab = Lab::with("");
    let suite = root("fixtures/eval/tiny/suite.yaml");
    let more = [
        "--set",
        "judge.rubric=[faithful, correct, relevant]",
        "--set",
        "repeats=3",
        "--set",
        "retrieval.kind=hybrid",
    ];
    same_at_any_concurrency(&lab, suite.to_str().unwrap(), &more);
}

#[test]
fn answers_that_come_in_any_order_are_reported_in_the_order_of_the_suite() {
    // The later a question stands, the sooner it is answered.
    let server = Server::start(|seen| {
        let number: String = seen.last_text().chars().filter(char::is_ascii_digit).collect();
        right(seen).after_turns(20 * (60 - number.parse::<usize>().unwrap()))
    });
    let lab = Lab::with(&numbered(60, &server.model(""), "gate: {pass: \">= 1\"}\n"));
    lab.eval(&[
        "suite.yaml",
        "-j",
        "60",
        "--cassettes",
        "record",
        "--home",
        "live",
        "-o",
        "live.csv",
    ])
    .expect(0, &[]);
    same_at_any_concurrency(&lab, "suite.yaml", &["--cassettes", "replay"]);
    same_bytes(&lab.path("live.csv"), &lab.path("a.csv"));
    let cases: Vec<String> = (0..60).map(|at| format!("q{at:03}")).collect();
    assert_eq!(lab.column("a.csv", "case"), cases);
}

#[test]
fn another_seed_is_told_and_changes_no_measurement() {
    let suite = root("fixtures/eval/tiny/suite.yaml");
    let lab = Lab::with("");
    let run = |seed: &str, file: &str| lab.eval(&[suite.to_str().unwrap(), "--seed", seed, "-o", file]);
    run("7", "7.csv").expect(0, &["seed 7"]);
    run("8", "8.csv").expect(0, &["seed 8"]);
    same_bytes(&lab.path("7.csv"), &lab.path("8.csv"));
}

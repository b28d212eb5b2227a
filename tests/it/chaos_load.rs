//! `aisys chaos list`, `faults`, `run` and the schema of scenarios, as their users run them.

use std::path::Path;

use assert_cmd::Command;

/// The exit code, the standard output and the standard error.
fn aisys(arguments: &[&str]) -> (i32, String, String) {
    let output = Command::cargo_bin("aisys").unwrap().args(arguments).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

#[test]
fn the_scenarios_that_ship_are_listed_and_written() {
    let (code, text, _) = aisys(&["chaos", "list"]);
    assert!(
        code == 0 && text.contains("friday") && text.contains("openai-2024-12-11"),
        "{text}"
    );
    let (_, csv, _) = aisys(&["chaos", "list", "--format", "csv"]);
    assert_eq!(
        csv.lines().next(),
        Some("name,class,length,facts,what,documented,assumed")
    );
    let folder = tempfile::tempdir().unwrap();
    let (code, _, notes) = aisys(&["chaos", "list", "--write", folder.path().to_str().unwrap()]);
    assert!(code == 0 && notes.contains("wrote"), "{notes}");
    assert!(folder.path().join("systems/friday/config.yaml").is_file());
}

#[test]
fn a_fault_is_shown_with_an_example() {
    let (code, page, _) = aisys(&["chaos", "faults", "answer"]);
    assert!(
        code == 0 && page.contains("retry_after: 20s") && page.contains("insufficient_quota"),
        "{page}"
    );
    let (code, _, error) = aisys(&["chaos", "faults", "latancy"]);
    assert!(code == 2 && error.contains("did you mean `latency`?"), "{error}");
}

#[test]
fn the_schema_of_scenarios_is_given() {
    let (_, text, _) = aisys(&["schema", "scenario"]);
    let schema: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert!(schema["properties"]["faults"]["items"]["properties"]["latency"].is_object());
}

#[test]
fn hosts_elsewhere_are_not_loaded_and_wrong_scenarios_have_a_place() {
    let folder = tempfile::tempdir().unwrap();
    let wrong = write(folder.path(), "scenario: x\nfaults: [{latency: soon}]\n");
    for (target, scenario, words) in [
        ("https://api.example.com/v1", "dead", "--allow-remote api.example.com"),
        ("http://127.0.0.1:9", "ded", "did you mean `dead`?"),
        ("http://127.0.0.1:9", wrong.as_str(), "x.yaml:2:20"),
    ] {
        let (code, _, error) = aisys(&["chaos", "run", "--target", target, scenario]);
        assert!(code == 2 && error.contains(words), "{error}");
    }
}

#[test]
fn an_application_that_is_down_violates_what_must_hold() {
    let folder = tempfile::tempdir().unwrap();
    let text =
        "scenario: down\ntraffic: {arrivals: even, rate: 50/s, for: 200ms}\nhypothesis: [users_answered >= 99%]\n";
    let path = write(folder.path(), text);
    let csv = folder.path().join("run.csv");
    let requests = folder.path().join("requests.csv");
    // Port 9 is `discard`: nobody listens there on a machine of today.
    let run = [
        "chaos",
        "run",
        "--target",
        "http://127.0.0.1:9",
        &path,
        "-o",
        csv.to_str().unwrap(),
        "--requests",
        requests.to_str().unwrap(),
    ];
    let (code, out, notes) = aisys(&run);
    assert_eq!(code, 1, "{out}{notes}");
    assert!(
        out.contains("✗ users_answered >= 99%: 0%; first violated at 0:00"),
        "{out}"
    );
    assert!(out.contains("wrong words cannot be seen from outside"), "{out}");
    let minutes = std::fs::read_to_string(&csv).unwrap();
    assert!(
        minutes.starts_with("scenario,faults,from_s,seconds,in_force,requests,answered,"),
        "{minutes}"
    );
    assert!(minutes.contains("\ndown,with,0,0.2,false,10,0,"), "{minutes}");
    let rows = std::fs::read_to_string(&requests).unwrap();
    assert_eq!(
        rows.lines()
            .filter(|line| line.contains(",failed,no connection,"))
            .count(),
        10,
        "{rows}"
    );
    let (code, _, _) = aisys(&[run.as_slice(), &["--exit-zero"]].concat());
    assert_eq!(code, 0);
}

/// Requests whose answers go through a fault between 400 and 600 ms, to the emulated provider itself.
fn pipe(fault: &str, hypotheses: &str) -> String {
    format!(
        "scenario: pipe\nproviders: {{openai: {{first_token: 1ms, tokens_per_second: 10000}}}}\n\
         traffic: {{arrivals: even, rate: 50/s, for: 900ms, output_tokens: 12}}\n\
         faults:\n  - {{at: 400ms, for: 200ms, on: provider/openai, {fault}}}\nhypothesis: [{hypotheses}]\n"
    )
}

#[test]
fn a_direct_pipe_to_an_emulated_provider_shows_users_its_faults() {
    let folder = tempfile::tempdir().unwrap();
    let text = pipe(
        "cut: {after: 4 tokens, how: clean, pause: 1ms}",
        "hollow == 0, failed == 0, calls_per_request == 1",
    );
    let path = write(folder.path(), &text);
    let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (csv, page, junit) = (at("requests.csv"), at("run.html"), at("run.xml"));
    let run = [
        "chaos",
        "run",
        "--emulate",
        "0",
        &path,
        "--requests",
        &csv,
        "-o",
        &page,
        "-o",
        &junit,
    ];
    let (code, out, notes) = aisys(&run);
    assert_eq!(code, 1, "{out}{notes}");
    for line in [
        "✗ hollow == 0: ",
        "✓ failed == 0: 0%",
        "✓ calls_per_request == 1: 1",
        "all was well again",
        "an answer cut off in silence after",
    ] {
        assert!(out.contains(line), "{line}\n{out}");
    }
    let rows = std::fs::read_to_string(&csv).unwrap();
    let cut: Vec<f64> = (rows.lines())
        .filter(|line| line.contains(",truncated,"))
        .map(|line| line.split(',').nth(1).unwrap().parse().unwrap())
        .collect();
    assert!(
        cut.len() >= 5 && cut.iter().all(|at| (0.35..0.65).contains(at)),
        "{rows}"
    );
    assert!(
        std::fs::read_to_string(&page)
            .unwrap()
            .contains("\"origin\":\"live-run\"")
    );
    let junit = std::fs::read_to_string(&junit).unwrap();
    assert!(
        junit.contains("tests=\"3\"") && junit.contains("failures=\"1\""),
        "{junit}"
    );
}

#[test]
fn wrong_words_of_an_emulated_provider_are_seen() {
    let folder = tempfile::tempdir().unwrap();
    let requests = folder.path().join("requests.csv");
    for fault in [
        "contradicted: true",
        "stale: true",
        "off_language: true",
        "repeated: true",
    ] {
        let path = write(folder.path(), &pipe(fault, "hollow == 0"));
        let run = [
            "chaos",
            "run",
            "--emulate",
            "0",
            &path,
            "--requests",
            requests.to_str().unwrap(),
        ];
        let (code, out, notes) = aisys(&run);
        assert_eq!(code, 1, "{out}{notes}");
        assert!(!out.contains("wrong words cannot be seen"), "{out}");
        let rows = std::fs::read_to_string(&requests).unwrap();
        let count = |word: &str| rows.lines().filter(|line| line.contains(word)).count();
        assert!(count(",wrong,") >= 5, "{fault}\n{rows}");
        assert_eq!(count(",wrong,") + count(",answered,,"), 45, "{fault}\n{rows}");
    }
}

fn write(folder: &Path, text: &str) -> String {
    let path = folder.join("x.yaml");
    std::fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

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
    assert_eq!(csv.lines().next(), Some("name,class,length,what,documented,assumed"));
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
    // Port 9 is `discard`: nobody listens there on a machine of today.
    let run = [
        "chaos",
        "run",
        "--target",
        "http://127.0.0.1:9",
        &path,
        "-o",
        csv.to_str().unwrap(),
    ];
    let (code, out, notes) = aisys(&run);
    assert_eq!(code, 1, "{out}{notes}");
    assert!(
        out.contains("VIOLATED: users_answered >= 99% (0%, first in minute 0, see request 0)"),
        "{out}"
    );
    let rows = std::fs::read_to_string(&csv).unwrap();
    assert_eq!(
        rows.lines().filter(|line| line.contains(",failed,")).count(),
        10,
        "{rows}"
    );
    let (code, _, _) = aisys(&[run.as_slice(), &["--exit-zero"]].concat());
    assert_eq!(code, 0);
}

fn write(folder: &Path, text: &str) -> String {
    let path = folder.join("x.yaml");
    std::fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

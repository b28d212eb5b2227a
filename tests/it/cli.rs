//! The binary as people use it: what it prints, writes and returns.

use std::io::{BufRead, Read};
use std::path::Path;
use std::process::Output;

use assert_cmd::Command;

use crate::support::{TODAY, root};

fn aisys(folder: &Path, arguments: &[&str]) -> Output {
    Command::cargo_bin("aisys")
        .unwrap()
        .current_dir(folder)
        .args(arguments)
        .env_remove("COLUMNS")
        .output()
        .unwrap()
}

fn audit(folder: &Path, arguments: &[&str]) -> Output {
    let mut all = vec!["audit", "--today", TODAY];
    all.extend(arguments);
    aisys(folder, &all)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// A scratch folder with these files.
fn scratch(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }
    folder
}

const ONE: &str =
    "model_list:\n  - model_name: chat\n    litellm_params:\n      model: openai/gpt-5.4-mini-2026-03-17\n";

#[test]
fn the_example_gives_findings_with_carets_answers_and_a_csv() {
    let folder = tempfile::tempdir().unwrap();
    let example = root("fixtures/audit/example");
    let csv = folder.path().join("findings.csv");
    let run = audit(folder.path(), &[example.to_str().unwrap(), "-o", csv.to_str().unwrap()]);
    assert_eq!(run.status.code(), Some(1));
    let out = text(&run.stdout);
    for part in [
        "error[fallback-shares-fate]",
        "^^^",
        "Where are my single points of failure?",
        "What happens to my application if my primary API goes down tomorrow?",
        "Do I have programmatic cost controls in place?",
        "more (",
    ] {
        assert!(out.contains(part), "{part} is missing:\n{out}");
    }
    assert!(!out.contains('\u{1b}'), "no colour without a terminal");
    let rows = csv::Reader::from_path(&csv).unwrap().into_records().count();
    assert!(rows > 15, "{rows} rows");
    for beside in ["routes.csv", "what-if.csv"] {
        let rows = csv::Reader::from_path(folder.path().join(beside))
            .unwrap()
            .into_records()
            .count();
        assert!(rows >= 4, "{beside}: {rows} rows");
    }
}

#[test]
fn exit_codes_tell_findings_usage_and_success_apart() {
    let folder = scratch(&[("config.yaml", ONE)]);
    let code = |arguments: &[&str]| audit(folder.path(), arguments).status.code();
    assert_eq!(code(&[]), Some(1));
    assert_eq!(code(&["--format", "sarif"]), Some(1), "the same for every format");
    assert_eq!(code(&["--exit-zero"]), Some(0));
    assert_eq!(code(&["--fail-on", "never"]), Some(0));
    assert_eq!(
        code(&["--rule", "no-alerting"]),
        Some(0),
        "a note is below --fail-on error"
    );
    assert_eq!(code(&["--rule", "no-alerting", "--fail-on", "note"]), Some(1));
    assert_eq!(code(&["--rule", "no-such-rule"]), Some(2));
    assert_eq!(code(&["missing.yaml"]), Some(2));
    assert_eq!(code(&["-o", "report.docx"]), Some(2));
    let empty = scratch(&[("readme.txt", "x")]);
    let run = audit(empty.path(), &[]);
    assert_eq!(run.status.code(), Some(2));
    assert!(
        text(&run.stderr).contains("looked for: litellm"),
        "{}",
        text(&run.stderr)
    );
}

#[test]
fn a_misspelt_rule_is_met_with_the_nearest_name() {
    let run = aisys(&root("."), &["explain", "no-fallbak"]);
    assert_eq!(run.status.code(), Some(2));
    assert!(text(&run.stderr).contains("did you mean `no-fallback`?"));
    let page = text(&aisys(&root("."), &["explain", "no-fallback"]).stdout);
    assert!(page.contains("80 % of 104 public LiteLLM configurations") && page.contains("```yaml"));
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    let example = root("fixtures/audit");
    let run = |threads: &str| {
        Command::cargo_bin("aisys")
            .unwrap()
            .args(["audit", "--today", TODAY, "--format", "json", example.to_str().unwrap()])
            .env("RAYON_NUM_THREADS", threads)
            .output()
            .unwrap()
            .stdout
    };
    let first = run("1");
    assert!(first.len() > 10_000);
    assert_eq!(first, run("4"));
}

#[test]
fn safe_fixes_keep_every_other_byte_and_audit_clean() {
    let text_before = format!("# ours\r\n{}", ONE.replace('\n', "  # kept\r\n"));
    let folder = scratch(&[("config.yaml", &text_before)]);
    let path = folder.path().join("config.yaml");
    let diff = audit(folder.path(), &["--diff"]);
    assert_eq!(diff.status.code(), Some(0));
    assert!(
        text(&diff.stdout).contains("+  request_timeout: 6"),
        "{}",
        text(&diff.stdout)
    );
    assert_eq!(
        std::fs::read_to_string(&path).unwrap(),
        text_before,
        "--diff writes nothing"
    );
    audit(folder.path(), &["--fix"]);
    let after = std::fs::read_to_string(&path).unwrap();
    assert!(after.starts_with(&text_before), "what was there is there:\n{after}");
    assert!(!after.replace("\r\n", "").contains('\n'), "line ends are kept");
    for rule in [
        "no-timeout",
        "no-stream-timeout",
        "no-context-check",
        "no-input-limit",
        "no-health-check",
    ] {
        let run = audit(folder.path(), &["--rule", rule, "--fail-on", "note"]);
        assert_eq!(run.status.code(), Some(0), "{rule} is quiet after --fix");
    }
    let again = audit(folder.path(), &["--diff"]);
    assert!(
        again.stdout.is_empty(),
        "nothing is left to fix: {}",
        text(&again.stdout)
    );
}

#[test]
fn a_baseline_hides_what_is_known_and_fails_on_what_is_new() {
    let folder = scratch(&[("config.yaml", ONE)]);
    assert_eq!(
        audit(folder.path(), &["--write-baseline", "known.json"]).status.code(),
        Some(0)
    );
    assert_eq!(
        audit(folder.path(), &["--baseline", "known.json"]).status.code(),
        Some(0)
    );
    let more = format!("# moved\n{ONE}general_settings:\n  master_key: sk-1234\n");
    std::fs::write(folder.path().join("config.yaml"), more).unwrap();
    let run = audit(folder.path(), &["--baseline", "known.json", "--format", "csv"]);
    assert_eq!(run.status.code(), Some(1));
    let out = text(&run.stdout);
    assert!(out.contains("weak-gateway-key") && !out.contains("no-timeout"), "{out}");
}

#[test]
fn a_suppression_needs_its_reason() {
    let with = |comment: &str| {
        let config = ONE.replace("model_name: chat", &format!("model_name: chat {comment}"));
        let folder = scratch(&[("config.yaml", &config)]);
        text(&audit(folder.path(), &["--rule", "single-provider", "--format", "csv"]).stdout)
    };
    assert!(with("").contains("single-provider"));
    assert!(!with("# aisys: ignore[single-provider] -- a demo").contains("single-provider"));
    let without = with("# aisys: ignore[single-provider]");
    assert!(
        without.contains("suppression-without-reason") && without.contains("single-provider,error"),
        "{without}"
    );
}

#[test]
fn ignored_files_are_left_out_and_named_ones_are_read() {
    let folder = scratch(&[("config.yaml", ONE), (".gitignore", "config.yaml\n")]);
    assert_eq!(audit(folder.path(), &[]).status.code(), Some(2));
    assert_eq!(audit(folder.path(), &["config.yaml"]).status.code(), Some(1));
}

#[test]
fn the_standard_input_is_read() {
    let run = Command::cargo_bin("aisys")
        .unwrap()
        .args(["audit", "-", "--format", "csv", "--today", TODAY])
        .write_stdin(ONE)
        .output()
        .unwrap();
    assert!(text(&run.stdout).contains("<stdin>"));
}

#[test]
fn numbers_are_explained_with_their_origins() {
    let folder = scratch(&[("config.yaml", ONE)]);
    let run = audit(folder.path(), &["--explain-number", "chat.longest-wait"]);
    let out = text(&run.stdout);
    // 3 tries × 6000 s, and pauses of 0.5 + 1 + 2 s with 3 × 0.75 s of jitter.
    assert!(out.contains("chat.longest-wait = 18005.8 s (5 h)"), "{out}");
    assert!(out.contains("default of LiteLLM 1.109.1"), "{out}");
}

#[test]
fn completions_man_page_and_schema_are_written() {
    let here = root(".");
    assert!(text(&aisys(&here, &["completions", "bash"]).stdout).contains("_aisys()"));
    assert!(text(&aisys(&here, &["man"]).stdout).contains(".TH aisys 1"));
    let schema: serde_json::Value = serde_json::from_slice(&aisys(&here, &["schema"]).stdout).unwrap();
    assert!(schema["properties"]["routes"].is_object());
}

#[test]
fn watching_tells_what_changes_and_nothing_twice() {
    let folder = scratch(&[("config.yaml", ONE)]);
    let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_aisys"))
        .current_dir(folder.path())
        .args(["audit", ".", "--watch", "--format", "csv", "--rule", "no-timeout"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = std::io::BufReader::new(child.stderr.take().unwrap()).lines();
    assert_eq!(said.next().unwrap().unwrap(), "watching for changes; Ctrl-C ends it");
    // A file that is none of ours changes nothing; the next report is that of the configuration.
    std::fs::write(folder.path().join("log.txt"), "a line").unwrap();
    let mended = format!("{ONE}litellm_settings: {{request_timeout: 5}}\n");
    std::fs::write(folder.path().join("config.yaml"), mended).unwrap();
    assert_eq!(said.next().unwrap().unwrap(), "watching for changes; Ctrl-C ends it");
    child.kill().unwrap();
    let mut out = String::new();
    child.stdout.take().unwrap().read_to_string(&mut out).unwrap();
    child.wait().unwrap();
    let header = out.matches("rule,severity").count();
    assert_eq!((header, out.matches("no-timeout,").count()), (2, 1), "{out}");
}

//! Each format over one small report, read back where a reader exists.

use super::*;
use crate::source::{Edit, SourceFile, Span};

fn sample() -> Report {
    let text = "model_list:\n  - model_name: \"chat|π\"\n  - model_name: b\n";
    let file = SourceFile::new("conf ig/litellm.yaml", text);
    let at = |needle: &str| {
        let start = text.find(needle).unwrap();
        file.place(Span::new(start, start + needle.len()))
    };
    let finding = |rule, severity, place, message: &str| Finding {
        rule,
        severity,
        confidence: Confidence::High,
        routes: vec!["chat|π".to_owned(), "b".to_owned()],
        message: message.to_owned(),
        label: "here".to_owned(),
        place,
        related: Vec::new(),
        help: Some("add one".to_owned()),
        fix: None,
        fingerprint: "00ff".to_owned(),
        rank: 0,
    };
    let mut first = finding(
        "no-fallback",
        Severity::Error,
        at("\"chat|π\""),
        "50 % of, \"them\" fail: <b>\nnow",
    );
    first.fix = Some(Fix {
        title: "write b".to_owned(),
        safety: FixSafety::Safe,
        edits: vec![Edit {
            place: at("\"chat|π\""),
            text: "b".to_owned(),
        }],
    });
    Report {
        stage: "audit",
        findings: vec![
            first,
            finding("no-fallback", Severity::Error, at("model_name: b"), "second"),
            finding("no-alerting", Severity::Note, at("model_list"), "nobody is told"),
        ],
        tables: vec![Table {
            name: "routes".to_owned(),
            title: "Routes".to_owned(),
            columns: vec!["route".to_owned(), "wait".to_owned(), "file".to_owned()],
            left_out: 0,
            rows: vec![vec!["chat|π".to_owned(), "6 s".to_owned(), "x,y".to_owned()]],
            shown_columns: 2,
        }],
        answers: vec![Answer {
            question: "Where?".to_owned(),
            headline: "here".to_owned(),
            lines: vec!["evidence".to_owned()],
            severity: Some(Severity::Error),
        }],
        tests: Vec::new(),
        tests_in_answers: false,
        timelines: Vec::new(),
        lead: None,
        page: None,
        explained: vec![Explained {
            name: "chat.longest-wait".to_owned(),
            value: "6 s".to_owned(),
            number: Some(6.0),
            unit: "s",
            terms: vec![Term {
                text: "6 s for one call".to_owned(),
                origin: "a:1:1".to_owned(),
            }],
        }],
        rules: vec![RuleInfo {
            name: "no-fallback",
            title: "no fallback",
            why: "because",
            how: "fallbacks: []",
            severity: Severity::Error,
        }],
        unreadable: vec!["not UTF-8".to_owned()],
        summary: "1 file read".to_owned(),
        notes: vec!["a note".to_owned()],
    }
}

fn rendered(format: Format) -> String {
    let mut out = Vec::new();
    render(&sample(), format, Style::default(), &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn csv_is_read_back_with_every_field() {
    let text = rendered(Format::Csv);
    let mut reader = ::csv::Reader::from_reader(text.as_bytes());
    assert_eq!(reader.headers().unwrap().iter().next_back(), Some("fingerprint"));
    let rows: Vec<::csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 3);
    let first: Vec<&str> = rows[0].iter().collect();
    assert_eq!(
        first,
        [
            "no-fallback",
            "error",
            "high",
            "conf ig/litellm.yaml",
            "2",
            "17",
            "2",
            "25",
            "chat|π; b",
            "50 % of, \"them\" fail: <b>\nnow",
            "write b",
            "00ff"
        ]
    );
}

#[test]
fn json_holds_findings_numbers_and_tables() {
    let value: serde_json::Value = serde_json::from_str(&rendered(Format::Json)).unwrap();
    assert_eq!(value["version"], 1);
    assert_eq!(value["findings"][0]["fix"]["edits"][0]["text"], "b");
    assert_eq!(value["numbers"][0]["terms"][0]["origin"], "a:1:1");
    assert_eq!(value["tables"][0]["rows"][0]["wait"], "6 s");
    for line in rendered(Format::Jsonl).lines() {
        let value: serde_json::Value = serde_json::from_str(line).unwrap();
        assert!(value["type"].is_string(), "{line}");
    }
}

#[test]
fn sarif_encodes_paths_and_carries_fixes() {
    let value: serde_json::Value = serde_json::from_str(&rendered(Format::Sarif)).unwrap();
    let result = &value["runs"][0]["results"][0];
    let place = &result["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "conf%20ig/litellm.yaml");
    assert_eq!(place["region"]["endColumn"], 25);
    assert_eq!(result["ruleIndex"], 0);
    assert_eq!(
        result["fixes"][0]["artifactChanges"][0]["replacements"][0]["insertedContent"]["text"],
        "b"
    );
}

#[test]
fn github_escapes_what_its_runner_decodes() {
    let text = rendered(Format::Github);
    let first = text.lines().next().unwrap();
    assert_eq!(
        first,
        "::error file=conf ig/litellm.yaml,line=2,endLine=2,col=17,endColumn=25,title=no-fallback::50 %25 of, \"them\" fail: <b>%0Anow%0Aroutes: chat|π, b%0Ahelp: add one"
    );
    assert!(text.contains("::notice "));
}

#[test]
fn junit_fails_rules_with_errors_and_passes_notes() {
    let text = rendered(Format::Junit);
    assert!(
        text.contains("tests=\"3\" skipped=\"0\" errors=\"1\" failures=\"1\""),
        "{text}"
    );
    assert!(text.contains("&lt;b&gt;"));
    assert!(text.contains("<system-out>"));
}

#[test]
fn markdown_lets_nothing_out_of_its_cell() {
    let text = rendered(Format::Markdown);
    assert!(
        text.contains("| error | `no-fallback` | conf ig/litellm.yaml:2 | 50 % of, \"them\" fail: &lt;b&gt; now |")
    );
    assert!(text.contains("| chat\\|π | 6 s |"));
}

#[test]
fn text_folds_one_rule_in_one_file_and_shows_the_line() {
    let text = rendered(Format::Text);
    assert!(
        text.contains("error[no-fallback]: 50 % of, \"them\" fail: <b> now"),
        "{text}"
    );
    assert!(text.contains("conf ig/litellm.yaml:2:17"), "{text}");
    assert!(text.contains("the same at line 3"), "{text}");
    assert!(text.contains("help: --fix would write b"), "{text}");
    assert!(text.contains("1 file read: 2 errors, 1 note"), "{text}");
    assert!(!text.contains("x,y"), "hidden columns stay out of the terminal: {text}");
}

#[test]
fn a_long_line_is_cut_and_control_characters_do_nothing() {
    let text = format!("a: \"{}\u{1b}[2J\"\n", "x".repeat(1_000_000));
    let file = SourceFile::new("a.yaml", text.as_str());
    let mut report = sample();
    report.findings.truncate(1);
    report.findings[0].place = file.place(Span::new(500_000, 500_010));
    let mut out = Vec::new();
    render(&report, Format::Text, Style::default(), &mut out).unwrap();
    assert!(out.len() < 5_000, "{} bytes", out.len());
    assert!(!out.contains(&0x1b));
}

#[test]
fn files_pick_their_format_and_tables_stand_beside_the_csv() {
    let folder = tempfile::tempdir().unwrap();
    let written = write_file(&sample(), &folder.path().join("out/all.csv")).unwrap();
    assert_eq!(written.len(), 2);
    let table = std::fs::read_to_string(folder.path().join("out/routes.csv")).unwrap();
    assert_eq!(table, "route,wait,file\nchat|π,6 s,\"x,y\"\n");
    assert!(matches!(
        write_file(&sample(), &folder.path().join("all.docx")),
        Err(OutputError::UnknownExtension(_))
    ));
}

//! What the binary writes, read back by readers that are not its own.

use std::path::PathBuf;
use std::process::Command as Process;

use assert_cmd::Command;
use serde_json::Value;

use crate::support::{TODAY, root};

fn output(format: &str) -> String {
    let run = Command::cargo_bin("aisys")
        .unwrap()
        .current_dir(root("."))
        .args([
            "audit",
            "fixtures/audit",
            "--today",
            TODAY,
            "--format",
            format,
            "--min-confidence",
            "low",
        ])
        .output()
        .unwrap();
    assert_eq!(run.status.code(), Some(1));
    String::from_utf8(run.stdout).unwrap()
}

/// The findings as JSON tells them: the others must say the same.
fn findings() -> Vec<Value> {
    let document: Value = serde_json::from_str(&output("json")).unwrap();
    document["findings"].as_array().unwrap().clone()
}

/// The published schema of SARIF 2.1.0, as the crate `serde-sarif` carries it.
fn sarif_schema() -> Value {
    // Only this platform's packages are sure to have been fetched.
    let version = Process::new("rustc").arg("-vV").output().unwrap();
    let version = String::from_utf8(version.stdout).unwrap();
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
    let run = Process::new(env!("CARGO"))
        .args([
            "metadata",
            "--format-version",
            "1",
            "--offline",
            "--locked",
            "--filter-platform",
            host,
        ])
        .current_dir(root("."))
        .output()
        .unwrap();
    let metadata: Value = serde_json::from_slice(&run.stdout).unwrap();
    let package = metadata["packages"]
        .as_array()
        .unwrap()
        .iter()
        .find(|package| package["name"] == "serde-sarif")
        .unwrap();
    let manifest = PathBuf::from(package["manifest_path"].as_str().unwrap());
    let text = std::fs::read_to_string(manifest.with_file_name("src").join("schema.json")).unwrap();
    // One pattern, that of a run's language, has a bracket too many for this validator's expressions.
    let mended = text.replace("[a-zA-Z]{2}]?$", "[a-zA-Z]{2}$");
    serde_json::from_str(&mended).unwrap()
}

#[test]
fn sarif_is_valid_against_the_published_schema() {
    let sarif: Value = serde_json::from_str(&output("sarif")).unwrap();
    let validator = jsonschema::validator_for(&sarif_schema()).unwrap();
    let errors: Vec<String> = validator
        .iter_errors(&sarif)
        .take(5)
        .map(|error| format!("{error} at {}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{errors:?}");
    // The check can fail: without its version a log is none.
    let mut broken = sarif.clone();
    broken.as_object_mut().unwrap().remove("version");
    assert!(!validator.is_valid(&broken));
    let typed: serde_sarif::sarif::Sarif = serde_json::from_value(sarif).unwrap();
    assert_eq!(typed.runs[0].results.as_ref().unwrap().len(), findings().len());
}

#[test]
fn junit_is_well_formed_and_counts_its_failures() {
    let text = output("junit");
    let document = roxmltree::Document::parse(&text).unwrap();
    let cases = document
        .descendants()
        .filter(|node| node.has_tag_name("testcase"))
        .count();
    let failures = document
        .descendants()
        .filter(|node| node.has_tag_name("failure"))
        .count();
    let suite = document
        .descendants()
        .find(|node| node.has_tag_name("testsuite"))
        .unwrap();
    assert_eq!(suite.attribute("tests").unwrap(), cases.to_string());
    assert_eq!(suite.attribute("failures").unwrap(), failures.to_string());
    let failing: std::collections::BTreeSet<String> = findings()
        .iter()
        .filter(|finding| finding["severity"] != "note")
        .map(|finding| finding["rule"].to_string())
        .collect();
    assert_eq!(failures, failing.len());
}

#[test]
fn github_annotations_decode_to_the_findings() {
    let decode = |text: &str| {
        text.replace("%3A", ":")
            .replace("%2C", ",")
            .replace("%0A", "\n")
            .replace("%0D", "\r")
            .replace("%25", "%")
    };
    let text = output("github");
    let lines: Vec<&str> = text.lines().collect();
    let findings = findings();
    assert_eq!(lines.len(), findings.len(), "one line for each finding");
    for (line, finding) in lines.iter().zip(&findings) {
        let (head, message) = line.strip_prefix("::").unwrap().split_once("::").unwrap();
        let (command, properties) = head.split_once(' ').unwrap();
        assert!(["error", "warning", "notice"].contains(&command));
        let get = |name: &str| {
            properties
                .split(',')
                .find_map(|pair| pair.strip_prefix(&format!("{name}=")))
                .map(decode)
                .unwrap()
        };
        assert_eq!(get("file"), finding["place"]["file"].as_str().unwrap());
        assert_eq!(get("line"), finding["place"]["line"].to_string());
        assert_eq!(get("title"), finding["rule"].as_str().unwrap());
        assert!(decode(message).starts_with(finding["message"].as_str().unwrap()));
    }
}

#[test]
fn csv_is_what_rfc_4180_says() {
    let text = output("csv");
    let rows = rfc_4180(&text);
    let findings = findings();
    assert_eq!(rows.len(), findings.len() + 1);
    assert_eq!(
        rows[0].join(","),
        "rule,severity,confidence,file,line,column,end_line,end_column,route,message,fix,fingerprint"
    );
    for (row, finding) in rows[1..].iter().zip(&findings) {
        assert_eq!(row[0], finding["rule"].as_str().unwrap());
        assert_eq!(row[9], finding["message"].as_str().unwrap());
        assert_eq!(row[11], finding["fingerprint"].as_str().unwrap());
    }
}

/// A reader of CSV by the letter of RFC 4180.
fn rfc_4180(text: &str) -> Vec<Vec<String>> {
    let mut rows = vec![vec![String::new()]];
    let mut quoted = false;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let row = rows.last_mut().unwrap();
        let field = row.last_mut().unwrap();
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => {
                chars.next();
                field.push('"');
            }
            '"' => quoted = !quoted,
            ',' if !quoted => row.push(String::new()),
            '\n' if !quoted => rows.push(vec![String::new()]),
            '\r' if !quoted => {}
            c => field.push(c),
        }
    }
    assert!(!quoted, "a quote is left open");
    rows.pop();
    rows
}

#[test]
fn every_range_covers_text_that_stands_in_its_file() {
    for finding in findings() {
        let place = &finding["place"];
        let text = std::fs::read_to_string(root(place["file"].as_str().unwrap())).unwrap();
        let line = text
            .lines()
            .nth(usize::try_from(place["line"].as_u64().unwrap()).unwrap() - 1);
        let line = line.unwrap_or_else(|| panic!("{finding}"));
        let column = usize::try_from(place["column"].as_u64().unwrap()).unwrap();
        assert!(column <= line.chars().count() + 1, "{finding}");
    }
}

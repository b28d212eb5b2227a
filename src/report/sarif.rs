//! SARIF 2.1.0 (OASIS standard of 2020-03-27), as GitHub code scanning reads it.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::io::{self, Write};
use std::path::Path;

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::{Value, json};

use super::each::Each;
use super::{Finding, Report, RuleInfo, Severity, slashed};
use crate::source::{Edit, Place};

/// Writes the findings with their rules, fixes and fingerprints.
pub(super) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, &Log(report))?;
    writeln!(out)
}

/// The log of one run.
struct Log<'a>(&'a Report);

impl Serialize for Log<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut log = serializer.serialize_map(None)?;
        log.serialize_entry("$schema", "https://json.schemastore.org/sarif-2.1.0.json")?;
        log.serialize_entry("version", "2.1.0")?;
        log.serialize_entry("runs", &[Run(self.0)])?;
        log.end()
    }
}

struct Run<'a>(&'a Report);

impl Serialize for Run<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let report = self.0;
        let version = env!("CARGO_PKG_VERSION");
        let rules: Vec<Value> = report.rules.iter().map(rule).collect();
        let driver = json!({"name": "aisys", "version": version, "semanticVersion": version, "rules": rules});
        let notifications: Vec<Value> = report
            .unreadable
            .iter()
            .map(|text| json!({"level": "error", "message": {"text": text}}))
            .collect();
        let invocation = json!({"executionSuccessful": true, "toolExecutionNotifications": notifications});
        let names = report.rules.iter().enumerate().map(|(at, rule)| (rule.name, at));
        let index: HashMap<&str, usize> = names.collect();
        let mut run = serializer.serialize_map(None)?;
        run.serialize_entry("tool", &json!({"driver": driver}))?;
        run.serialize_entry("columnKind", "unicodeCodePoints")?;
        run.serialize_entry("invocations", &[invocation])?;
        run.serialize_entry("results", &Each(&report.findings, |it: &Finding| result(it, &index)))?;
        run.end()
    }
}

const fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    }
}

fn rule(rule: &RuleInfo) -> Value {
    let why = rule.why.split_whitespace().collect::<Vec<_>>().join(" ");
    json!({
        "id": rule.name,
        "name": rule.name,
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": why},
        "help": {
            "text": format!("{why}\n\n{}", rule.how),
            "markdown": format!("{why}\n\n```\n{}\n```", rule.how),
        },
        "defaultConfiguration": {"level": level(rule.severity)},
    })
}

fn result(finding: &Finding, index: &HashMap<&str, usize>) -> Value {
    let mut message = finding.message.clone();
    if !finding.routes.is_empty() {
        message = format!("{message} (routes: {})", finding.routes.join(", "));
    }
    let related: Vec<Value> = finding
        .related
        .iter()
        .enumerate()
        .map(|(at, related)| {
            json!({
                "id": at + 1,
                "physicalLocation": physical(&related.place),
                "message": {"text": related.label},
            })
        })
        .collect();
    let mut result = json!({
        "ruleId": finding.rule,
        "level": level(finding.severity),
        "message": {"text": message},
        "locations": [{"physicalLocation": physical(&finding.place)}],
        "relatedLocations": related,
        "properties": {"confidence": finding.confidence.name(), "routes": finding.routes},
    });
    if let Some(at) = index.get(finding.rule) {
        result["ruleIndex"] = (*at).into();
    }
    if !finding.fingerprint.is_empty() {
        result["partialFingerprints"] = json!({"aisys/v1": finding.fingerprint});
    }
    if let Some(fix) = &finding.fix {
        result["fixes"] = json!([{
            "description": {"text": fix.title},
            "artifactChanges": changes(&fix.edits),
        }]);
    }
    result
}

/// The edits of a fix, file by file.
fn changes(edits: &[Edit]) -> Vec<Value> {
    let mut by_file: Vec<(&Path, Vec<Value>)> = Vec::new();
    for edit in edits {
        let path = edit.place.file.path();
        let replacement = json!({
            "deletedRegion": region(&edit.place),
            "insertedContent": {"text": edit.text},
        });
        match by_file.iter_mut().find(|(known, _)| *known == path) {
            Some((_, replacements)) => replacements.push(replacement),
            None => by_file.push((path, vec![replacement])),
        }
    }
    by_file
        .into_iter()
        .map(|(path, replacements)| json!({"artifactLocation": {"uri": uri(path)}, "replacements": replacements}))
        .collect()
}

fn physical(place: &Place) -> Value {
    json!({
        "artifactLocation": {"uri": uri(place.file.path())},
        "region": region(place),
    })
}

fn region(place: &Place) -> Value {
    let (start, end) = (place.start(), place.end());
    json!({
        "startLine": start.line,
        "startColumn": start.column,
        "endLine": end.line,
        "endColumn": end.column,
    })
}

/// A path as a relative reference (RFC 3986): forward slashes, what is not allowed percent-encoded.
fn uri(path: &Path) -> String {
    let mut text = String::new();
    for byte in slashed(path).bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/!$&'()*+,;=@".contains(&byte) {
            text.push(char::from(byte));
        } else {
            let _ = write!(text, "%{byte:02X}");
        }
    }
    text
}

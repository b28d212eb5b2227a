//! JSON: the whole report as one document, or one object a line.

use std::io::{self, Write};

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::{Value, json};

use super::each::Each;
use super::{Answer, Explained, Finding, FixSafety, Report, Severity, Table, TestResult, TestStatus, counts, slashed};
use crate::source::Place;

/// The version of this shape; it changes when a key changes its meaning or goes.
const VERSION: u32 = 1;

/// The whole report as one document.
pub(super) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, &Document(report))?;
    writeln!(out)
}

/// A report that is written part by part: a large one is never held a second time.
struct Document<'a>(&'a Report);

impl Serialize for Document<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let report = self.0;
        let mut document = serializer.serialize_map(None)?;
        document.serialize_entry("version", &VERSION)?;
        document.serialize_entry("tool", &json!({"name": "aisys", "version": env!("CARGO_PKG_VERSION")}))?;
        document.serialize_entry("stage", report.stage)?;
        document.serialize_entry("summary", &head(report))?;
        document.serialize_entry("answers", &Each(&report.answers, answer))?;
        document.serialize_entry("findings", &Each(&report.findings, finding))?;
        if !report.tests.is_empty() {
            document.serialize_entry("tests", &Each(&report.tests, test))?;
        }
        if let Some(lead) = &report.lead {
            document.serialize_entry(&lead.name, &rows(lead))?;
        }
        document.serialize_entry("tables", &Each(&report.tables, table))?;
        document.serialize_entry("numbers", &Each(&report.explained, number))?;
        document.serialize_entry("unreadable", &report.unreadable)?;
        document.serialize_entry("notes", &report.notes)?;
        document.end()
    }
}

/// One object a line, each with a `type`.
pub(super) fn write_lines(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let mut line = |kind: &str, mut value: Value| -> io::Result<()> {
        if let Value::Object(object) = &mut value {
            object.shift_insert(0, "type".to_owned(), kind.into());
        }
        serde_json::to_writer(&mut *out, &value)?;
        writeln!(out)
    };
    let mut summary = head(report);
    summary["version"] = VERSION.into();
    summary["stage"] = report.stage.into();
    line("summary", summary)?;
    for it in &report.answers {
        line("answer", answer(it))?;
    }
    for it in &report.findings {
        line("finding", finding(it))?;
    }
    for it in &report.tests {
        line("test", test(it))?;
    }
    for it in report.lead.iter().chain(&report.tables) {
        for row in rows(it) {
            line(&it.name, row)?;
        }
    }
    for it in &report.explained {
        line("number", number(it))?;
    }
    for text in &report.unreadable {
        line("unreadable", json!({"message": text}))?;
    }
    Ok(())
}

fn head(report: &Report) -> Value {
    let (errors, warnings, notes) = counts(report.findings.iter());
    json!({"text": report.summary, "errors": errors, "warnings": warnings, "notes": notes})
}

fn answer(answer: &Answer) -> Value {
    json!({
        "question": answer.question,
        "headline": answer.headline,
        "lines": answer.lines,
        "severity": answer.severity.map(Severity::name),
    })
}

fn place(place: &Place) -> Value {
    let (start, end) = (place.start(), place.end());
    json!({
        "file": slashed(place.file.path()),
        "line": start.line,
        "column": start.column,
        "end_line": end.line,
        "end_column": end.column,
    })
}

fn finding(finding: &Finding) -> Value {
    json!({
        "rule": finding.rule,
        "severity": finding.severity.name(),
        "confidence": finding.confidence.name(),
        "place": place(&finding.place),
        "routes": finding.routes,
        "message": finding.message,
        "help": finding.help,
        "related": finding.related.iter().map(|related| {
            let mut value = place(&related.place);
            value["label"] = related.label.clone().into();
            value
        }).collect::<Vec<_>>(),
        "fix": finding.fix.as_ref().map(|fix| json!({
            "title": fix.title,
            "safe": fix.safety == FixSafety::Safe,
            "edits": fix.edits.iter().map(|edit| {
                let mut value = place(&edit.place);
                value["text"] = edit.text.clone().into();
                value
            }).collect::<Vec<_>>(),
        })),
        "fingerprint": finding.fingerprint,
    })
}

fn test(test: &TestResult) -> Value {
    let facts = test.facts.iter();
    json!({
        "name": test.name,
        "group": test.group,
        "place": test.place.as_ref().map(place),
        "status": match test.status {
            TestStatus::Passed => "passed",
            TestStatus::Failed => "failed",
            TestStatus::Errored => "errored",
            TestStatus::Unjudged => "unjudged",
        },
        "headline": test.headline,
        "facts": facts.map(|(word, text)| ((*word).to_owned(), text.as_str().into())).collect::<serde_json::Map<_, _>>(),
        "seconds": test.seconds,
    })
}

fn table(table: &Table) -> Value {
    json!({"name": table.name, "title": table.title, "columns": table.columns, "rows": rows(table)})
}

/// Rows as objects, so that a reader needs no column numbers.
fn rows(table: &Table) -> Vec<Value> {
    table
        .rows
        .iter()
        .map(|row| {
            table
                .columns
                .iter()
                .zip(row)
                .map(|(column, cell)| (column.clone(), Value::from(cell.as_str())))
                .collect::<serde_json::Map<_, _>>()
                .into()
        })
        .collect()
}

fn number(number: &Explained) -> Value {
    json!({
        "name": number.name,
        "value": number.value,
        "number": number.number,
        "unit": number.unit,
        "terms": number.terms.iter().map(|term| json!({"text": term.text, "origin": term.origin})).collect::<Vec<_>>(),
    })
}

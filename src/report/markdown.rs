//! Markdown for a pull request's comment: verdict, answers, findings, and the rest folded away.

use std::io::{self, Write};

use super::{Report, Severity, Table, TestResult, TestStatus, counted, counts, slashed, timeline};

/// Findings that are shown before the rest is folded away.
const SHOWN: usize = 10;
/// Columns of a drawing over time.
const TIMELINE_WIDTH: usize = 110;

pub(super) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "### aisys {}: {}\n",
        report.stage,
        counted(counts(report.findings.iter()))
    )?;
    for answer in &report.answers {
        let mark = match answer.severity {
            None => "✅",
            Some(Severity::Error) => "❌",
            Some(_) => "⚠️",
        };
        writeln!(
            out,
            "{mark} **{}** {}\n",
            escape(&answer.question),
            escape(&answer.headline)
        )?;
        for line in &answer.lines {
            writeln!(out, "- {}", escape(line))?;
        }
        if !answer.lines.is_empty() {
            writeln!(out)?;
        }
    }
    if !report.findings.is_empty() {
        findings(report, 0, SHOWN, out)?;
        if report.findings.len() > SHOWN {
            writeln!(
                out,
                "<details><summary>{} more findings</summary>\n",
                report.findings.len() - SHOWN
            )?;
            findings(report, SHOWN, report.findings.len(), out)?;
            writeln!(out, "</details>\n")?;
        }
    }
    for it in &report.timelines {
        writeln!(out, "<details><summary>{}</summary>\n\n```text", escape(&it.title))?;
        for line in timeline::lines(it, TIMELINE_WIDTH) {
            writeln!(out, "{}", line.replace(['`', '\n', '\r'], " "))?;
        }
        writeln!(out, "```\n\n</details>\n")?;
    }
    if !report.tests_in_answers {
        tests(report, out)?;
    }
    for it in report
        .tables
        .iter()
        .filter(|table| !table.rows.is_empty() && table.shown_columns > 0)
    {
        writeln!(out, "<details><summary>{}</summary>\n", escape(&it.title))?;
        table(it, out)?;
        writeln!(out, "</details>\n")?;
    }
    for text in &report.unreadable {
        writeln!(out, "- not read: {}", escape(text.lines().next().unwrap_or_default()))?;
    }
    writeln!(out, "{}", escape(&report.summary))?;
    for note in &report.notes {
        writeln!(out, "\n{}", escape(note))?;
    }
    Ok(())
}

fn findings(report: &Report, from: usize, to: usize, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "| severity | rule | where | what |\n| --- | --- | --- | --- |")?;
    for finding in report.findings.iter().take(to).skip(from) {
        let start = finding.place.start();
        writeln!(
            out,
            "| {} | `{}` | {}:{} | {} |",
            finding.severity,
            finding.rule,
            escape(&slashed(finding.place.file.path())),
            start.line,
            escape(&finding.message)
        )?;
    }
    writeln!(out)
}

fn table(table: &Table, out: &mut dyn Write) -> io::Result<()> {
    let line = |cells: &[String]| {
        let cells: Vec<String> = cells
            .iter()
            .take(table.shown_columns)
            .map(|cell| escape(cell))
            .collect();
        format!("| {} |", cells.join(" | "))
    };
    writeln!(out, "{}", line(&table.columns))?;
    writeln!(
        out,
        "|{}",
        " --- |".repeat(table.shown_columns.min(table.columns.len()))
    )?;
    for row in &table.rows {
        writeln!(out, "{}", line(row))?;
    }
    writeln!(out)
}

/// Text that stays text: no HTML, no table cells, no mentions of people; code marks keep their
/// meaning only in pairs.
fn escape(text: &str) -> String {
    let even = text.matches('`').count().is_multiple_of(2);
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '|' => escaped.push_str("\\|"),
            '`' if !even => escaped.push_str("\\`"),
            '@' => escaped.push_str("&#64;"),
            '\n' | '\r' => escaped.push(' '),
            c if c.is_control() => {}
            c => escaped.push(c),
        }
    }
    escaped
}

/// The tests that failed, folded away.
fn tests(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    const MOST: usize = 50;
    let bad = |test: &&TestResult| matches!(test.status, TestStatus::Failed | TestStatus::Errored);
    let failed: Vec<&TestResult> = report.tests.iter().filter(bad).collect();
    if failed.is_empty() {
        return Ok(());
    }
    writeln!(
        out,
        "<details><summary>{} failed of {}</summary>\n",
        failed.len(),
        report.tests.len()
    )?;
    for test in failed.iter().take(MOST) {
        writeln!(
            out,
            "- **{}** ({}): {}",
            escape(&test.name),
            escape(&test.group),
            escape(&test.headline)
        )?;
        for (word, text) in &test.facts {
            writeln!(out, "  - {word}: {}", escape(text))?;
        }
    }
    if failed.len() > MOST {
        writeln!(out, "- … and {} more", failed.len() - MOST)?;
    }
    writeln!(out, "\n</details>\n")
}

//! GitHub workflow commands: one annotation per finding.

use std::fmt::Write as _;
use std::io::{self, Write};

use super::{Finding, Report, Severity, TestStatus, slashed};

/// One line per finding. GitHub shows ten of each level a step, so the worst come first.
pub(super) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    for finding in &report.findings {
        annotation(finding, out)?;
    }
    for test in &report.tests {
        let (TestStatus::Failed | TestStatus::Errored, Some(place)) = (test.status, &test.place) else {
            continue;
        };
        let start = place.start();
        writeln!(
            out,
            "::warning file={},line={},title={}::{}",
            escape_property(&slashed(place.file.path())),
            start.line,
            escape_property(&format!("{}: {}", test.group, test.name)),
            escape_data(&test.headline)
        )?;
    }
    for text in &report.unreadable {
        writeln!(out, "::error title=aisys::{}", escape_data(text))?;
    }
    Ok(())
}

fn annotation(finding: &Finding, out: &mut dyn Write) -> io::Result<()> {
    let (start, end) = (finding.place.start(), finding.place.end());
    let command = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "notice",
    };
    // Columns are only read when both are on one line.
    let columns = if start.line == end.line {
        format!(",col={},endColumn={}", start.column, end.column)
    } else {
        String::new()
    };
    let mut message = finding.message.clone();
    if !finding.routes.is_empty() {
        let _ = write!(message, "\nroutes: {}", finding.routes.join(", "));
    }
    if let Some(help) = &finding.help {
        let _ = write!(message, "\nhelp: {help}");
    }
    writeln!(
        out,
        "::{command} file={},line={},endLine={}{columns},title={}::{}",
        escape_property(&slashed(finding.place.file.path())),
        start.line,
        end.line,
        escape_property(finding.rule),
        escape_data(&message)
    )
}

/// What GitHub's runner decodes in a message (actions/toolkit, `command.ts`).
fn escape_data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The same in a property, where colon and comma have a meaning too.
fn escape_property(text: &str) -> String {
    escape_data(text).replace(':', "%3A").replace(',', "%2C")
}

//! CSV: one row per finding, and the tables as files of their own.

use std::io::{self, Write};

use super::{Report, Table, slashed};

/// The header of the findings.
const COLUMNS: &[&str] = &[
    "rule",
    "severity",
    "confidence",
    "file",
    "line",
    "column",
    "end_line",
    "end_column",
    "route",
    "message",
    "fix",
    "fingerprint",
];

/// One row per finding, several routes joined by `; `; or the table that leads the report.
pub(super) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    if let Some(lead) = &report.lead {
        return write_table(lead, out);
    }
    let mut writer = csv::Writer::from_writer(out);
    writer.write_record(COLUMNS)?;
    for finding in &report.findings {
        let (start, end) = (finding.place.start(), finding.place.end());
        writer.write_record([
            finding.rule,
            finding.severity.name(),
            finding.confidence.name(),
            &slashed(finding.place.file.path()),
            &start.line.to_string(),
            &start.column.to_string(),
            &end.line.to_string(),
            &end.column.to_string(),
            &finding.routes.join("; "),
            &finding.message,
            finding.fix.as_ref().map_or("", |fix| fix.title.as_str()),
            &finding.fingerprint,
        ])?;
    }
    writer.flush()
}

/// One table, all its columns.
pub(super) fn write_table(table: &Table, out: &mut dyn Write) -> io::Result<()> {
    let mut writer = csv::Writer::from_writer(out);
    writer.write_record(&table.columns)?;
    for row in &table.rows {
        writer.write_record(row)?;
    }
    writer.flush()
}

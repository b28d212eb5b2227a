//! For people at a terminal: the findings that matter most, the numbers, the answers.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Write};

use anstyle::{AnsiColor, Style as Paint};
use comfy_table::{ContentArrangement, Table as Grid, presets};

use super::text_snippet::{clean, snippet};
use super::{Answer, Finding, Report, Severity, Style, Table, counted, counts};
use super::{text_tests, timeline};

/// Groups of findings on the first screen.
const FIRST_SCREEN: usize = 5;
/// Rows of a table on the first screen.
pub(super) const FIRST_ROWS: usize = 12;

pub(super) fn write(report: &Report, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let groups = groups(&report.findings);
    let shown = if style.verbose {
        groups.len()
    } else {
        FIRST_SCREEN.min(groups.len())
    };
    for group in &groups[..shown] {
        writeln!(out, "{}\n", snippet(group, style))?;
    }
    rest(&groups[shown..], style, out)?;
    for it in &report.timelines {
        writeln!(out, "{}", painted(&clean(&it.title), Paint::new().bold(), style))?;
        for line in timeline::lines(it, style.width) {
            writeln!(out, "  {}", clean(&line))?;
        }
        writeln!(out)?;
    }
    for table in report
        .tables
        .iter()
        .filter(|table| !table.rows.is_empty() && table.shown_columns > 0)
    {
        write_table(table, style, out)?;
    }
    if !report.tests_in_answers {
        text_tests::write(&report.tests, style, out)?;
    }
    for answer in &report.answers {
        write_answer(answer, style, out)?;
    }
    for text in &report.unreadable {
        let (head, body) = text.split_once('\n').unwrap_or((text, ""));
        writeln!(out, "{} {}", painted("not read:", red(), style), clean(head))?;
        for line in body.lines() {
            writeln!(out, "  {}", clean(line))?;
        }
    }
    if report.tests.is_empty() || !report.findings.is_empty() {
        let found = counted(counts(report.findings.iter()));
        writeln!(out, "{}: {found}", clean(&report.summary))?;
    } else {
        writeln!(out, "{}", clean(&report.summary))?;
    }
    for note in &report.notes {
        writeln!(out, "{}", clean(note))?;
    }
    Ok(())
}

/// Findings of one rule in one file, folded under the first; in the order of the first ones.
fn groups(findings: &[Finding]) -> Vec<Vec<&Finding>> {
    let mut order: Vec<Vec<&Finding>> = Vec::new();
    let mut known: BTreeMap<(&str, *const crate::source::SourceFile), usize> = BTreeMap::new();
    for finding in findings {
        let key = (finding.rule, std::sync::Arc::as_ptr(&finding.place.file));
        match known.get(&key) {
            Some(at) => order[*at].push(finding),
            None => {
                known.insert(key, order.len());
                order.push(vec![finding]);
            }
        }
    }
    order
}

/// One line that counts what the first screen leaves out.
fn rest(groups: &[Vec<&Finding>], style: Style, out: &mut dyn Write) -> io::Result<()> {
    if groups.is_empty() {
        return Ok(());
    }
    let all = || groups.iter().flatten().copied();
    let mut by_rule: Vec<(&str, usize)> = Vec::new();
    for finding in all() {
        match by_rule.iter_mut().find(|(rule, _)| *rule == finding.rule) {
            Some((_, count)) => *count += 1,
            None => by_rule.push((finding.rule, 1)),
        }
    }
    let names: Vec<String> = by_rule
        .iter()
        .take(8)
        .map(|(rule, count)| {
            if *count == 1 {
                (*rule).to_owned()
            } else {
                format!("{rule} × {count}")
            }
        })
        .collect();
    let dots = if by_rule.len() > 8 { ", …" } else { "" };
    let line = format!("… and {} more ({})", all().count(), counted(counts(all())));
    writeln!(
        out,
        "{}: {}{dots}\n  --verbose shows them all, `aisys explain RULE` tells about one\n",
        painted(&line, Paint::new().bold(), style),
        names.join(", ")
    )
}

fn write_table(table: &Table, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let most = if style.verbose { usize::MAX } else { FIRST_ROWS };
    let mut grid = Grid::new();
    grid.load_style(presets::UTF8_BORDERS_ONLY)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(u16::try_from(style.width).unwrap_or(u16::MAX))
        .set_header(table.columns.iter().take(table.shown_columns).map(|name| clean(name)));
    for row in table.rows.iter().take(most) {
        grid.add_row(row.iter().take(table.shown_columns).map(|cell| clean(cell)));
    }
    writeln!(out, "{}", painted(&table.title, Paint::new().bold(), style))?;
    writeln!(out, "{}", grid.trim_fmt())?;
    let more = table.rows.len().saturating_sub(most) + table.left_out;
    if more > 0 {
        writeln!(out, "… and {more} more rows (--verbose, or -o report.csv)")?;
    }
    writeln!(out)
}

fn write_answer(answer: &Answer, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let paint = match answer.severity {
        None => Paint::new().fg_color(Some(AnsiColor::Green.into())).bold(),
        Some(Severity::Error) => red(),
        Some(_) => Paint::new().fg_color(Some(AnsiColor::Yellow.into())).bold(),
    };
    writeln!(
        out,
        "{}\n  {}",
        painted(&answer.question, Paint::new().bold(), style),
        painted(&clean(&answer.headline), paint, style)
    )?;
    for line in &answer.lines {
        writeln!(out, "  - {}", clean(line))?;
    }
    writeln!(out)
}

pub(super) fn red() -> Paint {
    Paint::new().fg_color(Some(AnsiColor::Red.into())).bold()
}

pub(super) fn painted(text: &str, paint: Paint, style: Style) -> String {
    let mut painted = String::new();
    if style.color {
        let _ = write!(painted, "{paint}{text}{paint:#}");
    } else {
        painted.push_str(text);
    }
    painted
}

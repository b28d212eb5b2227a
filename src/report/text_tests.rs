//! The tests that did not go as expected, for people at a terminal.

use std::io::{self, Write};

use anstyle::Style as Paint;

use super::text::{painted, red};
use super::text_snippet::clean;
use super::{Style, TestResult, TestStatus};

/// Failed tests on the first screen.
const FIRST_SCREEN: usize = 5;
/// The longest text of one fact on the first screen, in characters.
const LONGEST: usize = 300;

pub(super) fn write(tests: &[TestResult], style: Style, out: &mut dyn Write) -> io::Result<()> {
    let bad = |test: &&TestResult| matches!(test.status, TestStatus::Failed | TestStatus::Errored);
    let failed: Vec<&TestResult> = tests.iter().filter(bad).collect();
    if failed.is_empty() {
        return Ok(());
    }
    let most = if style.verbose { usize::MAX } else { FIRST_SCREEN };
    writeln!(out, "{}", painted("Failed cases", Paint::new().bold(), style))?;
    for test in failed.iter().take(most) {
        let word = if test.status == TestStatus::Errored {
            "error"
        } else {
            "failed"
        };
        let place = test
            .place
            .as_ref()
            .map_or_else(String::new, |place| format!(" ({place})"));
        writeln!(
            out,
            "{} {} in {}{place}: {}",
            painted(word, red(), style),
            painted(&clean(&test.name), Paint::new().bold(), style),
            clean(&test.group),
            clean(&test.headline)
        )?;
        for (word, text) in &test.facts {
            let text = clean(text);
            let longest = if style.verbose { usize::MAX } else { LONGEST };
            let mut shown: String = text.chars().take(longest).collect();
            if shown.len() < text.len() {
                shown.push('…');
            }
            writeln!(out, "  {word:<9} {}", shown.replace('\n', "\n            "))?;
        }
    }
    if failed.len() > most {
        writeln!(
            out,
            "… and {} more failed cases (--verbose, or -o report.html)",
            failed.len() - most
        )?;
    }
    writeln!(out)
}

//! `JUnit` XML: the stage's tests; and one test case per rule, so that a green rule shows as well as a red one.

use std::io::{self, Write};
use std::time::Duration;

use quick_junit::{NonSuccessKind, TestCase, TestCaseStatus, TestSuite};

use super::{Finding, Report, Severity, TestResult, TestStatus, slashed};

/// Rules with errors or warnings fail; notes are told in the case's output.
pub(super) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let mut suite = TestSuite::new(format!("aisys {}", report.stage));
    let mut names: Vec<&str> = report.rules.iter().map(|rule| rule.name).collect();
    names.extend(report.findings.iter().map(|finding| finding.rule));
    let mut seen = std::collections::HashSet::new();
    for name in names.into_iter().filter(|name| seen.insert(*name)) {
        let findings: Vec<&Finding> = report.findings.iter().filter(|finding| finding.rule == name).collect();
        suite.add_test_case(case(report.stage, name, &findings));
    }
    for (at, text) in report.unreadable.iter().enumerate() {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
        status.set_message(text.as_str());
        let mut case = TestCase::new(format!("unreadable file {}", at + 1), status);
        case.set_classname(format!("aisys.{}", report.stage));
        suite.add_test_case(case);
    }
    let mut document = quick_junit::Report::new("aisys");
    if report.tests.is_empty() || suite.tests > 0 {
        document.add_test_suite(suite);
    }
    let mut groups: Vec<(&str, TestSuite)> = Vec::new();
    for result in &report.tests {
        let at = groups
            .iter()
            .position(|(name, _)| *name == result.group)
            .unwrap_or_else(|| {
                groups.push((&result.group, TestSuite::new(result.group.as_str())));
                groups.len() - 1
            });
        groups[at].1.add_test_case(test(result));
    }
    document.add_test_suites(groups.into_iter().map(|(_, suite)| suite));
    document.serialize(out).map_err(io::Error::other)
}

fn case(stage: &str, name: &str, findings: &[&Finding]) -> TestCase {
    let failing: Vec<&&Finding> = findings
        .iter()
        .filter(|finding| finding.severity > Severity::Note)
        .collect();
    let status = match failing.first() {
        None => TestCaseStatus::success(),
        Some(first) => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            let more = if failing.len() > 1 {
                format!(" (and {} more)", failing.len() - 1)
            } else {
                String::new()
            };
            status.set_message(format!("{}{more}", first.message));
            status.set_type(first.severity.name());
            status.set_description(
                failing
                    .iter()
                    .map(|finding| line(finding))
                    .collect::<Vec<_>>()
                    .join("\n"),
            );
            status
        }
    };
    let mut case = TestCase::new(name, status);
    case.set_classname(format!("aisys.{stage}"));
    let notes: Vec<String> = findings
        .iter()
        .filter(|finding| finding.severity == Severity::Note)
        .map(|finding| line(finding))
        .collect();
    if !notes.is_empty() {
        case.set_system_out(notes.join("\n"));
    }
    case
}

fn test(result: &TestResult) -> TestCase {
    let failed = |kind| {
        let mut status = TestCaseStatus::non_success(kind);
        let facts = result.facts.iter().map(|(word, text)| format!("{word}: {text}"));
        status.set_message(result.headline.as_str());
        status.set_description(facts.collect::<Vec<_>>().join("\n"));
        status
    };
    let status = match result.status {
        TestStatus::Passed => TestCaseStatus::success(),
        TestStatus::Failed => failed(NonSuccessKind::Failure),
        TestStatus::Errored => failed(NonSuccessKind::Error),
        TestStatus::Unjudged => TestCaseStatus::skipped(),
    };
    let mut case = TestCase::new(result.name.as_str(), status);
    case.set_classname(result.group.as_str());
    if let Some(seconds) = result
        .seconds
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
    {
        case.set_time(seconds);
    }
    if let Some(place) = &result.place {
        case.set_system_out(place.to_string());
    }
    case
}

fn line(finding: &Finding) -> String {
    let start = finding.place.start();
    format!(
        "{}:{}:{}: {}: {}",
        slashed(finding.place.file.path()),
        start.line,
        start.column,
        finding.severity,
        finding.message
    )
}

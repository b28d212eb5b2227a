//! Suppressions: `# aisys: ignore[rule] -- reason` beside what it accepts, and `audit.ignore` in
//! `aisys.yaml`.

use std::sync::Arc;

use crate::report::{Confidence, Finding, Severity};
use crate::source::{Place, SourceFile, Span};
use crate::system::{Setting, nearest};

use super::{Rule, registry};

/// What is left, and how many findings were hidden.
#[derive(Debug)]
pub struct Suppressed {
    /// Findings that stay, with one for each suppression that hid nothing or lacks its reason.
    pub kept: Vec<Finding>,
    /// How many were hidden.
    pub hidden: usize,
}

/// One suppression.
struct Suppression {
    rules: Vec<String>,
    /// Where its words stand, for findings about itself.
    place: Place,
    /// The lines that it covers, first and last; `None` covers everything.
    lines: Option<(usize, usize)>,
    /// Only this route, when one is named.
    route: Option<String>,
    has_reason: bool,
    used: bool,
}

/// Hides what the suppressions of these files, and the declared ones, accept. Only suppressions of
/// rules that ran can be called unused.
#[must_use]
pub fn suppress(
    findings: Vec<Finding>,
    files: &[Arc<SourceFile>],
    declared: &[Setting<String>],
    ran: &[&'static Rule],
) -> Suppressed {
    let mut all: Vec<Suppression> = files.iter().flat_map(in_file).collect();
    all.extend(declared.iter().filter_map(declared_one));
    if all.is_empty() {
        return Suppressed {
            kept: findings,
            hidden: 0,
        };
    }
    let before = findings.len();
    let mut kept: Vec<Finding> = findings
        .into_iter()
        .filter(|finding| {
            let mut covered = false;
            for suppression in all.iter_mut().filter(|it| it.has_reason && covers(it, finding)) {
                suppression.used = true;
                covered = true;
            }
            !covered
        })
        .collect();
    let hidden = before - kept.len();
    for suppression in &all {
        kept.extend(about(suppression, ran));
    }
    Suppressed { kept, hidden }
}

fn covers(suppression: &Suppression, finding: &Finding) -> bool {
    let rule = suppression.rules.iter().any(|rule| rule == finding.rule);
    let route = suppression
        .route
        .as_ref()
        .is_none_or(|route| finding.routes.iter().any(|it| it == route));
    let place = suppression.lines.is_none_or(|(first, last)| {
        suppression.place.same_file(&finding.place) && (first..=last).contains(&finding.place.start().line)
    });
    rule && route && place
}

/// What is wrong with a suppression: no reason, an unknown rule, nothing to hide.
fn about(suppression: &Suppression, ran: &[&'static Rule]) -> Option<Finding> {
    let unknown = suppression.rules.iter().find(|rule| registry::find(rule).is_none());
    let (rule, severity, message) = if !suppression.has_reason {
        (
            "suppression-without-reason",
            Severity::Warning,
            "a suppression needs its reason, or it hides nothing: `# aisys: ignore[rule] -- reason`".to_owned(),
        )
    } else if let Some(unknown) = unknown {
        let near = nearest(unknown, registry::RULES.iter().map(|rule| rule.name));
        let hint = near.map_or_else(String::new, |near| format!("; `{near}` is near"));
        (
            "unused-suppression",
            Severity::Note,
            format!("there is no rule `{unknown}`{hint}"),
        )
    } else if !suppression.used
        && suppression
            .rules
            .iter()
            .all(|name| ran.iter().any(|rule| rule.name == name))
    {
        (
            "unused-suppression",
            Severity::Note,
            format!("this suppression of {} hides nothing", suppression.rules.join(", ")),
        )
    } else {
        return None;
    };
    Some(Finding {
        rule,
        severity,
        confidence: Confidence::High,
        routes: Vec::new(),
        message,
        label: "this suppression".to_owned(),
        place: suppression.place.clone(),
        related: Vec::new(),
        help: None,
        fix: None,
        fingerprint: String::new(),
        rank: u32::MAX,
    })
}

/// `rule` or `rule:route`, from `audit.ignore`. The comment beside the entry is its reason there.
fn declared_one(entry: &Setting<String>) -> Option<Suppression> {
    let (rule, route) = entry
        .value
        .split_once(':')
        .map_or((entry.value.as_str(), None), |(rule, route)| {
            (rule, Some(route.trim().to_owned()))
        });
    Some(Suppression {
        rules: vec![rule.trim().to_owned()],
        place: entry.place()?.clone(),
        lines: None,
        route,
        has_reason: true,
        used: false,
    })
}

const MARK: &str = "aisys: ignore[";

fn in_file(file: &Arc<SourceFile>) -> Vec<Suppression> {
    if !file.text().contains(MARK) {
        return Vec::new();
    }
    let lines: Vec<&str> = file.text().lines().collect();
    (0..lines.len()).filter_map(|at| on_line(file, &lines, at)).collect()
}

fn on_line(file: &Arc<SourceFile>, lines: &[&str], at: usize) -> Option<Suppression> {
    let line = lines[at];
    let mark = line.find(MARK)?;
    let before = line[..mark].trim_end();
    let code = before.strip_suffix('#').or_else(|| before.strip_suffix("//"))?;
    // A comment begins a line or follows white space; inside a word it is none.
    if !code.is_empty() && !code.ends_with([' ', '\t']) {
        return None;
    }
    let rest = &line[mark + MARK.len()..];
    let (names, after) = rest.split_once(']')?;
    let reason = after.split_once("--").map_or("", |(_, reason)| reason.trim());
    let start = file.line_span(at + 1)?.start;
    let lines_covered = if code.trim().is_empty() {
        block_after(lines, at)
    } else {
        (at + 1, at + 1)
    };
    Some(Suppression {
        rules: names
            .split(',')
            .map(|name| name.trim().to_owned())
            .filter(|name| !name.is_empty())
            .collect(),
        place: file.place(Span::new(start + code.len(), start + line.len())),
        lines: Some(lines_covered),
        route: None,
        has_reason: !reason.is_empty(),
        used: false,
    })
}

/// The lines, from one, of the entry or statement that follows line `at` (from zero): its first line
/// and all that is indented deeper, with a closing bracket.
fn block_after(lines: &[&str], at: usize) -> (usize, usize) {
    let is_blank = |line: &str| {
        let text = line.trim_start();
        text.is_empty() || text.starts_with('#') || text.starts_with("//")
    };
    let Some(first) = (at + 1..lines.len()).find(|next| !is_blank(lines[*next])) else {
        return (at + 1, at + 1);
    };
    let indent = |line: &str| line.len() - line.trim_start().len();
    let own = indent(lines[first]);
    let mut last = first;
    for (next, line) in lines.iter().enumerate().skip(first + 1) {
        if is_blank(line) {
            continue;
        }
        let deeper = indent(line) > own;
        let closes = indent(line) == own && line.trim_start().starts_with([')', ']', '}']);
        if !deeper && !closes {
            break;
        }
        last = next;
    }
    (first + 1, last + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(file: &Arc<SourceFile>, rule: &'static str, needle: &str) -> Finding {
        let start = file.text().find(needle).unwrap();
        Finding {
            rule,
            severity: Severity::Error,
            confidence: Confidence::High,
            routes: vec!["chat".to_owned()],
            message: "x".to_owned(),
            label: "x".to_owned(),
            place: file.place(Span::new(start, start + needle.len())),
            related: Vec::new(),
            help: None,
            fix: None,
            fingerprint: String::new(),
            rank: 0,
        }
    }

    fn rules(suppressed: &Suppressed) -> Vec<&'static str> {
        suppressed.kept.iter().map(|finding| finding.rule).collect()
    }

    #[test]
    fn a_suppression_covers_its_line_or_the_block_that_follows() {
        let text = "\
a: 1 # aisys: ignore[no-timeout] -- batch only
# aisys: ignore[no-budget, no-cache] -- the provider's console has one
list:
  - name: x
    y: 2
other: 3
";
        let file = SourceFile::new("a.yaml", text);
        let findings = vec![
            finding(&file, "no-timeout", "a: 1"),
            finding(&file, "no-budget", "y: 2"),
            finding(&file, "no-budget", "other"),
            finding(&file, "no-timeout", "y: 2"),
        ];
        let left = suppress(findings, &[file], &[], registry::RULES);
        assert_eq!(left.hidden, 2);
        assert_eq!(rules(&left), ["no-budget", "no-timeout"]);
    }

    #[test]
    fn without_a_reason_nothing_is_hidden_and_unused_ones_are_told() {
        let text = "a: 1 # aisys: ignore[no-timeout]\nb: 2 # aisys: ignore[no-budget] -- why\n";
        let file = SourceFile::new("a.yaml", text);
        let findings = vec![finding(&file, "no-timeout", "a: 1")];
        let left = suppress(findings, &[file], &[], registry::RULES);
        assert_eq!(
            rules(&left),
            ["no-timeout", "suppression-without-reason", "unused-suppression"]
        );
    }

    #[test]
    fn a_declared_entry_may_name_a_route() {
        let file = SourceFile::new("aisys.yaml", "ignore: [\"no-timeout:chat\"]\n");
        let place = file.place(Span::new(9, 26));
        let declared = vec![Setting::written("no-timeout:chat".to_owned(), place)];
        let findings = vec![finding(&file, "no-timeout", "ignore")];
        let left = suppress(findings, &[file], &declared, registry::RULES);
        assert_eq!((left.hidden, left.kept.len()), (1, 0));
    }
}

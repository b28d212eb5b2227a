//! A configuration with every setting right gives no finding; without any single one it gives
//! exactly the finding that names it.

use std::collections::BTreeSet;
use std::path::Path;

use aisys::report::Confidence;

use crate::support::{audit_path, root};

const PERFECT: &str = "fixtures/audit/perfect/config.yaml";

/// The rules with findings of at least medium confidence.
fn rules(path: &Path) -> BTreeSet<&'static str> {
    audit_path(path)
        .into_iter()
        .filter(|finding| finding.confidence >= Confidence::Medium)
        .map(|finding| finding.rule)
        .collect()
}

#[test]
fn the_perfect_configuration_gives_no_finding() {
    assert_eq!(rules(&root(PERFECT)), BTreeSet::new());
}

#[test]
fn each_setting_that_is_taken_out_gives_the_finding_that_names_it() {
    let text = std::fs::read_to_string(root(PERFECT)).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let folder = tempfile::tempdir().unwrap();
    let mut wrong = Vec::new();
    let mut tried = 0;
    for (at, line) in lines.iter().enumerate() {
        let Some((_, rule)) = line.split_once("# removed: ") else {
            continue;
        };
        tried += 1;
        let without = remove(&lines, at);
        let path = folder.path().join(format!("without-line-{}.yaml", at + 1));
        std::fs::write(&path, without).unwrap();
        let found = rules(&path);
        if found != BTreeSet::from([rule.trim()]) {
            wrong.push(format!("without line {} ({}): {found:?}", at + 1, line.trim()));
        }
    }
    assert!(tried >= 20, "the fixture marks {tried} lines only");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The text without a line and the block below it that is indented deeper.
fn remove(lines: &[&str], at: usize) -> String {
    let indent = |line: &str| line.len() - line.trim_start().len();
    let own = indent(lines[at]);
    let mut kept: Vec<&str> = lines[..at].to_vec();
    let rest = lines[at + 1..]
        .iter()
        .skip_while(|line| !line.trim().is_empty() && indent(line) > own);
    kept.extend(rest);
    kept.join("\n") + "\n"
}

//! Every rule of the registry: a fixture that fires, one that stays quiet, and a whole page.

use std::collections::BTreeSet;
use std::path::PathBuf;

use aisys::audit::registry::RULES;

use crate::support::{audit_path, root};

/// The folders of a rule's fixtures whose name begins so.
fn folders(rule: &str, beginning: &str) -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = std::fs::read_dir(root("fixtures/audit").join(rule))
        .into_iter()
        .flatten()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.file_name().unwrap().to_str().unwrap().starts_with(beginning))
        .collect();
    folders.sort();
    folders
}

#[test]
fn every_rule_fires_on_its_fixture_and_is_quiet_on_the_other() {
    let mut wrong = Vec::new();
    for rule in RULES {
        let (fires, quiet) = (folders(rule.name, "fires"), folders(rule.name, "quiet"));
        if fires.is_empty() || quiet.is_empty() {
            wrong.push(format!("{}: needs folders fires and quiet", rule.name));
        }
        for folder in &fires {
            let found = audit_path(folder);
            let mine: Vec<_> = found.iter().filter(|finding| finding.rule == rule.name).collect();
            if mine.is_empty() {
                wrong.push(format!("{} does not fire on {}", rule.name, folder.display()));
            }
            for finding in mine {
                let text = finding.place.text();
                if text.trim().is_empty() {
                    wrong.push(format!("{}: an empty place in {}", rule.name, folder.display()));
                }
                if finding.message.ends_with('.') || finding.message.is_empty() {
                    wrong.push(format!("{}: a message with a full stop, or none", rule.name));
                }
            }
        }
        for folder in &quiet {
            for finding in audit_path(folder) {
                if finding.rule == rule.name {
                    wrong.push(format!(
                        "{} fires on {}: {}",
                        rule.name,
                        folder.display(),
                        finding.message
                    ));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn names_are_unique_and_every_page_is_whole() {
    let mut names = BTreeSet::new();
    for rule in RULES {
        assert!(names.insert(rule.name), "{} stands twice in the registry", rule.name);
        assert!(rule.why.len() > 60, "{}: why it matters is missing", rule.name);
        assert!(!rule.how.is_empty(), "{}: how to mend it is missing", rule.name);
        assert!(!rule.dialects.is_empty(), "{}: looks in no dialect", rule.name);
        assert!(!rule.title.ends_with('.'), "{}: a title has no full stop", rule.name);
        let file = format!(
            "src/audit/rules/{}/{}.rs",
            rule.family.name(),
            rule.name.replace('-', "_")
        );
        assert!(
            root(&file).is_file(),
            "{file} is missing: one rule, one file of its name"
        );
    }
}

#[test]
fn the_rules_document_is_what_the_registry_says() {
    let written = std::fs::read_to_string(root("docs/rules.md")).unwrap();
    assert!(
        written == aisys::audit::pages::document(),
        "docs/rules.md is out of step: cargo run -- explain --all > docs/rules.md"
    );
}

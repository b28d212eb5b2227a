//! Real configurations, where the corpus is at hand: all are read or refused with a reason, and the
//! shares come out as an independent count has them.

use std::path::{Path, PathBuf};
use std::process::Command as Process;

use aisys::audit::{self, Audit, Options, registry};
use aisys::read;
use aisys::report::{Confidence, Finding};
use aisys::system::prices::Prices;

use crate::support::{TODAY, root};

/// The corpus: `$AISYS_SHARED/corpus`, else beside the checkout.
#[allow(clippy::print_stderr, reason = "a skipped test says so aloud")]
fn corpus() -> Option<PathBuf> {
    let shared = std::env::var_os("AISYS_SHARED").map_or_else(|| root("../shared"), PathBuf::from);
    let corpus = shared.join("corpus");
    if corpus.is_dir() {
        return Some(corpus);
    }
    eprintln!("SKIPPED: no corpus at {} (set AISYS_SHARED)", corpus.display());
    None
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    files
}

fn findings(path: &Path) -> Result<Vec<Finding>, String> {
    let prices = Prices::shipped();
    let reading = read::read(&[path.to_owned()], &prices);
    if let Some(error) = reading.errors.first() {
        return Err(error.render());
    }
    let options = Options {
        today: TODAY.parse().unwrap(),
        ..Options::default()
    };
    Ok(audit::run(
        &Audit::new(&reading.system, &prices, &options),
        registry::RULES,
    ))
}

#[test]
fn every_file_is_read_or_refused_with_a_reason() {
    let Some(corpus) = corpus() else { return };
    let (mut read, mut refused) = (0, 0);
    for folder in files(&corpus).into_iter().filter(|path| path.is_dir()) {
        for file in files(&folder) {
            match findings(&file) {
                Ok(found) => {
                    read += 1;
                    for finding in found {
                        assert!(!finding.place.text().is_empty(), "{}: {finding:?}", file.display());
                    }
                }
                Err(reason) => {
                    refused += 1;
                    assert!(reason.len() > 20, "{}: {reason}", file.display());
                }
            }
        }
    }
    eprintln!("corpus: {read} files read, {refused} refused with a reason");
    assert!(read > 200, "{read} read, {refused} refused");
}

/// Files in which a rule fires, each file audited alone.
fn share(all: &[Vec<Finding>], rule: &str) -> usize {
    all.iter()
        .filter(|findings| findings.iter().any(|finding| finding.rule == rule))
        .count()
}

#[test]
fn shares_over_litellm_files_are_those_of_an_independent_count() {
    let Some(corpus) = corpus() else { return };
    let counted = Process::new("python3")
        .arg(root("tests/it/corpus_count.py"))
        .arg(corpus.join("litellm"))
        .output();
    let Some(counted) = counted.ok().filter(|run| run.status.success()) else {
        eprintln!("SKIPPED: the independent count needs python3 with PyYAML (pip install pyyaml)");
        return;
    };
    let counted: serde_json::Value = serde_json::from_slice(&counted.stdout).unwrap();
    let names: Vec<String> = counted["files"]
        .as_array()
        .unwrap()
        .iter()
        .map(|name| name.as_str().unwrap().to_owned())
        .collect();
    let all: Vec<Vec<Finding>> = names
        .iter()
        .filter_map(|name| findings(&corpus.join("litellm").join(name)).ok())
        .map(|found| {
            found
                .into_iter()
                .filter(|it| it.confidence >= Confidence::Low)
                .collect()
        })
        .collect();
    assert!(
        all.len() + 2 >= names.len(),
        "{} of {} files were read",
        all.len(),
        names.len()
    );
    let mut wrong = Vec::new();
    // How far a rule may be from the plain count: it sees aliases, hosts and places that a count of
    // keys does not.
    for (rule, slack) in [
        ("no-fallback", 2),
        ("no-timeout", 3),
        ("no-budget", 8),
        ("no-cache", 2),
        ("no-context-check", 2),
        ("no-context-fallback", 2),
        ("no-rate-limit", 2),
        ("no-stream-timeout", 2),
        ("no-health-check", 2),
        ("no-alerting", 2),
        ("no-traces", 4),
        ("rate-limit-not-enforced", 1),
    ] {
        let theirs = usize::try_from(counted["counts"][rule].as_u64().unwrap()).unwrap();
        let ours = share(&all, rule);
        eprintln!("{rule}: {ours} of {} here, {theirs} by the count of keys", all.len());
        if ours.abs_diff(theirs) > slack {
            wrong.push(format!("{rule}: {ours} against {theirs}"));
        }
    }
    // The published shares, within what the smaller set allows.
    for (rules, published) in [
        (&["no-budget"][..], 0.93),
        (&["no-fallback"][..], 0.80),
        (&["no-timeout"][..], 0.60),
        (&["deprecated-model"][..], 0.21),
    ] {
        #[expect(clippy::cast_precision_loss, reason = "some hundred files")]
        let ours = all
            .iter()
            .filter(|findings| findings.iter().any(|finding| rules.contains(&finding.rule)))
            .count() as f64
            / all.len() as f64;
        eprintln!(
            "{rules:?}: {:.0} % here, {:.0} % published",
            ours * 100.0,
            published * 100.0
        );
        if (ours - published).abs() > 0.2 {
            wrong.push(format!("{rules:?}: {ours:.2} against {published:.2}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

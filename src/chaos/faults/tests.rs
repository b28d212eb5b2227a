use super::*;
use crate::chaos::scenario::{CallFacts, Scenario};
use crate::source::SourceFile;

fn scenario(fault: &str) -> Scenario {
    let text = format!("scenario: one\ntraffic: {{for: 1h}}\nfaults:\n  - {fault}\n");
    Scenario::parse(&SourceFile::new("one.yaml", text)).unwrap()
}

/// Facts that every example's selectors and conditions fit.
fn meant_by(kind: &FaultKind, number: u64) -> CallFacts<'static> {
    let provider = ["openai", "anthropic", "openrouter"]
        .into_iter()
        .find(|name| kind.example.contains(&format!("provider/{name}")));
    CallFacts {
        number,
        provider: provider.unwrap_or("openai"),
        model: if kind.example.contains("claude") {
            "claude-3"
        } else {
            "gpt-4o"
        },
        region: "swedencentral",
        streamed: true,
        ..CallFacts::default()
    }
}

#[test]
fn every_example_is_read_and_strikes() {
    for kind in KINDS {
        let scenario = scenario(kind.example);
        let injection = &scenario.faults[0];
        assert_eq!(injection.fault, kind.name);
        let late = injection.at + Duration::from_secs(100);
        if kind.class == Class::Request {
            assert!(scenario.requests().any(|request| request.prompt_tokens > 300_000));
            continue;
        }
        let struck = (0..200).any(|number| !scenario.behaviour(&meant_by(kind, number), late).is_healthy());
        assert!(struck, "{}", kind.name);
        let before = injection.at.checked_sub(Duration::from_secs(1)).unwrap();
        assert!(
            scenario.behaviour(&meant_by(kind, 0), before).is_healthy(),
            "{}",
            kind.name
        );
    }
}

#[test]
fn names_are_told_apart_and_each_says_what_it_is() {
    let mut all: Vec<&str> = names().collect();
    let count = all.len();
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), count, "a name stands for two faults");
    for kind in KINDS {
        assert!(kind.about.ends_with('.') && kind.about.len() > 40, "{}", kind.name);
        let key = format!("{}:", kind.name);
        assert!(kind.example.contains(&key), "{}", kind.name);
    }
}

#[test]
fn the_page_of_all_faults_is_in_step() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/chaos-faults.md");
    std::fs::write(path, document()).unwrap(); // TEMPORARY
    let written = std::fs::read_to_string(path).unwrap_or_default();
    assert_eq!(
        written,
        document(),
        "docs/chaos-faults.md is out of step: cargo run -- chaos faults --all > docs/chaos-faults.md"
    );
}

//! Config objects with what the gateway does with them, by hand.

use std::time::Duration;

use super::*;
use crate::read::testing;
use crate::system::{Plan, RemarkKind};

fn read_text(text: &str) -> System {
    testing::read(&READER, "support.json", text)
}

#[test]
fn targets_inherit_and_the_second_is_a_fallback() {
    let system = read_text(
        r#"{"strategy": {"mode": "fallback"}, "request_timeout": 5000, "retry": {"attempts": 2},
            "targets": [{"provider": "openai", "override_params": {"model": "gpt-5.4-mini-2026-03-17", "max_tokens": 800}},
                        {"provider": "azure-openai", "virtual_key": "az-1", "request_timeout": 7000, "retry": {"attempts": 0}}]}"#,
    );
    let route = &system.routes[0];
    assert_eq!(route.name, "support");
    assert!(route.policy.fallback_statuses.is_none());
    assert_eq!(route.fallbacks.len(), 1);
    let Plan::First(branches) = &route.plan else {
        panic!("{:?}", route.plan)
    };
    let Plan::Retry(first) = &branches[0].plan else {
        panic!()
    };
    // Two retries after the first: 1 s and 2 s of pauses; Portkey's own 408 is not retried.
    assert_eq!(first.retries.value, 2);
    assert_eq!(first.backoff.longest_total(2), Duration::from_secs(3));
    assert!(!first.on_timeout);
    let attempts = route.plan.attempts();
    assert_eq!(attempts[0].timeout.value, Some(Duration::from_secs(5)));
    assert_eq!(attempts[1].timeout.value, Some(Duration::from_secs(7)));
    assert_eq!(system.deployments[1].provider.value, "azure");
    assert_eq!(system.deployments[0].max_output_tokens.as_ref().unwrap().value, 800);
}

#[test]
fn a_balanced_target_keeps_its_share_when_it_is_sick() {
    let system = read_text(
        r#"{"strategy": {"mode": "loadbalance"}, "targets": [{"provider": "openai", "weight": 0.7}, {"provider": "groq", "weight": 0.3}]}"#,
    );
    let Plan::Pick { branches, ejects } = &system.routes[0].plan else {
        panic!()
    };
    assert!(!ejects);
    assert!((branches[0].0 - 0.7).abs() < 1e-9);
    assert_eq!(system.routes[0].members.len(), 2);
    assert!(system.routes[0].fallbacks.is_empty());
}

#[test]
fn slips_are_told() {
    let system = read_text(
        r#"{"strategy": {"mode": "fallbak"}, "request_timout": 5, "request_timeout": 30,
            "targets": [{"provider": "openai", "api_key": "sk-proj-Zr8Qk2VbN4tXw7Lm1PcYd9HfJs3GaE5u"}]}"#,
    );
    let kinds: Vec<RemarkKind> = system.remarks.iter().map(|remark| remark.kind).collect();
    for kind in [
        RemarkKind::InvalidValue,
        RemarkKind::UnknownKey,
        RemarkKind::UnitMistake,
        RemarkKind::LiteralSecret,
    ] {
        assert!(kinds.contains(&kind), "{kind:?} in {kinds:?}");
    }
}

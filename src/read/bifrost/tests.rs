//! Providers with what the gateway does with them, by hand.

use std::time::Duration;

use super::*;
use crate::read::testing;

fn read_text(text: &str) -> System {
    testing::read(&READER, "config.json", text)
}

#[test]
fn keys_take_turns_and_defaults_hold() {
    let system = read_text(
        r#"{"client": {"enforce_auth_on_inference": true, "enable_logging": true, "max_request_body_size_mb": 2},
            "providers": {"openai": {"keys": [{"name": "a", "value": "env.KEY_A", "weight": 0.5}, {"name": "b", "value": "${KEY_B}"}],
                                      "network_config": {"max_retries": 2, "retry_backoff_initial": 100}}},
            "governance": {"budgets": [{"id": "x", "max_limit": 50, "reset_duration": "1d"}], "virtual_keys": [{"id": "k"}]}}"#,
    );
    let route = &system.routes[0];
    assert_eq!(route.members.len(), 2);
    let retry = route.plan.retries()[0];
    // 0.1 s and 0.2 s.
    assert_eq!(retry.backoff.longest_total(2), Duration::from_millis(300));
    let attempt = route.plan.attempts()[0];
    assert_eq!(attempt.timeout.value, Some(Duration::from_secs(30)));
    assert_eq!(attempt.idle.value, Some(Duration::from_secs(60)));
    assert!(matches!(system.gateways[0].auth, Auth::Key(_)));
    assert!(system.gateways[0].prompts_logged.is_some());
    assert_eq!(route.policy.budgets[0].usd.value, 50.0);
    assert_eq!(route.policy.max_request_bytes.as_ref().unwrap().value, 2_097_152);
    assert_eq!(system.variables.needed[0].name, "KEY_A");
    assert!(
        system
            .remarks
            .iter()
            .any(|it| it.kind == RemarkKind::NotExpanded && it.place.text() == "\"${KEY_B}\"")
    );
}

#[test]
fn without_enforcement_everybody_is_let_in() {
    let system = read_text(
        r#"{"providers": {"ollama": {"keys": [], "network_config": {"base_url": "http://localhost:11434"}}}}"#,
    );
    assert!(matches!(system.gateways[0].auth, Auth::Missing(None)));
    assert!(system.deployments[0].self_hosted);
}

//! Known answers for what the reader makes of a decK file, computed by hand.

use std::time::Duration;

use crate::read::testing::{self, providers, remarks, route};
use crate::system::{Auth, LimitKind, Plan, RemarkKind, Scope, System};

use super::READER;

fn system(text: &str) -> System {
    testing::read(&READER, "kong.yaml", text)
}

/// Two targets behind one route, with lines of `balancer` to be added.
fn two(balancer: &str) -> System {
    system(&format!(
        r#"
_format_version: "3.0"
services:
  - name: llm
    url: http://localhost:32000
    routes:
      - name: chat
        paths: [/chat]
        plugins:
          - name: ai-proxy-advanced
            config:
              balancer: {{{balancer}}}
              targets:
                - model: {{provider: openai, name: gpt-4o, options: {{max_tokens: 512, input_cost: 2.0, output_cost: 9.0}}}}
                  route_type: llm/v1/chat
                  weight: 70
                  auth: {{header_name: Authorization, header_value: 'Bearer ${{{{ env "DECK_OPENAI_API_KEY" }}}}'}}
                - model: {{provider: mistral, name: mistral-small-latest}}
                  route_type: llm/v1/chat
                  weight: 30
                  auth: {{header_name: Authorization, header_value: '{{vault://env/mistral-key}}'}}
"#
    ))
}

#[test]
fn a_balancer_picks_by_weight_and_repeats_five_times() {
    let system = two("");
    let chat = route(&system, "chat");
    let Plan::Retry(retry) = &chat.plan else {
        panic!("a balancer repeats")
    };
    assert_eq!(retry.retries.value, 5);
    assert!(!retry.retries.is_written());
    // A prompt that was sent is passed on for nothing without `non_idempotent`.
    assert!(!retry.on_timeout);
    assert!(retry.statuses.as_ref().unwrap().value.is_empty());
    let Plan::Pick { branches, ejects } = &retry.plan else {
        panic!("one of two is picked")
    };
    let weights: Vec<f64> = branches.iter().map(|(weight, _)| *weight).collect();
    assert_eq!(weights, [70.0, 30.0]);
    assert!(!ejects);
    let attempt = retry.plan.attempts()[0];
    assert_eq!(attempt.timeout.value, Some(Duration::from_secs(60)));
    assert_eq!(attempt.max_output_tokens.as_ref().map(|it| it.value), Some(512));
    let openai = system.deployment(chat.members[0]);
    assert_eq!(
        openai.account.as_ref().unwrap().variable.as_deref(),
        Some("DECK_OPENAI_API_KEY")
    );
    let facts = openai.facts.as_ref().unwrap();
    assert!((facts.input_price.unwrap() - 2e-6).abs() < 1e-12);
    let mistral = system.deployment(chat.members[1]);
    assert_eq!(
        mistral.account.as_ref().unwrap().variable.as_deref(),
        Some("MISTRAL_KEY")
    );
    assert!(matches!(system.gateways[0].auth, Auth::Missing(None)));
    assert!(system.remarks.is_empty(), "{:?}", system.remarks);
}

#[test]
fn criteria_pass_prompts_on_with_non_idempotent() {
    let system = two(
        "retries: 3, read_timeout: 20000, failover_criteria: [error, timeout, http_429, http_503, non_idempotent], max_fails: 3, fail_timeout: 5000",
    );
    let chat = route(&system, "chat");
    let Plan::Retry(retry) = &chat.plan else {
        panic!("a balancer repeats")
    };
    assert_eq!(retry.retries.value, 3);
    assert!(retry.on_timeout);
    assert_eq!(retry.statuses.as_ref().unwrap().value, [429, 503]);
    assert!(matches!(retry.plan, Plan::Pick { ejects: true, .. }));
    assert_eq!(retry.plan.attempts()[0].idle.value, Some(Duration::from_secs(20)));
    let cooldown = &chat.policy.cooldown.value;
    assert!(cooldown.enabled);
    assert_eq!(
        (cooldown.allowed_fails, cooldown.time),
        (Some(3), Duration::from_secs(5))
    );
}

#[test]
fn priority_tries_the_heaviest_first_and_goes_on_only_with_non_idempotent() {
    let on = two("algorithm: priority, failover_criteria: [error, timeout, non_idempotent]");
    let chat = route(&on, "chat");
    assert_eq!(providers(&on, &chat.plan), ["openai", "mistral"]);
    assert!(matches!(&chat.plan, Plan::First(branches) if branches.len() == 2));
    assert!(chat.fallbacks[0].acts());
    assert_eq!(chat.members.len(), 1);
    let off = two("algorithm: priority");
    assert_eq!(providers(&off, &route(&off, "chat").plan), ["openai"]);
    assert!(route(&off, "chat").fallbacks[0].unreachable.is_some());
}

#[test]
fn no_retries_leave_no_second_group() {
    let system = two("algorithm: priority, retries: 0, failover_criteria: [error, non_idempotent]");
    // One attempt: the first group's.
    assert_eq!(providers(&system, &route(&system, "chat").plan), ["openai"]);
}

#[test]
fn the_plain_plugin_has_its_services_times() {
    let system = system(
        "_format_version: '3.0'\nservices:\n- name: llm\n  host: localhost\n  retries: 1\n  read_timeout: 30000\n  plugins:\n  - name: ai-proxy\n    config:\n      route_type: llm/v1/chat\n      model: {provider: llama2, name: llama-3, options: {upstream_url: 'http://gpu-1:8000/v1', llama2_format: openai}}\n  - name: key-auth\nplugins:\n- name: prometheus\n- name: ai-proxy\n  enabled: false\n  config: {model: {provider: openai, name: gpt-4o}}\n",
    );
    assert_eq!(system.routes.len(), 1);
    let llm = route(&system, "llm");
    let Plan::Retry(retry) = &llm.plan else {
        panic!("the service repeats")
    };
    assert_eq!(retry.retries.value, 1);
    assert_eq!(retry.plan.attempts()[0].timeout.value, Some(Duration::from_secs(30)));
    assert!(system.deployments[0].self_hosted);
    assert!(matches!(system.gateways[0].auth, Auth::Key(_)));
    assert!(system.gateways[0].traces.value);
}

#[test]
fn limits_and_caches_around_a_route_are_its_own() {
    let system = system(
        "_format_version: '3.0'\nplugins:\n- name: ai-proxy\n  config: {route_type: llm/v1/chat, model: {provider: openai, name: gpt-4o}}\n- name: ai-rate-limiting-advanced\n  config:\n    identifier: ip\n    llm_providers:\n    - {name: openai, limit: [100, 1000], window_size: [60, 3600]}\n    - {name: cohere, limit: 5, window_size: 60}\n- name: rate-limiting\n  route: elsewhere\n  config: {minute: 5}\n- name: ai-semantic-cache\n  config: {vectordb: {strategy: redis, distance_metric: cosine, threshold: 0.1, redis: {host: redis-stack}}}\n",
    );
    let route = route(&system, "every route");
    assert!(route.catch_all);
    let limits: Vec<(LimitKind, f64, u64)> = route
        .policy
        .limits
        .iter()
        .map(|limit| (limit.kind, limit.amount.value, limit.period.as_secs()))
        .collect();
    assert_eq!(
        limits,
        [(LimitKind::Tokens, 100.0, 60), (LimitKind::Tokens, 1000.0, 3600)]
    );
    assert!(system.gateways[0].per_user_limits.value);
    let cache = route.policy.cache.value.as_ref().unwrap();
    assert!(cache.semantic);
    // A distance of 0.1 is a likeness of 0.9.
    assert!((cache.threshold.as_ref().unwrap().value - 0.9).abs() < 1e-9);
    assert_eq!(cache.ttl.as_ref().unwrap().value, Duration::from_secs(300));
    assert_eq!(cache.store.as_ref().unwrap().value, "redis-stack");
    assert_eq!(cache.scope.value, Scope::Everyone);
}

#[test]
fn what_is_wrong_is_remarked_upon() {
    let system = system(
        r"
_format_version: '3.0'
plugins:
- name: ai-proxy-advanced
  config:
    balancer: {algorithm: round-robbin, read_timeout: 30, failover_criteria: [error, http_500, http_999], retires: 2}
    targets:
    - model: {provider: opanai, name: gpt-4o, options: {upstream_url: 'http://llm.example.com/v1'}}
      route_type: llm/v1/chat
      weight: 0
      auth: {header_name: Authorization, header_value: 'Bearer ${OPENAI_API_KEY}'}
    - model: {provider: openai, name: gpt-4o}
      route_type: llm/v1/completions
      auth: {header_name: Authorization, header_value: 'Bearer sk-proj-9fK2mQ7xLw3ZtR8vBn5YcD1eHjU6aSgP'}
",
    );
    let of = |kind| remarks(&system, kind);
    assert!(of(RemarkKind::UnknownKey)[0].contains("`retries` is near"));
    let invalid = of(RemarkKind::InvalidValue).join("\n");
    for part in [
        "no algorithm `round-robbin`",
        "no failover criterion `http_999`",
        "no provider `opanai`",
        "a weight is a number from 1 to 65535",
        "different route types",
    ] {
        assert!(invalid.contains(part), "{part} in {invalid}");
    }
    assert!(of(RemarkKind::MisplacedKey)[0].starts_with("`http_500` does nothing"));
    assert_eq!(of(RemarkKind::UnitMistake).len(), 1);
    assert_eq!(of(RemarkKind::NotExpanded).len(), 1);
    assert_eq!(of(RemarkKind::PlaintextEndpoint).len(), 1);
    assert_eq!(of(RemarkKind::LiteralSecret).len(), 1);
    assert!(!of(RemarkKind::LiteralSecret)[0].contains("9fK2"));
}

//! Routers with what the gateway does with them, by hand.

use super::*;
use crate::read::testing;

#[test]
fn a_router_balances_and_retries_only_when_asked() {
    let text = "
dispatcher: {timeout: 20s}
global:
  cache: {directive: \"max-age=600, max-stale=60\"}
routers:
  main:
    load-balance:
      chat: {strategy: model-latency, models: [openai/gpt-5.4-mini-2026-03-17, anthropic/claude-haiku-4-5-20251001]}
    retries: {strategy: constant, delay: 2s, max-retries: 3}
  bare:
    load-balance:
      chat: {strategy: provider-weighted, providers: [{provider: openai, weight: 0.9}, {provider: anthropic, weight: 0.1}]}
";
    let system = testing::read(&READER, "config.yaml", text);
    let retry = system.routes[0].plan.retries()[0].clone();
    assert_eq!(retry.retries.value, 3);
    // Three pauses of 2 s each.
    assert_eq!(retry.backoff.longest_total(3), Duration::from_secs(6));
    assert_eq!(
        system.routes[0].plan.attempts()[0].timeout.value,
        Some(Duration::from_secs(20))
    );
    let cache = system.routes[0].policy.cache.value.as_ref().unwrap();
    assert_eq!(cache.ttl.as_ref().unwrap().value, Duration::from_secs(600));
    assert_eq!(system.routes[1].plan.retries()[0].retries.value, 0);
    assert_eq!(system.deployments[2].weight.as_ref().unwrap().value, 0.9);
    assert!(system.remarks.is_empty());
}

//! Known answers for what the reader makes of resources, computed by hand.

use std::time::Duration;

use crate::read::testing::{self, providers, remarks, route};
use crate::system::{LimitKind, Plan, RemarkKind, Scope, System};

use super::READER;

fn system(text: &str) -> System {
    testing::read(&READER, "gateway.yaml", text)
}

const BACKENDS: &str = r"
apiVersion: aigateway.envoyproxy.io/v1beta1
kind: AIServiceBackend
metadata: {name: openai, namespace: ai}
spec: {schema: {name: OpenAI}, backendRef: {name: openai, kind: Backend, group: gateway.envoyproxy.io}}
---
apiVersion: gateway.envoyproxy.io/v1alpha1
kind: Backend
metadata: {name: openai, namespace: ai}
spec: {endpoints: [{fqdn: {hostname: api.openai.com, port: 443}}]}
---
apiVersion: aigateway.envoyproxy.io/v1beta1
kind: BackendSecurityPolicy
metadata: {name: openai-key, namespace: ai}
spec:
  targetRefs: [{group: aigateway.envoyproxy.io, kind: AIServiceBackend, name: openai}]
  type: APIKey
  apiKey: {secretRef: {name: openai-secret, namespace: ai}}
---
apiVersion: aigateway.envoyproxy.io/v1beta1
kind: AIServiceBackend
metadata: {name: aws, namespace: ai}
spec: {schema: {name: AWSBedrock}, backendRef: {name: aws, kind: Backend, group: gateway.envoyproxy.io}}
---
apiVersion: gateway.envoyproxy.io/v1alpha1
kind: Backend
metadata: {name: aws, namespace: ai}
spec: {endpoints: [{fqdn: {hostname: bedrock-runtime.us-east-1.amazonaws.com, port: 443}}]}
---
apiVersion: aigateway.envoyproxy.io/v1beta1
kind: AIGatewayRoute
metadata: {name: chat, namespace: ai}
spec:
  parentRefs: [{name: edge, kind: Gateway, group: gateway.networking.k8s.io}]
  llmRequestCosts: [{metadataKey: total, type: TotalToken}]
  rules:
    - matches:
        - headers: [{type: Exact, name: x-ai-eg-model, value: gpt-4o}]
      backendRefs:
        - {name: openai}
        - {name: aws, priority: 1, modelNameOverride: anthropic.claude-3-5-sonnet-20241022-v2:0}
";

fn with_policy(spec: &str) -> System {
    system(&format!(
        "{BACKENDS}---\napiVersion: gateway.envoyproxy.io/v1alpha1\nkind: BackendTrafficPolicy\nmetadata: {{name: p, namespace: ai}}\nspec:\n  targetRefs: [{{group: gateway.networking.k8s.io, kind: HTTPRoute, name: chat}}]\n{spec}"
    ))
}

#[test]
fn priorities_alone_do_not_fail_over() {
    let system = system(BACKENDS);
    let chat = route(&system, "gpt-4o");
    let Plan::Within { limit, plan } = &chat.plan else {
        panic!("a request has a limit")
    };
    assert_eq!(limit.value, Some(Duration::from_secs(60)));
    assert_eq!(limit.origin.to_string(), "default of Envoy AI Gateway c217da8");
    let Plan::Retry(retry) = plan.as_ref() else {
        panic!("no retry is written, so there are none")
    };
    assert_eq!(retry.retries.value, 0);
    assert_eq!(providers(&system, plan), ["openai"]);
    assert_eq!(chat.fallbacks.len(), 1);
    assert!(chat.fallbacks[0].unreachable.is_some());
    assert!(!chat.has_fallback());
    let openai = system.deployment(chat.members[0]);
    assert_eq!(openai.account.as_ref().unwrap().id, "secret openai-secret");
    assert_eq!(openai.host.as_ref().unwrap().value, "api.openai.com");
    assert!(openai.facts.is_some());
    let aws = system.deployment(chat.fallbacks[0].deployment.unwrap());
    assert_eq!(aws.region.as_ref().unwrap().value, "us-east-1");
    assert_eq!(aws.model.value, "anthropic.claude-3-5-sonnet-20241022-v2:0");
    assert!(system.remarks.is_empty(), "{:?}", system.remarks);
}

#[test]
fn retries_take_turns_at_the_priorities() {
    let system = with_policy(
        "  retry:\n    numRetries: 3\n    numAttemptsPerPriority: 2\n    perRetry: {timeout: 10s, backOff: {baseInterval: 100ms, maxInterval: 1s}}\n    retryOn: {httpStatusCodes: [429, 503], triggers: [reset, retriable-status-codes]}\n",
    );
    let chat = route(&system, "gpt-4o");
    let Plan::Within { plan, .. } = &chat.plan else {
        panic!("a request has a limit")
    };
    let Plan::First(branches) = plan.as_ref() else {
        panic!("one priority after the other")
    };
    // Four attempts: two at OpenAI, two at Bedrock.
    assert_eq!(branches.len(), 2);
    assert_eq!(providers(&system, plan), ["openai", "bedrock"]);
    let retries: Vec<u32> = plan.retries().iter().map(|retry| retry.retries.value).collect();
    assert_eq!(retries, [1, 1]);
    let retry = plan.retries()[0];
    assert!(retry.on_timeout);
    assert_eq!(retry.statuses.as_ref().unwrap().value, [429, 503]);
    // Waits of at most 100, 200 and 400 ms; jitter only shortens.
    assert_eq!(retry.backoff.longest_total(3), Duration::from_millis(700));
    assert_eq!(plan.attempts()[0].timeout.value, Some(Duration::from_secs(10)));
    assert!(chat.fallbacks[0].acts());
}

#[test]
fn an_odd_number_of_attempts_begins_again_with_the_first() {
    let system = with_policy("  retry: {numRetries: 2, numAttemptsPerPriority: 1}\n");
    // Three attempts: OpenAI, Bedrock, OpenAI.
    assert_eq!(
        providers(&system, &route(&system, "gpt-4o").plan),
        ["openai", "bedrock", "openai"]
    );
    // Nothing written under `retryOn`: 503 alone, and a time limit starts nothing again.
    let plan = &route(&system, "gpt-4o").plan;
    assert_eq!(plan.retries()[0].statuses.as_ref().unwrap().value, [503]);
    assert!(!plan.retries()[0].on_timeout);
}

#[test]
fn a_retry_without_a_way_to_the_next_priority_stays() {
    let system = with_policy("  retry: {}\n");
    let plan = &route(&system, "gpt-4o").plan;
    // `numRetries` is 2 when the block is written without it.
    assert_eq!(plan.retries()[0].retries.value, 2);
    assert_eq!(providers(&system, plan), ["openai"]);
    assert!(route(&system, "gpt-4o").fallbacks[0].unreachable.is_some());
}

#[test]
fn a_passive_health_check_takes_the_first_priority_out() {
    // One failure ejects OpenAI, so the one repetition goes to Bedrock.
    let both = with_policy(
        "  retry: {numRetries: 1}\n  healthCheck: {passive: {consecutive5XxErrors: 1, baseEjectionTime: 5s}}\n",
    );
    assert_eq!(providers(&both, &route(&both, "gpt-4o").plan), ["openai", "bedrock"]);
    let cooldown = &route(&both, "gpt-4o").policy.cooldown.value;
    assert!(cooldown.enabled);
    assert_eq!(cooldown.time, Duration::from_secs(5));
    // Without retries a request that fails is lost, and later ones go elsewhere.
    let alone = with_policy("  healthCheck: {passive: {}}\n");
    let chat = route(&alone, "gpt-4o");
    assert!(chat.has_fallback());
    assert!(chat.fallbacks[0].acts());
    assert_eq!(chat.policy.cooldown.value.allowed_fails, Some(5));
}

#[test]
fn a_rule_has_times_and_weights_of_its_own() {
    let text = BACKENDS.replace(
        "        - {name: openai}\n        - {name: aws, priority: 1,",
        "        - {name: openai, weight: 3}\n        - {name: aws, weight: 1,",
    ) + "      timeouts: {request: 30s}\n      streamIdleTimeout: 5s\n";
    let system = system(&text);
    let chat = route(&system, "gpt-4o");
    let Plan::Within { limit, plan } = &chat.plan else {
        panic!("a request has a limit")
    };
    assert_eq!(limit.value, Some(Duration::from_secs(30)));
    let attempt = plan.attempts()[0];
    assert_eq!(attempt.timeout.value, Some(Duration::from_secs(30)));
    assert_eq!(attempt.first_token.value, Some(Duration::from_secs(5)));
    assert_eq!(attempt.idle.value, Some(Duration::from_secs(5)));
    let Plan::Retry(retry) = plan.as_ref() else {
        panic!("retries stand around the pick")
    };
    let Plan::Pick { branches, ejects } = &retry.plan else {
        panic!("one of two is picked")
    };
    let weights: Vec<f64> = branches.iter().map(|(weight, _)| *weight).collect();
    assert_eq!(weights, [3.0, 1.0]);
    assert!(!ejects);
    assert_eq!(chat.members.len(), 2);
}

#[test]
fn token_limits_need_somebody_who_counts() {
    let system = with_policy(
        "  rateLimit:\n    type: Global\n    global:\n      rules:\n        - clientSelectors: [{headers: [{name: x-user-id, type: Distinct}]}]\n          limit: {requests: 1000, unit: Hour}\n          cost: {response: {from: Metadata, metadata: {namespace: io.envoy.ai_gateway, key: total}}}\n        - limit: {requests: 10, unit: Day}\n          cost: {response: {from: Metadata, metadata: {namespace: io.envoy.ai_gateway, key: other}}}\n        - limit: {requests: 5, unit: Second}\n",
    );
    let limits = &route(&system, "gpt-4o").policy.limits;
    assert_eq!(limits.len(), 3);
    assert_eq!((limits[0].kind, limits[0].scope), (LimitKind::Tokens, Scope::User));
    assert_eq!(limits[0].period, Duration::from_secs(3_600));
    assert!(limits[0].enforced.is_ok());
    assert!(limits[1].enforced.as_ref().unwrap_err().contains("`other`"));
    assert_eq!(
        (limits[2].kind, limits[2].scope),
        (LimitKind::Requests, Scope::Everyone)
    );
    assert!(system.gateways[0].per_user_limits.value);
}

#[test]
fn quotas_of_a_backend_are_limits_in_either_form() {
    let text = format!(
        "{BACKENDS}---\napiVersion: aigateway.envoyproxy.io/v1alpha1\nkind: QuotaPolicy\nmetadata: {{name: q, namespace: ai}}\nspec:\n  targetRefs: [{{group: aigateway.envoyproxy.io, kind: AIServiceBackend, name: openai}}]\n  serviceQuota: {{quota: {{limit: 100, duration: 1m}}}}\n  perModelQuotas:\n    - {{modelName: gpt-4o, rules: [{{quota: {{tokens: 7, duration: \"60\"}}}}]}}\n    - {{modelName: other, rules: [{{quota: {{tokens: 9, duration: 1h}}}}]}}\n"
    );
    let system = system(&text);
    let limits = &route(&system, "gpt-4o").policy.limits;
    let amounts: Vec<f64> = limits.iter().map(|limit| limit.amount.value).collect();
    assert_eq!(amounts, [100.0, 7.0]);
    assert_eq!(limits[1].period, Duration::from_secs(60));
    assert_eq!(limits[0].scope, Scope::Deployment);
}

#[test]
fn a_backend_out_of_sight_is_a_provider_of_its_own_name() {
    let system = system(
        "apiVersion: aigateway.envoyproxy.io/v1alpha1\nkind: AIGatewayRoute\nmetadata: {name: all}\nspec:\n  rules:\n    - backendRefs: [{name: elsewhere}]\n",
    );
    let all = route(&system, "all");
    assert!(all.catch_all);
    assert_eq!(system.deployment(all.members[0]).provider.value, "elsewhere");
    assert!(system.remarks.is_empty());
}

#[test]
fn a_policy_in_a_file_beside_acts_too() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("base.yaml");
    std::fs::write(&path, BACKENDS).unwrap();
    let policy = "apiVersion: gateway.envoyproxy.io/v1alpha1\nkind: BackendTrafficPolicy\nmetadata: {name: p, namespace: ai}\nspec:\n  targetRefs: [{group: gateway.networking.k8s.io, kind: HTTPRoute, name: chat}]\n  retry: {numRetries: 1, numAttemptsPerPriority: 1}\n";
    std::fs::write(folder.path().join("fallback.yaml"), policy).unwrap();
    let system = testing::read(&READER, &path, BACKENDS);
    // Two attempts, one at each priority, and the route is read once.
    assert_eq!(system.routes.len(), 1);
    assert_eq!(providers(&system, &system.routes[0].plan), ["openai", "bedrock"]);
}

#[test]
fn what_is_wrong_is_remarked_upon() {
    let text = BACKENDS
        .replace("- {name: aws, priority", "- {name: awss, prioritty")
        .replace("AWSBedrock", "AWSBedrok")
        .replace("api.openai.com, port: 443", "llm.example.com, port: 80");
    let system = system(&format!(
        "{text}      timeouts: {{request: 30}}\n---\napiVersion: gateway.envoyproxy.io/v1alpha1\nkind: BackendTrafficPolicy\nmetadata: {{name: p, namespace: ai}}\nspec:\n  retry: {{retryOn: {{httpStatusCodes: [500], triggers: [connect-failure]}}, perRetry: {{timeout: 30ms}}}}\n---\napiVersion: v1\nkind: Secret\nmetadata: {{name: openai-secret, namespace: ai}}\nstringData: {{apiKey: sk-proj-9fK2mQ7xLw3ZtR8vBn5YcD1eHjU6aSgP}}\n"
    ));
    assert!(remarks(&system, RemarkKind::UnknownKey)[0].contains("`prioritty`"));
    assert_eq!(
        remarks(&system, RemarkKind::InvalidValue),
        [
            "no `AIServiceBackend` is called `awss`: requests of this rule fail",
            "Envoy AI Gateway knows no schema `AWSBedrok`"
        ]
    );
    assert_eq!(
        remarks(&system, RemarkKind::Unused),
        ["no rule sends requests to the backend `aws`"]
    );
    assert_eq!(remarks(&system, RemarkKind::UnitMistake).len(), 2);
    assert_eq!(remarks(&system, RemarkKind::MisplacedKey).len(), 1);
    assert_eq!(remarks(&system, RemarkKind::PlaintextEndpoint).len(), 1);
    let secrets = remarks(&system, RemarkKind::LiteralSecret);
    assert_eq!(secrets.len(), 1);
    assert!(!secrets[0].contains("9fK2"));
    assert!(
        system
            .deployment(system.routes[0].members[0])
            .account
            .as_ref()
            .unwrap()
            .literal
    );
}

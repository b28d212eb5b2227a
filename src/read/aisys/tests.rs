//! Our own format: the example of the design is accepted, and slips are told with their places.

use super::*;
use crate::read::testing;
use crate::system::{Plan, RemarkKind};

const WHOLE: &str = r#"
version: 1
deadline: 7s
providers:
  openai:   {api: openai, key: "${OPENAI_API_KEY}"}
  azure-eu: {api: azure, endpoint: "https://example.openai.azure.com", region: swedencentral, key: "${AZURE_KEY}"}
  local:    {api: openai, endpoint: "http://127.0.0.1:8080/v1"}
models:
  strong: [{provider: openai, model: gpt-4o-2024-11-20}, {provider: azure-eu, model: gpt-4o}]
  light:  [{provider: local, model: qwen2.5-7b-instruct}]
routes:
  assistant:
    use: {easy: light, hard: strong, router: routers/assistant.json}
    timeouts: {connect: 1s, first_token: 4s, between_tokens: 3s, total: 30s}
    retries: {attempts: 1, budget: 10%}
    hedge: {after: 95%, share: 5%}
    fallback: [strong, light]
    degraded: "I can't answer this right now."
    cache: {semantic: {max_error: 1%, ttl: 1d, per: tenant}}
    limits: {input_tokens: 16000, output_tokens: 800, requests_per_minute: 600}
    budget: {usd: 50, per: day, at_80%: light, at_100%: degraded}
    retrieval: {corpus: docs/, top_k: 5, rerank: true}
    guard: {grounded: 0.8, otherwise: retry-stronger}
    judge: {sample: 5%, model: light}
traffic: {peak: 20/s}
audit: {fail_on: error, ignore: []}
"#;

fn read_text(text: &str) -> System {
    testing::read(&READER, "aisys.yaml", text)
}

#[test]
fn the_whole_format_is_read_without_a_remark() {
    let system = read_text(WHOLE);
    assert!(system.remarks.is_empty(), "{:?}", system.remarks);
    assert_eq!(system.peak(), Some(20.0));
    let route = &system.routes[0];
    let Plan::Within { limit, plan } = &route.plan else {
        panic!()
    };
    assert_eq!(limit.value, Some(std::time::Duration::from_secs(7)));
    assert!(plan.has_degraded_answer());
    assert_eq!(route.policy.budgets[0].usd.value, 50.0);
    assert_eq!(system.deployments[0].provider.value, "openai");
    assert!(system.deployments[2].self_hosted);
    assert_eq!(system.variables.needed.len(), 2);
}

#[test]
fn slips_are_told_with_the_nearest_name() {
    let text = WHOLE
        .replace("first_token: 4s", "first_tokn: 4s")
        .replace("use: {easy: light", "use: {easy: ligth")
        .replace("deadline: 7s", "deadline: 7")
        .replace(
            "{api: openai, key: \"${OPENAI_API_KEY}\"}",
            "{api: openai, key: sk-proj-Zr8Qk2VbN4tXw7Lm1PcYd9HfJs3GaE5u}",
        );
    let system = read_text(&text);
    let told: Vec<(RemarkKind, &str)> = system.remarks.iter().map(|it| (it.kind, it.place.text())).collect();
    for expected in [
        (RemarkKind::UnknownKey, "first_tokn"),
        (RemarkKind::InvalidValue, "ligth"),
        (RemarkKind::InvalidValue, "7"),
        (RemarkKind::LiteralSecret, "sk-proj-Zr8Qk2VbN4tXw7Lm1PcYd9HfJs3GaE5u"),
    ] {
        assert!(told.contains(&expected), "{expected:?} in {told:?}");
    }
}

#[test]
fn the_schema_knows_every_key_of_the_example() {
    let schema = json_schema();
    assert_eq!(schema["title"], "aisys.yaml");
    assert_eq!(schema["additionalProperties"], false);
    for (kind, key) in [
        ("File", "routes"),
        ("Route", "use"),
        ("Budget", "at_80%"),
        ("Judge", "sample"),
    ] {
        assert!(schema::keys(&schema, kind).iter().any(|it| it == key), "{kind}.{key}");
    }
}

//! Known answers for what the reader makes of a configuration. Where a comment says "measured",
//! `LiteLLM` 1.106.2 was run with a provider that always answers 500, and its calls were counted.

use std::time::Duration;

use crate::read::testing::{self, route};
use crate::system::{Auth, Plan, RemarkKind, System};

use super::{READER, fallbacks::Fallbacks};

fn system(text: &str) -> System {
    testing::read(&READER, "config.yaml", text)
}

/// The deployments' models in the order in which a request reaches them.
fn reached(system: &System, name: &str) -> Vec<String> {
    route(system, name)
        .plan
        .deployments()
        .into_iter()
        .map(|id| system.deployment(id).model.value.clone())
        .collect()
}

fn three(settings: &str) -> System {
    let models: String = ["a", "b", "c"]
        .iter()
        .map(|name| {
            format!(
                "  - model_name: {name}\n    litellm_params: {{model: openai/model-{name}, api_key: os.environ/KEY}}\n"
            )
        })
        .collect();
    system(&format!("model_list:\n{models}{settings}"))
}

fn first_attempt(system: &System, name: &str) -> crate::system::Attempt {
    route(system, name).plan.attempts()[0].clone()
}

#[test]
fn nothing_written_means_6000_seconds_and_two_retries() {
    let system = three("");
    let attempt = first_attempt(&system, "a");
    assert_eq!(attempt.timeout.value, Some(Duration::from_secs(6_000)));
    assert_eq!(attempt.timeout.origin.to_string(), "default of LiteLLM 1.109.1");
    let Plan::Retry(retry) = &route(&system, "a").plan else {
        panic!("a lone deployment is retried")
    };
    // Measured: 3 calls.
    assert_eq!(retry.retries.value, 2);
    // Waits of 0.5, 1 and 2 s, each with up to 0.75 s of jitter, the last one after the last failure.
    assert_eq!(retry.backoff.longest_total(2), Duration::from_millis(3_500 + 3 * 750));
}

#[test]
fn the_deployment_timeout_wins_over_the_routers_over_the_modules() {
    let all = "model_list:\n- model_name: a\n  litellm_params: {model: gpt-4o, timeout: 3, stream_timeout: 2}\n- model_name: b\n  litellm_params: {model: gpt-4o}\n";
    let both = system(&format!(
        "{all}router_settings: {{timeout: 20}}\nlitellm_settings: {{request_timeout: 10}}\n"
    ));
    assert_eq!(first_attempt(&both, "a").timeout.value, Some(Duration::from_secs(3)));
    assert_eq!(
        first_attempt(&both, "a").first_token.value,
        Some(Duration::from_secs(2))
    );
    // Beside a router timeout the module's wins, for streams too.
    assert_eq!(first_attempt(&both, "b").timeout.value, Some(Duration::from_secs(10)));
    assert_eq!(
        first_attempt(&both, "b").first_token.value,
        Some(Duration::from_secs(10))
    );
    let router = system(&format!("{all}router_settings: {{timeout: 20, stream_timeout: 5}}\n"));
    assert_eq!(first_attempt(&router, "b").timeout.value, Some(Duration::from_secs(20)));
    assert_eq!(
        first_attempt(&router, "b").first_token.value,
        Some(Duration::from_secs(5))
    );
    let module = system(&format!("{all}litellm_settings: {{request_timeout: 10}}\n"));
    assert_eq!(first_attempt(&module, "b").timeout.value, Some(Duration::from_secs(10)));
}

#[test]
fn an_entry_of_its_own_shadows_the_catch_all() {
    // Measured: calls a, b and never c.
    let system = three("litellm_settings: {num_retries: 0, fallbacks: [{a: [b]}], default_fallbacks: [c]}\n");
    assert_eq!(
        reached(&system, "a"),
        ["model-a", "model-b", "model-c"],
        "b has no entry of its own, so it walks on to c"
    );
    let stopped =
        three("litellm_settings: {num_retries: 0, fallbacks: [{a: [b]}, {b: [a]}], default_fallbacks: [c]}\n");
    assert_eq!(reached(&stopped, "a"), ["model-a", "model-b"]);
    let shadowed: Vec<_> = route(&stopped, "a")
        .fallbacks
        .iter()
        .filter(|it| it.unreachable.is_some())
        .map(|it| it.name.as_str())
        .collect();
    assert_eq!(shadowed, ["c"]);
}

#[test]
fn the_catch_all_alone_serves_everybody_but_itself() {
    // Measured: a, c.
    let system = three("litellm_settings: {default_fallbacks: [c]}\n");
    assert_eq!(reached(&system, "a"), ["model-a", "model-c"]);
    assert_eq!(reached(&system, "c"), ["model-c"]);
}

#[test]
fn fallbacks_recurse_and_a_cycle_ends() {
    // Measured: cycle a, b; chain a, b, c.
    let cycle = three("router_settings: {fallbacks: [{a: [b]}, {b: [a]}]}\n");
    assert_eq!(reached(&cycle, "a"), ["model-a", "model-b"]);
    let chain = three("router_settings: {fallbacks: [{a: [b]}, {b: [c]}]}\n");
    assert_eq!(reached(&chain, "a"), ["model-a", "model-b", "model-c"]);
    let shallow = three("router_settings: {max_fallbacks: 1, fallbacks: [{a: [b]}, {b: [c]}]}\n");
    assert_eq!(reached(&shallow, "a"), ["model-a", "model-b"]);
}

#[test]
fn the_routers_list_wins_over_the_modules() {
    let system = three("router_settings: {fallbacks: [{a: [b]}]}\nlitellm_settings: {fallbacks: [{a: [c]}]}\n");
    assert_eq!(reached(&system, "a"), ["model-a", "model-b"]);
}

#[test]
fn several_deployments_are_one_route_and_retries_do_not_wait() {
    let system = system(
        "model_list:\n- model_name: a\n  litellm_params: {model: openai/gpt-4o, weight: 3}\n- model_name: a\n  litellm_params: {model: azure/gpt-4o, api_base: 'https://res-1.openai.azure.com'}\n",
    );
    assert_eq!(system.routes.len(), 1);
    assert_eq!(system.routes[0].places.len(), 2);
    let Plan::Retry(retry) = &system.routes[0].plan else {
        panic!("retried")
    };
    assert_eq!(retry.backoff.longest_total(2), Duration::ZERO);
    assert!(
        matches!(&retry.plan, Plan::Pick { branches, ejects: true } if branches.len() == 2 && branches[0].0 > branches[1].0)
    );
    let azure = &system.deployments[1];
    assert_eq!(azure.provider.value, "azure");
    assert_eq!(azure.region.as_ref().unwrap().value, "res-1");
}

#[test]
fn hosts_tell_providers_of_compatible_endpoints() {
    let system = system(
        "model_list:\n\
         - {model_name: a, litellm_params: {model: openai/z-ai/glm, api_base: 'https://openrouter.ai/api/v1'}}\n\
         - {model_name: b, litellm_params: {model: openai/qwen, api_base: 'http://gpu-1:8000/v1', api_key: EMPTY}}\n\
         - {model_name: c, litellm_params: {model: openai/x, api_base: 'https://llm.example.com/v1'}}\n\
         - {model_name: d, litellm_params: {model: ollama/llama3.1:8b}}\n\
         - {model_name: e, litellm_params: {model: openai/y, api_base: os.environ/BASE}}\n",
    );
    let told: Vec<_> = system
        .deployments
        .iter()
        .map(|it| (it.provider.value.as_str(), it.self_hosted))
        .collect();
    assert_eq!(
        told,
        [
            ("openrouter", false),
            ("gpu-1:8000", true),
            ("llm.example.com", false),
            ("ollama", true),
            ("$BASE", false)
        ]
    );
    assert!(system.deployments[1].account.is_none());
}

#[test]
fn keys_that_do_nothing_are_told_with_their_home() {
    let system = three(
        "general_settings: {num_retries: 3}\nlitellm_settings: {cooldown_time: 30}\nrouter_settings: {fallbaks: [], health_check_interval: 3}\n",
    );
    let told: Vec<_> = system
        .remarks
        .iter()
        .map(|it| (it.kind, it.place.text().to_owned()))
        .collect();
    assert!(
        told.contains(&(RemarkKind::MisplacedKey, "num_retries".to_owned())),
        "{told:?}"
    );
    assert!(
        told.contains(&(RemarkKind::MisplacedKey, "cooldown_time".to_owned())),
        "{told:?}"
    );
    assert!(
        told.contains(&(RemarkKind::UnknownKey, "fallbaks".to_owned())),
        "{told:?}"
    );
    assert!(
        told.contains(&(RemarkKind::InvalidValue, "health_check_interval".to_owned())),
        "{told:?}"
    );
}

#[test]
fn shapes_that_stop_the_start_are_told() {
    let two = three("router_settings: {fallbacks: [{a: [b], b: [c]}]}\n");
    assert!(
        two.remarks
            .iter()
            .any(|it| it.kind == RemarkKind::InvalidValue && it.message.contains("one route in each item"))
    );
    let text = three("router_settings: {fallbacks: [{a: b}]}\n");
    let remark = text
        .remarks
        .iter()
        .find(|it| it.kind == RemarkKind::InvalidValue)
        .unwrap();
    assert_eq!(remark.edits[0].text, "[b]");
    // The meaning is plain, so the system has the target.
    assert_eq!(reached(&text, "a"), ["model-a", "model-b"]);
}

#[test]
fn the_gateways_key_is_weak_literal_or_elsewhere() {
    let auth = |key: &str| {
        three(&format!("general_settings: {{master_key: {key}}}\n"))
            .gateways
            .remove(0)
            .auth
    };
    assert!(matches!(auth("sk-1234"), Auth::Weak(_)));
    assert!(matches!(auth("os.environ/LITELLM_MASTER_KEY"), Auth::Key(_)));
    assert!(matches!(auth("sk-9f8a7b6c5d4e3f2a1b"), Auth::Literal(_)));
    assert!(matches!(three("").gateways[0].auth, Auth::Missing(None)));
}

#[test]
fn rates_limit_only_where_something_enforces_them() {
    let models = "model_list:\n- {model_name: a, litellm_params: {model: openai/gpt-4o, rpm: 10}}\n";
    let shuffled = system(models);
    assert!(shuffled.routes[0].policy.limits[0].enforced.is_err());
    let checked = system(&format!(
        "{models}router_settings: {{optional_pre_call_checks: [enforce_model_rate_limits]}}\n"
    ));
    assert!(checked.routes[0].policy.limits[0].enforced.is_ok());
}

#[test]
fn a_thousand_routes_with_a_catch_all_stay_small() {
    let models: String = (0..1_000)
        .map(|n| format!("- {{model_name: r{n}, litellm_params: {{model: openai/m}}}}\n"))
        .collect();
    let names: String = (0..1_000).map(|n| format!("r{n},")).collect();
    let system = system(&format!(
        "model_list:\n{models}litellm_settings: {{default_fallbacks: [{names}]}}\n"
    ));
    assert_eq!(system.routes.len(), 1_000);
    assert!(system.routes.iter().all(|route| route.plan.attempts().len() <= 101));
}

#[test]
fn a_walk_without_lists_is_empty() {
    let lists = Fallbacks::default();
    assert!(lists.walk("a", 9).is_empty());
}

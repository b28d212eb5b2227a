//! Numbers that a person can compute by hand, over a LiteLLM configuration.

use super::*;
use crate::read::litellm;
use crate::source::{SourceFile, parse_yaml};
use crate::system::prices::Prices;
use crate::system::{FateKind, System};

fn system(yaml: &str) -> System {
    let file = SourceFile::new("config.yaml", yaml);
    let prices = Prices::shipped();
    let roots = parse_yaml(&file).unwrap();
    (litellm::READER.read)(&crate::read::Document {
        file,
        roots,
        prices: &prices,
    })
}

fn answers(yaml: &str) -> Vec<RouteAnswers> {
    let system = system(yaml);
    (0..system.routes.len())
        .map(|at| answer(&system, RouteId(at), &Options::default(), true))
        .collect()
}

const ONE: &str = "
model_list:
  - model_name: chat
    litellm_params: {model: openai/gpt-4o-2024-11-20, api_key: os.environ/OPENAI_API_KEY, timeout: 10}
";

#[test]
fn a_lone_deployment_falls_with_each_of_its_fates() {
    let answers = answers(ONE);
    let names: Vec<String> = answers[0].cut_sets.iter().map(|cut| cut[0].to_string()).collect();
    assert_eq!(
        names,
        [
            "provider openai",
            "account OPENAI_API_KEY",
            "model openai/gpt-4o-2024-11-20"
        ]
    );
    assert!(answers[0].what_if.iter().all(|row| row.survives == 0.0));
    // Three tries (2 retries are the default) of 10 s; pauses of 0.5, 1 and 2 s after each, each with
    // up to 0.75 s of jitter: 30 + 3.5 + 2.25 = 35.75 s.
    assert_eq!(answers[0].longest_wait.value, Some(35.75));
    assert_eq!(answers[0].most_calls.value, Some(3.0));
    assert!(answers[0].hourly_cost.is_unbounded());
    // provider 0.995 × account 0.9995 × model 0.999.
    let availability = answers[0].availability.value.unwrap();
    assert!((availability - 0.995 * 0.9995 * 0.999).abs() < 1e-12);
}

const TWO: &str = "
model_list:
  - model_name: chat
    litellm_params: {model: openai/gpt-4o-2024-11-20, timeout: 2}
  - model_name: spare
    litellm_params: {model: anthropic/claude-haiku-4-5-20251001, timeout: 3}
router_settings: {num_retries: 0, fallbacks: [{chat: [spare]}]}
";

#[test]
fn a_fallback_elsewhere_leaves_pairs_and_adds_its_wait() {
    let answers = answers(TWO);
    assert!(answers[0].cut_sets.iter().all(|cut| cut.len() == 2));
    // Three fates on each side, no account named in the file: the default variables count.
    assert_eq!(answers[0].cut_sets.len(), 9);
    // 2 s for the first, 3 s for the second; no retry, so no pause.
    assert_eq!(answers[0].longest_wait.value, Some(5.0));
    assert_eq!(answers[0].most_calls.value, Some(2.0));
    let openai = answers[0]
        .what_if
        .iter()
        .find(|row| row.fate.kind == FateKind::Provider && row.fate.name == "openai")
        .unwrap();
    assert_eq!(openai.survives, 1.0);
    assert_eq!(openai.wait, Some(2.0));
    // Independent sides: 1 - (1 - a)^2 with a as above.
    let one: f64 = 0.995 * 0.9995 * 0.999;
    let both = 1.0 - (1.0 - one) * (1.0 - one);
    assert!((answers[0].availability.value.unwrap() - both).abs() < 1e-12);
    assert!((answers[0].availability_without_fallbacks.value.unwrap() - one).abs() < 1e-12);
}

#[test]
fn a_shared_provider_is_counted_once() {
    let answers = answers(
        "
model_list:
  - model_name: chat
    litellm_params: {model: openai/gpt-4o-2024-11-20, api_key: os.environ/A}
  - model_name: chat
    litellm_params: {model: openai/gpt-4o-mini-2024-07-18, api_key: os.environ/B}
",
    );
    // The provider alone, or one of account and model on each side.
    let sizes: Vec<usize> = answers[0].cut_sets.iter().map(Vec::len).collect();
    assert_eq!(sizes, [1, 2, 2, 2, 2]);
    // 0.995 × (1 - (1 - 0.9995 × 0.999)²).
    let side: f64 = 0.9995 * 0.999;
    let expected = 0.995 * (1.0 - (1.0 - side) * (1.0 - side));
    assert!((answers[0].availability.value.unwrap() - expected).abs() < 1e-12);
}

#[test]
fn an_enforced_limit_bounds_the_hour() {
    let answers = answers(
        "
model_list:
  - model_name: chat
    litellm_params: {model: openai/gpt-4o-2024-11-20, rpm: 10, max_tokens: 1000}
router_settings: {num_retries: 0, optional_pre_call_checks: [enforce_model_rate_limits]}
",
    );
    // gpt-4o: 128,000 tokens in at 2.50 USD and 1,000 out at 10 USD a million: 0.32 + 0.01 = 0.33 USD;
    // 10 a minute, 600 an hour: 198 USD.
    assert!((answers[0].request_cost.value.unwrap() - 0.33).abs() < 1e-9);
    assert!((answers[0].hourly_cost.value.unwrap() - 198.0).abs() < 1e-6);
    assert!(answers[0].would_bound.is_none());
}

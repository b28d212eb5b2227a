//! Known answers for what the reader makes of a configuration, computed by hand.

use std::time::Duration;

use crate::read::Document;
use crate::read::testing::{remarks, route};
use crate::source::{SourceFile, parse_toml};
use crate::system::prices::Prices;
use crate::system::{Auth, Plan, RemarkKind, Scope, System};

use super::READER;

fn document(name: &str, text: &str) -> (bool, System) {
    let file = SourceFile::new(name, text);
    let roots = vec![parse_toml(&file).unwrap()];
    let prices = Prices::shipped();
    let document = Document {
        file,
        roots,
        prices: &prices,
    };
    ((READER.recognises)(&document), (READER.read)(&document))
}

fn system(text: &str) -> System {
    let (recognised, system) = document("tensorzero.toml", text);
    assert!(recognised);
    system
}

/// The deployments' names in the order in which a request reaches them.
fn reached(system: &System, plan: &Plan) -> Vec<String> {
    plan.deployments()
        .into_iter()
        .map(|id| system.deployment(id).name.clone())
        .collect()
}

const TWO_PROVIDERS: &str = r#"
[models.chat]
routing = ["openai", "azure"]
timeouts = { non_streaming.total_ms = 40000, streaming.ttft_ms = 3000 }

[models.chat.providers.openai]
type = "openai"
model_name = "gpt-4o-mini"
timeouts = { non_streaming.total_ms = 15000, streaming.ttft_ms = 5000, streaming.total_ms = 60000 }

[models.chat.providers.azure]
type = "azure"
deployment_id = "gpt-4o-mini"
endpoint = "https://east.openai.azure.com"
api_key_location = "env::AZURE_EAST"

[functions.draft]
type = "chat"

[functions.draft.variants.only]
type = "chat_completion"
model = "chat"
max_tokens = 300
retries = { num_retries = 4, max_delay_s = 5 }
"#;

#[test]
fn a_variant_repeats_its_models_providers_within_the_models_time() {
    let system = system(TWO_PROVIDERS);
    // The model is the function's: it is no route of its own.
    assert_eq!(system.routes.len(), 1);
    let draft = route(&system, "draft");
    let Plan::Retry(retry) = &draft.plan else {
        panic!("a variant is repeated")
    };
    assert_eq!(retry.retries.value, 4);
    // Waits of 1, 2, 4 and 5 s (8 is cut to 5), each with up to 1 s of jitter.
    assert_eq!(retry.backoff.longest_total(4), Duration::from_secs(1 + 2 + 4 + 5 + 4));
    let Plan::Within { limit, plan } = &retry.plan else {
        panic!("the model has a limit of its own")
    };
    assert_eq!(limit.value, Some(Duration::from_secs(40)));
    assert_eq!(reached(&system, plan), ["chat → openai", "chat → azure"]);
    let attempts = plan.attempts();
    // The provider's 15 s; without one the gateway's 15 minutes.
    assert_eq!(attempts[0].timeout.value, Some(Duration::from_secs(15)));
    assert_eq!(attempts[1].timeout.value, Some(Duration::from_secs(900)));
    assert_eq!(attempts[1].timeout.origin.to_string(), "default of TensorZero 7a6159a");
    // The model's first token after 3 s ends before the provider's 5 s.
    assert_eq!(attempts[0].first_token.value, Some(Duration::from_secs(3)));
    assert_eq!(attempts[0].idle.value, Some(Duration::from_secs(60)));
    assert_eq!(attempts[1].idle.value, Some(Duration::from_secs(900)));
    assert_eq!(attempts[0].max_output_tokens.as_ref().map(|it| it.value), Some(300));
    // The second provider is a fallback, the first the member.
    assert_eq!(draft.members.len(), 1);
    let fallbacks: Vec<&str> = draft.fallbacks.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(fallbacks, ["azure"]);
    assert!(draft.fallbacks[0].acts());
    let azure = system.deployment(attempts[1].deployment);
    assert_eq!(azure.provider.value, "azure");
    assert_eq!(azure.region.as_ref().unwrap().value, "east");
    assert_eq!(azure.account.as_ref().unwrap().id, "AZURE_EAST");
    let openai = system.deployment(attempts[0].deployment);
    assert_eq!(openai.account.as_ref().unwrap().id, "OPENAI_API_KEY");
    assert!(openai.facts.is_some());
    assert!(system.remarks.is_empty(), "{:?}", system.remarks);
}

#[test]
fn nothing_written_means_no_retry_and_fifteen_minutes() {
    let system = system("[functions.f.variants.a]\ntype = \"chat_completion\"\nmodel = \"openai::gpt-4o-mini\"\n");
    let Plan::Retry(retry) = &route(&system, "f").plan else {
        panic!("retries have a default")
    };
    assert_eq!(retry.retries.value, 0);
    assert!(!retry.retries.is_written());
    assert_eq!(retry.plan.attempts()[0].timeout.value, Some(Duration::from_secs(900)));
    let deployment = &system.deployments[0];
    assert_eq!(
        (deployment.provider.value.as_str(), deployment.model.value.as_str()),
        ("openai", "gpt-4o-mini")
    );
    assert!(matches!(system.gateways[0].auth, Auth::Missing(None)));
    assert_eq!(system.aliases[0].1, "tensorzero::function_name::f");
}

const THREE_VARIANTS: &str = r#"
[functions.f.variants.a]
type = "chat_completion"
model = "openai::gpt-4o"
[functions.f.variants.b]
type = "chat_completion"
model = "anthropic::claude-sonnet-4-5"
[functions.f.variants.c]
type = "chat_completion"
model = "mistral::mistral-small-latest"
"#;

#[test]
fn whichever_variant_is_sampled_the_others_follow() {
    let system = system(THREE_VARIANTS);
    let Plan::Pick { branches, .. } = &route(&system, "f").plan else {
        panic!("variants are sampled")
    };
    // Uniform over three, and each of the three orders tries all three: 3 × 3 calls in the plan.
    assert_eq!(branches.len(), 3);
    assert_eq!(
        reached(&system, &branches[1].1),
        [
            "anthropic::claude-sonnet-4-5",
            "openai::gpt-4o",
            "mistral::mistral-small-latest"
        ]
    );
    assert!(route(&system, "f").plan.has_second_choice());
    assert_eq!(route(&system, "f").members.len(), 3);
}

#[test]
fn candidates_have_weights_and_fallbacks_keep_their_order() {
    let text = format!(
        "{THREE_VARIANTS}\n[functions.f.experimentation]\ntype = \"static\"\ncandidate_variants = {{ b = 3.0 }}\nfallback_variants = [\"c\", \"a\"]\n"
    );
    let system = system(&text);
    let f = route(&system, "f");
    assert!(matches!(f.plan, Plan::First(_)));
    assert_eq!(
        reached(&system, &f.plan),
        [
            "anthropic::claude-sonnet-4-5",
            "mistral::mistral-small-latest",
            "openai::gpt-4o"
        ]
    );
    let fallbacks: Vec<&str> = f.fallbacks.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(fallbacks, ["c", "a"]);
    assert_eq!(f.members.len(), 1);
}

#[test]
fn older_weights_sample_the_positive_ones_and_keep_zero_for_later() {
    let text = THREE_VARIANTS
        .replace("gpt-4o\"", "gpt-4o\"\nweight = 0.7")
        .replace("4-5\"", "4-5\"\nweight = 0");
    let system = system(&text);
    // c has no weight and is never sampled.
    assert_eq!(
        reached(&system, &route(&system, "f").plan),
        ["openai::gpt-4o", "anthropic::claude-sonnet-4-5"]
    );
}

#[test]
fn best_of_n_makes_every_call_and_the_judges_last() {
    let text = format!(
        "{THREE_VARIANTS}\n[functions.f.variants.best]\ntype = \"experimental_best_of_n\"\ncandidates = [\"a\", \"a\", \"b\"]\ntimeouts.non_streaming.total_ms = 20000\n[functions.f.variants.best.evaluator]\nmodel = \"openai::gpt-4.1\"\n[functions.f.experimentation]\ntype = \"static\"\ncandidate_variants = [\"best\"]\n"
    );
    let system = system(&text);
    let Plan::Within { limit, plan } = &route(&system, "f").plan else {
        panic!("the variant has a limit")
    };
    assert_eq!(limit.value, Some(Duration::from_secs(20)));
    let Plan::All(plans) = plan.as_ref() else {
        panic!("every candidate is called")
    };
    // Three candidates and one evaluator.
    assert_eq!(plans.len(), 4);
    assert_eq!(reached(&system, &plans[3]), ["openai::gpt-4.1"]);
}

#[test]
fn a_variant_of_itself_ends() {
    let system = system(
        "[functions.f.variants.a]\ntype = \"experimental_best_of_n\"\ncandidates = [\"a\", \"a\"]\n[functions.g.variants.a]\ntype = \"chat_completion\"\nmodel = \"openai::gpt-4o\"\n",
    );
    assert_eq!(system.routes.len(), 1);
}

#[test]
fn a_model_that_no_function_calls_is_a_route() {
    let system = system(
        "[models.local]\nrouting = [\"vllm\"]\n[models.local.providers.vllm]\ntype = \"vllm\"\nmodel_name = \"llama-3.1-8b\"\napi_base = \"http://gpu-1:8000/v1/\"\napi_key_location = \"none\"\n[embedding_models.e]\nrouting = [\"openai\"]\ntimeout_ms = 5000\n[embedding_models.e.providers.openai]\ntype = \"openai\"\nmodel_name = \"text-embedding-3-small\"\ntimeout_ms = 3000\n",
    );
    let local = system.deployment(route(&system, "local").members[0]);
    assert!(local.self_hosted);
    assert_eq!(local.host.as_ref().unwrap().value, "gpu-1:8000");
    assert!(local.account.is_none());
    let embedding = route(&system, "e");
    assert!(!embedding.is_chat());
    assert_eq!(embedding.plan.attempts()[0].timeout.value, Some(Duration::from_secs(3)));
    let aliases: Vec<&str> = system.aliases.iter().map(|alias| alias.1.as_str()).collect();
    assert_eq!(
        aliases,
        ["tensorzero::model_name::local", "tensorzero::embedding_model_name::e"]
    );
}

#[test]
fn a_model_of_another_file_is_skipped_without_a_word() {
    let (recognised, system) = document(
        "functions.toml",
        "[functions.f.variants.a]\ntype = \"chat_completion\"\nmodel = \"elsewhere\"\n",
    );
    assert!(recognised);
    assert!(system.routes.is_empty());
    assert!(system.remarks.is_empty());
    assert!(matches!(system.gateways[0].auth, Auth::Elsewhere));
}

#[test]
fn rules_are_limits_and_budgets() {
    let system = system(
        "[functions.f.variants.a]\ntype = \"chat_completion\"\nmodel = \"openai::gpt-4o\"\n[[rate_limiting.rules]]\nalways = true\nmodel_inferences_per_day = 1000\ncost_per_month = { capacity = 50.0, refill_rate = 20.0 }\n[[rate_limiting.rules]]\npriority = 1\ntokens_per_minute = 500\nscope = [{ tag_key = \"user_id\", tag_value = \"tensorzero::each\" }]\n",
    );
    let policy = &route(&system, "f").policy;
    // What comes back in a month is what a month may cost.
    assert_eq!(policy.budgets.len(), 1);
    assert!((policy.budgets[0].usd.value - 20.0).abs() < 1e-9);
    assert_eq!(
        policy.budgets[0].period.as_ref().unwrap().value,
        Duration::from_secs(30 * 86_400)
    );
    assert_eq!(policy.limits.len(), 2);
    assert_eq!(policy.limits[0].period, Duration::from_secs(86_400));
    assert_eq!(policy.limits[1].scope, Scope::User);
    assert!(policy.limits.iter().all(|limit| limit.enforced.is_ok()));
    assert!(system.gateways[0].per_user_limits.value);
}

#[test]
fn prices_of_the_file_win_over_the_tables() {
    let system = system(
        "[models.m]\nrouting = [\"p\"]\n[models.m.providers.p]\ntype = \"openai\"\nmodel_name = \"gpt-4o\"\ncost = [{ pointer = \"/usage/prompt_tokens\", cost_per_million = 2.0 }, { pointer = \"/usage/completion_tokens\", cost_per_million = 9.0 }]\n",
    );
    let facts = system.deployments[0].facts.as_ref().unwrap();
    assert!((facts.input_price.unwrap() - 2e-6).abs() < 1e-12);
    assert!((facts.output_price.unwrap() - 9e-6).abs() < 1e-12);
}

#[test]
fn evaluations_and_a_relay_are_seen() {
    let system = system(
        "[gateway.relay]\ngateway_url = \"http://relay.example.com:3000\"\n[evaluations.e]\ntype = \"inference\"\nfunction_name = \"f\"\n[evaluations.e.evaluators.j]\ntype = \"llm_judge\"\n[evaluations.e.evaluators.j.variants.one]\nmodel = \"openai::gpt-4o\"\n[evaluations.e.evaluators.j.variants.two]\nactive = true\nmodel = \"openai::gpt-4.1\"\n",
    );
    assert_eq!(system.evaluations[0].subjects, ["f"]);
    assert_eq!(system.evaluations[0].judge.as_ref().unwrap().value, "openai::gpt-4.1");
    assert_eq!(system.gateways[0].path_services[0].value, "relay.example.com:3000");
    assert_eq!(remarks(&system, RemarkKind::PlaintextEndpoint).len(), 1);
}

#[test]
fn what_is_wrong_is_remarked_upon() {
    let system = system(
        r#"
[gateway]
observabilty.enabled = true
global_outbound_http_timeout_ms = 20000
[models.m]
routing = ["opnai", "two"]
[models.m.providers.openai]
type = "openai"
model_name = "gpt-4o"
api_key_location = "${OPENAI_API_KEY}"
[models.m.providers.two]
type = "opneai"
model_name = "gpt-4o"
api_key_location = "sk-proj-9fK2mQ7xLw3ZtR8vBn5YcD1eHjU6aSgP"
timeouts = { non_streaming.total_ms = 30 }
[functions.f.variants.a]
type = "chat_completion"
model = "mm"
weight = 0
timeouts.streaming.total_ms = 30000
[functions.f.experimentation]
candidate_variants = ["b"]
"#,
    );
    let of = |kind| remarks(&system, kind);
    assert_eq!(of(RemarkKind::UnknownKey).len(), 1);
    assert!(of(RemarkKind::UnknownKey)[0].contains("`observability` is near"));
    let invalid = of(RemarkKind::InvalidValue).join("\n");
    for part in [
        "names the provider `opnai`",
        "no provider type `opneai`",
        "no model is called `mm`",
        "has no variant `b`",
        "all weights of `f` are 0",
        "is above the 20000 ms",
    ] {
        assert!(invalid.contains(part), "{part} in {invalid}");
    }
    assert_eq!(of(RemarkKind::InvalidValue).len(), 6);
    assert_eq!(
        of(RemarkKind::Unused),
        ["`routing` of `m` does not name the provider `openai`: it is never called"]
    );
    assert_eq!(of(RemarkKind::NotExpanded).len(), 1);
    assert_eq!(of(RemarkKind::LiteralSecret).len(), 1);
    assert!(!of(RemarkKind::LiteralSecret)[0].contains("9fK2"));
    assert_eq!(of(RemarkKind::UnitMistake).len(), 1);
}

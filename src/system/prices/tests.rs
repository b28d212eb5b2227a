//! What the table that ships says, and how it is found.

use std::path::PathBuf;

use super::*;

fn shipped(provider: &str, model: &str) -> Option<(String, Found)> {
    Prices::shipped()
        .find(provider, model, None)
        .map(|facts| (facts.key, facts.found))
}

#[track_caller]
fn assert_found(provider: &str, model: &str, key: &str, found: Found) {
    assert_eq!(
        shipped(provider, model),
        Some((key.to_owned(), found)),
        "{provider} {model}"
    );
}

#[test]
fn the_shipped_table_is_in_order_and_dated() {
    let text = include_str!("models.tsv");
    let checked = Table::checked(text.to_owned()).unwrap();
    let prices = Prices::shipped();
    assert_eq!(prices.names().count(), checked.names().count());
    assert!(prices.names().count() > 3_000);
    assert_eq!(prices.source(), Some("LiteLLM 1.109.1"));
    assert_eq!(prices.age("2026-12-24".parse().unwrap()), Some(30));
    // Every line is found by its own name, the first and the last too.
    for name in prices.names() {
        assert_eq!(prices.table.get(name).unwrap().key, name);
    }
    assert!(prices.table.get("\u{7f}").is_none() && prices.table.get("").is_none());
}

#[test]
fn facts_come_out_as_the_map_has_them() {
    let facts = Prices::shipped().find("openai", "gpt-4o", None).unwrap();
    assert_eq!(facts.input_price, Some(2.5e-6));
    assert_eq!(facts.output_price, Some(1e-5));
    assert_eq!(facts.cached_input_price, Some(1.25e-6));
    assert_eq!(facts.max_input_tokens, Some(128_000));
    assert_eq!(facts.max_output_tokens, Some(16_384));
    assert!(facts.tools && facts.vision && facts.schema && facts.prompt_cache && !facts.reasoning);
    assert_eq!((facts.provider.as_str(), facts.mode.as_str()), ("openai", "chat"));
    // 1,000 × 2.5e-6 + 100 × 1e-5 dollars.
    assert!((facts.cost(1_000, 100).unwrap() - 0.0035).abs() < 1e-12);
}

#[test]
fn long_inputs_pay_their_tier() {
    let map = r#"{"m": {"mode": "chat", "litellm_provider": "p", "input_cost_per_token": 1e-06,
        "output_cost_per_token": 2e-06, "input_cost_per_token_above_200k_tokens": 4e-06}}"#;
    let facts = Prices::from_text(map).unwrap().find("p", "m", None).unwrap();
    // At the bound the low price holds: 200,000 × 1e-6 + 10 × 2e-6.
    assert!((facts.cost(200_000, 10).unwrap() - 0.200_02).abs() < 1e-12);
    // Above it the high one does, for all tokens; the output's price has no tier: 0.800004 + 2e-5.
    assert!((facts.cost(200_001, 10).unwrap() - 0.800_024).abs() < 1e-12);
}

#[test]
fn spellings_of_providers_lead_to_the_same_model() {
    use Found::{Elsewhere, Guess, Name};
    assert_found("openai", "GPT-4o", "gpt-4o", Name);
    assert_found("", "gpt-4o", "gpt-4o", Name);
    assert_found("openai", "openai/gpt-4o", "gpt-4o", Name);
    assert_found("azure", "gpt-4o", "azure/gpt-4o", Name);
    assert_found("azure-openai", "gpt-4o", "azure/gpt-4o", Name);
    assert_found("azure", "gpt-4o-mini-prod", "azure/gpt-4o-mini", Guess);
    assert_found(
        "openai",
        "ft:gpt-4o-mini-2024-07-18:team::abc",
        "ft:gpt-4o-mini-2024-07-18",
        Name,
    );
    assert_found("corporate-proxy.example.com", "gpt-4o", "gpt-4o", Elsewhere);
    assert_found("corporate-proxy.example.com", "openai/gpt-4o", "gpt-4o", Elsewhere);
    assert_eq!(shipped("azure", "our-own-name"), None);
    assert_eq!(shipped("openai", "our-own-name"), None);
}

#[test]
fn regions_versions_and_arns_of_clouds_are_peeled_off() {
    use Found::Name;
    let known = "anthropic.claude-haiku-4-5-20251001-v1:0";
    for (model, key) in [
        (known, known),
        ("converse/anthropic.claude-haiku-4-5-20251001-v1:0", known),
        (
            "arn:aws:bedrock:us-east-1:1:foundation-model/anthropic.claude-haiku-4-5-20251001-v1:0",
            known,
        ),
        (
            "us.anthropic.claude-haiku-4-5-20251001-v1:0",
            "us.anthropic.claude-haiku-4-5-20251001-v1:0",
        ),
        // A profile that the table does not list costs as the model does.
        ("ca.anthropic.claude-haiku-4-5-20251001-v1:0", known),
    ] {
        assert_found("bedrock", model, key, Name);
        assert_found("aws_bedrock", model, key, Name);
    }
    assert_found(
        "vertex_ai",
        "claude-sonnet-4-5@20250929",
        "vertex_ai/claude-sonnet-4-5@20250929",
        Name,
    );
    assert_found(
        "vertex-ai",
        "claude-sonnet-4-5@default",
        "vertex_ai/claude-sonnet-4-5",
        Name,
    );
    assert_found("google", "models/gemini-2.5-flash", "gemini/gemini-2.5-flash", Name);
}

#[test]
fn a_base_model_speaks_for_a_private_name() {
    let prices = Prices::shipped();
    let facts = prices.find("azure", "our-own-name", Some("azure/gpt-4o")).unwrap();
    assert_eq!((facts.key.as_str(), facts.found), ("azure/gpt-4o", Found::BaseModel));
    // On Azure the deployment's name is free text, so the base model wins over it.
    let facts = prices.find("azure", "gpt-4o", Some("gpt-4o-mini")).unwrap();
    assert_eq!(facts.key, "azure/gpt-4o-mini");
    let facts = prices.find("openai", "gpt-4o", Some("gpt-4o-mini")).unwrap();
    assert_eq!(facts.key, "gpt-4o");
}

#[test]
fn models_at_home_have_windows_and_no_price() {
    let facts = Prices::shipped().find("hosted_vllm", "openai/gpt-4o", None).unwrap();
    assert_eq!(facts.found, Found::Elsewhere);
    assert_eq!((facts.input_price, facts.max_input_tokens), (None, Some(128_000)));
}

#[test]
fn free_models_of_openrouter_cost_nothing() {
    let map = r#"{"openrouter/x/y": {"mode": "chat", "litellm_provider": "openrouter",
        "input_cost_per_token": 1e-06, "output_cost_per_token": 2e-06}}"#;
    let prices = Prices::from_text(map).unwrap();
    assert_eq!(prices.find("openrouter", "x/y", None).unwrap().cost(1, 1), Some(3e-6));
    assert_eq!(
        prices.find("openrouter", "x/y:free", None).unwrap().cost(1, 1),
        Some(0.0)
    );
}

#[test]
fn a_table_of_ones_own_is_a_map_or_a_table_in_order() {
    let wrong = |text: &str| Prices::from_text(text).unwrap_err().to_string();
    let table = Prices::from_text("# date: 2026-01-01\r\na\tp\tchat\t1\t2\r\nB\tp\tchat\r\n").unwrap();
    assert_eq!(table.find("p", "b", None).unwrap().input_price, None);
    assert_eq!(table.find("p", "a", None).unwrap().output_price, Some(2e-6));
    assert_eq!(table.names_beginning("b").collect::<Vec<_>>(), ["B"]);
    assert!(wrong("b\tp\tchat\na\tp\tchat\n").starts_with("line 2 of the price table is out of order"));
    assert!(wrong("just text\n").starts_with("line 1 of the price table is no model"));
    assert!(wrong("").starts_with("the price map holds no model"));
    assert!(wrong("{\"a\": ").starts_with("the price map is not JSON"));
    let missing = Prices::from_file(&PathBuf::from("no/such/file"))
        .unwrap_err()
        .to_string();
    assert!(
        missing.starts_with("cannot read the price table no/such/file"),
        "{missing}"
    );
}

#[test]
fn the_committed_table_is_what_the_command_builds() {
    let shared = std::env::var_os("AISYS_SHARED").map_or_else(|| PathBuf::from("../shared"), PathBuf::from);
    let path = shared.join("data/prices/model_prices.json");
    let Ok(map) = std::fs::read_to_string(&path) else {
        eprintln!(
            "SKIPPED: no price map at {}; set AISYS_SHARED to compare",
            path.display()
        );
        return;
    };
    let prices = Prices::shipped();
    let built = build(&map, prices.source().unwrap(), prices.date()).unwrap();
    assert!(
        built.text == include_str!("models.tsv"),
        "models.tsv is not what the map gives: rebuild it with the command in its header"
    );
}

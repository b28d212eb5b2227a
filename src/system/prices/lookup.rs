//! From a provider's and a model's spelling to the names under which the table may know it.

use std::borrow::Cow;

use super::table::Table;
use super::{Found, ModelFacts};
use crate::system::providers;

/// Other spellings of providers, by dialects and people, and the table's.
const PROVIDERS: &[(&str, &str)] = &[
    ("aws_bedrock", "bedrock"),
    ("azure_openai", "azure"),
    ("bedrock_converse", "bedrock"),
    ("fireworks", "fireworks_ai"),
    ("gcp_vertex_anthropic", "vertex_ai"),
    ("gcp_vertex_gemini", "vertex_ai"),
    ("google", "gemini"),
    ("google_ai_studio_gemini", "gemini"),
    ("google_genai", "gemini"),
    ("mistral_ai", "mistral"),
    ("ollama_chat", "ollama"),
    ("perplexity_ai", "perplexity"),
    ("text_completion_openai", "openai"),
    ("together", "together_ai"),
    ("vertex", "vertex_ai"),
    ("vertex_ai_beta", "vertex_ai"),
    ("x_ai", "xai"),
];

/// Beginnings of Bedrock's inference profiles across regions.
const PROFILES: &[&str] = &["us.", "eu.", "apac.", "global.", "us-gov.", "jp.", "au.", "ca."];

/// How Bedrock is asked, in front of the model in `LiteLLM`'s spelling.
const BEDROCK_ROUTES: &[&str] = &["converse/", "converse_like/", "invoke/"];

/// See [`Prices::find`](super::Prices::find).
pub(super) fn find(table: &Table, provider: &str, model: &str, base_model: Option<&str>) -> Option<ModelFacts> {
    let provider = canonical(provider);
    let base = || {
        let facts = base_model.and_then(|base| named(table, &provider, base).or_else(|| anywhere(table, base)))?;
        Some(found(facts, Found::BaseModel))
    };
    let by_name = || named(table, &provider, model);
    let known = if is_azure(&provider) {
        base().or_else(by_name)
    } else {
        by_name().or_else(base)
    };
    known
        .or_else(|| elsewhere(table, &provider, model))
        .or_else(|| by_beginning(table, &provider, model))
}

/// A provider as the table spells it.
fn canonical(provider: &str) -> String {
    let plain = provider.trim().to_ascii_lowercase().replace('-', "_");
    PROVIDERS
        .binary_search_by_key(&plain.as_str(), |(other, _)| other)
        .map_or(plain, |at| PROVIDERS[at].1.to_owned())
}

/// The model by its own name at its own provider.
fn named(table: &Table, provider: &str, model: &str) -> Option<ModelFacts> {
    spellings(provider, model)
        .iter()
        .find_map(|model| {
            if provider.is_empty() {
                return table.get(model);
            }
            table
                .get(&format!("{provider}/{model}"))
                .or_else(|| table.get(model).filter(|facts| facts.provider == provider))
        })
        .map(|facts| free_of_charge(facts, provider, model))
}

/// A name whatever its provider: whole, else its last part.
fn anywhere(table: &Table, model: &str) -> Option<ModelFacts> {
    let last = model.rsplit('/').next().unwrap_or(model);
    table.get(model).or_else(|| table.get(last))
}

/// The same name at another provider. On machines of the team's own it costs nothing to anybody,
/// and lives as long as the team likes.
fn elsewhere(table: &Table, provider: &str, model: &str) -> Option<ModelFacts> {
    let facts = spellings(provider, model)
        .iter()
        .find_map(|model| anywhere(table, model))?;
    let mut facts = found(facts, Found::Elsewhere);
    if providers::is_self_hosted(provider) {
        facts.input_price = None;
        facts.output_price = None;
        facts.cached_input_price = None;
        facts.cache_write_price = None;
        facts.tiers.clear();
        facts.deprecated_on = None;
    }
    Some(free_of_charge(facts, provider, model))
}

/// Azure calls deployments by names of the team's own, most often a model's name and an ending
/// (`gpt-4o-prod`): the longest beginning that is one of Azure's models.
fn by_beginning(table: &Table, provider: &str, model: &str) -> Option<ModelFacts> {
    if !is_azure(provider) {
        return None;
    }
    model
        .rmatch_indices(['-', '_'])
        .find_map(|(end, _)| table.get(&format!("{provider}/{}", &model[..end])))
        .map(|facts| found(facts, Found::Guess))
}

/// The spellings under which a provider's model may stand in the table, the most exact first.
fn spellings<'a>(provider: &str, model: &'a str) -> Vec<Cow<'a, str>> {
    let model = model.trim();
    let mut all = vec![Cow::Borrowed(model)];
    let own = model
        .split_once('/')
        .filter(|(prefix, _)| !provider.is_empty() && canonical(prefix) == provider)
        .map_or(model, |(_, rest)| rest);
    all.push(Cow::Borrowed(own));
    match provider {
        "bedrock" => {
            // An ARN ends in the model or in the inference profile.
            let own = if own.contains("arn:") {
                own.rsplit('/').next().unwrap_or(own)
            } else {
                BEDROCK_ROUTES
                    .iter()
                    .find_map(|route| own.strip_prefix(route))
                    .unwrap_or(own)
            };
            all.push(Cow::Borrowed(own));
            let own = own.split_once('/').map_or(own, |(_, rest)| rest);
            all.push(Cow::Borrowed(own));
            if let Some(rest) = PROFILES.iter().find_map(|profile| own.strip_prefix(profile)) {
                all.push(Cow::Borrowed(rest));
            }
        }
        "vertex_ai" | "gemini" => {
            let own = own.strip_prefix("models/").unwrap_or(own);
            all.push(Cow::Borrowed(own));
            if let Some((bare, _)) = own.split_once('@') {
                all.push(Cow::Borrowed(bare));
            }
        }
        "openrouter" => {
            if let Some((bare, _)) = own.rsplit_once(':') {
                all.push(Cow::Borrowed(bare));
            }
        }
        "openai" | "azure" => {
            // `ft:gpt-4o-mini-2024-07-18:team::id` is priced as `ft:gpt-4o-mini-2024-07-18`.
            if let Some(base) = own.strip_prefix("ft:").and_then(|rest| rest.split(':').next()) {
                all.push(Cow::Owned(format!("ft:{base}")));
            }
        }
        _ => {}
    }
    all.dedup();
    all
}

/// `OpenRouter` serves a model whose name ends in `:free` without charge.
fn free_of_charge(mut facts: ModelFacts, provider: &str, model: &str) -> ModelFacts {
    if provider == "openrouter" && model.ends_with(":free") {
        facts.input_price = Some(0.0);
        facts.output_price = Some(0.0);
        facts.tiers.clear();
    }
    facts
}

fn is_azure(provider: &str) -> bool {
    matches!(provider, "azure" | "azure_ai" | "azure_text")
}

fn found(mut facts: ModelFacts, how: Found) -> ModelFacts {
    facts.found = how;
    facts
}

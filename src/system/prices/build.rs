//! Makes the table from `LiteLLM`'s map of models.

use std::fmt::Write as _;

use serde_json::{Map, Value};

use super::PricesError;
use super::table::{FLAGS, compare};
use crate::clock::Day;

/// The modes that routes have; images, audio and the rest are left out.
const MODES: &[&str] = &["chat", "responses", "completion", "embedding", "rerank"];

/// The columns' names.
const COLUMNS: &str = "model provider mode input output cached-input cache-write max-input max-output flags end tiers";

/// The fields behind the flags, in the order of [`FLAGS`].
const FLAG_FIELDS: [&str; 5] = [
    "supports_function_calling",
    "supports_vision",
    "supports_response_schema",
    "supports_prompt_caching",
    "supports_reasoning",
];

/// A table that was built.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Built {
    /// Its text.
    pub text: String,
    /// How many models it holds.
    pub models: usize,
    /// How many entries of the map were left out: other modes, or not models at all.
    pub left_out: usize,
}

/// Builds the table from `LiteLLM`'s map (`model_prices_and_context_window.json`). The same map,
/// source and day give the same bytes.
///
/// # Errors
/// Fails when the text is no JSON object of models.
pub fn build(json: &str, source: &str, date: Option<Day>) -> Result<Built, PricesError> {
    let map: Map<String, Value> = serde_json::from_str(json)?;
    let mut lines: Vec<(&str, String)> = map
        .iter()
        .filter_map(|(name, entry)| Some((name.as_str(), line(name, entry.as_object()?)?)))
        .collect();
    if lines.is_empty() {
        return Err(PricesError::NoModels);
    }
    lines.sort_by(|(a, _), (b, _)| compare(a, b).then_with(|| a.cmp(b)));
    // Two spellings of one name in different case: the first stays.
    lines.dedup_by(|(a, _), (b, _)| compare(a, b).is_eq());
    let models = lines.len();
    let mut text = header(source, date);
    for (_, line) in lines {
        text.push_str(&line);
        text.push('\n');
    }
    Ok(Built {
        text,
        models,
        left_out: map.len() - models,
    })
}

fn header(source: &str, date: Option<Day>) -> String {
    let source = source.replace(['\n', '\r'], " ");
    let dated = date.map(|day| format!(" --date {day}")).unwrap_or_default();
    let date = date.map(|day| format!("# date: {day}\n")).unwrap_or_default();
    let columns = COLUMNS.replace(' ', "\t");
    format!(
        "# source: {source}\n\
         # licence: MIT, Copyright (c) 2023 Berri AI\n\
         {date}\
         # built by: aisys prices build model_prices.json --source \"{source}\"{dated}\n\
         # prices: US dollars per million tokens\n\
         # flags: t tools, v vision, j JSON schema, c prompt cache, r reasoning, n does not stream\n\
         # tiers: above how many input tokens:input:output:cached-input\n\
         # {columns}\n"
    )
}

/// One entry's line; `None` for what is no model of these modes.
fn line(name: &str, entry: &Map<String, Value>) -> Option<String> {
    let text = |field: &str| entry.get(field).and_then(Value::as_str);
    let mode = text("mode").filter(|mode| MODES.contains(mode))?;
    let provider = plain_provider(text("litellm_provider")?);
    // Bedrock's reserved throughput is paid by the month, not by the token.
    if name.is_empty() || name.contains(['\t', '\n', '\r']) || name.starts_with('#') || name.contains("-commitment/") {
        return None;
    }
    let tiers = tiers(entry);
    let first = tiers.first().filter(|tier| tier.above == 0).map(|tier| tier.prices);
    let price = |at: usize, field: &str| {
        let price = entry.get(field).and_then(Value::as_f64);
        price
            .or_else(|| first.and_then(|prices| prices[at]))
            .map_or_else(String::new, per_million)
    };
    let tokens = |field: &str| {
        entry
            .get(field)
            .or_else(|| entry.get("max_tokens"))
            .and_then(whole)
            .map_or_else(String::new, |tokens| tokens.to_string())
    };
    let provider = match name.split_once('/') {
        Some((prefix, _)) if prefix == provider => "",
        _ => provider,
    };
    let tiers: Vec<String> = tiers.iter().filter(|tier| tier.above > 0).map(Tier::text).collect();
    let columns = [
        name.to_owned(),
        provider.to_owned(),
        mode.to_owned(),
        price(0, "input_cost_per_token"),
        price(1, "output_cost_per_token"),
        price(2, "cache_read_input_token_cost"),
        entry
            .get("cache_creation_input_token_cost")
            .and_then(Value::as_f64)
            .map_or_else(String::new, per_million),
        tokens("max_input_tokens"),
        tokens("max_output_tokens"),
        flags(entry),
        text("deprecation_date")
            .filter(|day| day.parse::<Day>().is_ok())
            .unwrap_or_default()
            .to_owned(),
        tiers.join(";"),
    ];
    Some(columns.join("\t").trim_end_matches('\t').to_owned())
}

/// The provider without what `LiteLLM` adds to tell its own code paths apart:
/// `vertex_ai-language-models`, `bedrock_converse`, `text-completion-openai`.
fn plain_provider(provider: &str) -> &str {
    match provider {
        "bedrock_converse" => "bedrock",
        "cohere_chat" => "cohere",
        "azure_text" => "azure",
        "text-completion-openai" => "openai",
        _ => provider
            .split_once('-')
            .filter(|(_, rest)| rest.ends_with("models"))
            .map_or(provider, |(plain, _)| plain),
    }
}

fn flags(entry: &Map<String, Value>) -> String {
    let is = |field: &str, value: bool| entry.get(field).and_then(Value::as_bool) == Some(value);
    FLAG_FIELDS
        .iter()
        .map(|field| is(field, true))
        .chain([is("supports_native_streaming", false)])
        .zip(FLAGS)
        .filter_map(|(on, flag)| on.then_some(flag))
        .collect()
}

/// Prices above a number of input tokens: input, output, cached input.
struct Tier {
    above: u64,
    prices: [Option<f64>; 3],
}

impl Tier {
    fn text(&self) -> String {
        let mut text = self.above.to_string();
        for price in self.prices {
            let _ = write!(text, ":{}", price.map_or_else(String::new, per_million));
        }
        text.trim_end_matches(':').to_owned()
    }
}

/// An entry's tiers by their bounds: from `tiered_pricing`, or from fields such as
/// `input_cost_per_token_above_200k_tokens`.
fn tiers(entry: &Map<String, Value>) -> Vec<Tier> {
    const FIELDS: [&str; 3] = [
        "input_cost_per_token",
        "output_cost_per_token",
        "cache_read_input_token_cost",
    ];
    let mut tiers: Vec<Tier> = Vec::new();
    for listed in entry
        .get("tiered_pricing")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        if let Some(above) = listed.get("range").and_then(|range| range.get(0)).and_then(whole) {
            let prices = FIELDS.map(|field| listed.get(field).and_then(Value::as_f64));
            tiers.push(Tier { above, prices });
        }
    }
    for (key, value) in entry {
        let bound = FIELDS.iter().enumerate().find_map(|(at, field)| {
            let thousands = key
                .strip_prefix(field)?
                .strip_prefix("_above_")?
                .strip_suffix("k_tokens")?;
            Some((at, thousands.parse::<u64>().ok()?.checked_mul(1_000)?))
        });
        let (Some((at, above)), Some(price)) = (bound, value.as_f64()) else {
            continue;
        };
        if !tiers.iter().any(|tier| tier.above == above) {
            tiers.push(Tier {
                above,
                prices: [None; 3],
            });
        }
        if let Some(tier) = tiers.iter_mut().find(|tier| tier.above == above) {
            tier.prices[at] = Some(price);
        }
    }
    tiers.sort_by_key(|tier| tier.above);
    tiers
}

/// A count of tokens; the map writes some with a decimal point.
fn whole(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| {
        let number = value
            .as_f64()
            .filter(|number| number.fract() == 0.0 && (0.0..1e15).contains(number))?;
        format!("{number:.0}").parse().ok()
    })
}

/// Dollars per million tokens, in plain decimals. Ten digits are kept: the map holds prices such
/// as `4.0000000000000003e-07`, whose tail is noise of somebody's division.
fn per_million(per_token: f64) -> String {
    if !(per_token.is_finite() && per_token > 0.0) {
        return "0".to_owned();
    }
    let scientific = format!("{per_token:.9e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    let point = exponent.parse::<i32>().unwrap_or(0) + 6 + 1;
    let digits = digits.trim_end_matches('0');
    let length = i32::try_from(digits.len()).unwrap_or(i32::MAX);
    let zeros = |count: i32| "0".repeat(usize::try_from(count).unwrap_or(0));
    if point <= 0 {
        format!("0.{}{digits}", zeros(-point))
    } else if point >= length {
        format!("{digits}{}", zeros(point - length))
    } else {
        let (whole, rest) = digits.split_at(usize::try_from(point).unwrap_or(0));
        format!("{whole}.{rest}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prices_move_their_point_and_lose_their_noise() {
        for (per_token, expected) in [
            (2.5e-6, "2.5"),
            (1e-5, "10"),
            (4.000_000_000_000_000_3e-7, "0.4"),
            (7.5e-8, "0.075"),
            (1.5e-4, "150"),
            (6.02e-9, "0.00602"),
            (0.0, "0"),
            (-1.0, "0"),
        ] {
            assert_eq!(per_million(per_token), expected);
        }
    }

    #[test]
    fn a_map_becomes_sorted_lines_and_other_modes_are_left_out() {
        let map = r#"{
            "sample_spec": {"mode": "one of: chat, …", "litellm_provider": "one of …"},
            "b/Two": {"mode": "chat", "litellm_provider": "b", "input_cost_per_token": 1e-06,
                "output_cost_per_token": 2e-06, "input_cost_per_token_above_200k_tokens": 3e-06,
                "max_input_tokens": 1000.0, "supports_vision": true, "deprecation_date": "2027-01-02"},
            "a": {"mode": "embedding", "litellm_provider": "vertex_ai-embedding-models",
                "supports_native_streaming": false},
            "picture": {"mode": "image_generation", "litellm_provider": "b"},
            "b/tiers": {"mode": "chat", "litellm_provider": "b", "tiered_pricing": [
                {"range": [0, 32000.0], "input_cost_per_token": 5e-08, "output_cost_per_token": 4e-07},
                {"range": [32000.0, 1000000.0], "input_cost_per_token": 2.5e-07}]}
        }"#;
        let built = build(map, "LiteLLM 1", "2026-11-24".parse().ok()).unwrap();
        let lines: Vec<&str> = built.text.lines().filter(|line| !line.starts_with('#')).collect();
        assert_eq!(
            lines,
            [
                "a\tvertex_ai\tembedding\t\t\t\t\t\t\tn",
                "b/tiers\t\tchat\t0.05\t0.4\t\t\t\t\t\t\t32000:0.25",
                "b/Two\t\tchat\t1\t2\t\t\t1000\t\tv\t2027-01-02\t200000:3",
            ]
        );
        assert_eq!((built.models, built.left_out), (3, 2));
        assert!(built.text.contains("# date: 2026-11-24\n"));
        assert!(matches!(build("{}", "x", None), Err(PricesError::NoModels)));
        assert!(matches!(build("[1]", "x", None), Err(PricesError::Json(_))));
    }
}

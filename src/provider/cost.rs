//! What a call costs.

use crate::system::prices::{Found, ModelFacts, Prices};
use crate::wire::Usage;

/// A model's prices at its provider.
#[derive(Debug, Clone, Default)]
pub struct Tariff {
    facts: Option<ModelFacts>,
}

impl Tariff {
    /// The prices of a model; none when the table knows the model at other providers only, whose prices
    /// are not this one's.
    #[must_use]
    pub fn of(prices: &Prices, provider: &str, model: &str) -> Self {
        Self {
            facts: prices
                .find(provider, model, None)
                .filter(|facts| facts.found.is_certain() || facts.found == Found::Guess),
        }
    }

    /// No prices: models of one's own, programs.
    #[must_use]
    pub const fn unknown() -> Self {
        Self { facts: None }
    }

    /// What an answer cost in US dollars; `None` without prices.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "token counts are far below 2^53")]
    pub fn cost(&self, usage: Usage) -> Option<f64> {
        let facts = self.facts.as_ref()?;
        let whole = facts.cost(usage.input_tokens, usage.output_tokens)?;
        let input_price = facts.prices_at(usage.input_tokens).0?;
        let tier = facts.tiers.iter().rev().find(|tier| usage.input_tokens > tier.above);
        let cached_price = tier
            .and_then(|tier| tier.cached_input_price)
            .or(facts.cached_input_price)
            .unwrap_or(input_price);
        let cached = usage.cached_input_tokens.min(usage.input_tokens) as f64;
        // To a millionth of a millionth: such a number comes back from JSON as the very same.
        Some(((whole - cached * (input_price - cached_price)) * 1e12).round() / 1e12)
    }

    /// The most tokens of an answer that the model gives; what a call without a cap may cost.
    #[must_use]
    pub fn max_output_tokens(&self) -> Option<u64> {
        self.facts.as_ref()?.max_output_tokens
    }

    /// Whether prices are known.
    #[must_use]
    pub const fn is_known(&self) -> bool {
        self.facts.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_from_the_cache_are_cheaper() {
        // gpt-4o-2024-11-20: 2.50, 10.00 and 1.25 dollars for a million tokens.
        let tariff = Tariff::of(&Prices::shipped(), "openai", "gpt-4o-2024-11-20");
        let usage = Usage {
            input_tokens: 1_000_000,
            output_tokens: 100_000,
            cached_input_tokens: 400_000,
        };
        let cost = tariff.cost(usage).unwrap();
        assert!((cost - (0.6 * 2.5 + 0.4 * 1.25 + 1.0)).abs() < 1e-9, "{cost}");
    }

    #[test]
    fn a_model_of_ones_own_has_no_price() {
        let tariff = Tariff::of(&Prices::shipped(), "openai", "my-own-model-7b");
        assert_eq!(tariff.cost(Usage::default()), None);
    }
}

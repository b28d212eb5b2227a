//! What is known of one model.

/// What the price table knows of one model. Prices are US dollars per token.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ModelFacts {
    /// The name under which the table knows it; `declared` when only the configuration speaks.
    pub key: String,
    /// The table's provider, such as `openai`.
    pub provider: String,
    /// The table's mode, such as `chat`.
    pub mode: String,
    /// How the table's entry was found.
    pub found: Found,
    /// Dollars for one input token.
    pub input_price: Option<f64>,
    /// Dollars for one output token.
    pub output_price: Option<f64>,
    /// Dollars for one input token that the provider's prompt cache holds.
    pub cached_input_price: Option<f64>,
    /// Dollars for one input token that goes into the provider's prompt cache.
    pub cache_write_price: Option<f64>,
    /// Other prices for long inputs, the lowest bound first.
    pub tiers: Vec<Tier>,
    /// The most tokens that go in.
    pub max_input_tokens: Option<u64>,
    /// The most tokens that come out.
    pub max_output_tokens: Option<u64>,
    /// Whether it can call tools.
    pub tools: bool,
    /// Whether it reads images.
    pub vision: bool,
    /// Whether it can be held to a JSON schema.
    pub schema: bool,
    /// Whether the provider caches prompts.
    pub prompt_cache: bool,
    /// Whether it thinks before it answers, which output caps must leave room for.
    pub reasoning: bool,
    /// Whether it is known not to stream: a gateway then only pretends to.
    pub no_stream: bool,
    /// The day after which it is gone, as `YYYY-MM-DD`.
    pub deprecated_on: Option<String>,
}

/// How an entry of the table was found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Found {
    /// Not in the table: the configuration declares what is known.
    #[default]
    Declared,
    /// By its own name at its own provider.
    Name,
    /// By the base model that the configuration names.
    BaseModel,
    /// By the same name at another provider: window and abilities are those of the model, price
    /// and end of life those of the other provider.
    Elsewhere,
    /// By the longest beginning of a deployment's name that is a model of that provider.
    Guess,
}

impl Found {
    /// Whether price and end of life are those of this model at this provider.
    #[must_use]
    pub const fn is_certain(self) -> bool {
        matches!(self, Self::Name | Self::BaseModel)
    }
}

/// Prices for inputs longer than a bound; the whole request pays them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tier {
    /// The bound in input tokens.
    pub above: u64,
    /// Dollars for one input token.
    pub input_price: Option<f64>,
    /// Dollars for one output token.
    pub output_price: Option<f64>,
    /// Dollars for one input token out of the provider's prompt cache.
    pub cached_input_price: Option<f64>,
}

impl ModelFacts {
    /// Dollars for a request of `input` and `output` tokens, when both prices are known. An input
    /// above a tier's bound pays the tier's prices for all its tokens (`LiteLLM` 1.109.1,
    /// `llm_cost_calc/utils.py`).
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "token counts are far below 2^53")]
    pub fn cost(&self, input: u64, output: u64) -> Option<f64> {
        let (input_price, output_price) = self.prices_at(input);
        Some(input_price? * input as f64 + output_price? * output as f64)
    }

    /// The input's and the output's price for an input of this length.
    #[must_use]
    pub fn prices_at(&self, input: u64) -> (Option<f64>, Option<f64>) {
        let tier = self.tiers.iter().rev().find(|tier| input > tier.above);
        (
            tier.and_then(|tier| tier.input_price).or(self.input_price),
            tier.and_then(|tier| tier.output_price).or(self.output_price),
        )
    }
}

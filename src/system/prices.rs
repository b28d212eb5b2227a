//! What models cost, hold and can do, and when they end: the price table.

/// What the price table knows of one model. Prices are US dollars per token.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ModelFacts {
    /// The name under which the table knows it; `declared` when only the configuration speaks.
    pub key: String,
    /// The table's provider, such as `openai`.
    pub provider: String,
    /// The table's mode, such as `chat`.
    pub mode: String,
    /// Dollars for one input token.
    pub input_price: Option<f64>,
    /// Dollars for one output token.
    pub output_price: Option<f64>,
    /// Dollars for one input token that the provider's prompt cache holds.
    pub cached_input_price: Option<f64>,
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
    /// The day after which it is gone, as `YYYY-MM-DD`.
    pub deprecated_on: Option<String>,
}

impl ModelFacts {
    /// Dollars for a request of `input` and `output` tokens, when both prices are known.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "token counts are far below 2^53")]
    pub fn cost(&self, input: u64, output: u64) -> Option<f64> {
        Some(self.input_price? * input as f64 + self.output_price? * output as f64)
    }
}

/// The table of models.
#[derive(Debug, Default)]
pub struct Prices {}

impl Prices {
    /// The table that ships with this binary.
    #[must_use]
    pub fn shipped() -> Self {
        Self::default()
    }

    /// What is known of a model: `provider/model` first, then the name without the prefix, then
    /// the base model.
    #[must_use]
    pub fn find(&self, _provider: &str, _model: &str, _base_model: Option<&str>) -> Option<ModelFacts> {
        None
    }
}

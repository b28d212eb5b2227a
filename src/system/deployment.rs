//! One way to reach one model.

use crate::source::Place;

use super::prices::ModelFacts;
use super::{Dialect, Limit, Setting};

/// One way to reach one model: provider, model, region, account, host, limits, price.
#[derive(Debug, Clone)]
pub struct Deployment {
    /// A name that tells it from its neighbours, for people.
    pub name: String,
    /// The dialect it was read from.
    pub dialect: Dialect,
    /// The whole block that declares it.
    pub place: Place,
    /// The provider, in the spelling of the price table: `openai`, `azure`, `bedrock`, …; for an
    /// endpoint that nobody knows, its host.
    pub provider: Setting<String>,
    /// The model as the provider is asked for it, without the provider's prefix.
    pub model: Setting<String>,
    /// Another name under which the price table knows the model.
    pub base_model: Option<Setting<String>>,
    /// The region, where the provider has regions and one is known.
    pub region: Option<Setting<String>>,
    /// The key or account that pays.
    pub account: Option<Account>,
    /// Host and port that are called, when an endpoint is written.
    pub host: Option<Setting<String>>,
    /// The whole endpoint, when one is written.
    pub endpoint: Option<Setting<String>>,
    /// Whether the model runs on the team's own machines.
    pub self_hosted: bool,
    /// Requests and tokens that the configuration allows, enforced or not.
    pub limits: Vec<Limit>,
    /// The output cap that it sends when the request has none.
    pub max_output_tokens: Option<Setting<u64>>,
    /// The share of traffic among its route's deployments.
    pub weight: Option<Setting<f64>>,
    /// What the price table knows of the model, overridden by what the configuration declares.
    pub facts: Option<ModelFacts>,
    /// A canned answer instead of a call.
    pub mock: Option<Place>,
}

impl Deployment {
    /// The model's bare family, for "the same model through another shop": `gpt-4o` for
    /// `azure/gpt-4o-2024-11-20`, `claude-3-5-sonnet` for
    /// `bedrock/anthropic.claude-3-5-sonnet-20241022-v2:0`.
    #[must_use]
    pub fn family(&self) -> String {
        super::names::family(self.base_model.as_ref().map_or(&self.model.value, |base| &base.value))
    }
}

/// The key or account that pays for calls.
#[derive(Debug, Clone)]
pub struct Account {
    /// What tells accounts apart: an environment variable's name, or a digest of a literal key.
    pub id: String,
    /// Where it is named; `None` when the product's default variable is used.
    pub place: Option<Place>,
    /// Whether the key itself stands in the file.
    pub literal: bool,
    /// The environment variable that holds it, when that is how it is given.
    pub variable: Option<String>,
}

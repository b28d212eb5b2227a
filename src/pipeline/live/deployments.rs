//! The deployments of a system as providers that can be called.

use std::sync::Arc;

use crate::provider::{BuildOptions, Provider, ProviderApi, ProviderSpec, build};
use crate::system::prices::{ModelFacts, Prices};
use crate::system::{Attempt, Deployment, System};
use crate::wire::Usage;

use super::RouterError;

/// A deployment that can be called.
pub(super) struct Live {
    pub(super) provider: Arc<dyn Provider>,
    facts: Option<ModelFacts>,
}

impl Live {
    /// What an answer cost by the system's own knowledge of the model, where the provider does not say.
    pub(super) fn cost(&self, usage: Option<Usage>) -> Option<f64> {
        let (facts, usage) = (self.facts.as_ref()?, usage?);
        facts.cost(usage.input_tokens, usage.output_tokens)
    }
}

/// Builds what one attempt calls.
pub(super) fn live(
    system: &System,
    attempt: &Attempt,
    prices: &Prices,
    options: &BuildOptions,
) -> Result<Live, RouterError> {
    let deployment = system.deployment(attempt.deployment);
    let mut spec = spec(deployment)?;
    let cap = attempt
        .max_output_tokens
        .as_ref()
        .or(deployment.max_output_tokens.as_ref());
    spec.max_output_tokens = cap.and_then(|cap| u32::try_from(cap.value).ok());
    let provider = build(&spec, prices, options).map_err(|error| RouterError {
        place: deployment.place.clone(),
        message: error.to_string(),
    })?;
    Ok(Live {
        provider,
        facts: deployment.facts.clone().filter(|facts| facts.found.is_certain()),
    })
}

/// What a deployment says, as the settings of a provider.
fn spec(deployment: &Deployment) -> Result<ProviderSpec, RouterError> {
    let provider = deployment.provider.value.as_str();
    let wrong = |message: String| RouterError {
        place: deployment.place.clone(),
        message,
    };
    let api = match api(provider) {
        Some(api) => api,
        // Many servers speak OpenAI's API; none does it at OpenAI's address.
        None if deployment.endpoint.is_some() => ProviderApi::Openai,
        None => {
            return Err(wrong(format!(
                "`{provider}` is not a provider that can be called (expected openai, azure, anthropic, gemini, bedrock, \
                 ollama, openrouter, mistral or groq, or the `endpoint` of a server that speaks OpenAI's API)"
            )));
        }
    };
    let account = deployment.account.as_ref();
    if account.is_some_and(|account| account.literal) {
        return Err(wrong(
            "the key stands in the file; keys are read from the environment only: write `${VARIABLE}`".to_owned(),
        ));
    }
    // A variable that nobody wrote is the provider's own business: a server on this machine needs none.
    let key = account.filter(|account| account.place.is_some());
    Ok(ProviderSpec {
        name: Some(deployment.name.clone()),
        api,
        model: Some(deployment.model.value.clone()),
        base_url: deployment.endpoint.as_ref().map(|endpoint| endpoint.value.clone()),
        key: key.and_then(|account| account.variable.clone()),
        region: deployment.region.as_ref().map(|region| region.value.clone()),
        ..ProviderSpec::default()
    })
}

/// The API of a provider's name in a system.
fn api(provider: &str) -> Option<ProviderApi> {
    Some(match provider {
        "openai" => ProviderApi::Openai,
        "azure" => ProviderApi::Azure,
        "anthropic" => ProviderApi::Anthropic,
        "gemini" => ProviderApi::Gemini,
        "bedrock" => ProviderApi::Bedrock,
        "ollama" => ProviderApi::Ollama,
        "openrouter" => ProviderApi::Openrouter,
        "mistral" => ProviderApi::Mistral,
        "groq" => ProviderApi::Groq,
        _ => return None,
    })
}

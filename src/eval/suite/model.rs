//! The model that a suite names.

use serde::Serialize;

use super::RouteSpec;
use crate::provider::{ProviderApi, ProviderSpec};

/// A model: at a provider, or in this process.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ModelSpec {
    /// Called through a provider.
    Provider(Box<ProviderSpec>),
    /// Run in this process: a name of `aisys models list`, or `file:PATH`.
    Here(String),
    /// A route of an `aisys.yaml`, with its retries and fallbacks.
    Route(RouteSpec),
}

impl ModelSpec {
    /// The in-process extractive answerer, which needs no model at all.
    #[must_use]
    pub fn extractive() -> Self {
        ProviderSpec {
            api: ProviderApi::Extractive,
            name: Some("extractive".to_owned()),
            ..ProviderSpec::default()
        }
        .into()
    }

    /// Whether it answers in this process, so that its speed is this machine's and its calls are free.
    #[must_use]
    pub fn is_local(&self) -> bool {
        match self {
            Self::Provider(spec) => spec.api == ProviderApi::Extractive,
            Self::Here(_) => true,
            Self::Route(_) => false,
        }
    }
}

impl From<ProviderSpec> for ModelSpec {
    fn from(spec: ProviderSpec) -> Self {
        Self::Provider(Box::new(spec))
    }
}

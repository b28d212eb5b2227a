//! The kinds of configuration that are read.

/// A kind of configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dialect {
    /// `LiteLLM` proxy, `config.yaml`.
    Litellm,
    /// Portkey gateway, JSON config object.
    Portkey,
    /// `TensorZero`, `tensorzero.toml`.
    Tensorzero,
    /// Envoy AI Gateway, Kubernetes resources.
    Envoy,
    /// Helicone AI gateway, `config.yaml`.
    Helicone,
    /// Bifrost, `config.json`.
    Bifrost,
    /// Kong, decK file with `ai-proxy` plugins.
    Kong,
    /// `aisys.yaml`.
    Aisys,
    /// Compose files.
    Compose,
    /// Kubernetes manifests.
    Kubernetes,
    /// `.env` files.
    Env,
    /// Source code that calls SDKs.
    Code,
    /// promptfoo suites.
    Promptfoo,
}

impl Dialect {
    /// All of them, in the order in which documents list them.
    pub const ALL: &'static [Self] = &[
        Self::Litellm,
        Self::Portkey,
        Self::Tensorzero,
        Self::Envoy,
        Self::Helicone,
        Self::Bifrost,
        Self::Kong,
        Self::Aisys,
        Self::Compose,
        Self::Kubernetes,
        Self::Env,
        Self::Code,
        Self::Promptfoo,
    ];

    /// The name in reports and options.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Litellm => "litellm",
            Self::Portkey => "portkey",
            Self::Tensorzero => "tensorzero",
            Self::Envoy => "envoy-ai-gateway",
            Self::Helicone => "helicone",
            Self::Bifrost => "bifrost",
            Self::Kong => "kong",
            Self::Aisys => "aisys",
            Self::Compose => "compose",
            Self::Kubernetes => "kubernetes",
            Self::Env => "env",
            Self::Code => "code",
            Self::Promptfoo => "promptfoo",
        }
    }

    /// The product as people write it, with the version whose behaviour is modelled.
    #[must_use]
    pub const fn product(self) -> (&'static str, &'static str) {
        match self {
            Self::Litellm => ("LiteLLM", "1.109.1"),
            Self::Portkey => ("Portkey gateway", "669825c"),
            Self::Tensorzero => ("TensorZero", "7a6159a"),
            Self::Envoy => ("Envoy AI Gateway", "c217da8"),
            Self::Helicone => ("Helicone AI gateway", "42d2998"),
            Self::Bifrost => ("Bifrost", "003ecc6"),
            Self::Kong => ("Kong", "3.10"),
            Self::Aisys => ("aisys", env!("CARGO_PKG_VERSION")),
            Self::Compose => ("Compose", "specification"),
            Self::Kubernetes => ("Kubernetes", "1.x"),
            Self::Env => (".env", "-"),
            Self::Code => ("source code", "-"),
            Self::Promptfoo => ("promptfoo", "0.1xx"),
        }
    }
}

//! What is known of one call, for faults to choose by.

/// One call of a provider. Whoever does not know a fact leaves it empty: a fault that asks for it does not strike.
#[derive(Debug, Clone, Copy, Default)]
pub struct CallFacts<'a> {
    /// Its number among the calls of the run: the same number meets the same chance.
    pub number: u64,
    /// The provider: `openai`, `azure`, …
    pub provider: &'a str,
    /// The model as the provider is asked for it.
    pub model: &'a str,
    /// The region, as `swedencentral`.
    pub region: &'a str,
    /// The account that pays: the name of its key's variable, or the key that was sent.
    pub account: &'a str,
    /// Host and port.
    pub host: &'a str,
    /// The deployment's name.
    pub deployment: &'a str,
    /// The route that the request came by.
    pub route: &'a str,
    /// The path of the URL.
    pub path: &'a str,
    /// The prompt's text.
    pub prompt: &'a str,
    /// The headers, names in lower case.
    pub headers: &'a [(&'a str, &'a str)],
    /// Whether a stream is asked for.
    pub streamed: bool,
}

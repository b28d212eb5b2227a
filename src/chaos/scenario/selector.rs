//! What a fault falls on: `provider/openai`, `region/swedencentral`, `everything`, `requests`.

use crate::read::FormError;
use crate::source::{Data, Node};

use super::CallFacts;
use super::pattern::Pattern;
use super::quantity::wrong;

/// What a fault falls on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selector {
    /// Every call of every provider.
    Everything,
    /// The users' requests themselves, before anybody is called.
    Requests,
    /// The calls that share one thing.
    Sharing(Kind, Pattern),
}

/// What calls can share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A provider.
    Provider,
    /// A model.
    Model,
    /// A region; also written `provider/region`.
    Region,
    /// An account.
    Account,
    /// A host.
    Host,
    /// A deployment.
    Deployment,
    /// A route.
    Route,
}

const KINDS: &[(&str, Kind)] = &[
    ("provider", Kind::Provider),
    ("model", Kind::Model),
    ("region", Kind::Region),
    ("account", Kind::Account),
    ("host", Kind::Host),
    ("deployment", Kind::Deployment),
    ("route", Kind::Route),
];
const EXPECTED: &str = "what the fault falls on, such as provider/openai, region/eastus, everything or requests";

impl Selector {
    /// Whether a call is meant.
    #[must_use]
    pub fn selects(&self, call: &CallFacts<'_>) -> bool {
        let (kind, pattern) = match self {
            Self::Everything => return true,
            Self::Requests => return false,
            Self::Sharing(kind, pattern) => (kind, pattern),
        };
        match kind {
            Kind::Provider => pattern.matches(call.provider),
            // `azure/swedencentral` and `openai/gpt-4o` name the provider too, as reports do.
            Kind::Model => pattern.matches(call.model) || pattern.matches_pair(call.provider, call.model),
            Kind::Region => pattern.matches(call.region) || pattern.matches_pair(call.provider, call.region),
            Kind::Account => pattern.matches(call.account),
            Kind::Host => pattern.matches(call.host),
            Kind::Deployment => pattern.matches(call.deployment),
            Kind::Route => pattern.matches(call.route),
        }
    }

    /// One selector or a list of them.
    ///
    /// # Errors
    /// Fails with what may stand there.
    pub(super) fn read(node: &Node) -> Result<Vec<Self>, FormError> {
        match &node.data {
            Data::Seq(items) if !items.is_empty() => items.iter().map(Self::one).collect(),
            _ => Ok(vec![Self::one(node)?]),
        }
    }

    fn one(node: &Node) -> Result<Self, FormError> {
        let text = node.as_str().ok_or_else(|| wrong(node, "`on`", EXPECTED))?;
        match text {
            "everything" => return Ok(Self::Everything),
            "requests" => return Ok(Self::Requests),
            _ => {}
        }
        let Some((kind, name)) = text.split_once('/').filter(|(_, name)| !name.is_empty()) else {
            return Err(wrong(node, "`on`", EXPECTED));
        };
        let found = KINDS.iter().find(|(word, _)| *word == kind);
        let (_, kind) = found.ok_or_else(|| {
            FormError::unknown(
                &node.place,
                "kind of selector",
                kind,
                KINDS.iter().map(|(word, _)| *word),
            )
        })?;
        Ok(Self::Sharing(*kind, Pattern::new(name)))
    }
}

impl std::fmt::Display for Selector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Everything => f.write_str("everything"),
            Self::Requests => f.write_str("requests"),
            Self::Sharing(kind, pattern) => {
                let word = KINDS.iter().find(|(_, it)| it == kind).map_or("", |(word, _)| word);
                write!(f, "{word}/{pattern}")
            }
        }
    }
}

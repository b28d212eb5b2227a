//! How providers behave when they are well.

use crate::chaos::behaviour::Limits;
use crate::read::{Fields, FormError};
use crate::source::Node;

use super::Distribution;
use super::quantity::Measure;

/// A healthy provider.
#[derive(Debug, Clone, PartialEq)]
pub struct Health {
    /// Seconds to the first token.
    pub first_token: Distribution,
    /// Tokens a second after that.
    pub tokens_per_second: Distribution,
    /// What it grants.
    pub limits: Limits,
    /// The API that it speaks, where its name does not tell: `openai`, `anthropic`, …
    pub api: Option<String>,
}

pub(super) const KEYS: &[&str] = &["first_token", "tokens_per_second", "limits", "api"];
pub(super) const LIMIT_KEYS: &[&str] = &["rpm", "tpm", "parallel"];

impl Default for Health {
    /// Assumed where a scenario says nothing: half a second, and 60 tokens a second.
    fn default() -> Self {
        Self {
            first_token: Distribution::Lognormal {
                median: 0.45,
                sigma: 0.5,
            },
            tokens_per_second: Distribution::Constant(60.0),
            limits: Limits::default(),
            api: None,
        }
    }
}

impl Health {
    pub(super) fn read(node: &Node) -> Result<Self, FormError> {
        let fields = Fields::new(node, "a provider", KEYS)?;
        let assumed = Self::default();
        let read = |key: &str, measure: Measure, assumed: Distribution| {
            let node = fields.get(key);
            node.map_or(Ok(assumed), |node| {
                Distribution::read(node, measure, &format!("`{key}`"))
            })
        };
        let tokens_per_second = read("tokens_per_second", Measure::Count, assumed.tokens_per_second)?;
        if tokens_per_second.mean() <= 0.0 {
            let node = fields.required("tokens_per_second")?;
            return Err(FormError::at(
                &node.place,
                "`tokens_per_second` must be more than nothing",
            ));
        }
        Ok(Self {
            first_token: read("first_token", Measure::Time, assumed.first_token)?,
            tokens_per_second,
            limits: fields.get("limits").map_or(Ok(Limits::default()), read_limits)?,
            api: fields.text("api")?,
        })
    }
}

/// `{rpm: 10000, tpm: 2M, parallel: 50}`: of a provider, or of a fault.
///
/// # Errors
/// Fails at what is no limit.
pub fn read_limits(node: &Node) -> Result<Limits, FormError> {
    let fields = Fields::new(node, "`limits`", LIMIT_KEYS)?;
    let read = |key: &str| {
        let node = fields.get(key);
        node.map(|node| Measure::Count.read(node, &format!("`{key}`")))
            .transpose()
    };
    let parallel = fields.count("parallel", 0)?;
    Ok(Limits {
        rpm: read("rpm")?,
        tpm: read("tpm")?,
        parallel: parallel.map(|it| u32::try_from(it).unwrap_or(u32::MAX)),
    })
}

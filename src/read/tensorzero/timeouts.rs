//! Time limits: on providers, models, variants, and on everything that leaves the gateway.

use std::time::Duration;

use crate::source::Node;
use crate::system::Setting;

use super::TENSORZERO;

/// `gateway.global_outbound_http_timeout_ms` when it is not written: 15 minutes
/// (`configuration-reference.mdx`, `TensorZero` 7a6159a).
const GLOBAL: Duration = Duration::from_secs(900);

/// A limit with its origin.
pub(super) type Limit = Setting<Option<Duration>>;

/// The limits that hold for one call, the outer ones included.
#[derive(Debug, Clone)]
pub(super) struct Limits {
    /// On a whole answer of one provider.
    pub whole: Limit,
    /// On a stream's first token.
    pub first_token: Limit,
    /// On a whole stream, which bounds each of its silences.
    pub stream: Limit,
}

/// Milliseconds as a duration.
pub(super) fn milliseconds(node: &Node) -> Option<Duration> {
    crate::system::units::seconds_to_duration(node.as_f64()? / 1000.0)
}

/// The limit that ends every outbound request.
pub(super) fn global(root: &Node) -> Limits {
    let node = root.at(&["gateway", "global_outbound_http_timeout_ms"]);
    let limit = node
        .and_then(written)
        .unwrap_or_else(|| Setting::default_of(Some(GLOBAL), TENSORZERO));
    Limits {
        whole: limit.clone(),
        first_token: limit.clone(),
        stream: limit,
    }
}

/// The limit on a whole answer that a table's `timeouts` sets.
pub(super) fn whole(table: &Node) -> Option<Limit> {
    table
        .at(&["timeouts", "non_streaming", "total_ms"])
        .or_else(|| table.get("timeout_ms"))
        .and_then(written)
}

impl Limits {
    /// These limits within a model's or variant's: what they say of a stream ends its calls too. What
    /// they say of a whole answer bounds several calls together, and is no limit of one.
    pub(super) fn within(&self, table: &Node) -> Self {
        let total = table.at(&["timeouts", "streaming", "total_ms"]).and_then(written);
        let first = table.at(&["timeouts", "streaming", "ttft_ms"]).and_then(written);
        let stream = shorter(self.stream.clone(), total);
        Self {
            whole: self.whole.clone(),
            first_token: shorter(shorter(self.first_token.clone(), first), Some(stream.clone())),
            stream,
        }
    }

    /// These limits with a provider's own.
    pub(super) fn of_provider(&self, table: &Node) -> Self {
        Self {
            whole: shorter(self.whole.clone(), whole(table)),
            ..self.within(table)
        }
    }
}

fn written(node: &Node) -> Option<Limit> {
    Some(Setting::written(Some(milliseconds(node)?), node.place.clone()))
}

/// The limit that ends first; a written one when both are equal.
fn shorter(one: Limit, other: Option<Limit>) -> Limit {
    match other {
        Some(other) if other.value <= one.value => other,
        _ => one,
    }
}

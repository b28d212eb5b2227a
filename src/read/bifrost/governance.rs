//! Budgets and limits, which hang on virtual keys, teams and customers.

use crate::source::Node;
use crate::system::{Budget, Limit, LimitKind, Scope, Setting, units};

/// What governance bounds, for all routes alike: which key may use which model is the key's matter.
pub(super) struct Governance {
    /// Spend limits.
    pub budgets: Vec<Budget>,
    /// Request and token limits.
    pub limits: Vec<Limit>,
}

impl Governance {
    pub(super) fn read(root: &Node) -> Self {
        let list = |key: &str| root.at(&["governance", key]).into_iter().flat_map(Node::items);
        let budgets = list("budgets")
            .filter_map(|item| {
                let usd = item.get("max_limit")?;
                Some(Budget {
                    usd: Setting::written(usd.as_f64()?, usd.place.clone()),
                    period: period(item.get("reset_duration")),
                    scope: Scope::Key,
                    enforced: Ok(()),
                })
            })
            .collect();
        let kinds = [
            ("request_max_limit", "request_reset_duration", LimitKind::Requests),
            ("token_max_limit", "token_reset_duration", LimitKind::Tokens),
        ];
        let limits = list("rate_limits")
            .flat_map(|item| {
                kinds.iter().filter_map(move |(amount, reset, kind)| {
                    let node = item.get(amount)?;
                    Some(Limit {
                        kind: *kind,
                        amount: Setting::written(node.as_f64()?, node.place.clone()),
                        period: period(item.get(reset))?.value,
                        scope: Scope::Key,
                        enforced: Ok(()),
                    })
                })
            })
            .collect();
        Self { budgets, limits }
    }
}

/// `1h`, `1d`, `1M`.
fn period(node: Option<&Node>) -> Option<Setting<std::time::Duration>> {
    let node = node?;
    Some(Setting::written(units::duration(node.as_str()?)?, node.place.clone()))
}

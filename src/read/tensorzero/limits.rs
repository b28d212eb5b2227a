//! `[[rate_limiting.rules]]`: requests, tokens and dollars in a period.

use std::time::Duration;

use crate::source::Node;
use crate::system::{Budget, Limit, LimitKind, Policy, Scope, Setting};

use super::TENSORZERO;

/// The periods by the end of a key (`configuration-reference.mdx`); a month is 30 days.
pub(super) const PERIODS: &[(&str, u64)] = &[
    ("second", 1),
    ("minute", 60),
    ("hour", 3_600),
    ("day", 86_400),
    ("week", 604_800),
    ("month", 2_592_000),
];

/// What surrounds every route: the gateway's limits and budgets. Its cache is a request's option and no
/// setting of the file, and nothing leaves out a failing provider for a while.
pub(super) fn policy(root: &Node) -> Policy {
    let mut policy = Policy::bare(TENSORZERO);
    let enforced = enforced(root);
    for rule in rules(root) {
        let scope = scope(rule);
        for entry in rule.entries() {
            let Some((what, period)) = entry.key.text.split_once("_per_") else {
                continue;
            };
            let Some(&(_, seconds)) = PERIODS.iter().find(|(name, _)| *name == period) else {
                continue;
            };
            let period = Duration::from_secs(seconds);
            // A bucket holds `capacity` and gets `refill_rate` back in each period.
            let node = entry.value.get("refill_rate").unwrap_or(&entry.value);
            let Some(value) = node.as_f64() else { continue };
            let amount = Setting::written(value, node.place.clone());
            let kind = match what {
                "model_inferences" => LimitKind::Requests,
                "tokens" => LimitKind::Tokens,
                "cost" => {
                    policy.budgets.push(Budget {
                        usd: amount,
                        period: Some(Setting::written(period, entry.key.place.clone())),
                        scope,
                        enforced: enforced.clone(),
                    });
                    continue;
                }
                _ => continue,
            };
            policy.limits.push(Limit {
                kind,
                amount,
                period,
                scope,
                enforced: enforced.clone(),
            });
        }
    }
    policy
}

/// The rules of a file.
pub(super) fn rules(root: &Node) -> impl Iterator<Item = &Node> {
    root.at(&["rate_limiting", "rules"]).into_iter().flat_map(Node::items)
}

/// Whether rules act at all: counting needs Postgres or Valkey, and the gateway does not start with
/// rules and neither of them.
fn enforced(root: &Node) -> Result<(), String> {
    let off = |path: &[&str]| root.at(path).and_then(Node::as_bool) == Some(false);
    if off(&["rate_limiting", "enabled"]) {
        return Err("`rate_limiting.enabled = false` switches all rules off".to_owned());
    }
    if off(&["postgres", "enabled"]) {
        return Err("`postgres.enabled = false`: nothing counts unless a Valkey does".to_owned());
    }
    Ok(())
}

/// Whom a rule covers: the narrowest of its scopes.
pub(super) fn scope(rule: &Node) -> Scope {
    let scopes = rule.get("scope").into_iter().flat_map(Node::items);
    let of = |item: &Node| {
        if item.get("api_key_public_id").is_some() {
            return Scope::Key;
        }
        let tag = item.get("tag_key").and_then(Node::as_str).unwrap_or_default();
        match item.get("tag_value").and_then(Node::as_str) {
            Some("tensorzero::total") => Scope::Everyone,
            _ if tag.contains("user") => Scope::User,
            _ => Scope::Tenant,
        }
    };
    scopes.map(of).max().unwrap_or(Scope::Everyone)
}

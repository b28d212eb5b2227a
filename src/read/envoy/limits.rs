//! Token and request limits: `rateLimit` of a `BackendTrafficPolicy`, and `QuotaPolicy`.

use std::time::Duration;

use crate::source::Node;
use crate::system::{Limit, LimitKind, Scope, Setting, units};

use super::resources::Resources;
use super::traffic::Traffic;

/// `RateLimitUnit` (`ratelimit_types.go`, Envoy Gateway); a month is 30 days and a year 365.
const UNITS: &[(&str, u64)] = &[
    ("Second", 1),
    ("Minute", 60),
    ("Hour", 3_600),
    ("Day", 86_400),
    ("Month", 2_592_000),
    ("Year", 31_536_000),
];

/// The limits of the policy that acts on a route.
pub(super) fn of_traffic(traffic: Traffic<'_>, route: &Node) -> Vec<Limit> {
    let Some(block) = traffic.spec().and_then(|spec| spec.get("rateLimit")) else {
        return Vec::new();
    };
    let rules = ["global", "local"]
        .iter()
        .filter_map(|kind| block.at(&[kind, "rules"]))
        .flat_map(Node::items);
    rules.filter_map(|rule| limit(rule, route)).collect()
}

fn limit(rule: &Node, route: &Node) -> Option<Limit> {
    let amount = rule.at(&["limit", "requests"])?;
    let unit = rule.at(&["limit", "unit"])?.as_str()?;
    let (_, seconds) = UNITS.iter().find(|(name, _)| *name == unit)?;
    let key = rule
        .at(&["cost", "response", "metadata", "key"])
        .or_else(|| rule.at(&["cost", "request", "metadata", "key"]));
    let (kind, mut enforced) = match key {
        None => (LimitKind::Requests, Ok(())),
        Some(key) => counted(key.as_str().unwrap_or_default(), route),
    };
    if rule.get("shadowMode").and_then(Node::as_bool) == Some(true) {
        enforced = Err("`shadowMode: true` counts and never refuses".to_owned());
    }
    Some(Limit {
        kind,
        amount: Setting::written(amount.as_f64()?, amount.place.clone()),
        period: Duration::from_secs(*seconds),
        scope: scope(rule),
        enforced,
    })
}

/// What the route's `llmRequestCosts` write under a key; nothing is counted where nothing writes it.
fn counted(key: &str, route: &Node) -> (LimitKind, Result<(), String>) {
    let costs = route.at(&["spec", "llmRequestCosts"]).into_iter().flat_map(Node::items);
    let mut costs = costs.filter(|cost| cost.get("metadataKey").and_then(Node::as_str) == Some(key));
    let Some(cost) = costs.next() else {
        let why = format!("no `llmRequestCosts` of this route writes `{key}`, so nothing is counted");
        return (LimitKind::Tokens, Err(why));
    };
    let kind = match cost.get("type").and_then(Node::as_str) {
        Some("InputToken" | "CachedInputToken" | "CacheCreationInputToken") => LimitKind::InputTokens,
        Some("OutputToken") => LimitKind::OutputTokens,
        _ => LimitKind::Tokens,
    };
    (kind, Ok(()))
}

/// Whom a rule covers, by the header whose every value has a bucket of its own.
fn scope(rule: &Node) -> Scope {
    let selectors = rule.get("clientSelectors").into_iter().flat_map(Node::items);
    let headers = selectors.flat_map(|selector| selector.get("headers").into_iter().flat_map(Node::items));
    headers
        .filter(|header| header.get("type").and_then(Node::as_str) == Some("Distinct"))
        .map(|header| {
            let name = header
                .get("name")
                .and_then(Node::as_str)
                .unwrap_or_default()
                .to_ascii_lowercase();
            if name == "x-ai-eg-model" {
                Scope::Route
            } else if name.contains("key") || name == "authorization" {
                Scope::Key
            } else if ["tenant", "team", "org", "customer"]
                .iter()
                .any(|part| name.contains(part))
            {
                Scope::Tenant
            } else {
                Scope::User
            }
        })
        .max()
        .unwrap_or(Scope::Everyone)
}

/// The quotas of a backend for a model. Releases write them as `serviceQuota`, as buckets, or as rules.
pub(super) fn quotas(resources: &Resources<'_>, namespace: &str, backend: &str, model: &str) -> Vec<Limit> {
    let mut limits = Vec::new();
    for policy in resources.policies("QuotaPolicy", "AIServiceBackend", namespace, backend) {
        let Some(spec) = policy.get("spec") else { continue };
        limits.extend(spec.at(&["serviceQuota", "quota"]).and_then(|value| quota(value, None)));
        for item in spec.get("perModelQuotas").into_iter().flat_map(Node::items) {
            let named = item.get("modelName").and_then(Node::as_str);
            if named.is_some_and(|named| !named.is_empty() && named != model) {
                continue;
            }
            let buckets = item.at(&["quota", "bucketRules"]).into_iter().flat_map(Node::items);
            let rules = item.get("rules").into_iter().flat_map(Node::items);
            limits.extend(
                item.at(&["quota", "defaultBucket"])
                    .and_then(|value| quota(value, None)),
            );
            limits.extend(
                buckets
                    .chain(rules)
                    .filter_map(|rule| quota(rule.get("quota")?, Some(rule))),
            );
        }
    }
    limits
}

fn quota(value: &Node, rule: Option<&Node>) -> Option<Limit> {
    let amount = value.get("limit").or_else(|| value.get("tokens"))?;
    let text = value.get("duration")?.scalar_text()?;
    // Seconds are the unit of a bare number (`quota_policy.go`).
    let period = units::duration(&text).or_else(|| text.parse().ok().map(Duration::from_secs))?;
    let shadow = rule.and_then(|rule| rule.get("shadowMode")).and_then(Node::as_bool) == Some(true);
    Some(Limit {
        kind: LimitKind::Tokens,
        amount: Setting::written(amount.as_f64()?, amount.place.clone()),
        period,
        scope: rule.map_or(Scope::Deployment, |rule| match scope(rule) {
            Scope::Everyone => Scope::Deployment,
            narrower => narrower,
        }),
        enforced: if shadow {
            Err("`shadowMode: true` counts and never refuses".to_owned())
        } else {
            Ok(())
        },
    })
}

//! Rate limits and the semantic cache: plugins beside the one that calls models.

use std::time::Duration;

use crate::source::Node;
use crate::system::{Budget, Cache, CacheKind, Limit, LimitKind, Policy, Scope, Setting};

use super::KONG;
use super::plugins::Plugin;

/// `cache_ttl` of `ai-semantic-cache` when it is not written, in seconds.
const TTL: Duration = Duration::from_secs(300);

/// The periods of the plugin `rate-limiting`; a month is 30 days and a year 365.
const PERIODS: &[(&str, u64)] = &[
    ("second", 1),
    ("minute", 60),
    ("hour", 3_600),
    ("day", 86_400),
    ("month", 2_592_000),
    ("year", 31_536_000),
];

/// Adds what a plugin limits or caches for a route with targets at these providers.
pub(super) fn add(plugin: &Plugin<'_>, providers: &[&str], policy: &mut Policy) {
    let Some(config) = plugin.node.get("config") else {
        return;
    };
    match plugin.name {
        "ai-rate-limiting-advanced" => tokens(config, providers, policy),
        "rate-limiting" => {
            for (key, seconds) in PERIODS {
                if let Some(node) = config.get(key) {
                    policy
                        .limits
                        .extend(limit(LimitKind::Requests, node, *seconds, scope(config, "limit_by")));
                }
            }
        }
        "rate-limiting-advanced" => {
            for (node, seconds) in windows(config) {
                policy
                    .limits
                    .extend(limit(LimitKind::Requests, node, seconds, scope(config, "identifier")));
            }
        }
        "ai-semantic-cache" => policy.cache = cache(plugin, config),
        _ => {}
    }
}

fn limit(kind: LimitKind, node: &Node, seconds: u64, scope: Scope) -> Option<Limit> {
    Some(Limit {
        kind,
        amount: Setting::written(node.as_f64()?, node.place.clone()),
        period: Duration::from_secs(seconds),
        scope,
        enforced: Ok(()),
    })
}

/// `limit` and `window_size`: two numbers, or two lists of the same length.
fn windows(block: &Node) -> Vec<(&Node, u64)> {
    let (Some(limit), Some(window)) = (block.get("limit"), block.get("window_size")) else {
        return Vec::new();
    };
    let list = |node: &'_ Node| -> Vec<u64> {
        node.as_seq().map_or_else(
            || node.as_u64().into_iter().collect(),
            |items| items.iter().filter_map(Node::as_u64).collect(),
        )
    };
    let amounts: Vec<&Node> = limit
        .as_seq()
        .map_or_else(|| vec![limit], |items| items.iter().collect());
    amounts.into_iter().zip(list(window)).collect()
}

/// Token limits by provider, and since 3.14 by policies.
fn tokens(config: &Node, providers: &[&str], policy: &mut Policy) {
    let strategy = config.get("tokens_count_strategy").and_then(Node::as_str);
    let scope = scope(config, "identifier");
    let by_provider = config.get("llm_providers").into_iter().flat_map(Node::items);
    let by_provider = by_provider.filter(|item| {
        item.get("name")
            .and_then(Node::as_str)
            .is_some_and(|name| providers.contains(&name))
    });
    let by_policy = config
        .get("policies")
        .into_iter()
        .flat_map(Node::items)
        .flat_map(|item| item.get("limits").into_iter().flat_map(Node::items));
    for (node, seconds) in by_provider.chain(by_policy).flat_map(windows) {
        let kind = match strategy {
            Some("prompt_tokens") => LimitKind::InputTokens,
            Some("completion_tokens") => LimitKind::OutputTokens,
            Some("cost") => {
                let Some(usd) = node.as_f64() else { continue };
                policy.budgets.push(Budget {
                    usd: Setting::written(usd, node.place.clone()),
                    period: Some(Setting::written(Duration::from_secs(seconds), node.place.clone())),
                    scope,
                    enforced: Ok(()),
                });
                continue;
            }
            _ => LimitKind::Tokens,
        };
        policy.limits.extend(limit(kind, node, seconds, scope));
    }
}

/// Whom a limit counts apart: consumers, unless it says otherwise.
fn scope(config: &Node, key: &str) -> Scope {
    match config.get(key).and_then(Node::as_str) {
        Some("consumer-group") => Scope::Tenant,
        Some("ip" | "header") => Scope::User,
        Some("service" | "path") => Scope::Route,
        _ => Scope::Key,
    }
}

fn cache(plugin: &Plugin<'_>, config: &Node) -> Setting<Option<Cache>> {
    let database = config.get("vectordb");
    let strategy = database
        .and_then(|database| database.get("strategy"))
        .and_then(Node::as_str)
        .unwrap_or("redis");
    let store = database.and_then(|database| database.at(&[strategy, "host"]));
    let cosine = database
        .and_then(|database| database.get("distance_metric"))
        .and_then(Node::as_str)
        .is_none_or(|metric| metric == "cosine");
    let ttl = config.get("cache_ttl").and_then(|node| {
        let ttl = crate::system::units::seconds_to_duration(node.as_f64()?)?;
        Some(Setting::written(ttl, node.place.clone()))
    });
    Setting::written(
        Some(Cache {
            kind: CacheKind::Shared,
            name: format!("{strategy}-semantic"),
            semantic: true,
            // Kong's threshold is a distance: the example pages write 0.1 for nearly the same.
            threshold: database
                .and_then(|database| database.get("threshold"))
                .filter(|_| cosine)
                .and_then(|node| Some(Setting::written(1.0 - node.as_f64()?, node.place.clone()))),
            ttl: Some(ttl.unwrap_or_else(|| Setting::default_of(TTL, KONG))),
            scope: Setting::default_of(Scope::Everyone, KONG),
            store: store.and_then(|node| Some(Setting::written(node.as_str()?.to_owned(), node.place.clone()))),
        }),
        plugin.place(),
    )
}

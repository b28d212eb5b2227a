//! What surrounds a route: cooldown, cache, checks, limits.

use std::time::Duration;

use crate::source::Node;
use crate::system::{Cache, CacheKind, Cooldown, Deployment, Dialect, Gateway, Policy, Scope, Setting};

use super::config::Config;
use super::limits;

/// `DEFAULT_COOLDOWN_TIME_SECONDS` of `constants.py`, `LiteLLM` 1.109.1.
const COOLDOWN: Duration = Duration::from_secs(5);

/// The policy of a route with these deployments.
pub(super) fn policy<'a>(
    config: &Config<'_>,
    gateway: &Gateway,
    members: impl Iterator<Item = (&'a Deployment, &'a Node)>,
) -> Policy {
    let members: Vec<_> = members.collect();
    let mut budgets = limits::budgets(config, gateway.database.is_some());
    budgets.extend(
        members
            .iter()
            .filter_map(|(_, params)| limits::deployment_budget(params)),
    );
    Policy {
        cooldown: cooldown(config),
        health_checks: switch(config.general.get("background_health_checks")),
        cache: cache(config),
        budgets,
        limits: limits::limits(config, members.iter().flat_map(|(deployment, _)| &deployment.limits)),
        context_check: switch(config.router.get("enable_pre_call_checks")),
        max_input_tokens: None,
        max_request_bytes: config.general.get("max_request_size_mb").and_then(|node| {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a float cast to an integer saturates"
            )]
            let bytes = (node.as_f64()? * 1_048_576.0) as u64;
            Some(Setting::written(bytes, node.place.clone()))
        }),
        ..Policy::bare(Dialect::Litellm)
    }
}

/// A switch with its origin; what is not written is off.
pub(super) fn switch(node: Option<&Node>) -> Setting<bool> {
    node.map_or_else(
        || Setting::default_of(false, Dialect::Litellm),
        |node| Setting::written(super::config::truthy(node), node.place.clone()),
    )
}

fn cooldown(config: &Config<'_>) -> Setting<Cooldown> {
    let off = config
        .router
        .get("disable_cooldowns")
        .filter(|node| super::config::truthy(node));
    let allowed = config.router_or_litellm("allowed_fails");
    let time = config.router.get("cooldown_time");
    let value = Cooldown {
        enabled: off.is_none(),
        allowed_fails: allowed.and_then(Node::as_u64),
        time: time
            .and_then(|node| Duration::try_from_secs_f64(node.as_f64()?).ok())
            .unwrap_or(COOLDOWN),
    };
    match off.or(time).or(allowed) {
        Some(node) => Setting::written(value, node.place.clone()),
        None => Setting::default_of(value, Dialect::Litellm),
    }
}

/// `litellm_settings.cache` with its parameters (`caching/caching.py`, `LiteLLM` 1.109.1).
fn cache(config: &Config<'_>) -> Setting<Option<Cache>> {
    let Some(switch) = config.litellm.get("cache") else {
        return Setting::default_of(None, Dialect::Litellm);
    };
    if !super::config::truthy(switch) {
        return Setting::written(None, switch.place.clone());
    }
    let params = config.litellm.get("cache_params");
    let param = |key: &str| params.and_then(|params| params.get(key));
    let kind = param("type").and_then(Node::as_str).unwrap_or("local");
    let semantic = kind.ends_with("-semantic");
    let shared = !matches!(kind, "local" | "disk");
    let several = param("redis_startup_nodes")
        .or_else(|| param("sentinel_nodes"))
        .is_some();
    let host = param("host")
        .or_else(|| param("url"))
        .or_else(|| param("qdrant_api_base"));
    Setting::written(
        Some(Cache {
            kind: if shared { CacheKind::Shared } else { CacheKind::Process },
            name: kind.to_owned(),
            semantic,
            threshold: param("similarity_threshold")
                .and_then(|node| Some(Setting::written(node.as_f64()?, node.place.clone()))),
            ttl: ["ttl", "default_in_redis_ttl", "default_in_memory_ttl"]
                .iter()
                .find_map(|key| {
                    let node = param(key)?;
                    Some(Setting::written(
                        Duration::try_from_secs_f64(node.as_f64()?).ok()?,
                        node.place.clone(),
                    ))
                }),
            scope: scope(param("semantic_cache_scope"), semantic),
            store: (shared && !several && !matches!(kind, "s3" | "gcs" | "azure-blob"))
                .then(|| store(kind, host, switch)),
        }),
        switch.place.clone(),
    )
}

/// Who shares entries: a semantic cache is kept by key unless it says otherwise; an exact cache is
/// shared by all who ask the very same thing.
fn scope(written: Option<&Node>, semantic: bool) -> Setting<Scope> {
    let Some(node) = written else {
        return Setting::default_of(if semantic { Scope::Key } else { Scope::Everyone }, Dialect::Litellm);
    };
    let scope = match node.as_str() {
        Some("key") => Scope::Key,
        Some("user" | "end_user") => Scope::User,
        Some("team" | "org" | "organization") => Scope::Tenant,
        _ => Scope::Everyone,
    };
    Setting::written(scope, node.place.clone())
}

fn store(kind: &str, host: Option<&Node>, switch: &Node) -> Setting<String> {
    match host.and_then(|node| Some((node.as_str()?, node))) {
        Some((text, node)) => Setting::written(
            text.strip_prefix("os.environ/")
                .map_or_else(|| text.to_owned(), |name| format!("${name}")),
            node.place.clone(),
        ),
        None => Setting::written(kind.split('-').next().unwrap_or(kind).to_owned(), switch.place.clone()),
    }
}

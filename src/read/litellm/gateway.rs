//! The proxy itself: who may call it, what it tells, what it shares.

use crate::source::Node;
use crate::system::{Auth, Dialect, Gateway, GatewayId, Setting, System};

use super::config::{Config, truthy};

/// The key that `LiteLLM` 1.109.1 refuses to start with (`proxy/auth/master_key_boot_check.py` lists
/// its hash), and its kin from tutorials.
pub(super) const WEAK_KEYS: &[&str] = &[
    "sk-1234",
    "sk-12345",
    "sk-123456",
    "sk-123",
    "1234",
    "sk-master",
    "sk-test",
    "test",
    "changeme",
    "sk-changeme",
    "password",
    "admin",
];

/// Reads the gateway's own settings.
pub(super) fn read(config: &Config<'_>, system: &mut System) -> GatewayId {
    let database = config.general.get("database_url").map(|node| setting(node, system));
    let redis = ["redis_host", "redis_url", "redis_startup_nodes"]
        .iter()
        .find_map(|key| config.router.get(key));
    let shared_state = redis
        .or_else(|| config.general.get("coordination_redis"))
        .map(|node| setting(node, system));
    let callbacks = ["success_callback", "callbacks", "failure_callback", "service_callbacks"]
        .iter()
        .find_map(|key| config.litellm.get(key).filter(|node| truthy(node)));
    let alerting = config.general.get("alerting").filter(|node| truthy(node));
    let per_user = [
        "max_internal_user_budget",
        "max_end_user_budget",
        "max_end_user_budget_id",
        "default_internal_user_params",
        "upperbound_key_generate_params",
        "default_team_settings",
        "default_team_params",
        "max_user_budget",
    ]
    .iter()
    .find_map(|key| config.litellm.get(key));
    let closed = config.general.is_on("fail_closed_rate_limit_enforcement")
        || config.general.is_on("fail_closed_budget_enforcement");
    let gateway = Gateway {
        dialect: Dialect::Litellm,
        place: config.place(),
        auth: auth(config, system),
        traces: found(callbacks),
        alerting: found(alerting),
        prompts_logged: config
            .general
            .get("store_prompts_in_spend_logs")
            .filter(|node| truthy(node))
            .map(|node| node.place.clone()),
        debug: debug(config).map(|node| node.place.clone()),
        path_services: if closed {
            shared_state.iter().cloned().collect()
        } else {
            Vec::new()
        },
        shared_state,
        database,
        cancels_on_disconnect: config
            .general
            .get("cancel_on_disconnect")
            .map(|node| Setting::written(truthy(node), node.place.clone())),
        run_by: Vec::new(),
        addresses: Vec::new(),
        judged: Setting::default_of(false, Dialect::Litellm),
        per_user_limits: found(per_user),
    };
    system.add_gateway(gateway)
}

fn found(node: Option<&Node>) -> Setting<bool> {
    node.map_or_else(
        || Setting::default_of(false, Dialect::Litellm),
        |node| Setting::written(true, node.place.clone()),
    )
}

/// A value for people; a reference to the environment is noted as a need and shown as `$NAME`.
fn setting(node: &Node, system: &mut System) -> Setting<String> {
    let text = node.as_str().unwrap_or("redis");
    if let Some(variable) = text.strip_prefix("os.environ/") {
        system.variables.need(variable, node.place.clone());
        return Setting::written(format!("${variable}"), node.place.clone());
    }
    // A connection string holds a password: only its host is kept.
    let host = crate::system::providers::host_of(text).unwrap_or_else(|| "database".to_owned());
    Setting::written(host, node.place.clone())
}

fn auth(config: &Config<'_>, system: &mut System) -> Auth {
    let custom = [
        "custom_auth",
        "enable_jwt_auth",
        "enable_oauth2_auth",
        "enable_oauth2_proxy_auth",
    ]
    .iter()
    .find_map(|key| config.general.get(key).filter(|node| truthy(node)));
    let from_block = config
        .top("environment_variables")
        .and_then(|block| block.get("LITELLM_MASTER_KEY"));
    let Some(node) = config.general.get("master_key").or(from_block) else {
        return custom.map_or(Auth::Missing(None), |node| Auth::Key(node.place.clone()));
    };
    let text = node.scalar_text().unwrap_or_default();
    if let Some(variable) = text.strip_prefix("os.environ/") {
        system.variables.need(variable, node.place.clone());
        return Auth::Key(node.place.clone());
    }
    if text.is_empty() {
        return Auth::Missing(Some(node.place.clone()));
    }
    if WEAK_KEYS.contains(&text.as_str()) {
        Auth::Weak(node.place.clone())
    } else {
        Auth::Literal(node.place.clone())
    }
}

/// Where debug logging is on: `set_verbose`, or `LITELLM_LOG: DEBUG`.
fn debug<'a>(config: &Config<'a>) -> Option<&'a Node> {
    let log = config
        .top("environment_variables")
        .and_then(|block| block.get("LITELLM_LOG"))
        .filter(|node| node.as_str().is_some_and(|text| text.eq_ignore_ascii_case("debug")));
    let verbose = [config.litellm.get("set_verbose"), config.router.get("set_verbose")]
        .into_iter()
        .flatten()
        .find(|node| truthy(node));
    let level = config
        .router
        .get("debug_level")
        .filter(|node| node.as_str() == Some("DEBUG"));
    verbose.or(level).or(log)
}

//! Whether `rpm`, `tpm` and budgets limit anything.

use crate::source::Node;
use crate::system::{Budget, Limit, LimitKind, Scope, Setting, units};

use super::config::Config;

/// Whether the router holds deployments to their `rpm` and `tpm`. Under `simple-shuffle` they are
/// pick weights only; a `usage-based-routing` strategy or the pre-call check
/// `enforce_model_rate_limits` makes them limits (`LiteLLM` 1.109.1, `router_python_core.py`).
pub(super) fn rates_enforced(config: &Config<'_>) -> Result<(), String> {
    let strategy = config
        .router
        .get("routing_strategy")
        .and_then(Node::as_str)
        .unwrap_or("simple-shuffle");
    if strategy.starts_with("usage-based-routing") || has_check(config, "enforce_model_rate_limits") {
        return Ok(());
    }
    Err(format!(
        "under `routing_strategy: {strategy}` they only weigh which deployment is picked"
    ))
}

fn has_check(config: &Config<'_>, name: &str) -> bool {
    config
        .router
        .get("optional_pre_call_checks")
        .is_some_and(|list| list.items().any(|item| item.as_str() == Some(name)))
}

/// The limits of one route's deployments with what enforces them, and the gateway's own.
pub(super) fn limits<'a>(config: &Config<'_>, deployments: impl Iterator<Item = &'a Limit>) -> Vec<Limit> {
    let enforced = rates_enforced(config);
    let mut limits: Vec<Limit> = deployments
        .map(|limit| Limit {
            enforced: if limit.kind == LimitKind::Parallel {
                Ok(())
            } else {
                enforced.clone()
            },
            ..limit.clone()
        })
        .collect();
    for key in ["global_max_parallel_requests", "max_parallel_requests"] {
        if let Some((node, amount)) = config.general.get(key).and_then(|node| Some((node, node.as_f64()?))) {
            limits.push(Limit {
                kind: LimitKind::Parallel,
                amount: Setting::written(amount, node.place.clone()),
                period: std::time::Duration::ZERO,
                scope: if key.starts_with("global") {
                    Scope::Everyone
                } else {
                    Scope::Key
                },
                enforced: Ok(()),
            });
        }
    }
    limits
}

/// The gateway's own budgets: for everybody, for users, for teams, for providers.
pub(super) fn budgets(config: &Config<'_>, has_database: bool) -> Vec<Budget> {
    let mut budgets = Vec::new();
    let stored = |what: &str| {
        if has_database {
            Ok(())
        } else {
            Err(format!(
                "{what} is counted in a database and none is in view: LiteLLM 1.109.1 then only warns at start"
            ))
        }
    };
    let section = config.litellm;
    let sums = [
        ("max_budget", "budget_duration", Scope::Everyone),
        ("max_internal_user_budget", "internal_user_budget_duration", Scope::User),
        ("max_end_user_budget", "budget_duration", Scope::User),
        ("max_user_budget", "budget_duration", Scope::User),
    ];
    for (key, period_key, scope) in sums {
        let Some((node, usd)) = section
            .get(key)
            .and_then(|node| Some((node, number(node)?)))
            .filter(|(_, usd)| *usd > 0.0)
        else {
            continue;
        };
        let period = section.get(period_key);
        let enforced = if key == "max_budget" && period.is_none() {
            Err("`budget_duration` is not set, and both are needed".to_owned())
        } else {
            stored(&format!("`{key}`"))
        };
        budgets.push(budget(node, usd, period, scope, enforced));
    }
    for (block, scope) in [
        ("default_internal_user_params", Scope::User),
        ("upperbound_key_generate_params", Scope::Key),
        ("default_team_params", Scope::Tenant),
    ] {
        let Some(params) = section.get(block) else { continue };
        if let Some((node, usd)) = params.get("max_budget").and_then(|node| Some((node, number(node)?))) {
            budgets.push(budget(
                node,
                usd,
                params.get("budget_duration"),
                scope,
                stored(&format!("`{block}.max_budget`")),
            ));
        }
    }
    for team in section.get("default_team_settings").into_iter().flat_map(Node::items) {
        if let Some((node, usd)) = team.get("max_budget").and_then(|node| Some((node, number(node)?))) {
            budgets.push(budget(
                node,
                usd,
                team.get("budget_duration"),
                Scope::Tenant,
                stored("a team's budget"),
            ));
        }
    }
    for entry in config
        .router
        .get("provider_budget_config")
        .into_iter()
        .flat_map(Node::entries)
    {
        let sum = entry
            .value
            .get("budget_limit")
            .or_else(|| entry.value.get("max_budget"));
        if let Some((node, usd)) = sum.and_then(|node| Some((node, number(node)?))) {
            let period = entry
                .value
                .get("time_period")
                .or_else(|| entry.value.get("budget_duration"));
            budgets.push(budget(node, usd, period, Scope::Provider, Ok(())));
        }
    }
    budgets
}

/// A deployment's own budget, which the router counts itself.
pub(super) fn deployment_budget(params: &Node) -> Option<Budget> {
    let node = params.get("max_budget")?;
    let period = params.get("budget_duration");
    let enforced = if period.is_some() {
        Ok(())
    } else {
        Err("`budget_duration` is not set, and both are needed".to_owned())
    };
    Some(budget(node, number(node)?, period, Scope::Deployment, enforced))
}

fn budget(node: &Node, usd: f64, period: Option<&Node>, scope: Scope, enforced: Result<(), String>) -> Budget {
    let period = period.and_then(|node| Some(Setting::written(units::duration(node.as_str()?)?, node.place.clone())));
    Budget {
        usd: Setting::written(usd, node.place.clone()),
        period,
        scope,
        enforced,
    }
}

/// A number, also where it is written as text.
fn number(node: &Node) -> Option<f64> {
    node.as_f64().or_else(|| node.as_str()?.trim().parse().ok())
}

//! Routes: what happens to a request, with the defaults of `aisys serve`.

use std::time::Duration;

use crate::source::Node;
use crate::system::{
    Attempt, Backoff, Branch, Budget, Cache, CacheKind, Cooldown, Fallback, FallbackKind, GatewayId, Hedge, Limit,
    LimitKind, Mode, Origin, Plan, Policy, ProductDefault, Retry, Route, Scope, Setting, System, Wait, units,
};

use super::models::Models;
use super::{AISYS, check};

const FIRST_TOKEN: Duration = Duration::from_secs(4);
const BETWEEN_TOKENS: Duration = Duration::from_secs(3);
const TOTAL: Duration = Duration::from_secs(30);
const DEADLINE: Duration = Duration::from_secs(7);
const CONNECT: Duration = Duration::from_secs(1);
const RETRY_BUDGET: f64 = 0.1;
const HEDGE: Hedge = Hedge {
    quantile: 0.95,
    share: 0.05,
};
const COOLDOWN: Cooldown = Cooldown {
    enabled: true,
    allowed_fails: Some(3),
    time: Duration::from_secs(30),
};

/// Reads all routes. The deadline bounds the time to the first useful byte, retries and fallbacks
/// included.
pub(super) fn read(root: &Node, gateway: GatewayId, models: &Models<'_>, system: &mut System) {
    let deadline = duration(root.get("deadline")).unwrap_or_else(|| Setting::default_of(DEADLINE, AISYS));
    for entry in root.get("routes").into_iter().flat_map(Node::entries) {
        let node = &entry.value;
        let uses: Vec<&Node> = match node.get("use") {
            Some(uses) if uses.as_map().is_some() => ["easy", "hard"].iter().filter_map(|key| uses.get(key)).collect(),
            Some(uses) => vec![uses],
            None => continue,
        };
        let own: Vec<(f64, Plan)> = uses
            .iter()
            .filter_map(|uses| Some((1.0, group(node, &uses.scalar_text()?, models)?)))
            .collect();
        let first = match own.len() {
            0 => continue,
            1 => own.into_iter().next().map(|(_, plan)| plan),
            // The router decides; when one model is gone its questions go the way of the fallbacks.
            _ => Some(Plan::Pick {
                branches: own,
                ejects: false,
            }),
        };
        let Some(first) = first else { continue };
        let (plan, fallbacks, members) = with_fallbacks(node, first, models, &deadline);
        let route = Route {
            name: entry.key.text.clone(),
            dialect: AISYS,
            places: vec![entry.key.place.clone()],
            gateway: Some(gateway),
            call: None,
            mode: Mode::Chat,
            wildcard: false,
            catch_all: false,
            members,
            fallbacks,
            plan,
            policy: policy(node, &deadline),
        };
        system.add_route(route);
    }
}

fn duration(node: Option<&Node>) -> Option<Setting<Duration>> {
    let node = node?;
    Some(Setting::written(units::duration(node.as_str()?)?, node.place.clone()))
}

/// The deployments of a model: one is picked, a sick one is left out, a failure tries another.
fn group(route: &Node, name: &str, models: &Models<'_>) -> Option<Plan> {
    let members = models.get(name);
    let mut branches: Vec<(f64, Plan)> = members
        .iter()
        .map(|(weight, deployment)| {
            let limit = |key: &str, default: Duration| {
                duration(route.at(&["timeouts", key]))
                    .unwrap_or_else(|| Setting::default_of(default, AISYS))
                    .map(Some)
            };
            let cap = route
                .at(&["limits", "output_tokens"])
                .and_then(|node| Some(Setting::written(node.as_u64()?, node.place.clone())));
            let attempt = Plan::Try(Attempt {
                deployment: *deployment,
                timeout: limit("total", TOTAL),
                first_token: limit("first_token", FIRST_TOKEN),
                idle: limit("between_tokens", BETWEEN_TOKENS),
                max_output_tokens: cap,
            });
            (*weight, attempt)
        })
        .collect();
    let plan = match branches.len() {
        0 => return None,
        1 => branches.remove(0).1,
        _ => Plan::Pick { branches, ejects: true },
    };
    let retries = route
        .at(&["retries", "attempts"])
        .and_then(|node| {
            Some(Setting::written(
                u32::try_from(node.as_u64()?).ok()?,
                node.place.clone(),
            ))
        })
        .unwrap_or_else(|| Setting::default_of(1, AISYS));
    Some(Plan::Retry(Box::new(Retry {
        plan,
        retries,
        backoff: Backoff {
            initial: Duration::from_millis(200),
            factor: 2.0,
            floor: Duration::ZERO,
            max: Duration::from_secs(2),
            jitter: Duration::ZERO,
            jittered: true,
            after_last: false,
            retry_after: Some(Wait::AtMost(Duration::from_secs(2))),
            origin: Origin::Default(ProductDefault::of(AISYS)),
        },
        on_timeout: true,
        statuses: None,
        layer: "aisys",
    })))
}

/// The route's own models, then each fallback, then the degraded answer, all within the deadline.
fn with_fallbacks(
    node: &Node,
    first: Plan,
    models: &Models<'_>,
    deadline: &Setting<Duration>,
) -> (Plan, Vec<Fallback>, Vec<crate::system::DeploymentId>) {
    let members = first.deployments();
    let mut fallbacks = Vec::new();
    let mut branches = vec![Branch {
        plan: first,
        route: None,
        because: None,
    }];
    for target in node.get("fallback").into_iter().flat_map(Node::items) {
        let Some(name) = target.scalar_text() else { continue };
        let plan = group(node, &name, models);
        // A model that the route uses already was tried.
        let again = plan
            .as_ref()
            .is_some_and(|plan| plan.deployments().iter().all(|id| members.contains(id)));
        fallbacks.push(Fallback {
            name,
            place: target.place.clone(),
            target: None,
            deployment: plan.as_ref().and_then(|plan| plan.deployments().first().copied()),
            kind: FallbackKind::Any,
            catch_all: false,
            unreachable: again.then(|| "the route itself uses this model, so it has been tried".to_owned()),
        });
        if let Some(plan) = plan.filter(|_| !again) {
            branches.push(Branch {
                plan,
                route: None,
                because: Some(Setting::written((), target.place.clone())),
            });
        }
    }
    if let Some(text) = node.get("degraded") {
        branches.push(Branch {
            plan: Plan::Degraded(Setting::written((), text.place.first_line())),
            route: None,
            because: Some(Setting::written((), text.place.first_line())),
        });
    }
    let inside = if branches.len() == 1 {
        branches.remove(0).plan
    } else {
        Plan::First(branches)
    };
    let plan = Plan::Within {
        limit: deadline.clone().map(Some),
        plan: Box::new(inside),
    };
    (plan, fallbacks, members)
}

fn policy(node: &Node, deadline: &Setting<Duration>) -> Policy {
    let number = |path: &[&str]| {
        let node = node.at(path)?;
        Some(Setting::written(node.as_u64()?, node.place.clone()))
    };
    let input = number(&["limits", "input_tokens"]);
    let judge = node.get("judge");
    Policy {
        cooldown: Setting::default_of(COOLDOWN, AISYS),
        health_checks: Setting::default_of(true, AISYS),
        cache: cache(node),
        budgets: budget(node).into_iter().collect(),
        limits: limits(node),
        context_check: input.as_ref().map_or_else(
            || Setting::default_of(true, AISYS),
            |input| Setting {
                value: true,
                origin: input.origin.clone(),
            },
        ),
        max_input_tokens: input,
        deadline: Some(deadline.clone()),
        retrieval: node.get("retrieval").map(|retrieval| {
            let whole = |key: &str, default: u64| retrieval.get(key).and_then(Node::as_u64).unwrap_or(default);
            Setting::written(
                (whole("top_k", 5), whole("chunk_tokens", 400)),
                retrieval.place.first_line(),
            )
        }),
        judged: judge.map(|judge| Setting::written(true, judge.place.first_line())),
        judge: judge
            .and_then(|judge| judge.get("model"))
            .and_then(|model| Some(Setting::written(model.scalar_text()?, model.place.clone()))),
        connect: duration(node.at(&["timeouts", "connect"])).or(Some(Setting::default_of(CONNECT, AISYS))),
        retry_budget: share(node.at(&["retries", "budget"])).or(Some(Setting::default_of(RETRY_BUDGET, AISYS))),
        degraded: node
            .get("degraded")
            .and_then(|text| Some(Setting::written(text.scalar_text()?, text.place.first_line()))),
        hedge: node.get("hedge").map(|hedge| {
            let said = |key: &str, default: f64| share(hedge.get(key)).map_or(default, |share| share.value);
            Setting::written(
                Hedge {
                    quantile: said("after", HEDGE.quantile),
                    share: said("share", HEDGE.share),
                },
                hedge.place.first_line(),
            )
        }),
        ..Policy::bare(AISYS)
    }
}

/// A share such as `10%`.
fn share(node: Option<&Node>) -> Option<Setting<f64>> {
    let node = node?;
    let value = check::share(&node.scalar_text()?)?;
    Some(Setting::written(value, node.place.clone()))
}

fn cache(node: &Node) -> Setting<Option<Cache>> {
    let Some(cache) = node.get("cache") else {
        return Setting::default_of(None, AISYS);
    };
    let semantic = cache.get("semantic");
    let Some(block) = semantic.or_else(|| cache.get("exact")) else {
        return Setting::written(None, cache.place.first_line());
    };
    let scope = block.get("per").map_or_else(
        || Setting::default_of(Scope::Tenant, AISYS),
        |per| {
            let scope = match per.as_str() {
                Some("user") => Scope::User,
                Some("key") => Scope::Key,
                Some("everyone") => Scope::Everyone,
                _ => Scope::Tenant,
            };
            Setting::written(scope, per.place.clone())
        },
    );
    Setting::written(
        Some(Cache {
            kind: CacheKind::Process,
            name: if semantic.is_some() { "semantic" } else { "exact" }.to_owned(),
            semantic: semantic.is_some(),
            threshold: block
                .get("threshold")
                .and_then(|node| Some(Setting::written(node.as_f64()?, node.place.clone()))),
            ttl: duration(block.get("ttl")),
            scope,
            store: None,
        }),
        block.place.first_line(),
    )
}

fn budget(node: &Node) -> Option<Budget> {
    let usd = node.at(&["budget", "usd"])?;
    let per = node.at(&["budget", "per"]);
    Some(Budget {
        usd: Setting::written(usd.as_f64()?, usd.place.clone()),
        period: per.and_then(|per| Some(Setting::written(check::period(per.as_str()?)?, per.place.clone()))),
        scope: Scope::Route,
        enforced: Ok(()),
    })
}

fn limits(node: &Node) -> Vec<Limit> {
    [
        ("requests_per_minute", LimitKind::Requests),
        ("tokens_per_minute", LimitKind::Tokens),
    ]
    .into_iter()
    .filter_map(|(key, kind)| {
        let amount = node.at(&["limits", key])?;
        Some(Limit {
            kind,
            amount: Setting::written(amount.as_f64()?, amount.place.clone()),
            period: Duration::from_secs(60),
            scope: Scope::Route,
            enforced: Ok(()),
        })
    })
    .collect()
}

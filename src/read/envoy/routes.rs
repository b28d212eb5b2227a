//! The rules of an `AIGatewayRoute`: models, backends by priority, and the path between them.

use std::time::Duration;

use crate::source::Node;
use crate::system::prices::Prices;
use crate::system::{
    Attempt, Branch, DeploymentId, Fallback, FallbackKind, GatewayId, Mode, Plan, Policy, Retry, Route, Setting, System,
};

use super::resources::{self, Resources};
use super::traffic::{self, Failover, Traffic};
use super::{ENVOY, limits};

/// "Envoy AI Gateway defaults to set 60s for the request timeout as opposed to 15s of the Envoy
/// Gateway's default value" (`ai_gateway_route.go`).
const REQUEST: Duration = Duration::from_secs(60);
/// Deployments of one file: a file made to explode must cost no more than a real one.
const MOST_DEPLOYMENTS: usize = 20_000;
/// `MaxItems` of `backendRefs` and `rules` (`ai_gateway_route.go`).
const MOST_ITEMS: usize = 128;
/// Attempts at changing priorities are written out one by one up to this many.
const MOST_ATTEMPTS: u32 = 64;

/// A backend with what names it.
struct Backend<'a> {
    reference: &'a Node,
    id: DeploymentId,
    priority: u64,
    weight: f64,
}

/// Reads all rules of the file's own routes.
pub(super) fn read(resources: &Resources<'_>, gateway: GatewayId, prices: &Prices, system: &mut System) {
    for route in resources.own("AIGatewayRoute") {
        let traffic = traffic::of_route(resources, route);
        let rules = route.at(&["spec", "rules"]).into_iter().flat_map(Node::items);
        for rule in rules.take(MOST_ITEMS) {
            for model in models(route, rule) {
                if system.deployments.len() >= MOST_DEPLOYMENTS {
                    return;
                }
                let backends = backends(
                    resources,
                    resources::namespace(route),
                    rule,
                    &model.name,
                    prices,
                    system,
                );
                if backends.is_empty() {
                    continue;
                }
                let compiled = compiled(rule, route, traffic, &model, &backends, gateway, system);
                system.add_route(compiled);
            }
        }
    }
}

/// A name that a rule matches.
struct Matched {
    name: Setting<String>,
    places: Vec<crate::source::Place>,
    wildcard: bool,
    catch_all: bool,
}

/// The models that a rule serves: the values of `x-ai-eg-model`. A rule without matches serves all.
fn models(route: &Node, rule: &Node) -> Vec<Matched> {
    let mut models: Vec<Matched> = Vec::new();
    for matched in rule.get("matches").into_iter().flat_map(Node::items).take(MOST_ITEMS) {
        for header in matched.get("headers").into_iter().flat_map(Node::items) {
            let named = header.get("name").and_then(Node::as_str);
            if named.is_none_or(|name| !name.eq_ignore_ascii_case("x-ai-eg-model")) {
                continue;
            }
            let Some((node, text)) = header.get("value").and_then(|node| Some((node, node.as_str()?))) else {
                continue;
            };
            if let Some(known) = models.iter_mut().find(|known| known.name.value == text) {
                known.places.push(node.place.clone());
                continue;
            }
            let regular = header.get("type").and_then(Node::as_str) == Some("RegularExpression");
            models.push(Matched {
                name: Setting::written(text.to_owned(), node.place.clone()),
                places: vec![node.place.clone()],
                wildcard: regular,
                catch_all: regular && matches!(text, ".*" | ".+"),
            });
        }
    }
    if models.is_empty() {
        let place = resources::place(route);
        models.push(Matched {
            name: Setting::derived(resources::name(route).to_owned(), "the rule serves every model"),
            places: vec![place],
            wildcard: true,
            catch_all: true,
        });
    }
    models
}

fn backends<'a>(
    resources: &Resources<'_>,
    namespace: &str,
    rule: &'a Node,
    model: &Setting<String>,
    prices: &Prices,
    system: &mut System,
) -> Vec<Backend<'a>> {
    let references = rule.get("backendRefs").into_iter().flat_map(Node::items);
    let mut backends: Vec<Backend<'_>> = references
        .take(MOST_ITEMS)
        .filter(|reference| reference.get("name").is_some())
        .map(|reference| Backend {
            reference,
            id: super::backends::deployment(resources, namespace, reference, model, prices, system),
            priority: reference.get("priority").and_then(Node::as_u64).unwrap_or(0),
            weight: reference.get("weight").and_then(Node::as_f64).unwrap_or(1.0),
        })
        .collect();
    backends.sort_by_key(|backend| backend.priority);
    backends
}

fn compiled(
    rule: &Node,
    route: &Node,
    traffic: Traffic<'_>,
    model: &Matched,
    backends: &[Backend<'_>],
    gateway: GatewayId,
    system: &System,
) -> Route {
    let times = Times::of(rule, traffic);
    let groups: Vec<&[Backend<'_>]> = backends.chunk_by(|a, b| a.priority == b.priority).collect();
    let plans: Vec<Plan> = groups.iter().map(|group| group_plan(group, &times, traffic)).collect();
    let failover = traffic.failover();
    let because: Vec<Option<Setting<()>>> = groups
        .iter()
        .map(|group| {
            let node = group[0]
                .reference
                .get("priority")
                .or_else(|| group[0].reference.get("name"))?;
            Some(Setting::written((), node.place.clone()))
        })
        .collect();
    let plan = match &failover {
        Failover::Within(attempts) if plans.len() > 1 => in_turns(&plans, &because, *attempts, traffic),
        Failover::Ejected if plans.len() > 1 => {
            let weighed = plans.iter().enumerate();
            let branches = weighed
                .map(|(at, plan)| (if at == 0 { 1.0 } else { 0.0 }, plan.clone()))
                .collect();
            repeated(Plan::Pick { branches, ejects: true }, traffic)
        }
        _ => repeated(plans[0].clone(), traffic),
    };
    let unreachable = match failover {
        Failover::Never(why) => Some(why),
        _ => None,
    };
    let fallbacks = groups
        .iter()
        .skip(1)
        .flat_map(|group| group.iter())
        .filter_map(|backend| {
            let node = backend.reference.get("name")?;
            Some(Fallback {
                name: node.as_str()?.to_owned(),
                place: node.place.clone(),
                target: None,
                deployment: Some(backend.id),
                kind: FallbackKind::Any,
                catch_all: false,
                unreachable: unreachable.clone(),
            })
        });
    let mut limited = limits::of_traffic(traffic, route);
    for backend in backends {
        limited.extend(system.deployment(backend.id).limits.iter().cloned());
    }
    Route {
        name: model.name.value.clone(),
        dialect: ENVOY,
        places: model.places.clone(),
        gateway: Some(gateway),
        call: None,
        mode: mode(backends, system),
        wildcard: model.wildcard,
        catch_all: model.catch_all,
        members: groups[0].iter().map(|backend| backend.id).collect(),
        fallbacks: fallbacks.collect(),
        plan: Plan::Within {
            limit: times.request,
            plan: Box::new(plan),
        },
        policy: Policy {
            cooldown: traffic.cooldown(),
            health_checks: traffic.health_checks(),
            limits: limited,
            fallback_statuses: traffic.statuses(),
            ..Policy::bare(ENVOY)
        },
    }
}

/// What the models do, as far as the price table knows.
fn mode(backends: &[Backend<'_>], system: &System) -> Mode {
    let facts = backends.iter().find_map(|it| system.deployment(it.id).facts.as_ref());
    match facts.map(|facts| facts.mode.as_str()) {
        Some("embedding") => Mode::Embedding,
        Some("rerank") => Mode::Rerank,
        Some("chat" | "completion" | "responses" | "") | None => Mode::Chat,
        Some(_) => Mode::Other,
    }
}

/// The limits of a rule.
struct Times {
    request: Setting<Option<Duration>>,
    attempt: Setting<Option<Duration>>,
    idle: Setting<Option<Duration>>,
}

impl Times {
    /// A request has 60 s unless the rule says otherwise, a stream's whole answer included; one attempt
    /// has `perRetry.timeout`, else `backendRequest`, else all of it; a silence `streamIdleTimeout`.
    fn of(rule: &Node, traffic: Traffic<'_>) -> Self {
        let request = rule
            .at(&["timeouts", "request"])
            .and_then(traffic::time)
            .unwrap_or_else(|| Setting::default_of(Some(REQUEST), ENVOY));
        let attempt = traffic
            .per_try()
            .or_else(|| rule.at(&["timeouts", "backendRequest"]).and_then(traffic::time))
            .unwrap_or_else(|| request.clone());
        let idle = rule
            .get("streamIdleTimeout")
            .and_then(traffic::time)
            .filter(|idle| idle.value.is_some())
            .unwrap_or_else(|| attempt.clone());
        Self { request, attempt, idle }
    }
}

/// The backends of one priority: one is picked by weight.
fn group_plan(group: &[Backend<'_>], times: &Times, traffic: Traffic<'_>) -> Plan {
    let attempt = |backend: &Backend<'_>| {
        Plan::Try(Attempt {
            deployment: backend.id,
            timeout: times.attempt.clone(),
            first_token: times.idle.clone(),
            idle: times.idle.clone(),
            max_output_tokens: None,
        })
    };
    // A backend without weight gets no request, unless none has any.
    let mut picked: Vec<&Backend<'_>> = group.iter().filter(|backend| backend.weight > 0.0).collect();
    if picked.is_empty() {
        picked = group.iter().collect();
    }
    match picked.as_slice() {
        [only] => attempt(only),
        many => Plan::Pick {
            branches: many.iter().map(|backend| (backend.weight, attempt(backend))).collect(),
            ejects: traffic.ejects(),
        },
    }
}

fn repeated(plan: Plan, traffic: Traffic<'_>) -> Plan {
    times_more(plan, traffic.retries(), traffic)
}

fn times_more(plan: Plan, retries: Setting<u32>, traffic: Traffic<'_>) -> Plan {
    Plan::Retry(Box::new(Retry {
        plan,
        retries,
        backoff: traffic.backoff(),
        on_timeout: traffic.retries_timeouts(),
        statuses: traffic.statuses(),
        layer: "Envoy",
    }))
}

/// All attempts of a request, so many at each priority in turn. After the last priority Envoy begins
/// with the first again (`previous_priorities`).
fn in_turns(plans: &[Plan], because: &[Option<Setting<()>>], attempts: u32, traffic: Traffic<'_>) -> Plan {
    let retries = traffic.retries();
    let mut left = retries.value.saturating_add(1).min(MOST_ATTEMPTS);
    let mut branches: Vec<Branch> = Vec::new();
    while left > 0 {
        let at = branches.len() % plans.len();
        let here = attempts.min(left);
        left -= here;
        let more = retries.as_ref().map(|_| here - 1);
        branches.push(Branch {
            plan: times_more(plans[at].clone(), more, traffic),
            route: None,
            because: (!branches.is_empty()).then(|| because[at].clone()).flatten(),
        });
    }
    match branches.len() {
        1 => branches.remove(0).plan,
        _ => Plan::First(branches),
    }
}

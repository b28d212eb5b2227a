//! What happens to a request that an AI plugin takes: which target, how often, for how long.

use std::time::Duration;

use crate::source::{Node, Place};
use crate::system::prices::Prices;
use crate::system::{
    Attempt, Backoff, Branch, Cooldown, DeploymentId, Fallback, FallbackKind, GatewayId, Mode, Origin, Plan, Policy,
    ProductDefault, Retry, Route, Setting, System, units,
};

use super::plugins::{Plugin, Plugins};
use super::{KONG, limits, targets};

/// `retries` of `balancer` and of the `services` entity (schema defaults of both).
const RETRIES: u32 = 5;
/// `connect_timeout`, `read_timeout` and `write_timeout` of both: 60,000 ms.
const TIMEOUT: Duration = Duration::from_secs(60);
/// `weight` of a target.
const WEIGHT: f64 = 100.0;
/// `fail_timeout` of `balancer`, in milliseconds.
const FAIL_TIMEOUT: u64 = 10_000;
/// A file made to explode must cost no more than a real one.
const MOST_ROUTES: usize = 5_000;
const MOST_TARGETS: usize = 64;

/// A target with its weight.
struct Target<'a> {
    node: &'a Node,
    id: DeploymentId,
    weight: f64,
}

/// Reads one route for each AI plugin.
pub(super) fn read(plugins: &Plugins<'_>, gateway: GatewayId, prices: &Prices, system: &mut System) {
    for plugin in plugins.ai().take(MOST_ROUTES) {
        let targets: Vec<Target<'_>> = targets::targets(plugin.node)
            .into_iter()
            .take(MOST_TARGETS)
            .map(|node| Target {
                node,
                id: targets::deployment(node, prices, system),
                weight: node.get("weight").and_then(Node::as_f64).unwrap_or(WEIGHT),
            })
            .collect();
        if targets.is_empty() {
            continue;
        }
        let route = route(plugins, plugin, &targets, gateway, system);
        system.add_route(route);
    }
}

fn route(
    plugins: &Plugins<'_>,
    plugin: &Plugin<'_>,
    targets: &[Target<'_>],
    gateway: GatewayId,
    system: &System,
) -> Route {
    let balancer = Balancer::of(plugin);
    let groups = groups(&balancer, targets);
    let (plan, unreachable) = balancer.plan(&groups, system);
    let reserve = groups.iter().skip(1).flatten().map(|target| {
        let node = target.node.at(&["model", "name"]).unwrap_or(target.node);
        Fallback {
            name: system.deployment(target.id).name.clone(),
            place: node.place.clone(),
            target: None,
            deployment: Some(target.id),
            kind: FallbackKind::Any,
            catch_all: false,
            unreachable: unreachable.clone(),
        }
    });
    let (name, place) = named(plugin);
    let providers: Vec<&str> = targets
        .iter()
        .filter_map(|target| target.node.at(&["model", "provider"])?.as_str())
        .collect();
    let around = plugins.around(plugin);
    let mut policy = Policy {
        cooldown: balancer.cooldown(),
        max_request_bytes: balancer
            .config
            .and_then(|config| config.get("max_request_body_size"))
            .and_then(|node| Some(Setting::written(node.as_u64()?, node.place.clone()))),
        fallback_statuses: (targets.len() > 1).then(|| balancer.statuses()),
        ..Policy::bare(KONG)
    };
    for other in around {
        limits::add(other, &providers, &mut policy);
    }
    Route {
        name,
        dialect: KONG,
        places: vec![place],
        gateway: Some(gateway),
        call: None,
        mode: targets.first().map_or(Mode::Chat, |target| targets::mode(target.node)),
        wildcard: plugin.covered.is_none(),
        catch_all: plugin.covered.is_none(),
        members: groups[0].iter().map(|target| target.id).collect(),
        fallbacks: reserve.collect(),
        plan,
        policy,
    }
}

/// What callers know the plugin by: the route or service that it covers, its own name, all routes.
fn named(plugin: &Plugin<'_>) -> (String, Place) {
    let own = plugin.node.get("instance_name");
    match plugin.covered.or(own).and_then(|node| Some((node, node.as_str()?))) {
        Some((node, text)) => (text.to_owned(), node.place.clone()),
        None => ("every route".to_owned(), plugin.place()),
    }
}

/// The targets that are tried side by side. The algorithm `priority` prefers the targets of the highest
/// weight and goes on to the next ones when all of them have failed (developer.konghq.com,
/// "Load balancing algorithms"); all others pick among all.
fn groups<'t, 'n>(balancer: &Balancer<'_>, targets: &'t [Target<'n>]) -> Vec<Vec<&'t Target<'n>>> {
    let mut sorted: Vec<&Target<'_>> = targets.iter().collect();
    if balancer.get("algorithm").and_then(Node::as_str) != Some("priority") {
        return vec![sorted];
    }
    sorted.sort_by(|a, b| b.weight.total_cmp(&a.weight));
    sorted
        .chunk_by(|a, b| a.weight.total_cmp(&b.weight).is_eq())
        .map(<[&Target<'_>]>::to_vec)
        .collect()
}

/// `config.balancer` of `ai-proxy-advanced`; for `ai-proxy` the service's own settings.
struct Balancer<'a> {
    block: Option<&'a Node>,
    config: Option<&'a Node>,
}

impl<'a> Balancer<'a> {
    fn of(plugin: &Plugin<'a>) -> Self {
        let config = plugin.node.get("config");
        let block = if plugin.name == "ai-proxy" {
            plugin.service_node
        } else {
            config.and_then(|config| config.get("balancer"))
        };
        Self { block, config }
    }

    fn get(&self, key: &str) -> Option<&'a Node> {
        self.block?.get(key)
    }

    fn criteria(&self) -> Vec<&'a str> {
        match self.get("failover_criteria") {
            Some(list) => list.items().filter_map(Node::as_str).collect(),
            None => vec!["error", "timeout"],
        }
    }

    /// Whether a prompt that a target has received goes on to another one. A prompt is a POST, and nginx
    /// passes none on once it was sent, unless `non_idempotent` is among the criteria
    /// (`proxy_next_upstream`).
    fn passes_on(&self) -> bool {
        self.criteria().contains(&"non_idempotent")
    }

    /// The circuit breaker, which is off unless `max_fails` is above 0.
    fn cooldown(&self) -> Setting<Cooldown> {
        let fails = self.get("max_fails").and_then(|node| Some((node, node.as_u64()?)));
        let time = self.get("fail_timeout").and_then(Node::as_u64).unwrap_or(FAIL_TIMEOUT);
        let cooldown = |enabled, allowed_fails| Cooldown {
            enabled,
            allowed_fails,
            time: Duration::from_millis(time),
        };
        match fails {
            Some((node, fails)) => Setting::written(cooldown(fails > 0, Some(fails)), node.place.clone()),
            None => Setting::default_of(cooldown(false, None), KONG),
        }
    }

    fn statuses(&self) -> Setting<Vec<u16>> {
        let listed = self.criteria();
        let statuses = listed
            .iter()
            .filter(|_| self.passes_on())
            .filter_map(|criterion| criterion.strip_prefix("http_")?.parse().ok())
            .collect();
        match self.get("failover_criteria") {
            Some(node) => Setting::written(statuses, node.place.clone()),
            None => Setting::default_of(statuses, KONG),
        }
    }

    fn retries(&self) -> Setting<u32> {
        self.get("retries")
            .and_then(|node| {
                Some(Setting::written(
                    u32::try_from(node.as_u64()?).ok()?,
                    node.place.clone(),
                ))
            })
            .unwrap_or_else(|| Setting::default_of(RETRIES, KONG))
    }

    fn repeated(&self, plan: Plan, retries: Setting<u32>) -> Plan {
        Plan::Retry(Box::new(Retry {
            plan,
            retries,
            // nginx asks the next one at once.
            backoff: Backoff::none(Origin::Default(ProductDefault::of(KONG))),
            on_timeout: self.passes_on() && self.criteria().contains(&"timeout"),
            statuses: Some(self.statuses()),
            layer: "Kong",
        }))
    }

    /// The path through the groups, and why later groups are never reached, when they are not.
    fn plan(&self, groups: &[Vec<&Target<'_>>], system: &System) -> (Plan, Option<String>) {
        let ejects = self.passes_on() || self.cooldown().value.enabled;
        let plans: Vec<Plan> = groups.iter().map(|group| self.group(group, ejects, system)).collect();
        if plans.len() > 1 && !ejects {
            let why = "a prompt that was sent goes on to another target only with `non_idempotent` among the \
                       `failover_criteria`, and no `max_fails` takes a failing target out";
            return (self.repeated(plans[0].clone(), self.retries()), Some(why.to_owned()));
        }
        let retries = self.retries();
        if plans.len() == 1 {
            return (self.repeated(plans[0].clone(), retries), None);
        }
        // Each target of a group is tried once before the next group, as long as repetitions are left.
        let mut left = retries.value.saturating_add(1);
        let mut branches = Vec::new();
        for (group, plan) in groups.iter().zip(plans) {
            let here = left.min(u32::try_from(group.len()).unwrap_or(u32::MAX));
            if here == 0 {
                break;
            }
            left -= here;
            let place = group[0]
                .node
                .get("weight")
                .map_or(&group[0].node.place, |node| &node.place);
            branches.push(Branch {
                plan: self.repeated(plan, retries.as_ref().map(|_| here - 1)),
                route: None,
                because: (!branches.is_empty()).then(|| Setting::written((), place.clone())),
            });
        }
        (Plan::First(branches), None)
    }

    fn group(&self, group: &[&Target<'_>], ejects: bool, system: &System) -> Plan {
        // nginx's read timeout bounds the silence before the first byte and between two, not the whole;
        // an answer that is not streamed comes after one silence.
        let limit = self
            .get("read_timeout")
            .and_then(|node| {
                let limit = units::seconds_to_duration(node.as_f64()? / 1000.0)?;
                Some(Setting::written(Some(limit), node.place.clone()))
            })
            .unwrap_or_else(|| Setting::default_of(Some(TIMEOUT), KONG));
        let attempt = |target: &Target<'_>| {
            Plan::Try(Attempt {
                deployment: target.id,
                timeout: limit.clone(),
                first_token: limit.clone(),
                idle: limit.clone(),
                max_output_tokens: system.deployment(target.id).max_output_tokens.clone(),
            })
        };
        match group {
            [only] => attempt(only),
            many => Plan::Pick {
                branches: many.iter().map(|target| (target.weight, attempt(target))).collect(),
                ejects,
            },
        }
    }
}

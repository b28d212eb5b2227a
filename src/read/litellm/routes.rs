//! Routes: deployments of one name, with the path that a request takes.

use std::collections::HashMap;

use crate::source::{Node, Place};
use crate::system::{
    Attempt, Branch, Dialect, Fallback, FallbackKind, GatewayId, Mode, Plan, Policy, Retry, Route, RouteId, Setting,
    System, UndefinedFallback,
};

use super::config::Config;
use super::deployments::Entry;
use super::fallbacks::{Fallbacks, Target};
use super::{policy, retries, timeouts};

/// A walk is cut after so many fallbacks, and all walks of a file after so many together: a
/// configuration made to explode must cost no more than a real one.
const MAX_WALK: usize = 32;
const MAX_WALKS: usize = 100_000;

/// Names to routes, with aliases and wildcards.
struct Names {
    exact: HashMap<String, RouteId>,
    wildcards: Vec<(String, RouteId)>,
}

impl Names {
    /// The route that a name reaches: its own, an alias's, or the longest wildcard's.
    fn find(&self, name: &str) -> Option<RouteId> {
        self.exact.get(name).copied().or_else(|| {
            let matching = self.wildcards.iter().filter(|(pattern, _)| matches(pattern, name));
            matching.max_by_key(|(pattern, _)| pattern.len()).map(|(_, id)| *id)
        })
    }
}

/// Whether a name fits a pattern whose `*` stands for any text.
fn matches(pattern: &str, name: &str) -> bool {
    pattern.split_once('*').is_some_and(|(start, end)| {
        name.len() >= start.len() + end.len() && name.starts_with(start) && name.ends_with(end)
    })
}

/// Reads all routes of a gateway.
pub(super) fn read(config: &Config<'_>, gateway: GatewayId, entries: &[Entry<'_>], system: &mut System) {
    let groups = group(entries);
    let first = system.routes.len();
    let names = names(config, &groups, first, gateway, system);
    let fallbacks = Fallbacks::new(config);
    let own: Vec<Plan> = groups
        .iter()
        .map(|(name, members)| own_plan(config, name, members, system))
        .collect();
    let longest = (MAX_WALKS / groups.len().max(1)).clamp(4, MAX_WALK);
    for (at, (name, members)) in groups.iter().enumerate() {
        let walk: Vec<&Target> = fallbacks
            .walk(name, longest)
            .into_iter()
            .filter(|target| names.find(&target.name).is_some())
            .collect();
        let plan = with_fallbacks(RouteId(first + at), &own[at], &walk, &names, |id| &own[id.0 - first]);
        let gateway_settings = system.gateway(gateway);
        let params: Vec<&Node> = members.iter().map(|entry| entry.params).collect();
        let pairs = members.iter().map(|entry| (system.deployment(entry.id), entry.params));
        let route = Route {
            policy: Policy {
                retry_counts: retries::counts(config, name, &params),
                ..policy::policy(config, gateway_settings, pairs)
            },
            name: (*name).clone(),
            dialect: Dialect::Litellm,
            places: members.iter().map(|entry| entry.name.place.clone()).collect(),
            gateway: Some(gateway),
            call: None,
            mode: members.first().map_or(Mode::Chat, |entry| entry.mode),
            wildcard: name.contains('*'),
            catch_all: name.as_str() == "*",
            members: members.iter().map(|entry| entry.id).collect(),
            fallbacks: written(&fallbacks, name, &walk, &names),
            plan,
        };
        system.add_route(route);
    }
    undefined_sources(&fallbacks, &names, gateway, system);
}

/// Deployments by route, in the order of the first mention.
fn group<'e, 'n>(entries: &'e [Entry<'n>]) -> Vec<(String, Vec<&'e Entry<'n>>)> {
    let mut groups: Vec<(String, Vec<&Entry<'_>>)> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    for entry in entries {
        let name = entry.name.scalar_text().unwrap_or_default();
        let at = *places.entry(name.clone()).or_insert_with(|| {
            groups.push((name, Vec::new()));
            groups.len() - 1
        });
        groups[at].1.push(entry);
    }
    groups
}

fn names(
    config: &Config<'_>,
    groups: &[(String, Vec<&Entry<'_>>)],
    first: usize,
    gateway: GatewayId,
    system: &mut System,
) -> Names {
    let mut names = Names {
        exact: HashMap::new(),
        wildcards: Vec::new(),
    };
    for (at, (name, _)) in groups.iter().enumerate() {
        names.exact.insert(name.clone(), RouteId(first + at));
        if name.contains('*') {
            names.wildcards.push((name.clone(), RouteId(first + at)));
        }
    }
    for entry in config
        .router
        .get("model_group_alias")
        .into_iter()
        .flat_map(Node::entries)
    {
        let target = entry
            .value
            .as_str()
            .or_else(|| entry.value.get("model").and_then(Node::as_str));
        if let Some(id) = target.and_then(|target| names.find(target)) {
            names.exact.entry(entry.key.text.clone()).or_insert(id);
            system.aliases.push((gateway, entry.key.text.clone(), id));
        }
    }
    names
}

/// The path through a route's own deployments: repeated as often as the router repeats, on one
/// level of `order` after the other.
fn own_plan(config: &Config<'_>, name: &str, members: &[&Entry<'_>], system: &mut System) -> Plan {
    let mut levels: Vec<u64> = members.iter().map(|entry| order(entry)).collect();
    levels.sort_unstable();
    levels.dedup();
    let mut branches: Vec<Branch> = levels
        .into_iter()
        .map(|level| {
            let here: Vec<&Entry<'_>> = members.iter().copied().filter(|entry| order(entry) == level).collect();
            let because = here[0]
                .params
                .get("order")
                .map(|node| Setting::written((), node.place.clone()));
            Branch {
                plan: level_plan(config, name, &here, system),
                route: None,
                because,
            }
        })
        .collect();
    if branches.len() == 1 {
        branches.remove(0).plan
    } else {
        Plan::First(branches)
    }
}

/// A deployment's `order`; one without is tried first with those of order 0.
fn order(entry: &Entry<'_>) -> u64 {
    entry.params.get("order").and_then(Node::as_u64).unwrap_or(0)
}

fn level_plan(config: &Config<'_>, name: &str, members: &[&Entry<'_>], system: &mut System) -> Plan {
    let mut branches: Vec<(f64, Plan)> = members
        .iter()
        .map(|entry| (weight(entry), attempt(config, entry, system)))
        .collect();
    let count = branches.len();
    let plan = if count == 1 {
        branches.remove(0).1
    } else {
        // A sick deployment is cooled down, and a retry picks among the others.
        Plan::Pick { branches, ejects: true }
    };
    let params: Vec<&Node> = members.iter().map(|entry| entry.params).collect();
    Plan::Retry(Box::new(Retry {
        plan,
        retries: retries::count(config, name, &params),
        backoff: retries::backoff(config, count),
        on_timeout: true,
        statuses: None,
        layer: "LiteLLM router",
    }))
}

/// What weighs the pick under `simple-shuffle`: `weight`, else `rpm`, else `tpm`
/// (`router_strategy/simple_shuffle.py`, `LiteLLM` 1.109.1).
fn weight(entry: &Entry<'_>) -> f64 {
    ["weight", "rpm", "tpm"]
        .iter()
        .find_map(|key| entry.params.get(key)?.as_f64())
        .unwrap_or(1.0)
}

fn attempt(config: &Config<'_>, entry: &Entry<'_>, system: &mut System) -> Plan {
    let timeout = timeouts::whole(config, entry.params, system);
    let stream = timeouts::stream(config, entry.params, system).unwrap_or_else(|| timeout.clone());
    let plan = Plan::Try(Attempt {
        deployment: entry.id,
        timeout,
        first_token: stream.clone(),
        idle: stream,
        max_output_tokens: system.deployment(entry.id).max_output_tokens.clone(),
    });
    match retries::sdk_count(entry.params) {
        Some(retries) => Plan::Retry(Box::new(Retry {
            plan,
            retries,
            backoff: retries::sdk_backoff(),
            on_timeout: true,
            statuses: None,
            layer: "provider SDK inside LiteLLM",
        })),
        None => plan,
    }
}

/// The route's own path, then those of the fallbacks that a request walks.
fn with_fallbacks<'p>(
    id: RouteId,
    own: &Plan,
    walk: &[&Target],
    names: &Names,
    plan_of: impl Fn(RouteId) -> &'p Plan,
) -> Plan {
    if walk.is_empty() {
        return own.clone();
    }
    let mut branches = vec![Branch {
        plan: own.clone(),
        route: None,
        because: None,
    }];
    for target in walk {
        if let Some(found) = names.find(&target.name).filter(|found| *found != id) {
            branches.push(Branch {
                plan: plan_of(found).clone(),
                route: Some(found),
                because: Some(Setting::written((), target.place.clone())),
            });
        }
    }
    Plan::First(branches)
}

/// The fallbacks as they are written for a route, with why one never acts.
fn written(fallbacks: &Fallbacks, name: &str, walk: &[&Target], names: &Names) -> Vec<Fallback> {
    let mut written = Vec::new();
    for kind in [FallbackKind::Any, FallbackKind::Context, FallbackKind::Content] {
        let Some(entry) = fallbacks.entry_of(name, kind) else {
            continue;
        };
        let catch_all = entry.source == "*";
        for target in entry
            .targets
            .iter()
            .filter(|target| !(catch_all && target.name == name))
        {
            let target_id = names.find(&target.name);
            let walked = walk.iter().any(|it| it.name == target.name);
            let unreachable = (kind == FallbackKind::Any && !walked && target_id.is_some()).then(|| {
                if target.name == name {
                    "a route is no fallback of itself: LiteLLM skips it".to_owned()
                } else {
                    format!("the walk ends after `max_fallbacks: {}`", fallbacks.max)
                }
            });
            written.push(fallback(target, target_id, kind, catch_all, unreachable));
        }
        if kind == FallbackKind::Any && !catch_all {
            written.extend(shadowed(fallbacks, name, walk, names));
        }
    }
    written
}

/// The catch-all's targets that a route with an entry of its own never reaches.
fn shadowed(fallbacks: &Fallbacks, name: &str, walk: &[&Target], names: &Names) -> Vec<Fallback> {
    let Some(catch_all) = fallbacks
        .entries
        .iter()
        .rfind(|entry| entry.source == "*" && entry.kind == FallbackKind::Any)
    else {
        return Vec::new();
    };
    let missed = catch_all
        .targets
        .iter()
        .filter(|target| target.name != name && !walk.iter().any(|it| it.name == target.name));
    missed
        .take(MAX_WALK)
        .map(|target| {
            let why =
                "a route with an entry of its own in `fallbacks` never uses the catch-all (LiteLLM 1.109.1)".to_owned();
            fallback(target, names.find(&target.name), FallbackKind::Any, true, Some(why))
        })
        .collect()
}

fn fallback(
    target: &Target,
    id: Option<RouteId>,
    kind: FallbackKind,
    catch_all: bool,
    unreachable: Option<String>,
) -> Fallback {
    Fallback {
        name: target.name.clone(),
        place: target.place.clone(),
        target: id,
        deployment: None,
        kind,
        catch_all,
        unreachable,
    }
}

/// Entries whose source is no route: they never act.
fn undefined_sources(fallbacks: &Fallbacks, names: &Names, gateway: GatewayId, system: &mut System) {
    let known: Vec<(&String, Place)> = fallbacks
        .entries
        .iter()
        .filter(|entry| entry.source != "*" && names.find(&entry.source).is_none())
        .map(|entry| (&entry.source, entry.place.clone()))
        .collect();
    for (name, place) in known {
        system.undefined_fallbacks.push(UndefinedFallback {
            gateway,
            name: name.clone(),
            place,
        });
    }
}

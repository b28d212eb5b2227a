//! `[functions]`: variants that are sampled, and what happens when one fails.
//!
//! The gateway samples a variant, repeats it as often as its `retries` say (each time all of its
//! model's providers in order), and then samples among the others without replacement; when all
//! candidates have failed it takes `fallback_variants` in order (`retries-fallbacks.mdx`, "Combining
//! Strategies", `TensorZero` 7a6159a).

use std::collections::HashMap;
use std::time::Duration;

use crate::source::{Key, Node};
use crate::system::prices::Prices;
use crate::system::{
    Backoff, Branch, Fallback, FallbackKind, GatewayId, Mode, Origin, Plan, Policy, ProductDefault, Retry, Route,
    Setting, System,
};

use super::models::{Model, Models};
use super::timeouts::{self, Limits};
use super::{TENSORZERO, limits, tables};

/// A candidate's plan is written out once for each candidate that may be sampled first; with more than
/// these the order of the text stands for all orders.
const MOST_ORDERS: usize = 12;
/// All calls of all plans of a file: a configuration made to explode must cost no more than a real one.
const MOST_CALLS: usize = 200_000;
/// A function samples among no more variants than this.
const MOST_VARIANTS: usize = 256;
/// Variants made of variants are no deeper than this.
const DEEPEST: usize = 2;

/// `ExponentialBuilder::default()` of the `backon` crate, with jitter (`utils/retries.rs`): 1 s doubling, up
/// to 1 s is added to each wait.
const INITIAL: Duration = Duration::from_secs(1);
/// `default_max_delay_s` of `utils/retries.rs`.
const MAX_DELAY: Duration = Duration::from_secs(10);

/// Whatever compiling a variant needs.
struct Compiler<'a, 's> {
    models: Models<'a>,
    global: Limits,
    prices: &'s Prices,
    system: &'s mut System,
    calls_left: usize,
}

/// A function's variants by name.
type Variants<'a> = HashMap<&'a str, &'a Node>;

/// One variant that takes part.
#[derive(Clone)]
struct Sampled<'a> {
    name: &'a str,
    place: &'a Node,
    weight: f64,
    plan: Plan,
}

/// Reads all functions, and the models that none of them calls, as routes.
pub(super) fn read(root: &Node, gateway: GatewayId, models: Models<'_>, prices: &Prices, system: &mut System) {
    let policy = limits::policy(root);
    let mut compiler = Compiler {
        models,
        global: timeouts::global(root),
        prices,
        system,
        calls_left: MOST_CALLS,
    };
    for (key, table) in tables(root, "functions") {
        let Some(route) = compiler.function(key, table, gateway, &policy) else {
            continue;
        };
        let alias = format!("tensorzero::function_name::{}", key.text);
        let id = compiler.system.add_route(route);
        compiler.system.aliases.push((gateway, alias, id));
    }
    let Compiler {
        models, global, system, ..
    } = compiler;
    for (name, model) in models.unused() {
        let prefix = if model.mode == Mode::Embedding {
            "embedding_model_name"
        } else {
            "model_name"
        };
        let alias = format!("tensorzero::{prefix}::{name}");
        if let Some(route) = direct(name, model, &global, gateway, &policy) {
            let id = system.add_route(route);
            system.aliases.push((gateway, alias, id));
        }
    }
}

/// A model that is called by its own name: nothing repeats it.
fn direct(name: &str, model: &Model<'_>, global: &Limits, gateway: GatewayId, policy: &Policy) -> Option<Route> {
    let first = model.steps.first()?.deployment;
    let plan = Plan::Retry(Box::new(Retry {
        plan: model.plan(global, None),
        retries: Setting::default_of(0, TENSORZERO),
        backoff: Backoff::none(Origin::Default(ProductDefault::of(TENSORZERO))),
        on_timeout: true,
        statuses: None,
        layer: "TensorZero variant",
    }));
    Some(Route {
        name: name.to_owned(),
        dialect: TENSORZERO,
        places: vec![model.key?.place.clone()],
        gateway: Some(gateway),
        call: None,
        mode: model.mode,
        wildcard: false,
        catch_all: false,
        members: vec![first],
        fallbacks: model.fallbacks().collect(),
        plan,
        policy: policy.clone(),
    })
}

impl<'a> Compiler<'a, '_> {
    fn function(&mut self, key: &Key, table: &'a Node, gateway: GatewayId, policy: &Policy) -> Option<Route> {
        let chosen = experiment(table);
        let variants: Variants<'_> = tables(table, "variants")
            .map(|(key, variant)| (key.text.as_str(), variant))
            .collect();
        let mut fallbacks: Vec<Fallback> = Vec::new();
        let compile = |compiler: &mut Self, names: &[Choice<'a>], fallbacks: &mut Vec<Fallback>| {
            let mut sampled = Vec::new();
            for choice in names.iter().take(MOST_VARIANTS) {
                if let Some(plan) = compiler.variant(&variants, choice.name, 0, fallbacks) {
                    sampled.push(Sampled {
                        name: choice.name,
                        place: choice.place,
                        weight: choice.weight,
                        plan,
                    });
                }
            }
            sampled
        };
        let candidates = compile(self, &chosen.candidates, &mut fallbacks);
        let mut inner = Vec::new();
        let reserves = compile(self, &chosen.fallbacks, &mut inner);
        let mut members = Vec::new();
        for candidate in &candidates {
            for id in candidate.plan.deployments() {
                if !members.contains(&id) && !fallbacks.iter().any(|fallback| fallback.deployment == Some(id)) {
                    members.push(id);
                }
            }
        }
        let listed = table.at(&["experimentation", "fallback_variants"]);
        fallbacks.extend(reserves.iter().filter_map(|reserve| {
            let place = listed
                .into_iter()
                .flat_map(Node::items)
                .find(|item| item.as_str() == Some(reserve.name))
                .map_or(&reserve.place.place, |item| &item.place);
            Some(Fallback {
                name: reserve.name.to_owned(),
                place: place.clone(),
                target: None,
                deployment: Some(*reserve.plan.deployments().first()?),
                kind: FallbackKind::Any,
                catch_all: false,
                unreachable: None,
            })
        }));
        fallbacks.extend(inner);
        let plan = self.sampled(&candidates, &reserves)?;
        Some(Route {
            name: key.text.clone(),
            dialect: TENSORZERO,
            places: vec![key.place.clone()],
            gateway: Some(gateway),
            call: None,
            mode: Mode::Chat,
            wildcard: false,
            catch_all: false,
            members: if members.is_empty() {
                plan.deployments()
            } else {
                members
            },
            fallbacks,
            plan,
            policy: policy.clone(),
        })
    }

    /// One candidate is sampled by weight; the others follow when it fails, then the fallbacks.
    fn sampled(&mut self, candidates: &[Sampled<'_>], reserves: &[Sampled<'_>]) -> Option<Plan> {
        let all: Vec<&Sampled<'_>> = candidates.iter().chain(reserves).collect();
        let calls: usize = all.iter().map(|it| it.plan.attempts().len()).sum();
        let orders = candidates.len().max(1);
        let every_order = candidates.len() <= MOST_ORDERS && calls * orders <= self.calls_left;
        self.calls_left = self
            .calls_left
            .saturating_sub(if every_order { calls * orders } else { calls });
        if candidates.len() < 2 || !every_order {
            return chain(all.into_iter());
        }
        let branches = candidates.iter().enumerate().filter_map(|(at, first)| {
            let rest = candidates
                .iter()
                .enumerate()
                .filter(|(other, _)| *other != at)
                .map(|(_, it)| it);
            Some((first.weight, chain(std::iter::once(first).chain(rest).chain(reserves))?))
        });
        Some(Plan::Pick {
            branches: branches.collect(),
            ejects: false,
        })
    }

    /// The path of one variant; `None` when its model is out of sight. What its models fall back to is
    /// added to `fallbacks`.
    fn variant(
        &mut self,
        variants: &Variants<'a>,
        name: &str,
        depth: usize,
        fallbacks: &mut Vec<Fallback>,
    ) -> Option<Plan> {
        if self.calls_left == 0 {
            return None;
        }
        let table = *variants.get(name)?;
        let kind = table.get("type").and_then(Node::as_str).unwrap_or("chat_completion");
        let plan = if let Some(candidates) = table.get("candidates").filter(|_| depth < DEEPEST) {
            let mut plans = Vec::new();
            for candidate in candidates.items().take(MOST_ORDERS) {
                let plan = self.variant(variants, candidate.as_str()?, depth + 1, fallbacks);
                plans.extend(plan);
            }
            // The evaluator or fuser reads what the candidates wrote.
            let last = table.get("evaluator").or_else(|| table.get("fuser"));
            plans.extend(last.and_then(|last| self.completion(last, fallbacks)));
            if plans.is_empty() {
                return None;
            }
            Plan::All(plans)
        } else if kind == "experimental_dynamic_in_context_learning" {
            let embedding = table.get("embedding_model").and_then(|node| {
                let model = self.models.find(node, Mode::Embedding, self.prices, self.system)?;
                Some(model.plan(&self.global, None))
            });
            let completion = self.completion(table, fallbacks)?;
            match embedding {
                Some(embedding) => Plan::All(vec![embedding, completion]),
                None => completion,
            }
        } else {
            self.completion(table, fallbacks)?
        };
        let calls = plan.attempts().len();
        if calls > self.calls_left {
            return None;
        }
        self.calls_left -= calls;
        Some(match timeouts::whole(table) {
            Some(limit) => Plan::Within {
                limit,
                plan: Box::new(plan),
            },
            None => plan,
        })
    }

    /// A model's providers, repeated as often as `retries` says.
    fn completion(&mut self, table: &'a Node, fallbacks: &mut Vec<Fallback>) -> Option<Plan> {
        let max_tokens = table
            .get("max_tokens")
            .and_then(|node| Some(Setting::written(node.as_u64()?, node.place.clone())));
        if self.calls_left == 0 {
            return None;
        }
        let limits = self.global.within(table);
        let model = self
            .models
            .find(table.get("model")?, Mode::Chat, self.prices, self.system)?;
        for fallback in model.fallbacks() {
            if !fallbacks.iter().any(|it| it.deployment == fallback.deployment) {
                fallbacks.push(fallback);
            }
        }
        let plan = model.plan(&limits, max_tokens.as_ref());
        let retries = table.at(&["retries", "num_retries"]);
        Some(Plan::Retry(Box::new(Retry {
            plan,
            retries: retries
                .and_then(|node| {
                    Some(Setting::written(
                        u32::try_from(node.as_u64()?).ok()?,
                        node.place.clone(),
                    ))
                })
                .unwrap_or_else(|| Setting::default_of(0, TENSORZERO)),
            backoff: backoff(table.at(&["retries", "max_delay_s"])),
            on_timeout: true,
            statuses: None,
            layer: "TensorZero variant",
        })))
    }
}

fn backoff(max_delay: Option<&Node>) -> Backoff {
    let written = max_delay.and_then(|node| {
        let max = crate::system::units::seconds_to_duration(node.as_f64()?)?;
        Some((max, Origin::Written(node.place.clone())))
    });
    let (max, origin) = written.unwrap_or((MAX_DELAY, Origin::Default(ProductDefault::of(TENSORZERO))));
    Backoff {
        initial: INITIAL,
        factor: 2.0,
        floor: Duration::ZERO,
        max,
        jitter: INITIAL,
        jittered: true,
        after_last: false,
        retry_after: None,
        origin,
    }
}

/// One variant after the other.
fn chain<'p, 'n: 'p>(variants: impl Iterator<Item = &'p Sampled<'n>>) -> Option<Plan> {
    let mut branches: Vec<Branch> = variants
        .enumerate()
        .map(|(at, variant)| Branch {
            plan: variant.plan.clone(),
            route: None,
            because: (at > 0).then(|| Setting::written((), variant.place.place.clone())),
        })
        .collect();
    match branches.len() {
        0 => None,
        1 => Some(branches.remove(0).plan),
        _ => Some(Plan::First(branches)),
    }
}

/// A variant's name with its weight.
struct Choice<'a> {
    name: &'a str,
    place: &'a Node,
    weight: f64,
}

/// Which variants are sampled, and which only follow.
struct Experiment<'a> {
    candidates: Vec<Choice<'a>>,
    fallbacks: Vec<Choice<'a>>,
}

/// The experiment of a function: `candidate_variants` as a list or with weights; else the variants' own
/// weights (older releases: a weight of 0 waits until the others have failed, none is never sampled);
/// else all variants alike.
fn experiment(function: &Node) -> Experiment<'_> {
    let choice = |node: &'_ Node, weight: f64| {
        let (key, value) = function
            .get("variants")?
            .entry(node.as_str()?)
            .map(|entry| (entry.key.text.as_str(), &entry.value))?;
        Some((key, value, weight))
    };
    let listed = |node: Option<&Node>| -> Vec<(&str, &Node, f64)> {
        // A mapping is searched entry by entry, so long lists are cut first.
        let items = node.into_iter().flat_map(Node::items).take(MOST_VARIANTS);
        items.filter_map(|item| choice(item, 1.0)).collect()
    };
    let block = function.get("experimentation");
    let named = block.and_then(|block| block.get("candidate_variants"));
    let variants = function.get("variants");
    let all: Vec<(&str, &Node)> = function
        .get("variants")
        .into_iter()
        .flat_map(Node::entries)
        .map(|entry| (entry.key.text.as_str(), &entry.value))
        .collect();
    let mut fallbacks = listed(block.and_then(|block| block.get("fallback_variants")));
    let candidates: Vec<(&str, &Node, f64)> = match named {
        Some(weights) if weights.as_map().is_some() => weights
            .entries()
            .take(MOST_VARIANTS)
            .filter_map(|entry| {
                let variant = variants?.entry(&entry.key.text)?;
                let weight = entry.value.as_f64().unwrap_or(0.0);
                Some((variant.key.text.as_str(), &variant.value, weight))
            })
            .collect(),
        Some(list) => listed(Some(list)),
        None => {
            let weight = |node: &Node| node.get("weight").and_then(Node::as_f64);
            if all.iter().any(|(_, node)| weight(node).is_some_and(|it| it > 0.0)) {
                let waiting = all.iter().filter(|(_, node)| weight(node) == Some(0.0));
                fallbacks.extend(waiting.map(|(name, node)| (*name, *node, 1.0)));
                all.iter()
                    .filter_map(|(name, node)| Some((*name, *node, weight(node).filter(|it| *it > 0.0)?)))
                    .collect()
            } else {
                let reserved = |name: &str| fallbacks.iter().any(|(other, _, _)| *other == name);
                all.iter()
                    .filter(|(name, _)| !reserved(name))
                    .map(|(name, node)| (*name, *node, 1.0))
                    .collect()
            }
        }
    };
    let into = |(name, place, weight)| Choice { name, place, weight };
    Experiment {
        candidates: candidates.into_iter().map(into).collect(),
        fallbacks: fallbacks.into_iter().map(into).collect(),
    }
}

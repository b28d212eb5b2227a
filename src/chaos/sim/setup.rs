//! A configuration and a scenario, ready to be simulated: what does not change while it runs.

use std::collections::HashMap;

use crate::chaos::Scenario;
use crate::chaos::scenario::{CallFacts, Client, Distribution, Injection, Sampler, Selector};
use crate::pipeline::policy::Program;
use crate::system::{CallSite, Deployment, Dialect, FallbackKind, Limit, Plan, Route, RouteId, Scope, Sdk, System};

use super::gateways::{Litellm, Portkey, Product};

/// A configuration under a scenario.
#[derive(Debug)]
pub struct Setup<'a> {
    /// The configuration.
    pub system: &'a System,
    /// The scenario.
    pub scenario: &'a Scenario,
    /// The route that users call.
    pub route: RouteId,
    /// The user's client.
    pub client: Client,
    pub(super) dialect: Dialect,
    pub(super) cancels: bool,
    /// How long a failing deployment is left out, in place of the configuration's.
    pub(super) cooldown: Option<std::time::Duration>,
    pub(super) entry: Way<'a>,
    /// Where requests go whose prompt does not fit, or was refused by a filter, where such fallbacks are written.
    pub(super) context: Option<Box<Way<'a>>>,
    pub(super) content: Option<Box<Way<'a>>>,
    context_fallbacks: bool,
    content_fallbacks: bool,
    pub(super) deployments: Vec<Reached<'a>>,
    pub(super) accounts: Vec<Account>,
    pub(super) cache: Option<CacheRules>,
}

/// A route as requests go it.
#[derive(Debug)]
pub(super) struct Way<'a> {
    pub(super) route: &'a Route,
    pub(super) program: Program,
    pub(super) degrades: bool,
}

/// A deployment.
#[derive(Debug)]
pub(super) struct Reached<'a> {
    pub(super) deployment: &'a Deployment,
    pub(super) account: usize,
    pub(super) alone: bool,
    pub(super) input_price: f64,
    pub(super) output_price: f64,
    pub(super) window: u64,
    pub(super) output_cap: u32,
    pub(super) region: &'a str,
    pub(super) payer: &'a str,
    pub(super) host: &'a str,
}

impl<'a> Reached<'a> {
    /// What faults tell its calls apart by, when they are made for a route.
    pub(super) fn facts(&self, route: &'a str) -> CallFacts<'a> {
        CallFacts {
            provider: &self.deployment.provider.value,
            model: &self.deployment.model.value,
            region: self.region,
            account: self.payer,
            host: self.host,
            deployment: &self.deployment.name,
            route,
            ..CallFacts::default()
        }
    }
}

/// What deployments at one provider share: times, and the limits of an account.
#[derive(Debug)]
pub(super) struct Account {
    pub(super) first: Sampler,
    /// Nanoseconds for a token.
    pub(super) gap: Gap,
    pub(super) limits: crate::chaos::behaviour::Limits,
    pub(super) self_hosted: bool,
}

/// Nanoseconds between tokens: the same for all calls, or drawn for each.
#[derive(Debug)]
pub(super) enum Gap {
    Same(u64),
    /// Of a call's tokens a second.
    Drawn(Sampler),
}

/// Who is answered without a call.
#[derive(Debug, Clone, Copy)]
pub(super) struct CacheRules {
    /// Nanoseconds that an entry lives.
    pub(super) lives: u64,
    pub(super) per_tenant: bool,
}

impl<'a> Setup<'a> {
    /// A route of a configuration under a scenario.
    #[must_use]
    pub fn new(system: &'a System, route: RouteId, scenario: &'a Scenario) -> Self {
        let called = system.route(route);
        let call = called.call.map(|id| system.call(id));
        // Code that calls a gateway is the gateway's client; code that calls a provider is all there is.
        let reached = call.and_then(|call| call.reaches);
        let own = reached.and(call).map(client_of);
        let inner = reached.map_or(called, |id| system.route(id));
        let client = match own {
            Some(own) if scenario.traffic.client == Client::default() => own,
            _ => scenario.traffic.client.clone(),
        };
        let written = |kind: FallbackKind| {
            let mut routes = system.routes.iter().filter(|it| it.gateway == inner.gateway);
            routes.any(|it| it.fallbacks.iter().any(|fallback| fallback.kind == kind))
        };
        let (accounts, deployments) = reach(system, scenario);
        Self {
            system,
            scenario,
            route,
            client,
            dialect: inner.dialect,
            cancels: inner.gateway.is_none()
                || inner.dialect == Dialect::Aisys
                || inner.gateway.is_some_and(|id| {
                    system
                        .gateway(id)
                        .cancels_on_disconnect
                        .as_ref()
                        .is_some_and(|it| it.value)
                }),
            cooldown: None,
            entry: way(system, inner),
            context: detour(system, inner, FallbackKind::Context),
            content: detour(system, inner, FallbackKind::Content),
            context_fallbacks: written(FallbackKind::Context),
            content_fallbacks: written(FallbackKind::Content),
            deployments,
            accounts,
            cache: cache(inner),
        }
    }

    /// Faults that can strike nothing: they begin when the traffic is over, or nothing that users reach is what they
    /// fall on. What `when` asks for besides is not looked at.
    #[must_use]
    pub fn idle_faults(&self) -> Vec<&Injection> {
        let ways = [Some(&self.entry), self.context.as_deref(), self.content.as_deref()];
        let ways: Vec<&Way<'_>> = ways.into_iter().flatten().collect();
        let met = |fault: &Injection| {
            ways.iter().any(|way| {
                let reached = way.route.plan.deployments();
                let mut reached = reached.iter().filter_map(|id| self.deployments.get(id.0));
                reached.any(|it| {
                    let facts = it.facts(&way.route.name);
                    fault.on.iter().any(|selector| selector.selects(&facts))
                })
            })
        };
        let idle = |fault: &&Injection| {
            fault.at >= self.scenario.traffic.lasts || !fault.on.contains(&Selector::Requests) && !met(fault)
        };
        self.scenario.faults.iter().filter(idle).collect()
    }

    /// The product's ways with a call of this deployment.
    #[must_use]
    pub fn product(&self, deployment: Option<usize>) -> Product<'_> {
        let policy = &self.entry.route.policy;
        match self.dialect {
            Dialect::Litellm => Product::Litellm(Litellm {
                alone: deployment
                    .and_then(|at| self.deployments.get(at))
                    .is_none_or(|it| it.alone),
                context_fallbacks: self.context_fallbacks,
                content_fallbacks: self.content_fallbacks,
                content_detour: self.content.is_some(),
                checks_windows: policy.context_check.value,
                retry_counts: policy.retry_counts.as_ref().map(|counts| &counts.value),
            }),
            Dialect::Portkey => Product::Portkey(Portkey {
                statuses: policy.fallback_statuses.as_ref().map(|it| it.value.as_slice()),
            }),
            other => Product::of(other),
        }
    }

    /// Whether a prompt that does not fit a window is stopped before a call.
    pub(super) fn checks_windows(&self) -> bool {
        self.entry.route.policy.context_check.value && matches!(self.dialect, Dialect::Litellm | Dialect::Aisys)
    }

    /// The limits on requests and tokens of the gateway itself that something enforces.
    pub(super) fn own_limits(&self) -> impl Iterator<Item = &'a Limit> {
        let limits = self.entry.route.policy.limits.iter();
        limits.filter(|limit| limit.enforced.is_ok() && matches!(limit.scope, Scope::Everyone | Scope::Route))
    }
}

/// The route that users call: the named one, else the only one, else the first for chat that is no other route's
/// fallback.
#[must_use]
pub fn entry(system: &System, named: Option<&str>) -> Option<RouteId> {
    let routes = || system.routes.iter().enumerate();
    if let Some(name) = named {
        let own = routes()
            .find(|(_, route)| route.name == name)
            .map(|(at, _)| RouteId(at));
        let alias = || {
            system
                .aliases
                .iter()
                .find(|(_, alias, _)| alias == name)
                .map(|(.., id)| *id)
        };
        return own.or_else(alias);
    }
    let is_fallback = |at: usize| {
        let mut fallbacks = system.routes.iter().flat_map(|route| &route.fallbacks);
        fallbacks.any(|fallback| fallback.target == Some(RouteId(at)))
    };
    routes()
        .find(|(at, route)| route.is_chat() && !is_fallback(*at))
        .or_else(|| routes().find(|(_, route)| route.is_chat()))
        .or_else(|| routes().next())
        .map(|(at, _)| RouteId(at))
}

fn client_of(call: &CallSite) -> Client {
    let name = match call.sdk {
        Sdk::AnthropicPython | Sdk::AnthropicNode => "anthropic",
        Sdk::GeminiPython | Sdk::GeminiNode => "google-genai",
        Sdk::VercelAi => "vercel-ai",
        Sdk::LangchainPython | Sdk::LangchainNode => "langchain",
        Sdk::OpenaiPython | Sdk::OpenaiNode | Sdk::LitellmPython => "openai-python",
    };
    Client {
        timeout: call.timeout.value,
        retries: call.retries.value,
        ..Client::named(name).unwrap_or_default()
    }
}

fn way<'a>(system: &'a System, route: &'a Route) -> Way<'a> {
    let program = if route.dialect == Dialect::Aisys {
        Program::of_route(system, route)
    } else {
        Program::new(&route.plan)
    };
    Way {
        route,
        program,
        degrades: degrades(&route.plan),
    }
}

fn degrades(plan: &Plan) -> bool {
    match plan {
        Plan::Degraded(_) => true,
        Plan::Try(_) | Plan::Pick { .. } | Plan::All(_) => false,
        Plan::Retry(retry) => degrades(&retry.plan),
        Plan::First(branches) => branches.iter().any(|branch| degrades(&branch.plan)),
        Plan::Within { plan, .. } => degrades(plan),
    }
}

fn detour<'a>(system: &'a System, route: &'a Route, kind: FallbackKind) -> Option<Box<Way<'a>>> {
    let fallback = route
        .fallbacks
        .iter()
        .find(|it| it.kind == kind && it.target.is_some())?;
    Some(Box::new(way(system, system.route(fallback.target?))))
}

fn reach<'a>(system: &'a System, scenario: &Scenario) -> (Vec<Account>, Vec<Reached<'a>>) {
    let mut known: HashMap<(&str, &str, &str), usize> = HashMap::new();
    let mut accounts = Vec::new();
    let deployments = system.deployments.iter().enumerate().map(|(at, deployment)| {
        let text =
            |setting: &'a Option<crate::system::Setting<String>>| setting.as_ref().map_or("", |it| it.value.as_str());
        let payer = deployment.account.as_ref().map_or("", |it| it.id.as_str());
        let (region, host) = (text(&deployment.region), text(&deployment.host));
        let shared = if deployment.self_hosted { host } else { payer };
        let key = (deployment.provider.value.as_str(), shared, region);
        let next = accounts.len();
        let account = *known.entry(key).or_insert(next);
        if account == next {
            accounts.push(of_provider(deployment, scenario));
        }
        let mut routes = system.routes.iter();
        let own = routes.find(|route| route.members.iter().any(|id| id.0 == at));
        let facts = deployment.facts.as_ref();
        let price = |price: Option<f64>| price.filter(|_| !deployment.self_hosted).unwrap_or(0.0);
        Reached {
            deployment,
            account,
            alone: own.is_none_or(|route| route.members.len() <= 1),
            input_price: price(facts.and_then(|it| it.input_price)),
            output_price: price(facts.and_then(|it| it.output_price)),
            window: facts.and_then(|it| it.max_input_tokens).unwrap_or(u64::MAX),
            output_cap: deployment
                .max_output_tokens
                .as_ref()
                .and_then(|cap| u32::try_from(cap.value).ok())
                .unwrap_or(u32::MAX),
            region,
            payer,
            host,
        }
    });
    let deployments = deployments.collect();
    (accounts, deployments)
}

fn of_provider(deployment: &Deployment, scenario: &Scenario) -> Account {
    let health = scenario.health(&deployment.provider.value);
    let gap = match &health.tokens_per_second {
        Distribution::Constant(rate) => Gap::Same(gap(*rate)),
        other => Gap::Drawn(Sampler::of(other)),
    };
    Account {
        first: Sampler::of(&health.first_token),
        gap,
        limits: health.limits,
        self_hosted: deployment.self_hosted,
    }
}

/// Nanoseconds for a token at a rate a second.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "not negative, and a cast stops at the greatest number"
)]
pub(super) fn gap(rate: f64) -> u64 {
    (1e9 / rate.max(1e-6)) as u64
}

fn cache(route: &Route) -> Option<CacheRules> {
    let cache = route.policy.cache.value.as_ref()?;
    Some(CacheRules {
        lives: cache
            .ttl
            .as_ref()
            .map_or(u64::MAX, |ttl| u64::try_from(ttl.value.as_nanos()).unwrap_or(u64::MAX)),
        per_tenant: matches!(cache.scope.value, Scope::Tenant | Scope::Key | Scope::User),
    })
}

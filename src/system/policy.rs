//! Timeouts, retries, cooldown, cache, limits and budget of a route.

use std::time::Duration;

use crate::source::Place;

use super::Setting;

/// What is in force for a route, wherever it was said. Timeouts, retries and fallbacks as they
/// act on a request stand in the route's [`Plan`](super::Plan); here is what surrounds them.
#[derive(Debug, Clone)]
pub struct Policy {
    /// How a failing deployment is left out for a while.
    pub cooldown: Setting<Cooldown>,
    /// Whether dead deployments are found without a user's request.
    pub health_checks: Setting<bool>,
    /// What answers without a call.
    pub cache: Setting<Option<Cache>>,
    /// Spend limits that cover this route.
    pub budgets: Vec<Budget>,
    /// Request and token limits that cover this route.
    pub limits: Vec<Limit>,
    /// Whether input is checked against the window before the call.
    pub context_check: Setting<bool>,
    /// The limit on a request's input, in tokens.
    pub max_input_tokens: Option<Setting<u64>>,
    /// The limit on a request's body, in bytes.
    pub max_request_bytes: Option<Setting<u64>>,
    /// The statuses after which a fallback is tried; `None`: every failure.
    pub fallback_statuses: Option<Setting<Vec<u16>>>,
    /// The limit on the whole, when the dialect declares one.
    pub deadline: Option<Setting<Duration>>,
    /// Passages that a retrieval step adds: how many and how long in tokens.
    pub retrieval: Option<Setting<(u64, u64)>>,
    /// Whether live answers are judged.
    pub judged: Option<Setting<bool>>,
    /// The model that judges, when one is named.
    pub judge: Option<Setting<String>>,
    /// Repetitions by kind of failure, where a product counts them so.
    pub retry_counts: Option<Setting<RetryCounts>>,
    /// The limit until a connection stands.
    pub connect: Option<Setting<Duration>>,
    /// The most of all requests that may be repetitions, from 0 to 1.
    pub retry_budget: Option<Setting<f64>>,
    /// The text that answers when nothing else is left.
    pub degraded: Option<Setting<String>>,
    /// When a call that is silent gets a rival.
    pub hedge: Option<Setting<Hedge>>,
}

/// A second call beside one that is silent; the first answer wins.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Hedge {
    /// The share of calls that have answered by the moment of the second call, from 0 to 1.
    pub quantile: f64,
    /// The most of all requests that may have a second call, from 0 to 1: what it may cost.
    pub share: f64,
}

/// Repetitions by kind of failure (`retry_policy` of `LiteLLM`); `None`: that kind is not named.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RetryCounts {
    /// Timeouts: the caller's own, 408 and 504.
    pub timeout: Option<u32>,
    /// 429.
    pub rate_limit: Option<u32>,
    /// 500.
    pub server_error: Option<u32>,
    /// 503.
    pub unavailable: Option<u32>,
    /// 400 and 422.
    pub bad_request: Option<u32>,
    /// 401.
    pub authentication: Option<u32>,
    /// A prompt that a filter refused.
    pub filtered: Option<u32>,
    /// 404.
    pub not_found: Option<u32>,
    /// What is not named.
    pub unnamed: Option<u32>,
    /// What even that does not cover.
    pub otherwise: u32,
}

/// How a failing deployment is left out for a while.
#[derive(Debug, Clone, PartialEq)]
pub struct Cooldown {
    /// Whether there is one at all.
    pub enabled: bool,
    /// Failures a minute that are allowed, when a number is set.
    pub allowed_fails: Option<u64>,
    /// For how long a deployment is left out.
    pub time: Duration,
}

/// Where a cache keeps its entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CacheKind {
    /// In the memory or on the disk of one process.
    Process,
    /// In a store that instances share.
    Shared,
}

/// A cache in the request's path.
#[derive(Debug, Clone)]
pub struct Cache {
    /// Where entries live.
    pub kind: CacheKind,
    /// Its kind in the dialect's own word: `redis-semantic`.
    pub name: String,
    /// Whether near matches are served.
    pub semantic: bool,
    /// How alike two questions must be, from 0 to 1.
    pub threshold: Option<Setting<f64>>,
    /// How long entries live; `None` when nothing is written and the product keeps them.
    pub ttl: Option<Setting<Duration>>,
    /// Who shares entries, when it is known.
    pub scope: Setting<Scope>,
    /// The single store behind it, when there is one: a service's name or host.
    pub store: Option<Setting<String>>,
}

/// Whom something covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// Everybody together.
    Everyone,
    /// One provider.
    Provider,
    /// One route or model.
    Route,
    /// One deployment.
    Deployment,
    /// One team or tenant.
    Tenant,
    /// One key.
    Key,
    /// One user.
    User,
}

/// A spend limit.
#[derive(Debug, Clone)]
pub struct Budget {
    /// US dollars in each period.
    pub usd: Setting<f64>,
    /// The period; `None` when none is written.
    pub period: Option<Setting<Duration>>,
    /// Whom it covers.
    pub scope: Scope,
    /// Whether anything enforces it, and why not.
    pub enforced: Result<(), String>,
}

/// What a limit counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LimitKind {
    /// Requests.
    Requests,
    /// Tokens in and out together.
    Tokens,
    /// Input tokens.
    InputTokens,
    /// Output tokens.
    OutputTokens,
    /// Requests at one time; the period has no meaning.
    Parallel,
}

/// A limit on requests or tokens.
#[derive(Debug, Clone)]
pub struct Limit {
    /// What it counts.
    pub kind: LimitKind,
    /// How many in each period.
    pub amount: Setting<f64>,
    /// The period.
    pub period: Duration,
    /// Whom it covers.
    pub scope: Scope,
    /// Whether anything enforces it, and why not.
    pub enforced: Result<(), String>,
}

impl Policy {
    /// A policy in which nothing is set: what code that calls a provider directly has.
    #[must_use]
    pub fn bare(dialect: super::Dialect) -> Self {
        Self {
            cooldown: Setting::default_of(
                Cooldown {
                    enabled: false,
                    allowed_fails: None,
                    time: Duration::ZERO,
                },
                dialect,
            ),
            health_checks: Setting::default_of(false, dialect),
            cache: Setting::default_of(None, dialect),
            budgets: Vec::new(),
            limits: Vec::new(),
            context_check: Setting::default_of(false, dialect),
            max_input_tokens: None,
            max_request_bytes: None,
            fallback_statuses: None,
            deadline: None,
            retrieval: None,
            judged: None,
            judge: None,
            retry_counts: None,
            connect: None,
            retry_budget: None,
            degraded: None,
            hedge: None,
        }
    }

    /// Where the first budget that is enforced stands.
    #[must_use]
    pub fn enforced_budget(&self) -> Option<&Budget> {
        self.budgets.iter().find(|budget| budget.enforced.is_ok())
    }

    /// The places of all budgets.
    pub fn budget_places(&self) -> impl Iterator<Item = &Place> {
        self.budgets.iter().filter_map(|budget| budget.usd.place())
    }
}

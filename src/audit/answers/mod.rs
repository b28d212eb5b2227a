//! What is computed for each route. One file per number.

mod number;

pub use number::{Number, Unit};

use crate::system::Fate;

/// All that is computed for one route.
#[derive(Debug, Clone)]
pub struct RouteAnswers {
    /// Minimal sets of fates whose failure takes the route down, up to three together; each
    /// sorted, the smallest sets first. A set of one is a single point of failure.
    pub cut_sets: Vec<Vec<Fate>>,
    /// For each fate of the route: what happens when it alone is down.
    pub what_if: Vec<WhatIf>,
    /// The worst time until there is an answer or an error, for an answer that is not streamed.
    pub longest_wait: Number,
    /// The same until the first token of a stream.
    pub longest_wait_stream: Number,
    /// The most calls of providers for one request.
    pub most_calls: Number,
    /// The worst cost of one request in US dollars; unknown when a price is.
    pub request_cost: Number,
    /// The worst cost of an hour in US dollars.
    pub hourly_cost: Number,
    /// What one line would bound the hourly cost, when nothing does.
    pub would_bound: Option<String>,
    /// The share of requests that are answered, from the fates' availabilities.
    pub availability: Number,
    /// The same when there were no fallbacks.
    pub availability_without_fallbacks: Number,
    /// The input that this route is known to send or allow, in tokens, when it is known.
    pub context_needed: Option<Number>,
    /// The smallest window among the deployments that it can reach, in tokens.
    pub smallest_window: Option<Number>,
}

/// What one outage does to one route.
#[derive(Debug, Clone)]
pub struct WhatIf {
    /// What is down.
    pub fate: Fate,
    /// The share of requests that are still answered, from 0 to 1.
    pub survives: f64,
    /// The path that answers: the deployment's or fallback's name, if there is one.
    pub through: Option<String>,
    /// The wait before that path begins, when what is down does not answer at all.
    pub wait: Option<Number>,
    /// The price of that path against the usual one, for the same tokens.
    pub price_factor: Option<f64>,
    /// The window of that path, in tokens.
    pub window: Option<u64>,
    /// What that path cannot do and the usual one can: `tools`, `vision`, `schema`.
    pub lost: Vec<&'static str>,
}

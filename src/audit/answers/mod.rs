//! What is computed for each route. One file per number; each is a fold over the route's
//! [`Plan`](crate::system::Plan), so it knows no dialect.

mod availability;
mod calls;
mod context;
mod cut_sets;
mod money;
mod number;
mod survival;
mod terms;
mod wait;
mod what_if;

#[cfg(test)]
mod tests;

pub use availability::{Availabilities, DEFAULTS as DEFAULT_AVAILABILITIES};
pub use number::{Number, Unit};
pub use survival::without_fallbacks;
pub use what_if::{lost, price_factor};

use crate::system::{Fate, RouteId, System};

use super::Options;
use terms::Terms;

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
    /// What one line would bound the hourly cost, when nothing written does.
    pub would_bound: Option<&'static str>,
    /// The share of requests that are answered, from the fates' availabilities.
    pub availability: Number,
    /// The same when there were no fallbacks.
    pub availability_without_fallbacks: Number,
    /// The input and output that this route is known to send or allow, in tokens, when it is known.
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
    /// The wait in seconds before that path begins, when what is down hangs until its timeouts end it;
    /// infinite when a call that hangs uses the whole time up.
    pub wait: Option<f64>,
    /// The price of that path against the usual one, for the same tokens.
    pub price_factor: Option<f64>,
    /// The window of that path, in tokens.
    pub window: Option<u64>,
    /// What that path cannot do and the usual one can: `tools`, `vision`, `schema`, `streaming`.
    pub lost: Vec<&'static str>,
}

/// Computes everything for one route; the numbers have their terms when they are `traced`.
#[must_use]
pub fn answer(system: &System, id: RouteId, options: &Options, traced: bool) -> RouteAnswers {
    let route = system.route(id);
    let terms = || Terms::new(traced);
    let request_cost = money::request(system, route, terms());
    let traffic = options.traffic.or_else(|| system.peak());
    let hourly = money::hourly(system, route, &request_cost, traffic, &terms());
    RouteAnswers {
        cut_sets: cut_sets::minimal(system, route),
        what_if: what_if::rows(system, route),
        longest_wait: wait::longest(system, &route.plan, wait::Mode::Whole, terms()),
        longest_wait_stream: wait::longest(system, &route.plan, wait::Mode::FirstToken, terms()),
        most_calls: calls::most(system, &route.plan, terms()),
        request_cost,
        hourly_cost: hourly.cost,
        would_bound: hourly.would_bound,
        availability: availability::of(system, route, &route.plan, &options.availabilities, terms()),
        availability_without_fallbacks: availability::of(
            system,
            route,
            survival::without_fallbacks(&route.plan),
            &options.availabilities,
            terms(),
        ),
        context_needed: context::needed(system, route, terms()),
        smallest_window: context::smallest_window(system, route, terms()),
    }
}

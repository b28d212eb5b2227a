//! The worst cost of one request and of one hour.
//!
//! A request is worst when every call of its path is made and billed, each with the longest input
//! that is let through and the longest output that may come back. An hour is worst at the limits
//! that are enforced, or at the declared traffic.

use std::time::Duration;

use crate::system::{Attempt, Budget, Dialect, Limit, LimitKind, Origin, Plan, Route, Scope, System, units};

use super::number::{Number, Unit};
use super::terms::Terms;

const HOUR: Duration = Duration::from_secs(3_600);

/// The worst cost of one request.
pub(super) fn request(system: &System, route: &Route, mut terms: Terms) -> Number {
    match of_plan(system, route, &route.plan, &mut terms) {
        Some(cost) => Number::new(cost, Unit::Dollars, terms),
        None => Number::unknown(Unit::Dollars, terms),
    }
}

fn of_plan(system: &System, route: &Route, plan: &Plan, terms: &mut Terms) -> Option<f64> {
    match plan {
        Plan::Try(attempt) => one_call(system, route, attempt, terms),
        Plan::Pick { branches, .. } => {
            // Every branch is priced, so that one unknown price makes the whole unknown.
            let mut worst: f64 = 0.0;
            for (_, plan) in branches {
                worst = worst.max(of_plan(system, route, plan, terms)?);
            }
            Some(worst)
        }
        Plan::Retry(retry) => {
            let tries = f64::from(retry.retries.value) + 1.0;
            let once = of_plan(system, route, &retry.plan, terms)?;
            if retry.retries.value > 0 {
                terms.push(|| format!("× {tries} tries ({})", retry.layer), &retry.retries.origin);
            }
            Some(once * tries)
        }
        Plan::First(branches) => sum(branches
            .iter()
            .map(|branch| of_plan(system, route, &branch.plan, terms))),
        Plan::Within { plan, .. } => of_plan(system, route, plan, terms),
        Plan::All(plans) => sum(plans.iter().map(|plan| of_plan(system, route, plan, terms))),
        Plan::Degraded(_) => Some(0.0),
    }
}

fn sum(parts: impl Iterator<Item = Option<f64>>) -> Option<f64> {
    parts.sum()
}

/// A count of tokens, and where it is written; what no line says is the model's own.
type Bound<'a> = (u64, Option<&'a Origin>);

/// The longest input and output of one call in tokens.
fn tokens<'a>(system: &'a System, route: &'a Route, attempt: &'a Attempt) -> (Option<Bound<'a>>, Option<Bound<'a>>) {
    let facts = system.deployment(attempt.deployment).facts.as_ref();
    let input = route.policy.max_input_tokens.as_ref();
    let output = attempt.max_output_tokens.as_ref();
    (
        input
            .map(|limit| (limit.value, Some(&limit.origin)))
            .or_else(|| Some((facts?.max_input_tokens?, None))),
        output
            .map(|cap| (cap.value, Some(&cap.origin)))
            .or_else(|| Some((facts?.max_output_tokens?, None))),
    )
}

fn one_call(system: &System, route: &Route, attempt: &Attempt, terms: &mut Terms) -> Option<f64> {
    let deployment = system.deployment(attempt.deployment);
    if deployment.self_hosted
        && deployment
            .facts
            .as_ref()
            .is_none_or(|facts| facts.input_price.is_none())
    {
        return Some(0.0);
    }
    let Some(facts) = deployment
        .facts
        .as_ref()
        .filter(|facts| facts.found.is_certain() || facts.key == "declared")
    else {
        terms.push(
            || format!("no price is known for {}", deployment.model.value),
            &deployment.model.origin,
        );
        return None;
    };
    let (input, output) = tokens(system, route, attempt);
    let Some((input, input_origin)) = input else {
        terms.push(
            || format!("no window is known for {}", deployment.model.value),
            &deployment.model.origin,
        );
        return None;
    };
    let cost = facts.cost(input, output.map_or(0, |(tokens, _)| tokens))?;
    let model = &deployment.model.value;
    terms.push(
        || format!("{}: ${} for one call", deployment.name, show(cost)),
        &format_args!("the price table's entry {}", facts.key),
    );
    let mut bound = |what, tokens, origin: Option<&Origin>, of: &str| match origin {
        Some(origin) => terms.push(|| format!("{tokens} tokens {what}"), origin),
        None => terms.push(
            || format!("{tokens} tokens {what}"),
            &format_args!("the {of} of {model}"),
        ),
    };
    bound("in", input, input_origin, "window");
    if let Some((tokens, origin)) = output {
        bound("out", tokens, origin, "output limit");
    }
    Some(cost)
}

/// Dollars with as many digits as they need.
fn show(dollars: f64) -> String {
    if dollars >= 1.0 {
        format!("{dollars:.2}")
    } else {
        format!("{dollars:.4}")
    }
}

/// The worst hour.
pub(super) struct Hourly {
    /// Its cost.
    pub cost: Number,
    /// The line that would bound it, when nothing written does.
    pub would_bound: Option<&'static str>,
}

/// The worst cost of an hour: the least of what the budgets and the limits let through. `none` is where each
/// bound's terms begin.
pub(super) fn hourly(system: &System, route: &Route, request: &Number, traffic: Option<f64>, none: &Terms) -> Hourly {
    let budget = by_budget(route, none);
    let limit = by_limits(system, route, request, none);
    let bound = [budget, limit].into_iter().flatten().min_by(|a, b| a.0.total_cmp(&b.0));
    let declared = traffic.and_then(|rate| {
        let cost = request.value? * rate * HOUR.as_secs_f64();
        let mut terms = none.alike();
        terms.push(
            || format!("{rate} requests a second, each at its worst"),
            &"declared traffic",
        );
        Some((cost, terms))
    });
    let would_bound = bound.is_none().then(|| suggestion(paying(system, route)));
    let best = [bound, declared]
        .into_iter()
        .flatten()
        .min_by(|a, b| a.0.total_cmp(&b.0));
    if request.value == Some(0.0) {
        let cost = Number {
            unit: Unit::DollarsPerHour,
            ..request.clone()
        };
        return Hourly {
            cost,
            would_bound: None,
        };
    }
    let (cost, terms) = best.unwrap_or_else(|| {
        let mut terms = none.alike();
        terms.push(
            || "no enforced budget or rate limit is in view".to_owned(),
            &"nothing written",
        );
        (f64::INFINITY, terms)
    });
    Hourly {
        cost: Number::new(cost, Unit::DollarsPerHour, terms),
        would_bound,
    }
}

/// What the route's budgets let through in one hour: a longer period's budget can be spent in one.
fn by_budget(route: &Route, none: &Terms) -> Option<(f64, Terms)> {
    let covering = route.policy.budgets.iter().filter(|budget| {
        budget.enforced.is_ok()
            && matches!(
                budget.scope,
                Scope::Everyone | Scope::Route | Scope::Provider | Scope::Deployment
            )
    });
    // A budget of one provider or deployment bounds only its own part: the largest is the estimate
    // when every part has one, and a budget for everybody is exact.
    let everyone = covering
        .clone()
        .find(|budget| matches!(budget.scope, Scope::Everyone | Scope::Route));
    let parts: Vec<&Budget> = covering
        .filter(|budget| matches!(budget.scope, Scope::Provider | Scope::Deployment))
        .collect();
    let mut terms = none.alike();
    if let Some(budget) = everyone {
        push_budget(budget, &mut terms);
        return Some((per_hour(budget), terms));
    }
    if parts.is_empty() || parts.len() < route.members.len() {
        return None;
    }
    for budget in &parts {
        push_budget(budget, &mut terms);
    }
    Some((parts.iter().map(|budget| per_hour(budget)).sum(), terms))
}

fn per_hour(budget: &Budget) -> f64 {
    let period = budget.period.as_ref().map_or(HOUR, |period| period.value);
    let periods = (HOUR.as_secs_f64() / period.as_secs_f64().max(0.001)).max(1.0);
    budget.usd.value * periods
}

fn push_budget(budget: &Budget, terms: &mut Terms) {
    let period = || {
        budget.period.as_ref().map_or_else(String::new, |period| {
            format!(" each {}", units::show_seconds(period.value.as_secs_f64()))
        })
    };
    terms.push(
        || format!("budget of ${}{}", budget.usd.value, period()),
        &budget.usd.origin,
    );
}

/// What the rate limits let through: each deployment's when all have one, or the route's own.
fn by_limits(system: &System, route: &Route, request: &Number, none: &Terms) -> Option<(f64, Terms)> {
    let enforced = |scope: fn(Scope) -> bool| {
        route
            .policy
            .limits
            .iter()
            .filter(move |limit| limit.enforced.is_ok() && scope(limit.scope))
    };
    let cost = |limit: &Limit| limit_cost(system, route, limit, request);
    let whole = enforced(|scope| matches!(scope, Scope::Everyone | Scope::Route))
        .filter_map(|limit| Some((cost(limit)?, vec![limit])))
        .min_by(|a, b| a.0.total_cmp(&b.0));
    let parts: Vec<&Limit> = enforced(|scope| scope == Scope::Deployment)
        .filter(|limit| matches!(limit.kind, LimitKind::Requests))
        .collect();
    let by_parts = (!parts.is_empty() && parts.len() >= route.members.len())
        .then(|| Some((parts.iter().map(|limit| cost(limit)).sum::<Option<f64>>()?, parts)))
        .flatten();
    let (cost, limits) = whole.into_iter().chain(by_parts).min_by(|a, b| a.0.total_cmp(&b.0))?;
    let mut terms = none.alike();
    for limit in limits {
        push_limit(limit, &mut terms);
    }
    Some((cost, terms))
}

fn limit_cost(system: &System, route: &Route, limit: &Limit, request: &Number) -> Option<f64> {
    let periods = HOUR.as_secs_f64() / limit.period.as_secs_f64().max(0.001);
    let amount = limit.amount.value * periods;
    match limit.kind {
        LimitKind::Requests => Some(amount * request.value?),
        LimitKind::Tokens | LimitKind::InputTokens | LimitKind::OutputTokens => {
            Some(amount * dearest_token(system, route)?)
        }
        LimitKind::Parallel => None,
    }
}

/// The price of the dearest token that the route can buy.
fn dearest_token(system: &System, route: &Route) -> Option<f64> {
    route
        .plan
        .deployments()
        .into_iter()
        .map(|id| {
            let facts = system.deployment(id).facts.as_ref()?;
            Some(facts.input_price?.max(facts.output_price?))
        })
        .try_fold(0.0, |dearest: f64, price| Some(dearest.max(price?)))
}

fn push_limit(limit: &Limit, terms: &mut Terms) {
    let what = match limit.kind {
        LimitKind::Requests => "requests",
        LimitKind::Tokens => "tokens",
        LimitKind::InputTokens => "input tokens",
        LimitKind::OutputTokens => "output tokens",
        LimitKind::Parallel => "requests at a time",
    };
    terms.push(
        || format!("{} {what} each {} s", limit.amount.value, limit.period.as_secs()),
        &limit.amount.origin,
    );
}

/// The dialect in which a bound would be written: the gateway's, for code that goes through one.
fn paying(system: &System, route: &Route) -> Dialect {
    let reached = route.call.and_then(|call| system.call(call).reaches);
    reached.map_or(route.dialect, |id| system.route(id).dialect)
}

/// The one line that would bound a route's spend, in its dialect's keys.
const fn suggestion(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Litellm => {
            "`litellm_settings.max_budget: 50` (with `budget_duration: 1d` and `general_settings.database_url`)"
        }
        Dialect::Tensorzero => {
            "a `[[rate_limiting.rules]]` with `cost_per_day = 50` and `always = true` (with Postgres or Valkey)"
        }
        Dialect::Bifrost => "a `governance.budgets` entry with `max_limit: 50` and `reset_duration: \"1d\"`",
        Dialect::Envoy => "a `QuotaPolicy`, or `rateLimit.global` with a token cost in a `BackendTrafficPolicy`",
        Dialect::Helicone => "`rate-limit.per-api-key` on the router, and a spend limit at the provider",
        Dialect::Kong => "the plugin `ai-rate-limiting-advanced` with a `cost` strategy",
        Dialect::Aisys => "`budget: {usd: 50, per: day}` on the route",
        _ => "a spend limit at the provider's console, or a gateway with a budget in front",
    }
}

//! What the gateway itself limits: requests and tokens, input, money.

use std::time::Duration;

use crate::chaos::scenario::Request;
use crate::pipeline::policy::health::Bucket;
use crate::pipeline::policy::{Failure, Refusal, Tick};
use crate::system::LimitKind;

use super::setup::Setup;

/// What is left of a gateway's own limits.
#[derive(Debug)]
pub(super) struct OwnLimits {
    buckets: Vec<(LimitKind, Bucket)>,
    budgets: Vec<Spent>,
    most_input: u64,
}

/// Money spent in a period.
#[derive(Debug)]
struct Spent {
    most: f64,
    period: u64,
    used: f64,
    /// The number of the period.
    in_period: u64,
}

/// A budget without a period counts for ever.
const FOR_EVER: u64 = u64::MAX;

impl OwnLimits {
    pub(super) fn new(setup: &Setup<'_>) -> Self {
        let policy = &setup.entry.route.policy;
        let buckets = setup.own_limits().filter(|limit| limit.kind != LimitKind::Parallel);
        Self {
            buckets: buckets
                .map(|limit| {
                    let amount = limit.amount.value;
                    let rate = amount / limit.period.as_secs_f64().max(1e-9);
                    (limit.kind, Bucket::full(amount, rate))
                })
                .collect(),
            budgets: policy
                .budgets
                .iter()
                .filter(|budget| budget.enforced.is_ok())
                .map(|budget| Spent {
                    most: budget.usd.value,
                    period: budget.period.as_ref().map_or(FOR_EVER, |it| nanos(it.value)).max(1),
                    used: 0.0,
                    in_period: 0,
                })
                .collect(),
            most_input: policy.max_input_tokens.as_ref().map_or(u64::MAX, |it| it.value),
        }
    }

    /// Why a request is refused before any call, if it is.
    pub(super) fn refuses(&mut self, request: &Request, now: Tick) -> Option<Failure> {
        if u64::from(request.prompt_tokens) > self.most_input {
            return Some(Failure::Status {
                status: 400,
                refusal: Refusal::ContextLength,
                retry_after: None,
            });
        }
        if self.is_spent(now) {
            return Some(Failure::OwnLimit);
        }
        let amount = |kind: LimitKind| match kind {
            LimitKind::Requests | LimitKind::Parallel => 1.0,
            LimitKind::Tokens => f64::from(request.prompt_tokens) + f64::from(request.output_tokens),
            LimitKind::InputTokens => f64::from(request.prompt_tokens),
            LimitKind::OutputTokens => f64::from(request.output_tokens),
        };
        if self
            .buckets
            .iter()
            .any(|(kind, bucket)| bucket.held(now) < amount(*kind))
        {
            return Some(Failure::OwnLimit);
        }
        for (kind, bucket) in &mut self.buckets {
            bucket.charge(now, amount(*kind));
        }
        None
    }

    /// Whether a budget is used up.
    pub(super) fn is_spent(&self, now: Tick) -> bool {
        self.budgets
            .iter()
            .any(|budget| budget.in_period == now.0 / budget.period && budget.used >= budget.most)
    }

    /// Money goes out.
    pub(super) fn spends(&mut self, usd: f64, now: Tick) {
        for budget in &mut self.budgets {
            let period = now.0 / budget.period;
            if budget.in_period != period {
                budget.in_period = period;
                budget.used = 0.0;
            }
            budget.used += usd;
        }
    }
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

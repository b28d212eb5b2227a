//! Limits on the calls that begin: requests, tokens, and how many at once.

use super::Bucket;
use crate::pipeline::policy::{Request, Tick};
use crate::system::{Limit, LimitKind};

/// Tokens of an answer when nobody caps it.
const UNCAPPED: u64 = 1_000;

/// The limits of a deployment or a route, as far as they are enforced here.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CallRates {
    requests: Vec<Bucket>,
    tokens: Vec<(LimitKind, Bucket)>,
    parallel: Option<u32>,
    running: u32,
}

impl CallRates {
    /// What a list of limits says.
    #[must_use]
    pub fn of(limits: &[Limit]) -> Self {
        let mut rates = Self::default();
        for limit in limits.iter().filter(|limit| limit.enforced.is_ok()) {
            let amount = limit.amount.value;
            match limit.kind {
                LimitKind::Requests => rates.requests.push(Bucket::within(amount, limit.period)),
                LimitKind::Parallel => {
                    #[expect(
                        clippy::cast_possible_truncation,
                        clippy::cast_sign_loss,
                        reason = "a float cast to an integer saturates"
                    )]
                    let most = amount as u32;
                    rates.parallel = Some(rates.parallel.map_or(most, |it| it.min(most)));
                }
                kind => {
                    // A tenth at once, the rest paced: no period sees more than the amount, but for the call
                    // that reaches over.
                    let seconds = limit.period.as_secs_f64().max(f64::MIN_POSITIVE);
                    rates
                        .tokens
                        .push((kind, Bucket::full(amount * 0.1, amount * 0.9 / seconds)));
                }
            }
        }
        rates
    }

    /// Whether a call may begin: what a tokens' bucket holds must be something; the call's own tokens may
    /// reach below zero, which later calls wait for.
    #[must_use]
    pub fn allows(&self, now: Tick) -> bool {
        self.parallel.is_none_or(|most| self.running < most)
            && self.requests.iter().all(|bucket| bucket.held(now) >= 1.0)
            && self.tokens.iter().all(|(_, bucket)| bucket.held(now) > 0.0)
    }

    /// A call begins.
    pub fn began(&mut self, now: Tick, request: &Request) {
        self.running += 1;
        for bucket in &mut self.requests {
            bucket.charge(now, 1.0);
        }
        for (kind, bucket) in &mut self.tokens {
            let output = if request.output_tokens == 0 {
                UNCAPPED
            } else {
                request.output_tokens
            };
            let tokens = match kind {
                LimitKind::InputTokens => request.input_tokens,
                LimitKind::OutputTokens => output,
                _ => request.input_tokens.saturating_add(output),
            };
            #[expect(clippy::cast_precision_loss, reason = "tokens of one call are few")]
            bucket.charge(now, tokens as f64);
        }
    }

    /// A call has ended or was cut off.
    pub const fn ended(&mut self) {
        self.running = self.running.saturating_sub(1);
    }
}

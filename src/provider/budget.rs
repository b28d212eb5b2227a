//! No more money than was said.

use std::sync::{Arc, Mutex, PoisonError};

use futures_util::future::BoxFuture;
use serde_json::Value;
use tokio::sync::Notify;

use super::cost::Tariff;
use super::{Call, CallError, CallErrorKind, Provider, Reply};
use crate::wire::Usage;

/// What a run may spend, shared by all its providers.
#[derive(Debug)]
pub struct Budget {
    limit: f64,
    state: Mutex<Spending>,
    settled: Notify,
}

#[derive(Debug, Clone, Copy, Default)]
struct Spending {
    spent: f64,
    reserved: f64,
}

/// Tokens of an answer when neither the call nor the price table caps it.
const UNCAPPED: u64 = 4_096;

/// Room for sums of fractions of cents.
const ROUNDING: f64 = 1e-9;

impl Budget {
    /// At most so many US dollars.
    #[must_use]
    pub fn new(limit_usd: f64) -> Arc<Self> {
        Arc::new(Self {
            limit: limit_usd.max(0.0),
            state: Mutex::default(),
            settled: Notify::new(),
        })
    }

    /// US dollars spent so far.
    pub fn spent(&self) -> f64 {
        self.state().spent
    }

    /// The limit in US dollars.
    pub const fn limit(&self) -> f64 {
        self.limit
    }

    /// Sets money aside. Waits while calls that run could still leave enough, and fails when even then it
    /// would not be.
    async fn reserve(&self, worst: f64) -> Result<Reservation<'_>, f64> {
        loop {
            let settled = self.settled.notified();
            tokio::pin!(settled);
            // From here on no settlement is missed.
            settled.as_mut().enable();
            {
                let mut state = self.state();
                if state.spent + worst > self.limit + ROUNDING {
                    return Err(state.spent);
                }
                if state.spent + state.reserved + worst <= self.limit + ROUNDING {
                    state.reserved += worst;
                    return Ok(Reservation {
                        budget: self,
                        worst,
                        spent: 0.0,
                    });
                }
            }
            settled.await;
        }
    }

    fn state(&self) -> std::sync::MutexGuard<'_, Spending> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Money set aside; dropped, it is settled with what was spent of it.
struct Reservation<'a> {
    budget: &'a Budget,
    worst: f64,
    spent: f64,
}

impl Drop for Reservation<'_> {
    fn drop(&mut self) {
        let mut state = self.budget.state();
        state.reserved = (state.reserved - self.worst).max(0.0);
        state.spent += self.spent;
        drop(state);
        self.budget.settled.notify_waiters();
    }
}

/// A provider that spends from a budget.
pub struct Budgeted {
    inner: Arc<dyn Provider>,
    budget: Arc<Budget>,
    tariff: Tariff,
}

impl Budgeted {
    /// Wraps a provider. Without prices in `tariff` nothing can be held back.
    #[must_use]
    pub fn new(inner: Arc<dyn Provider>, budget: Arc<Budget>, tariff: Tariff) -> Self {
        Self { inner, budget, tariff }
    }

    /// The most that a call can cost in US dollars: a token is at least three letters, the answer as long as
    /// its cap.
    fn worst(&self, call: &Call) -> Option<f64> {
        let request = &call.request;
        let texts = request.messages.iter().map(|message| message.plain().len());
        let letters = texts.sum::<usize>().max(call.question.len()) + 400;
        let output = request.max_output_tokens.map(u64::from);
        let output = output.or_else(|| self.tariff.max_output_tokens().map(|cap| cap.min(UNCAPPED)));
        self.tariff.cost(Usage {
            input_tokens: letters.div_ceil(3) as u64,
            output_tokens: output.unwrap_or(UNCAPPED),
            cached_input_tokens: 0,
        })
    }

    async fn make(&self, call: &Call) -> Result<Reply, CallError> {
        let Some(worst) = self.worst(call) else {
            return self.inner.call(call).await;
        };
        let mut reservation = self.budget.reserve(worst).await.map_err(|spent| CallError {
            kind: CallErrorKind::Budget,
            provider: self.inner.name().to_owned(),
            message: format!(
                "the call may cost {worst:.6} USD, and {spent:.6} of {:.6} USD are spent; raise --max-cost to go on",
                self.budget.limit
            ),
            status: None,
            retry_after: None,
            attempts: 0,
        })?;
        // A call that is cut off may have worked, and is billed then.
        reservation.spent = worst;
        let outcome = self.inner.call(call).await;
        reservation.spent = match &outcome {
            Ok(reply) => reply.cost_usd.unwrap_or(worst),
            // The provider may have worked, and bills for that.
            Err(error)
                if matches!(
                    error.kind,
                    CallErrorKind::Timeout | CallErrorKind::BrokenStream | CallErrorKind::Garbage
                ) =>
            {
                worst
            }
            Err(_) => 0.0,
        };
        outcome
    }
}

impl Provider for Budgeted {
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn identity(&self) -> Value {
        self.inner.identity()
    }

    fn call<'a>(&'a self, call: &'a Call) -> BoxFuture<'a, Result<Reply, CallError>> {
        Box::pin(self.make(call))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_runs_is_waited_for_and_the_limit_never_passed() {
        let budget = Budget::new(1.0);
        let mut first = budget.reserve(0.6).await.unwrap();
        let waiting = {
            let budget = Arc::clone(&budget);
            tokio::spawn(async move {
                let mut second = budget.reserve(0.6).await.unwrap();
                second.spent = 0.5;
            })
        };
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        first.spent = 0.1;
        drop(first);
        waiting.await.unwrap();
        assert!((budget.spent() - 0.6).abs() < 1e-12);
        assert!(budget.reserve(0.6).await.is_err());
        assert!(budget.reserve(0.4).await.is_ok());
    }
}

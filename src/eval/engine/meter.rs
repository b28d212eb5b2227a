//! What one row's judging cost.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use futures_util::future::BoxFuture;
use serde_json::Value;

use crate::eval::judges::Tools;
use crate::provider::{Call, CallError, Provider, Reply};

/// Adds up what calls cost, in billionths of a dollar: whole numbers give the same sum in any order.
#[derive(Debug, Default)]
pub(super) struct Meter {
    nano_dollars: AtomicU64,
    priced: AtomicU64,
}

impl Meter {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the cost of a call is a small positive number"
    )]
    fn add(&self, dollars: f64) {
        self.nano_dollars
            .fetch_add((dollars.max(0.0) * 1e9).round() as u64, Ordering::Relaxed);
        self.priced.fetch_add(1, Ordering::Relaxed);
    }

    /// The sum in dollars; `None` when no call had a price.
    #[expect(clippy::cast_precision_loss, reason = "far below 2^53 billionths")]
    pub(super) fn dollars(&self) -> Option<f64> {
        let priced = self.priced.load(Ordering::Relaxed) > 0;
        priced.then(|| self.nano_dollars.load(Ordering::Relaxed) as f64 / 1e9)
    }
}

/// A provider whose calls a meter counts.
struct Metered {
    inner: Arc<dyn Provider>,
    meter: Arc<Meter>,
}

impl Provider for Metered {
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn identity(&self) -> Value {
        self.inner.identity()
    }

    fn call<'a>(&'a self, call: &'a Call) -> BoxFuture<'a, Result<Reply, CallError>> {
        Box::pin(async move {
            let reply = self.inner.call(call).await?;
            if let Some(cost) = reply.cost_usd {
                self.meter.add(cost);
            }
            Ok(reply)
        })
    }
}

/// The same tools, with a meter on their models.
pub(super) fn metered(tools: &Tools, meter: &Arc<Meter>) -> Tools {
    let wrap = |inner: &Arc<dyn Provider>| -> Arc<dyn Provider> {
        Arc::new(Metered {
            inner: Arc::clone(inner),
            meter: Arc::clone(meter),
        })
    };
    Tools {
        models: tools
            .models
            .iter()
            .map(|(name, model)| (name.clone(), wrap(model)))
            .collect(),
        default_model: tools.default_model.as_ref().map(wrap),
        ..tools.clone()
    }
}

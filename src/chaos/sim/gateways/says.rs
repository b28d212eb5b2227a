//! What a gateway says to its client when nothing is left to try.

use super::Product;
use crate::pipeline::policy::{Failure, Limit, Refusal};

/// The failure as the gateway's client meets it: a status, unless the answer had begun. No gateway passes a
/// provider's `retry-after` on (`LiteLLM` 1.106.2 renames it to `llm_provider-retry-after`).
#[must_use]
pub fn says(product: Product<'_>, failure: Failure, passed_on: bool) -> Failure {
    if passed_on || matches!(product, Product::Direct) {
        return failure;
    }
    let status = |status: u16, refusal: Refusal| Failure::Status {
        status,
        refusal,
        retry_after: None,
    };
    match failure {
        Failure::Status {
            status: theirs,
            refusal,
            ..
        } => status(theirs, refusal),
        Failure::NoneAvailable => match product {
            // "No deployments available for selected model, Try again in 5 seconds": 429.
            Product::Litellm(_) => status(429, Refusal::Plain),
            _ => status(503, Refusal::Plain),
        },
        Failure::OwnLimit => status(429, Refusal::Plain),
        // A stream that falls silent after its headers: an `APIConnectionError`.
        Failure::TimedOut(Limit::Idle) if matches!(product, Product::Litellm(_)) => status(500, Refusal::Plain),
        Failure::TimedOut(_) => match product {
            Product::Litellm(_) | Product::Portkey(_) => status(408, Refusal::Plain),
            _ => status(504, Refusal::Plain),
        },
        Failure::Connect => match product {
            Product::Litellm(_) | Product::Portkey(_) => status(500, Refusal::Plain),
            Product::Envoy => status(503, Refusal::Plain),
            _ => status(502, Refusal::Plain),
        },
        Failure::Broken | Failure::Unreadable | Failure::ErrorEvent | Failure::ErrorBody => match product {
            Product::Litellm(_) => status(500, Refusal::Plain),
            _ => status(502, Refusal::Plain),
        },
        // These are handed on as answers.
        Failure::Unfinished | Failure::Useless(_) => failure,
    }
}

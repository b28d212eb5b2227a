//! A `Retry-After` that is obeyed however long it is.

use crate::audit::{Audit, Family, FixKind, Harm, Hit, Hits, Rule};
use crate::report::{Confidence, Severity};
use crate::system::{Dialect, Origin, Wait};

/// The rule.
pub const RULE: Rule = Rule {
    name: "retry-after-unbounded",
    title: "any `Retry-After` is obeyed",
    family: Family::Retry,
    severity: Severity::Note,
    confidence: Confidence::Medium,
    harm: Harm::Waits,
    dialects: &[Dialect::Portkey, Dialect::Aisys, Dialect::Code],
    fix: FixKind::None,
    why: "A provider may answer 429 with a `Retry-After` of hours or days, and a client that obeys hangs for \
          as long: earendil-works/pi #4991. LiteLLM and the OpenAI SDKs obey up to 60 s and otherwise use \
          their own pause.",
    how: &[(Dialect::Code, "wait = min(retry_after, 60)")],
    check,
};

fn check(audit: &Audit<'_>, hits: &mut Hits<'_>) {
    for (id, route) in audit.own_chat_routes() {
        let slept = route
            .call
            .and_then(|call| audit.system.call(call).obeys_retry_after.as_ref());
        if let Some(place) = slept {
            hits.push(
                Hit::at(
                    place,
                    "a provider that says `Retry-After: 86400` holds this request for a day",
                )
                .route(id)
                .label("no cap")
                .help("wait for at most 60 s, and fall back instead"),
            );
        }
        for retry in route.plan.retries() {
            if retry.backoff.retry_after != Some(Wait::Unbounded) || retry.retries.value == 0 {
                continue;
            }
            let place = match &retry.backoff.origin {
                Origin::Written(place) => place,
                _ => retry.retries.place().unwrap_or_else(|| route.place()),
            };
            hits.push(
                Hit::at(
                    place,
                    "a provider that says `Retry-After: 86400` holds this request for a day",
                )
                .route(id)
                .label("no cap")
                .help("wait for at most 60 s, and fall back instead"),
            );
        }
    }
}

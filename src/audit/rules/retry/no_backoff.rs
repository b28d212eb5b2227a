//! Retries that do not wait, or all wait alike.

use crate::audit::{Audit, Family, FixKind, Harm, Hit, Hits, Rule};
use crate::report::{Confidence, Severity};
use crate::system::{Dialect, Origin};

/// The rule.
pub const RULE: Rule = Rule {
    name: "no-backoff",
    title: "retries come without a growing pause",
    family: Family::Retry,
    severity: Severity::Note,
    confidence: Confidence::High,
    harm: Harm::Waits,
    dialects: &[
        Dialect::Portkey,
        Dialect::Envoy,
        Dialect::Helicone,
        Dialect::Aisys,
        Dialect::Code,
    ],
    fix: FixKind::Safe,
    why: "ui-insight/vandalizer #739: three tries in 400 ms against a limit that is counted by the minute. A \
          pause that grows gives the provider time, and jitter keeps a thousand clients from coming back at \
          the same moment.",
    how: &[
        (
            Dialect::Helicone,
            "retries: {strategy: exponential, min-delay: 500ms, max-delay: 5s}",
        ),
        (
            Dialect::Envoy,
            "perRetry: {backOff: {baseInterval: 250ms, maxInterval: 5s}}",
        ),
        (
            Dialect::Code,
            "@retry(wait=wait_random_exponential(max=10), stop=stop_after_attempt(2))",
        ),
    ],
    check,
};

fn check(audit: &Audit<'_>, hits: &mut Hits<'_>) {
    for (id, route) in audit.own_chat_routes() {
        if !RULE.dialects.contains(&route.dialect) {
            continue;
        }
        for retry in route.plan.retries().into_iter().filter(|retry| retry.retries.value > 0) {
            let pauses = !retry.backoff.longest(0).is_zero();
            let grows = retry.backoff.factor > 1.0;
            if pauses && (grows || retry.backoff.jittered) {
                continue;
            }
            let what = if pauses {
                "the pause between tries never grows and has no jitter"
            } else {
                "the next try follows at once"
            };
            let written = match &retry.backoff.origin {
                Origin::Written(place) => Some(place),
                _ => retry.retries.place(),
            };
            hits.push(
                Hit::at(
                    written.unwrap_or_else(|| route.place()),
                    format!(
                        "{what}: a limit that is counted by the minute is hit {} times in it",
                        retry.retries.value.saturating_add(1)
                    ),
                )
                .route(id)
                .label("no growing pause"),
            );
        }
    }
}

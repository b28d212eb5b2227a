//! A path on which nothing that anybody wrote ends the wait.

use crate::audit::{Audit, Family, FixKind, Harm, Hit, Hits, Rule};
use crate::report::{Confidence, Severity};
use crate::system::{Dialect, Origin};

/// The rule.
pub const RULE: Rule = Rule {
    name: "no-timeout",
    title: "no timeout is set",
    family: Family::Time,
    severity: Severity::Error,
    confidence: Confidence::High,
    harm: Harm::Waits,
    dialects: Dialect::ALL,
    fix: FixKind::Safe,
    why: "When a provider accepts a call and never answers, only a timeout ends the wait. The defaults \
          are made for batch jobs: 6000 s behind the LiteLLM proxy, 15 minutes in TensorZero, 600 s in the \
          OpenAI and Anthropic SDKs, none in Portkey. 60 % of 104 public LiteLLM configurations set none. \
          OpenHands/software-agent-sdk #1638: runtimes were killed after 22 minutes of waiting for the \
          6000 s default.",
    how: &[
        (Dialect::Litellm, "litellm_settings:\n  request_timeout: 6"),
        (Dialect::Portkey, "{\"request_timeout\": 6000}"),
        (
            Dialect::Tensorzero,
            "[models.chat]\ntimeouts = { non_streaming = { total_ms = 6000 } }",
        ),
        (Dialect::Code, "client = OpenAI(timeout=6.0)"),
    ],
    check,
};

fn check(audit: &Audit<'_>, hits: &mut Hits<'_>) {
    for (id, route) in audit.chat_routes() {
        for attempt in route.plan.attempts() {
            let Origin::Default(default) = &attempt.timeout.origin else {
                continue;
            };
            let wait = attempt
                .timeout
                .value
                .map_or_else(|| "forever".to_owned(), |limit| format!("{} s", limit.as_secs()));
            let place = audit
                .gateway_of(route)
                .map_or_else(|| route.place(), |gateway| &gateway.place);
            hits.push(
                Hit::at(
                    place,
                    format!("no timeout is set: a provider that never answers holds a call for {wait} ({default})"),
                )
                .route(id)
                .label(format!("nothing here ends a wait before {wait}")),
            );
        }
    }
}

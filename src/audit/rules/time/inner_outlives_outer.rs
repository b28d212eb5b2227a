//! A caller that gives up before what it calls.

use crate::audit::show;
use crate::audit::{Audit, Family, FixKind, Harm, Hit, Hits, Rule};
use crate::report::{Confidence, Severity};
use crate::system::{Dialect, units};

/// The rule.
pub const RULE: Rule = Rule {
    name: "inner-outlives-outer",
    title: "the caller gives up before the gateway does",
    family: Family::Time,
    severity: Severity::Warning,
    confidence: Confidence::Medium,
    harm: Harm::Pays,
    dialects: &[
        Dialect::Litellm,
        Dialect::Code,
        Dialect::Compose,
        Dialect::Envoy,
        Dialect::Tensorzero,
        Dialect::Aisys,
    ],
    fix: FixKind::NeedsReview,
    why: "When the client's timeout is shorter than the gateway's longest path, the client goes away and the \
          gateway goes on: retries and fallbacks are made and billed for nobody, and the client's own retry \
          starts it all again. OpenHands/software-agent-sdk #1638: runtimes were killed while calls behind \
          them ran on.",
    how: &[
        (
            Dialect::Litellm,
            "litellm_settings:\n  request_timeout: 3\ngeneral_settings:\n  cancel_on_disconnect: true",
        ),
        (
            Dialect::Code,
            "client = OpenAI(base_url=GATEWAY, timeout=15.0, max_retries=0)   # longer than the gateway's longest wait",
        ),
    ],
    check,
};

fn check(audit: &Audit<'_>, hits: &mut Hits<'_>) {
    for call in &audit.system.calls {
        let Some(reached) = call.reaches else { continue };
        let Some(outer) = call.timeout.value else { continue };
        let inner = &audit.answers(reached).longest_wait;
        let route = audit.system.route(reached);
        let cancels = audit
            .gateway_of(route)
            .and_then(|gateway| gateway.cancels_on_disconnect.as_ref())
            .is_some_and(|cancels| cancels.value);
        if cancels || !inner.exceeds(outer.as_secs_f64()) {
            continue;
        }
        let place = call.timeout.place().unwrap_or(&call.place);
        hits.push(
            Hit::at(
                place,
                format!(
                    "this client gives up after {}, and the gateway works on `{}` for up to {}: that work is paid and nobody listens",
                    units::show_seconds(outer.as_secs_f64()),
                    route.name,
                    show(inner)
                ),
            )
            .route(reached)
            .label(format!("gives up after {}", units::show_seconds(outer.as_secs_f64())))
            .related(route.place(), format!("up to {}", show(inner)))
            .help("make the gateway's path shorter than the client's timeout, or let the gateway stop when the caller has gone"),
        );
    }
}

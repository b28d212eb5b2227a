//! Calls that each fit the deadline and together do not.

use crate::audit::{Audit, Family, FixKind, Harm, Hit, Hits, Rule};
use crate::audit::{show, some_of};
use crate::report::{Confidence, Severity};
use crate::system::{Dialect, units};

/// The rule.
pub const RULE: Rule = Rule {
    name: "longest-wait",
    title: "retries and fallbacks together outlast the deadline",
    family: Family::Time,
    severity: Severity::Warning,
    confidence: Confidence::High,
    harm: Harm::Waits,
    dialects: Dialect::ALL,
    fix: FixKind::None,
    why: "Each timeout looks sensible, and their sum is what users wait: tries times timeout, pauses between, \
          then the same again for each fallback. joryirving/home-ops #10223: 1200 s times two retries. Nobody \
          writes that sum down; `--explain-number ROUTE.longest-wait` shows its terms.",
    how: &[
        (
            Dialect::Litellm,
            "litellm_settings:\n  request_timeout: 3\nrouter_settings:\n  num_retries: 0          # the fallback is the retry\n  fallbacks: [{chat: [reserve]}]",
        ),
        (
            Dialect::Aisys,
            "deadline: 7s   # the product keeps it, whatever happens behind",
        ),
    ],
    check,
};

fn check(audit: &Audit<'_>, hits: &mut Hits<'_>) {
    let deadline = audit.options.deadline;
    for (id, route) in audit.chat_routes() {
        let answers = audit.answers(id);
        if !answers.longest_wait.exceeds(deadline.as_secs_f64()) {
            continue;
        }
        // One call that is too long has `no-timeout` or `timeout-over-deadline`.
        let one_is_too_long = route
            .plan
            .attempts()
            .into_iter()
            .any(|attempt| attempt.timeout.value.is_none_or(|limit| limit > deadline));
        if one_is_too_long {
            continue;
        }
        let traced = audit.traced(id).longest_wait;
        let terms: Vec<&str> = traced.terms.iter().map(|term| term.text.as_str()).collect();
        let mut hit = Hit::at(
            route.place(),
            format!(
                "a request for `{}` may take {} until its answer or its error, and users leave after {}: {}",
                route.name,
                show(&answers.longest_wait),
                units::show_seconds(deadline.as_secs_f64()),
                some_of(&terms, 6)
            ),
        )
        .route(id)
        .label(show(&answers.longest_wait))
        .help("fewer retries, or shorter timeouts; a fallback is the better retry");
        for retry in route.plan.retries().into_iter().filter(|retry| retry.retries.value > 0) {
            if let Some(place) = retry.retries.place() {
                hit = hit.related(place, format!("{} tries", retry.retries.value.saturating_add(1)));
            }
        }
        hits.push(hit);
    }
}

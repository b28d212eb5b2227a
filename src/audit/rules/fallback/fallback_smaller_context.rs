//! A fallback with a smaller window.

use crate::audit::{Audit, Family, FixKind, Harm, Hit, Hits, Rule};
use crate::report::{Confidence, Severity};
use crate::system::{DeploymentId, Dialect, FallbackKind};

/// The rule.
pub const RULE: Rule = Rule {
    name: "fallback-smaller-context",
    title: "the fallback has a smaller window",
    family: Family::Fallback,
    severity: Severity::Warning,
    confidence: Confidence::Medium,
    harm: Harm::Dies,
    dialects: &[Dialect::Litellm, Dialect::Portkey, Dialect::Tensorzero, Dialect::Aisys],
    fix: FixKind::None,
    why: "On the day of the outage the longest requests, which are often the most valuable ones, do not fit \
          the fallback and fail with a client error that nobody retries. 30 % of the public LiteLLM \
          configurations with fallbacks have one with a smaller window.",
    how: &[(
        Dialect::Litellm,
        "router_settings:\n  enable_pre_call_checks: true\n  context_window_fallbacks: [{reserve: [long-window]}]",
    )],
    check,
};

fn check(audit: &Audit<'_>, hits: &mut Hits<'_>) {
    for (id, route) in audit.own_chat_routes() {
        let Some(own) = window(audit, &route.members) else {
            continue;
        };
        for fallback in route.fallbacks.iter().filter(|fallback| fallback.acts()) {
            let members: Vec<DeploymentId> = fallback
                .target
                .map(|target| audit.system.route(target).members.clone())
                .or_else(|| fallback.deployment.map(|it| vec![it]))
                .unwrap_or_default();
            // A check before the call passes long input on to what can hold it.
            let checked =
                route.policy.context_check.value && route.fallbacks.iter().any(|it| it.kind == FallbackKind::Context);
            let Some(theirs) = window(audit, &members).filter(|theirs| *theirs < own && !checked) else {
                continue;
            };
            // What the route never lets in cannot overflow.
            if route
                .policy
                .max_input_tokens
                .as_ref()
                .is_some_and(|most| most.value <= theirs)
            {
                continue;
            }
            hits.push(
                Hit::at(
                    &fallback.place,
                    format!(
                        "`{}` holds {theirs} tokens and `{}` {own}: longer requests fail exactly when the fallback is needed",
                        fallback.name, route.name
                    ),
                )
                .route(id)
                .label(format!("{theirs} tokens"))
                .related(route.place(), format!("{own} tokens")),
            );
        }
    }
}

/// The smallest known window of some deployments.
fn window(audit: &Audit<'_>, members: &[DeploymentId]) -> Option<u64> {
    members
        .iter()
        .filter_map(|member| audit.system.deployment(*member).facts.as_ref()?.max_input_tokens)
        .min()
}

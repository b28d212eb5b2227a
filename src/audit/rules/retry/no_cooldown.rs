//! Failing deployments that are asked again and again.

use crate::audit::{Audit, Family, FixKind, Harm, Hit, Hits, Rule};
use crate::report::{Confidence, Severity};
use crate::source::Edit;
use crate::system::Dialect;

/// The rule.
pub const RULE: Rule = Rule {
    name: "no-cooldown",
    title: "a failing deployment is never left out",
    family: Family::Retry,
    severity: Severity::Warning,
    confidence: Confidence::High,
    harm: Harm::Waits,
    dialects: &[Dialect::Litellm, Dialect::Envoy, Dialect::Helicone, Dialect::Aisys],
    fix: FixKind::Safe,
    why: "Without a cooldown every request goes through the dead deployment first and waits for its timeout: \
          the outage of one key becomes the slowness of all. LiteLLM 1.109.1 leaves a deployment out for 5 s \
          after its failures; `disable_cooldowns`, or a threshold that is never met, takes that away.",
    how: &[
        (
            Dialect::Litellm,
            "router_settings:\n  allowed_fails: 3\n  cooldown_time: 30",
        ),
        (
            Dialect::Envoy,
            "healthCheck: {passive: {consecutive5XxErrors: 3, baseEjectionTime: 30s}}",
        ),
    ],
    check,
};

/// More failures a minute than this are never met by a route that people use.
const NEVER_MET: u64 = 100;

fn check(audit: &Audit<'_>, hits: &mut Hits<'_>) {
    for (id, route) in audit.own_chat_routes() {
        if !RULE.dialects.contains(&route.dialect) || route.is_direct() {
            continue;
        }
        let cooldown = &route.policy.cooldown;
        let never_met = cooldown.value.allowed_fails.is_some_and(|fails| fails >= NEVER_MET);
        if cooldown.value.enabled && !never_met {
            continue;
        }
        // A lone deployment has nothing to be left out for.
        if route.plan.deployments().len() < 2 {
            continue;
        }
        let gateway = audit
            .gateway_of(route)
            .map_or_else(|| route.place(), |gateway| &gateway.place);
        let place = cooldown.place().unwrap_or(gateway);
        let message = if never_met {
            "the threshold is never met, so a dead deployment is asked first by every request"
        } else {
            "a dead deployment is never left out, so every request waits for its timeout first"
        };
        let mut hit = Hit::at(place, message).route(id).label("no cooldown");
        if place.text() == "true" && cooldown.is_written() {
            hit = hit.safe_fix(
                "switch cooldowns on",
                vec![Edit {
                    place: place.clone(),
                    text: "false".to_owned(),
                }],
            );
        } else if never_met
            && cooldown
                .value
                .allowed_fails
                .is_some_and(|fails| place.text() == fails.to_string())
        {
            hit = hit.safe_fix(
                "allow 3 failures",
                vec![Edit {
                    place: place.clone(),
                    text: "3".to_owned(),
                }],
            );
        }
        hits.push(hit);
    }
}

//! Limits that limit nothing.

use crate::audit::{Audit, Family, FixKind, Harm, Hit, Hits, Rule};
use crate::report::{Confidence, Severity};
use crate::source::{Place, set_key};
use crate::system::Dialect;

/// The rule.
pub const RULE: Rule = Rule {
    name: "rate-limit-not-enforced",
    title: "a rate limit is written and not enforced",
    family: Family::Cost,
    severity: Severity::Error,
    confidence: Confidence::High,
    harm: Harm::Pays,
    dialects: &[Dialect::Litellm],
    fix: FixKind::Safe,
    why: "Under LiteLLM's `simple-shuffle`, which is the default, `rpm` and `tpm` only weigh which deployment \
          is picked (1.109.1, `simple_shuffle.py`); they limit with the pre-call check \
          `enforce_model_rate_limits` or a `usage-based-routing` strategy. Of the 9 public configurations that \
          write them 6 are not limited by them.",
    how: &[(
        Dialect::Litellm,
        "router_settings:\n  optional_pre_call_checks: [enforce_model_rate_limits]",
    )],
    check,
};

fn check(audit: &Audit<'_>, hits: &mut Hits<'_>) {
    for (id, gateway) in audit.gateways_of(Dialect::Litellm) {
        let mut first: Option<&Place> = None;
        for (route_id, route) in audit.routes_of(id) {
            for limit in &route.policy.limits {
                let (Err(why), Some(place)) = (&limit.enforced, limit.amount.place()) else {
                    continue;
                };
                let at = *first.get_or_insert(place);
                let edit = audit
                    .document_at(&gateway.place)
                    .filter(|root| root.at(&["router_settings", "optional_pre_call_checks"]).is_none())
                    .and_then(|root| {
                        set_key(
                            root,
                            &["router_settings", "optional_pre_call_checks"],
                            "[enforce_model_rate_limits]",
                        )
                    });
                let mut hit = Hit::at(at, format!("`rpm` and `tpm` limit nothing here: {why}"))
                    .route(route_id)
                    .label("only a weight")
                    .safe_fix("enforce them before each call", edit.into_iter().collect());
                if at != place {
                    hit = hit.related(place, "nor does this");
                }
                hits.push(hit);
            }
        }
    }
}

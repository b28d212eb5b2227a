//! Weights that leave a deployment out.

use crate::audit::{Audit, Family, FixKind, Harm, Hit, Hits, Rule};
use crate::report::{Confidence, Severity};
use crate::system::{Dialect, Plan, Route, RouteId};

/// The rule.
pub const RULE: Rule = Rule {
    name: "uneven-weights",
    title: "weights leave a deployment out",
    family: Family::Route,
    severity: Severity::Warning,
    confidence: Confidence::High,
    harm: Harm::Rest,
    dialects: &[
        Dialect::Litellm,
        Dialect::Portkey,
        Dialect::Envoy,
        Dialect::Helicone,
        Dialect::Bifrost,
    ],
    fix: FixKind::None,
    why: "A deployment of weight 0 never warms up and is not known to work when it is needed; when all are 0, \
          Portkey's gateway fails each request. Above 95 % the others are a formality.",
    how: &[
        (Dialect::Litellm, "litellm_params: {weight: 8}   # and 2 for the other"),
        (
            Dialect::Portkey,
            "{\"targets\": [{\"weight\": 0.8}, {\"weight\": 0.2}]}",
        ),
    ],
    check,
};

/// A share above this leaves the others untried.
const NEARLY_ALL: f64 = 0.95;

fn check(audit: &Audit<'_>, hits: &mut Hits<'_>) {
    for (id, route) in audit.routes() {
        look(audit, id, route, &route.plan, hits);
    }
}

fn look(audit: &Audit<'_>, id: RouteId, route: &Route, plan: &Plan, hits: &mut Hits<'_>) {
    match plan {
        Plan::Pick { branches, .. } => judge(audit, id, route, branches, hits),
        Plan::Retry(retry) => look(audit, id, route, &retry.plan, hits),
        Plan::Within { plan, .. } => look(audit, id, route, plan, hits),
        // Other routes' paths are looked at as theirs.
        Plan::First(branches) => branches
            .iter()
            .filter(|branch| branch.route.is_none())
            .for_each(|branch| look(audit, id, route, &branch.plan, hits)),
        Plan::All(_) | Plan::Try(_) | Plan::Degraded(_) => {}
    }
}

fn judge(audit: &Audit<'_>, id: RouteId, route: &Route, branches: &[(f64, Plan)], hits: &mut Hits<'_>) {
    let sum: f64 = branches.iter().map(|(weight, _)| weight).sum();
    for (weight, plan) in branches {
        let Some(deployment) = plan
            .attempts()
            .first()
            .map(|attempt| audit.system.deployment(attempt.deployment))
        else {
            continue;
        };
        let place = deployment
            .weight
            .as_ref()
            .and_then(|weight| weight.place())
            .unwrap_or_else(|| route.place());
        if sum <= 0.0 {
            hits.push(
                Hit::at(place, "all weights are 0: nothing is picked")
                    .route(id)
                    .label("all are 0"),
            );
            return;
        }
        if *weight <= 0.0 {
            hits.push(
                Hit::at(
                    place,
                    format!(
                        "{} has weight 0 and is never tried before it is needed",
                        deployment.name
                    ),
                )
                .route(id)
                .label("never picked"),
            );
        } else if branches.len() > 1 && weight / sum > NEARLY_ALL {
            hits.push(
                Hit::at(
                    place,
                    format!(
                        "{} gets {:.0} % of all requests: the others are untried",
                        deployment.name,
                        100.0 * weight / sum
                    ),
                )
                .route(id)
                .severity(Severity::Note)
                .label("nearly all"),
            );
        }
    }
}

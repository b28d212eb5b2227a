//! Layers of retries that multiply.

use crate::audit::{Audit, Family, FixKind, Harm, Hit, Hits, Rule};
use crate::report::{Confidence, Severity};
use crate::source::Edit;
use crate::system::{Dialect, Plan, Retry};

/// The rule.
pub const RULE: Rule = Rule {
    name: "retry-amplification",
    title: "retries multiply across layers",
    family: Family::Retry,
    severity: Severity::Warning,
    confidence: Confidence::High,
    harm: Harm::Pays,
    dialects: Dialect::ALL,
    fix: FixKind::Safe,
    why: "Each layer that retries multiplies the calls of those below: 3 tries in the application, 3 in the \
          SDK and 3 in the gateway make 27. HKUDS/nanobot #2760: 12 requests for 4 that were wanted. \
          mpfaffenberger/code_puppy #317: 45 for one. On a day of outage that is what keeps a provider down, \
          and rate limits count all of them.",
    how: &[
        (
            Dialect::Litellm,
            "model_list:\n  - model_name: chat\n    litellm_params: {model: openai/gpt-5.4-mini, max_retries: 0}   # the router retries already",
        ),
        (
            Dialect::Code,
            "client = OpenAI(base_url=GATEWAY, max_retries=0)   # the gateway retries already",
        ),
    ],
    check,
};

/// Fewer calls than this for one request are a habit and no storm.
const MANY: f64 = 4.0;

fn check(audit: &Audit<'_>, hits: &mut Hits<'_>) {
    for (id, route) in audit.chat_routes() {
        let mut layers = deepest(&route.plan);
        let app = route
            .call
            .and_then(|call| audit.system.call(call).app_retries.as_ref())
            .filter(|retries| retries.value.is_none_or(|tries| tries > 1));
        let app_tries = app.map_or(1.0, |retries| f64::from(retries.value.unwrap_or(3)));
        layers.retain(|retry| retry.retries.value > 0);
        let calls: f64 = layers
            .iter()
            .map(|retry| f64::from(retry.retries.value) + 1.0)
            .product::<f64>()
            * app_tries;
        if layers.len() + usize::from(app.is_some()) < 2 || calls < MANY {
            continue;
        }
        let mut names: Vec<String> = app
            .iter()
            .map(|_| format!("the application {app_tries} times"))
            .collect();
        names.extend(
            layers
                .iter()
                .map(|retry| format!("{} {} times", retry.layer, retry.retries.value.saturating_add(1))),
        );
        let written = layers.iter().rev().find_map(|retry| retry.retries.place());
        let mut hit = Hit::at(
            written.unwrap_or_else(|| route.place()),
            format!(
                "one request becomes up to {calls} calls: {} each try it",
                names.join(", ")
            ),
        )
        .route(id)
        .label(format!("× {calls}"))
        .help("retry in one layer only");
        for retry in &layers {
            if let Some(place) = retry.retries.place().filter(|place| Some(*place) != written) {
                hit = hit.related(
                    place,
                    format!("{} tries {} times", retry.layer, retry.retries.value.saturating_add(1)),
                );
            }
        }
        if let Some(app) = app.and_then(|app| app.place()) {
            hit = hit.related(app, "the application's own tries");
        }
        hits.push(with_fix(&layers, hit));
    }
}

/// The chain of nested repetitions that multiplies most.
fn deepest(plan: &Plan) -> Vec<&Retry> {
    fn most<'p>(plans: impl Iterator<Item = &'p Plan>) -> Vec<&'p Retry> {
        plans
            .map(deepest)
            .max_by_key(|layers| {
                layers.iter().fold(1_u64, |product, retry| {
                    product.saturating_mul(u64::from(retry.retries.value) + 1)
                })
            })
            .unwrap_or_default()
    }
    match plan {
        Plan::Try(_) | Plan::Degraded(_) => Vec::new(),
        Plan::Pick { branches, .. } => most(branches.iter().map(|(_, plan)| plan)),
        Plan::First(branches) => most(branches.iter().map(|branch| &branch.plan)),
        Plan::All(plans) => most(plans.iter()),
        Plan::Within { plan, .. } => deepest(plan),
        Plan::Retry(retry) => {
            let mut layers = vec![&**retry];
            layers.extend(deepest(&retry.plan));
            layers
        }
    }
}

/// The innermost layer that is written as a number can be switched off in its place.
fn with_fix(layers: &[&Retry], hit: Hit) -> Hit {
    let innermost = layers
        .last()
        .and_then(|retry| Some((retry.retries.place()?, retry.retries.value)));
    match innermost {
        Some((place, value)) if layers.len() > 1 && place.text() == value.to_string() => {
            let edit = Edit {
                place: place.clone(),
                text: "0".to_owned(),
            };
            hit.safe_fix("switch the inner retries off", vec![edit])
        }
        _ => hit,
    }
}

//! A fallback that no suite has seen.

use crate::audit::{Audit, Family, FixKind, Harm, Hit, Hits, Rule};
use crate::report::{Confidence, Severity};
use crate::system::Dialect;

/// The rule.
pub const RULE: Rule = Rule {
    name: "fallback-never-evaluated",
    title: "a fallback is in no evaluation suite",
    family: Family::Evaluation,
    severity: Severity::Note,
    confidence: Confidence::Medium,
    harm: Harm::Rest,
    dialects: &[Dialect::Aisys, Dialect::Tensorzero, Dialect::Litellm],
    fix: FixKind::None,
    why: "On the day of the outage the fallback writes all answers. If no suite has run it, that day is its \
          evaluation: prompts that were made for one model family often fail on another.",
    how: &[(Dialect::Aisys, "# add the fallback's route to a suite's variants")],
    check,
};

fn check(audit: &Audit<'_>, hits: &mut Hits<'_>) {
    if audit.system.evaluations.is_empty() {
        return;
    }
    let seen = |name: &str| {
        audit
            .system
            .evaluations
            .iter()
            .flat_map(|evaluation| &evaluation.subjects)
            .any(|subject| {
                subject == name || subject.ends_with(&format!("/{name}")) || subject.ends_with(&format!(":{name}"))
            })
    };
    for (id, route) in audit.own_chat_routes() {
        for fallback in route.fallbacks.iter().filter(|fallback| fallback.acts()) {
            let models = fallback
                .target
                .map(|target| audit.system.route(target).members.as_slice())
                .unwrap_or_default();
            let known = seen(&fallback.name)
                || models
                    .iter()
                    .any(|member| seen(&audit.system.deployment(*member).model.value));
            if !known {
                hits.push(
                    Hit::at(
                        &fallback.place,
                        format!(
                            "no suite runs `{}`, which answers when `{}` fails",
                            fallback.name, route.name
                        ),
                    )
                    .route(id)
                    .label("never evaluated"),
                );
            }
        }
    }
}

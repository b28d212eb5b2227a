//! A judge of the generator's own family.

use crate::audit::{Audit, Family, FixKind, Harm, Hit, Hits, Rule};
use crate::report::{Confidence, Severity};
use crate::system::{Dialect, names};

/// The rule.
pub const RULE: Rule = Rule {
    name: "judge-grades-itself",
    title: "the judge grades its own family",
    family: Family::Evaluation,
    severity: Severity::Warning,
    confidence: Confidence::High,
    harm: Harm::Rest,
    dialects: &[Dialect::Aisys, Dialect::Tensorzero, Dialect::Code, Dialect::Litellm],
    fix: FixKind::None,
    why: "Models prefer what they would have written: judges rate answers of their own family higher \
          (Panickssery et al., 2024, arXiv:2404.13076). A judge of another family costs the same and does not \
          flatter.",
    how: &[
        (Dialect::Aisys, "judge: {model: other-family}"),
        (
            Dialect::Tensorzero,
            "[evaluations.answers.evaluators.good]\ntype = \"llm_judge\"   # of another family",
        ),
    ],
    check,
};

fn check(audit: &Audit<'_>, hits: &mut Hits<'_>) {
    for evaluation in &audit.system.evaluations {
        let Some(judge) = &evaluation.judge else { continue };
        let family = names::family(&judge.value);
        let own = evaluation
            .subjects
            .iter()
            .find(|subject| is_of(audit, subject, &family));
        if let Some(own) = own {
            hits.push(
                Hit::at(
                    judge.place().unwrap_or(&evaluation.place),
                    format!(
                        "{} grades {own}, which is of its own family: it prefers what it would have written",
                        judge.value
                    ),
                )
                .label("grades its own family"),
            );
        }
    }
    for (id, route) in audit.own_chat_routes() {
        let Some(judge) = &route.policy.judge else { continue };
        let families = judge_families(audit, &judge.value);
        let own = route
            .members
            .first()
            .map(|member| audit.system.deployment(*member).family());
        if own.is_some_and(|own| families.contains(&own)) {
            hits.push(
                Hit::at(
                    &route.place_of(judge),
                    format!("{} grades answers of its own family", judge.value),
                )
                .route(id)
                .label("grades its own family"),
            );
        }
    }
}

/// Whether a suite's subject, a model or a route, is of a family.
fn is_of(audit: &Audit<'_>, subject: &str, family: &str) -> bool {
    let model = subject.rsplit([':', '/']).next().unwrap_or(subject);
    names::family(model) == family || judge_families(audit, subject).iter().any(|it| it == family)
}

/// The families behind a name: of the route that has it, else of the model itself.
fn judge_families(audit: &Audit<'_>, name: &str) -> Vec<String> {
    let route = audit.routes().find(|(_, route)| route.name == name);
    match route {
        Some((_, route)) => route
            .members
            .iter()
            .map(|member| audit.system.deployment(*member).family())
            .collect(),
        None => vec![names::family(name)],
    }
}

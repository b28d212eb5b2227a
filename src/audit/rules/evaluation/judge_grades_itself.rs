//! A judge of the generator's own family.

use crate::audit::{Audit, Family, FixKind, Harm, Hit, Hits, Rule};
use crate::report::{Confidence, Severity};
use crate::system::{DeploymentId, Dialect, names};

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
        let judges = models(audit, &judge.value);
        let own = evaluation
            .subjects
            .iter()
            .find(|subject| of_one_family(&judges, &models(audit, subject)));
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
        let own = route.members.first().map(|member| of_deployment(audit, *member));
        if own.is_some_and(|own| of_one_family(&models(audit, &judge.value), &[own])) {
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

/// Whether any two models have one maker, or one name where the makers are not told.
fn of_one_family(judges: &[String], subjects: &[String]) -> bool {
    judges.iter().any(|judge| {
        subjects.iter().any(|subject| {
            judge == subject || names::lineage(judge).is_some_and(|it| names::lineage(subject) == Some(it))
        })
    })
}

/// The models behind a name: of the route that has it, else the one that it names itself. A program that
/// stands in for a model (`file://judge.js`) names none.
fn models(audit: &Audit<'_>, name: &str) -> Vec<String> {
    let route = audit.routes().find(|(_, route)| route.name == name);
    match route {
        Some((_, route)) => route.members.iter().map(|it| of_deployment(audit, *it)).collect(),
        None if name.contains("://") => Vec::new(),
        None => vec![bare(name).to_owned()],
    }
}

fn of_deployment(audit: &Audit<'_>, id: DeploymentId) -> String {
    audit.system.deployment(id).family()
}

/// A name without its provider: promptfoo writes `openai:chat:gpt-4o`, `TensorZero` `openai::gpt-4o`. What
/// follows a bare model's colon is a size (`qwen3:8b`).
fn bare(name: &str) -> &str {
    const KINDS: &[&str] = &["chat", "completion", "responses", "messages", "embedding"];
    if let Some((_, model)) = name.split_once("::") {
        return model;
    }
    match name.split_once(':') {
        Some((_, rest)) if rest.starts_with(|c: char| c.is_ascii_alphabetic()) => match rest.split_once(':') {
            Some((kind, model)) if KINDS.contains(&kind) => model,
            _ => rest,
        },
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_family_is_that_of_the_model_and_not_of_the_shop() {
        let same = |a: &str, b: &str| of_one_family(&[bare(a).to_owned()], &[bare(b).to_owned()]);
        assert!(same("openai:chat:gpt-4o", "openai:responses:gpt-5.4-mini"));
        assert!(same("ollama:chat:qwen2.5:7b", "openrouter:qwen/qwen3-32b"));
        assert!(same("openai::gpt-4.1", "gpt-4o"));
        assert!(same("openai:chat:hermes-local", "openai:chat:hermes-local"));
        assert!(!same("openai:chat:hermes-gemma", "openai:chat:hermes-local"));
        assert!(!same(
            "openrouter:anthropic/claude-haiku-4.5",
            "openrouter:openai/gpt-4o"
        ));
    }
}

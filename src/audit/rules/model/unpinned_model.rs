//! A model name that can change what it means.

use crate::audit::{Audit, Family, FixKind, Harm, Hit, Hits, Rule};
use crate::report::{Confidence, Severity};
use crate::system::prices::Found;
use crate::system::{Dialect, names, providers};

/// The rule.
pub const RULE: Rule = Rule {
    name: "unpinned-model",
    title: "a model name is not pinned to a version",
    family: Family::Model,
    severity: Severity::Note,
    confidence: Confidence::Medium,
    harm: Harm::Rest,
    dialects: Dialect::ALL,
    fix: FixKind::NeedsReview,
    why: "An alias changes what it means when the provider says so: google/adk-python #6010, \
          `gemini-flash-latest` answered 404; browser-use #5673, an alias became 400. A dated name keeps its \
          behaviour until its announced end, so that evaluations stay true. 90 % of 89 public LiteLLM \
          configurations with hosted models use an unpinned alias.",
    how: &[
        (
            Dialect::Litellm,
            "litellm_params:\n  model: openai/gpt-5.4-mini-2026-03-17",
        ),
        (Dialect::Code, "model=\"claude-haiku-4-5-20251001\""),
    ],
    check,
};

fn check(audit: &Audit<'_>, hits: &mut Hits<'_>) {
    for (id, route) in audit.chat_routes() {
        if route.wildcard {
            continue;
        }
        for member in &route.members {
            let deployment = audit.system.deployment(*member);
            let Some(place) = deployment.model.place() else {
                continue;
            };
            let model = &deployment.model.value;
            // A name that says `latest` has a rule of its own. On Azure a name that the map does not know is
            // the team's own word for a deployment; elsewhere it can be judged when the provider is known.
            let judged = deployment.facts.as_ref().map_or_else(
                || names_its_models(&deployment.provider.value) && !model.starts_with("os.environ/"),
                |facts| facts.found != Found::Guess,
            );
            if deployment.self_hosted || !judged || names::is_pinned(model) || names::is_floating(model) {
                continue;
            }
            hits.push(
                Hit::at(
                    place,
                    format!("{model} is an alias: what it means can change without a deploy"),
                )
                .route(id)
                .label("no date or version")
                .help("name a dated version, and move on when an evaluation says so"),
            );
        }
    }
}

/// Whether a provider is known and its models go by the provider's own names, not the team's.
fn names_its_models(provider: &str) -> bool {
    !matches!(provider, "azure" | "azure_ai" | "azure_text" | "bedrock" | "sagemaker")
        && providers::default_key(provider).is_some()
}

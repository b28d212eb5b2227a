//! Several deployments of a cloud, all in one region.

use crate::audit::{Audit, Family, FixKind, Harm, Hit, Hits, Rule};
use crate::report::{Confidence, Severity};
use crate::system::{Dialect, FateKind};

/// The rule.
pub const RULE: Rule = Rule {
    name: "single-region",
    title: "every path runs through one region",
    family: Family::Failure,
    severity: Severity::Warning,
    confidence: Confidence::Medium,
    harm: Harm::Dies,
    dialects: &[
        Dialect::Litellm,
        Dialect::Tensorzero,
        Dialect::Envoy,
        Dialect::Bifrost,
        Dialect::Aisys,
    ],
    fix: FixKind::NeedsReview,
    why: "Clouds fail by region: quota, capacity and incidents of Azure OpenAI, Bedrock and Vertex AI are \
          regional, and models are rolled out and broken region by region (Azure's GPT-5.2 answered 400 and 429 \
          for 20 hours on 2026-03-09 while other models were fine). Several deployments in one region share all \
          of that.",
    how: &[
        (
            Dialect::Litellm,
            "model_list:\n  - model_name: chat\n    litellm_params: {model: bedrock/anthropic.claude-haiku-4-5-20251001-v1:0, aws_region_name: eu-central-1}\n  - model_name: chat\n    litellm_params: {model: bedrock/anthropic.claude-haiku-4-5-20251001-v1:0, aws_region_name: us-east-1}",
        ),
        (
            Dialect::Aisys,
            "providers:\n  azure-se: {api: azure, region: swedencentral, endpoint: …}\n  azure-us: {api: azure, region: eastus2, endpoint: …}",
        ),
    ],
    check,
};

fn check(audit: &Audit<'_>, hits: &mut Hits<'_>) {
    for (id, route) in audit.own_chat_routes() {
        // A lone deployment has `single-provider`; regions matter once there is a second one.
        if route.plan.deployments().len() < 2 {
            continue;
        }
        for region in audit.single_fates(id, FateKind::Region) {
            let place = route.members.iter().find_map(|member| {
                let found = audit.system.deployment(*member).region.as_ref()?;
                found.place().cloned()
            });
            let place = place.unwrap_or_else(|| route.place().clone());
            hits.push(
                Hit::at(
                    &place,
                    format!(
                        "all deployments that `{}` can reach are in {}: an incident there takes them down together",
                        route.name, region.name
                    ),
                )
                .route(id)
                .label("the only region")
                .help("put a second deployment in another region, or fall back to another provider"),
            );
        }
    }
}

//! A self-hosted model on one machine.

use crate::audit::{Audit, Family, FixKind, Harm, Hit, Hits, Rule};
use crate::report::{Confidence, Severity};
use crate::system::{Dialect, FateKind};

/// The rule.
pub const RULE: Rule = Rule {
    name: "single-host",
    title: "a self-hosted model runs on one host",
    family: Family::Failure,
    severity: Severity::Warning,
    confidence: Confidence::High,
    harm: Harm::Dies,
    dialects: &[
        Dialect::Litellm,
        Dialect::Tensorzero,
        Dialect::Bifrost,
        Dialect::Aisys,
        Dialect::Code,
    ],
    fix: FixKind::None,
    why: "One machine is restarted for its kernel, its driver or its model, and then the route is gone. A model \
          server has no provider's operations team behind it: a second host, or a hosted model as fallback, is \
          the difference between a slower answer and none. 40 % of 104 public LiteLLM configurations reach one \
          provider or host for everything.",
    how: &[
        (
            Dialect::Litellm,
            "model_list:\n  - model_name: chat\n    litellm_params: {model: openai/qwen3, api_base: \"http://gpu-1:8000/v1\"}\n  - model_name: chat\n    litellm_params: {model: openai/qwen3, api_base: \"http://gpu-2:8000/v1\"}",
        ),
        (
            Dialect::Aisys,
            "models:\n  light: [{provider: gpu-1, model: qwen3}, {provider: gpu-2, model: qwen3}]",
        ),
    ],
    check,
};

fn check(audit: &Audit<'_>, hits: &mut Hits<'_>) {
    for (id, route) in audit.own_chat_routes() {
        for host in audit.single_fates(id, FateKind::Host) {
            let found = route.members.iter().find_map(|member| {
                let deployment = audit.system.deployment(*member);
                let own = deployment.host.as_ref().filter(|own| own.value == host.name)?;
                Some((own.clone(), deployment.self_hosted))
            });
            let Some((setting, true)) = found else { continue };
            let place = route.place_of(&setting);
            let mut hit = Hit::at(
                &place,
                format!(
                    "the only path leads to {}: when that machine restarts, every request fails",
                    host.name
                ),
            )
            .route(id)
            .label("one host")
            .help("add a second host, or a hosted model as fallback");
            if audit.is_fallback_target(id) || route.is_direct() {
                hit = hit.severity(Severity::Note);
            }
            hits.push(hit);
        }
    }
}

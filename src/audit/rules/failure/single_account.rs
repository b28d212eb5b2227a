//! All routes of a gateway pay with one key.

use std::collections::BTreeSet;

use crate::audit::{Audit, Family, FixKind, Harm, Hit, Hits, Rule};
use crate::report::{Confidence, Severity};
use crate::system::Dialect;

/// The rule.
pub const RULE: Rule = Rule {
    name: "single-account",
    title: "every route pays with one key",
    family: Family::Failure,
    severity: Severity::Warning,
    confidence: Confidence::Medium,
    harm: Harm::Dies,
    dialects: &[
        Dialect::Litellm,
        Dialect::Portkey,
        Dialect::Tensorzero,
        Dialect::Bifrost,
        Dialect::Aisys,
    ],
    fix: FixKind::None,
    why: "A key is revoked, a card expires, a prepaid balance runs out: then every route that uses the key is \
          dead at once. vladm3105/aidoc-flow-framework #585: a balance of -0.04 USD answered 402 to every \
          request, and a required CI check was dead until a fallback was added. 44 % of 104 public LiteLLM \
          configurations use one key for all chat routes.",
    how: &[
        (
            Dialect::Litellm,
            "model_list:\n  - model_name: chat\n    litellm_params: {model: openai/gpt-5.4-mini, api_key: os.environ/OPENAI_KEY_A}\n  - model_name: chat\n    litellm_params: {model: openai/gpt-5.4-mini, api_key: os.environ/OPENAI_KEY_B}",
        ),
        (
            Dialect::Aisys,
            "providers:\n  openai-a: {api: openai, key: \"${OPENAI_KEY_A}\"}\n  openai-b: {api: openai, key: \"${OPENAI_KEY_B}\"}",
        ),
    ],
    check,
};

fn check(audit: &Audit<'_>, hits: &mut Hits<'_>) {
    for (gateway, _) in audit.gateways() {
        let mut accounts = BTreeSet::new();
        let mut place = None;
        let mut routes = Vec::new();
        let mut without = false;
        for (id, route) in audit.chat_routes_of(gateway) {
            routes.push(id);
            for member in &route.members {
                let deployment = audit.system.deployment(*member);
                match &deployment.account {
                    Some(account) if !deployment.self_hosted => {
                        accounts.insert(account.id.as_str());
                        place = place.or(account.place.as_ref());
                    }
                    _ => without = true,
                }
            }
        }
        // One route alone has `single-provider`, which says the same.
        if accounts.len() != 1 || without || routes.len() < 2 {
            continue;
        }
        let (Some(place), Some(name)) = (place, accounts.first()) else {
            continue;
        };
        for id in routes {
            hits.push(
                Hit::at(
                    place,
                    format!(
                        "all chat routes pay with {name}: when it is revoked or its balance is spent, all of them stop"
                    ),
                )
                .route(id)
                .label("the only key"),
            );
        }
    }
}

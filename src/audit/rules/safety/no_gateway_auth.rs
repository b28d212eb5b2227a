//! A gateway that lets everybody in.

use crate::audit::{Audit, Family, FixKind, Harm, Hit, Hits, Rule};
use crate::report::{Confidence, Severity};
use crate::system::{Auth, Dialect};

/// The rule.
pub const RULE: Rule = Rule {
    name: "no-gateway-auth",
    title: "the gateway asks nobody for a key",
    family: Family::Safety,
    severity: Severity::Error,
    confidence: Confidence::Medium,
    harm: Harm::Pays,
    dialects: &[
        Dialect::Litellm,
        Dialect::Tensorzero,
        Dialect::Bifrost,
        Dialect::Compose,
    ],
    fix: FixKind::None,
    why: "Whoever reaches the port spends your money and reads your logs. 50 % of 104 public LiteLLM \
          configurations have no `master_key` in the file (it may be set as LITELLM_MASTER_KEY); LiteLLM \
          1.109.1 refuses to start without one, older releases let all callers in. TensorZero's `auth.enabled` \
          is false unless written.",
    how: &[
        (
            Dialect::Litellm,
            "general_settings:\n  master_key: os.environ/LITELLM_MASTER_KEY",
        ),
        (Dialect::Tensorzero, "[gateway]\nauth.enabled = true"),
        (Dialect::Bifrost, "{\"client\": {\"enforce_auth_on_inference\": true}}"),
    ],
    check,
};

fn check(audit: &Audit<'_>, hits: &mut Hits<'_>) {
    for (id, gateway) in audit.gateways() {
        let Auth::Missing(place) = &gateway.auth else { continue };
        let message = match gateway.dialect {
            Dialect::Litellm => {
                "no `master_key` is in view: LiteLLM 1.109.1 does not start without one, and older releases let everybody in; LITELLM_MASTER_KEY in its environment would settle it"
            }
            _ => "nobody is asked for a key: whoever reaches the port spends your money",
        };
        let first = audit.routes_of(id).next();
        // A file without routes is a part of a configuration, and the key may be in another part.
        let confidence = if first.is_some() {
            Confidence::Medium
        } else {
            Confidence::Low
        };
        hits.push(
            Hit::at(place.as_ref().unwrap_or(&gateway.place), message)
                .confidence(confidence)
                .label("no key is asked for"),
        );
    }
}

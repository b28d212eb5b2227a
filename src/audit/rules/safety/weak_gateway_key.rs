//! A key that everybody knows.

use crate::audit::{Audit, Family, FixKind, Harm, Hit, Hits, Rule};
use crate::report::{Confidence, Severity};
use crate::system::{Auth, Dialect};

/// The rule.
pub const RULE: Rule = Rule {
    name: "weak-gateway-key",
    title: "the gateway's key is publicly known",
    family: Family::Safety,
    severity: Severity::Error,
    confidence: Confidence::High,
    harm: Harm::Dies,
    dialects: &[Dialect::Litellm, Dialect::Compose],
    fix: FixKind::None,
    why: "`sk-1234` is the key of the documentation, and of every scanner: whoever tries it is in. LiteLLM \
          1.109.1 knows it and refuses to start (`master_key_boot_check.py`), so this is also an outage at the \
          next upgrade. It stands in 13 of 422 public files that we read.",
    how: &[(
        Dialect::Litellm,
        "general_settings:\n  master_key: os.environ/LITELLM_MASTER_KEY   # openssl rand -hex 32",
    )],
    check,
};

fn check(audit: &Audit<'_>, hits: &mut Hits<'_>) {
    for (_, gateway) in audit.gateways() {
        if let Auth::Weak(place) = &gateway.auth {
            hits.push(
                Hit::at(
                    place,
                    "everybody knows this key, and LiteLLM 1.109.1 refuses to start with it",
                )
                .label("publicly known")
                .help("use a random one from the environment: `openssl rand -hex 32`"),
            );
        }
    }
}

//! Nobody sees what happens.

use crate::audit::{Audit, Family, FixKind, Harm, Hit, Hits, Rule};
use crate::report::{Confidence, Severity};
use crate::system::Dialect;

/// The rule.
pub const RULE: Rule = Rule {
    name: "no-traces",
    title: "no traces are exported",
    family: Family::Observation,
    severity: Severity::Warning,
    confidence: Confidence::Medium,
    harm: Harm::Rest,
    dialects: &[
        Dialect::Litellm,
        Dialect::Tensorzero,
        Dialect::Bifrost,
        Dialect::Helicone,
        Dialect::Aisys,
    ],
    fix: FixKind::NeedsReview,
    why: "When answers turn slow or wrong the first question is which model, which fallback, how many tokens: \
          without traces nobody knows. 76 % of 104 public LiteLLM configurations have no callbacks.",
    how: &[
        (Dialect::Litellm, "litellm_settings:\n  callbacks: [otel]"),
        (Dialect::Tensorzero, "[gateway.export.otlp.traces]\nenabled = true"),
        (Dialect::Helicone, "telemetry:\n  exporter: otlp"),
    ],
    check,
};

fn check(audit: &Audit<'_>, hits: &mut Hits<'_>) {
    for (id, gateway) in audit.gateways() {
        if !RULE.dialects.contains(&gateway.dialect) || gateway.traces.value || audit.routes_of(id).next().is_none() {
            continue;
        }
        let place = gateway.traces.place().unwrap_or(&gateway.place);
        hits.push(Hit::at(place, "no traces: when answers turn slow or wrong nobody can see where").label("no traces"));
    }
}

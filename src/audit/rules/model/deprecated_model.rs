//! A model past its end, or near it.

use crate::audit::{Audit, Family, FixKind, Harm, Hit, Hits, Rule};
use crate::clock::Day;
use crate::report::{Confidence, Severity};
use crate::system::Dialect;

/// The rule.
pub const RULE: Rule = Rule {
    name: "deprecated-model",
    title: "a model is past its end or near it",
    family: Family::Model,
    severity: Severity::Error,
    confidence: Confidence::Medium,
    harm: Harm::Dies,
    dialects: Dialect::ALL,
    fix: FixKind::None,
    why: "A retired model answers 404 from one day to the next, dated names too: llm-exe #679, Claude 4 ids. \
          koala73/worldmonitor #4947: a dead model in production's environment. 21 % of 104 public LiteLLM \
          configurations name a model past its end by the price map.",
    how: &[(
        Dialect::Litellm,
        "litellm_params:\n  model: anthropic/claude-haiku-4-5-20251001   # the successor",
    )],
    check,
};

/// How many days before its end a model is reported.
const SOON: i64 = 90;

fn check(audit: &Audit<'_>, hits: &mut Hits<'_>) {
    let source = audit.prices.source().unwrap_or("the price table");
    let source = audit
        .prices
        .date()
        .map_or_else(|| source.to_owned(), |date| format!("price table of {source}, {date}"));
    for (id, route) in audit.routes() {
        for member in &route.members {
            let deployment = audit.system.deployment(*member);
            let Some(facts) = deployment.facts.as_ref().filter(|facts| facts.found.is_certain()) else {
                continue;
            };
            let end = facts.deprecated_on.as_deref().and_then(|day| day.parse::<Day>().ok());
            let Some(end) = end.filter(|end| end.days_after(audit.options.today) <= SOON) else {
                continue;
            };
            let left = end.days_after(audit.options.today);
            let model = &deployment.model.value;
            let (message, severity) = if left < 0 {
                (
                    format!("{model} ended on {end} ({source}): calls fail or are about to"),
                    Severity::Error,
                )
            } else {
                (
                    format!("{model} ends on {end}, in {left} days ({source})"),
                    Severity::Warning,
                )
            };
            hits.push(
                Hit::at(deployment.model.place().unwrap_or(&deployment.place), message)
                    .route(id)
                    .severity(severity)
                    .label(format!("ends on {end}"))
                    .help("move to its successor, with an evaluation of both"),
            );
        }
    }
}

//! Nobody looks at live answers.

use crate::audit::{Audit, Family, FixKind, Harm, Hit, Hits, Rule};
use crate::report::{Confidence, Severity};
use crate::system::Dialect;

/// The rule.
pub const RULE: Rule = Rule {
    name: "no-production-judge",
    title: "no live answer is ever judged",
    family: Family::Evaluation,
    severity: Severity::Note,
    confidence: Confidence::Low,
    harm: Harm::Rest,
    dialects: &[Dialect::Aisys, Dialect::Litellm, Dialect::Tensorzero],
    fix: FixKind::None,
    why: "A suite says how it was before the deploy. Users ask other questions, documents change, models \
          change under an alias: only a sample of live answers, judged all the time, shows the slide.",
    how: &[(
        Dialect::Aisys,
        "routes:\n  assistant:\n    judge: {sample: 5%, model: light}",
    )],
    check,
};

fn check(audit: &Audit<'_>, hits: &mut Hits<'_>) {
    for (id, gateway) in audit.gateways() {
        let judged = gateway.judged.value
            || audit
                .chat_routes_of(id)
                .any(|(_, route)| route.policy.judged.as_ref().is_some_and(|judged| judged.value));
        if RULE.dialects.contains(&gateway.dialect) && !judged && audit.routes_of(id).next().is_some() {
            hits.push(
                Hit::at(
                    &gateway.place,
                    "no live answer is judged: answers can get worse and no number moves",
                )
                .label("no sample is judged")
                .help("`aisys monitor` judges a sample of the logs"),
            );
        }
    }
}

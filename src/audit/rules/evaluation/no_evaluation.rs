//! No suite that says whether answers are good.

use crate::audit::{Audit, Family, FixKind, Harm, Hit, Hits, Rule};
use crate::report::{Confidence, Severity};
use crate::system::Dialect;

/// The rule.
pub const RULE: Rule = Rule {
    name: "no-evaluation",
    title: "no evaluation suite is in view",
    family: Family::Evaluation,
    severity: Severity::Note,
    confidence: Confidence::Low,
    harm: Harm::Rest,
    dialects: Dialect::ALL,
    fix: FixKind::None,
    why: "A fallback that answers is not yet one that answers well, and a new model version changes answers \
          without a word. Without a suite nobody can tell, and each change is a guess. Suites of promptfoo, \
          TensorZero and ours are looked for; others may exist elsewhere.",
    how: &[(Dialect::Aisys, "# suites/support.yaml, run by `aisys eval`")],
    check,
};

fn check(audit: &Audit<'_>, hits: &mut Hits<'_>) {
    if !audit.system.evaluations.is_empty() {
        return;
    }
    let Some((_, route)) = audit.chat_routes().next() else {
        return;
    };
    let place = audit
        .gateway_of(route)
        .map_or_else(|| route.place(), |gateway| &gateway.place);
    hits.push(
        Hit::at(
            place,
            "no evaluation suite is in view: nobody can tell what a fallback or a new version does to answers",
        )
        .label("no suite"),
    );
}

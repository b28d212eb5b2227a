//! A loop of model calls that only the model ends.

use crate::audit::{Audit, Family, FixKind, Harm, Hit, Hits, Rule};
use crate::report::{Confidence, Severity};
use crate::system::{Dialect, LoopBound};

/// The rule.
pub const RULE: Rule = Rule {
    name: "agent-loop-unbounded",
    title: "a loop of model calls has no bound",
    family: Family::Cost,
    severity: Severity::Warning,
    confidence: Confidence::Medium,
    harm: Harm::Pays,
    dialects: &[Dialect::Code],
    fix: FixKind::None,
    why: "A loop that ends when the model says so ends when the model says so. Mintplex-Labs/anything-llm \
          #3348: 20 USD for one query. kyegomez/swarms #1976: up to 2,000 calls a run. Count the steps and the \
          spend, and stop at a number.",
    how: &[(
        Dialect::Code,
        "for step in range(MAX_STEPS):\n    answer = client.chat.completions.create(…)\n    if done(answer):\n        break",
    )],
    check,
};

fn check(audit: &Audit<'_>, hits: &mut Hits<'_>) {
    for (id, route) in audit.chat_routes() {
        let found = route.call.and_then(|call| audit.system.call(call).model_loop.as_ref());
        let Some(found) = found.filter(|found| found.bound == LoopBound::Nothing) else {
            continue;
        };
        hits.push(
            Hit::at(
                &found.place,
                "only the model's own answer ends this loop of calls: one question can cost any sum",
            )
            .route(id)
            .label("no bound on rounds or spend")
            .related(route.place(), "the call"),
        );
    }
}

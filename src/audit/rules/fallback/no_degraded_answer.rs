//! Nothing is left when everything fails.

use crate::audit::{Audit, Family, FixKind, Harm, Hit, Hits, Rule};
use crate::report::{Confidence, Severity};
use crate::system::Dialect;

/// The rule.
pub const RULE: Rule = Rule {
    name: "no-degraded-answer",
    title: "nothing is left when all paths fail",
    family: Family::Fallback,
    severity: Severity::Note,
    confidence: Confidence::Low,
    harm: Harm::Dies,
    dialects: &[Dialect::Aisys, Dialect::Code],
    fix: FixKind::None,
    why: "When all providers fail, an honest sentence with a link beats a stack trace. In \
          vladm3105/aidoc-flow-framework #585 a spent balance became a dead CI check because nothing stood \
          behind the last call.",
    how: &[
        (
            Dialect::Aisys,
            "routes:\n  assistant:\n    degraded: \"I cannot answer right now; the manual is here: https://example.com/help\"",
        ),
        (
            Dialect::Code,
            "try:\n    answer = ask(question)\nexcept Exception:\n    answer = CANNOT_ANSWER_NOW",
        ),
    ],
    check,
};

fn check(audit: &Audit<'_>, hits: &mut Hits<'_>) {
    for (id, route) in audit.own_chat_routes() {
        if route.plan.has_degraded_answer() {
            continue;
        }
        let open = match (route.dialect, route.call) {
            (Dialect::Aisys, _) => true,
            (Dialect::Code, Some(call)) => !audit.system.call(call).handles_failure,
            _ => false,
        };
        if open {
            hits.push(
                Hit::at(
                    route.place(),
                    format!("when every path of `{}` fails, users get the error itself", route.name),
                )
                .route(id)
                .label("no degraded answer"),
            );
        }
    }
}

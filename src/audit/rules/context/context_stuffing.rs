//! Whole documents or an endless history in the prompt.

use crate::audit::{Audit, Family, FixKind, Harm, Hit, Hits, Rule};
use crate::report::{Confidence, Severity};
use crate::system::Dialect;

/// The rule.
pub const RULE: Rule = Rule {
    name: "context-stuffing",
    title: "a whole document or history goes into the prompt",
    family: Family::Context,
    severity: Severity::Warning,
    confidence: Confidence::Low,
    harm: Harm::Pays,
    dialects: &[Dialect::Code, Dialect::Aisys],
    fix: FixKind::None,
    why: "A file that is read whole into the prompt works with the sample and fails with the customer's; a \
          history that only grows reaches every window some day, and is paid anew with each turn. Retrieve, \
          rerank and trim.",
    how: &[(
        Dialect::Code,
        "passages = retriever.search(question, top_k=5)\nmessages = [system, *history[-10:], question_with(passages)]",
    )],
    check,
};

fn check(audit: &Audit<'_>, hits: &mut Hits<'_>) {
    for (id, route) in audit.chat_routes() {
        let call = route.call.map(|call| audit.system.call(call));
        let Some(place) = call.and_then(|call| call.stuffs_context.as_ref()) else {
            continue;
        };
        hits.push(
            Hit::at(
                place,
                "this goes into the prompt whole: a large one blows the window, and each token is paid",
            )
            .route(id)
            .label("of any length")
            .related(route.place(), "the call"),
        );
    }
}

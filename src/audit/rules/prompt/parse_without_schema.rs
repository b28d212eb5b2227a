//! JSON out of free text.

use crate::audit::{Audit, Family, FixKind, Harm, Hit, Hits, Rule};
use crate::report::{Confidence, Severity};
use crate::system::Dialect;

/// The rule.
pub const RULE: Rule = Rule {
    name: "parse-without-schema",
    title: "JSON is parsed from free text",
    family: Family::Prompt,
    severity: Severity::Warning,
    confidence: Confidence::Medium,
    harm: Harm::Dies,
    dialects: &[Dialect::Code],
    fix: FixKind::None,
    why: "A model that answers JSON in 99 of 100 cases fails the hundredth user, and a fallback model fails \
          more. With a schema the provider holds the model to it; one repair with the error in the prompt \
          mends the rest.",
    how: &[(
        Dialect::Code,
        "client.chat.completions.create(…, response_format={\"type\": \"json_schema\", \"json_schema\": SCHEMA})",
    )],
    check,
};

fn check(audit: &Audit<'_>, hits: &mut Hits<'_>) {
    for (id, route) in audit.routes() {
        let Some(call) = route.call.map(|call| audit.system.call(call)) else {
            continue;
        };
        let Some(place) = call.parses_json.as_ref().filter(|_| !call.has_schema) else {
            continue;
        };
        hits.push(
            Hit::at(
                place,
                "free text is parsed as JSON: some answers are none, and each is an exception for a user",
            )
            .route(id)
            .label("no schema was asked for")
            .related(&call.place, "the call"),
        );
    }
}

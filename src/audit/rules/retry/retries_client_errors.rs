//! Retries of what cannot succeed.

use crate::audit::{Audit, Family, FixKind, Harm, Hit, Hits, Rule};
use crate::report::{Confidence, Severity};
use crate::source::Edit;
use crate::system::Dialect;

/// The rule.
pub const RULE: Rule = Rule {
    name: "retries-client-errors",
    title: "errors of the caller's own making are retried",
    family: Family::Retry,
    severity: Severity::Warning,
    confidence: Confidence::High,
    harm: Harm::Pays,
    dialects: &[Dialect::Portkey, Dialect::Envoy, Dialect::Aisys, Dialect::Code],
    fix: FixKind::Safe,
    why: "A request that was refused as wrong, unauthorised or unknown is refused again: retries of 400, 401, \
          403, 404 and 422 only add waiting, and hide the mistake behind a timeout. earendil-works/pi #4991 \
          shows where obeying such answers leads.",
    how: &[
        (
            Dialect::Portkey,
            "{\"retry\": {\"attempts\": 1, \"on_status_codes\": [408, 429, 500, 502, 503, 504]}}",
        ),
        (Dialect::Envoy, "retryOn: {httpStatusCodes: [429, 500, 502, 503, 504]}"),
    ],
    check,
};

/// What no repetition mends.
const CLIENT: &[u16] = &[400, 401, 403, 404, 422];

fn check(audit: &Audit<'_>, hits: &mut Hits<'_>) {
    for (id, route) in audit.chat_routes() {
        for retry in route.plan.retries() {
            let Some(statuses) = &retry.statuses else { continue };
            let (client, rest): (Vec<u16>, Vec<u16>) = statuses
                .value
                .iter()
                .copied()
                .partition(|status| CLIENT.contains(status));
            if client.is_empty() || retry.retries.value == 0 {
                continue;
            }
            let Some(place) = statuses.place() else { continue };
            let names: Vec<String> = client.iter().map(ToString::to_string).collect();
            let mut hit = Hit::at(
                place,
                format!(
                    "{} cannot succeed on a second try: each user waits for all of them",
                    names.join(", ")
                ),
            )
            .route(id)
            .label("client errors are retried");
            if place.text().starts_with('[') && !rest.is_empty() {
                let rest: Vec<String> = rest.iter().map(ToString::to_string).collect();
                let edit = Edit {
                    place: place.clone(),
                    text: format!("[{}]", rest.join(", ")),
                };
                hit = hit.safe_fix("take them out of the list", vec![edit]);
            }
            hits.push(hit);
        }
    }
}

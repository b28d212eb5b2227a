//! A fallback after errors of the caller's own making.

use crate::audit::{Audit, Family, FixKind, Harm, Hit, Hits, Rule};
use crate::report::{Confidence, Severity};
use crate::source::set_key;
use crate::system::{Dialect, Sdk};

/// The rule.
pub const RULE: Rule = Rule {
    name: "fallback-on-client-error",
    title: "the fallback also follows the caller's own mistakes",
    family: Family::Fallback,
    severity: Severity::Warning,
    confidence: Confidence::High,
    harm: Harm::Pays,
    dialects: &[Dialect::Portkey, Dialect::Aisys, Dialect::Code],
    fix: FixKind::Safe,
    why: "A request that one provider refuses with 400 is refused by the next one too: the user waits for the \
          whole chain, every target is billed or rate limited for it, and the logs show an outage that is \
          none. Portkey falls back on every status that is not 2xx unless `on_status_codes` says otherwise \
          (gateway 669825c, `handlerUtils.ts`).",
    how: &[
        (
            Dialect::Portkey,
            "{\"strategy\": {\"mode\": \"fallback\", \"on_status_codes\": [408, 429, 500, 502, 503, 504]}}",
        ),
        (
            Dialect::Code,
            "model.with_fallbacks([other], exceptions_to_handle=(RateLimitError, APITimeoutError, InternalServerError))",
        ),
    ],
    check,
};

/// What a second provider refuses like the first one.
const CLIENT: &[u16] = &[400, 401, 403, 404, 422];

fn check(audit: &Audit<'_>, hits: &mut Hits<'_>) {
    for (id, route) in audit.own_chat_routes() {
        match &route.policy.fallback_statuses {
            _ if !route.has_fallback() => {}
            None if route.dialect == Dialect::Portkey => {
                let edit = audit
                    .document_at(route.place())
                    .filter(|root| root.at(&["strategy", "mode"]).and_then(|mode| mode.as_str()) == Some("fallback"))
                    .and_then(|root| set_key(root, &["strategy", "on_status_codes"], "[408, 429, 500, 502, 503, 504]"));
                hits.push(
                    Hit::at(
                        route.place(),
                        "every status but 2xx walks the whole chain: a 400 of the user's own making is sent to each target",
                    )
                    .route(id)
                    .label("no `on_status_codes`")
                    .safe_fix("fall back on 408, 429 and 5xx only", edit.into_iter().collect()),
                );
            }
            Some(statuses) if statuses.value.iter().any(|status| CLIENT.contains(status)) => {
                let client: Vec<String> = statuses
                    .value
                    .iter()
                    .filter(|status| CLIENT.contains(status))
                    .map(ToString::to_string)
                    .collect();
                hits.push(
                    Hit::at(
                        &route.place_of(statuses),
                        format!(
                            "{} are the caller's own mistakes, and the next target refuses them too",
                            client.join(", ")
                        ),
                    )
                    .route(id)
                    .label("client errors"),
                );
            }
            _ => {}
        }
        let call = route
            .call
            .filter(|_| route.is_direct())
            .map(|call| audit.system.call(call));
        if let Some(call) = call
            && matches!(call.sdk, Sdk::LangchainPython | Sdk::LangchainNode)
            && let Some(place) = call.fallbacks.first().and_then(|fallback| fallback.place())
        {
            hits.push(
                Hit::at(place, "`with_fallbacks` follows every exception, a wrong request's too")
                    .route(id)
                    .confidence(Confidence::Medium)
                    .label("follows every exception")
                    .help("name the exceptions: `exceptions_to_handle=(RateLimitError, APITimeoutError)`"),
            );
        }
    }
}

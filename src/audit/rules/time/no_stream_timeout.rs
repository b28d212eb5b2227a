//! Streams whose silence nothing ends.

use crate::audit::answers::without_fallbacks;
use crate::audit::{Audit, Family, FixKind, Harm, Hit, Hits, Rule};
use crate::report::{Confidence, Severity};
use crate::source::set_key;
use crate::system::{Attempt, Dialect, Route, RouteId};

/// The rule.
pub const RULE: Rule = Rule {
    name: "no-stream-timeout",
    title: "nothing limits a silent stream",
    family: Family::Time,
    severity: Severity::Warning,
    confidence: Confidence::High,
    harm: Harm::Waits,
    dialects: &[
        Dialect::Litellm,
        Dialect::Tensorzero,
        Dialect::Envoy,
        Dialect::Aisys,
        Dialect::Code,
    ],
    fix: FixKind::Safe,
    why: "A stream can open and then say nothing: the connection is alive, so no ordinary timeout speaks of \
          it. BerriAI/litellm #38358: a silent stream outlives `request_timeout` in 1.97 to 1.98. \
          Mirrowel/LLM-API-Key-Proxy #39: a 600 s stream timeout froze the proxy. 93 % of 104 public LiteLLM \
          configurations set none.",
    how: &[
        (Dialect::Litellm, "router_settings:\n  stream_timeout: 4"),
        (Dialect::Tensorzero, "timeouts = { streaming = { ttft_ms = 4000 } }"),
        (Dialect::Envoy, "rules:\n  - streamIdleTimeout: 5s"),
        (
            Dialect::Aisys,
            "routes:\n  assistant:\n    timeouts: {first_token: 4s, between_tokens: 3s}",
        ),
    ],
    check,
};

fn check(audit: &Audit<'_>, hits: &mut Hits<'_>) {
    for (id, route) in audit.own_chat_routes() {
        if !looked_at(audit, route) || is_cut_as_a_whole(audit, id, route) {
            continue;
        }
        let open = without_fallbacks(&route.plan)
            .attempts()
            .into_iter()
            .any(|attempt| !is_limited(attempt));
        if !open {
            continue;
        }
        let place = audit
            .gateway_of(route)
            .map_or_else(|| route.place(), |gateway| &gateway.place);
        let hit = Hit::at(
            place,
            "no limit on a stream's first token or its silence: a stream that opens and says nothing holds the user",
        )
        .route(id)
        .label("no limit of its own for streams");
        hits.push(with_fix(audit, route, hit));
    }
}

/// A limit that was written for streams, and is not the one for whole answers taken over.
fn is_limited(attempt: &Attempt) -> bool {
    [&attempt.first_token, &attempt.idle]
        .into_iter()
        .any(|limit| limit.value.is_some() && limit.is_written() && limit.origin != attempt.timeout.origin)
}

/// Envoy's request timeout runs until the last byte of the answer, so it ends a silent stream too.
fn is_cut_as_a_whole(audit: &Audit<'_>, id: RouteId, route: &Route) -> bool {
    route.dialect == Dialect::Envoy && !audit.answers(id).longest_wait_stream.is_unbounded()
}

/// Streams are known to be used, or the gateway serves whoever asks for one.
fn looked_at(audit: &Audit<'_>, route: &Route) -> bool {
    match route.call.filter(|_| route.is_direct()) {
        Some(call) => audit
            .system
            .call(call)
            .streams
            .as_ref()
            .is_some_and(|streams| streams.value),
        None => RULE.dialects.contains(&route.dialect),
    }
}

fn with_fix(audit: &Audit<'_>, route: &Route, hit: Hit) -> Hit {
    if route.dialect != Dialect::Litellm {
        return hit;
    }
    let seconds = (audit.options.deadline.as_secs() / 2).max(1).to_string();
    let edit = audit.gateway_of(route).and_then(|gateway| {
        let root = audit.document_at(&gateway.place)?;
        set_key(root, &["router_settings", "stream_timeout"], &seconds)
    });
    let line = format!("`router_settings.stream_timeout: {seconds}`");
    hit.help(format!("set {line}"))
        .safe_fix(format!("set {line}"), edit.into_iter().collect())
}

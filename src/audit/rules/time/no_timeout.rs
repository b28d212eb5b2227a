//! A path on which nothing that anybody wrote ends the wait.

use std::time::Duration;

use crate::audit::answers::without_fallbacks;
use crate::audit::{Audit, Family, FixKind, Harm, Hit, Hits, Rule};
use crate::report::{Confidence, Severity};
use crate::source::set_key;
use crate::system::{Dialect, Origin, Plan, ProductDefault, Route, units};

/// The rule.
pub const RULE: Rule = Rule {
    name: "no-timeout",
    title: "no timeout is set",
    family: Family::Time,
    severity: Severity::Error,
    confidence: Confidence::High,
    harm: Harm::Waits,
    dialects: Dialect::ALL,
    fix: FixKind::Safe,
    why: "When a provider accepts a call and never answers, only a timeout ends the wait. The defaults are \
          made for batch jobs: 6000 s behind the LiteLLM proxy, 15 minutes in TensorZero, 600 s in the OpenAI \
          and Anthropic SDKs, none in Portkey. 60 % of 104 public LiteLLM configurations set none. \
          OpenHands/software-agent-sdk #1638: runtimes were killed after 22 minutes of waiting for the 6000 s \
          default.",
    how: &[
        (Dialect::Litellm, "litellm_settings:\n  request_timeout: 6"),
        (Dialect::Portkey, "{\"request_timeout\": 6000}"),
        (
            Dialect::Tensorzero,
            "[models.chat]\ntimeouts = { non_streaming = { total_ms = 6000 }, streaming = { ttft_ms = 4000 } }",
        ),
        (
            Dialect::Envoy,
            "rules:\n  - timeouts: {request: 30s, backendRequest: 6s}",
        ),
        (Dialect::Helicone, "dispatcher:\n  timeout: 6s"),
        (
            Dialect::Bifrost,
            "{\"network_config\": {\"default_request_timeout_in_seconds\": 6}}",
        ),
        (
            Dialect::Aisys,
            "routes:\n  assistant:\n    timeouts: {first_token: 4s, total: 30s}",
        ),
        (Dialect::Code, "client = OpenAI(timeout=6.0)"),
    ],
    check,
};

fn check(audit: &Audit<'_>, hits: &mut Hits<'_>) {
    for (id, route) in audit.own_chat_routes() {
        let Some((limit, default)) = unset(without_fallbacks(&route.plan), false) else {
            continue;
        };
        // A default that ends the wait in time needs no line.
        if limit.is_some_and(|limit| limit <= audit.options.deadline) {
            continue;
        }
        let wait = limit.map_or_else(
            || "for ever".to_owned(),
            |limit| format!("for {}", units::show_seconds(limit.as_secs_f64())),
        );
        let gateway = audit.gateway_of(route);
        let place = gateway.map_or_else(|| route.place(), |gateway| &gateway.place);
        let mut hit = Hit::at(
            place,
            format!("no timeout is set: a provider that never answers holds a request {wait} ({default})"),
        )
        .route(id)
        .label(format!("nothing here ends a call that hangs {wait}"));
        if limit.is_some_and(|limit| limit <= Duration::from_secs(60)) {
            hit = hit.severity(Severity::Warning);
        }
        hits.push(with_fix(audit, route, hit));
    }
}

/// The longest default that ends a call for want of a written limit; `covered` inside a limit.
fn unset(plan: &Plan, covered: bool) -> Option<(Option<Duration>, ProductDefault)> {
    let longest = |plans: &mut dyn Iterator<Item = &Plan>| {
        plans
            .filter_map(|plan| unset(plan, covered))
            .max_by_key(|(limit, _)| limit.unwrap_or(Duration::MAX))
    };
    match plan {
        Plan::Try(attempt) => match &attempt.timeout.origin {
            Origin::Default(default) if !covered => Some((attempt.timeout.value, *default)),
            _ => None,
        },
        Plan::Pick { branches, .. } => longest(&mut branches.iter().map(|(_, plan)| plan)),
        Plan::First(branches) => longest(&mut branches.iter().map(|branch| &branch.plan)),
        Plan::All(plans) => longest(&mut plans.iter()),
        Plan::Retry(retry) => unset(&retry.plan, covered),
        Plan::Within { limit, plan } => match &limit.origin {
            _ if covered || (limit.is_written() && limit.value.is_some()) => unset(plan, true),
            // The product's own limit around its calls is what ends the wait.
            Origin::Default(default) if limit.value.is_some() => {
                unset(plan, false).map(|(inner, _)| (inner.into_iter().chain(limit.value).min(), *default))
            }
            _ => unset(plan, false),
        },
        Plan::Degraded(_) => None,
    }
}

/// The line that sets one, in the dialects where one line does. A second below the deadline leaves
/// time for the answer's way back.
fn with_fix(audit: &Audit<'_>, route: &Route, hit: Hit) -> Hit {
    let seconds = audit
        .options
        .deadline
        .saturating_sub(Duration::from_secs(1))
        .as_secs()
        .max(1);
    let (path, value): (&[&str], String) = match route.dialect {
        Dialect::Litellm => (&["litellm_settings", "request_timeout"], seconds.to_string()),
        Dialect::Portkey => (&["request_timeout"], (seconds * 1_000).to_string()),
        Dialect::Helicone => (&["dispatcher", "timeout"], format!("{seconds}s")),
        _ => return hit,
    };
    let place = audit
        .gateway_of(route)
        .map_or_else(|| route.place(), |gateway| &gateway.place);
    let edit = audit.document_at(place).and_then(|root| set_key(root, path, &value));
    let line = format!("`{}: {value}`", path.join("."));
    hit.help(format!("set {line}"))
        .safe_fix(format!("set {line}"), edit.into_iter().collect())
}

//! A single call that may outlast the deadline.

use std::time::Duration;

use crate::audit::answers::without_fallbacks;
use crate::audit::{Audit, Family, FixKind, Harm, Hit, Hits, Rule};
use crate::report::{Confidence, Severity};
use crate::source::{Edit, Place};
use crate::system::{Dialect, Route, Setting, units};

/// The rule.
pub const RULE: Rule = Rule {
    name: "timeout-over-deadline",
    title: "one call may outlast the deadline",
    family: Family::Time,
    severity: Severity::Warning,
    confidence: Confidence::High,
    harm: Harm::Waits,
    dialects: Dialect::ALL,
    fix: FixKind::Safe,
    why: "People leave before a page answers after 7 seconds, and a timeout above the deadline never helps \
          them. 19 % of 104 public LiteLLM configurations allow 300 s or more for one call; \
          joryirving/home-ops #10223: 1200 s times two retries hung clients.",
    how: &[
        (
            Dialect::Litellm,
            "litellm_settings:\n  request_timeout: 6\nrouter_settings:\n  stream_timeout: 4",
        ),
        (Dialect::Portkey, "{\"request_timeout\": 6000}"),
        (
            Dialect::Tensorzero,
            "timeouts = { non_streaming = { total_ms = 6000 }, streaming = { ttft_ms = 4000 } }",
        ),
        (Dialect::Code, "client = OpenAI(timeout=6.0)"),
    ],
    check,
};

fn check(audit: &Audit<'_>, hits: &mut Hits<'_>) {
    let deadline = audit.options.deadline;
    for (id, route) in audit.own_chat_routes() {
        for attempt in without_fallbacks(&route.plan).attempts() {
            let Some((limit, place)) = over(&attempt.timeout, deadline) else {
                continue;
            };
            // A stream's first token within the deadline is an answer: then only callers that do not
            // stream wait, and whether there are any the file cannot tell.
            let stream = over(&attempt.first_token, deadline).is_some() || !attempt.first_token.is_written();
            let mut hit = Hit::at(
                place,
                format!(
                    "one call may take {}, and users leave after {}",
                    units::show_seconds(limit.as_secs_f64()),
                    units::show_seconds(deadline.as_secs_f64())
                ),
            )
            .route(id)
            .label(format!(
                "above the deadline of {}",
                units::show_seconds(deadline.as_secs_f64())
            ))
            .help("lower it, or declare what users really wait for: `--deadline 30s`");
            if !stream {
                hit = hit.severity(Severity::Note).confidence(Confidence::Low);
            }
            hits.push(with_fix(route, &attempt.timeout, deadline, hit));
        }
    }
}

/// A written limit above the deadline, and where it stands.
fn over(setting: &Setting<Option<Duration>>, deadline: Duration) -> Option<(Duration, &Place)> {
    let limit = setting.value.filter(|limit| *limit > deadline)?;
    Some((limit, setting.place()?))
}

/// The same key with a second less than the deadline, where its unit is known: what is written is
/// the limit in seconds or in milliseconds.
fn with_fix(route: &Route, timeout: &Setting<Option<Duration>>, deadline: Duration, hit: Hit) -> Hit {
    let target = deadline
        .saturating_sub(Duration::from_secs(1))
        .max(Duration::from_millis(500));
    let (Some(place), Some(limit)) = (timeout.place(), timeout.value) else {
        return hit;
    };
    let written: Option<f64> = place.text().trim().parse().ok();
    let text = match written {
        Some(number) if (number - limit.as_secs_f64()).abs() < 1e-9 => units::trim(target.as_secs_f64()),
        Some(number) if (number - limit.as_secs_f64() * 1_000.0).abs() < 1e-6 => target.as_millis().to_string(),
        _ => return hit,
    };
    if route.is_direct() {
        return hit;
    }
    let edit = Edit {
        place: place.clone(),
        text: text.clone(),
    };
    hit.safe_fix(format!("lower it to {text}"), vec![edit])
}

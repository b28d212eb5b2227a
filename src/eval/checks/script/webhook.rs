//! `webhook`: an HTTP service that judges. It is sent `{output, context: {prompt, vars}}` and answers
//! `{pass, score, reason}`, as in promptfoo 0.121.20.
//!
//! There, a service that fails fails the answer. Here it is an error of the check.

use std::sync::LazyLock;
use std::time::Duration;

use serde_json::{Value, json};

use super::super::case::{Case, Judged};
use crate::eval::judges::Verdict;

/// How long the service may take.
const TIME: Duration = Duration::from_secs(30);

static CLIENT: LazyLock<Option<reqwest::Client>> = LazyLock::new(|| {
    // Another room may have chosen the provider already; then that one stays.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().timeout(TIME).build().ok()
});

/// What the service says of the answer.
pub(in super::super) async fn webhook(case: &Case<'_>) -> Judged {
    let address = case.value_words()?;
    let client = CLIENT
        .as_ref()
        .ok_or_else(|| case.fault("no HTTP client could be made"))?;
    let sent = json!({
        "output": case.output,
        "context": {"prompt": case.exhibit.prompt, "vars": case.exhibit.variables},
    });
    let failed = |error: reqwest::Error| case.fault(format!("the webhook cannot be asked: {}", error.without_url()));
    let answer = client.post(address).json(&sent).send().await.map_err(failed)?;
    if !answer.status().is_success() {
        return Err(case.fault(format!("the webhook answered {}", answer.status())));
    }
    let told: Value = answer.json().await.map_err(failed)?;
    let Some(passed) = told.get("pass").and_then(Value::as_bool) else {
        return Err(case.fault("the webhook's answer has no `pass`, true or false"));
    };
    let pass = passed != case.check.negate;
    let score = match told.get("score").and_then(Value::as_f64) {
        Some(score) if case.check.negate => 1.0 - score,
        Some(score) => score,
        None if pass => 1.0,
        None => 0.0,
    };
    let reason = told
        .get("reason")
        .and_then(Value::as_str)
        .filter(|reason| !reason.is_empty());
    Ok(Verdict::scored(
        score,
        pass,
        reason.map_or_else(|| format!("the webhook says {passed}"), str::to_owned),
    ))
}

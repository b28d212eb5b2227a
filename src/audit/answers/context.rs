//! Whether what a route sends fits the windows of the models that it can reach.

use crate::system::{Route, System};

use super::number::{Number, Unit};
use super::terms::Terms;

/// The tokens that a request may need: the input that is let through, or prompt and passages, and
/// the output cap. `None` when neither an input limit nor a retrieval step is known.
pub(super) fn needed(system: &System, route: &Route, mut terms: Terms) -> Option<Number> {
    let mut tokens: u64 = 0;
    if let Some(input) = &route.policy.max_input_tokens {
        tokens = tokens.saturating_add(input.value);
        terms.push(
            || format!("{} tokens of input are let through", input.value),
            &input.origin,
        );
    } else if let Some(retrieval) = &route.policy.retrieval {
        let (top_k, chunk) = retrieval.value;
        tokens = tokens.saturating_add(top_k.saturating_mul(chunk));
        terms.push(|| format!("{top_k} passages × {chunk} tokens"), &retrieval.origin);
        if let Some(prompt) = route.call.and_then(|call| system.call(call).prompt.as_ref()) {
            // Four characters a token is the providers' own rule of thumb for English.
            let prompt_tokens = (prompt.characters / 4) as u64;
            tokens = tokens.saturating_add(prompt_tokens);
            terms.push(|| format!("{prompt_tokens} tokens of prompt"), &prompt.place);
        }
    } else {
        return None;
    }
    let caps = route
        .plan
        .attempts()
        .into_iter()
        .filter_map(|attempt| attempt.max_output_tokens.as_ref());
    if let Some(cap) = caps.max_by_key(|cap| cap.value) {
        tokens = tokens.saturating_add(cap.value);
        terms.push(|| format!("{} tokens of output", cap.value), &cap.origin);
    }
    #[expect(clippy::cast_precision_loss, reason = "token counts are far below 2^53")]
    let value = tokens as f64;
    Some(Number::new(value, Unit::Tokens, terms))
}

/// The smallest window among the deployments that a route can reach.
pub(super) fn smallest_window(system: &System, route: &Route, mut terms: Terms) -> Option<Number> {
    let windows = route.plan.deployments().into_iter().filter_map(|id| {
        let deployment = system.deployment(id);
        Some((deployment.facts.as_ref()?.max_input_tokens?, deployment))
    });
    let (tokens, deployment) = windows.min_by_key(|(tokens, _)| *tokens)?;
    #[expect(clippy::cast_precision_loss, reason = "token counts are far below 2^53")]
    let value = tokens as f64;
    terms.push(
        || format!("{tokens} tokens: the window of {}", deployment.name),
        &deployment.model.origin,
    );
    Some(Number::new(value, Unit::Tokens, terms))
}

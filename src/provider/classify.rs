//! What kind of failure an API's error is: whose fault, and whether another attempt may help.

use super::CallErrorKind;
use crate::wire::{ApiError, ChatReply, Finish};

/// What the providers say when a prompt does not fit: `OpenAI` and vLLM; Anthropic; Bedrock; Gemini;
/// llama.cpp; Mistral; Groq.
const CONTEXT: &[&str] = &[
    "maximum context length",
    "context_length_exceeded",
    "prompt is too long",
    "exceed context limit",
    "input is too long",
    "exceeds the maximum number of tokens",
    "available context size",
    "exceed_context_size",
    "context window",
    "too large for model with",
    "reduce the length of the messages",
    "request_too_large",
];

/// What they say when a filter refuses: Azure; `OpenAI`; Anthropic; Gemini; `OpenRouter`; Bedrock.
const FILTER: &[&str] = &[
    "content_filter",
    "responsibleaipolicyviolation",
    "content management policy",
    "content_policy_violation",
    "content filtering policy",
    "prompt_blocked",
    "requires moderation",
    "guardrail_intervened",
];

/// An account without credit: waiting does not help.
const CREDIT: &[&str] = &[
    "insufficient_quota",
    "billing_error",
    "enforced_spend_limit_reached",
    "billing_hard_limit",
    "credit balance is too low",
    "insufficient credits",
];

/// The kind of an API's error.
#[must_use]
pub fn kind_of(error: &ApiError) -> CallErrorKind {
    let code = error.code.as_deref().unwrap_or_default();
    let words = format!("{} {code} {}", error.kind, error.message).to_ascii_lowercase();
    let says = |any: &[&str]| any.iter().any(|it| words.contains(it));
    // The client's own mistake keeps its 4xx; streams and some gateways say everything with 200 or 500.
    let may_be_prompt = matches!(error.status, 200 | 400 | 403 | 413 | 422 | 500);
    if says(CREDIT) || error.status == 402 {
        return CallErrorKind::Auth;
    }
    if may_be_prompt && says(FILTER) {
        return CallErrorKind::ContentFilter;
    }
    if may_be_prompt && says(CONTEXT) {
        return CallErrorKind::ContextLength;
    }
    if error.status == 429 && words.contains("request too large") {
        // More than the account's tokens per minute in one request (OpenAI): it will never pass.
        return CallErrorKind::BadRequest;
    }
    if says(&["throttling", "servicequotaexceeded", "resource_exhausted"]) {
        return CallErrorKind::RateLimited;
    }
    match error.status {
        200 => by_word(&words),
        401 | 403 => CallErrorKind::Auth,
        425 | 429 => CallErrorKind::RateLimited,
        408 | 504 => CallErrorKind::Timeout,
        503 | 529 => CallErrorKind::Overloaded,
        // Bedrock: the model failed. A conflict or a cancelled request passes as well.
        409 | 424 | 499 => CallErrorKind::Server,
        400..=498 => CallErrorKind::BadRequest,
        _ => CallErrorKind::Server,
    }
}

/// The kind of an error that came with status 200.
fn by_word(words: &str) -> CallErrorKind {
    let has = |any: &[&str]| any.iter().any(|it| words.contains(it));
    if has(&["overloaded", "serviceunavailable", "unavailable", "capacity"]) {
        CallErrorKind::Overloaded
    } else if has(&["rate_limit", "rate limit", "too many requests"]) {
        CallErrorKind::RateLimited
    } else if has(&["timeout", "deadline_exceeded", "timed out"]) {
        CallErrorKind::Timeout
    } else if has(&["authentication", "permission", "invalid_api_key"]) {
        CallErrorKind::Auth
    } else if has(&[
        "invalid_request",
        "validationexception",
        "invalid_argument",
        "not_found",
    ]) {
        CallErrorKind::BadRequest
    } else {
        CallErrorKind::Server
    }
}

/// Errors that gateways hand on as an answer's text, by how they begin
/// (`UKGovernmentBEIS/inspect_evals` #2335): such a text is graded by nobody.
const DISGUISED: &[(&str, CallErrorKind)] = &[
    (
        "the response was filtered due to the prompt triggering",
        CallErrorKind::ContentFilter,
    ),
    ("this model's maximum context length is", CallErrorKind::ContextLength),
    ("prompt is too long:", CallErrorKind::ContextLength),
    ("input is too long for requested model", CallErrorKind::ContextLength),
    ("error code: 400", CallErrorKind::BadRequest),
    ("error code: 429", CallErrorKind::RateLimited),
    ("error code: 500", CallErrorKind::Server),
];

/// Whether an answer is none: withheld by a filter, or an error in an answer's clothes.
#[must_use]
pub fn no_answer(reply: &ChatReply) -> Option<(CallErrorKind, String)> {
    let text = reply.text.trim();
    if reply.finish == Some(Finish::ContentFilter) && text.is_empty() && reply.tool_calls.is_empty() {
        return Some((
            CallErrorKind::ContentFilter,
            "the provider's filter withheld the answer".to_owned(),
        ));
    }
    // A model that writes about such errors writes more around them.
    if text.len() > 600 || !reply.tool_calls.is_empty() {
        return None;
    }
    let lower = text.to_ascii_lowercase();
    let (_, kind) = DISGUISED.iter().find(|(start, _)| lower.starts_with(start))?;
    let as_error = ApiError {
        status: 400,
        kind: "text".to_owned(),
        code: None,
        message: text.to_owned(),
        retry_after: None,
    };
    // The rest of the text may say more exactly what it is.
    let kind = match kind_of(&as_error) {
        CallErrorKind::BadRequest => *kind,
        exact => exact,
    };
    Some((kind, format!("an error came as the answer's text: {text}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(status: u16, kind: &str, code: &str, message: &str) -> CallErrorKind {
        kind_of(&ApiError {
            status,
            kind: kind.into(),
            code: (!code.is_empty()).then(|| code.into()),
            message: message.into(),
            retry_after: None,
        })
    }

    #[test]
    fn prompts_that_do_not_fit_at_every_provider() {
        for (status, word, code, message) in [
            (
                400,
                "invalid_request_error",
                "context_length_exceeded",
                "This model's maximum context length is 8192 tokens.",
            ),
            (
                400,
                "BadRequestError",
                "400",
                "This model's maximum context length is 4096 tokens. However, you requested 5000",
            ),
            (
                400,
                "invalid_request_error",
                "",
                "prompt is too long: 210000 tokens > 200000 maximum",
            ),
            (
                400,
                "invalid_request_error",
                "",
                "input length and `max_tokens` exceed context limit: 190000 + 20000 > 200000",
            ),
            (413, "request_too_large", "", "Request exceeds the maximum size"),
            (
                400,
                "INVALID_ARGUMENT",
                "",
                "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).",
            ),
            (400, "ValidationException", "", "Input is too long for requested model."),
            (
                400,
                "exceed_context_size_error",
                "",
                "the request exceeds the available context size, try increasing it",
            ),
        ] {
            assert_eq!(
                kind(status, word, code, message),
                CallErrorKind::ContextLength,
                "{message}"
            );
        }
    }

    #[test]
    fn filters_credit_limits_and_overload() {
        use CallErrorKind as Kind;
        for (expected, status, word, code, message) in [
            (
                Kind::ContentFilter,
                400,
                "error",
                "content_filter",
                "The response was filtered",
            ),
            (
                Kind::ContentFilter,
                400,
                "invalid_request_error",
                "",
                "Output blocked by content filtering policy",
            ),
            (
                Kind::ContentFilter,
                200,
                "PROMPT_BLOCKED",
                "SAFETY",
                "the prompt was blocked: SAFETY",
            ),
            (
                Kind::Auth,
                429,
                "insufficient_quota",
                "insufficient_quota",
                "You exceeded your current quota",
            ),
            (
                Kind::Auth,
                429,
                "rate_limit_error",
                "enforced_spend_limit_reached",
                "spend limit",
            ),
            (Kind::Auth, 402, "error", "", "no credits"),
            (Kind::Auth, 401, "authentication_error", "", "invalid x-api-key"),
            (
                Kind::RateLimited,
                429,
                "tokens",
                "rate_limit_exceeded",
                "Rate limit reached",
            ),
            (Kind::RateLimited, 400, "ServiceQuotaExceededException", "", "slow down"),
            (Kind::RateLimited, 200, "throttlingException", "", "slow down"),
            (
                Kind::BadRequest,
                429,
                "tokens",
                "rate_limit_exceeded",
                "Request too large for gpt-4o on tokens per min",
            ),
            (Kind::Overloaded, 529, "overloaded_error", "", "Overloaded"),
            (Kind::Overloaded, 200, "overloaded_error", "", "Overloaded"),
            (Kind::Overloaded, 503, "UNAVAILABLE", "", "The model is overloaded."),
            (Kind::Server, 200, "api_error", "", "Internal server error"),
            (Kind::Server, 424, "ModelErrorException", "", "boom"),
            (Kind::Server, 522, "http", "", "Connection timed out"),
            (Kind::Timeout, 504, "DEADLINE_EXCEEDED", "", "late"),
            (Kind::Timeout, 200, "modelTimeoutException", "", "late"),
            (
                Kind::BadRequest,
                404,
                "invalid_request_error",
                "model_not_found",
                "no such model",
            ),
        ] {
            assert_eq!(kind(status, word, code, message), expected, "{status} {word} {message}");
        }
    }

    #[test]
    fn an_error_in_an_answers_clothes_is_no_answer() {
        let reply = |text: &str, finish| ChatReply {
            text: text.into(),
            finish: Some(finish),
            ..ChatReply::default()
        };
        let kind = |reply| no_answer(&reply).map(|(kind, _)| kind);
        assert_eq!(
            kind(reply(" ", Finish::ContentFilter)),
            Some(CallErrorKind::ContentFilter)
        );
        assert_eq!(
            kind(reply(
                "Error code: 400 - {'error': {'code': 'context_length_exceeded'}}",
                Finish::Stop
            )),
            Some(CallErrorKind::ContextLength)
        );
        assert_eq!(
            kind(reply(
                "The response was filtered due to the prompt triggering Azure OpenAI's content management policy.",
                Finish::Stop
            )),
            Some(CallErrorKind::ContentFilter)
        );
        assert_eq!(
            kind(reply("An error code: 400 means a bad request.", Finish::Stop)),
            None
        );
        assert_eq!(kind(reply("", Finish::Stop)), None);
    }
}

//! Errors, worded as each provider words them.
//!
//! Statuses, types, codes and headers are those of the providers' references and of what was seen of them up to
//! November 2026: `OpenAI` and Azure "Error codes", Anthropic "Errors", Google "Troubleshooting guide" and
//! `google.rpc`, AWS `Converse` "Errors", Ollama `server/routes.go`, `OpenRouter` "Errors".

use std::time::Duration;

use serde_json::{Value, json};

use super::Dialect;
use crate::chaos::behaviour::{Refused, RetryAfter};
use crate::clock;
use crate::pipeline::policy::Refusal;
use crate::wire::ApiError;

/// What an error's words mention.
#[derive(Debug, Clone, Copy)]
pub struct Mention<'a> {
    /// The model that was asked for.
    pub model: &'a str,
    /// The tokens of the prompt.
    pub tokens: u64,
    /// The request's identifier.
    pub request_id: &'a str,
    /// Seconds since 1970.
    pub now: f64,
}

/// An error on the wire.
#[derive(Debug, Clone, PartialEq)]
pub struct Wording {
    /// The status.
    pub status: u16,
    /// Headers beside those of every answer.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: Value,
    /// The same for an error within a stream.
    pub error: ApiError,
}

/// An error's words.
#[must_use]
pub fn wording(dialect: Dialect, refused: &Refused, mention: Mention<'_>) -> Wording {
    let error = match dialect {
        Dialect::Openai | Dialect::Responses => openai(refused, mention),
        Dialect::Azure => azure(refused, mention),
        Dialect::Anthropic => anthropic(refused, mention),
        Dialect::Gemini => gemini(refused, mention),
        Dialect::Bedrock => bedrock(refused, mention),
        Dialect::Ollama => ollama(refused, mention),
    };
    let mut headers = waits(dialect, refused, mention.now);
    let body = match dialect {
        Dialect::Openai | Dialect::Responses => openai_body(&error, refused),
        Dialect::Azure => azure_body(&error, refused),
        Dialect::Anthropic => {
            let (_, mut body) = dialect.api().error_to_http(&error);
            body["request_id"] = mention.request_id.into();
            body
        }
        Dialect::Bedrock => {
            headers.push((
                "x-amzn-errortype",
                format!("{}:http://internal.amazon.com/coral/com.amazon.bedrock/", error.kind),
            ));
            json!({ "message": error.message })
        }
        Dialect::Gemini | Dialect::Ollama => dialect.api().error_to_http(&error).1,
    };
    Wording {
        status: refused.status,
        headers,
        body,
        error,
    }
}

/// An error object in a body whose status is 200, as `OpenRouter` sends it once processing began; the providers
/// of other APIs put their own error there.
#[must_use]
pub fn in_body(dialect: Dialect, refused: &Refused, mention: Mention<'_>) -> Value {
    let wording = wording(dialect, refused, mention);
    if dialect != Dialect::Openai {
        return wording.body;
    }
    json!({
        "error": {
            "code": refused.status,
            "message": "Provider returned error",
            "metadata": { "provider_name": "OpenAI", "raw": wording.body.to_string() },
        },
        "user_id": null,
    })
}

/// `retry-after` as it is asked for, and its twin in milliseconds where the provider sends one.
fn waits(dialect: Dialect, refused: &Refused, now: f64) -> Vec<(&'static str, String)> {
    let Some(asked) = refused.retry_after else {
        return Vec::new();
    };
    match asked {
        RetryAfter::Date(wait) => vec![("retry-after", clock::http_date(now + wait.as_secs_f64()))],
        RetryAfter::Seconds(wait) => {
            let mut headers = vec![("retry-after", wait.as_millis().div_ceil(1_000).to_string())];
            if matches!(dialect, Dialect::Openai | Dialect::Responses | Dialect::Azure) {
                headers.push(("retry-after-ms", wait.as_millis().to_string()));
            }
            headers
        }
    }
}

fn error(refused: &Refused, kind: &str, code: Option<&str>, message: String) -> ApiError {
    ApiError {
        status: refused.status,
        kind: kind.to_owned(),
        code: code.map(ToOwned::to_owned),
        message,
        retry_after: refused.retry_after.map(RetryAfter::wait),
    }
}

/// `1.2s`, `120ms`, `6m0s`: as the limits' texts and headers count.
pub(super) fn go_span(span: Duration) -> String {
    let millis = span.as_millis();
    match millis {
        0..1_000 => format!("{millis}ms"),
        1_000..60_000 if millis.is_multiple_of(1_000) => format!("{}s", millis / 1_000),
        1_000..60_000 => format!("{}s", span.as_secs_f64()),
        60_000..3_600_000 => format!("{}m{}s", millis / 60_000, millis % 60_000 / 1_000),
        _ => format!(
            "{}h{}m{}s",
            millis / 3_600_000,
            millis % 3_600_000 / 60_000,
            millis % 60_000 / 1_000
        ),
    }
}

fn openai(refused: &Refused, mention: Mention<'_>) -> ApiError {
    let Mention {
        model,
        tokens,
        request_id,
        ..
    } = mention;
    let wait = go_span(refused.retry_after.map_or(Duration::from_millis(120), RetryAfter::wait));
    let invalid = "invalid_request_error";
    let (kind, code, message) = match (refused.refusal, refused.status) {
        (Refusal::ContextLength, _) => (invalid, Some("context_length_exceeded"), format!(
            "This model's maximum context length is 128000 tokens. However, your messages resulted in {} tokens. Please \
             reduce the length of the messages.", tokens.max(128_001))),
        (Refusal::ContentFilter, _) => (invalid, Some("content_policy_violation"),
            "Your request was rejected as a result of our safety system.".to_owned()),
        (Refusal::Quota, _) => ("insufficient_quota", Some("insufficient_quota"),
            "You exceeded your current quota, please check your plan and billing details. For more information on this \
             error, read the docs: https://platform.openai.com/docs/guides/error-codes/api-errors.".to_owned()),
        (Refusal::ModelGone, _) | (_, 404) => (invalid, Some("model_not_found"),
            format!("The model `{model}` does not exist or you do not have access to it.")),
        (_, 401) => (invalid, Some("invalid_api_key"),
            "Incorrect API key provided. You can find your API key at https://platform.openai.com/account/api-keys.".to_owned()),
        (_, 403) => ("request_forbidden", Some("unsupported_country_region_territory"),
            "Country, region, or territory not supported".to_owned()),
        (_, 408) => ("server_error", Some("request_timeout"), "Request timed out.".to_owned()),
        (_, 409) => (invalid, Some("conflict"), "The resource was updated by another request.".to_owned()),
        (_, 413) => (invalid, Some("request_too_large"), "Request body too large.".to_owned()),
        (_, 429) => ("requests", Some("rate_limit_exceeded"), format!(
            "Rate limit reached for {model} in organization org-aisys on requests per min (RPM): Limit 500, Used 500, \
             Requested 1. Please try again in {wait}. Visit https://platform.openai.com/account/rate-limits to learn more.")),
        (_, 503) => ("server_error", None, "The engine is currently overloaded, please try again later".to_owned()),
        (_, 500..) => ("server_error", None, format!(
            "The server had an error while processing your request. Sorry about that! You can retry your request, or \
             contact us through our help center at help.openai.com if the error persists. (Please include the request \
             ID {request_id} in your message.)")),
        _ => (invalid, None, "We could not parse the JSON body of your request.".to_owned()),
    };
    error(refused, kind, code, message)
}

fn openai_body(error: &ApiError, refused: &Refused) -> Value {
    let param = match refused.refusal {
        Refusal::ContextLength => json!("messages"),
        _ => Value::Null,
    };
    json!({ "error": { "message": error.message, "type": error.kind, "param": param, "code": error.code } })
}

fn azure(refused: &Refused, mention: Mention<'_>) -> ApiError {
    let wait = refused.retry_after.map_or(1, |it| it.wait().as_secs().max(1));
    let (kind, code, message) = match (refused.refusal, refused.status) {
        (Refusal::ContentFilter, _) => ("", "content_filter",
            "The response was filtered due to the prompt triggering Azure OpenAI's content management policy. Please modify \
             your prompt and retry. To learn more about our content filtering policies please read our documentation: \
             https://go.microsoft.com/fwlink/?linkid=2198766".to_owned()),
        (Refusal::ContextLength, _) => return openai(refused, mention),
        (Refusal::ModelGone, _) | (_, 404) => ("", "DeploymentNotFound",
            "The API deployment for this resource does not exist. If you created the deployment within the last 5 minutes, \
             please wait a moment and try again.".to_owned()),
        (_, 401) => ("", "401",
            "Access denied due to invalid subscription key or wrong API endpoint. Make sure to provide a valid key for an \
             active subscription and use a correct regional API endpoint for your resource.".to_owned()),
        (_, 403) => ("", "403", "Access denied due to Virtual Network/Firewall rules.".to_owned()),
        (Refusal::Quota, _) => ("", "429",
            "Requests have exceeded the quota of your subscription. Please go here if you would like to further increase \
             the default rate limit: https://aka.ms/oai/quotaincrease.".to_owned()),
        (_, 429) => ("", "429", format!(
            "Requests to the ChatCompletions_Create Operation under Azure OpenAI API have exceeded call rate limit of your \
             current OpenAI S0 pricing tier. Please retry after {wait} seconds. Please go here if you would like to further \
             increase the default rate limit: https://aka.ms/oai/quotaincrease.")),
        (_, 408) => ("", "Timeout", "The operation was timeout.".to_owned()),
        (_, 503) => ("", "ServiceUnavailable", "The service is temporarily unable to process your request.".to_owned()),
        (_, 500..) => ("", "InternalServerError", "The service encountered an error while processing your request.".to_owned()),
        _ => return openai(refused, mention),
    };
    error(refused, kind, Some(code), message)
}

fn azure_body(error: &ApiError, refused: &Refused) -> Value {
    if !error.kind.is_empty() {
        return openai_body(error, refused);
    }
    if refused.refusal == Refusal::ContentFilter {
        let safe = json!({ "filtered": false, "severity": "safe" });
        return json!({ "error": {
            "message": error.message, "type": null, "param": "prompt", "code": "content_filter", "status": refused.status,
            "innererror": {
                "code": "ResponsibleAIPolicyViolation",
                "content_filter_result": {
                    "hate": safe, "self_harm": safe, "sexual": safe,
                    "violence": { "filtered": true, "severity": "medium" },
                },
            },
        } });
    }
    json!({ "error": { "code": error.code, "message": error.message } })
}

fn anthropic(refused: &Refused, mention: Mention<'_>) -> ApiError {
    let model = mention.model;
    let (kind, code, message) = match (refused.refusal, refused.status) {
        (Refusal::ContextLength, _) => ("invalid_request_error", None,
            format!("prompt is too long: {} tokens > 200000 maximum", mention.tokens.max(200_001))),
        (Refusal::ContentFilter, _) => ("invalid_request_error", None, "Output blocked by content filtering policy".to_owned()),
        (Refusal::Quota, 429) => ("rate_limit_error", Some("enforced_spend_limit_reached"),
            "You have reached your specified API usage limits.".to_owned()),
        (Refusal::Quota, _) => ("invalid_request_error", None,
            "Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing to upgrade or purchase \
             credits.".to_owned()),
        (Refusal::ModelGone, _) | (_, 404) => ("not_found_error", None, format!("model: {model}")),
        (_, 401) => ("authentication_error", None, "invalid x-api-key".to_owned()),
        (_, 402) => ("billing_error", None, "There is an issue with your billing or payment information.".to_owned()),
        (_, 403) => ("permission_error", None, "Your API key does not have permission to use the specified resource.".to_owned()),
        (_, 408 | 504) => ("timeout_error", None, "Request timed out".to_owned()),
        (_, 409) => ("conflict_error", None, "The request conflicts with the current state of the resource.".to_owned()),
        (_, 413) => ("request_too_large", None, "Request exceeds the maximum size".to_owned()),
        (_, 429) => ("rate_limit_error", None,
            "This request would exceed your organization's rate limit of 50 requests per minute. For details, refer to: \
             https://docs.claude.com/en/api/rate-limits.".to_owned()),
        (_, 529 | 503) => ("overloaded_error", None, "Overloaded".to_owned()),
        (_, 500..) => ("api_error", None, "Internal server error".to_owned()),
        _ => ("invalid_request_error", None, "messages: Field required".to_owned()),
    };
    error(refused, kind, code, message)
}

fn gemini(refused: &Refused, mention: Mention<'_>) -> ApiError {
    let model = mention.model;
    let (kind, code, message) = match (refused.refusal, refused.status) {
        (Refusal::ContextLength, _) => ("INVALID_ARGUMENT", None, format!(
            "The input token count ({}) exceeds the maximum number of tokens allowed (1048576).", mention.tokens.max(1_048_577))),
        (Refusal::ContentFilter, _) => ("INVALID_ARGUMENT", None, "The prompt was blocked by the safety filters.".to_owned()),
        (Refusal::ModelGone, _) | (_, 404) => ("NOT_FOUND", None, format!(
            "models/{model} is not found for API version v1beta, or is not supported for generateContent. Call ListModels to \
             see the list of available models and their supported methods.")),
        (_, 401) => ("UNAUTHENTICATED", Some("CREDENTIALS_MISSING"),
            "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid \
             authentication credential.".to_owned()),
        (_, 403) => ("PERMISSION_DENIED", None, "The caller does not have permission".to_owned()),
        (_, 409) => ("ABORTED", None, "The operation was aborted.".to_owned()),
        (_, 408 | 504) => ("DEADLINE_EXCEEDED", None, "Deadline expired before operation could complete.".to_owned()),
        (Refusal::Quota, _) | (_, 429) => ("RESOURCE_EXHAUSTED", None,
            "You exceeded your current quota, please check your plan and billing details. For more information on this error, \
             head to: https://ai.google.dev/gemini-api/docs/rate-limits.".to_owned()),
        (_, 499) => ("CANCELLED", None, "The operation was cancelled.".to_owned()),
        (_, 503) => ("UNAVAILABLE", None, "The model is overloaded. Please try again later.".to_owned()),
        (_, 500..) => ("INTERNAL", None,
            "An internal error has occurred. Please retry or report in https://developers.generativeai.google/guide/troubleshooting".to_owned()),
        _ => ("INVALID_ARGUMENT", None, "Request contains an invalid argument.".to_owned()),
    };
    error(refused, kind, code, message)
}

fn bedrock(refused: &Refused, mention: Mention<'_>) -> ApiError {
    let model = mention.model;
    let (kind, message) = match (refused.refusal, refused.status) {
        (Refusal::ContextLength, _) => (
            "ValidationException",
            "Input is too long for requested model.".to_owned(),
        ),
        (Refusal::ContentFilter, _) => ("ValidationException", "Input was blocked by a guardrail.".to_owned()),
        (Refusal::Quota, _) => (
            "ServiceQuotaExceededException",
            "Your request exceeds the service quota for your account.".to_owned(),
        ),
        (Refusal::ModelGone, _) | (_, 404) => (
            "ResourceNotFoundException",
            format!("Could not resolve the foundation model from the model identifier: {model}"),
        ),
        (_, 401) => (
            "UnrecognizedClientException",
            "The security token included in the request is invalid.".to_owned(),
        ),
        (_, 403) => (
            "AccessDeniedException",
            "You don't have access to the model with the specified model ID.".to_owned(),
        ),
        (_, 408) => (
            "ModelTimeoutException",
            "Model has timed out in processing the request. Try your request again.".to_owned(),
        ),
        (_, 424) => (
            "ModelErrorException",
            "The request failed due to an error while processing the model.".to_owned(),
        ),
        (_, 429) => (
            "ThrottlingException",
            "Too many requests, please wait before trying again.".to_owned(),
        ),
        (_, 503) => (
            "ServiceUnavailableException",
            "Bedrock is unable to process your request.".to_owned(),
        ),
        (_, 500..) => (
            "InternalServerException",
            "The system encountered an unexpected error during processing. Try your request again.".to_owned(),
        ),
        _ => ("ValidationException", "The provided request is not valid".to_owned()),
    };
    error(refused, kind, None, message)
}

fn ollama(refused: &Refused, mention: Mention<'_>) -> ApiError {
    let model = mention.model;
    let message = match (refused.refusal, refused.status) {
        (Refusal::ContextLength, _) => "the input length exceeds the context length".to_owned(),
        (Refusal::ModelGone, _) | (_, 404) => format!("model '{model}' not found"),
        (_, 401) => "unauthorized".to_owned(),
        (_, 403) => "forbidden".to_owned(),
        (_, 429) => "too many requests".to_owned(),
        (_, 502) => "error contacting the cloud model".to_owned(),
        (_, 503) => "server busy, please try again.  maximum pending requests exceeded".to_owned(),
        (_, 500..) => "llama runner process has terminated: exit status 2".to_owned(),
        _ => "invalid request".to_owned(),
    };
    error(refused, "error", None, message)
}

/// A page as an edge serves it (Cloudflare, 2026).
#[must_use]
pub fn html(status: u16, request_id: &str) -> String {
    let (title, text) = match status {
        200..=299 => ("Just a moment...", "Enable JavaScript and cookies to continue"),
        502 => ("502: Bad gateway", "The web server reported a bad gateway error."),
        504 => ("504: Gateway time-out", "The gateway did not get an answer in time."),
        520..=527 => (
            "Web server is returning an unknown error",
            "There is an unknown connection issue.",
        ),
        _ => (
            "Internal server error",
            "There is an internal server error on the edge network.",
        ),
    };
    format!(
        "<!DOCTYPE html>\n<html lang=\"en-US\">\n<head><title>{title}</title></head>\n<body>\n<h1>{title} <span>Error code \
         {status}</span></h1>\n<p>{text}</p>\n<p>Ray ID: {request_id}</p>\n</body>\n</html>\n"
    )
}

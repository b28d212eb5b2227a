//! What came of a provider's call, in the words of the policy.

use crate::pipeline::policy::{Failure, Limit, Refusal, Useless};
use crate::provider::{CallError, CallErrorKind, Reply};
use crate::wire::Finish;

/// How a whole answer is of no use; `None`: it is.
pub(super) fn useless(reply: &Reply) -> Option<Useless> {
    let chat = &reply.chat;
    if let Some(call) = chat.tool_calls.first() {
        let whole = serde_json::from_str::<serde::de::IgnoredAny>(&call.arguments).is_ok() || call.arguments.is_empty();
        return (!whole).then_some(Useless::BrokenArguments);
    }
    if chat.refusal.is_some() {
        return Some(Useless::Refused);
    }
    if !chat.text.trim().is_empty() {
        return None;
    }
    Some(match chat.finish {
        Some(Finish::ContentFilter) => Useless::Filtered,
        _ => Useless::EmptyText,
    })
}

/// How a call failed; `None`: it is not the outside that failed, and nobody else would do better.
pub(super) fn failure(error: &CallError) -> Option<Failure> {
    let status = |or: u16, refusal| Failure::Status {
        status: error.status.filter(|status| *status >= 400).unwrap_or(or),
        refusal,
        retry_after: error.retry_after,
    };
    Some(match error.kind {
        CallErrorKind::Timeout if error.status.is_none() => Failure::TimedOut(Limit::Total),
        CallErrorKind::Timeout => status(504, Refusal::Plain),
        CallErrorKind::Connect => Failure::Connect,
        CallErrorKind::RateLimited => status(429, Refusal::Plain),
        CallErrorKind::Overloaded => status(529, Refusal::Plain),
        CallErrorKind::Server => status(500, Refusal::Plain),
        CallErrorKind::BrokenStream | CallErrorKind::Command => Failure::Broken,
        CallErrorKind::Garbage => Failure::Unreadable,
        CallErrorKind::ContextLength => status(400, Refusal::ContextLength),
        CallErrorKind::ContentFilter if error.status == Some(200) => Failure::Useless(Useless::Filtered),
        CallErrorKind::ContentFilter => status(400, Refusal::ContentFilter),
        // An empty account says 429 as a rule: `insufficient_quota`.
        CallErrorKind::Auth if matches!(error.status, Some(402 | 429)) => status(429, Refusal::Quota),
        CallErrorKind::Auth => status(401, Refusal::Plain),
        CallErrorKind::BadRequest if error.status == Some(404) => status(404, Refusal::ModelGone),
        CallErrorKind::BadRequest => status(400, Refusal::Plain),
        CallErrorKind::Budget | CallErrorKind::NoRecording | CallErrorKind::Stopped => return None,
    })
}

/// A failure without a provider's own words, for people.
pub(super) fn told(failure: &Failure) -> String {
    match failure {
        Failure::TimedOut(Limit::Deadline) => "no answer within its share of the deadline".to_owned(),
        Failure::TimedOut(_) => "no answer within its timeout".to_owned(),
        Failure::Useless(Useless::Filtered) => "a filter withheld the answer".to_owned(),
        Failure::Useless(Useless::BrokenArguments) => "a tool call whose arguments are no JSON".to_owned(),
        Failure::Useless(Useless::Refused) => "a refusal".to_owned(),
        Failure::Useless(_) => "an empty answer".to_owned(),
        Failure::NoneAvailable => "every deployment is left out at the moment".to_owned(),
        Failure::OwnLimit => "a limit of the route".to_owned(),
        Failure::Status { status, .. } => format!("status {status}"),
        Failure::Connect => "no connection".to_owned(),
        Failure::Broken => "the answer broke off".to_owned(),
        Failure::Unreadable => "an answer that cannot be read".to_owned(),
        Failure::ErrorEvent | Failure::ErrorBody => "an error with status 200".to_owned(),
        Failure::Unfinished => "an answer without its end".to_owned(),
    }
}

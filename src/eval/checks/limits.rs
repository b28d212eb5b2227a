//! Limits on what an answer may take: `word-count`, `latency`, `cost`, `finish-reason`.

use serde_json::Value;

use super::case::{Case, Judged};
use crate::wire::Finish;

/// As many words as the value says: a number, or `min` and `max`.
pub(super) fn word_count(case: &Case<'_>) -> Judged {
    let words = case.text.split_whitespace().count();
    #[expect(clippy::cast_precision_loss, reason = "an answer has far fewer than 2^52 words")]
    let count = words as f64;
    let bound = |name| case.value.get(name).filter(|bound| !bound.is_null());
    let number = |value: &Value| match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    let wrong = || case.fault("the value must be a number of words, or have `min` or `max`");
    let (min, max) = if case.value.is_object() {
        let min = bound("min").map(|min| number(min).ok_or_else(wrong)).transpose()?;
        let max = bound("max").map(|max| number(max).ok_or_else(wrong)).transpose()?;
        if min.is_none() && max.is_none() {
            return Err(wrong());
        }
        if let (Some(min), Some(max)) = (min, max)
            && min > max
        {
            return Err(case.fault(format!("`min` ({min}) is above `max` ({max})")));
        }
        (min, max)
    } else {
        let exact = Some(number(&case.value).ok_or_else(wrong)?);
        (exact, exact)
    };
    let holds = min.is_none_or(|min| count >= min) && max.is_none_or(|max| count <= max);
    Ok(case.holds(holds, || {
        let range = match (min, max) {
            (Some(min), Some(max)) if (max - min).abs() < f64::EPSILON => format!("{min} words"),
            (Some(min), Some(max)) => format!("{min} to {max} words"),
            (Some(min), None) => format!("at least {min} words"),
            (_, max) => format!("at most {} words", max.unwrap_or_default()),
        };
        format!("have {range}; it has {words}")
    }))
}

/// The whole answer came within the threshold, in milliseconds.
pub(super) fn latency(case: &Case<'_>) -> Judged {
    let limit = case
        .check
        .threshold
        .ok_or_else(|| case.fault("the threshold, in milliseconds, is missing"))?;
    let taken = case.exhibit.reply.latency_ms;
    Ok(case.holds(taken <= limit, || {
        format!("come within {limit} ms; it took {taken:.0} ms")
    }))
}

/// The answer cost no more than the threshold, in US dollars.
pub(super) fn cost(case: &Case<'_>) -> Judged {
    let limit = case
        .check
        .threshold
        .ok_or_else(|| case.fault("the threshold, in US dollars, is missing"))?;
    let cost = case
        .exhibit
        .reply
        .cost_usd
        .ok_or_else(|| case.fault("no price is known for the model that answered; give the provider one"))?;
    Ok(case.holds(cost <= limit, || {
        format!("cost at most {limit} US dollars; it cost {cost}")
    }))
}

/// The answer ended for this reason; promptfoo's words are `OpenAI`'s.
pub(super) fn finish_reason(case: &Case<'_>) -> Judged {
    let expected = case.value_text()?;
    let Some(finish) = &case.exhibit.reply.chat.finish else {
        return Ok(case.holds(false, || {
            format!("end by `{expected}`; the provider did not say why it ended")
        }));
    };
    let word = finish_word(finish);
    Ok(case.holds(expected.eq_ignore_ascii_case(word), || {
        format!("end by `{expected}`; it ended by `{word}`")
    }))
}

/// The word of promptfoo 0.121.20 (`normalizeFinishReason`), which is `OpenAI`'s.
pub(super) fn finish_word(finish: &Finish) -> &str {
    match finish {
        Finish::Stop => "stop",
        Finish::Length => "length",
        Finish::ToolCalls => "tool_calls",
        Finish::ContentFilter => "content_filter",
        Finish::Refusal => "refusal",
        Finish::Other(word) => word,
    }
}

//! What response headers say about waiting and limits.

use std::sync::LazyLock;
use std::time::Duration;

use http::HeaderMap;
use regex::Regex;

use super::when;

/// What a provider says is left of its limits.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct LimitHints {
    /// Of requests.
    pub requests: Quota,
    /// Of tokens.
    pub tokens: Quota,
}

/// One limit: how much of it is left, and when it is whole again.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Quota {
    /// The limit.
    pub limit: Option<u64>,
    /// What is left of it.
    pub remaining: Option<u64>,
    /// How long until all of it is there again.
    pub reset: Option<Duration>,
}

impl LimitHints {
    /// Reads `x-ratelimit-*` (`OpenAI`, Azure, Groq, `LiteLLM`) and `anthropic-ratelimit-*`. `now` is in
    /// seconds since 1970.
    #[must_use]
    pub fn of(headers: &HeaderMap, now: f64) -> Self {
        let quota = |what: &str| {
            let openai = Quota {
                limit: number(headers, &format!("x-ratelimit-limit-{what}")),
                remaining: number(headers, &format!("x-ratelimit-remaining-{what}")),
                reset: text(headers, &format!("x-ratelimit-reset-{what}")).and_then(|it| reset(it, now)),
            };
            if openai != Quota::default() {
                return openai;
            }
            Quota {
                limit: number(headers, &format!("anthropic-ratelimit-{what}-limit")),
                remaining: number(headers, &format!("anthropic-ratelimit-{what}-remaining")),
                reset: text(headers, &format!("anthropic-ratelimit-{what}-reset")).and_then(|it| reset(it, now)),
            }
        };
        // Most answers have none: one look at the names is cheaper than twelve searches.
        if !headers.keys().any(|name| name.as_str().contains("ratelimit")) {
            return Self::default();
        }
        Self {
            requests: quota("requests"),
            tokens: quota("tokens"),
        }
    }
}

/// The longest wait that is believed; a provider that says more says "not today".
const LONGEST: f64 = 31.0 * 86_400.0;

/// How long the headers ask to wait: `retry-after-ms` first, then `retry-after` in seconds or as a date.
#[must_use]
pub fn retry_after(headers: &HeaderMap, now: f64) -> Option<Duration> {
    let number = |name: &str| text(headers, name)?.trim().parse::<f64>().ok();
    let seconds = number("retry-after-ms")
        .map(|it| it / 1_000.0)
        .or_else(|| number("retry-after"))
        .or_else(|| Some((when::http_date(text(headers, "retry-after")?)? - now).max(0.0)))?;
    duration(seconds)
}

/// How long an error's text asks to wait: `try again in 1.2s`, `retry after 20 seconds` (`OpenAI`, Azure).
pub(super) fn retry_in_text(message: &str) -> Option<Duration> {
    static WAIT: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r"(?i)(?:try again in|retry after|retry in)\s+((?:\d+(?:\.\d+)?\s*(?:milliseconds?|seconds?|minutes?|ms|s|m|h)\s*)+)")
            .ok()
    });
    let found = WAIT.as_ref()?.captures(message)?;
    span(found.get(1)?.as_str())
}

/// `6m0s`, `120ms`, `1h2m3s`, `13.5s`, `20 seconds`: Go's and people's spelling of spans of time.
pub(super) fn span(text: &str) -> Option<Duration> {
    let mut seconds = 0.0;
    let mut rest = text.trim();
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let number: f64 = rest[..end].parse().ok()?;
        let unit_text = rest[end..].trim_start();
        let end = unit_text
            .find(|c: char| !c.is_ascii_alphabetic())
            .unwrap_or(unit_text.len());
        seconds += number
            * match &unit_text[..end] {
                "ms" | "millisecond" | "milliseconds" => 0.001,
                "s" | "second" | "seconds" => 1.0,
                "m" | "minute" | "minutes" => 60.0,
                "h" | "hour" | "hours" => 3_600.0,
                "d" => 86_400.0,
                _ => return None,
            };
        rest = unit_text[end..].trim_start();
    }
    duration(seconds)
}

/// A span, seconds, or a moment.
fn reset(text: &str, now: f64) -> Option<Duration> {
    let text = text.trim();
    if let Ok(seconds) = text.parse::<f64>() {
        // Some gateways write the moment in seconds since 1970 (OpenRouter: milliseconds).
        return duration(match seconds {
            it if it > 1e12 => (it / 1_000.0 - now).max(0.0),
            it if it > 1e9 => (it - now).max(0.0),
            it => it,
        });
    }
    span(text).or_else(|| duration((when::rfc3339(text)? - now).max(0.0)))
}

fn duration(seconds: f64) -> Option<Duration> {
    (0.0..=LONGEST)
        .contains(&seconds)
        .then(|| Duration::from_secs_f64(seconds))
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// A count; negative ones, as Azure was seen to send, are none.
fn number(headers: &HeaderMap, name: &str) -> Option<u64> {
    text(headers, name)?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(of: &[(&'static str, &'static str)]) -> HeaderMap {
        of.iter()
            .map(|(name, value)| ((*name).parse::<http::HeaderName>().unwrap(), value.parse().unwrap()))
            .collect()
    }

    #[test]
    fn waits_are_read_in_all_spellings() {
        let wait = |of: &[(&'static str, &'static str)]| retry_after(&headers(of), 1_445_412_470.0);
        assert_eq!(wait(&[("retry-after", "2")]), Some(Duration::from_secs(2)));
        assert_eq!(
            wait(&[("retry-after", "2"), ("retry-after-ms", "1500")]),
            Some(Duration::from_millis(1_500))
        );
        assert_eq!(
            wait(&[("retry-after", "Wed, 21 Oct 2015 07:28:00 GMT")]),
            Some(Duration::from_secs(10))
        );
        for wrong in ["-1", "NaN", "inf", "soon", "1e300"] {
            assert_eq!(wait(&[("retry-after", wrong)]), None, "{wrong}");
        }
        let text = |message| retry_in_text(message);
        assert_eq!(
            text("Rate limit reached for gpt-4o in organization org on tokens per min. Please try again in 6ms. Visit"),
            Some(Duration::from_millis(6))
        );
        assert_eq!(text("Please retry after 20 seconds."), Some(Duration::from_secs(20)));
        assert_eq!(text("Please try again in 1m30s."), Some(Duration::from_secs(90)));
        assert_eq!(text("Please try again later"), None);
    }

    #[test]
    fn limits_of_both_kinds_of_headers() {
        let openai = headers(&[
            ("x-ratelimit-limit-requests", "60"),
            ("x-ratelimit-remaining-requests", "0"),
            ("x-ratelimit-reset-requests", "6m0s"),
            ("x-ratelimit-remaining-tokens", "-1"),
        ]);
        let hints = LimitHints::of(&openai, 0.0);
        assert_eq!(hints.requests.limit, Some(60));
        assert_eq!(hints.requests.remaining, Some(0));
        assert_eq!(hints.requests.reset, Some(Duration::from_mins(6)));
        assert_eq!(hints.tokens.remaining, None);
        let anthropic = headers(&[
            ("anthropic-ratelimit-tokens-remaining", "1200"),
            ("anthropic-ratelimit-tokens-reset", "2015-10-21T07:28:00Z"),
        ]);
        let hints = LimitHints::of(&anthropic, 1_445_412_470.0);
        assert_eq!(hints.tokens.remaining, Some(1_200));
        assert_eq!(hints.tokens.reset, Some(Duration::from_secs(10)));
        assert_eq!(LimitHints::of(&HeaderMap::new(), 0.0), LimitHints::default());
    }
}

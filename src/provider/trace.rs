//! How a route came to its answer.

use serde::{Deserialize, Serialize};

/// The way of one request through a route, call by call.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Trace {
    /// The route's name.
    pub route: String,
    /// The deployment whose answer it is; `None`: nobody's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// Whether it is the degraded answer.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub degraded: bool,
    /// Its calls in the order in which they began.
    pub calls: Vec<TracedCall>,
}

/// One call of a deployment for a request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TracedCall {
    /// The deployment's name.
    pub deployment: String,
    /// Why it was called: `first choice`, `again`, `after … failed`, `beside …, which is silent`.
    pub why: String,
    /// Milliseconds from the request's beginning to the call's.
    pub began_ms: f64,
    /// Milliseconds that it took.
    pub took_ms: f64,
    /// What came: `answered`, `cut off`, or how it failed.
    pub came: String,
}

impl Trace {
    /// Whether the first choice answered at its first call.
    #[must_use]
    pub fn by_first_choice(&self) -> bool {
        let first = self.calls.first();
        let answered = first.is_some_and(|call| call.came == "answered" && call.why == "first choice");
        answered && self.calls.len() == 1
    }

    /// The whole way in a line: `a: 503 server_error (12 ms); b: answered (340 ms)`.
    #[must_use]
    pub fn told(&self) -> String {
        let calls = self.calls.iter();
        let parts: Vec<String> = calls
            .map(|call| format!("{}: {} ({:.0} ms)", call.deployment, call.came, call.took_ms))
            .collect();
        parts.join("; ")
    }
}

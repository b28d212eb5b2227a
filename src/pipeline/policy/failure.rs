//! What a call can end with instead of an answer.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// How a call failed, as whoever made it sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// No connection, or one that was cut before any byte of an answer.
    Connect,
    /// An HTTP status that is no success.
    Status {
        /// The status.
        status: u16,
        /// What it means, where the body tells more than the status.
        refusal: Refusal,
        /// How long the provider asks to wait.
        retry_after: Option<Duration>,
    },
    /// A limit of the caller ended it.
    TimedOut(Limit),
    /// The answer or the stream ended before it was whole, with an error that the client notices.
    Broken,
    /// A status of success, and a body that the client cannot read: HTML, half a JSON, another encoding.
    Unreadable,
    /// An error inside a stream whose status was 200.
    ErrorEvent,
    /// An error object in a body whose status was 200.
    ErrorBody,
    /// A stream that ended cleanly, without the end that its API promises.
    Unfinished,
    /// A whole answer that is of no use to anybody.
    Useless(Useless),
    /// Every deployment that could be picked is left out at the moment: nothing was called.
    NoneAvailable,
    /// A limit of requests or tokens on our own side refused it: nothing was called.
    OwnLimit,
}

/// Which of the caller's limits ended a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// Until the connection stands.
    Connect,
    /// Until the first token.
    FirstToken,
    /// Between two tokens.
    Idle,
    /// Until the whole answer.
    Total,
    /// The deadline of the whole request.
    Deadline,
}

/// What a refusal means.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// What the status says.
    #[default]
    Plain,
    /// The prompt does not fit the window (400 `context_length_exceeded` and its kin).
    ContextLength,
    /// A filter refused the prompt.
    ContentFilter,
    /// The account is empty: waiting does not help (429 `insufficient_quota`).
    Quota,
    /// There is no such model (any more).
    ModelGone,
}

/// How a whole answer with status 200 can be of no use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Useless {
    /// `choices: []`, no candidates, no content blocks.
    NoChoices,
    /// `content: null` without a tool call.
    NullContent,
    /// Empty text.
    EmptyText,
    /// `finish_reason: content_filter`.
    Filtered,
    /// The model refuses.
    Refused,
    /// Cut off by the output cap.
    Length,
    /// A tool call whose arguments are no JSON.
    BrokenArguments,
}

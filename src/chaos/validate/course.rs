//! What one request came to: what must be the same in both worlds, and when.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use crate::chaos::Observation;
use crate::chaos::observation::{Hollow, Seen};
use crate::pipeline::policy::Failure;

/// What the user saw.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// A whole, good answer.
    Answered,
    /// Something that looks finished and is not good.
    Hollow(Hollow),
    /// An error with a status.
    Status(u16),
    /// An error inside an answer that had begun with status 200, or a lost connection.
    Broken,
    /// Nothing whole within the client's limit.
    Nothing,
}

/// What the user saw, whose answer it was, and who was called until then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Course {
    /// What the user saw.
    pub outcome: Outcome,
    /// The model whose answer it was.
    pub by: Option<String>,
    /// How many calls each model got before the user was done.
    pub calls: BTreeMap<String, u32>,
}

/// A request's course and its times.
#[derive(Debug, Clone, PartialEq)]
pub struct Came {
    /// The course.
    pub course: Course,
    /// From the request to its first token, of a stream.
    pub first: Option<Duration>,
    /// From the request to its end for the user.
    pub end: Duration,
}

impl Outcome {
    /// Of what was seen of a request.
    #[must_use]
    pub const fn of(seen: Seen) -> Self {
        match seen {
            Seen::Answered | Seen::Cached | Seen::Degraded => Self::Answered,
            Seen::Hollow(hollow) => Self::Hollow(hollow),
            Seen::Failed(Failure::Status { status, .. }) => Self::Status(status),
            Seen::Failed(_) => Self::Broken,
            Seen::GaveUp => Self::Nothing,
        }
    }

    const fn is_answer(self) -> bool {
        matches!(self, Self::Answered | Self::Hollow(_))
    }
}

impl Course {
    /// The course of a request; `by` counts only where something came that looks like an answer.
    #[must_use]
    pub fn new(seen: Seen, by: Option<String>, calls: BTreeMap<String, u32>) -> Self {
        let outcome = Outcome::of(seen);
        Self {
            outcome,
            by: by.filter(|_| outcome.is_answer()),
            calls,
        }
    }

    /// Whether the user saw the same.
    #[must_use]
    pub fn same_for_user(&self, other: &Self) -> bool {
        self.outcome == other.outcome && self.by == other.by
    }

    /// The calls, as `primary 3, backup 1`.
    #[must_use]
    pub fn calls_shown(&self) -> String {
        let calls: Vec<String> = self
            .calls
            .iter()
            .map(|(model, count)| format!("{model} {count}"))
            .collect();
        calls.join(", ")
    }

    /// What the user saw, as `answered by backup`.
    #[must_use]
    pub fn seen_shown(&self) -> String {
        match &self.by {
            Some(by) => format!("{} by {by}", self.outcome),
            None => self.outcome.to_string(),
        }
    }
}

impl Came {
    /// Of an observation.
    #[must_use]
    pub fn of(seen: &Observation, streamed: bool, course: Course) -> Self {
        let first = seen.first_token.filter(|_| streamed && seen.seen != Seen::GaveUp);
        Self {
            course,
            first: first.map(|first| first.since(seen.at)),
            end: seen.end.since(seen.at),
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answered => f.write_str("answered"),
            Self::Hollow(Hollow::Truncated) => f.write_str("truncated"),
            Self::Hollow(Hollow::Empty) => f.write_str("empty"),
            Self::Hollow(Hollow::Wrong) => f.write_str("wrong"),
            Self::Hollow(Hollow::Useless) => f.write_str("useless"),
            Self::Status(status) => write!(f, "error {status}"),
            Self::Broken => f.write_str("broken off"),
            Self::Nothing => f.write_str("no answer"),
        }
    }
}

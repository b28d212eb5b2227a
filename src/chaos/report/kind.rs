//! Kinds of failure, as reports count and name them.

use std::fmt;

use crate::pipeline::policy::{Failure, Limit, Refusal, Useless};

/// A kind of failure: what tells failures apart in a report, without the times that differ from one to the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// No connection, or one that was cut.
    Connect,
    /// An HTTP status.
    Status(u16),
    /// The prompt did not fit.
    ContextLength,
    /// A filter refused the prompt.
    ContentFilter,
    /// The account is empty.
    Quota,
    /// No such model.
    ModelGone,
    /// No connection in time.
    ConnectTimeout,
    /// No first token in time.
    FirstTokenTimeout,
    /// Too long between two tokens.
    IdleTimeout,
    /// No whole answer in time.
    TotalTimeout,
    /// The request's deadline passed.
    Deadline,
    /// Cut off with an error.
    Broken,
    /// A body that cannot be read.
    Unreadable,
    /// An error event in a stream.
    ErrorEvent,
    /// An error object under status 200.
    ErrorBody,
    /// A stream without its end.
    Unfinished,
    /// Nothing to choose from, null, or empty text.
    NoText,
    /// Filtered, refused, cut by the cap, or a broken tool call.
    NoUse,
    /// Nothing left to call.
    NoneAvailable,
    /// Refused by a limit of our own.
    OwnLimit,
}

impl From<Failure> for Kind {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Connect => Self::Connect,
            Failure::Status { status, refusal, .. } => match refusal {
                Refusal::Plain => Self::Status(status),
                Refusal::ContextLength => Self::ContextLength,
                Refusal::ContentFilter => Self::ContentFilter,
                Refusal::Quota => Self::Quota,
                Refusal::ModelGone => Self::ModelGone,
            },
            Failure::TimedOut(limit) => match limit {
                Limit::Connect => Self::ConnectTimeout,
                Limit::FirstToken => Self::FirstTokenTimeout,
                Limit::Idle => Self::IdleTimeout,
                Limit::Total => Self::TotalTimeout,
                Limit::Deadline => Self::Deadline,
            },
            Failure::Broken => Self::Broken,
            Failure::Unreadable => Self::Unreadable,
            Failure::ErrorEvent => Self::ErrorEvent,
            Failure::ErrorBody => Self::ErrorBody,
            Failure::Unfinished => Self::Unfinished,
            Failure::Useless(Useless::NoChoices | Useless::NullContent | Useless::EmptyText) => Self::NoText,
            Failure::Useless(Useless::Filtered | Useless::Refused | Useless::Length | Useless::BrokenArguments) => {
                Self::NoUse
            }
            Failure::NoneAvailable => Self::NoneAvailable,
            Failure::OwnLimit => Self::OwnLimit,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = match self {
            Self::Status(status) => return write!(f, "status {status}"),
            Self::Connect => "no connection",
            Self::ContextLength => "prompt too long",
            Self::ContentFilter => "prompt filtered",
            Self::Quota => "quota exhausted",
            Self::ModelGone => "model gone",
            Self::ConnectTimeout => "connect timeout",
            Self::FirstTokenTimeout => "first-token timeout",
            Self::IdleTimeout => "idle timeout",
            Self::TotalTimeout => "total timeout",
            Self::Deadline => "deadline passed",
            Self::Broken => "broken off",
            Self::Unreadable => "unreadable body",
            Self::ErrorEvent => "error in the stream",
            Self::ErrorBody => "error under status 200",
            Self::Unfinished => "stream without its end",
            Self::NoText => "empty answer",
            Self::NoUse => "useless answer",
            Self::NoneAvailable => "nothing left to call",
            Self::OwnLimit => "own limit",
        };
        f.write_str(words)
    }
}

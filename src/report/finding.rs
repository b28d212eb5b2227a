//! One thing that a check found.

use std::fmt;
use std::str::FromStr;

use crate::source::{Edit, Place};

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing.
    Note,
    /// Will hurt some day.
    Warning,
    /// Hurts now, or on the first bad day.
    Error,
}

/// How sure the check is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Confidence {
    /// The files at hand cannot tell.
    Low,
    /// True unless something out of sight says otherwise.
    Medium,
    /// True.
    High,
}

impl Severity {
    /// The word in reports and options.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

impl Confidence {
    /// The word in reports and options.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl fmt::Display for Confidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Severity {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "note" => Ok(Self::Note),
            "warning" => Ok(Self::Warning),
            "error" => Ok(Self::Error),
            _ => Err(format!("unknown severity {text:?}: expected error, warning or note")),
        }
    }
}

impl FromStr for Confidence {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "low" => Ok(Self::Low),
            "medium" => Ok(Self::Medium),
            "high" => Ok(Self::High),
            _ => Err(format!("unknown confidence {text:?}: expected low, medium or high")),
        }
    }
}

/// Another place that a finding speaks of.
#[derive(Debug, Clone)]
pub struct Related {
    /// Where.
    pub place: Place,
    /// What is there, as a short label under the caret.
    pub label: String,
}

/// Whether a fix may be applied without a look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FixSafety {
    /// Keeps the meaning but for the hole it closes; `--fix` applies it.
    Safe,
    /// A person must look.
    NeedsReview,
}

/// Edits that mend a finding.
#[derive(Debug, Clone)]
pub struct Fix {
    /// What the edits do, as an imperative: "set `request_timeout: 30`".
    pub title: String,
    /// Whether they may be applied without a look.
    pub safety: FixSafety,
    /// The edits; none overlap.
    pub edits: Vec<Edit>,
}

/// One thing that a check found.
#[derive(Debug, Clone)]
pub struct Finding {
    /// The rule's name in kebab case.
    pub rule: &'static str,
    /// How bad.
    pub severity: Severity,
    /// How sure.
    pub confidence: Confidence,
    /// The routes that it concerns; empty when it concerns none in particular.
    pub routes: Vec<String>,
    /// One sentence that names the thing and what it does to users.
    pub message: String,
    /// The label under the caret; the message's short form.
    pub label: String,
    /// Where it stands.
    pub place: Place,
    /// Other places, folded under it.
    pub related: Vec<Related>,
    /// How to mend it, in words and with the dialect's own keys.
    pub help: Option<String>,
    /// Edits that mend it.
    pub fix: Option<Fix>,
    /// What stays the same when lines move: tells known findings from new ones.
    pub fingerprint: String,
    /// The order in which users suffer: lower ranks come first.
    pub rank: u32,
}

//! What a rule is.

use crate::report::{Confidence, Severity};
use crate::system::Dialect;

use super::{Audit, Hits};

/// The families of rules: the folders under `rules/`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    /// Single points of failure.
    Failure,
    /// Fallbacks that are absent, or do not help.
    Fallback,
    /// Timeouts and waits.
    Time,
    /// Retries and cooldown.
    Retry,
    /// Money.
    Cost,
    /// Caches.
    Cache,
    /// Context windows.
    Context,
    /// Models and their names.
    Model,
    /// Routing.
    Route,
    /// Evaluation.
    Evaluation,
    /// Prompts in code.
    Prompt,
    /// Keys and open doors.
    Safety,
    /// Traces, alerts, logs.
    Observation,
    /// The configuration's own text.
    Configuration,
}

impl Family {
    /// The folder's name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Failure => "failure",
            Self::Fallback => "fallback",
            Self::Time => "time",
            Self::Retry => "retry",
            Self::Cost => "cost",
            Self::Cache => "cache",
            Self::Context => "context",
            Self::Model => "model",
            Self::Route => "route",
            Self::Evaluation => "evaluation",
            Self::Prompt => "prompt",
            Self::Safety => "safety",
            Self::Observation => "observation",
            Self::Configuration => "configuration",
        }
    }
}

/// What a finding does to users; reports come in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Harm {
    /// A route dies.
    Dies,
    /// Users wait.
    Waits,
    /// Money flows.
    Pays,
    /// Everything else.
    Rest,
}

/// Whether a rule can mend what it finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FixKind {
    /// By an edit that needs no look.
    Safe,
    /// By an edit that a person must look at.
    NeedsReview,
    /// Only a person can.
    None,
}

impl FixKind {
    /// The words in documents.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Safe => "safe",
            Self::NeedsReview => "needs review",
            Self::None => "none",
        }
    }
}

/// A check, and its page for `aisys explain`.
#[derive(Debug)]
pub struct Rule {
    /// The name in kebab case, for life.
    pub name: &'static str,
    /// One line: what it finds.
    pub title: &'static str,
    /// Its family.
    pub family: Family,
    /// Its usual severity.
    pub severity: Severity,
    /// Its usual confidence.
    pub confidence: Confidence,
    /// What it does to users.
    pub harm: Harm,
    /// The dialects in which it looks.
    pub dialects: &'static [Dialect],
    /// Whether it can mend what it finds.
    pub fix: FixKind,
    /// Why it matters, with the incident or the measured share, as Markdown.
    pub why: &'static str,
    /// How to mend it: for each dialect, text in that dialect's own format.
    pub how: &'static [(Dialect, &'static str)],
    /// The check.
    pub check: fn(&Audit<'_>, &mut Hits<'_>),
}

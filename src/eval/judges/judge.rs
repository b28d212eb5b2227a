//! What is judged, by what, and what comes of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::embedded::{Embedder, Nli};
use crate::provider::{CallError, Provider, Reply};
use crate::retrieve::Passage;

/// One answer with all that belongs to it.
#[derive(Debug, Clone)]
pub struct Exhibit {
    /// The case's identifier.
    pub case: String,
    /// The variant that answered.
    pub variant: String,
    /// The question.
    pub question: String,
    /// The prompt as it was sent: the text, or the messages as JSON when there are several.
    pub prompt: String,
    /// The answer to judge: the reply's text after the suite's transforms.
    pub answer: String,
    /// The whole reply.
    pub reply: Reply,
    /// The passages that were shown to the model, best first.
    pub passages: Vec<Passage>,
    /// The reference answer, when the case has one.
    pub reference: Option<String>,
    /// The case's variables.
    pub variables: Map<String, Value>,
}

/// What a judge says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// From 0 (worst) to 1 (best).
    pub score: f64,
    /// Whether that is good enough.
    pub pass: bool,
    /// Why, in a sentence for people.
    pub reason: String,
    /// The verdicts on parts: the claims of an answer, the members of a set, the judges of a panel; each
    /// with its name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<(String, Verdict)>,
    /// Named scores beside it, as promptfoo's `namedScores`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub named: BTreeMap<String, f64>,
}

impl Verdict {
    /// A verdict of all or nothing.
    #[must_use]
    pub fn share(pass: bool, reason: impl Into<String>) -> Self {
        Self::scored(if pass { 1.0 } else { 0.0 }, pass, reason)
    }

    /// A verdict without parts.
    #[must_use]
    pub fn scored(score: f64, pass: bool, reason: impl Into<String>) -> Self {
        Self {
            score,
            pass,
            reason: reason.into(),
            parts: Vec::new(),
            named: BTreeMap::new(),
        }
    }
}

/// Why a judge could not judge.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum JudgeErrorKind {
    /// The judge model's answer holds no verdict, not even after being asked again.
    Unparseable,
    /// The judge model could not be called.
    Call(CallError),
    /// What the judge needs is missing or wrong: a variable, a program, a model.
    Setup,
}

/// A judge that failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[error("{message}")]
pub struct JudgeError {
    /// What kind.
    pub kind: JudgeErrorKind,
    /// What happened and what to do.
    pub message: String,
}

/// What judges may use. All of a run share one.
#[derive(Clone, Default)]
pub struct Tools {
    /// Models that judge, by the name that suites give them. Calls are recorded, limited and paid for by
    /// whoever built them; a judge just calls.
    pub models: BTreeMap<String, Arc<dyn Provider>>,
    /// The judge model where a check names none.
    pub default_model: Option<Arc<dyn Provider>>,
    /// Embeds texts, for similarity and late interaction.
    pub embedder: Option<Arc<dyn Embedder>>,
    /// Natural-language inference, when such a model is there.
    pub nli: Option<Arc<dyn Nli>>,
    /// The seed of everything that chance decides.
    pub seed: u64,
}

/// Scores answers.
pub trait Judge: Send + Sync {
    /// Its name as a metric: `contains`, `faithful`, `llm-rubric`.
    fn name(&self) -> &str;

    /// Judges one answer.
    fn judge<'a>(&'a self, exhibit: &'a Exhibit, tools: &'a Tools) -> BoxFuture<'a, Result<Verdict, JudgeError>>;
}

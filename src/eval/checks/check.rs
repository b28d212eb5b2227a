//! One check and how it judges.

use std::path::PathBuf;

use futures_util::future::BoxFuture;
use serde_json::Value;

use super::case::Case;
use super::kinds::{Kind, Run};
use crate::eval::judges::{Exhibit, Judge, JudgeError, Tools, Verdict, setup};
use crate::source::Place;

/// What is expected of an answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Check {
    /// What is checked.
    pub kind: Kind,
    /// Whether the opposite is expected.
    pub negate: bool,
    /// What to compare with; its texts are templates. Null when the kind needs none.
    pub value: Value,
    /// From where on it is good enough; each kind has its own default.
    pub threshold: Option<f64>,
    /// How much it counts among its siblings; 0 measures only, and always passes.
    pub weight: f64,
    /// The name under which its score is summed up; may be a template.
    pub metric: Option<String>,
    /// The model that judges, by its name in the suite; `None`: the suite's default.
    pub provider: Option<String>,
    /// Inline JavaScript, or `file://x.js[:name]` or `file://x.py[:name]`, that makes what is checked out of
    /// the answer.
    pub transform: Option<String>,
    /// The same for the context of the `context-…` kinds.
    pub context_transform: Option<String>,
    /// Further settings of the kind, handed to scripts as `context.config`.
    pub config: Option<Value>,
    /// The prompt that a model-graded kind uses instead of its own: text, a list of chat messages, or
    /// `file://…`.
    pub rubric_prompt: Option<Value>,
    /// The members of an `assert-set`.
    pub members: Vec<Check>,
    /// The folder that `file://` paths start from: that of the suite's file, unless the suite says otherwise.
    pub base: PathBuf,
    /// The name in reports: `contains`, `not-contains`.
    pub label: String,
    /// Where it is written.
    pub place: Place,
}

impl Check {
    /// A check of this kind with nothing set.
    pub(super) fn new(kind: Kind, negate: bool, place: &Place) -> Self {
        let base = place.file.path().parent().map(PathBuf::from).unwrap_or_default();
        Self {
            kind,
            negate,
            value: Value::Null,
            threshold: None,
            weight: 1.0,
            metric: None,
            provider: None,
            transform: None,
            context_transform: None,
            config: None,
            rubric_prompt: None,
            members: Vec::new(),
            base,
            label: format!("{}{}", if negate { "not-" } else { "" }, kind.name()),
            place: place.clone(),
        }
    }

    /// The check as a person reads it: `contains "30 days"`.
    #[must_use]
    pub fn described(&self) -> String {
        const LONGEST: usize = 80;
        let value = match &self.value {
            Value::Null => return self.label.clone(),
            Value::String(text) => format!("{text:?}"),
            other => other.to_string(),
        };
        let mut short: String = value.chars().take(LONGEST).collect();
        if short.len() < value.len() {
            short.push('…');
        }
        format!("{} {short}", self.label)
    }

    /// Sets the folder that `file://` paths start from, here and in the members.
    pub fn set_base(&mut self, base: &std::path::Path) {
        base.clone_into(&mut self.base);
        for member in &mut self.members {
            member.set_base(base);
        }
    }

    async fn verdict(&self, exhibit: &Exhibit, tools: &Tools) -> Result<Verdict, JudgeError> {
        let run = self.kind.run();
        if let Run::Compare = run {
            return Err(setup(format!(
                "`{}` at {} compares the answers of several variants, and cannot judge one alone",
                self.label, self.place
            )));
        }
        let case = Case::prepare(self, exhibit, tools).await?;
        let mut verdict = match run {
            Run::Plain(judge) => judge(&case)?,
            Run::Waits(judge) => judge(&case).await?,
            Run::Compare => return Err(setup("unreachable")),
        };
        if !verdict.score.is_finite() {
            return Err(setup(format!(
                "`{}` at {} gave no finite score",
                self.label, self.place
            )));
        }
        if self.weight == 0.0 {
            verdict.pass = true;
        }
        Ok(verdict)
    }
}

impl Judge for Check {
    fn name(&self) -> &str {
        self.metric.as_deref().unwrap_or(&self.label)
    }

    fn judge<'a>(&'a self, exhibit: &'a Exhibit, tools: &'a Tools) -> BoxFuture<'a, Result<Verdict, JudgeError>> {
        Box::pin(self.verdict(exhibit, tools))
    }
}

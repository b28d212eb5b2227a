//! A rubric: named criteria with words for each score, all judged by one call.

use std::collections::BTreeMap;

use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::ask::{ask, model, setup};
use super::parse::{object, score};
use super::question::{Question, material};
use super::{Exhibit, Judge, JudgeError, Tools, Verdict, aside, in_process};

const PROMPT: &str = include_str!("prompts/rubric.md");

/// One thing that an answer is graded by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Criterion {
    /// Its name as a metric.
    pub name: String,
    /// What is asked of the judge.
    pub question: String,
    /// What scores mean, from 1 (worst) to 5 (best). Not each needs words.
    #[serde(default)]
    pub anchors: BTreeMap<u8, String>,
}

impl Criterion {
    /// A criterion that is built in: `faithful`, `correct` or `relevant`.
    #[must_use]
    pub fn built_in(name: &str) -> Option<Self> {
        let (question, anchors) = match name {
            "faithful" => (
                "Is everything that the answer states supported by the passages alone? What is true in the world but \
                 not in the passages is unsupported. Saying that one does not know is faithful.",
                [
                    "The main statement is contradicted by the passages or invented.",
                    "Several statements, or one that matters, are not in the passages.",
                    "The main statement is supported; a detail that a reader may act on is not.",
                    "Supported but for wording that goes slightly beyond the passages.",
                    "Every statement follows from the passages.",
                ],
            ),
            "correct" => (
                "Is the answer right, held against the reference answer when there is one, else against the passages? \
                 More detail than the reference has is no fault as long as nothing contradicts it. Saying that one does \
                 not know is right when the question cannot be answered from reference and passages, and wrong when it can.",
                [
                    "Wrong, or no answer where there is one.",
                    "Mostly wrong, with a grain of truth.",
                    "Half: a key fact is right, another missing or wrong.",
                    "Right in every key fact, with a small omission or imprecision.",
                    "Right and complete.",
                ],
            ),
            "relevant" => (
                "Does the answer address what was asked, and only that? Whether it is true does not matter here.",
                [
                    "Speaks of something else.",
                    "Touches the subject without addressing the question.",
                    "Addresses the question in part, or buries it in other matter.",
                    "Addresses the question with little that was not asked.",
                    "Addresses the question directly and wholly.",
                ],
            ),
            _ => return None,
        };
        Some(Self {
            name: name.to_owned(),
            question: question.to_owned(),
            anchors: (1..).zip(anchors.map(str::to_owned)).collect(),
        })
    }
}

/// Judges by several criteria at once.
#[derive(Debug, Clone, PartialEq)]
pub struct Rubric {
    /// The criteria; their names differ.
    pub criteria: Vec<Criterion>,
    /// The judge model; `None` or `default` is the run's, and without one the built-in criteria are judged
    /// in this process.
    pub model: Option<String>,
    /// The least score of a criterion that passes, from 0 to 1; 0.5 is a 3 of 5.
    pub pass_at: f64,
}

impl Rubric {
    /// A rubric of criteria.
    ///
    /// # Errors
    /// Fails without criteria, and for a name twice, an empty name or an anchor that is no score.
    pub fn new(criteria: Vec<Criterion>, model: Option<String>) -> Result<Self, JudgeError> {
        if criteria.is_empty() {
            return Err(setup(
                "the rubric has no criteria; for example `rubric: [faithful, correct, relevant]`",
            ));
        }
        for (at, criterion) in criteria.iter().enumerate() {
            let name = &criterion.name;
            if name.trim().is_empty() || criterion.question.trim().is_empty() {
                return Err(setup("a criterion of the rubric lacks its `name` or `question`"));
            }
            if criteria[..at].iter().any(|other| other.name == *name) {
                return Err(setup(format!("the rubric has two criteria called {name}")));
            }
            if let Some(anchor) = criterion.anchors.keys().find(|anchor| !(1..=5).contains(*anchor)) {
                return Err(setup(format!("{name}: anchor {anchor} is no score from 1 to 5")));
            }
        }
        Ok(Self {
            criteria,
            model,
            pass_at: 0.5,
        })
    }
}

impl Judge for Rubric {
    fn name(&self) -> &'static str {
        "rubric"
    }

    fn judge<'a>(&'a self, exhibit: &'a Exhibit, tools: &'a Tools) -> BoxFuture<'a, Result<Verdict, JudgeError>> {
        Box::pin(async move {
            let parts = match model(tools, self.model.as_deref())? {
                Some(model) => {
                    let question = Question {
                        prompt: PROMPT,
                        fill: self.fill(exhibit),
                        material: material(exhibit),
                        name: "rubric",
                        schema: self.schema(),
                    };
                    ask(model.as_ref(), question.call(), |reply| self.read(reply)).await?
                }
                None => {
                    let (rubric, exhibit, tools) = (self.clone(), exhibit.clone(), tools.clone());
                    aside(move || rubric.in_process(&exhibit, &tools)).await?
                }
            };
            Ok(overall(parts))
        })
    }
}

impl Rubric {
    fn fill(&self, exhibit: &Exhibit) -> Vec<(&'static str, String)> {
        let criteria: Vec<String> = self.criteria.iter().map(written).collect();
        let entries = self
            .criteria
            .iter()
            .map(|it| (it.name.clone(), json!({"reason": "…", "score": 3})));
        let mut criteria = criteria.join("\n");
        if exhibit.reference.is_none() {
            criteria.push_str("\nThere is no reference answer for this question.\n");
        }
        vec![
            ("criteria", criteria),
            ("form", Value::Object(entries.collect::<Map<_, _>>()).to_string()),
        ]
    }

    fn schema(&self) -> Value {
        let names: Vec<&str> = self.criteria.iter().map(|it| it.name.as_str()).collect();
        let entry = json!({
            "type": "object",
            "properties": {
                "reason": {"type": "string"},
                "score": {"type": "integer", "enum": [1, 2, 3, 4, 5]},
            },
            "required": ["reason", "score"],
            "additionalProperties": false,
        });
        let properties: Map<String, Value> = names.iter().map(|name| ((*name).to_owned(), entry.clone())).collect();
        json!({"type": "object", "properties": properties, "required": names, "additionalProperties": false})
    }

    /// The verdicts of a reply. A criterion without a score from 1 to 5 makes the whole unreadable.
    fn read(&self, reply: &str) -> Result<Vec<(String, Verdict)>, String> {
        let names: Vec<&str> = self.criteria.iter().map(|it| it.name.as_str()).collect();
        let found = object(reply, &names)?;
        let one = |name: &str| {
            let entry = &found[name];
            let (value, reason) = match entry {
                Value::Object(entry) => (entry.get("score").unwrap_or(&Value::Null), entry.get("reason")),
                bare => (bare, None),
            };
            let score = score(value, 1.0, 5.0).map_err(|wrong| format!("{name}: {wrong}"))?;
            let share = (score - 1.0) / 4.0;
            let reason = reason.and_then(Value::as_str).unwrap_or("the judge gave no reason");
            Ok((
                name.to_owned(),
                Verdict::scored(share, share >= self.pass_at, format!("{score} of 5: {reason}")),
            ))
        };
        names.into_iter().map(one).collect()
    }

    fn in_process(&self, exhibit: &Exhibit, tools: &Tools) -> Result<Vec<(String, Verdict)>, JudgeError> {
        let mut parts = Vec::new();
        for criterion in &self.criteria {
            let verdict = match criterion.name.as_str() {
                "faithful" => Some(in_process::faithful(exhibit, tools, self.pass_at)?),
                "correct" => in_process::correct(exhibit, tools, self.pass_at)?,
                "relevant" => Some(in_process::relevant(exhibit, tools, self.pass_at)?),
                other => {
                    return Err(setup(format!(
                        "{other} needs a judge model: set `judge: {{model: …}}` and its provider's key; without one only \
                         faithful, correct and relevant are judged"
                    )));
                }
            };
            parts.extend(verdict.map(|verdict| (criterion.name.clone(), verdict)));
        }
        if parts.is_empty() {
            return Err(setup(format!(
                "case {}: correct without a judge model needs a reference; give the case its `answer:`",
                exhibit.case
            )));
        }
        Ok(parts)
    }
}

fn written(criterion: &Criterion) -> String {
    let anchors = criterion
        .anchors
        .iter()
        .map(|(score, words)| format!("  {score}: {words}\n"));
    format!(
        "{}: {}\n{}",
        criterion.name,
        criterion.question,
        anchors.collect::<String>()
    )
}

/// All criteria in one: the mean, passed when each is.
#[expect(clippy::cast_precision_loss, reason = "counts are small")]
fn overall(parts: Vec<(String, Verdict)>) -> Verdict {
    let score = parts.iter().map(|(_, part)| part.score).sum::<f64>() / parts.len() as f64;
    let failed: Vec<String> = parts
        .iter()
        .filter(|(_, part)| !part.pass)
        .map(|(name, part)| format!("{name}: {}", part.reason))
        .collect();
    Verdict {
        score,
        pass: failed.is_empty(),
        reason: if failed.is_empty() {
            "every criterion holds".to_owned()
        } else {
            failed.join("; ")
        },
        named: parts.iter().map(|(name, part)| (name.clone(), part.score)).collect(),
        parts,
    }
}

#[cfg(test)]
#[path = "rubric_tests.rs"]
mod tests;

//! What the audit sees of a suite and of a run.

use crate::source::Place;

/// A suite as the audit sees it.
#[derive(Debug, Clone, Default)]
pub struct SuiteView {
    /// The cases, in the suite's order.
    pub cases: Vec<CaseView>,
    /// The keys of all passages and documents of the corpus; `None` without a corpus.
    pub passages: Option<Vec<String>>,
    /// Whether a judge scores every answer, so that a case needs no expectation of its own.
    pub judged: bool,
    /// The questions' embeddings, one for each case, of any length; `None` when there is no embedder.
    pub embeddings: Option<Vec<Vec<f32>>>,
}

/// A case as the audit sees it.
#[derive(Debug, Clone, Default)]
pub struct CaseView {
    /// Its id.
    pub id: String,
    /// The question.
    pub question: String,
    /// The reference answer.
    pub answer: Option<String>,
    /// The keys of the passages that are relevant.
    pub relevant: Vec<String>,
    /// Its tags.
    pub tags: Vec<String>,
    /// What the answer must fulfil.
    pub expectations: Vec<Expectation>,
    /// Where it stands.
    pub place: Option<Place>,
}

/// Something that an answer must fulfil.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expectation {
    /// What is asked.
    pub kind: ExpectationKind,
    /// Whether it must not hold.
    pub negated: bool,
}

/// The kinds that the audit can reason about; all others are [`ExpectationKind::Other`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExpectationKind {
    /// The answer is this text.
    Equals(String),
    /// The answer contains this text.
    Contains {
        /// The text.
        text: String,
        /// Whether upper and lower case are the same.
        ignore_case: bool,
    },
    /// The answer refuses.
    Refuses,
    /// Anything else, by name and value.
    Other {
        /// The kind's name in the suite: `is-json`.
        name: String,
        /// Its value as text; empty without one.
        value: String,
    },
}

/// What a run gave.
#[derive(Debug, Clone, Default)]
pub struct Outcomes {
    /// The variants' names.
    pub variants: Vec<String>,
    /// What each case gave; cases that are missing were not run.
    pub cases: Vec<CaseOutcomes>,
}

/// What one case gave.
#[derive(Debug, Clone, Default)]
pub struct CaseOutcomes {
    /// The case's id.
    pub id: String,
    /// For each variant its repeats; a repeat whose call or judge failed is left out.
    pub variants: Vec<Vec<Outcome>>,
}

/// What one repeat gave.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Outcome {
    /// Whether it passed.
    pub passed: bool,
    /// Its score from 0 to 1; 1 or 0 by `passed` where nothing finer is known.
    pub score: f64,
    /// The calls it took, the judge's included.
    pub calls: u32,
    /// What they cost in US dollars.
    pub cost_usd: f64,
}

/// One thing that the audit found.
#[derive(Debug, Clone, PartialEq)]
pub struct SuiteFinding {
    /// The check's name in kebab case.
    pub kind: &'static str,
    /// The cases that it concerns; empty when it concerns the suite.
    pub cases: Vec<String>,
    /// What was found, in a sentence or two.
    pub message: String,
    /// What to do.
    pub help: &'static str,
    /// Where the first of the cases stands.
    pub place: Option<Place>,
}

impl SuiteView {
    /// The case of an id.
    pub(super) fn case(&self, id: &str) -> Option<&CaseView> {
        self.cases.iter().find(|case| case.id == id)
    }
}

impl CaseOutcomes {
    /// The mean score of each variant; `None` when one has no repeats or a variant is missing.
    #[expect(clippy::cast_precision_loss, reason = "counts are small")]
    pub(super) fn means(&self, variants: usize) -> Option<Vec<f64>> {
        if self.variants.len() != variants || variants == 0 {
            return None;
        }
        self.variants
            .iter()
            .map(|repeats| {
                let sum: f64 = repeats.iter().map(|it| it.score).sum();
                (!repeats.is_empty() && sum.is_finite()).then(|| sum / repeats.len() as f64)
            })
            .collect()
    }
}

/// Up to five ids in words, then how many more.
pub(super) fn listed<'a>(ids: impl IntoIterator<Item = &'a str>) -> String {
    const SHOWN: usize = 5;
    let ids: Vec<&str> = ids.into_iter().collect();
    let text = ids.iter().take(SHOWN).copied().collect::<Vec<_>>().join(", ");
    if ids.len() > SHOWN {
        return format!("{text} and {} more", ids.len() - SHOWN);
    }
    text
}

#[cfg(test)]
impl CaseView {
    /// A case with a question.
    pub(super) fn asking(id: &str, question: &str) -> Self {
        Self {
            id: id.to_owned(),
            question: question.to_owned(),
            ..Self::default()
        }
    }
}

#[cfg(test)]
impl SuiteView {
    /// A suite of these cases alone.
    pub(super) fn of(cases: impl IntoIterator<Item = CaseView>) -> Self {
        Self {
            cases: cases.into_iter().collect(),
            ..Self::default()
        }
    }
}

#[cfg(test)]
impl Outcomes {
    /// Passes (`+`) and failures (`-`), one text for each case with the variants' repeats set apart by
    /// spaces. Cases are named 0, 1, …; each repeat takes two calls and a cent.
    pub(super) fn drawn(variants: &[&str], cases: &[&str]) -> Self {
        let outcome = |sign: char| Outcome {
            passed: sign == '+',
            score: f64::from(u8::from(sign == '+')),
            calls: 2,
            cost_usd: 0.01,
        };
        let case = |(at, signs): (usize, &&str)| CaseOutcomes {
            id: at.to_string(),
            variants: signs
                .split(' ')
                .map(|repeats| repeats.chars().map(outcome).collect())
                .collect(),
        };
        Self {
            variants: variants.iter().map(|it| (*it).to_owned()).collect(),
            cases: cases.iter().enumerate().map(case).collect(),
        }
    }
}

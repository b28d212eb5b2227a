//! A run as it is kept: all that was measured, so that reports, comparisons and merges need nothing else.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::provider::{CallError, Trace};

use super::gate::Gate;
use super::judges::{JudgeError, Verdict};

/// The version of this shape; a reader refuses a newer one.
pub const FORMAT: u32 = 1;

/// A whole run, or one shard of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunRecord {
    /// [`FORMAT`].
    pub format: u32,
    /// The suite's name.
    pub suite: String,
    /// A hash of the suite, its cases and its corpus: runs of equal content measured the same thing.
    pub content: String,
    /// A hash of the settings that change calls, the same for all shards of a run.
    #[serde(default)]
    pub settings: String,
    /// The seed of everything that chance decided.
    pub seed: u64,
    /// The confidence of the intervals.
    pub confidence: f64,
    /// The variants in the order of the suite; the first is the base.
    pub variants: Vec<String>,
    /// What must hold.
    pub gate: Gate,
    /// How many cases the suite has, and how many rows a whole run of all its shards gives.
    pub cases: usize,
    /// Rows that a whole run gives.
    pub planned: usize,
    /// Which shard this is, of how many; `None`: all of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shard: Option<(u32, u32)>,
    /// Why the run ended before its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cut: Option<String>,
    /// What `--stop-early` saved: the decision and the rows that were not needed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped_early: Option<String>,
    /// One row per case, variant and repeat, in the order of the suite.
    pub rows: Vec<Row>,
}

/// One answer and all that was measured on it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// Its place in the order of the whole run.
    pub at: usize,
    /// The case.
    pub case: String,
    /// The variant.
    pub variant: String,
    /// The repeat, from 0.
    pub repeat: u32,
    /// Where the case stands: `file:line:column`.
    pub place: String,
    /// What cases share that are not independent: a group, a document.
    pub cluster: String,
    /// The case's tags.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// The question.
    pub ask: String,
    /// The reference answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// The answer; `None`: the call gave none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<String>,
    /// The passages that were found, best first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub passages: Vec<Shown>,
    /// Passages that are relevant and were not found.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missed: Vec<String>,
    /// The values by metric. A metric that does not apply, or whose judge failed, is absent.
    pub metrics: BTreeMap<String, f64>,
    /// What each check and judge said.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub verdicts: Vec<Judged>,
    /// Whether the case passed; `None`: nothing decides it, or a judge failed that would.
    pub pass: Option<bool>,
    /// Why the call gave no answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<CallError>,
    /// Why retrieval failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retrieval_error: Option<String>,
    /// Milliseconds for the answer; absent for models of this process, whose speed is this machine's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latency_ms: Option<f64>,
    /// US dollars for the answer; the judge's calls are apart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost_usd: Option<f64>,
    /// US dollars for judging.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub judge_cost_usd: Option<f64>,
    /// Tokens in and out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tokens: Option<(u64, u64)>,
    /// How a route came to the answer; absent when a model was called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub route: Option<Trace>,
}

/// A passage in a row.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Shown {
    /// Its identifier.
    pub id: String,
    /// Its grade by the case; `None`: not judged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grade: Option<i64>,
    /// The score that ranked it.
    pub score: f64,
    /// Its text, shortened for reports.
    pub text: String,
}

/// What a check or judge said, or why it could not.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Judged {
    /// The metric that it counts for.
    pub metric: String,
    /// The check as a person reads it: `contains "30 days"`.
    pub check: String,
    /// Its share in the case's score.
    pub weight: f64,
    /// What it said.
    pub outcome: Result<Verdict, JudgeError>,
}

impl RunRecord {
    /// The rows of one variant.
    pub fn of<'a>(&'a self, variant: &'a str) -> impl Iterator<Item = &'a Row> {
        self.rows.iter().filter(move |row| row.variant == variant)
    }

    /// How many judgements failed, and were therefore not counted.
    #[must_use]
    pub fn judge_errors(&self) -> usize {
        self.rows
            .iter()
            .flat_map(|row| &row.verdicts)
            .filter(|judged| judged.outcome.is_err())
            .count()
    }

    /// The rows whose call gave no answer.
    pub fn unanswered(&self) -> impl Iterator<Item = &Row> {
        self.rows
            .iter()
            .filter(|row| row.error.is_some() || row.retrieval_error.is_some())
    }

    /// Whether some answer is missing for a reason that lies outside the candidate: the run decides
    /// nothing until it is made.
    #[must_use]
    pub fn outside_failed(&self) -> bool {
        self.rows.iter().any(|row| {
            row.retrieval_error.is_some() || row.error.as_ref().is_some_and(|error| !error.kind.is_candidates())
        })
    }
}

/// A record from its JSON.
///
/// # Errors
/// Says what is wrong with it, or that a newer release wrote it.
pub fn parse(text: &str) -> Result<RunRecord, String> {
    #[derive(Deserialize)]
    struct Head {
        format: u32,
    }
    let head: Head = serde_json::from_str(text).map_err(|error| format!("this is no run: {error}"))?;
    if head.format > FORMAT {
        return Err(format!(
            "a newer release wrote this run (format {}, this one knows {FORMAT})",
            head.format
        ));
    }
    serde_json::from_str(text).map_err(|error| format!("this run is damaged: {error}"))
}

/// The shards of one run as one.
///
/// # Errors
/// Fails when they are not the shards of one run, or not all of them.
pub fn merge(shards: Vec<RunRecord>) -> Result<RunRecord, String> {
    let mut shards = shards.into_iter();
    let mut whole = shards.next().ok_or("there is nothing to join")?;
    let Some((first, of)) = whole.shard.take() else {
        return Err("the first file is a whole run, not a shard".to_owned());
    };
    let mut seen = vec![first];
    for shard in shards {
        let same = shard.suite == whole.suite
            && shard.content == whole.content
            && shard.settings == whole.settings
            && shard.seed == whole.seed
            && shard.variants == whole.variants
            && shard.gate == whole.gate
            && shard.planned == whole.planned;
        let Some((at, theirs)) = shard.shard.filter(|(_, theirs)| same && *theirs == of) else {
            return Err(format!(
                "not shards of one run: {} {:?} and {} {:?} differ in suite, settings, seed or number of shards",
                whole.suite,
                (first, of),
                shard.suite,
                shard.shard
            ));
        };
        if seen.contains(&at) {
            return Err(format!("shard {at}/{theirs} is there twice"));
        }
        seen.push(at);
        whole.rows.extend(shard.rows);
        whole.cut = whole.cut.or(shard.cut);
    }
    let missing: Vec<String> = (1..=of)
        .filter(|at| !seen.contains(at))
        .map(|at| format!("{at}/{of}"))
        .collect();
    if !missing.is_empty() {
        return Err(format!("shards are missing: {}", missing.join(", ")));
    }
    whole.rows.sort_by_key(|row| row.at);
    Ok(whole)
}

//! Whether a suite measures what its gate bounds: a misspelt metric is told before the run, not after it.

use crate::eval::checks::Check;
use crate::source::Node;

use super::{Case, JudgeSettings, SuiteError, settings};

/// What every run measures, or may.
const ALWAYS: &[&str] = &[
    "pass",
    "score",
    "answered",
    "p50_ms",
    "p95_ms",
    "p99_ms",
    "mean_ms",
    "cost_usd",
    "cost_usd_per_case",
    "judge_cost_usd",
    "input_tokens",
    "output_tokens",
    "context.noise",
    "context.redundancy",
    "context.window",
    "context.first_relevant",
    "consistent",
    "route.degraded",
    "route.first_choice",
];
/// Checks that may name scores of their own.
const NAMING: &[&str] = &[
    "javascript",
    "python",
    "webhook",
    "command",
    "assert-set",
    "select-best",
    "max-score",
];
/// The keys of a gate that are no metrics.
const NO_METRICS: &[&str] = &["against", "variants"];

/// Holds the metrics of a gate to those that the suite measures. Where a check may name scores of its own, or has
/// a template for a name, everything may be measured.
pub(super) fn check(gate: &Node, judge: &JudgeSettings, cases: &[Case]) -> Result<(), SuiteError> {
    let checks = || cases.iter().flat_map(|case| &case.checks);
    let open = |check: &Check| {
        let template = check.metric.as_ref().is_some_and(|metric| metric.contains("{{"));
        template || NAMING.contains(&check.kind.name())
    };
    if checks().any(open) {
        return Ok(());
    }
    let named = checks().map(|check| check.metric.as_ref().unwrap_or(&check.label).as_str());
    let criteria = judge
        .rubric
        .iter()
        .flat_map(|rubric| &rubric.criteria)
        .map(|criterion| criterion.name.as_str());
    let known = ALWAYS.iter().copied().chain(criteria).chain(named);
    for entry in gate.entries() {
        let metric = entry.key.text.as_str();
        let measure = settings::measure(metric.strip_prefix("curve.").unwrap_or(metric)).is_some();
        if !measure && !NO_METRICS.contains(&metric) && !known.clone().any(|known| known == metric) {
            let known = known.chain(["recall@5", "precision@5", "hit@5", "ndcg@10", "mrr", "map"]);
            return Err(SuiteError::unknown(
                &entry.key.place,
                "metric of this suite",
                metric,
                known,
            ));
        }
    }
    Ok(())
}

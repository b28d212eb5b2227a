//! Several checks as one: the weighted mean of their scores.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::case::{Case, Judged};
use super::check::Check;
use super::template;
use crate::eval::judges::{Exhibit, Judge, JudgeError, Tools, Verdict, setup};

/// Joins verdicts as promptfoo 0.121.20 does: the score is the mean weighted by the checks' weights (0 when all weigh
/// nothing); without a threshold all must pass, with one the score must reach it. No checks at all pass with 1. A
/// check's `metric`, which may be a template over `variables`, becomes a named score: the weighted mean of the checks
/// that bear it and of the named scores that verdicts bring.
///
/// # Errors
/// Fails when a metric's name cannot be filled in.
pub fn combine(
    judged: &[(&Check, &Verdict)],
    threshold: Option<f64>,
    variables: &Map<String, Value>,
) -> Result<Verdict, JudgeError> {
    if judged.is_empty() {
        return Ok(Verdict::share(true, "no checks"));
    }
    let weights: f64 = judged.iter().map(|(check, _)| check.weight).sum();
    let total: f64 = judged.iter().map(|(check, verdict)| verdict.score * check.weight).sum();
    let score = if weights > 0.0 { total / weights } else { 0.0 };
    let failed: Vec<_> = judged.iter().filter(|(_, verdict)| !verdict.pass).collect();
    let (pass, reason) = match (threshold, failed.first()) {
        (Some(threshold), _) => {
            let pass = score >= threshold;
            let sign = if pass { "at least" } else { "below" };
            (pass, format!("the score {score:.2} is {sign} {threshold}"))
        }
        (None, None) => (true, "all checks pass".to_owned()),
        (None, Some((check, verdict))) => (false, format!("`{}`: {}", check.label, verdict.reason)),
    };
    Ok(Verdict {
        score,
        pass,
        reason,
        parts: judged
            .iter()
            .map(|(check, verdict)| (check.label.clone(), (*verdict).clone()))
            .collect(),
        named: named(judged, variables)?,
    })
}

fn named(judged: &[(&Check, &Verdict)], variables: &Map<String, Value>) -> Result<BTreeMap<String, f64>, JudgeError> {
    let mut sums: BTreeMap<String, (f64, f64)> = BTreeMap::new();
    let mut add = |name: String, score: f64, weight: f64| {
        let sum = sums.entry(name).or_default();
        sum.0 += score * weight;
        sum.1 += weight;
    };
    for (check, verdict) in judged {
        let metric = check.metric_name(variables)?;
        for (name, score) in &verdict.named {
            if metric.as_ref() != Some(name) {
                add(name.clone(), *score, check.weight);
            }
        }
        if let Some(metric) = metric {
            add(metric, verdict.score, check.weight);
        }
    }
    Ok(sums
        .into_iter()
        .map(|(name, (sum, weight))| (name, if weight > 0.0 { sum / weight } else { 0.0 }))
        .collect())
}

impl Check {
    /// The metric's name, filled in.
    ///
    /// # Errors
    /// Fails when a variable of its template is missing.
    pub fn metric_name(&self, variables: &Map<String, Value>) -> Result<Option<String>, JudgeError> {
        let fill = |name: &String| {
            template::render(name, variables)
                .map_err(|error| setup(format!("`{}` at {}: metric: {error}", self.label, self.place)))
        };
        self.metric.as_ref().map(fill).transpose()
    }
}

/// All members hold, or their mean reaches the threshold.
pub(super) async fn assert_set(case: &Case<'_>) -> Judged {
    let verdicts = judge_all(&case.check.members, case.exhibit, case.tools).await?;
    let judged: Vec<_> = case.check.members.iter().zip(&verdicts).collect();
    let mut verdict = combine(&judged, case.check.threshold, &case.exhibit.variables)?;
    if case.check.negate {
        verdict.pass = !verdict.pass;
        verdict.score = 1.0 - verdict.score;
    }
    Ok(verdict)
}

async fn judge_all(members: &[Check], exhibit: &Exhibit, tools: &Tools) -> Result<Vec<Verdict>, JudgeError> {
    futures_util::future::try_join_all(members.iter().map(|member| member.judge(exhibit, tools))).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{SourceFile, parse_yaml};

    fn checks(yaml: &str) -> Vec<Check> {
        let nodes = parse_yaml(&SourceFile::new("suite.yaml", yaml)).unwrap();
        nodes[0]
            .items()
            .map(|node| Check::from_promptfoo(node).unwrap())
            .collect()
    }

    fn joined(yaml: &str, verdicts: &[(f64, bool)], threshold: Option<f64>) -> Verdict {
        let checks = checks(yaml);
        let verdicts: Vec<_> = verdicts
            .iter()
            .map(|(score, pass)| Verdict::scored(*score, *pass, "r"))
            .collect();
        let judged: Vec<_> = checks.iter().zip(&verdicts).collect();
        combine(&judged, threshold, &Map::new()).unwrap()
    }

    const TWO: &str = "- {type: contains, value: a, weight: 3, metric: m}\n- {type: contains, value: b, metric: m}\n";

    #[test]
    fn scores_are_weighted_and_all_must_pass_without_a_threshold() {
        let verdict = joined(TWO, &[(1.0, true), (0.0, false)], None);
        assert_eq!((verdict.score, verdict.pass), (0.75, false));
        assert_eq!(verdict.named["m"], 0.75);
        assert!(joined(TWO, &[(1.0, true), (0.0, false)], Some(0.75)).pass);
        assert!(!joined(TWO, &[(1.0, true), (0.0, false)], Some(0.76)).pass);
        let none = combine(&[], None, &Map::new()).unwrap();
        assert_eq!((none.score, none.pass), (1.0, true));
    }

    #[test]
    fn what_weighs_nothing_gives_no_score() {
        let verdict = joined("- {type: contains, value: a, weight: 0}", &[(1.0, true)], None);
        assert_eq!((verdict.score, verdict.pass), (0.0, true));
    }

    #[test]
    fn a_metric_whose_variable_is_missing_is_an_error() {
        let checks = checks("- {type: contains, value: a, metric: 'm-{{ lang }}'}");
        let verdict = Verdict::share(true, "");
        let error = combine(&[(&checks[0], &verdict)], None, &Map::new()).unwrap_err();
        assert!(error.message.contains("lang"), "{error}");
    }
}

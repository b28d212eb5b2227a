//! Several judges for one answer.

use futures_util::future::{BoxFuture, join_all};

use super::ask::setup;
use super::{Exhibit, Judge, JudgeError, Tools, Verdict};

/// How a panel's verdicts become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Combine {
    /// Passes when more than half of the members pass it; the score is their share.
    Majority,
    /// The mean of the scores, which must reach one half.
    Mean,
}

/// A panel. Its members judge at the same time.
pub struct Panel {
    /// The judges, each with the name that reports show.
    pub members: Vec<(String, Box<dyn Judge>)>,
    /// How they become one.
    pub combine: Combine,
}

impl Judge for Panel {
    fn name(&self) -> &'static str {
        "panel"
    }

    /// A member that fails is left out as long as more than half of the panel judged; else its error is the
    /// panel's. `named` has the share of pairs of members that agree as `agreement`, how many members failed
    /// as `failed`, and the members' own named scores as means.
    fn judge<'a>(&'a self, exhibit: &'a Exhibit, tools: &'a Tools) -> BoxFuture<'a, Result<Verdict, JudgeError>> {
        Box::pin(async move {
            let all = join_all(self.members.iter().map(|(_, judge)| judge.judge(exhibit, tools))).await;
            let mut verdicts = Vec::new();
            let mut failed = Vec::new();
            for ((name, _), verdict) in self.members.iter().zip(all) {
                match verdict {
                    Ok(verdict) => verdicts.push((name.clone(), verdict)),
                    Err(error) => failed.push((name, error)),
                }
            }
            if verdicts.len() * 2 > self.members.len() {
                let failed: Vec<&str> = failed.iter().map(|(name, _)| name.as_str()).collect();
                return Ok(self.combined(verdicts, &failed));
            }
            match failed.into_iter().next() {
                Some((name, error)) => Err(JudgeError {
                    message: format!("too few of the panel judged; {name}: {}", error.message),
                    kind: error.kind,
                }),
                None => Err(setup("the panel has no members; name at least one judge model")),
            }
        })
    }
}

impl Panel {
    fn combined(&self, verdicts: Vec<(String, Verdict)>, failed: &[&str]) -> Verdict {
        let count = number(verdicts.len());
        let passed = verdicts.iter().filter(|(_, verdict)| verdict.pass).count();
        let (score, pass) = match self.combine {
            Combine::Majority => (number(passed) / count, passed * 2 > verdicts.len()),
            Combine::Mean => {
                let mean = verdicts.iter().map(|(_, verdict)| verdict.score).sum::<f64>() / count;
                (mean, mean >= 0.5)
            }
        };
        let agreement = agreement(passed, verdicts.len());
        let mut reason = format!(
            "{passed} of {} judges pass it, agreement {:.0} %",
            verdicts.len(),
            agreement * 100.0
        );
        if !failed.is_empty() {
            reason = format!("{reason}; could not judge: {}", failed.join(", "));
        }
        let mut combined = Verdict::scored(score, pass, reason);
        for (_, verdict) in &verdicts {
            for (name, value) in &verdict.named {
                let having = verdicts.iter().filter(|(_, it)| it.named.contains_key(name)).count();
                *combined.named.entry(name.clone()).or_default() += value / number(having);
            }
        }
        combined.named.insert("agreement".to_owned(), agreement);
        combined.named.insert("failed".to_owned(), number(failed.len()));
        combined.parts = verdicts;
        combined
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts are small")]
fn number(count: usize) -> f64 {
    count as f64
}

/// The share of pairs of judges that agree; 1 for a single one.
fn agreement(passed: usize, of: usize) -> f64 {
    let pairs = |n: usize| number(n * n.saturating_sub(1)) / 2.0;
    if of < 2 {
        1.0
    } else {
        (pairs(passed) + pairs(of - passed)) / pairs(of)
    }
}

#[cfg(test)]
mod tests {
    use super::super::scripted::{exhibit, now};
    use super::super::{JudgeErrorKind, Tools};
    use super::*;

    struct Fixed(Result<f64, JudgeErrorKind>);

    impl Judge for Fixed {
        fn name(&self) -> &'static str {
            "fixed"
        }

        fn judge<'a>(&'a self, _: &'a Exhibit, _: &'a Tools) -> BoxFuture<'a, Result<Verdict, JudgeError>> {
            let answer = self.0.clone().map(|score| {
                let mut verdict = Verdict::scored(score, score >= 0.5, "");
                verdict.named.insert("faithful".to_owned(), score);
                verdict
            });
            let answer = answer.map_err(|kind| JudgeError {
                kind,
                message: "no".to_owned(),
            });
            Box::pin(async move { answer })
        }
    }

    fn judged(combine: Combine, members: &[Result<f64, JudgeErrorKind>]) -> Result<Verdict, JudgeError> {
        let members = members.iter().enumerate();
        let panel = Panel {
            members: members
                .map(|(at, it)| (at.to_string(), Box::new(Fixed(it.clone())) as Box<dyn Judge>))
                .collect(),
            combine,
        };
        now(panel.judge(&exhibit("Q?", "A", &[]), &Tools::default()))
    }

    #[test]
    fn a_majority_decides_and_agreement_is_told() {
        let found = judged(Combine::Majority, &[Ok(1.0), Ok(0.75), Ok(0.0)]).unwrap();
        assert!(found.pass && (found.score - 2.0 / 3.0).abs() < 1e-9);
        assert!((found.named["agreement"] - 1.0 / 3.0).abs() < 1e-9);
        assert!((found.named["faithful"] - 1.75 / 3.0).abs() < 1e-9);
        assert!(
            !judged(Combine::Majority, &[Ok(1.0), Ok(0.0)]).unwrap().pass,
            "half is no majority"
        );
        assert!((judged(Combine::Mean, &[Ok(1.0), Ok(0.5)]).unwrap().score - 0.75).abs() < 1e-9);
    }

    #[test]
    fn a_member_that_fails_is_no_vote() {
        let failed = || Err(JudgeErrorKind::Unparseable);
        let found = judged(Combine::Majority, &[Ok(1.0), Ok(1.0), failed()]).unwrap();
        assert!(found.pass && found.score == 1.0 && found.named["failed"] == 1.0);
        let error = judged(Combine::Mean, &[Ok(1.0), failed()]).unwrap_err();
        assert_eq!(error.kind, JudgeErrorKind::Unparseable);
        assert!(judged(Combine::Mean, &[]).is_err());
    }
}

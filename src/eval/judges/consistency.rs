//! Do several answers to one question agree: the same case several times, or asked in other words?

use serde_json::{Value, json};

use super::abstain::abstains;
use super::ask::{ask, model, setup};
use super::groundedness::{Weights, check};
use super::in_process::folded;
use super::parse::object;
use super::question::{Material, Question};
use super::{Exhibit, JudgeError, Tools, Verdict, aside};

const PROMPT: &str = include_str!("prompts/consistency.md");
/// At most so many different answers are compared, 28 pairs: a judge model sees them all at once.
const MOST_ANSWERS: usize = 8;

/// Measures agreement among answers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Consistency {
    /// The judge model; `default` is the run's. `None`: in this process, by what each answer holds of the
    /// other, where different numbers, opposites and denials speak against it.
    pub model: Option<String>,
}

impl Consistency {
    /// The mean agreement over all pairs of answers, as a verdict whose parts are the pairs of different
    /// answers that were compared. Answers of the same words agree without being asked.
    ///
    /// # Errors
    /// Fails with fewer than two answers or more than eight different ones, and when the judge model does.
    pub async fn agreement(&self, answers: &[&Exhibit], tools: &Tools) -> Result<Verdict, JudgeError> {
        if answers.len() < 2 {
            return Err(setup(
                "agreement needs at least two answers: set `repeats: 2` or more, or paraphrases",
            ));
        }
        let mut different: Vec<(&Exhibit, usize)> = Vec::new();
        for answer in answers {
            let words = folded(&answer.answer);
            match different.iter_mut().find(|(known, _)| folded(&known.answer) == words) {
                Some((_, count)) => *count += 1,
                None => different.push((answer, 1)),
            }
        }
        if different.len() > MOST_ANSWERS {
            return Err(setup(format!(
                "{} different answers are too many to compare in pairs; lower `repeats` to {MOST_ANSWERS}",
                different.len()
            )));
        }
        let pairs: Vec<(usize, usize)> = (0..different.len())
            .flat_map(|one| (one + 1..different.len()).map(move |other| (one, other)))
            .collect();
        let texts: Vec<&Exhibit> = different.iter().map(|(answer, _)| *answer).collect();
        let agree = match &self.model {
            _ if pairs.is_empty() => Vec::new(),
            None => {
                let texts: Vec<Exhibit> = texts.iter().map(|text| (*text).clone()).collect();
                let (pairs, tools) = (pairs.clone(), tools.clone());
                aside(move || in_process(&texts, &pairs, &tools)).await?
            }
            Some(name) => by_model(name, &texts, &pairs, tools).await?,
        };
        Ok(verdict(&different, &pairs, &agree))
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts are small")]
fn verdict(different: &[(&Exhibit, usize)], pairs: &[(usize, usize)], agree: &[f64]) -> Verdict {
    let choose = |n: usize| (n * (n - 1)) as f64 / 2.0;
    let all: usize = different.iter().map(|(_, count)| count).sum();
    let mut sum: f64 = different.iter().map(|(_, count)| choose(*count)).sum();
    let mut parts = Vec::new();
    for ((one, other), share) in pairs.iter().zip(agree) {
        sum += share * (different[*one].1 * different[*other].1) as f64;
        let said = format!(
            "\"{}\" and \"{}\"",
            different[*one].0.answer, different[*other].0.answer
        );
        let name = format!("{} and {}", one + 1, other + 1);
        parts.push((name, Verdict::scored(*share, *share >= 0.5, said)));
    }
    let score = sum / choose(all);
    let against = parts.iter().filter(|(_, part)| !part.pass).count();
    let reason = format!(
        "{all} answers, {} different; {against} of {} pairs disagree",
        different.len(),
        parts.len()
    );
    Verdict {
        pass: score >= 0.5,
        parts,
        ..Verdict::scored(score, false, reason)
    }
}

/// How far each answer of a pair holds what the other claims.
fn in_process(answers: &[Exhibit], pairs: &[(usize, usize)], tools: &Tools) -> Result<Vec<f64>, JudgeError> {
    let failed = |error: crate::embedded::ModelError| setup(format!("agreement: {error}"));
    let weights = Weights::shipped().map_err(failed)?;
    let embedder = tools.embedder.as_deref();
    let mut found = Vec::new();
    for (one, other) in pairs {
        let (one, other) = (&answers[*one], &answers[*other]);
        found.push(match (abstains(&one.answer), abstains(&other.answer)) {
            (true, true) => 1.0,
            (false, false) => {
                let there = check(weights, &one.answer, &one.question, &[&other.answer], embedder).map_err(failed)?;
                let back = check(weights, &other.answer, &other.question, &[&one.answer], embedder).map_err(failed)?;
                f64::midpoint(there.score, back.score)
            }
            _ => 0.0,
        });
    }
    Ok(found)
}

async fn by_model(
    name: &str,
    answers: &[&Exhibit],
    pairs: &[(usize, usize)],
    tools: &Tools,
) -> Result<Vec<f64>, JudgeError> {
    let Some(model) = model(tools, Some(name))? else {
        return Err(setup("agreement by a judge model needs `judge: {model: …}`"));
    };
    let mut shown: Vec<Material<'_>> = Vec::new();
    for (at, answer) in answers.iter().enumerate() {
        shown.push((format!("QUESTION-{}", at + 1), &answer.question));
        shown.push((format!("ANSWER-{}", at + 1), &answer.answer));
    }
    let numbered = pairs.iter().enumerate();
    let list: Vec<String> = numbered
        .map(|(at, (one, other))| format!("{}. ANSWER-{} and ANSWER-{}", at + 1, one + 1, other + 1))
        .collect();
    let list = list.join("\n");
    shown.push(("PAIRS".to_owned(), &list));
    let question = Question {
        prompt: PROMPT,
        fill: vec![("count", pairs.len().to_string())],
        material: shown,
        name: "consistency",
        schema: schema(),
    };
    ask(model.as_ref(), question.call(), |reply| read(reply, pairs.len())).await
}

fn schema() -> Value {
    json!({
        "type": "object",
        "properties": {"pairs": {"type": "array", "items": {
            "type": "object",
            "properties": {"number": {"type": "integer"}, "agree": {"type": "boolean"}},
            "required": ["number", "agree"],
            "additionalProperties": false,
        }}},
        "required": ["pairs"],
        "additionalProperties": false,
    })
}

fn read(reply: &str, count: usize) -> Result<Vec<f64>, String> {
    let found = object(reply, &["pairs"])?;
    let entries = found["pairs"].as_array().ok_or("`pairs` is no list")?;
    if entries.len() != count {
        return Err(format!("`pairs` has {} entries for {count} pairs", entries.len()));
    }
    let one = |(at, entry): (usize, &Value)| {
        if entry["number"]
            .as_u64()
            .is_some_and(|number| usize::try_from(number) != Ok(at + 1))
        {
            return Err(format!("entry {} is not of pair {}", at + 1, at + 1));
        }
        let agree = entry["agree"].as_bool();
        agree
            .map(|agree| f64::from(u8::from(agree)))
            .ok_or(format!("pair {} lacks `agree`", at + 1))
    };
    entries.iter().enumerate().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::super::scripted::{Scripted, exhibit, now, tools};
    use super::*;

    fn judged(judge: &Consistency, answers: &[&str], tools: &Tools) -> Result<Verdict, JudgeError> {
        let exhibits: Vec<Exhibit> = answers
            .iter()
            .map(|answer| exhibit("How long may I return an item?", answer, &[]))
            .collect();
        now(judge.agreement(&exhibits.iter().collect::<Vec<_>>(), tools))
    }

    #[test]
    fn the_same_facts_agree_and_other_numbers_do_not() {
        let judge = Consistency::default();
        let same = judged(
            &judge,
            &["Within 30 days of delivery.", "within 30 days of delivery"],
            &Tools::default(),
        );
        assert_eq!(same.unwrap().score, 1.0);
        let words = [
            "You have 30 days from delivery.",
            "Returns are possible within 30 days of delivery.",
        ];
        let reworded = judged(&judge, &words, &Tools::default()).unwrap();
        let other = judged(
            &judge,
            &["You have 30 days from delivery.", "You have 60 days from delivery."],
            &Tools::default(),
        );
        let other = other.unwrap();
        assert!(reworded.score > other.score && !other.pass, "{reworded:?} {other:?}");
        let unsure = judged(
            &judge,
            &["30 days.", "I don't know.", "I do not know."],
            &Tools::default(),
        )
        .unwrap();
        assert!((unsure.score - 1.0 / 3.0).abs() < 1e-9, "{unsure:?}");
    }

    #[test]
    fn a_judge_model_sees_each_different_answer_once() {
        let model = Scripted::new("judge", &[r#"{"pairs": [{"number": 1, "agree": false}]}"#]);
        let judge = Consistency {
            model: Some("default".to_owned()),
        };
        let found = judged(&judge, &["30 days.", "30 days.", "60 days."], &tools(&model)).unwrap();
        assert!((found.score - 1.0 / 3.0).abs() < 1e-9);
        assert_eq!(model.sent()[0].matches("ANSWER-").count(), 2 * 2 + 2);
        let silent = Scripted::new("judge", &["{}", r#"{"pairs": []}"#]);
        assert!(judged(&judge, &["30 days.", "60 days."], &tools(&silent)).is_err());
        assert!(judged(&judge, &["one"], &Tools::default()).is_err());
    }
}

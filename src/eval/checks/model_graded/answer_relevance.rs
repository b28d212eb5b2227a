//! `answer-relevance`: how near the question is to those that the answer would answer (Es and others, "RAGAS", 2023).

use serde_json::{Value, json};

use super::super::case::{Case, Judged};
use super::super::similarity::{cosine_of, embed};
use super::ask;
use crate::eval::judges::Verdict;
use crate::wire::Role;

/// How many questions the model writes.
const QUESTIONS: u32 = 3;

const PROMPT: &[(Role, &str)] = &[(
    Role::User,
    "Write the question that the following answer answers. Write the question alone.\n\
     Answer: The ferry to the island leaves at 9:15 from pier 4, and a ticket costs 12 euros.\n\
     Question: When and from where does the ferry to the island leave, and what does a ticket cost?\n\n\
     Answer: {{ answer }}\nQuestion:",
)];

/// The mean cosine of three such questions to the real one is at least the threshold, or 0.
pub(in super::super) async fn answer_relevance(case: &Case<'_>) -> Judged {
    let messages = ask::prompt(case, PROMPT, [("answer", json!(case.text))])?;
    let mut questions = Vec::new();
    for repeat in 0..QUESTIONS {
        let question = ask::ask(case, messages.clone(), repeat, |text| {
            let text = text.trim();
            if text.is_empty() {
                Err("it is empty".to_owned())
            } else {
                Ok(text.to_owned())
            }
        });
        questions.push(question.await?);
    }
    case.aside(move |case| nearness(case, &questions)).await
}

fn nearness(case: &Case<'_>, questions: &[String]) -> Judged {
    let asked = match case.exhibit.variables.get("query") {
        Some(Value::String(query)) => query.as_str(),
        _ => case.exhibit.prompt.as_str(),
    };
    let mut texts = vec![asked];
    texts.extend(questions.iter().map(String::as_str));
    let vectors = embed(case, &texts)?;
    let Some((asked, written)) = vectors.split_first() else {
        return Err(case.fault("the embedder gave nothing"));
    };
    let mean = written.iter().map(|vector| cosine_of(asked, vector)).sum::<f64>() / f64::from(QUESTIONS);
    let threshold = case.check.threshold.unwrap_or(0.0);
    let pass = (mean >= threshold - f64::EPSILON) != case.check.negate;
    let score = if case.check.negate { 1.0 - mean } else { mean };
    Ok(Verdict::scored(
        score,
        pass,
        format!("relevance {mean:.2} is held against {threshold}"),
    ))
}

//! Labelled claims to fit on and to measure with.

use serde_json::Value;

/// A claim that people have judged.
#[derive(Debug, Clone, PartialEq)]
pub struct Example {
    /// What it belongs to: examples of one group share their evidence.
    pub group: usize,
    /// The question that it answers; may be empty.
    pub question: String,
    /// The claim: a sentence, or a short answer.
    pub claim: String,
    /// The passages.
    pub evidence: Vec<String>,
    /// Whether the evidence supports it.
    pub supported: bool,
}

/// Why labelled data could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "line {line}: {what}; expected an object of QAGS (`article`, `summary_sentences`), of HaluEval (`knowledge` or \
     `document`, with `right_answer` and `hallucinated_answer`, or `…_response`, `…_summary`), or \
     {{\"claim\", \"evidence\", \"supported\"}}, with `question` if there is one"
)]
pub struct DataError {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong there.
    pub what: String,
}

/// Reads JSON lines of QAGS (Wang, Cho and Lewis, 2020), of `HaluEval` (Li et al., 2023), or of claims.
///
/// # Errors
/// Fails at the first line that is none of them.
pub fn examples(jsonl: &str) -> Result<Vec<Example>, DataError> {
    let mut found = Vec::new();
    for (at, line) in jsonl.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let wrong = |what: String| DataError { line: at + 1, what };
        let record: Value = serde_json::from_str(line).map_err(|error| wrong(error.to_string()))?;
        let before = found.len();
        found.extend(qags(&record, at));
        found.extend(halueval(&record, at));
        found.extend(plain(&record, at));
        if found.len() == before {
            return Err(wrong("no labelled claim".to_owned()));
        }
    }
    Ok(found)
}

fn text<'a>(record: &'a Value, key: &str) -> Option<&'a str> {
    record.get(key).and_then(Value::as_str)
}

/// Sentences of summaries with the answers of several people, of which the majority counts.
fn qags(record: &Value, group: usize) -> Vec<Example> {
    let (Some(article), Some(sentences)) = (text(record, "article"), record["summary_sentences"].as_array()) else {
        return Vec::new();
    };
    let example = |sentence: &Value| {
        let answers = sentence["responses"].as_array()?;
        let yes = answers.iter().filter(|it| text(it, "response") == Some("yes")).count();
        Some(Example {
            group,
            question: String::new(),
            claim: text(sentence, "sentence")?.to_owned(),
            evidence: vec![article.to_owned()],
            supported: 2 * yes > answers.len(),
        })
    };
    sentences.iter().filter_map(example).collect()
}

/// Pairs of a right and a made-up answer, reply or summary.
fn halueval(record: &Value, group: usize) -> Vec<Example> {
    let Some(evidence) = text(record, "knowledge").or_else(|| text(record, "document")) else {
        return Vec::new();
    };
    let question = text(record, "question")
        .or_else(|| text(record, "dialogue_history"))
        .unwrap_or_default();
    let mut found = Vec::new();
    for kind in ["answer", "response", "summary"] {
        for (origin, supported) in [("right", true), ("hallucinated", false)] {
            if let Some(claim) = text(record, &format!("{origin}_{kind}")) {
                found.push(Example {
                    group,
                    question: question.to_owned(),
                    claim: claim.to_owned(),
                    evidence: vec![evidence.to_owned()],
                    supported,
                });
            }
        }
    }
    found
}

fn plain(record: &Value, group: usize) -> Option<Example> {
    let evidence = match &record["evidence"] {
        Value::String(one) => vec![one.clone()],
        Value::Array(several) => several.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => return None,
    };
    Some(Example {
        group,
        question: text(record, "question").unwrap_or_default().to_owned(),
        claim: text(record, "claim")?.to_owned(),
        evidence,
        supported: record["supported"].as_bool()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_three_forms_are_read_and_others_refused() {
        let lines = concat!(
            r#"{"article": "A b.", "summary_sentences": [{"sentence": "C", "responses": [{"response": "yes"}, {"response": "no"}, {"response": "yes"}]}]}"#,
            "\n\n",
            r#"{"knowledge": "K", "question": "Q?", "right_answer": "R", "hallucinated_answer": "H"}"#,
            "\n",
            r#"{"claim": "C", "evidence": ["E"], "supported": false}"#,
        );
        let found = examples(lines).unwrap();
        let labels: Vec<(&str, bool)> = found.iter().map(|it| (it.claim.as_str(), it.supported)).collect();
        assert_eq!(labels, [("C", true), ("R", true), ("H", false), ("C", false)]);
        assert_eq!(found[1].question, "Q?");
        assert_eq!(examples("{}").unwrap_err().line, 1);
        assert_eq!(examples("{").unwrap_err().line, 1);
    }
}

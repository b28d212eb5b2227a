//! The built-in criteria without a judge model. Deterministic, and weaker than a model: they see words,
//! numbers, names and denials, not what follows from them.

use super::abstain::abstains;
use super::ask::setup;
use super::groundedness::{self, Background, Weights, check};
use super::text::{Role, Word, quantities, sentences, words};
use super::{Exhibit, JudgeError, Tools, Verdict};

/// `faithful` is groundedness.
pub(super) fn faithful(exhibit: &Exhibit, tools: &Tools, pass_at: f64) -> Result<Verdict, JudgeError> {
    groundedness::in_process(exhibit, tools, pass_at)
}

/// `correct` is how far the answer holds what the reference claims: the reference is checked against the
/// answer as an answer is against passages, so that further detail costs nothing. `None`: there is neither
/// a reference nor an abstention, so nothing can be said.
pub(super) fn correct(exhibit: &Exhibit, tools: &Tools, pass_at: f64) -> Result<Option<Verdict>, JudgeError> {
    let declines = abstains(&exhibit.answer);
    if declines {
        return Ok(Some(if answerable(exhibit)? {
            Verdict::share(
                false,
                "the answer says that it does not know, though there is an answer",
            )
        } else {
            Verdict::share(true, "the answer says that it does not know, and there is no answer")
        }));
    }
    let Some(reference) = &exhibit.reference else {
        return Ok(None);
    };
    if abstains(reference) {
        return Ok(Some(Verdict::share(
            false,
            "the answer claims what the reference says cannot be answered",
        )));
    }
    if let (Some(theirs), Some(ours)) = (yes_or_no(reference), yes_or_no(&exhibit.answer))
        && theirs != ours
    {
        return Ok(Some(Verdict::share(false, "yes and no are exchanged")));
    }
    if folded(reference) == folded(&exhibit.answer) {
        return Ok(Some(Verdict::share(true, "the answer is the reference")));
    }
    let weights = Weights::shipped().map_err(|error| setup(format!("correct: {error}")))?;
    let found = check(
        weights,
        reference,
        &exhibit.question,
        &[&exhibit.answer],
        tools.embedder.as_deref(),
    )
    .map_err(|error| setup(format!("correct: {error}")))?;
    let lacking: Vec<String> = found
        .claims
        .iter()
        .filter(|claim| !claim.supported())
        .map(|claim| {
            let what = &reference[claim.range.clone()];
            if claim.mismatch.is_empty() {
                format!("\"{what}\"")
            } else {
                let mismatch = claim.mismatch.replace("not in the passages", "not in the answer");
                format!("\"{what}\" ({mismatch})")
            }
        })
        .collect();
    let reason = if lacking.is_empty() {
        "the answer holds what the reference says".to_owned()
    } else {
        format!("the answer does not hold {} of the reference", lacking.join(", "))
    };
    Ok(Some(Verdict::scored(found.score, found.score >= pass_at, reason)))
}

/// Half of the question's weight makes an answer wholly relevant: the rest is how people ask.
const ENOUGH: f64 = 0.5;
/// What is left of the relevance when the kind of thing that was asked for is missing.
const WRONG_KIND: f64 = 0.5;

/// `relevant` is how much of the question the answer takes up, in its own words or in those of the sentences
/// it draws on (or by the embedder's cosine, when that is more), and whether a question for a number gets one.
pub(super) fn relevant(exhibit: &Exhibit, tools: &Tools, pass_at: f64) -> Result<Verdict, JudgeError> {
    if abstains(&exhibit.answer) {
        return Ok(if answerable(exhibit)? {
            Verdict::share(
                false,
                "the answer does not address the question, though there is an answer",
            )
        } else {
            Verdict::share(
                true,
                "the answer says that the question cannot be answered, and it cannot",
            )
        });
    }
    let weights = Weights::shipped().map_err(|error| setup(format!("relevant: {error}")))?;
    let failed = |error: crate::embedded::ModelError| setup(format!("relevant: {error}"));
    let passages: Vec<&str> = exhibit.passages.iter().map(|passage| passage.text.as_str()).collect();
    let found = check(weights, &exhibit.answer, "", &passages, None).map_err(failed)?;
    let mut said = exhibit.answer.clone();
    for (_, sentence) in found
        .claims
        .iter()
        .filter(|claim| claim.supported())
        .filter_map(|claim| claim.nearest.as_ref())
    {
        said.push('\n');
        said.push_str(sentence);
    }
    let mut topic = taken_up(&exhibit.question, &said, &weights.background).unwrap_or(1.0);
    if let Some(embedder) = &tools.embedder {
        let vectors = embedder.embed(&[&exhibit.question, &exhibit.answer]).map_err(failed)?;
        if let [question, answer] = vectors.as_slice() {
            let cosine: f32 = question.iter().zip(answer).map(|(a, b)| a * b).sum();
            topic = topic.max(f64::from(cosine));
        }
    }
    let mut score = (topic / ENOUGH).clamp(0.0, 1.0);
    let mut reason = format!(
        "the answer takes up {:.0} % of the question",
        topic.clamp(0.0, 1.0) * 100.0
    );
    if asks_for_a_number(&exhibit.question) && !has_number(&exhibit.answer) {
        score *= WRONG_KIND;
        reason.push_str(", but gives no number where one is asked for");
    }
    Ok(Verdict::scored(score, score >= pass_at, reason))
}

/// Whether there is an answer: the reference says so, or else the passages speak of most of the question.
fn answerable(exhibit: &Exhibit) -> Result<bool, JudgeError> {
    if let Some(reference) = &exhibit.reference {
        return Ok(!abstains(reference));
    }
    let weights = Weights::shipped().map_err(|error| setup(format!("correct: {error}")))?;
    let best = exhibit
        .passages
        .iter()
        .filter_map(|passage| taken_up(&exhibit.question, &passage.text, &weights.background))
        .fold(0.0, f64::max);
    Ok(best >= ANSWERABLE)
}

/// A passage that has so much of a question may well answer it.
const ANSWERABLE: f64 = 0.75;

/// The share of the question's words, by weight, that a text has. `None` when the question has none.
fn taken_up(question: &str, text: &str, background: &Background) -> Option<f64> {
    let has: std::collections::HashSet<String> = sentences(text)
        .into_iter()
        .flat_map(|range| words(&text[range]))
        .map(|word| word.stem)
        .collect();
    let (mut total, mut there) = (0.0, 0.0);
    for word in words(question).iter().filter(|word| word.tells()) {
        let weight = background.weight(word);
        total += weight;
        if has.contains(&word.stem) {
            there += weight;
        }
    }
    (total > 0.0).then(|| there / total)
}

fn asks_for_a_number(question: &str) -> bool {
    let words: Vec<String> = words(question).into_iter().map(|word| word.lower).collect();
    words.windows(2).any(|pair| {
        (pair[0] == "how" && ["many", "much", "long", "old", "far", "tall", "high"].contains(&pair[1].as_str()))
            || (["what", "which"].contains(&pair[0].as_str())
                && ["year", "percentage", "price"].contains(&pair[1].as_str()))
    })
}

fn has_number(answer: &str) -> bool {
    let words = words(answer);
    !quantities(answer, &words).is_empty()
        || words
            .iter()
            .any(|word| ["one", "a", "an", "no", "none"].contains(&word.lower.as_str()))
}

fn yes_or_no(text: &str) -> Option<bool> {
    match words(text).first()?.lower.as_str() {
        "yes" => Some(true),
        "no" => Some(false),
        _ => None,
    }
}

/// A text's words alone, for comparison.
pub(super) fn folded(text: &str) -> Vec<String> {
    let told = |word: &Word| word.role != Role::Function || word.denies();
    let all = words(text);
    let kept: Vec<String> = all
        .iter()
        .filter(|word| told(word))
        .map(|word| word.lower.clone())
        .collect();
    if kept.is_empty() {
        all.into_iter().map(|word| word.lower).collect()
    } else {
        kept
    }
}
